//! `cargo xtask setup`: says within seconds what this machine lacks and why, then gets it. It
//! uses the standard library only, because on a machine with nothing else it is all that compiles.

use std::io::IsTerminal as _;
use std::process::Command;
use std::time::Instant;

use crate::apt;
use crate::failure::Outcome;
use crate::packages::{Level, Package};
use crate::process;
use crate::say;
use crate::wasm::{self, Wasm};
use crate::workspace::Workspace;

/// What the machine lacks for a level.
pub(crate) struct Plan {
    level: Level,
    packages: Vec<&'static Package>,
    wasm: Option<Wasm>,
}

/// Minutes and gigabytes, measured on two cores and a fresh Debian 12 (ARCHITECTURE.md).
struct Cost {
    minutes: u32,
    gigabytes: f64,
}

/// Looks; changes nothing.
pub(crate) fn plan(workspace: &Workspace, level: Level) -> Plan {
    Plan {
        level,
        packages: if apt::is_here() {
            apt::missing(level)
        } else {
            Vec::new()
        },
        wasm: Wasm::find(workspace),
    }
}

/// The whole set-up: look, tell, get.
pub(crate) fn run(workspace: &Workspace, level: Level, yes: bool) -> Outcome {
    let started = Instant::now();
    let plan = plan(workspace, level);
    plan.tell(workspace);
    plan.perform(workspace, yes)?;
    say::line(format!(
        "Set-up is complete ({}).",
        say::time(started.elapsed())
    ));
    Ok(())
}

impl Plan {
    /// True when there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.packages.is_empty() && self.wasm.is_some()
    }

    /// Prints what is missing, why, and what it will cost.
    pub(crate) fn tell(&self, workspace: &Workspace) {
        if !apt::is_here() {
            say::line(
                "This is neither Debian nor Ubuntu: set-up cannot see or install system packages. \
                 If the build stops, install what `cargo xtask help` lists.",
            );
        }
        match &self.wasm {
            Some(wasm) if self.packages.is_empty() => {
                say::line(format!("Set-up: nothing is missing; {}.", wasm.told()));
            }
            _ => {
                let cost = self.cost();
                say::line(format!(
                    "Set-up: {} missing (about {} min, {:.1} GB):",
                    match self.packages.len() + usize::from(self.wasm.is_none()) {
                        1 => "1 thing is".to_owned(),
                        many => format!("{many} things are"),
                    },
                    cost.minutes,
                    cost.gigabytes
                ));
                for package in &self.packages {
                    say::line(format!("  {:<30} {}", package.name, package.reason));
                }
                if self.wasm.is_none() {
                    let reason = "the window's own code is compiled for it";
                    say::line(format!("  {:<30} {reason}", wasm::TARGET));
                }
            }
        }
        self.tell_first_build(workspace);
    }

    /// Gets what is missing.
    pub(crate) fn perform(&self, workspace: &Workspace, yes: bool) -> Outcome {
        if !self.packages.is_empty() {
            if !yes && !workspace.ci && apt::is_root() && self.is_for_tests() && at_a_terminal() {
                let question = "Install them now? They are for the tests only.";
                if !say::ask(question) {
                    say::line("Nothing was installed; tests that need it will say SKIPPED.");
                    return self.perform_wasm(workspace);
                }
            }
            let names: Vec<&str> = self.packages.iter().map(|package| package.name).collect();
            apt::install(workspace, &names)?;
        }
        self.perform_wasm(workspace)
    }

    fn perform_wasm(&self, workspace: &Workspace) -> Outcome {
        if self.wasm.is_none() {
            let wasm = wasm::install(workspace)?;
            say::line(format!("Compiler of the window's code: {}.", wasm.told()));
        }
        Ok(())
    }

    /// Only what somebody did not ask for by starting the program, or by making the package, is asked about.
    fn is_for_tests(&self) -> bool {
        let mut packages = self.packages.iter();
        self.level != Level::Bundle && packages.all(|package| package.level > Level::Window)
    }

    fn cost(&self) -> Cost {
        let mut cost = Cost {
            minutes: 1,
            gigabytes: 0.1,
        };
        for (level, minutes, gigabytes) in [
            (Level::Window, 2, 0.9),
            (Level::Tour, 1, 0.3),
            (Level::Bundle, 1, 0.3),
            (Level::Test, 1, 0.4),
        ] {
            if self.packages.iter().any(|package| package.level == level) {
                cost.minutes += minutes;
                cost.gigabytes += gigabytes;
            }
        }
        cost
    }

    /// The first build is the long part, and it is said before it begins.
    fn tell_first_build(&self, workspace: &Workspace) {
        let built = workspace.target.join("debug/countersign-desktop");
        if built.exists() {
            return;
        }
        let (minutes, gigabytes) = match self.level {
            Level::Window => (8, 4),
            Level::Tour => (9, 4),
            // Not the dev profile's files, but two programs made small.
            Level::Bundle => return,
            Level::Test => (17, 5),
        };
        say::line(format!(
            "The first build after that takes about {minutes} min on two cores and {gigabytes} GB in {}.",
            workspace.show(&workspace.target)
        ));
        if let Some(free) = free_gigabytes(workspace)
            && free < f64::from(gigabytes)
        {
            say::line(format!("Warning: only {free:.1} GB are free there."));
        }
    }
}

fn at_a_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Free space where the target folder is or will be, as `df` sees it.
fn free_gigabytes(workspace: &Workspace) -> Option<f64> {
    let text = process::read(Command::new("df").args(["-Pk"]).arg(&workspace.root))?;
    let kilobytes: f64 = text
        .lines()
        .nth(1)?
        .split_whitespace()
        .nth(3)?
        .parse()
        .ok()?;
    Some(kilobytes / 1e6)
}
