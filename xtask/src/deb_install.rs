//! The package, installed and removed by dpkg in a folder that stands for the computer: nothing here is changed, and what
//! the package depends on is looked for among the packages of this machine. Starting what is in it is `deb_try`'s.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::apt;
use crate::deb::{cannot, clear};
use crate::failure::{Failure, Outcome};
use crate::process;
use crate::say;
use crate::workspace::Workspace;

/// The name of the package.
const NAME: &str = "countersign";
/// What dpkg knows of packages, below the folder that stands for the computer.
const DATABASE: &str = "var/lib/dpkg";

/// Installs it into an emptied folder. Only root may give files to root; for others it is unpacked.
pub(crate) fn install(workspace: &Workspace, package: &Path, root: &Path) -> Outcome {
    clear(root)?;
    if !apt::is_root() {
        say::line(
            "SKIPPED: the package is unpacked and not installed: dpkg installs only as root.",
        );
        let mut unpack = workspace.command("dpkg-deb");
        return process::run(unpack.arg("-x").arg(package).arg(root));
    }
    let database = root.join(DATABASE);
    for folder in ["info", "updates", "triggers"] {
        let folder = database.join(folder);
        fs::create_dir_all(&folder).map_err(|why| cannot("make", &folder, why))?;
    }
    // The packages of this machine, so that the dependencies are judged by them.
    let known = Path::new("/").join(DATABASE).join("status");
    fs::copy(&known, database.join("status")).map_err(|why| cannot("read", &known, why))?;
    quietly(dpkg(root).arg("--install").arg(package))
}

/// Removes it again; every file it brought is gone then.
pub(crate) fn remove(root: &Path) -> Outcome {
    if !root.join(DATABASE).exists() {
        return Ok(());
    }
    quietly(dpkg(root).args(["--purge", NAME]))?;
    let left = root.join("usr");
    if left.exists() {
        return Err(Failure::new("the package was not removed whole")
            .because(format!("look at {}", left.display())));
    }
    say::line("dpkg installed the package and removed it again, whole.");
    Ok(())
}

fn dpkg(root: &Path) -> Command {
    let mut command = Command::new("dpkg");
    command.arg(format!("--root={}", root.display()));
    command
}

/// Runs dpkg without what it says of each package of this machine: that its files are not in this folder.
fn quietly(command: &mut Command) -> Outcome {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|why| process::not_started(command, why))?;
    for stream in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(stream);
        let told = text
            .lines()
            .filter(|line| !line.contains("files list file for package"));
        told.for_each(say::line);
    }
    if output.status.success() {
        return Ok(());
    }
    Err(
        Failure::new(format!("`{}` failed", process::shown(command)))
            .because(format!("{}; its own message stands above", output.status)),
    )
}

#[cfg(test)]
mod tests {
    use std::env;

    use super::*;

    #[test]
    fn a_package_comes_and_goes_whole() {
        if process::on_path("dpkg").is_none() || !apt::is_root() {
            say::line("SKIPPED: dpkg installs only as root, on Debian and Ubuntu");
            return;
        }
        let folder = env::temp_dir().join(format!("countersign-deb-{}", std::process::id()));
        let (tree, root) = (folder.join("tree"), folder.join("root"));
        fs::create_dir_all(tree.join("DEBIAN")).unwrap();
        fs::create_dir_all(tree.join("usr/bin")).unwrap();
        fs::write(tree.join("usr/bin/countersign"), "").unwrap();
        let control = |depends: &str| {
            format!(
                "Package: {NAME}\nVersion: 1\nArchitecture: all\nMaintainer: nobody <n@example.org>\n\
                 Depends: {depends}\nDescription: a test\n"
            )
        };
        let package = folder.join("package.deb");
        let pack = |depends: &str| {
            fs::write(tree.join("DEBIAN/control"), control(depends)).unwrap();
            let mut build = Command::new("dpkg-deb");
            process::read(build.arg("-b").arg(&tree).arg(&package)).unwrap();
        };
        let workspace = Workspace::find().unwrap();
        pack("dpkg");
        install(&workspace, &package, &root).unwrap();
        assert!(root.join("usr/bin/countersign").is_file());
        remove(&root).unwrap();
        assert!(!root.join("usr").exists());
        // Of what is not there, dpkg says so.
        pack("no-such-package-anywhere");
        assert!(install(&workspace, &package, &root).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
