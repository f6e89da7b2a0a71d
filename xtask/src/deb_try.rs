//! `cargo xtask bundle --try`: the package, installed into a folder, looked at and started, and removed again. The program
//! starts from the line of its menu entry, on a display, a message bus and a home folder of its own, until the page says
//! that it was painted.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::deb::{PROGRAMS, cannot};
use crate::deb_install;
use crate::deb_stage::{Stage, Started, until};
use crate::failure::{Failure, Outcome};
use crate::process;
use crate::say;
use crate::workspace::Workspace;

/// The menu entry, whose name the notifications give as `desktop-entry` (src-tauri/src/notify/bus.rs).
const ENTRY: &str = "usr/share/applications/Countersign.desktop";
/// Where icons lie that a menu entry names, and one of them in each size and form.
const ICONS: [&str; 3] = [
    "128x128/apps/countersign-desktop.png",
    "32x32/apps/countersign-desktop.png",
    "scalable/apps/countersign-desktop.svg",
];
/// The title of the window.
const TITLE: &str = "Countersign";
/// A mark in the data folder from the opening of the window until its page was painted (src-tauri/src/rendering.rs).
const UNPAINTED: &str = "rendering.trial";
/// How long the window may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks at the package, then starts what is in it.
pub(crate) fn run(workspace: &Workspace, package: &Path) -> Outcome {
    let root = workspace.target.join("xtask/bundle/root");
    deb_install::install(workspace, package, &root)?;
    let entry = Entry::read(&root)?;
    entry.check(workspace, &root)?;
    for name in PROGRAMS {
        libraries(&root.join("usr/bin").join(name))?;
    }
    let stage = Stage::set()?;
    terminal(&stage, &root)?;
    window(&stage, &root, &entry)?;
    deb_install::remove(&root)
}

/// What the menu entry says.
struct Entry {
    text: String,
}

impl Entry {
    fn read(root: &Path) -> Outcome<Self> {
        let path = root.join(ENTRY);
        let text = fs::read_to_string(&path).map_err(|why| cannot("read", &path, why))?;
        Ok(Self { text })
    }

    fn value(&self, key: &str) -> Outcome<&str> {
        let mut lines = self.text.lines();
        lines
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
            .ok_or_else(|| Failure::new(format!("the menu entry has no {key}")))
    }

    /// The program of its line, without the place of a link.
    fn program(&self) -> Outcome<&str> {
        let line = self.value("Exec")?;
        line.strip_suffix(" %u").ok_or_else(|| {
            Failure::new("the menu entry takes no link").because(format!("its line is `{line}`"))
        })
    }

    fn check(&self, workspace: &Workspace, root: &Path) -> Outcome {
        for (key, wanted) in [
            ("Type", "Application"),
            ("Name", TITLE),
            ("Icon", PROGRAMS[0]),
            ("StartupWMClass", PROGRAMS[0]),
            ("MimeType", "x-scheme-handler/countersign;"),
        ] {
            let found = self.value(key)?;
            if found != wanted {
                return Err(Failure::new(format!("the menu entry's {key} is wrong"))
                    .because(format!("it is `{found}`, not `{wanted}`")));
            }
        }
        let program = root.join("usr/bin").join(self.program()?);
        let icons = ICONS.map(|icon| root.join("usr/share/icons/hicolor").join(icon));
        for file in icons.iter().chain([&program]) {
            if !file.is_file() {
                return Err(Failure::new("the package is not complete")
                    .because(format!("{} is missing", workspace.show(file))));
            }
        }
        match process::on_path("desktop-file-validate") {
            Some(tool) => process::run(workspace.command(tool).arg(root.join(ENTRY))),
            None => {
                say::line(
                    "SKIPPED: desktop-file-validate is not installed; the menu entry was checked by its fields.",
                );
                Ok(())
            }
        }
    }
}

/// Does this machine have every library that a program is linked with?
fn libraries(program: &Path) -> Outcome {
    let listed = process::read(Command::new("ldd").arg(program))
        .ok_or_else(|| Failure::new(format!("ldd cannot read {}", program.display())))?;
    match listed.lines().find(|line| line.contains("not found")) {
        Some(line) => Err(
            Failure::new(format!("{} does not start here", program.display())).because(line.trim()),
        ),
        None => Ok(()),
    }
}

/// The terminal program checks this computer.
fn terminal(stage: &Stage, root: &Path) -> Outcome {
    let mut check = stage.command(&root.join("usr/bin").join(PROGRAMS[1]));
    check.args(["run", "health_check"]);
    process::run(&mut check)
}

/// The program of the menu entry opens its window, and the page in it is painted.
fn window(stage: &Stage, root: &Path, entry: &Entry) -> Outcome {
    // As a menu would find it: by its name, on the path.
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(
        [root.join("usr/bin")]
            .into_iter()
            .chain(env::split_paths(&path)),
    )
    .map_err(|why| Failure::new("the folder cannot stand on the path").because(why))?;
    let name = entry.program()?;
    let begun = Instant::now();
    let mut program = Started::new(
        stage
            .command(&root.join("usr/bin").join(name))
            .env("PATH", path),
    )?;
    let mut seen = None;
    let answer = until(PATIENCE, || {
        if let Some(status) = program.ended() {
            return Some(Err(Failure::new(format!("{name} ended without a window"))
                .because(format!("{status}; its own message stands above"))));
        }
        seen = seen
            .take()
            .or_else(|| stage.window("--name", &format!("^{TITLE}$")));
        let painted = !stage.data().join(UNPAINTED).exists();
        (seen.is_some() && painted).then_some(Ok(()))
    });
    answer.unwrap_or_else(|| {
        Err(Failure::new(match seen {
            None => "no window with its title appeared",
            Some(_) => "the window appeared and its page was never painted",
        })
        .because(format!("{name} was given {}", say::time(PATIENCE))))
    })?;
    // A desktop puts the window under the menu entry by its class.
    let class = entry.value("StartupWMClass")?;
    if stage.window("--class", &format!("^{class}$")) != seen {
        return Err(Failure::new("the window does not belong to its menu entry")
            .because(format!("its class is not {class}")));
    }
    say::line(format!(
        "The window \"{TITLE}\" opened from its menu entry and was painted ({}).",
        say::time(begun.elapsed())
    ));
    program.end();
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn the_line_of_a_menu_entry_is_the_program_and_a_link() {
        let entry = |text: &str| Entry {
            text: text.to_owned(),
        };
        let good = entry("[Desktop Entry]\nExec=countersign-desktop %u\nName=Countersign\n");
        assert_eq!(good.program().unwrap(), "countersign-desktop");
        assert_eq!(good.value("Name").unwrap(), "Countersign");
        assert!(good.value("Nam").is_err());
        assert!(entry("Exec=countersign-desktop\n").program().is_err());
    }

    #[test]
    fn notifications_name_the_menu_entry_that_is_installed() {
        let file = Path::new(ENTRY).file_stem();
        let name = file.and_then(OsStr::to_str).unwrap_or_default();
        for (text, line) in [
            (
                include_str!("../../src-tauri/src/notify/bus.rs"),
                format!("const DESKTOP_ENTRY: &str = \"{name}\";"),
            ),
            (
                include_str!("../../src-tauri/src/notify/bus.rs"),
                format!("const ICON: &str = \"{}\";", PROGRAMS[0]),
            ),
            // After which the bundler names the file.
            (
                include_str!("../../tauri.conf.json"),
                format!("\"productName\": \"{name}\","),
            ),
        ] {
            assert!(text.contains(&line), "{line}");
        }
    }
}
