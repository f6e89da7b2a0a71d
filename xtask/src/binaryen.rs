//! wasm-opt, from the npm package `binaryen`, installed under the target folder and nowhere else.
//! It is optional: without Node the window works and its code is a little larger.

use std::path::{Path, PathBuf};

use crate::failure::Outcome;
use crate::npm;
use crate::process;
use crate::say;
use crate::workspace::Workspace;

/// The version that was tried. npm checks the package against its registry's digest.
const PACKAGE: &str = "binaryen@132.0.0";

/// What the Rust compiler uses for wasm32 by default, and WebKitGTK 2.40 and later understands.
/// Named one by one: `--all-features` would let wasm-opt emit what the webview does not know.
const FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-multivalue",
];

/// The path of wasm-opt, installing it the first time; or the sentence why there is none.
pub(crate) fn find(workspace: &Workspace) -> Result<PathBuf, String> {
    if process::on_path("node").is_none() {
        return Err("node is not installed (wasm-opt runs on it)".to_owned());
    }
    let (tool, new) = npm::file(workspace, PACKAGE, ".bin/wasm-opt")?;
    // An old Node installs it and cannot run it: asked once, so that no build fails of it.
    if !new || process::read(workspace.command(&tool).arg("--version")).is_some() {
        return Ok(tool);
    }
    // Not found again: the next build would ask it once more.
    let _ = std::fs::remove_file(&tool);
    Err(format!("{PACKAGE} does not run on this version of node"))
}

/// Small where it counts. wasm-opt takes every function with one caller into it, however large; what grows out of that
/// has hundreds of locals and hardly compresses (120 kB of 825). Functions of one name, the copies of one generic
/// function, stand side by side, where a compressor sees that they are alike (another 40 kB).
const PASSES: &[&str] = &[
    "-Oz",
    "--one-caller-inline-max-function-size=20",
    "--reorder-functions-by-name",
];

/// Makes a wasm file smaller, in place; the names of its functions serve for that and are left out.
pub(crate) fn shrink(workspace: &Workspace, tool: &Path, wasm: &Path) -> Outcome {
    let mut command = workspace.command(tool);
    command
        .args(PASSES)
        .args(FEATURES)
        .arg(wasm)
        .arg("-o")
        .arg(wasm);
    say::line("Making it smaller.");
    process::run(&mut command)
}
