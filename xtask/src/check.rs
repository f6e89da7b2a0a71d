//! `cargo xtask check`: everything that can be said about the code without running it. All checks
//! run even when one fails, since a person wants the whole list. It changes no file.

use std::process::Command;

use crate::failure::{EXIT_FAILED, Failure, Outcome};
use crate::process;
use crate::say;
use crate::wasm::Wasm;
use crate::workspace::Workspace;

/// Lints that hold in the program and not in its tests: a test may panic, that is how it fails.
const ALLOWED_IN_TESTS: &[&str] = &[
    "-Aclippy::unwrap_used",
    "-Aclippy::expect_used",
    "-Aclippy::print_stdout",
    "-Aclippy::print_stderr",
    "-Aclippy::disallowed_methods",
    "-Aclippy::disallowed_types",
];

/// What of the workspace compiles for this computer.
const NATIVE: &[&str] = &["--workspace", "--exclude", "countersign-ui"];

enum Check {
    Run(Command),
    /// Why it cannot be run here; not a failure of the code.
    Skip(&'static str),
}

/// Runs all checks and says at the end which failed.
pub(crate) fn run(workspace: &Workspace) -> Outcome {
    let mut results = Vec::new();
    for (name, check) in checks(workspace) {
        say::line(format!("\n{name}"));
        let result = match check {
            Check::Run(mut command) => match process::run(&mut command) {
                Ok(()) => "ok",
                Err(failure) => {
                    say::line(failure.to_string());
                    "FAILED"
                }
            },
            Check::Skip(why) => {
                say::line(format!("SKIPPED: {why}"));
                "skipped"
            }
        };
        results.push((name, result));
    }
    say::line("");
    for (name, result) in &results {
        say::line(format!("{name:<32} {result}"));
    }
    if results.iter().any(|(_, result)| *result == "FAILED") {
        return Err(Failure::already_said(EXIT_FAILED));
    }
    Ok(())
}

fn checks(workspace: &Workspace) -> Vec<(&'static str, Check)> {
    let mut program = workspace.cargo(&["clippy", "--lib", "--bins"]);
    program.args(NATIVE).args(["--", "-Dwarnings"]);

    let mut tests = workspace.cargo(&["clippy", "--all-targets"]);
    tests
        .args(NATIVE)
        .args([
            "--features",
            "countersign-desktop/e2e,workflow/decide",
            "--",
            "-Dwarnings",
        ])
        .args(ALLOWED_IN_TESTS);

    let mut documentation = workspace.cargo(&["doc", "--no-deps"]);
    documentation.args(NATIVE).env("RUSTDOCFLAGS", "-Dwarnings");

    vec![
        (
            "format",
            Check::Run(workspace.cargo(&["fmt", "--all", "--check"])),
        ),
        ("lints of the program", Check::Run(program)),
        ("lints of the tests", Check::Run(tests)),
        ("lints of the window's code", window(workspace)),
        ("documentation", Check::Run(documentation)),
        ("licences, bans, sources", licences(workspace)),
        ("advisories", advisories(workspace)),
    ]
}

fn window(workspace: &Workspace) -> Check {
    match Wasm::find(workspace) {
        Some(wasm @ Wasm::Target) => {
            let mut command = wasm.cargo(workspace, "clippy");
            command.args(["-p", "countersign-ui", "--", "-Dwarnings"]);
            Check::Run(command)
        }
        Some(Wasm::Debian { .. }) => Check::Skip("Debian's compiler for wasm32 has no clippy here"),
        None => Check::Skip("no compiler for wasm32 (cargo xtask setup)"),
    }
}

fn licences(workspace: &Workspace) -> Check {
    if !has_deny(workspace) {
        return Check::Skip("cargo-deny is not installed (cargo install cargo-deny --locked)");
    }
    let mut command = workspace.cargo(&["deny", "--all-features", "check"]);
    command.args(["licenses", "bans", "sources"]);
    Check::Run(command)
}

/// Apart from the licences: this one asks a database on the network, and no answer says nothing
/// about the code.
fn advisories(workspace: &Workspace) -> Check {
    if !has_deny(workspace) {
        return Check::Skip("cargo-deny is not installed (cargo install cargo-deny --locked)");
    }
    if process::read(&mut workspace.cargo(&["deny", "fetch", "db"])).is_none() {
        return Check::Skip("the database of advisories cannot be reached from here");
    }
    Check::Run(workspace.cargo(&["deny", "--all-features", "check", "advisories"]))
}

fn has_deny(workspace: &Workspace) -> bool {
    process::read(&mut workspace.cargo(&["deny", "--version"])).is_some()
}
