//! The SSH transport against real and hostile servers, through `transport::run` as the tools call it. Here is what
//! these tests share: a host that is trusted, and how to look at its processes.

mod hostile;
mod logins;
mod real;
mod trust;

use crate::testing::{Stage, World};
use crate::transport::{Answer, Script, run};
use fleet::{Agent, Connection, Credential, Transport, Via};
use loopback::{Sshd, SshdSetup, key_words, keygen, user};
use std::path::PathBuf;
use std::time::Duration;
use workflow::{ErrorClass, Outcome, ToolError};

const CAP: usize = 4 * 1024 * 1024;

/// A server that takes one key, and a stage that trusts it.
pub(crate) struct Host {
    pub(crate) sshd: Sshd,
    pub(crate) stage: Stage,
    key: PathBuf,
    _folder: tempfile::TempDir,
}

impl Host {
    pub(crate) fn new() -> Option<Host> {
        Host::with(&SshdSetup::default(), World::default())
    }

    fn with(setup: &SshdSetup, world: World) -> Option<Host> {
        let folder = tempfile::tempdir().unwrap();
        let key = keygen(&folder.path().join("key"), &["-t", "ed25519"]);
        let mut setup = setup.clone();
        setup.authorized.push(key_words(&key.with_extension("pub")));
        let sshd = Sshd::start(&setup)?;
        let mut world = world;
        for address in &setup.addresses {
            let place = (address.clone(), sshd.port);
            world.host_keys.insert(place, vec![sshd.host_key.clone()]);
        }
        Some(Host {
            sshd,
            stage: Stage::with(world),
            key,
            _folder: folder,
        })
    }

    pub(crate) fn connection(&self) -> Connection {
        Connection {
            address: "127.0.0.1".to_owned(),
            port: self.sshd.port,
            user: user(),
            credential: Credential::KeyFile(self.key.display().to_string()),
            ssh_alias: None,
            ssh_config: Some("/dev/null".to_owned()),
            host_key_alias: None,
            via: Via::Ssh,
            jumps: Vec::new(),
            host_key: None,
        }
    }

    async fn run(&self, text: &str, args: &[&str]) -> Result<Answer, ToolError> {
        self.script(script(text, args)).await
    }

    async fn script(&self, script: Script<'_>) -> Result<Answer, ToolError> {
        run(&agent(self.connection()), script, &self.stage.context).await
    }
}

fn agent(connection: Connection) -> Agent {
    Agent {
        transport: Transport::Ssh(connection),
        ..Agent::this_computer()
    }
}

fn script<'a>(text: &'a str, args: &'a [&'a str]) -> Script<'a> {
    Script {
        text,
        args,
        timeout: Duration::from_secs(20),
        cap_bytes: CAP,
    }
}

/// Waits without blocking the runtime.
async fn pause(millis: u64) {
    let _ = tokio::time::timeout(Duration::from_millis(millis), std::future::pending::<()>()).await;
}

/// Does the process with this word in its command line go away? The kernel may need a moment after the signal.
async fn goes_away(mark: &str) -> bool {
    for _ in 0..150 {
        if !alive(mark) {
            return true;
        }
        pause(20).await;
    }
    false
}

/// Does the process with this word in its command line come up?
async fn comes_up(mark: &str) -> bool {
    for _ in 0..500 {
        if alive(mark) {
            return true;
        }
        pause(20).await;
    }
    false
}

/// Is a process alive that has this word in its command line?
fn alive(mark: &str) -> bool {
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0)
            .any(|word| word == mark.as_bytes())
    })
}

/// Runs a command over the connection; its output.
async fn says(stage: &Stage, connection: Connection) -> Result<String, ToolError> {
    let answer = run(&agent(connection), script("echo in", &[]), &stage.context).await?;
    Ok(String::from_utf8(answer.stdout).unwrap())
}

/// Writes an ssh config for everything and gives the connection that uses it.
fn configured(host: &Host, text: &str) -> Connection {
    let path = host.stage.path("ssh_config");
    std::fs::write(&path, format!("Host *\n{text}\n")).unwrap();
    Connection {
        credential: Credential::SshConfig,
        ssh_config: Some(path.display().to_string()),
        ..host.connection()
    }
}

fn refused(error: &ToolError, code: &str, words: &[&str]) {
    assert_eq!(
        (error.code.as_str(), error.class, error.outcome),
        (code, ErrorClass::Auth, Outcome::NotStarted),
        "{error:?}"
    );
    for word in words {
        assert!(
            error.message.contains(word) || error.hint.contains(word),
            "{word} in {error:?}"
        );
    }
}
