//! What a window needs to open where nobody sits: a display in memory, a message bus, and a home folder, all of them
//! new for each test and gone after it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use crate::process::{Started, on_path, until};

/// Programs of set-up (xtask/src/packages.rs), each with its package.
const TOOLS: [(&str, &str); 4] = [
    ("Xvfb", "xvfb"),
    ("dbus-daemon", "dbus"),
    ("WebKitWebDriver", "webkit2gtk-driver"),
    ("import", "imagemagick"),
];

/// A bus that starts no programs by itself: none is needed, and they would outlive the test.
const BUS: &str = "<!DOCTYPE busconfig PUBLIC '-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN' \
                   'http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd'>\
                   <busconfig><type>session</type><listen>unix:dir=FOLDER</listen><policy context='default'>\
                   <allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/><allow own='*'/>\
                   </policy></busconfig>";

/// One window at a time: on two cores the webviews of two tests would only wait for each other.
static ONE: Mutex<()> = Mutex::new(());

/// A display, a bus and a home folder.
pub(crate) struct Stage {
    // Dropped in this order: programs first, then the folder they write to.
    _bus: Started,
    _display: Started,
    display: String,
    bus: String,
    folder: TempDir,
    /// What a command runs under.
    within: Vec<String>,
    /// Which keychain the program asks.
    keychain: &'static str,
    _one: MutexGuard<'static, ()>,
}

/// What the data folder lies on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disk {
    /// Any disk.
    Usual,
    /// One that cannot be written.
    ReadOnly,
    /// One without space.
    Full,
    /// One of its own, with little space.
    Small,
}

impl Disk {
    /// Shell commands that put it at `$D`, in a mount namespace that ends with the last process in it.
    fn mount(self) -> Option<&'static str> {
        match self {
            Self::Usual => None,
            Self::ReadOnly => Some("mount -t tmpfs tmpfs \"$D\" && mount -o remount,ro \"$D\""),
            Self::Small => Some("mount -t tmpfs -o size=16m tmpfs \"$D\""),
            Self::Full => Some(
                "mount -t tmpfs -o size=64k tmpfs \"$D\" && \
                 { dd if=/dev/zero of=\"$D/ballast\" bs=4k 2>/dev/null || true; }",
            ),
        }
    }
}

impl Stage {
    /// Sets the stage; `None` where a tool is missing, which is said, and in CI a failure.
    pub(crate) fn set() -> Option<Self> {
        Self::set_on(Disk::Usual)
    }

    /// The same, with a data folder on another kind of disk, where this machine lets tests mount one.
    pub(crate) fn set_on(disk: Disk) -> Option<Self> {
        for (tool, package) in TOOLS {
            if on_path(tool).is_none() {
                let why =
                    format!("SKIPPED: window: {tool} is not installed (apt-get install {package})");
                let ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1");
                assert!(!ci, "{why}");
                println!("{why}");
                return None;
            }
        }
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        // Not in the target folder: the engine's socket has a path of at most 107 bytes.
        let folder = tempfile::Builder::new()
            .prefix("countersign-window-")
            .tempdir()
            .unwrap();
        for name in ["home", "data", "run"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::set_permissions(folder.path().join("run"), fs::Permissions::from_mode(0o700)).unwrap();
        let within = within(disk, &folder.path().join("data"))?;
        let log = folder.path().join("log");
        let mut xvfb = Command::new("Xvfb");
        xvfb.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x800x24",
            "-nolisten",
            "tcp",
            "-noreset",
        ]);
        let (_display, number) = Started::with_first_line(&mut xvfb, &log);
        let bus = folder.path().join("bus.conf");
        fs::write(
            &bus,
            BUS.replace("FOLDER", &folder.path().join("run").display().to_string()),
        )
        .unwrap();
        let mut daemon = Command::new("dbus-daemon");
        daemon
            .args([
                "--nofork",
                "--nopidfile",
                "--print-address=1",
                "--config-file",
            ])
            .arg(bus);
        let (_bus, bus) = Started::with_first_line(&mut daemon, &log);
        Some(Self {
            _bus,
            _display,
            display: format!(":{number}"),
            bus,
            folder,
            within,
            // One that asks to be unlocked would stand before the window.
            keychain: "session",
            _one: one,
        })
    }

    /// A folder that is gone after the test.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The data folder of the windows of this test.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// The address of the message bus.
    pub(crate) fn bus(&self) -> &str {
        &self.bus
    }

    /// The name of the display.
    pub(crate) fn display(&self) -> &str {
        &self.display
    }

    /// Where files go that a person asks for.
    pub(crate) fn downloads(&self) -> PathBuf {
        self.folder().join("downloads")
    }

    /// What the window and its driver say on stderr.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder().join("log")
    }

    /// Puts a workflow of `fixtures` into the data folder.
    pub(crate) fn with_workflow(&self, name: &str) -> &Self {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/window/fixtures");
        let folder = self.data().join("workflows");
        fs::create_dir_all(&folder).unwrap();
        let file = format!("{name}.workflow.yaml");
        fs::copy(fixtures.join(&file), folder.join(&file)).unwrap();
        self
    }

    /// A real keychain on this bus that was locked after it had been given a secret of this name; it ends with what is
    /// given. `None`, with the reason printed, where there is none.
    pub(crate) fn with_locked_keychain(&mut self, name: &str) -> Option<Started> {
        for program in ["gnome-keyring-daemon", "secret-tool"] {
            if on_path(program).is_none() {
                println!("SKIPPED: window: {program} is not installed");
                return None;
            }
        }
        self.keychain = "os";
        let unlocked =
            "printf pw | exec gnome-keyring-daemon --foreground --unlock --components=secrets";
        let mut daemon = self.command("sh");
        daemon.args(["-c", unlocked]).stdout(Stdio::null());
        let daemon = Started::new(&mut daemon, &self.log());
        // It is there when it keeps something.
        let keep = format!(
            "printf kept | timeout 5 secret-tool store --label=x service countersign username {name}"
        );
        until("the keychain keeps a secret", 30, || {
            let kept = self.command("sh").args(["-c", &keep]).output().unwrap();
            kept.status.success().then_some(())
        });
        // The tool may crash once it has locked it, so what it leaves behind is looked at.
        let _ = self
            .command("secret-tool")
            .args(["lock", "--collection=login"])
            .output();
        let read = self
            .command("timeout")
            .args(["5", "secret-tool", "lookup"])
            .args(["service", "countersign", "username", name])
            .output();
        assert!(
            !read.unwrap().status.success(),
            "the keychain is not locked"
        );
        Some(daemon)
    }

    /// A program that sees this stage and nothing of the person who runs the tests.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = match self.within.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program.as_ref());
                command.env("D", self.data());
                command
            }
            None => Command::new(program),
        };
        let home = self.folder().join("home");
        command
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("HOME", &home)
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_RUNTIME_DIR", self.folder().join("run"))
            .env("COUNTERSIGN_DATA_DIR", self.data())
            .env("COUNTERSIGN_DOWNLOADS", self.downloads())
            .env("COUNTERSIGN_KEYCHAIN", self.keychain)
            .env("LANG", "C.UTF-8")
            .env("GSETTINGS_BACKEND", "memory")
            .env("NO_AT_BRIDGE", "1")
            .env("GTK_USE_PORTAL", "0")
            .env("GIO_USE_VFS", "local")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("XAUTHORITY");
        command
    }

    /// A picture of the whole display.
    pub(crate) fn picture(&self, file: &Path) {
        let status = self
            .command("import")
            .args(["-window", "root"])
            .arg(file)
            .status()
            .unwrap();
        assert!(
            status.success(),
            "import could not take a picture: {status}"
        );
    }
}

/// What a command runs under so that it finds this disk; `None` where the machine does not let tests mount one.
fn within(disk: Disk, data: &Path) -> Option<Vec<String>> {
    let Some(mount) = disk.mount() else {
        return Some(Vec::new());
    };
    // As root, or as the root of a user namespace.
    for flags in ["-m", "-rm"] {
        let mut attempt = Command::new("unshare");
        attempt.args([flags, "sh", "-c", mount]).env("D", data);
        if attempt.output().is_ok_and(|output| output.status.success()) {
            let script = format!("{mount} && exec \"$@\"");
            let words = ["unshare", flags, "sh", "-c", &script, "sh"];
            return Some(words.map(str::to_owned).into());
        }
    }
    println!("SKIPPED: window: this machine lets tests mount no disk");
    None
}
