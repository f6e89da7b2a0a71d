//! The compiler for the window's own code: which one this machine has, and how to get one. Two
//! ways are known: rustup's target, and Debian's own compiler, which builds the standard library
//! for wasm32 itself. It compiles nothing; `ui` does, with the command made here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::apt;
use crate::failure::{Failure, Outcome};
use crate::process;
use crate::say;
use crate::workspace::Workspace;

/// The target every file of the window is compiled for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// A way to compile for wasm32.
pub(crate) enum Wasm {
    /// The compiler in use has the target.
    Target,
    /// Debian's compiler under /usr, whatever else is first on the PATH.
    Debian {
        /// Debian's linker carries the version of LLVM in its name: `wasm-ld-22`.
        linker: PathBuf,
    },
}

impl Wasm {
    /// The way this machine has, if it has one. Takes a few milliseconds.
    pub(crate) fn find(workspace: &Workspace) -> Option<Self> {
        let mut rustc = workspace.command("rustc");
        rustc.args(["--print", "target-libdir", "--target", TARGET]);
        if let Some(dir) = process::read(&mut rustc)
            && has_std(Path::new(dir.trim()))
        {
            return Some(Self::Target);
        }
        let wanted = rust_version(workspace);
        let version = process::read(Command::new("/usr/bin/rustc").arg("--version"))?;
        let there = version.split(' ').nth(1).and_then(numbers)?;
        let sources = Path::new("/usr/lib/rustlib/src/rust/library/std").is_dir();
        if there < wanted || !sources || !Path::new("/usr/bin/cargo").is_file() {
            return None;
        }
        Some(Self::Debian { linker: linker()? })
    }

    /// One line for the person who wonders what compiled this.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Target => format!("{TARGET} of the Rust compiler in use"),
            Self::Debian { linker } => format!(
                "{TARGET} with Debian's own compiler (/usr/bin/rustc, its sources, {})",
                linker.display()
            ),
        }
    }

    /// `cargo <verb> --target wasm32-unknown-unknown` with this compiler.
    pub(crate) fn cargo(&self, workspace: &Workspace, verb: &str) -> Command {
        let mut command = match self {
            Self::Target => workspace.cargo(&[verb]),
            Self::Debian { linker } => {
                let path = std::env::var("PATH").unwrap_or_default();
                let mut command = workspace.command("/usr/bin/cargo");
                command
                    .args([verb, "-Zbuild-std=std,panic_abort"])
                    .env("PATH", format!("/usr/bin:{path}"))
                    // Debian's compiler is a stable one; -Zbuild-std is all this switches on.
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
                // Left over from rustup's cargo; they would lead back to its compiler.
                for name in ["RUSTUP_TOOLCHAIN", "RUSTC", "CARGO", "LD_LIBRARY_PATH"] {
                    command.env_remove(name);
                }
                command
            }
        };
        command.args(["--target", TARGET]);
        command
    }
}

/// Gets a compiler for wasm32: rustup first (4 s), Debian's where rustup cannot.
pub(crate) fn install(workspace: &Workspace) -> Outcome<Wasm> {
    if process::on_path("rustup").is_some() {
        let added = process::run(workspace.command("rustup").args(["target", "add", TARGET]));
        if let (Ok(()), Some(found)) = (added, Wasm::find(workspace)) {
            return Ok(found);
        }
        say::line("rustup could not add the target; trying Debian's own compiler.");
    } else {
        say::line("There is no rustup here; trying Debian's own compiler.");
    }
    let names = debian_packages(workspace)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    apt::install(workspace, &names)?;
    Wasm::find(workspace).ok_or_else(|| {
        no_compiler().because("Debian's packages are installed and still do not form a compiler")
    })
}

/// The packages of Debian's way, when what Debian offers is new enough for this project.
fn debian_packages(workspace: &Workspace) -> Outcome<Vec<String>> {
    let shown = process::read(Command::new("apt-cache").args([
        "show",
        "--no-all-versions",
        "rustc-web",
        "rust-web-llvm",
    ]))
    .unwrap_or_default();
    let wanted = rust_version(workspace);
    let (version, llvm) = offered(&shown);
    match (version, llvm) {
        (Some(version), Some(llvm)) if version >= wanted => {
            let fixed = ["rustc-web", "cargo-web", "rust-web-src"];
            let mut names: Vec<String> = fixed.map(str::to_owned).into();
            names.push(format!("lld-{llvm}"));
            Ok(names)
        }
        _ => Err(no_compiler().because(format!(
            "rustup could not add {TARGET}, and this system's package rustc-web is missing or older than {}.{}",
            wanted.0, wanted.1
        ))),
    }
}

fn no_compiler() -> Failure {
    Failure::new("there is no Rust compiler for the window's code").then(format!(
        "get rustup from https://rustup.rs, then: rustup target add {TARGET}"
    ))
}

/// Version of rustc-web and of the LLVM it is linked with, from `apt-cache show`.
fn offered(shown: &str) -> (Option<(u32, u32)>, Option<u32>) {
    let mut version = None;
    let mut llvm = None;
    let mut package = "";
    for line in shown.lines() {
        if let Some(name) = line.strip_prefix("Package: ") {
            package = name;
        } else if let Some(text) = line.strip_prefix("Version: ")
            && package == "rustc-web"
        {
            version = version.or_else(|| numbers(text));
        } else if let Some(list) = line.strip_prefix("Depends: ")
            && package == "rust-web-llvm"
        {
            llvm = llvm.or_else(|| {
                list.split(", ")
                    .find_map(|name| name.strip_prefix("llvm-")?.parse().ok())
            });
        }
    }
    (version, llvm)
}

/// The oldest compiler this project accepts: `rust-version` of the root manifest.
fn rust_version(workspace: &Workspace) -> (u32, u32) {
    let manifest = fs::read_to_string(workspace.root.join("Cargo.toml")).unwrap_or_default();
    manifest
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = "))
        .and_then(|version| numbers(version.trim_matches('"')))
        .unwrap_or_default()
}

/// `1.96.0+dfsg1` is (1, 96).
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// An installed target has its standard library; an uninstalled one has a path all the same.
fn has_std(dir: &Path) -> bool {
    fs::read_dir(dir).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
    })
}

/// The newest `wasm-ld` of Debian's.
fn linker() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/bin")
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let version = name.to_str()?.strip_prefix("wasm-ld-")?.parse().ok()?;
            Some((version, entry.path()))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, path)| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_versions_are_read() {
        assert_eq!(numbers("1.96.0+dfsg1-1~deb12u2"), Some((1, 96)));
        assert_eq!(numbers("1.95"), Some((1, 95)));
        assert_eq!(numbers("none"), None);
    }

    #[test]
    fn the_linker_follows_the_llvm_of_the_compiler() {
        let shown = "Package: rustc-web\nVersion: 1.96.0+dfsg1-1~deb12u2\nDepends: gcc, llvm-1\n\n\
                     Package: rust-web-llvm\nVersion: 1.2.0\nDepends: libc6 (>= 2.34), llvm-22\n";
        assert_eq!(offered(shown), (Some((1, 96)), Some(22)));
        assert_eq!(offered(""), (None, None));
    }
}
