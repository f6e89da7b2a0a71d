//! The keychain against the real gnome-keyring on a bus of its own, and against keychains that are locked, absent or
//! silent. Each test runs this binary again under dbus-run-session, as the ignored test whose name begins with `inside`.
//! A folder of its own is home, so that nobody's own keychain is touched.
#![cfg(target_os = "linux")]

use keychain::{Keychain, Source};
use std::{
    process::Command,
    time::{Duration, Instant},
};
use tools::{Secret, SecretFault, SecretStore as _, Secrets as _};

const REFERENCE: &str = "keychain:ssh/web-01";
/// The bound that is promised, with a second for a busy computer.
const BOUND: Duration = Duration::from_secs(6);

/// Runs a test of this binary on a bus of its own, after `prepare` in a shell; where it can be done.
fn on_a_bus(prepare: &str, inside: &str) {
    for program in ["dbus-run-session", "gnome-keyring-daemon", "secret-tool"] {
        let found = Command::new("sh")
            .args(["-c", &format!("command -v {program}")])
            .output()
            .unwrap();
        if !found.status.success() {
            println!("SKIPPED: {program} is not installed");
            return;
        }
    }
    let home = tempfile::tempdir().unwrap();
    // A bus that starts no service by itself: what is not there stays away.
    let config = home.path().join("bus.conf");
    let listen = home.path().display();
    std::fs::write(
        &config,
        format!(
            "<busconfig><type>session</type><listen>unix:tmpdir={listen}</listen><policy context=\"default\">\
             <allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/>\
             </policy></busconfig>"
        ),
    )
    .unwrap();
    let script = format!("{prepare}\n\"$TESTS\" --exact {inside} --ignored --nocapture");
    let output = Command::new("timeout")
        .args(["60", "dbus-run-session", "--config-file"])
        .arg(&config)
        .args(["--", "sh", "-c", &script])
        .env("TESTS", std::env::current_exe().unwrap())
        .env("HOME", home.path())
        .env("XDG_DATA_HOME", home.path().join("data"))
        .env("XDG_CONFIG_HOME", home.path().join("config"))
        .env("XDG_RUNTIME_DIR", home.path())
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .output()
        .unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

/// A keychain that is open; its daemon ends with the bus. It is there when it has kept something: the daemon goes to the
/// background before it is on the bus.
const UNLOCKED: &str = "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null
for try in 1 2 3 4 5 6 7 8 9; do
  printf kept | secret-tool store --label=x service countersign username is/there 2>/dev/null && break
  sleep 1
done
test \"$(secret-tool lookup service countersign username is/there)\" = kept || exit 9";

/// One that was locked again.
fn locked() -> String {
    format!(
        "{UNLOCKED}
printf kept | secret-tool store --label=x service countersign username ssh/web-01 || exit 9
secret-tool lock --collection=login"
    )
}

async fn timed<T>(answer: impl Future<Output = T>) -> (T, Duration) {
    let began = Instant::now();
    (answer.await, began.elapsed())
}

#[test]
fn a_real_keychain_keeps_gives_and_forgets() {
    let seen_from_outside = "secret-tool lookup service countersign username from/outside";
    let prepare = format!(
        "{UNLOCKED}\nprintf theirs | secret-tool store --label=x service countersign username from/outside\n\
         test \"$({seen_from_outside})\" = theirs || exit 9"
    );
    on_a_bus(&prepare, "inside_an_open_keychain");
}

#[tokio::test]
#[ignore = "runs on a bus of its own"]
async fn inside_an_open_keychain() {
    let keychain = Keychain::os();
    assert_eq!(
        keychain.read(REFERENCE).await.unwrap_err(),
        SecretFault::NotFound(REFERENCE.to_owned())
    );
    for value in [&b"first"[..], b"second", b"\0\xff not text\n"] {
        keychain
            .write(REFERENCE, Secret::new(value.to_vec()))
            .await
            .unwrap();
        assert_eq!(keychain.read(REFERENCE).await.unwrap().expose(), value);
    }
    // Not in this program's memory: another one reads it, and what others stored is read here.
    assert_eq!(keychain.find(REFERENCE).await, Ok(Source::Os));
    let looked = Command::new("secret-tool")
        .args(["lookup", "service", "countersign", "username", "ssh/web-01"])
        .output()
        .unwrap();
    assert_eq!(looked.stdout, b"\0\xff not text\n");
    let theirs = keychain.read("keychain:from/outside").await.unwrap();
    assert_eq!(theirs.expose(), b"theirs");
    // What is kept for the session stands before it, until it is deleted with it.
    keychain
        .write_for_session(REFERENCE, Secret::new(b"session".to_vec()))
        .unwrap();
    assert_eq!(keychain.find(REFERENCE).await, Ok(Source::Session));
    assert_eq!(keychain.read(REFERENCE).await.unwrap().expose(), b"session");
    keychain.delete(REFERENCE).await.unwrap();
    for gone in [
        keychain.read(REFERENCE).await.map(drop),
        keychain.delete(REFERENCE).await,
    ] {
        assert_eq!(gone, Err(SecretFault::NotFound(REFERENCE.to_owned())));
    }
}

#[test]
fn a_locked_keychain_is_an_error_in_time() {
    on_a_bus(&locked(), "inside_a_locked_keychain");
}

#[tokio::test]
#[ignore = "runs on a bus of its own"]
async fn inside_a_locked_keychain() {
    let keychain = Keychain::os();
    let (read, took) = timed(keychain.read(REFERENCE)).await;
    println!("{read:?} after {took:?}");
    let fault = read.unwrap_err();
    assert!(
        matches!(fault, SecretFault::Locked | SecretFault::Dismissed),
        "{fault:?}"
    );
    assert!(took < BOUND, "{took:?}");
    let (written, took) =
        timed(keychain.write("keychain:ssh/web-02", Secret::new(b"x".to_vec()))).await;
    assert!(written.is_err() && took < BOUND, "{written:?} {took:?}");
}

#[test]
fn a_computer_without_a_keychain_says_so_at_once() {
    for prepare in [
        // A bus without a Secret Service; no bus.
        "",
        "DBUS_SESSION_BUS_ADDRESS=unix:path=$HOME/no-bus; export DBUS_SESSION_BUS_ADDRESS",
    ] {
        on_a_bus(prepare, "inside_no_keychain");
    }
}

#[tokio::test]
#[ignore = "runs on a bus of its own"]
async fn inside_no_keychain() {
    let keychain = Keychain::os();
    let (read, took) = timed(keychain.read(REFERENCE)).await;
    let fault = read.unwrap_err();
    assert!(matches!(fault, SecretFault::NoKeychain(_)), "{fault:?}");
    assert!(
        fault.hint().contains("gnome-keyring") && fault.hint().contains("--session"),
        "{}",
        fault.hint()
    );
    assert!(took < Duration::from_secs(1), "{took:?}");
    // Asked for the session only, it needs none.
    keychain
        .write_for_session(REFERENCE, Secret::new(b"session".to_vec()))
        .unwrap();
    assert_eq!(keychain.find(REFERENCE).await, Ok(Source::Session));
    keychain.delete(REFERENCE).await.unwrap();
}

#[test]
fn a_keychain_that_never_answers_is_given_up_in_time() {
    on_a_bus("", "inside_a_silent_keychain");
}

/// The owner of the name takes every message and answers none.
#[tokio::test]
#[ignore = "runs on a bus of its own"]
async fn inside_a_silent_keychain() {
    let owner = zbus::Connection::session().await.unwrap();
    owner.request_name("org.freedesktop.secrets").await.unwrap();
    let keychain = Keychain::os();
    let second = "keychain:ssh/web-02";
    // All at once: nobody waits for another one's turn.
    let (faults, took) = timed(async {
        tokio::join!(
            keychain.read(REFERENCE),
            keychain.read(second),
            keychain.read("keychain:ssh/web-03")
        )
    })
    .await;
    for fault in [faults.0, faults.1, faults.2].map(Result::unwrap_err) {
        assert!(matches!(fault, SecretFault::Unavailable(_)), "{fault:?}");
    }
    assert!(took < BOUND, "{took:?}");
    let stuck = threads_called("keychain");
    assert_eq!(stuck, 1, "one thread waits, however many asked");
}

fn threads_called(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    tasks
        .filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok())
        .filter(|comm| comm.trim() == name)
        .count()
}
