//! Where things are: the repository, the target folder, and the cargo of this run. Paths come
//! from the environment cargo gives at run time, so no machine's path is compiled in.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Outcome};

/// The repository being worked on.
pub(crate) struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// The one target folder every command shares.
    pub(crate) target: PathBuf,
    /// True in continuous integration, where a skip nobody sees is a failure.
    pub(crate) ci: bool,
}

impl Workspace {
    /// Finds the repository, from inside or from `cargo run`.
    pub(crate) fn find() -> Outcome<Self> {
        let here = env::current_dir()
            .map_err(|why| Failure::new("cannot read the current folder").because(why))?;
        // CARGO_MANIFEST_DIR first: `cargo --manifest-path` may be run from anywhere.
        let root = env::var_os("CARGO_MANIFEST_DIR")
            .and_then(|dir| PathBuf::from(dir).parent().map(Path::to_path_buf))
            .into_iter()
            .chain(here.ancestors().map(Path::to_path_buf))
            .find(|dir| dir.join("xtask/Cargo.toml").is_file())
            .ok_or_else(|| {
                Failure::new("this is not the repository of Countersign")
                    .because("no folder from here upwards has xtask/Cargo.toml")
                    .then("change into the repository and type the command again")
            })?;
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => here.join(dir),
            None => root.join("target"),
        };
        let ci = env::var("CI").is_ok_and(|value| value == "true" || value == "1");
        Ok(Self { root, target, ci })
    }

    /// A cargo command in the root of the repository.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = self.command(cargo);
        command.args(arguments);
        command
    }

    /// Any program in the root of the repository, without what `cargo run` added for xtask
    /// itself: build scripts that watch such a variable would compile again and again.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                command.env_remove(name.as_ref());
            }
        }
        command
    }

    /// A path as it is written in messages: relative to the repository where it lies inside.
    pub(crate) fn show(&self, path: &Path) -> String {
        path.strip_prefix(&self.root)
            .unwrap_or(path)
            .display()
            .to_string()
    }
}
