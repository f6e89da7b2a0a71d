//! `cargo xtask bundle`: the package for Debian and Ubuntu, with the desktop program, the terminal program, the menu
//! entry and the icons. The npm package of tauri's bundler makes it; it is then packed again, because the bundler knows
//! neither xz nor every field. What is in it stands in `tauri.conf.json`; trying it is `deb_try`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::deb_try;
use crate::failure::{EXIT_FAILED, Failure, Outcome};
use crate::npm;
use crate::packages::Level;
use crate::process;
use crate::say::{self, Steps};
use crate::setup;
use crate::ui;
use crate::workspace::Workspace;

/// Cargo's profile of what is installed on other computers, and so the folder under target.
const PROFILE: &str = "bundle";
/// The program of the window and the program of the terminal, as they are named in the package.
pub(crate) const PROGRAMS: [&str; 2] = ["countersign-desktop", "countersign"];
/// The version that was tried. npm checks the package against its registry's digest.
const BUNDLER: &str = "@tauri-apps/cli@2.12.5";

/// What a program may weigh, in bytes.
const PROGRAM_MOST: u64 = 25_000_000;
/// What the package may weigh, in bytes.
const PACKAGE_MOST: u64 = 12_000_000;

/// Makes the package; `trying` also unpacks it and starts what is in it.
pub(crate) fn run(workspace: &Workspace, trying: bool, yes: bool) -> Outcome {
    let mut steps = Steps::of(if trying { 5 } else { 4 });
    steps.next("set-up");
    let level = if trying { Level::Test } else { Level::Bundle };
    setup::run(workspace, level, yes)?;
    if process::on_path("dpkg-deb").is_none() {
        return Err(Failure::new("the package cannot be packed")
            .because("dpkg-deb is not here: it belongs to Debian and Ubuntu")
            .then("type the command on one of them, or in a container of one"));
    }

    steps.next("the window's code");
    ui::run(workspace)?;

    steps.next("the two programs, made small: minutes for each");
    process::run(&mut workspace.cargo(&[
        "build",
        "--profile",
        PROFILE,
        // Without features: with `e2e` the window could be steered from outside.
        "-p",
        "countersign-desktop",
        "-p",
        "cli",
    ]))?;

    steps.next("the package");
    let package = pack(workspace)?;

    if trying {
        steps.next("the package, installed, started and removed");
        deb_try::run(workspace, &package)?;
    }
    tell(workspace, &package)
}

/// Where programs and package lie.
fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join(PROFILE)
}

/// Bundler, then the same again in less space. Gives the package's path.
fn pack(workspace: &Workspace) -> Outcome<PathBuf> {
    let (bundler, _) = npm::file(workspace, BUNDLER, ".bin/tauri").map_err(|why| {
        Failure::new("the package cannot be made")
            .because(why)
            .then("install Node with npm, then type the command again")
    })?;
    let out = folder(workspace);
    let stage = workspace.target.join("xtask/bundle");
    // Nothing of an earlier package may get into this one, or be taken for it.
    clear(&stage)?;
    for old in packages(&out) {
        fs::remove_file(&old).map_err(|why| cannot("remove", &old, why))?;
    }
    // The bundler looks into `release` of the target folder and into no other profile's.
    let staged = stage.join("release");
    fs::create_dir_all(&staged).map_err(|why| cannot("make", &staged, why))?;
    let [desktop, terminal] = PROGRAMS.map(|name| out.join(name));
    let copy = staged.join(PROGRAMS[0]);
    fs::copy(&desktop, &copy).map_err(|why| cannot("copy", &desktop, why))?;

    let mut make = workspace.command(bundler);
    make.args(["bundle", "--bundles", "deb", "--no-sign"])
        // It would only say for an updater, which there is none of, how the program was installed.
        .args(["--no-binary-patching", "--config"])
        .arg(with_terminal(&terminal))
        .env("CARGO_TARGET_DIR", &stage)
        // The bundler takes no other word for yes.
        .env("CI", "true");
    process::run(&mut make)?;
    let made = packages(&staged.join("bundle/deb"));
    let [made] = made.as_slice() else {
        return Err(Failure::new("the bundler made no package").because(format!(
            "there are {} in {}",
            made.len(),
            stage.display()
        )));
    };

    let tree = stage.join("tree");
    process::run(workspace.command("dpkg-deb").arg("-R").arg(made).arg(&tree))?;
    let mut libc = 0;
    for program in [&desktop, &terminal] {
        let bytes = fs::read(program).map_err(|why| cannot("read", program, why))?;
        libc = libc.max(newest_libc(&bytes));
    }
    let control = tree.join("DEBIAN/control");
    let text = fs::read_to_string(&control).map_err(|why| cannot("read", &control, why))?;
    fs::write(&control, completed(&text, libc)).map_err(|why| cannot("write", &control, why))?;

    let name = made.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let package = out.join(name.to_lowercase());
    process::run(
        workspace
            .command("dpkg-deb")
            // The window of xz at its highest level spans both programs, which share most of their code.
            .args(["--root-owner-group", "-Zxz", "-z9", "-b"])
            .arg(&tree)
            .arg(&package),
    )?;
    Ok(package)
}

/// Settings over those of `tauri.conf.json`: where the terminal program comes from depends on the machine.
fn with_terminal(program: &Path) -> String {
    // Rust quotes a path as JSON does, as long as nobody's folder has control characters in its name.
    format!(
        r#"{{"bundle":{{"linux":{{"deb":{{"files":{{"/usr/bin/{}":{:?}}}}}}}}}}}"#,
        PROGRAMS[1],
        program.display().to_string()
    )
}

/// The second number of the newest `GLIBC_2.…` that a program asks for: with an older one it does not start.
fn newest_libc(program: &[u8]) -> u32 {
    const MARK: &[u8] = b"GLIBC_2.";
    program
        .windows(MARK.len() + 3)
        .filter_map(|seen| seen.strip_prefix(MARK))
        .filter_map(|rest| {
            let digits: String = rest
                .iter()
                .map(|&byte| char::from(byte))
                .take_while(char::is_ascii_digit)
                .collect();
            digits.parse().ok()
        })
        .max()
        .unwrap_or_default()
}

/// The package's fields, with what the bundler cannot know or say.
fn completed(control: &str, libc: u32) -> String {
    let mut text = String::new();
    for line in control.lines() {
        text.push_str(line);
        if line.starts_with("Depends: ") {
            text.push_str(&format!(", libc6 (>= 2.{libc})"));
        }
        text.push('\n');
        if line.starts_with("Recommends: ") {
            // Secrets live in the keychain of the session; whoever has another one needs none.
            text.push_str("Suggests: gnome-keyring\n");
        }
    }
    text
}

/// Path, sizes and the line that installs it; a failure when something is too large.
fn tell(workspace: &Workspace, package: &Path) -> Outcome {
    say::line("");
    let small = sizes(workspace, "")?;
    let shown = workspace.show(package);
    let start = if package.starts_with(&workspace.root) {
        "./"
    } else {
        ""
    };
    say::line(format!(
        "\nThe package: {shown}\nInstall it:  sudo apt-get install {start}{shown}"
    ));
    if small {
        return Ok(());
    }
    Err(
        Failure::new("the package is made, and larger than it may be")
            .because("the sizes stand above")
            .then("look for what has grown: `cargo tree -p countersign-desktop -e normal`")
            .code(EXIT_FAILED),
    )
}

/// For `bench`: the sizes of what lies there; builds nothing.
pub(crate) fn measure(workspace: &Workspace) -> Outcome {
    if packages(&folder(workspace)).is_empty() {
        say::line("  not measured: there is no package; `cargo xtask bundle` makes it");
        return Ok(());
    }
    sizes(workspace, "  ").map(drop)
}

/// Prints what the programs and the package weigh; true when none is too large.
fn sizes(workspace: &Workspace, indent: &str) -> Outcome<bool> {
    let folder = folder(workspace);
    let programs = PROGRAMS.map(|name| (folder.join(name), PROGRAM_MOST));
    let packages = packages(&folder).into_iter().map(|it| (it, PACKAGE_MOST));
    let mut small = true;
    for (file, most) in programs.into_iter().chain(packages) {
        let size = fs::metadata(&file)
            .map_err(|why| cannot("read", &file, why))?
            .len();
        small &= size <= most;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        say::line(format!(
            "{indent}{name}: {:.1} MB ({} {:.0})",
            ui::size_mb(size),
            if size <= most {
                "at most"
            } else {
                "TOO LARGE, at most"
            },
            ui::size_mb(most)
        ));
    }
    Ok(small)
}

/// The packages in a folder.
fn packages(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else {
        return Vec::new();
    };
    let paths = entries.flatten().map(|entry| entry.path());
    paths
        .filter(|path| path.extension() == Some(OsStr::new("deb")))
        .collect()
}

/// Removes a folder with all that is in it.
pub(crate) fn clear(dir: &Path) -> Outcome {
    if !dir.exists() {
        return Ok(());
    }
    fs::remove_dir_all(dir).map_err(|why| cannot("remove", dir, why))
}

/// A file that could not be worked on.
pub(crate) fn cannot(what: &str, path: &Path, why: std::io::Error) -> Failure {
    Failure::new(format!("cannot {what} {}", path.display())).because(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_libc_that_a_program_asks_for_is_found() {
        let program = b"\0GLIBC_2.4\0GLIBC_2.34\0GLIBC_2.2.5\0GLIBC_PRIVATE\0\0";
        assert_eq!(newest_libc(program), 34);
        assert_eq!(newest_libc(b"static"), 0);
    }

    #[test]
    fn the_fields_the_bundler_cannot_say_are_added_once() {
        let control = "Package: countersign\nDepends: libgtk-3-0\nRecommends: openssh-client\nDescription: a\n b\n";
        assert_eq!(
            completed(control, 34),
            "Package: countersign\nDepends: libgtk-3-0, libc6 (>= 2.34)\nRecommends: openssh-client\n\
             Suggests: gnome-keyring\nDescription: a\n b\n"
        );
    }

    #[test]
    fn the_place_of_the_terminal_program_is_quoted() {
        assert_eq!(
            with_terminal(Path::new("/a \"b\"/c")),
            r#"{"bundle":{"linux":{"deb":{"files":{"/usr/bin/countersign":"/a \"b\"/c"}}}}}"#
        );
    }
}
