//! `cargo xtask test`: set-up, then every suite of the project one after the other. A suite that
//! fails does not stop the next one; the end says what failed, what was skipped, and how long
//! each took. Continuous integration calls exactly this.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::failure::{EXIT_FAILED, Failure, Outcome};
use crate::libtest::{Reader, Tally};
use crate::npm;
use crate::packages::{self, Level};
use crate::say;
use crate::setup;
use crate::stream;
use crate::ui;
use crate::wasm::Wasm;
use crate::workspace::Workspace;

/// How a suite ended.
struct Ended {
    name: &'static str,
    time: Duration,
    tally: Tally,
}

/// Runs everything. `long` adds the tests marked `#[ignore = "long: …"]`.
pub(crate) fn run(workspace: &Workspace, long: bool, yes: bool) -> Outcome {
    let started = Instant::now();
    let mut steps = say::Steps::of(5);

    steps.next("set-up");
    setup::run(workspace, Level::Test, yes)?;

    steps.next("the window's code");
    let mut ended = vec![build_ui(workspace)];
    let ui_failed = ended.iter().any(|suite| suite.tally.failed > 0);

    steps.next("unit and integration tests");
    let mut tests = workspace.cargo(&["test", "--no-fail-fast", "--workspace"]);
    tests.args([
        "--exclude",
        "countersign-ui",
        "--exclude",
        "countersign-desktop",
    ]);
    tests.args(["--", "--show-output"]);
    if long {
        // The variable lengthens loops (1,000 kills); the flag adds whole tests.
        tests.arg("--include-ignored").env("COUNTERSIGN_LONG", "1");
    }
    // By itself: beside the engine it would be compiled with features that the window does not have.
    let mut window = workspace.cargo(&["test", "--no-fail-fast", "-p", "countersign-ui"]);
    window.args(["--", "--show-output"]);
    ended.push(suite("unit and integration", &mut [tests, window]));

    steps.next("pure crates for wasm32");
    ended.push(suite("pure crates for wasm32", &mut pure(workspace)));

    steps.next("the window");
    if ui_failed {
        let mut not_run = Tally::default();
        not_run.fail("the window: not run, since its code did not compile");
        ended.push(Ended {
            name: "window",
            time: Duration::ZERO,
            tally: not_run,
        });
    } else {
        // Without it the tests of accessibility say that they are skipped, and in CI they fail.
        if let Err(why) = npm::file(workspace, npm::AXE, npm::AXE_FILE) {
            say::line(why);
        }
        let mut tests = workspace.cargo(&["test", "--no-fail-fast"]);
        tests.args(["-p", "countersign-desktop", "--features", "e2e"]);
        tests.args(["--", "--show-output"]);
        if long {
            tests.arg("--include-ignored");
        }
        ended.push(suite("window", &mut [tests]));
    }
    tell(&ended, started.elapsed(), workspace.ci)
}

/// The two crates the window shares with the engine, and the contract between them, also compile
/// without a file system, a clock or threads.
fn pure(workspace: &Workspace) -> Vec<Command> {
    let Some(wasm) = Wasm::find(workspace) else {
        return Vec::new();
    };
    let mut all = wasm.cargo(workspace, "build");
    all.args(["-p", "workflow", "-p", "fleet", "-p", "api"]);
    let mut deciding = wasm.cargo(workspace, "build");
    deciding.args(["-p", "workflow", "--features", "decide"]);
    vec![all, deciding]
}

fn build_ui(workspace: &Workspace) -> Ended {
    let started = Instant::now();
    let mut tally = Tally::default();
    match ui::run(workspace) {
        Ok(skipped) => tally.skips.extend(skipped),
        Err(failure) => {
            say::line(failure.to_string());
            tally.fail("the window's code (cargo xtask ui)");
        }
    }
    Ended {
        name: "window's code",
        time: started.elapsed(),
        tally,
    }
}

/// Runs the commands of one suite, reading their test results.
fn suite(name: &'static str, commands: &mut [Command]) -> Ended {
    let started = Instant::now();
    let mut reader = Reader::default();
    if commands.is_empty() {
        reader.tally.fail(&format!("{name}: nothing could be run"));
    }
    for command in commands {
        let before = reader.tally.failed;
        let succeeded = match stream::run(name, command, |line| reader.line(line)) {
            Ok(status) => status.success(),
            Err(failure) => {
                say::line(failure.to_string());
                false
            }
        };
        // It did not compile, or a test took the whole process with it.
        if !succeeded && reader.tally.failed == before {
            let line = crate::process::shown(command);
            reader.tally.fail(&format!("{name}: `{line}`"));
        }
    }
    Ended {
        name,
        time: started.elapsed(),
        tally: reader.tally,
    }
}

/// The end of the output: what failed, what was skipped, the table, and the totals alone.
fn tell(ended: &[Ended], time: Duration, ci: bool) -> Outcome {
    let (lines, failed) = report(ended, time, ci);
    for line in lines {
        say::line(line);
    }
    if failed {
        return Err(Failure::already_said(EXIT_FAILED));
    }
    Ok(())
}

fn report(ended: &[Ended], time: Duration, ci: bool) -> (Vec<String>, bool) {
    let mut lines = vec![String::new()];
    for suite in ended {
        for name in &suite.tally.failures {
            lines.push(format!("FAILED: {}: {name}", suite.name));
        }
    }
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for suite in ended {
        let Tally {
            passed: ok,
            failed: bad,
            ignored,
            skips,
            ..
        } = &suite.tally;
        for line in skips {
            // In CI set-up has run: a tool that is still missing is a fault, not a circumstance.
            if ci && packages::names_a_tool(line) {
                lines.push(format!("{line}  <- counted as failed, since CI=true"));
                failed += 1;
            } else {
                lines.push(line.clone());
                skipped += 1;
            }
        }
        // The harness counts a test that says SKIPPED and returns as passed.
        passed += ok.saturating_sub(u64::try_from(skips.len()).unwrap_or(0));
        failed += bad;
        skipped += ignored;
    }
    let row = |name: &str, time: &str, a: &str, b: &str, c: &str| {
        format!("{name:<24} {time:>12} {a:>8} {b:>8} {c:>8}")
    };
    lines.push(String::new());
    lines.push(row("suite", "time", "passed", "failed", "ignored"));
    for Ended { name, time, tally } in ended {
        let [a, b, c] = [tally.passed, tally.failed, tally.ignored].map(|n| n.to_string());
        lines.push(row(name, &say::time(*time), &a, &b, &c));
    }
    lines.push(row("everything", &say::time(time), "", "", ""));
    lines.push(String::new());
    lines.push(format!(
        "{passed} passed, {failed} failed, {skipped} skipped"
    ));
    (lines, failed > 0)
}

impl Tally {
    /// Something that is not a single test failed.
    fn fail(&mut self, what: &str) {
        self.failed += 1;
        self.failures.insert(what.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(passed: u64, failed: u64, ignored: u64, skip: &str) -> Ended {
        Ended {
            name: "some",
            time: Duration::from_secs(61),
            tally: Tally {
                passed,
                failed,
                ignored,
                skips: Some(skip.to_owned())
                    .filter(|s| !s.is_empty())
                    .into_iter()
                    .collect(),
                ..Tally::default()
            },
        }
    }

    #[test]
    fn the_last_line_stands_alone_and_adds_up() {
        let suites = [
            ended(10, 0, 2, ""),
            ended(5, 0, 0, "SKIPPED: no second disk"),
        ];
        let (lines, failed) = report(&suites, Duration::from_secs(70), true);
        assert_eq!(lines.last().unwrap(), "14 passed, 0 failed, 3 skipped");
        assert!(lines.contains(&"SKIPPED: no second disk".to_owned()));
        assert!(!failed);
    }

    #[test]
    fn a_missing_tool_is_a_skip_at_home_and_a_failure_in_ci() {
        let suites = [ended(5, 0, 0, "SKIPPED: window: Xvfb is not installed")];
        let (lines, failed) = report(&suites, Duration::ZERO, false);
        assert_eq!(lines.last().unwrap(), "4 passed, 0 failed, 1 skipped");
        assert!(!failed);
        let (lines, failed) = report(&suites, Duration::ZERO, true);
        assert_eq!(lines.last().unwrap(), "4 passed, 1 failed, 0 skipped");
        assert!(failed);
    }

    #[test]
    fn a_suite_that_does_not_even_start_has_failed() {
        let ended = suite(
            "x",
            &mut [Command::new("false"), Command::new("no-such-program")],
        );
        assert_eq!(ended.tally.failed, 2);
        assert_eq!(suite("y", &mut []).tally.failed, 1);
    }
}
