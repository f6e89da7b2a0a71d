//! Debian's package manager: which packages are there, and installing what is not, as root in one
//! call. It decides nothing about which packages are needed (see `packages`), and it asks nobody.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

use crate::failure::{EXIT_NEEDS_ROOT, Failure, Outcome};
use crate::packages::{Level, PACKAGES, Package};
use crate::process;
use crate::say;
use crate::workspace::Workspace;

const INSTALL: &str = include_str!("install.sh");
const POLICY: &str = "/usr/sbin/policy-rc.d";
const SSHD_OFF: &str = "/etc/ssh/sshd_not_to_be_run";

/// True on Debian, Ubuntu and their kin.
pub(crate) fn is_here() -> bool {
    process::on_path("dpkg-query").is_some() && process::on_path("apt-get").is_some()
}

/// What a level needs and this machine does not have.
pub(crate) fn missing(level: Level) -> Vec<&'static Package> {
    let wanted: Vec<&Package> = PACKAGES
        .iter()
        .filter(|package| level.includes(package.level))
        .collect();
    let names: Vec<&str> = wanted.iter().map(|package| package.name).collect();
    let installed = installed(&names);
    wanted
        .into_iter()
        .filter(|package| !installed.contains(package.name))
        .filter(|package| {
            package
                .program
                .is_none_or(|program| process::on_path(program).is_none())
        })
        .collect()
}

/// The packages of a list that are fully installed.
pub(crate) fn installed(names: &[&str]) -> BTreeSet<String> {
    // dpkg-query ends with 1 as soon as one name is unknown, and still answers for the others.
    let output = Command::new("dpkg-query")
        .args(["-W", "-f", "${db:Status-Abbrev} ${Package}\\n"])
        .args(names)
        .env("LC_ALL", "C")
        .output();
    let Ok(output) = output else {
        return BTreeSet::new();
    };
    read_status(&String::from_utf8_lossy(&output.stdout))
}

/// Installs packages: as root at once; otherwise prints the one line for root and stops.
pub(crate) fn install(workspace: &Workspace, names: &[&str]) -> Outcome {
    let sshd_is_new = names.contains(&"openssh-server");
    if !is_root() {
        say::line("\nThis needs administrator rights. Type this line, then the command again:\n");
        say::line(format!("  {}\n", line_for_root(names)));
        return Err(Failure::new("packages are missing")
            .because("they can be installed only by root")
            .then("type the line above, then this command again")
            .code(EXIT_NEEDS_ROOT));
    }
    say::line(format!("$ apt-get install {}", names.join(" ")));
    let status = workspace
        .command("sh")
        .args(["-c", INSTALL, "install.sh", POLICY])
        .arg(if sshd_is_new { SSHD_OFF } else { "-" })
        .args(names)
        .status()
        .map_err(|why| Failure::new("cannot start a shell").because(why))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new("the packages could not be installed")
        .because("apt-get failed twice; its own message stands above")
        .then("check the network and /etc/apt/sources.list, then type the command again"))
}

/// True when this process may install packages.
pub(crate) fn is_root() -> bool {
    // The standard library has no getuid; the owner of /proc/self is the effective user.
    match std::fs::metadata("/proc/self") {
        Ok(about) => about.uid() == 0,
        Err(_) => process::read(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0"),
    }
}

/// The one line a person without administrator rights passes on to root.
fn line_for_root(names: &[&str]) -> String {
    let mut steps = vec![
        "apt-get update".to_owned(),
        format!(
            "apt-get install -y --no-install-recommends {}",
            names.join(" ")
        ),
    ];
    // Installing an ssh server would otherwise start it, now and at every boot.
    if names.contains(&"openssh-server") && !Path::new(SSHD_OFF).exists() {
        steps.insert(0, format!("mkdir -p /etc/ssh && touch {SSHD_OFF}"));
    }
    let steps = process::quoted(&steps.join(" && "));
    if process::on_path("sudo").is_some() {
        format!("sudo sh -c {steps}")
    } else {
        // With `-`, or root's PATH would lack the folders dpkg needs.
        format!("su - -c {steps}")
    }
}

fn read_status(text: &str) -> BTreeSet<String> {
    // `ii ` = wanted and installed; `un`, `rc`, `iU` and all others are not.
    text.lines()
        .filter_map(|line| line.strip_prefix("ii "))
        .map(|name| name.trim().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn only_installed_packages_count() {
        let there = read_status("ii  git\nun  xvfb\nrc  dunst\niU  dbus\nii  dbus-x11\n");
        assert_eq!(there.into_iter().collect::<Vec<_>>(), ["dbus-x11", "git"]);
    }

    #[test]
    fn the_line_for_root_is_one_line_and_keeps_sshd_off() {
        let line = line_for_root(&["xvfb", "openssh-server"]);
        assert!(!line.contains('\n'));
        assert!(line.contains("apt-get update && apt-get install -y"));
        assert_eq!(
            line.contains("sshd_not_to_be_run"),
            !Path::new(SSHD_OFF).exists()
        );
        assert!(!line_for_root(&["xvfb"]).contains("sshd"));
    }

    /// Runs install.sh with an apt-get that writes down what it was asked and fails `failures`
    /// times, and gives back (succeeded, what was asked, the folder).
    fn run_script(name: &str, failures: u32, before: Option<&str>) -> (bool, String, PathBuf) {
        let dir = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        for (program, text) in [
            (
                "apt-get",
                format!(
                    "cd {0}\necho \"apt-get $*\" >> asked\ncat policy >> policy-seen\n\
                     case \"$*\" in *install*) n=$(cat n 2>/dev/null || echo 0); echo $((n+1)) > n; \
                     [ $n -ge {failures} ];; esac",
                    dir.display()
                ),
            ),
            (
                "dpkg",
                format!("echo \"dpkg $*\" >> {}/asked", dir.display()),
            ),
        ] {
            let path = dir.join(program);
            fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        if let Some(text) = before {
            fs::write(dir.join("policy"), text).unwrap();
        }
        let path = std::env::var("PATH").unwrap();
        let status = Command::new("sh")
            .args(["-c", INSTALL, "install.sh"])
            .arg(dir.join("policy"))
            .arg(dir.join("ssh/off"))
            .args(["one", "two"])
            .env("PATH", format!("{}:{path}", dir.display()))
            .output()
            .unwrap()
            .status;
        let asked = fs::read_to_string(dir.join("asked")).unwrap();
        (status.success(), asked, dir)
    }

    #[test]
    fn no_service_starts_while_packages_are_installed_and_the_policy_goes_away() {
        let (succeeded, asked, dir) = run_script("clean", 0, None);
        assert!(succeeded);
        assert_eq!(asked.lines().count(), 2, "{asked}");
        assert!(
            fs::read_to_string(dir.join("policy-seen"))
                .unwrap()
                .contains("exit 101")
        );
        assert!(!dir.join("policy").exists());
        assert!(dir.join("ssh/off").exists());
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn the_policy_of_the_machine_comes_back_after_a_failure_and_one_retry() {
        let (succeeded, asked, dir) = run_script("fails", 9, Some("theirs\n"));
        assert!(!succeeded);
        assert_eq!(asked.matches("install one two").count(), 2, "{asked}");
        assert!(asked.contains("dpkg --configure -a"));
        assert_eq!(fs::read_to_string(dir.join("policy")).unwrap(), "theirs\n");
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn the_second_try_may_succeed() {
        let (succeeded, _, dir) = run_script("second", 1, None);
        assert!(succeeded);
        fs::remove_dir_all(dir).unwrap();
    }
}
