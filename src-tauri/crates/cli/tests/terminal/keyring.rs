//! A real keychain of its own: gnome-keyring on a private bus, with a home of its own, unlocked.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// A bus with a keychain; both end with it.
pub(crate) struct Keyring {
    bus: Child,
    address: String,
    home: TempDir,
}

impl Keyring {
    /// `None`, with the reason printed: it cannot be had here.
    pub(crate) fn start() -> Option<Keyring> {
        for program in ["dbus-daemon", "gnome-keyring-daemon", "secret-tool"] {
            let found = Command::new("sh")
                .args(["-c", &format!("command -v {program}")])
                .stdout(Stdio::null())
                .status()
                .unwrap();
            if !found.success() {
                println!("SKIPPED: {program} is not installed");
                return None;
            }
        }
        let home = tempfile::tempdir().unwrap();
        let mut bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address"])
            .env("HOME", home.path())
            .env("XDG_DATA_HOME", home.path().join("data"))
            .env("XDG_RUNTIME_DIR", home.path())
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        let keyring = Keyring {
            bus,
            address: address.trim().to_owned(),
            home,
        };
        // Ends when the keychain is there; the daemon itself ends with the bus.
        let mut daemon = keyring.command("gnome-keyring-daemon");
        let mut daemon = daemon
            .args(["--unlock", "--components=secrets"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        daemon.stdin.take().unwrap().write_all(b"pw").unwrap();
        assert!(daemon.wait().unwrap().success());
        Some(keyring)
    }

    /// What a program needs to reach it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let home = self.home.path().display().to_string();
        vec![
            ("COUNTERSIGN_KEYCHAIN", "os".to_owned()),
            ("DBUS_SESSION_BUS_ADDRESS", self.address.clone()),
            ("XDG_DATA_HOME", format!("{home}/data")),
            ("XDG_RUNTIME_DIR", home.clone()),
            ("HOME", home),
        ]
    }

    /// What the keychain has under this name, asked by another program.
    pub(crate) fn look_up(&self, name: &str) -> Option<String> {
        let found = self
            .command("secret-tool")
            .args(["lookup", "service", "countersign", "username", name])
            .output()
            .unwrap();
        found
            .status
            .success()
            .then(|| String::from_utf8(found.stdout).unwrap())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .envs(self.environment())
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY");
        command
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}
