//! Real ssh servers on loopback, for tests and measurements only: each with its own folder, host key, configuration and
//! free port, stopped by its own number. Not for anything that needs PAM or another user: they log in whoever runs the
//! tests. Nothing that ships depends on it.

#![expect(clippy::unwrap_used, reason = "only tests use it, and they may panic")]
#![expect(clippy::print_stderr, reason = "a test says why it is skipped")]

mod farm;

pub use farm::{Farm, alone};

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SSHD: &str = "/usr/sbin/sshd";
/// sshd takes no more `ListenAddress` lines than this.
pub const MOST_ADDRESSES: usize = 16;

/// What a server is to be like.
#[derive(Clone, Debug)]
pub struct SshdSetup {
    /// 127.0.0.x, all at one port.
    pub addresses: Vec<String>,
    /// The lines of authorized_keys.
    pub authorized: Vec<String>,
    /// The host's private key; none: a new one.
    pub host_key: Option<PathBuf>,
    /// Its port; none: a free one.
    pub port: Option<u16>,
    /// Further lines of its configuration.
    pub extra: Vec<String>,
}

impl Default for SshdSetup {
    fn default() -> SshdSetup {
        SshdSetup {
            addresses: vec!["127.0.0.1".to_owned()],
            authorized: Vec::new(),
            host_key: None,
            port: None,
            extra: Vec::new(),
        }
    }
}

/// A server that runs. Dropping it stops it and whatever it serves.
pub struct Sshd {
    /// At all its addresses.
    pub port: u16,
    /// As in known_hosts: algorithm and base64.
    pub host_key: String,
    folder: tempfile::TempDir,
    child: Child,
}

impl Sshd {
    /// Starts a server and waits until it listens. `None`, with the reason printed, where there is no sshd.
    pub fn start(setup: &SshdSetup) -> Option<Sshd> {
        if !Path::new(SSHD).exists() {
            eprintln!("SKIPPED: there is no {SSHD} here.");
            return None;
        }
        if rustix::process::getuid().is_root() {
            // Where it puts its unprivileged part; a package makes it at boot.
            std::fs::create_dir_all("/run/sshd").unwrap();
        }
        // A port that was free a moment ago may be taken by another test.
        let started = (0..5).find_map(|_| Sshd::try_start(setup));
        assert!(started.is_some(), "sshd does not start with {setup:?}");
        started
    }

    fn try_start(setup: &SshdSetup) -> Option<Sshd> {
        assert!(setup.addresses.len() <= MOST_ADDRESSES);
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        let host_key = setup
            .host_key
            .clone()
            .unwrap_or_else(|| keygen(&place("host"), &["-t", "ed25519"]));
        std::fs::write(place("authorized"), setup.authorized.join("\n") + "\n").unwrap();
        std::fs::create_dir(place("home")).unwrap();
        let port = setup.port.unwrap_or_else(|| free_port(&setup.addresses));
        // SHLVL keeps bash from reading the rc files of whoever runs the tests, and HOME what is written there out of
        // their home.
        let mut config = format!(
            "HostKey {}\nPidFile none\nUsePAM no\nStrictModes no\nAuthorizedKeysFile {}\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n\
             SetEnv SHLVL=5 HOME={}\nMaxStartups 200:30:400\nLogLevel VERBOSE\n",
            host_key.display(),
            place("authorized").display(),
            place("home").display()
        );
        // The first value counts in sshd_config, so what a test wants goes to the front.
        config = format!("{}\n{config}", setup.extra.join("\n"));
        for address in &setup.addresses {
            config.push_str(&format!("ListenAddress {address}:{port}\n"));
        }
        std::fs::write(place("config"), config).unwrap();
        let log = std::fs::File::create(place("log")).unwrap();
        let child = Command::new(SSHD)
            .args(["-D", "-e", "-f"])
            .arg(place("config"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut public = host_key.into_os_string();
        public.push(".pub");
        let mut sshd = Sshd {
            port,
            host_key: key_words(&PathBuf::from(public)),
            folder,
            child,
        };
        let until = Instant::now() + Duration::from_secs(10);
        while Instant::now() < until {
            if sshd.log().matches("Server listening").count() == setup.addresses.len() {
                return Some(sshd);
            }
            if sshd.child.try_wait().unwrap().is_some() {
                eprintln!("{}", sshd.log());
                return None;
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        None
    }

    /// What the server wrote down.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// The home of whoever logs in: a folder of the server's own.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// How many logins by key it took.
    pub fn logins(&self) -> usize {
        self.log().matches("Accepted publickey for ").count()
    }

    /// The numbers of the processes that serve connections.
    pub fn serving(&self) -> Vec<i32> {
        let of = format!("/proc/{0}/task/{0}/children", self.child.id());
        let children = std::fs::read_to_string(of).unwrap_or_default();
        children
            .split_whitespace()
            .map(|number| number.parse().unwrap())
            .collect()
    }

    /// Takes no more connections and cuts those there are, for good.
    pub fn stop(&mut self) {
        self.cut();
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Cuts every connection.
    pub fn cut(&self) {
        for number in self.serving() {
            let number = rustix::process::Pid::from_raw(number).unwrap();
            let _ = rustix::process::kill_process(number, rustix::process::Signal::KILL);
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Who runs the tests.
pub fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Makes a key pair with ssh-keygen; gives the private file. Without `-N` in the words it has no passphrase.
pub fn keygen(file: &Path, words: &[&str]) -> PathBuf {
    let mut command = Command::new("ssh-keygen");
    command
        .args(["-q", "-C", "test", "-f"])
        .arg(file)
        .args(words);
    if !words.contains(&"-N") {
        command.args(["-N", ""]);
    }
    assert!(command.status().unwrap().success());
    file.to_owned()
}

/// The public key in a file, as in known_hosts: algorithm and base64.
pub fn key_words(public: &Path) -> String {
    let text = std::fs::read_to_string(public).unwrap();
    let words: Vec<&str> = text.split_whitespace().take(2).collect();
    words.join(" ")
}

fn free_port(addresses: &[String]) -> u16 {
    let first = TcpListener::bind((addresses[0].as_str(), 0)).unwrap();
    first.local_addr().unwrap().port()
}
