//! The registration of a host over real ssh, killed at every commit: it is registered exactly once, its row stands, and
//! its file is on the host once.

use crate::{
    MANY, POINTS,
    bench::{Bench, Ended},
};
use loopback::{Sshd, SshdSetup};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// One host and what is known of it.
pub(crate) struct Host {
    server: Sshd,
    dir: TempDir,
}

impl Host {
    pub(crate) fn start() -> Option<Host> {
        let dir = tempfile::tempdir().unwrap();
        let key = loopback::keygen(&dir.path().join("key"), &["-t", "ed25519"]);
        let server = Sshd::start(&SshdSetup {
            authorized: vec![loopback::key_words(&key.with_extension("pub"))],
            ..SshdSetup::default()
        })?;
        let config = format!(
            "Host *\n  User {}\n  IdentityFile {}\n  IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile {}\n  GlobalKnownHostsFile none\n",
            loopback::user(),
            key.display(),
            dir.path().join("known_hosts").display()
        );
        std::fs::write(dir.path().join("config"), config).unwrap();
        Some(Host { server, dir })
    }

    /// What the profile of a bench writes on the host.
    fn file(bench: &Bench) -> PathBuf {
        bench.beside("on-host")
    }

    /// A bench with a profile of one file.
    pub(crate) fn bench(&self) -> Bench {
        let bench = Bench::new();
        let profile = format!(
            "apiVersion: countersign/v1\nkind: Profile\nfiles:\n  - path: {}\n    mode: \"0644\"\n    content: managed\n",
            Host::file(&bench).display()
        );
        bench.profile("staging", &profile);
        bench
    }

    pub(crate) fn add(&self, bench: &Bench, crash: Option<(&str, u32)>) -> Ended {
        let port = self.server.port.to_string();
        let config = self.dir.path().join("config").display().to_string();
        let words = [
            "agents",
            "add",
            "web-01",
            "--address",
            "127.0.0.1",
            "--port",
            &port,
            "--ssh-config",
            &config,
            "--detach",
        ];
        bench.program(&words, crash)
    }

    fn check(bench: &Bench) {
        bench.check();
        let agents = bench.json(&["agents", "list"]);
        let agents = agents["agents"].as_array().unwrap();
        let web: Vec<_> = agents
            .iter()
            .filter(|info| info["agent"]["agent_id"] == "web-01")
            .collect();
        assert_eq!(web.len(), 1, "{agents:#?}");
        assert_eq!(web[0]["agent"]["state"], "registered");
        assert_eq!(bench.records("agent_registered"), 1, "registered once");
        assert_eq!(bench.records("key_trusted"), 1, "trusted once");
        let file = Host::file(bench);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "managed");
        assert_eq!(left_over(&file), Vec::<String>::new());
    }
}

/// What stands beside the file that nobody ordered.
fn left_over(file: &Path) -> Vec<String> {
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let beside = std::fs::read_dir(file.parent().unwrap()).unwrap();
    beside
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|other| other.contains(&name) && *other != name)
        .collect()
}

#[test]
fn a_registration_survives_a_kill_at_every_commit() {
    let Some(host) = Host::start() else {
        return;
    };
    for point in POINTS {
        let mut kills = 0;
        // While it comes to its first gate, then while each of the three answers is carried out.
        for answers in 0..=3 {
            for n in 1..MANY {
                let bench = host.bench();
                let ended = if answers == 0 {
                    host.add(&bench, Some((point, n)))
                } else {
                    assert_eq!(host.add(&bench, None), Ended::Code(75));
                    for _ in 1..answers {
                        assert_eq!(bench.approve_first(None), Ended::Code(75));
                    }
                    bench.approve_first(Some((point, n)))
                };
                bench.bring_to_end(|bench| host.add(bench, None));
                Host::check(&bench);
                if ended != Ended::Killed {
                    break;
                }
                kills += 1;
            }
        }
        assert!(kills > 12, "{point}: only {kills} commits were cut");
        println!("register_agent: killed at {kills} commits, {point}");
    }
}
