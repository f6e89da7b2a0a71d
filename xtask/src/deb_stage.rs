//! Where the package's programs are tried: a display in memory, a message bus and a home folder, all of them new and
//! gone afterwards. What is tried there is `deb_try`; the tests of the window have their own (tests/window/stage.rs).

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::deb::{cannot, clear};
use crate::failure::{Failure, Outcome};
use crate::process;
use crate::say;

/// A bus that starts no programs by itself: they would outlive the trial.
const BUS: &str = "<busconfig><type>session</type><listen>unix:dir=FOLDER</listen><policy context='default'>\
                   <allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/><allow own='*'/>\
                   </policy></busconfig>";

/// A display, a bus and a home folder, gone afterwards.
pub(crate) struct Stage {
    // Dropped in this order: programs first, then the folder they write to.
    _bus: Started,
    _display: Started,
    bus: String,
    display: String,
    folder: Folder,
}

impl Stage {
    pub(crate) fn set() -> Outcome<Self> {
        // Not in the target folder: the engine's socket has a path of at most 107 bytes.
        let folder =
            Folder(env::temp_dir().join(format!("countersign-try-{}", std::process::id())));
        clear(&folder.0)?;
        for name in ["home", "data", "run"] {
            let path = folder.0.join(name);
            fs::create_dir_all(&path).map_err(|why| cannot("make", &path, why))?;
        }
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
        let (_display, number) = Started::with_first_line(xvfb.stderr(Stdio::null()))?;
        let config = folder.0.join("bus.conf");
        let text = BUS.replace("FOLDER", &folder.0.join("run").display().to_string());
        fs::write(&config, text).map_err(|why| cannot("write", &config, why))?;
        let mut daemon = Command::new("dbus-daemon");
        daemon
            .args([
                "--nofork",
                "--nopidfile",
                "--print-address=1",
                "--config-file",
            ])
            .arg(config);
        let (_bus, bus) = Started::with_first_line(daemon.stderr(Stdio::null()))?;
        Ok(Self {
            _bus,
            _display,
            bus,
            display: format!(":{number}"),
            folder,
        })
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.0.join("data")
    }

    /// A program that sees this stage and nothing of the person who tries.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let home = self.folder.0.join("home");
        let mut command = Command::new(program);
        command
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("HOME", &home)
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_RUNTIME_DIR", self.folder.0.join("run"))
            .env("COUNTERSIGN_DATA_DIR", self.data())
            // A keychain that asks to be unlocked would stand before the window.
            .env("COUNTERSIGN_KEYCHAIN", "session")
            .env("LANG", "C.UTF-8")
            .env("GSETTINGS_BACKEND", "memory")
            .env("NO_AT_BRIDGE", "1")
            .env("GTK_USE_PORTAL", "0")
            .env("GIO_USE_VFS", "local")
            .stdin(Stdio::null());
        // With it the program would not watch whether it was painted.
        for name in [
            "WEBKIT_DISABLE_DMABUF_RENDERER",
            "WAYLAND_DISPLAY",
            "XAUTHORITY",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// The first visible window that xdotool finds by this.
    pub(crate) fn window(&self, by: &str, pattern: &str) -> Option<String> {
        let mut search = self.command(Path::new("xdotool"));
        let found = process::read(search.args(["search", "--onlyvisible", by, pattern]))?;
        found.lines().next().map(str::to_owned)
    }
}

/// A folder that is removed.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(why) = clear(&self.0) {
            say::line(why.to_string());
        }
    }
}

/// A program that ends when this is dropped.
pub(crate) struct Started(Child);

impl Started {
    pub(crate) fn new(command: &mut Command) -> Outcome<Self> {
        let child = command
            .spawn()
            .map_err(|why| process::not_started(command, why))?;
        Ok(Self(child))
    }

    /// Starts a program and gives the first line it prints, without which it is of no use.
    fn with_first_line(command: &mut Command) -> Outcome<(Self, String)> {
        let mut started = Self::new(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
        let mut line = String::new();
        if let Some(out) = started.0.stdout.take() {
            // An error leaves the line empty, which is told below.
            let _ = BufReader::new(out).read_line(&mut line);
        }
        match line.trim() {
            "" => Err(Failure::new(format!(
                "`{}` ended at once",
                process::shown(command)
            ))),
            line => Ok((started, line.to_owned())),
        }
    }

    /// How it ended, when it has.
    pub(crate) fn ended(&mut self) -> Option<std::process::ExitStatus> {
        self.0.try_wait().ok().flatten()
    }

    /// Asks it to end, and makes it end when it does not within ten seconds.
    pub(crate) fn end(&mut self) {
        if self.ended().is_some() {
            return;
        }
        // What kill says is of no use: whether it ended is looked at.
        let _ = process::read(Command::new("kill").args(["-TERM", &self.0.id().to_string()]));
        if until(Duration::from_secs(10), || self.ended()).is_some() {
            return;
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.end();
    }
}

/// Asks again and again until there is an answer; `None` when the time is over.
pub(crate) fn until<T>(patience: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        let answer = ask();
        if answer.is_some() || begun.elapsed() > patience {
            return answer;
        }
        // Neither a window nor the end of a process sends a message that the standard library can wait for.
        thread::park_timeout(Duration::from_millis(50));
    }
}
