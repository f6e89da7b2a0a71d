//! The program as a test starts it: a data folder of its own with the workflows of `fixtures`, and a folder for notes.

use crate::{keyring::Keyring, terminal::Terminal};
use serde_json::Value as Json;
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};
use tempfile::TempDir;

/// A data folder and what one does with it.
pub(crate) struct Desk {
    dir: TempDir,
    /// The environment of a keychain, where the test has one.
    keychain: Vec<(&'static str, String)>,
}

/// How a call of the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        let desk = Desk {
            dir: tempfile::tempdir().unwrap(),
            keychain: Vec::new(),
        };
        let folder = desk.data().join("workflows");
        fs::create_dir_all(&folder).unwrap();
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        for file in fs::read_dir(fixtures).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), folder.join(file.file_name())).unwrap();
        }
        desk
    }

    /// The same with a keychain.
    pub(crate) fn with(keyring: &Keyring) -> Desk {
        Desk {
            keychain: keyring.environment(),
            ..Desk::new()
        }
    }

    /// The same where a keychain is looked for and none is.
    pub(crate) fn without_a_keychain() -> Desk {
        let desk = Desk::new();
        let nowhere = format!("unix:path={}", desk.path("no-bus").display());
        Desk {
            keychain: vec![
                ("COUNTERSIGN_KEYCHAIN", "os".to_owned()),
                ("DBUS_SESSION_BUS_ADDRESS", nowhere),
            ],
            ..desk
        }
    }

    /// The same with all that the program can log on its standard error.
    pub(crate) fn logging(mut self) -> Desk {
        self.keychain.push(("RUST_LOG", "trace".to_owned()));
        self
    }

    /// A keychain from now on.
    pub(crate) fn give(&mut self, keyring: &Keyring) {
        self.keychain = keyring.environment();
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A file beside the data folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(name)
    }

    /// The text of such a file.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Gives such a file a text.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// `name=path` of such a file, as an input.
    pub(crate) fn input(&self, input: &str, name: &str) -> String {
        format!("{input}={}", self.path(name).display())
    }

    /// The program with these arguments, not yet started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(arguments).arg("--data-dir").arg(self.data());
        for name in [
            "COUNTERSIGN_TOKEN",
            "COUNTERSIGN_DATA_DIR",
            "NO_COLOR",
            "RUST_LOG",
            "COLUMNS",
            "LINES",
        ] {
            command.env_remove(name);
        }
        command
            .env("TZ", "UTC")
            // Nobody's own keychain is asked by a test.
            .env("COUNTERSIGN_KEYCHAIN", "session")
            // Nor does a file of a test go among somebody's downloads.
            .env("COUNTERSIGN_DOWNLOADS", self.dir.path().join("downloads"))
            .env("TERM", "xterm")
            .envs(self.keychain.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs it without a terminal.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        ended(&self.command(arguments).output().unwrap())
    }

    /// Runs it without a terminal, with a decider's token.
    #[track_caller]
    pub(crate) fn run_with(&self, token: &str, arguments: &[&str]) -> Ended {
        let mut command = self.command(arguments);
        ended(&command.env("COUNTERSIGN_TOKEN", token).output().unwrap())
    }

    /// Runs it with this text in its pipe.
    #[track_caller]
    pub(crate) fn pipe(&self, text: &str, arguments: &[&str]) -> Ended {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = child.stdin.take().unwrap();
        pipe.write_all(text.as_bytes()).unwrap();
        drop(pipe);
        wait(child)
    }

    /// Runs it with `--json`; the exit code and the one object on standard output.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> (i32, Json) {
        let ended = self.run(&[arguments, &["--json"]].concat());
        (
            ended.code,
            serde_json::from_str(&ended.stdout)
                .unwrap_or_else(|error| panic!("{error}: {ended:?}")),
        )
    }

    /// Starts it without a terminal and does not wait for its end.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Starts it at a terminal that draws nothing.
    pub(crate) fn plain_terminal(&self, arguments: &[&str]) -> Terminal {
        let mut command = self.command(arguments);
        command.env("TERM", "dumb");
        Terminal::start(command)
    }

    /// A decider's token, made by a person at a terminal.
    #[track_caller]
    pub(crate) fn token(&self) -> String {
        let mut terminal = self.plain_terminal(&["operators", "token", "pipeline"]);
        let shown = terminal.see("not shown again");
        assert_eq!(terminal.end(), 0);
        let token = shown
            .split_whitespace()
            .find(|word| word.starts_with("cst_"));
        token
            .unwrap_or_else(|| panic!("no token in {shown:?}"))
            .to_owned()
    }

    /// Starts a workflow without a terminal; the run, with the gate that waits first.
    #[track_caller]
    pub(crate) fn start_waiting(&self, workflow: &str, inputs: &[&str]) -> Waiting {
        let mut arguments = vec!["run", workflow];
        inputs
            .iter()
            .for_each(|input| arguments.extend(["-i", input]));
        let (code, run) = self.json(&arguments);
        assert_eq!(code, 75, "{run:#}");
        Waiting::of(&run)
    }

    /// The run as it is now.
    #[track_caller]
    pub(crate) fn show(&self, run: &str) -> Json {
        self.json(&["show", run]).1
    }
}

/// A run that waits, and for what.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) run: String,
    pub(crate) gate: String,
    pub(crate) digest: String,
}

impl Waiting {
    #[track_caller]
    pub(crate) fn of(run: &Json) -> Waiting {
        let text = |value: &Json| {
            value
                .as_str()
                .unwrap_or_else(|| panic!("no gate waits: {run:#}"))
                .to_owned()
        };
        let gate = &run["waiting"][0];
        Waiting {
            run: text(&run["run"]),
            gate: text(&gate["gate"]),
            digest: text(&gate["digest"]),
        }
    }

    /// The arguments that answer it, without the answer.
    pub(crate) fn decide<'a>(&'a self, answer: &[&'a str]) -> Vec<&'a str> {
        let decide = ["decide", &self.run, &self.gate, "--digest", &self.digest];
        [&decide, answer].concat()
    }
}

/// How a started program ended.
pub(crate) fn wait(child: Child) -> Ended {
    ended(&child.wait_with_output().unwrap())
}

fn ended(output: &Output) -> Ended {
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout.clone()).unwrap(),
        stderr: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}
