//! `cargo xtask run`: from a fresh clone to a program that shows something true about this
//! computer. With a display that is the window; without one it is the terminal first, and then
//! the window under a display in memory, with pictures.

use std::env;
use std::fs;
use std::path::Path;

use crate::failure::{Failure, Outcome};
use crate::packages::Level;
use crate::process;
use crate::say::{self, Steps};
use crate::setup;
use crate::ui;
use crate::workspace::Workspace;

/// Runs the program the way this machine can show it.
pub(crate) fn run(workspace: &Workspace, terminal_only: bool, yes: bool) -> Outcome {
    if terminal_only {
        return terminal(workspace, &mut Steps::of(2));
    }
    let has_display = ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()));
    if has_display {
        window(workspace, yes)
    } else {
        tour(workspace, yes)
    }
}

/// The engine without any of the window: needs a C compiler and nothing else.
fn terminal(workspace: &Workspace, steps: &mut Steps) -> Outcome {
    steps.next("the terminal program");
    process::run(&mut workspace.cargo(&["build", "-p", "cli"]))?;

    steps.next("System Health Check of this computer, in the terminal");
    // A folder of its own, new each time: a first look must not fail because the program is
    // already open on the user's own data, or was left in an odd state by an earlier look.
    let data = workspace.target.join("tour/terminal-data");
    fresh(&data)?;
    let program = workspace.target.join("debug/countersign");
    let mut check = workspace.command(program);
    check.args(["run", "health_check", "--data-dir"]).arg(&data);
    process::run(&mut check)
}

/// The window on the display this machine has.
fn window(workspace: &Workspace, yes: bool) -> Outcome {
    let mut steps = Steps::of(4);
    steps.next("set-up");
    setup::run(workspace, Level::Window, yes)?;
    steps.next("the window's code");
    ui::run(workspace)?;
    steps.next("the desktop program");
    // The dev profile: the first build takes half the time of a release one, `cargo xtask test`
    // uses the same files, and what is slow in it (SQLite, the webview) is compiled C either way.
    // The window's own code is always optimised.
    process::run(&mut workspace.cargo(&["build", "-p", "countersign-desktop"]))?;
    steps.next("the window opens; close it to come back here");
    process::run(&mut workspace.command(workspace.target.join("debug/countersign-desktop")))
}

/// No display: the report first, then the window in memory, clicked through and photographed.
fn tour(workspace: &Workspace, yes: bool) -> Outcome {
    let mut steps = Steps::of(6);
    say::line("This machine has no display: first the terminal, then pictures of the window.");
    // Told at the start, so that nobody waits half an hour to learn what is missing.
    let plan = setup::plan(workspace, Level::Tour);
    if plan.is_empty() {
        say::line("Nothing is missing for the window either.");
    } else {
        say::line("The terminal needs nothing more. For the window, later:");
        plan.tell(workspace);
    }
    terminal(workspace, &mut steps)?;

    steps.next("set-up for the window");
    setup::run(workspace, Level::Tour, yes)?;
    steps.next("the window's code");
    ui::run(workspace)?;

    steps.next("the desktop program");
    let test: &[&str] = &[
        "test",
        "-p",
        "countersign-desktop",
        "--features",
        "e2e",
        "--test",
        "window",
    ];
    process::run(workspace.cargo(test).arg("--no-run"))?;

    steps.next("the same check by clicks in the window, under a display in memory");
    let pictures = workspace.target.join("tour");
    let index = pictures.join("index.html");
    // An old page must not be taken for the result of this run.
    let _ = fs::remove_file(&index);
    let mut clicks = workspace.cargo(test);
    clicks
        .args(["--", "--nocapture", "tour"])
        .env("COUNTERSIGN_TOUR_DIR", &pictures);
    process::run(&mut clicks)?;
    if !index.is_file() {
        return Err(Failure::new("the tour wrote no pictures")
            .because(format!("{} is not there", workspace.show(&index)))
            .then("type `cargo test -p countersign-desktop --features e2e --test window`"));
    }
    say::line(format!("\nPictures of the window: {}", index.display()));
    Ok(())
}

/// An empty folder.
fn fresh(dir: &Path) -> Outcome {
    let cleared = if dir.exists() {
        fs::remove_dir_all(dir)
    } else {
        Ok(())
    };
    cleared
        .and_then(|()| fs::create_dir_all(dir))
        .map_err(|why| Failure::new(format!("cannot empty {}", dir.display())).because(why))
}
