//! A data folder, the real program on it, and what must hold in the end.

use serde_json::Value as Json;
use std::{
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Code(i32),
    Killed,
    /// There was nothing to do.
    Idle,
}

/// Numbers that look random and can be repeated (xorshift64*, Marsaglia 2003, Vigna 2016).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as u32 % end
    }
}

const WRITE_NOTE: &str = include_str!("write_note.workflow.yaml");
const TWO_NOTES: &str = include_str!("two_notes.workflow.yaml");

pub(crate) struct Bench {
    dir: TempDir,
    token: String,
}

impl Bench {
    pub(crate) fn new() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir_all(data.join("workflows")).unwrap();
        std::fs::create_dir_all(dir.path().join("notes")).unwrap();
        std::fs::write(data.join("workflows/write_note.workflow.yaml"), WRITE_NOTE).unwrap();
        std::fs::write(data.join("workflows/two_notes.workflow.yaml"), TWO_NOTES).unwrap();
        // A decider's token is made by a person: here by this test, at the door that a terminal uses.
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let token = runtime.block_on(async {
            let options = engine::OpenOptions {
                downloads: Some(data.join("downloads")),
                data_dir: data,
                program: "test".to_owned(),
                secrets: engine::SecretSource::SessionOnly,
            };
            let door = engine::open(options).await.unwrap();
            let made = door
                .call(
                    api::MakeToken {
                        name: "test".to_owned(),
                    },
                    engine::Origin::Terminal,
                )
                .await
                .unwrap();
            door.close().await;
            made.token
        });
        Bench { dir, token }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A place beside the data folder.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(name)
    }

    /// Gives the data folder a profile.
    pub(crate) fn profile(&self, name: &str, text: &str) {
        let folder = self.data().join("profiles");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.yaml")), text).unwrap();
    }

    /// Gives the data folder one more workflow.
    pub(crate) fn workflow(&self, name: &str, text: &str) {
        let file = format!("workflows/{name}.workflow.yaml");
        std::fs::write(self.data().join(file), text).unwrap();
    }

    /// What a call that only reads says.
    pub(crate) fn json(&self, args: &[&str]) -> Json {
        let args = [args, &["--json"]].concat();
        let output = self.command(&args).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// How many changes of the fleet of this kind the journal has records of.
    pub(crate) fn records(&self, kind: &str) -> usize {
        let export = ["audit", "export", "--format", "jsonl"];
        let output = self.command(&export).output().unwrap();
        let records = String::from_utf8(output.stdout).unwrap();
        let quoted = format!("\"{kind}\"");
        let is_one = |line: &&str| {
            let line: Json = serde_json::from_str(line).unwrap();
            let record = &line["record"];
            record["kind"] == "fleet_changed"
                && record["payload"].as_str().unwrap().contains(&quoted)
        };
        records.lines().filter(is_one).count()
    }

    pub(crate) fn note(&self, name: &str) -> PathBuf {
        self.dir.path().join("notes").join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command
            .args(args)
            .arg("--data-dir")
            .arg(self.data())
            .env("COUNTERSIGN_KEYCHAIN", "session")
            .env("COUNTERSIGN_TOKEN", &self.token);
        command.env_remove("COUNTERSIGN_CRASH").stdin(Stdio::null());
        command
    }

    pub(crate) fn program(&self, args: &[&str], crash: Option<(&str, u32)>) -> Ended {
        let ended = self.crashing(args, crash);
        assert!(
            !matches!(ended, Ended::Code(1..=5)),
            "{args:?} ended with {ended:?}"
        );
        ended
    }

    /// The same where a run may fail.
    pub(crate) fn crashing(&self, args: &[&str], crash: Option<(&str, u32)>) -> Ended {
        let mut command = self.command(args);
        if let Some((point, n)) = crash {
            command.env("COUNTERSIGN_CRASH", format!("{point}:{n}"));
        }
        let output = command.output().unwrap();
        let ended = ended(output.status);
        if let Ended::Code(2..=5) = ended {
            panic!(
                "{args:?} ended with {ended:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        ended
    }

    /// Kills the program after a while, unless it ends by itself.
    pub(crate) fn program_for(&self, args: &[&str], after: Duration) -> Ended {
        let mut child = self
            .command(args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let until = Instant::now() + after;
        while Instant::now() < until {
            if let Some(status) = child.try_wait().unwrap() {
                return ended(status);
            }
            std::thread::sleep(Duration::from_millis(3));
        }
        child.kill().unwrap();
        ended(child.wait().unwrap())
    }

    pub(crate) fn start_note(&self, name: &str, crash: Option<(&str, u32)>) -> Ended {
        let (path, text) = self.note_inputs(name);
        self.program(
            &["run", "write_note", "--detach", "-i", &path, "-i", &text],
            crash,
        )
    }

    pub(crate) fn start_note_for(&self, name: &str, after: Duration) -> Ended {
        let (path, text) = self.note_inputs(name);
        self.program_for(
            &["run", "write_note", "--detach", "-i", &path, "-i", &text],
            after,
        )
    }

    fn note_inputs(&self, name: &str) -> (String, String) {
        (
            format!("path={}", self.note(name).display()),
            format!("text=this is {name}"),
        )
    }

    pub(crate) fn approve_first(&self, crash: Option<(&str, u32)>) -> Ended {
        match self.first_card() {
            Some([run, gate, digest]) => {
                let ended = self.crashing(
                    &["decide", &run, &gate, "--digest", &digest, "--approve"],
                    crash,
                );
                if let Ended::Code(_) = ended {
                    self.assert_decided(&digest);
                }
                ended
            }
            None => Ended::Idle,
        }
    }

    pub(crate) fn approve_first_for(&self, after: Duration) -> Ended {
        match self.first_card() {
            Some([run, gate, digest]) => {
                let ended = self.program_for(
                    &["decide", &run, &gate, "--digest", &digest, "--approve"],
                    after,
                );
                // What was acknowledged is there, whatever happens to the program later.
                if ended == Ended::Code(0) {
                    self.assert_decided(&digest);
                }
                ended
            }
            None => Ended::Idle,
        }
    }

    fn assert_decided(&self, digest: &str) {
        let asks = |row: &Json| {
            let gates = row["open_gates"].as_array().unwrap();
            gates.iter().any(|gate| gate["card_digest"] == digest)
        };
        let open = self.runs().iter().any(asks);
        assert!(!open, "the answer to {digest} was acknowledged and lost");
    }

    fn first_card(&self) -> Option<[String; 3]> {
        self.runs().iter().find_map(|row| {
            let gate = row["open_gates"].get(0)?;
            let text = |value: &Json| value.as_str().unwrap().to_owned();
            Some([
                text(&row["run"]),
                text(&gate["gate"]),
                text(&gate["card_digest"]),
            ])
        })
    }

    /// The rows of the board.
    pub(crate) fn runs(&self) -> Vec<Json> {
        let output = self.command(&["runs", "--json"]).output().unwrap();
        let all: Json = serde_json::from_slice(&output.stdout).unwrap_or_default();
        all["runs"].as_array().cloned().unwrap_or_default()
    }

    /// Resumes and approves until every run has ended; `again` starts the work when the kill left nothing of it.
    pub(crate) fn bring_to_end(&self, again: impl Fn(&Bench) -> Ended) {
        if self.runs().is_empty() {
            again(self);
        }
        for _ in 0..2_000 {
            let rows = self.runs();
            let ended = |row: &Json| row["state"] == "completed" || row["state"] == "rolled_back";
            if rows.iter().all(ended) {
                return;
            }
            let waiting = rows.iter().any(|row| row["state"] == "waiting");
            let ended = if waiting {
                self.approve_first(None)
            } else {
                self.crashing(&["resume"], None)
            };
            assert_ne!(ended, Ended::Killed);
        }
        panic!("runs do not end: {:?}", self.runs());
    }

    /// Every run is complete, every note stands, no change was made twice, the chain is whole.
    pub(crate) fn check(&self) {
        let rows = self.runs();
        assert!(!rows.is_empty());
        let mut notes = 0;
        for row in &rows {
            assert_eq!(row["state"], "completed", "{row}");
            notes += usize::from(row["workflow"] == "write_note");
        }
        let written = std::fs::read_dir(self.dir.path().join("notes"))
            .unwrap()
            .count();
        assert_eq!(
            written, notes,
            "each run of write_note has written its own note"
        );
        for entry in std::fs::read_dir(self.dir.path().join("notes")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert_eq!(
                std::fs::read_to_string(&path).unwrap(),
                format!("this is {name}")
            );
        }
        assert_eq!(self.changes(), notes, "each change was made once");
        self.is_whole();
    }

    /// The chain of the journal is.
    pub(crate) fn is_whole(&self) {
        let audit = self.command(&["audit", "verify"]).output().unwrap();
        assert!(
            audit.status.success(),
            "{}",
            String::from_utf8_lossy(&audit.stdout)
        );
    }

    /// The changes that the tool has a record of: one for each key.
    pub(crate) fn changes(&self) -> usize {
        let records = |dir: &Path| {
            std::fs::read_dir(dir).map_or(0, |entries| {
                entries
                    .filter(|entry| {
                        entry.as_ref().is_ok_and(|entry| {
                            let name = entry.file_name().to_string_lossy().into_owned();
                            name.ends_with(".json")
                        })
                    })
                    .count()
            })
        };
        records(&self.data().join("backups"))
    }
}

fn ended(status: std::process::ExitStatus) -> Ended {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ended::Code(code),
        (None, _) => Ended::Killed,
    }
}
