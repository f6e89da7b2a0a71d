//! Logging in, in the order of OpenSSH: the keys of the ssh-agent, certificates, key files; or the one credential that
//! was named. Says what was tried when nothing helped, never a secret. Opening key files is `keys`.

mod agent;
mod password;

use super::fault::{self, Step};
use super::handshake::{Seen, Watch};
use super::keys::{self, FileSigner, KeyFile, NoSignature};
use super::link::Inner;
use super::target::Target;
use crate::Context;
use crate::fault::fault as fault_of;
use crate::ssh_config::Resolved;
use agent::public_key;
use fleet::{Credential, visible};
use russh::client::{AuthResult, Handle};
use russh::keys::{Algorithm, Certificate, HashAlg, PublicKey};
use russh::{MethodKind, MethodSet};
use std::future::Future;
use std::path::{Path, PathBuf};
use tokio::time::timeout;
use workflow::{ErrorClass, ToolError};

/// Logs in, or says why not.
pub(super) async fn login(
    hosts: &Inner,
    handle: &mut Handle<Watch>,
    seen: &Seen,
    target: &Target,
    config: &Resolved,
    context: &Context,
) -> Result<(), ToolError> {
    let mut attempt = Attempt {
        hosts,
        handle,
        seen,
        target,
        context,
        tried: Vec::new(),
        offered: None,
        more_wanted: false,
        held_back: None,
    };
    let logged_in = match &target.credential {
        Credential::Password(name) => attempt.password(name).await?,
        Credential::KeyFile(path) => attempt.one_file(Path::new(path)).await?,
        Credential::SshAgent => {
            let mut agent = attempt.agent(config).await?;
            attempt.agent_keys(&mut agent, &[], false).await?
        }
        Credential::SshConfig => attempt.as_configured(config).await?,
    };
    if logged_in {
        return Ok(());
    }
    Err(attempt.refused().await)
}

/// One login as far as it came.
struct Attempt<'a> {
    hosts: &'a Inner,
    handle: &'a mut Handle<Watch>,
    seen: &'a Seen,
    target: &'a Target,
    context: &'a Context,
    /// For people: what was tried.
    tried: Vec<String>,
    /// What the host says it takes.
    offered: Option<MethodSet>,
    /// The host took something and wants something else too.
    more_wanted: bool,
    /// An error that matters only when nothing else helps.
    held_back: Option<ToolError>,
}

impl Attempt<'_> {
    async fn as_configured(&mut self, config: &Resolved) -> Result<bool, ToolError> {
        let (mut files, mut wanted) = (Vec::new(), Vec::new());
        for path in &config.identity_files {
            match KeyFile::read(path).await {
                Ok(Some(file)) => {
                    wanted.extend(file.public.clone());
                    files.push((path, file));
                }
                Ok(None) => wanted.extend(keys::beside(path)),
                Err(error) => {
                    self.tried.push(format!("not {}", shown(path)));
                    self.held_back.get_or_insert(error);
                }
            }
        }
        let mut held = Vec::new();
        let mut agent = self.agent(config).await.ok();
        if let Some(agent) = &mut agent {
            held = self.identities(agent).await.unwrap_or_default();
            if self
                .agent_keys(agent, &wanted, config.identities_only)
                .await?
            {
                return Ok(true);
            }
        }
        let beside = files
            .iter()
            .map(|(path, _)| KeyFile::certificate_path(path));
        let places: Vec<PathBuf> = config
            .certificate_files
            .iter()
            .cloned()
            .chain(beside)
            .collect();
        for place in places {
            let Some(certificate) = keys::certificate(&place).await else {
                continue;
            };
            let owner = |key: &PublicKey| key.key_data() == certificate.public_key();
            let what = format!("certificate {}", shown(&place));
            let file = files
                .iter()
                .find(|(_, file)| file.public.as_ref().is_some_and(owner));
            let logged_in = if let Some((_, file)) = file {
                self.certificate_of_file(what, certificate, file).await?
            } else if let Some(agent) = &mut agent
                && let Some(holds) = held.iter().find(|identity| owner(&public_key(identity)))
            {
                self.certificate_of_agent(what, certificate, agent, holds)
                    .await?
            } else {
                continue;
            };
            if logged_in {
                return Ok(true);
            }
        }
        for (_, file) in &files {
            let in_agent = held.iter().any(|identity| {
                file.public
                    .as_ref()
                    .is_some_and(|key| key.key_data() == public_key(identity).key_data())
            });
            if !in_agent && self.key_of_file(file).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn one_file(&mut self, path: &Path) -> Result<bool, ToolError> {
        let Some(file) = KeyFile::read(path).await? else {
            return Err(fault_of(
                "key_file_missing",
                format!("There is no key file {}.", shown(path)),
                "Look at the path, or choose another credential for this host.",
            )
            .not_started(ErrorClass::Auth));
        };
        let place = KeyFile::certificate_path(path);
        if let Some(certificate) = keys::certificate(&place).await
            && self
                .certificate_of_file(format!("certificate {}", shown(&place)), certificate, &file)
                .await?
        {
            return Ok(true);
        }
        self.key_of_file(&file).await
    }

    async fn key_of_file(&mut self, file: &KeyFile) -> Result<bool, ToolError> {
        if !self.takes(MethodKind::PublicKey) {
            return Ok(false);
        }
        let key = match &file.public {
            Some(key) => key.clone(),
            None => match self.hosts.ring.unlock(file, self.context).await {
                Ok(key) => key.public_key().clone(),
                Err(error) => {
                    self.tried.push(format!("not {}", shown(file.path())));
                    self.held_back.get_or_insert(error);
                    return Ok(false);
                }
            },
        };
        let print = key.fingerprint(HashAlg::Sha256);
        self.tried
            .push(format!("key file {} ({print})", shown(file.path())));
        let hash = self.hash_for(&key.algorithm()).await;
        let mut signer = self.signer(file);
        let user = self.target.user.as_str();
        let asked = self
            .handle
            .authenticate_publickey_with(user, key, hash, &mut signer);
        let result = within(self.hosts, self.target, asked).await?;
        self.signed_by_file(result)
    }

    async fn certificate_of_file(
        &mut self,
        what: String,
        certificate: Certificate,
        file: &KeyFile,
    ) -> Result<bool, ToolError> {
        if !self.takes(MethodKind::PublicKey) {
            return Ok(false);
        }
        self.tried.push(what);
        let hash = self.hash_for(&certificate.algorithm()).await;
        let mut signer = self.signer(file);
        let user = self.target.user.as_str();
        let asked = self
            .handle
            .authenticate_certificate_with(user, certificate, hash, &mut signer);
        let result = within(self.hosts, self.target, asked).await?;
        self.signed_by_file(result)
    }

    fn signed_by_file(
        &mut self,
        result: Result<AuthResult, NoSignature>,
    ) -> Result<bool, ToolError> {
        match result {
            Ok(result) => self.came(result),
            Err(NoSignature::Key(error)) => {
                // The host would take this key: the reason it cannot be used is the answer.
                self.held_back = Some(error);
                Ok(false)
            }
            Err(NoSignature::Gone) => Err(self.broken_off()),
        }
    }

    /// RFC 8332: SHA-2 for RSA keys, the better one that the host knows; never SHA-1.
    async fn hash_for(&self, algorithm: &Algorithm) -> Option<HashAlg> {
        if !matches!(algorithm, Algorithm::Rsa { .. }) {
            return None;
        }
        match self.handle.best_supported_rsa_hash().await {
            Ok(Some(Some(hash))) => Some(hash),
            Ok(Some(None) | None) | Err(_) => Some(HashAlg::Sha512),
        }
    }

    fn signer<'f>(&self, file: &'f KeyFile) -> FileSigner<'f>
    where
        Self: 'f,
    {
        FileSigner {
            ring: &self.hosts.ring,
            file,
            context: self.context,
        }
    }

    /// Does the host take this method, as far as it has said?
    fn takes(&self, method: MethodKind) -> bool {
        self.offered
            .as_ref()
            .is_none_or(|offered| offered.contains(&method))
    }

    fn answered(&mut self, result: Result<AuthResult, russh::Error>) -> Result<bool, ToolError> {
        match result {
            Ok(result) => self.came(result),
            Err(_) => Err(self.broken_off()),
        }
    }

    /// What the host said to an attempt.
    fn came(&mut self, result: AuthResult) -> Result<bool, ToolError> {
        match result {
            AuthResult::Success => Ok(true),
            AuthResult::Failure {
                remaining_methods,
                partial_success,
            } => {
                if self.handle.is_closed() {
                    return Err(self.broken_off());
                }
                self.more_wanted |= partial_success;
                self.offered = Some(remaining_methods);
                Ok(false)
            }
        }
    }

    /// The host ended the connection in the middle of the login.
    fn broken_off(&self) -> ToolError {
        match self.seen.parting() {
            Some(text) => self.failed(&format!("It ended the login: \"{}\".", visible(&text, 200))),
            None => fault::handshake(self.target, &russh::Error::Disconnect, self.seen),
        }
    }

    /// The error when nothing helped.
    async fn refused(mut self) -> ToolError {
        if let Some(error) = self.held_back.take() {
            return error;
        }
        if self.offered.is_none() {
            // Nothing was there to try, so the host was not asked yet.
            let asked = self.handle.authenticate_none(self.target.user.as_str());
            match within(self.hosts, self.target, asked).await {
                Ok(Ok(result)) => match self.came(result) {
                    // It asks nobody for anything, and we have nothing to show: better not.
                    Ok(_) => {}
                    Err(error) => return error,
                },
                Ok(Err(_)) => return self.broken_off(),
                Err(error) => return error,
            }
        }
        let offered: Vec<String> = self
            .offered
            .iter()
            .flat_map(|offered| offered.iter().map(String::from))
            .collect();
        let more = if self.more_wanted {
            "It wants more than one proof. "
        } else {
            ""
        };
        self.failed(&format!("{more}It takes: {}.", offered.join(", ")))
    }

    fn failed(&self, more: &str) -> ToolError {
        let tried = if self.tried.is_empty() {
            "nothing, for there is no key".to_owned()
        } else {
            self.tried.join(", ")
        };
        fault_of(
            "auth_failed",
            format!("{} refused the login. Tried: {tried}. {more}", self.target.login()),
            "Look whether the user is right and the key stands in authorized_keys there. With many keys in the \
             ssh-agent, set IdentityFile and IdentitiesOnly for the host.",
        )
        .not_started(ErrorClass::Auth)
    }
}

/// One exchange with the host, in its time. A person who is asked to unlock the keychain meanwhile may take longer; the
/// host has its own limit for that.
async fn within<T>(
    hosts: &Inner,
    target: &Target,
    exchange: impl Future<Output = T>,
) -> Result<T, ToolError> {
    tokio::pin!(exchange);
    loop {
        match timeout(hosts.limits.auth, &mut exchange).await {
            Ok(result) => return Ok(result),
            Err(_) if hosts.ring.is_asking() => {}
            Err(_) => return Err(fault::too_slow(target, Step::Login, hosts.limits.auth)),
        }
    }
}

fn shown(path: &Path) -> String {
    visible(&path.display().to_string(), 300)
}
