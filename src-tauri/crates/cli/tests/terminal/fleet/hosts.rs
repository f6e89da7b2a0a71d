//! An operator's hosts: ssh servers on loopback, the keys to them, and the files that know them. The files stand in a
//! folder of the test's own; the ssh config of whoever runs the tests is not looked at.

use loopback::{Sshd, SshdSetup};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// The folder with keys and files, and the servers.
pub(super) struct Hosts {
    dir: TempDir,
    pub(super) servers: Vec<Sshd>,
}

impl Hosts {
    /// `servers` servers at `addresses` addresses each (127.0.0.1 and on), that take the operator's key. `None` where
    /// there is no ssh server to start.
    pub(super) fn start(servers: usize, addresses: usize) -> Option<Hosts> {
        let dir = tempfile::tempdir().unwrap();
        let mut hosts = Hosts {
            servers: Vec::new(),
            dir,
        };
        let key = hosts.key("operator");
        for number in 0..servers {
            let first = number * addresses + 1;
            hosts.servers.push(Sshd::start(&SshdSetup {
                addresses: (first..first + addresses)
                    .map(|last| format!("127.0.0.{last}"))
                    .collect(),
                authorized: vec![loopback::key_words(&public(&key))],
                ..SshdSetup::default()
            })?);
        }
        Some(hosts)
    }

    /// A further server that takes only this key.
    pub(super) fn also(&mut self, setup: SshdSetup) -> Option<&Sshd> {
        self.servers.push(Sshd::start(&setup)?);
        self.servers.last()
    }

    /// The private key of that name; it is made when it does not exist.
    pub(super) fn key(&self, name: &str) -> PathBuf {
        let file = self.path(name);
        if file.exists() {
            file
        } else {
            loopback::keygen(&file, &["-t", "ed25519"])
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Gives a file a text.
    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// What every entry of an ssh config here begins with: the key, and a known_hosts file of its own.
    pub(super) fn usual(&self) -> String {
        format!(
            "  User {}\n  IdentityFile {}\n  IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile {}\n  GlobalKnownHostsFile none\n",
            loopback::user(),
            self.key("operator").display(),
            self.path("known_hosts").display(),
        )
    }
}

/// The public half beside a private key.
pub(super) fn public(private: &Path) -> PathBuf {
    private.with_extension("pub")
}
