//! A passphrase and a password that no other place may know than the keychain: hosts are registered and checked with
//! them, and everything that can be read is searched for them meanwhile and afterwards.

use super::hosts::{Hosts, public};
use crate::{
    desk::{Desk, Ended, Waiting},
    keyring::Keyring,
};
use loopback::SshdSetup;
use serde_json::Value as Json;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

/// The tests here take turns: each makes its key by ssh-keygen, whose arguments the other one would find.
static TURN: Mutex<()> = Mutex::new(());
const PASSPHRASE: &str = "canary-PASSPHRASE-4f1d07b2";
const PASSWORD: &str = "canary-PASSWORD-93ce5a61";

/// Which of the secrets are in these bytes: as they are, in hexadecimal digits, or as a list of numbers, as bytes are
/// printed for debugging.
fn secrets_in(bytes: &[u8]) -> Vec<&'static str> {
    let has = |words: &[u8]| bytes.windows(words.len()).any(|window| window == words);
    let is_in = |secret: &&str| {
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        let numbers: Vec<String> = secret.bytes().map(|byte| byte.to_string()).collect();
        let numbers = numbers.join(", ");
        [*secret, &hex, &numbers]
            .iter()
            .any(|form| has(form.as_bytes()))
    };
    [PASSPHRASE, PASSWORD].into_iter().filter(is_in).collect()
}

/// Every file under a folder that can be read.
fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let kind = entry.file_type();
        match kind {
            Ok(kind) if kind.is_dir() => files(&entry.path(), all),
            Ok(kind) if kind.is_file() => all.push(entry.path()),
            Ok(_) | Err(_) => {}
        }
    }
}

/// The places under these folders that know a secret; the number of files that were read.
fn search(folders: &[PathBuf]) -> (Vec<String>, usize) {
    let mut all = Vec::new();
    folders.iter().for_each(|folder| files(folder, &mut all));
    let mut found = Vec::new();
    let mut count = 0;
    for file in &all {
        // A file of a run that goes on may be gone again.
        let Ok(bytes) = fs::read(file) else { continue };
        count += 1;
        found.extend(
            secrets_in(&bytes)
                .iter()
                .map(|secret| format!("{secret} in {}", file.display())),
        );
    }
    (found, count)
}

/// Reads arguments and environments of every process again and again until it is told to stop.
struct Watch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<(Vec<String>, usize)>,
}

impl Watch {
    fn start() -> Watch {
        let stop = Arc::new(AtomicBool::new(false));
        let until = stop.clone();
        let thread = std::thread::spawn(move || {
            let (mut found, mut seen) = (Vec::new(), 0);
            while !until.load(Ordering::SeqCst) {
                for entry in fs::read_dir("/proc").unwrap().flatten() {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    if !name.bytes().all(|byte| byte.is_ascii_digit()) {
                        continue;
                    }
                    for part in ["cmdline", "environ"] {
                        let bytes = fs::read(entry.path().join(part)).unwrap_or_default();
                        let text = String::from_utf8_lossy(&bytes);
                        seen += usize::from(part == "cmdline" && text.contains("--data-dir"));
                        for secret in secrets_in(&bytes) {
                            found.push(format!("{secret} in {part} of {name}: {text}"));
                        }
                    }
                }
                std::thread::park_timeout(Duration::from_millis(5));
            }
            (found, seen)
        });
        Watch { stop, thread }
    }

    /// What was found, and how often the program was seen.
    fn end(self) -> (Vec<String>, usize) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().unwrap()
    }
}

/// The program with everything logged; all that it ever said.
struct Heard<'a> {
    desk: &'a Desk,
    token: String,
    said: String,
}

impl Heard<'_> {
    fn keep(&mut self, ended: &Ended) -> Json {
        self.said += &ended.stdout;
        self.said += &ended.stderr;
        serde_json::from_str(&ended.stdout).unwrap_or_default()
    }

    fn calls(&mut self, arguments: &[&str]) -> Json {
        let arguments = [arguments, &["--json"]].concat();
        let ended = self.desk.run_with(&self.token, &arguments);
        self.keep(&ended)
    }

    fn approves_all(&mut self, mut run: Json) -> Json {
        while run["state"] == "waiting" {
            let waiting = Waiting::of(&run);
            run = self.calls(&waiting.decide(&["--approve"]));
        }
        self.calls(&["show", run["run"].as_str().unwrap()]);
        self.said += &self
            .desk
            .run(&["show", run["run"].as_str().unwrap()])
            .stdout;
        run
    }
}

/// A server that takes the locked key and asks for passwords, too, and logs all it can; the ssh config with two ways to
/// it: in this program, and by the ssh program.
fn server(hosts: &mut Hosts) -> Option<(PathBuf, String)> {
    let locked = loopback::keygen(
        &hosts.path("locked"),
        &["-t", "ed25519", "-a", "1", "-N", PASSPHRASE],
    );
    let port = hosts
        .also(SshdSetup {
            authorized: vec![loopback::key_words(&public(&locked))],
            extra: ["PasswordAuthentication yes", "LogLevel DEBUG3"]
                .map(str::to_owned)
                .to_vec(),
            addresses: vec!["127.0.0.1".to_owned(), "127.0.0.2".to_owned()],
            ..SshdSetup::default()
        })?
        .port;
    let usual = hosts.usual().replace(
        &hosts.key("operator").display().to_string(),
        &locked.display().to_string(),
    );
    let config = format!(
        "Host web-01\n  HostName 127.0.0.1\n  Port {port}\n{usual}\n\
         Host odd-01\n  HostName 127.0.0.2\n  Port {port}\n  ProxyCommand bash -c 'exec 3<>/dev/tcp/%h/%p; cat <&3 & cat >&3; kill $!'\n{usual}\n"
    );
    let config = hosts.write("config", &config).display().to_string();
    Some((locked, config))
}

/// What must hold in the end.
fn check(hosts: &Hosts, desk: &Desk, said: &str, watch: Watch) {
    let (found, seen) = watch.end();
    assert_eq!(found, Vec::<String>::new());
    assert!(seen > 0, "no process was seen");
    assert!(said.contains("TRACE"), "nothing was logged");
    let mut folders = vec![desk.data(), hosts.path("")];
    folders.extend(hosts.servers.iter().map(loopback::Sshd::home));
    let (found, count) = search(&folders);
    assert_eq!(found, Vec::<String>::new());
    assert!(count > 5, "only {count} files were read");
    let logs: String = hosts.servers.iter().map(loopback::Sshd::log).collect();
    for text in [said, &logs] {
        let found = secrets_in(text.as_bytes());
        let at = found
            .first()
            .and_then(|secret| text.find(secret))
            .unwrap_or(0);
        let around: String = text[at.saturating_sub(200)..].chars().take(400).collect();
        assert!(found.is_empty(), "{found:?}: {around}");
    }
    println!(
        "{count} files, {} bytes said, {seen} looks at processes",
        said.len()
    );
}

#[test]
fn secrets_of_the_keychain_stay_there() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(keyring) = Keyring::start() else {
        return;
    };
    let Some(mut hosts) = Hosts::start(0, 1) else {
        return;
    };
    let Some((locked, config)) = server(&mut hosts) else {
        return;
    };
    let desk = hosts.profiles(Desk::with(&keyring)).logging();
    let watch = Watch::start();
    let mut heard = Heard {
        desk: &desk,
        token: desk.token(),
        said: String::new(),
    };
    let passphrase = format!("keychain:passphrase/{}", locked.display());
    for (name, secret) in [
        (passphrase.as_str(), PASSPHRASE),
        ("keychain:ssh/pw-01", PASSWORD),
    ] {
        let set = desk.pipe(&format!("{secret}\n"), &["secrets", "set", name]);
        assert_eq!(set.code, 0, "{set:?}");
        heard.keep(&set);
    }
    let run = heard.calls(&["agents", "import", "--ssh-config", &config, "--detach"]);
    let run = heard.approves_all(run);
    assert_eq!(run["state"], "completed", "{run:#}");
    let agents = super::agents(&desk);
    let state = &agents["web-01"]["agent"]["state"];
    assert_eq!(state, "registered", "{run:#}");
    // The ssh program is given no passphrase: it has the ssh-agent for that.
    let left_out = run["outputs"]["left_out"].to_string();
    assert!(left_out.contains("ssh-add"), "{run:#}");

    // A password that is sent, and not taken.
    let port = hosts.servers[0].port.to_string();
    let user = "nobody-here";
    let add = [
        "agents",
        "add",
        "pw-01",
        "--address",
        "127.0.0.1",
        "--port",
        &port,
        "--user",
        user,
        "--credential",
        "keychain:ssh/pw-01",
        "--ssh-config",
        &config,
        "--detach",
    ];
    let run = heard.calls(&add);
    let run = heard.approves_all(run);
    assert_eq!(run["state"], "failed", "{run:#}");
    let log = hosts.servers[0].log();
    assert!(
        log.contains("Failed password for invalid user nobody-here"),
        "{log}"
    );

    let check_up = heard.calls(&["run", "health_check"]);
    assert_eq!(check_up["state"], "completed", "{check_up:#}");
    for format in ["csv", "html", "jsonl"] {
        let export = desk.run(&["audit", "export", "--format", format]);
        assert_eq!(export.code, 0, "{export:?}");
        heard.keep(&export);
    }
    let said = heard.said;
    check(&hosts, &desk, &said, watch);
}

#[test]
fn a_secret_of_the_session_stays_in_its_owner() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(mut hosts) = Hosts::start(0, 1) else {
        return;
    };
    let Some((locked, config)) = server(&mut hosts) else {
        return;
    };
    let desk = hosts.desk().logging();
    let watch = Watch::start();
    let mut owner = desk.plain_terminal(&["agents", "add", "web-01", "--ssh-config", &config]);
    let card = owner.answer("later leaves it waiting): ", "approve");
    let passphrase = format!("keychain:passphrase/{}", locked.display());
    let set = desk.pipe(PASSPHRASE, &["secrets", "set", &passphrase, "--session"]);
    assert_eq!(set.code, 0, "{set:?}");
    owner.answer("to approve: ", &crate::terminal::digest(&card)[..6]);
    owner.approve();
    owner.approve();
    assert_eq!(owner.end(), 0, "{}", owner.everything());
    assert_eq!(hosts.servers[0].logins(), 1);
    let said = owner.everything() + &set.stdout + &set.stderr;
    check(&hosts, &desk, &said, watch);
}
