//! Jobs: their scripts under every shell at hand, cut off at every point, and the functions over this computer and over real
//! ssh. Here is what these tests share: a host that is a folder and a shell.

mod cut;
mod run;
mod shells;
mod tools;

use super::answer::{Seen, State, parse_seen};
use super::host::{CANCEL, FORGET, LOOK, Order, SETTLE, START, SUPERVISOR};
use crate::transport::bare;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use workflow::Digest;

pub(super) const SHELLS: [&str; 6] = [
    "/bin/dash",
    "/bin/bash --posix",
    "/bin/busybox sh",
    "/bin/mksh",
    "/bin/ksh93",
    "/bin/zsh --emulate sh",
];

/// The shells that are there.
pub(super) fn shells() -> impl Iterator<Item = &'static str> {
    SHELLS.into_iter().filter(|shell| {
        let there = std::path::Path::new(shell.split(' ').next().unwrap()).exists();
        if !there {
            println!("SKIPPED: there is no {shell}");
        }
        there
    })
}

/// A folder as the home of a login, and the shell of that login.
pub(super) struct Host {
    pub(super) home: tempfile::TempDir,
    pub(super) shell: &'static str,
    pub(super) id: Digest,
}

impl Host {
    pub(super) fn new(shell: &'static str) -> Host {
        Host {
            home: tempfile::tempdir().unwrap(),
            shell,
            id: Digest::of(b"a job"),
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A file of the job's own folder.
    pub(super) fn own(&self, name: &str) -> PathBuf {
        self.path("jobs").join(self.id.to_string()).join(name)
    }

    /// Runs a script as a login would, with these arguments after folder and id.
    pub(super) fn run(&self, text: &str, args: &[&str]) -> Output {
        let (jobs, id) = (self.path("jobs").display().to_string(), self.id.to_string());
        let args: Vec<&str> = [jobs.as_str(), &id].iter().chain(args).copied().collect();
        let mut words = self.shell.split(' ');
        let mut child = Command::new(words.next().unwrap())
            .args(words)
            .arg("-s")
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", self.home.path())
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let text = self.shelled(text);
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(bare(&text, &args).as_bytes()).unwrap();
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    /// The text, with this shell wherever it starts one.
    fn shelled(&self, text: &str) -> String {
        text.replace("/bin/sh \"", &format!("{} \"", self.shell))
    }

    /// The same; what it says of the job.
    pub(super) fn says(&self, text: &str, args: &[&str]) -> Seen {
        let output = self.run(text, args);
        let lines = crate::host::lines(&output.stdout);
        parse_seen(&lines).unwrap_or_else(|| panic!("{}: {}", self.shell, shown(&output)))
    }

    /// The code and outcome of the fault that it tells.
    pub(super) fn fault(&self, text: &str, args: &[&str]) -> String {
        let output = self.run(text, args);
        let lines = crate::host::lines(&output.stdout);
        let fault = lines.iter().find(|line| line.word == "fault");
        fault.unwrap_or_else(|| panic!("{}", shown(&output))).rest[..2].join(" ")
    }

    pub(super) fn start(&self, script: &str, args: &[&str]) -> Seen {
        self.says(START, &self.order(1, script, args, SUPERVISOR).words())
    }

    /// The arguments of a start that was sent at that time.
    pub(super) fn order(&self, sent: u64, script: &str, args: &[&str], sup: &str) -> Words {
        let order = Order {
            script,
            args,
            env: &[],
        };
        Words([
            format!("{sent:020}"),
            Digest::of(script.as_bytes()).to_string(),
            self.shelled(sup),
            order.run().trim_end().to_owned(),
            script.trim_end_matches('\n').to_owned(),
        ])
    }

    pub(super) fn look(&self) -> Seen {
        self.says(LOOK, &[])
    }

    pub(super) fn cancel(&self) -> Seen {
        self.says(CANCEL, &["2"])
    }

    pub(super) fn settle(&self, asked: u64, stop: &str) -> Seen {
        self.says(SETTLE, &[&format!("{asked:020}"), stop, "2"])
    }

    pub(super) fn forget(&self) -> Seen {
        self.says(FORGET, &[])
    }

    /// Waits until the job is over; how it stands then.
    pub(super) fn over(&self) -> Seen {
        let began = Instant::now();
        loop {
            let seen = self.look();
            if seen.state.is_over() {
                return seen;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "{seen:?}");
        }
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.own("log")).unwrap_or_default()
    }

    /// The supervisor's number.
    pub(super) fn supervisor(&self) -> i32 {
        let by = std::fs::read_link(self.own("by.1")).unwrap();
        let by = by.to_string_lossy().into_owned();
        by.split(':').next().unwrap().parse().unwrap()
    }
}

pub(super) struct Words([String; 5]);

impl Words {
    pub(super) fn words(&self) -> [&str; 5] {
        self.0.each_ref().map(String::as_str)
    }
}

pub(super) fn exited(code: i32, seen: &Seen) -> bool {
    matches!(seen.state, State::Exited { code: found, at_s } if found == code && at_s > 1_700_000_000)
}

pub(super) fn cancelled(seen: &Seen) -> bool {
    matches!(seen.state, State::Cancelled { .. })
}

fn shown(output: &Output) -> String {
    format!(
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// The points at which a script names itself.
pub(super) fn points(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines.filter_map(|line| line.strip_prefix("#: ")).collect()
}

/// The script, killed at that point.
pub(super) fn killed_at(text: &str, point: &str) -> String {
    let mark = format!("#: {point}\n");
    assert_eq!(text.matches(&mark).count(), 1, "{point}");
    text.replace(&mark, "kill -9 $$\n")
}

pub(super) fn kill(number: i32) {
    let number = rustix::process::Pid::from_raw(number).unwrap();
    rustix::process::kill_process(number, rustix::process::Signal::KILL).unwrap();
}

/// Is a process alive that has this word in its command line?
pub(super) fn alive(mark: &str) -> bool {
    in_a_command_line(mark.as_bytes(), |word, mark| word == mark)
}

pub(super) fn in_a_command_line(mark: &[u8], is: fn(&[u8], &[u8]) -> bool) -> bool {
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|word| is(word, mark))
    })
}

/// Waits for it.
pub(super) fn comes(what: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    while !what() {
        if began.elapsed() > Duration::from_secs(20) {
            return false;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    true
}
