//! Logging in with a password from the keychain, as such or as the answer to the one question of a server.

use super::{Attempt, within};
use crate::transport::ssh::keys;
use russh::MethodKind;
use russh::client::{AuthResult, KeyboardInteractiveAuthResponse};
use workflow::ToolError;

impl Attempt<'_> {
    pub(super) async fn password(&mut self, name: &str) -> Result<bool, ToolError> {
        let reference = format!("keychain:{name}");
        let secret = self.context.ports.secrets.read(&reference).await;
        let secret = secret.map_err(|why| {
            let what = format!("the password for {}", self.target.login());
            keys::no_secret(&what, &reference, &why)
        })?;
        let text = |secret: &crate::Secret| String::from_utf8_lossy(secret.expose()).into_owned();
        let user = self.target.user.as_str();
        self.tried.push("password".to_owned());
        // Given away: the library overwrites it when it has been sent.
        let asked = self.handle.authenticate_password(user, text(&secret));
        let result = within(self.hosts, self.target, asked).await?;
        if self.answered(result)? {
            return Ok(true);
        }
        if self.takes(MethodKind::Password) || !self.takes(MethodKind::KeyboardInteractive) {
            return Ok(false);
        }
        // Many servers with PAM take the password only as the answer to a question.
        self.tried
            .push("password as keyboard-interactive".to_owned());
        let asked = self
            .handle
            .authenticate_keyboard_interactive_start(user, None);
        let mut step = within(self.hosts, self.target, asked).await?;
        let mut told = false;
        loop {
            let answers = match step {
                Ok(KeyboardInteractiveAuthResponse::Success) => return Ok(true),
                Ok(KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. }) => {
                    match prompts.as_slice() {
                        [] => Vec::new(),
                        [prompt] if !prompt.echo && !told => {
                            told = true;
                            vec![text(&secret)]
                        }
                        _ => {
                            self.more_wanted = true;
                            return Ok(false);
                        }
                    }
                }
                Ok(KeyboardInteractiveAuthResponse::Failure {
                    remaining_methods,
                    partial_success,
                }) => {
                    return self.came(AuthResult::Failure {
                        remaining_methods,
                        partial_success,
                    });
                }
                Err(_) => return Err(self.broken_off()),
            };
            let asked = self
                .handle
                .authenticate_keyboard_interactive_respond(answers);
            step = within(self.hosts, self.target, asked).await?;
        }
    }
}
