//! Packages from npm that set-up needs, installed under the target folder and nowhere else. npm checks each against its
//! registry's digest. None of them ships.

use std::path::PathBuf;

use crate::process;
use crate::workspace::Workspace;

/// What tests of accessibility run in the page of the window.
pub(crate) const AXE: &str = "axe-core@4.10.3";
/// The one file of it.
pub(crate) const AXE_FILE: &str = "axe-core/axe.min.js";

/// A file of a package, and whether the package was installed only now; or the sentence why it is not there.
pub(crate) fn file(
    workspace: &Workspace,
    package: &str,
    file: &str,
) -> Result<(PathBuf, bool), String> {
    let prefix = workspace.target.join("npm");
    let wanted = prefix.join("node_modules").join(file);
    if wanted.is_file() {
        return Ok((wanted, false));
    }
    if process::on_path("npm").is_none() {
        return Err(format!("npm is not installed (it fetches {package})"));
    }
    std::fs::create_dir_all(&prefix).map_err(|why| format!("cannot make target/npm: {why}"))?;
    let mut npm = workspace.command("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--loglevel=error"])
        .arg("--prefix")
        .arg(&prefix)
        .arg(package);
    process::run(&mut npm).map_err(|_| format!("npm could not fetch {package}"))?;
    Ok((wanted, true))
}
