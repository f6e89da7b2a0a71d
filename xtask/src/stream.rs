//! Runs a long program so that a person can follow it while it is also being read: every line is
//! printed when it comes, and silence is broken by a sign of life.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome};
use crate::process;
use crate::say;

/// After this much silence a line says that the program still runs.
const SILENCE: Duration = Duration::from_secs(60);
/// How often is looked whether the program has ended while one of its children holds the pipe.
const LOOK: Duration = Duration::from_secs(1);

/// Runs `command`, gives every line to `read`, and prints those it answers `true` to.
pub(crate) fn run(
    name: &str,
    command: &mut Command,
    mut read: impl FnMut(&str) -> bool,
) -> Outcome<ExitStatus> {
    say::line(format!("$ {}", process::shown(command)));
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|why| process::not_started(command, why))?;
    let (sender, lines) = mpsc::channel();
    if let Some(out) = child.stdout.take() {
        forward(out, sender.clone());
    }
    if let Some(err) = child.stderr.take() {
        forward(err, sender.clone());
    }
    drop(sender);

    let mut last = Instant::now();
    loop {
        match lines.recv_timeout(LOOK) {
            Ok(line) => {
                last = Instant::now();
                if read(&line) {
                    say::line(line);
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                // A program left behind by a test may keep the pipes open for ever.
                if matches!(child.try_wait(), Ok(Some(_))) {
                    break;
                }
                if last.elapsed() >= SILENCE {
                    last = Instant::now();
                    let time = say::time(started.elapsed());
                    say::line(format!("… {name} is still running ({time})"));
                }
            }
        }
    }
    child
        .wait()
        .map_err(|why| Failure::new(format!("lost sight of {name}")).because(why))
}

/// Reads lines in a thread of its own, since the program has two outputs.
fn forward(source: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        let mut source = BufReader::new(source);
        let mut line = Vec::new();
        while matches!(source.read_until(b'\n', &mut line), Ok(length) if length > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if lines.send(text).is_err() {
                return;
            }
            line.clear();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> (Vec<String>, bool) {
        let mut seen = Vec::new();
        let status = run("shell", Command::new("sh").args(["-c", script]), |line| {
            seen.push(line.to_owned());
            false
        });
        (seen, status.unwrap().success())
    }

    #[test]
    fn both_outputs_are_read_and_the_end_is_known() {
        let (mut seen, succeeded) = shell("echo out; echo err >&2; printf last; exit 3");
        seen.sort();
        assert_eq!(seen, ["err", "last", "out"]);
        assert!(!succeeded);
    }

    #[test]
    fn a_child_that_keeps_the_pipe_open_does_not_hold_everything_up() {
        let started = Instant::now();
        let (seen, succeeded) = shell("sleep 20 & echo done");
        assert_eq!(seen, ["done"]);
        assert!(succeeded);
        assert!(started.elapsed() < Duration::from_secs(15));
    }
}
