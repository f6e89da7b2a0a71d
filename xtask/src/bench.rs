//! `cargo xtask bench`: the figures the README claims, each measured on the machine it is printed
//! on. To add one, add a row to `BENCHES`. It judges nothing; limits belong to tests.

use std::fs;
use std::process::{Command, Stdio};

use crate::deb;
use crate::failure::{EXIT_FAILED, Failure, Outcome};
use crate::process;
use crate::say;
use crate::ui;
use crate::workspace::Workspace;

struct Bench {
    name: &'static str,
    /// What the figure is measured against in the same run; a figure alone says nothing.
    against: &'static str,
    how: How,
}

enum How {
    /// A cargo command that prints its figures, and a file without which there is nothing to run.
    Cargo(&'static [&'static str], &'static str),
    /// Something only this package can look at.
    Here(fn(&Workspace) -> Outcome),
}

const BENCHES: &[Bench] = &[
    Bench {
        name: "engine: one step at a time, and the fold of a long run",
        against: "a one-row commit of SQLite on the same disk",
        how: How::Cargo(
            &["run", "--release", "-p", "engine", "--example", "bench"],
            "src-tauri/crates/engine/examples/bench.rs",
        ),
    },
    Bench {
        name: "fleet: hosts over real ssh on loopback, fifty at a time",
        against: "the ssh program, and what the servers and scripts cost by themselves",
        how: How::Cargo(
            &["run", "--release", "-p", "tools", "--example", "fleet"],
            "src-tauri/crates/tools/examples/fleet.rs",
        ),
    },
    Bench {
        name: "size of the window's code",
        against: "2.2 MB as it is, 750 kB compressed",
        how: How::Here(wasm_size),
    },
    Bench {
        name: "size of the programs and of the package, where one was made",
        against: "25 MB a program, 12 MB the package",
        how: How::Here(deb::measure),
    },
    Bench {
        name: "fleet: an ssh config and an inventory become agents, by the terminal",
        against: "three minutes and three decisions for twelve entries",
        how: How::Cargo(
            &[
                "test",
                "--release",
                "-p",
                "cli",
                "--test",
                "terminal",
                "--",
                "--nocapture",
                "an_ssh_config_and_an_inventory_become_agents",
            ],
            "src-tauri/crates/cli/tests/terminal",
        ),
    },
    Bench {
        name: "the window: its start, a gate and its decision, long lists",
        against: "an empty window of the same toolkit; the bars printed beside each figure",
        how: How::Cargo(
            &[
                "test",
                "--release",
                "-p",
                "countersign-desktop",
                "--features",
                "e2e",
                "--test",
                "window",
                "--",
                "--ignored",
                "--nocapture",
                "--test-threads=1",
            ],
            "tests/window",
        ),
    },
];

/// Runs every row, also after one that failed.
pub(crate) fn run(workspace: &Workspace) -> Outcome {
    let mut failed = Vec::new();
    for bench in BENCHES {
        say::line(format!("\n{}\n  against: {}", bench.name, bench.against));
        let result = match bench.how {
            How::Cargo(_, needs) if !workspace.root.join(needs).exists() => {
                say::line(format!("  not measured: {needs} does not exist yet"));
                Ok(())
            }
            How::Cargo(arguments, _) => process::run(&mut workspace.cargo(arguments)),
            How::Here(measure) => measure(workspace),
        };
        if let Err(failure) = result {
            say::line(failure.to_string());
            failed.push(bench.name);
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    say::line(format!("\nfailed: {}", failed.join(" · ")));
    Err(Failure::already_said(EXIT_FAILED))
}

fn wasm_size(workspace: &Workspace) -> Outcome {
    ui::run(workspace)?;
    let wasm = workspace.root.join(ui::DIST).join("app_bg.wasm");
    let raw = fs::metadata(&wasm)
        .map_err(|why| Failure::new("cannot read the window's code").because(why))?
        .len();
    // std has no compressor, and every Debian has gzip.
    let mut gzip = Command::new("gzip");
    gzip.arg("-9c").arg(&wasm).stderr(Stdio::null());
    let output = gzip
        .output()
        .map_err(|why| process::not_started(&gzip, why))?;
    let packed = u64::try_from(output.stdout.len()).unwrap_or(u64::MAX);
    say::line(format!(
        "  {:.3} MB as it is, {:.3} MB compressed (gzip -9)",
        ui::size_mb(raw),
        ui::size_mb(packed)
    ));
    Ok(())
}
