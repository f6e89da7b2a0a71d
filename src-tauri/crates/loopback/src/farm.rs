//! Many hosts on one computer: a few ssh servers, or one in a network of its own, at as many loopback addresses as
//! hosts are wanted. All hosts of a farm show the same key; each has a home of its own. Not the hosts' names and the files
//! that know them; those are the test's.

use crate::{MOST_ADDRESSES, Sshd, SshdSetup, keygen};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::fd::AsFd as _;
use std::process::{Command, Stdio};

/// The hosts that an address ends in: 127.0.0.1 to 127.0.0.250, then 127.0.1.1.
const LAST: usize = 250;
/// More hosts than this without a network of their own would be too many servers.
const MOST_SHARED: usize = 250;

/// Hosts that run. Dropping it stops them.
pub struct Farm {
    /// The address and port of each.
    pub hosts: Vec<(String, u16)>,
    /// As in known_hosts: algorithm and base64. That of all of them.
    pub host_key: String,
    servers: Vec<Sshd>,
    // Removed when the servers are gone.
    _folder: tempfile::TempDir,
}

impl Farm {
    /// Starts `count` hosts that are like `setup`, whatever addresses and host key stand there. `None`, with the reason printed,
    /// where that cannot be. `alone`: this thread is in a network of its own (see [`alone`]), so that one server can
    /// listen at every address and be reached by nobody else.
    pub fn start(count: usize, setup: &SshdSetup, alone: bool) -> Option<Farm> {
        let addresses: Vec<String> = (0..count)
            .map(|number| format!("127.0.{}.{}", number / LAST, number % LAST + 1))
            .collect();
        if !alone && count > MOST_SHARED {
            eprintln!(
                "SKIPPED: {count} hosts need a network of their own; {MOST_SHARED} do without."
            );
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let host_key = keygen(&folder.path().join("host"), &["-t", "ed25519"]);
        // The first value counts in sshd_config, so what the test wants comes before this. SHLVL keeps bash from
        // reading the rc files of whoever runs the tests.
        let mut extra = setup.extra.clone();
        extra.push("SetEnv SHLVL=5".to_owned());
        extra.push(format!(
            "ForceCommand set -- $SSH_CONNECTION; HOME={}/$3; export HOME; [ -d $HOME ] || mkdir $HOME; \
             eval \"$SSH_ORIGINAL_COMMAND\"",
            folder.path().display()
        ));
        let (mut hosts, mut servers) = (Vec::new(), Vec::<Sshd>::new());
        let at_once = if alone { count } else { MOST_ADDRESSES };
        for some in addresses.chunks(at_once) {
            let anywhere = vec!["0.0.0.0".to_owned()];
            let server = Sshd::start(&SshdSetup {
                addresses: if alone { anywhere } else { some.to_vec() },
                host_key: Some(host_key.clone()),
                authorized: setup.authorized.clone(),
                extra: extra.clone(),
                ..SshdSetup::default()
            })?;
            hosts.extend(some.iter().map(|address| (address.clone(), server.port)));
            servers.push(server);
        }
        Some(Farm {
            host_key: servers.first()?.host_key.clone(),
            hosts,
            servers,
            _folder: folder,
        })
    }

    /// Their lines for a known_hosts file.
    pub fn known_hosts(&self) -> String {
        self.hosts
            .iter()
            .map(|(address, port)| format!("[{address}]:{port} {}\n", self.host_key))
            .collect()
    }

    /// How many connections are served now.
    pub fn serving(&self) -> usize {
        self.servers
            .iter()
            .map(|server| server.serving().len())
            .sum()
    }

    /// How many logins by key all of them took.
    pub fn logins(&self) -> usize {
        let accepted = |server: &Sshd| server.log().matches("Accepted publickey for ").count();
        self.servers.iter().map(accepted).sum()
    }
}

/// Moves this thread, and with it every thread and process that it starts from now on, into a network that has nothing
/// but loopback. Only root may, and a container may forbid it: then the error says why, and nothing has changed.
///
/// # Errors
/// For people: why not.
pub fn alone() -> Result<(), String> {
    let mut child = Command::new("unshare")
        .args([
            "--net",
            "sh",
            "-c",
            "ip link set lo up && echo up && exec cat",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("unshare does not start: {error}"))?;
    let mut said = String::new();
    if let Some(stdout) = child.stdout.take() {
        let _ = BufReader::new(stdout).read_line(&mut said);
    }
    let moved = if said.trim() == "up" {
        File::open(format!("/proc/{}/ns/net", child.id())).and_then(|network| {
            let kind = Some(LinkNameSpaceType::Network);
            Ok(move_into_link_name_space(network.as_fd(), kind)?)
        })
    } else {
        Err(std::io::Error::other("no network of its own"))
    };
    drop(child.stdin.take());
    let ended = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    let stderr = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
    moved.map_err(|error| format!("{error} {stderr}").trim().to_owned())
}
