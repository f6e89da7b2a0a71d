//! An operator's hosts: ssh servers on loopback, the keys to them, and the files that know them. The files stand in a
//! folder of the test's own; the ssh config of whoever runs the tests is not looked at.

use crate::desk::Desk;
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

    /// A desk with profiles of the test's own, so that every host has its files in a folder of its own here, although
    /// many of them are one server.
    pub(super) fn desk(&self) -> Desk {
        self.profiles(Desk::new())
    }

    /// Gives a desk these profiles.
    pub(super) fn profiles(&self, desk: Desk) -> Desk {
        let folder = desk.data().join("profiles");
        fs::create_dir_all(&folder).unwrap();
        fs::create_dir_all(self.path("hosts")).unwrap();
        let place = format!("{}/${{{{ agent.agent_id }}}}", self.path("hosts").display());
        let profile = format!(
            "apiVersion: countersign/v1\nkind: Profile\n\
             directories:\n  - path: {place}\n    mode: \"0755\"\n\
             files:\n  - path: {place}/motd\n    mode: \"0644\"\n    content: {MOTD:?}\n\
             \x20 - path: {place}/limits\n    mode: \"0600\"\n    content: \"open_files = 1024\\n\"\n"
        );
        for environment in ["development", "staging", "production"] {
            fs::write(folder.join(format!("{environment}.yaml")), &profile).unwrap();
        }
        desk
    }

    /// A file that the profile gives a host.
    pub(super) fn on_host(&self, host: &str, file: &str) -> PathBuf {
        self.path("hosts").join(host).join(file)
    }

    /// An ssh config that says the usual of every host.
    pub(super) fn config(&self) -> String {
        let text = format!("Host *\n{}", self.usual());
        self.write("config", &text).display().to_string()
    }

    /// The arguments that add the host of that name: the first server, at 127.0.0.1.
    pub(super) fn add(&self, name: &str) -> Vec<String> {
        let port = self.servers[0].port.to_string();
        let words = [
            "agents",
            "add",
            name,
            "--address",
            "127.0.0.1",
            "--port",
            &port,
        ];
        let mut words: Vec<String> = words.map(str::to_owned).to_vec();
        words.extend(["--ssh-config".to_owned(), self.config()]);
        words
    }

    /// The same on somebody's known_hosts: a line for 127.0.0.1 at the first server.
    pub(super) fn known(&self, marker: &str, key: &str) {
        let line = format!(
            "# A comment\n{marker}[127.0.0.1]:{} {key}\n",
            self.servers[0].port
        );
        self.write("known_hosts", &line);
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

/// What the profile of `Hosts::desk` writes into a host's file.
pub(super) const MOTD: &str = "This host is managed.\n";

/// The public half beside a private key.
pub(super) fn public(private: &Path) -> PathBuf {
    private.with_extension("pub")
}

/// The fingerprint of a public key, as ssh-keygen prints it.
pub(super) fn fingerprint(key: &str) -> String {
    use std::{
        io::Write as _,
        process::{Command, Stdio},
    };
    let mut child = Command::new("ssh-keygen")
        .args(["-l", "-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    writeln!(pipe, "{key}").unwrap();
    drop(pipe);
    let said = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let word = said.split_whitespace().nth(1).unwrap();
    assert!(word.starts_with("SHA256:"), "{said}");
    word.to_owned()
}
