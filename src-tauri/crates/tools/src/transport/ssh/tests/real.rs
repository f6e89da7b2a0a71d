//! A real sshd on loopback: logins of every kind, arguments as data, stopping, kept connections, hosts in between.

use crate::HostLimits;
use crate::testing::sshd::{Sshd, SshdSetup, key_words, keygen, user};
use crate::testing::{Stage, World};
use crate::transport::{Answer, End, Script, run};
use fleet::{Agent, Connection, Credential, Transport, Via};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use workflow::{Outcome, ToolError};

const CAP: usize = 4 * 1024 * 1024;

/// A server that takes one key, and a stage that trusts it.
struct Host {
    sshd: Sshd,
    stage: Stage,
    key: PathBuf,
    _folder: tempfile::TempDir,
}

impl Host {
    fn new() -> Option<Host> {
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

    fn connection(&self) -> Connection {
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

#[tokio::test]
async fn arguments_are_data_and_exit_codes_come_back() {
    let Some(host) = Host::new() else { return };
    let hostile = "$(touch /tmp/never); `id` \"'\n\u{1b}[31m \\ '\\'' ÿ";
    let answer = host
        .run("printf '%s|%s' \"$1\" \"$#\"; exit 3", &[hostile, "-n", ""])
        .await
        .unwrap();
    assert_eq!(
        (String::from_utf8(answer.stdout).unwrap(), answer.end),
        (format!("{hostile}|3"), End::Exited(3))
    );
}
