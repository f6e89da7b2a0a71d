//! The user's own git, so that their credential helpers and ssh settings work: how it is started, held within limits and
//! stopped. Nothing of a repository is ever run here: no hook, no filter, no submodule, and nothing is checked out.

#[cfg_attr(
    not(test),
    expect(dead_code, reason = "what a deployment sends; no tool deploys yet")
)]
mod archive;
mod history;
mod listing;
mod mirror;
mod name;
mod push;
mod run;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod url;
mod words;

pub(crate) use history::{Changed, Entry, Relation};
pub(crate) use listing::{Kind, Listing, RemoteRef, short};
pub(crate) use mirror::Mirror;
pub(crate) use name::{Named, Resolved, check_name, commit};
pub(crate) use push::Move;
pub(crate) use url::RepositoryUrl;

use crate::fault::fault;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use tokio::process::Command;
use workflow::{ErrorClass, ToolError};

/// Of the variables for git, those with which people set up how a repository is reached. The others (GIT_DIR and its
/// like) would make git look at another place than it is told.
const KEPT: [&str; 6] = [
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_EXEC_PATH",
];

/// What is switched off for every call, whatever the user's configuration says.
const OFF: [&str; 11] = [
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.fsmonitor=false",
    "credential.interactive=false",
    "fetch.recurseSubmodules=false",
    "submodule.recurse=false",
    "push.recurseSubmodules=no",
    "push.followTags=false",
    "push.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
];

/// A git program with its surroundings.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    program: OsString,
    environment: Vec<(OsString, OsString)>,
}

impl Git {
    /// The user's, with what this program was started with.
    pub(crate) fn of_user() -> Git {
        Git::with("git".into(), std::env::vars_os())
    }

    fn with(program: OsString, environment: impl Iterator<Item = (OsString, OsString)>) -> Git {
        let is_kept = |name: &OsStr| {
            let name = name.to_string_lossy();
            !name.starts_with("GIT_") || name.starts_with("GIT_SSL_") || KEPT.contains(&&*name)
        };
        Git {
            program,
            environment: environment.filter(|(name, _)| is_kept(name)).collect(),
        }
    }

    fn variable(&self, name: &str) -> Option<&OsStr> {
        let found = self.environment.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_os_str())
    }

    /// git with the user's configuration, which may speak with the repository and asks nobody anything.
    async fn away(&self, url: &RepositoryUrl, at: Option<&Path>) -> Command {
        let mut command = self.command(at);
        command
            .env("GIT_ALLOW_PROTOCOL", url.protocols())
            // Empty is not unset: unset would mean core.askPass and SSH_ASKPASS.
            .env("GIT_ASKPASS", "")
            .env("SSH_ASKPASS_REQUIRE", "never")
            .env("GCM_INTERACTIVE", "never");
        if let Some(ssh) = self.ssh().await {
            command.env("GIT_SSH_COMMAND", ssh);
        }
        command
    }

    /// git on what is here already, without anybody's configuration, and without a way out.
    fn here(&self, at: &Path) -> Command {
        let mut command = self.command(Some(at));
        command
            .env("GIT_ALLOW_PROTOCOL", "")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_LITERAL_PATHSPECS", "1");
        command
    }

    fn command(&self, at: Option<&Path>) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            // Its sentences are matched.
            .env("LC_ALL", "C")
            .env_remove("LANGUAGE")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            // Not a repository that happens to be above the folder where it runs.
            .env("GIT_DIR", at.unwrap_or(Path::new("/dev/null")))
            .current_dir("/");
        for off in OFF {
            command.args(["-c", off]);
        }
        command
    }

    /// The user's ssh command, told to ask nothing. Another program than OpenSSH's is left as it is: it would not
    /// understand.
    async fn ssh(&self) -> Option<OsString> {
        let mut ssh = match self.variable("GIT_SSH_COMMAND") {
            Some(ssh) => ssh.to_owned(),
            None => match self.configured("core.sshCommand").await {
                Some(ssh) => ssh.into(),
                None if self.variable("GIT_SSH").is_some() => return None,
                None => "ssh".into(),
            },
        };
        let text = ssh.to_string_lossy();
        let program = text.split_whitespace().next().unwrap_or_default();
        let is_openssh = Path::new(program).file_name() == Some(OsStr::new("ssh"));
        if is_openssh {
            ssh.push(" -o BatchMode=yes");
        }
        Some(ssh)
    }

    /// Whom the user's configuration names as the author of what they make: name and address.
    pub(crate) async fn identity(&self) -> Option<(String, String)> {
        let plain = |text: String| {
            let is_plain = |c: &char| !"<>".contains(*c) && !c.is_control();
            let text: String = text.chars().filter(is_plain).collect();
            Some(text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let name = plain(self.configured("user.name").await?)?;
        let address = plain(self.configured("user.email").await?)?;
        Some((name, address))
    }

    /// A value of the user's configuration.
    async fn configured(&self, name: &str) -> Option<String> {
        let mut command = self.command(None);
        command.args(["config", "--get", name]).kill_on_drop(true);
        let output = command
            .stdin(std::process::Stdio::null())
            .output()
            .await
            .ok()?;
        let value = String::from_utf8(output.stdout).ok()?;
        let value = value.trim_end_matches('\n');
        (output.status.success() && !value.is_empty()).then(|| value.to_owned())
    }
}

/// git cannot be started.
fn unusable(error: &std::io::Error) -> ToolError {
    if error.kind() == std::io::ErrorKind::NotFound {
        return fault(
            "git_missing",
            "There is no git on this computer.",
            "Install git (Debian: `sudo apt install git`), then run it again.",
        )
        .not_started(ErrorClass::NotFound);
    }
    fault(
        "git_unusable",
        format!("git cannot be started: {error}."),
        "Look whether `git --version` works in a terminal.",
    )
    .not_started(ErrorClass::Io)
}
