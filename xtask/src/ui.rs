//! `cargo xtask ui`: the window's code, from Rust to what the webview loads, in `src-ui/dist`.
//! Nothing is done twice: not the compilation (cargo), not the bundle (the wasm is unchanged), not
//! the files (each is written only when it differs, since the desktop embeds them and would be
//! compiled again).

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::binaryen;
use crate::failure::{Failure, Outcome};
use crate::page;
use crate::process;
use crate::say;
use crate::wasm::{TARGET, Wasm};
use crate::workspace::Workspace;

/// What the desktop's `tauri.conf.json` calls `frontendDist`.
pub(crate) const DIST: &str = "src-ui/dist";

/// Everything the result depends on. Folders count with all they contain.
const INPUTS: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    ".cargo/config.toml",
    "src-ui/Cargo.toml",
    "src-ui/src",
    "src-ui/index.html",
    "src-ui/styles",
    "src-ui/assets",
    "src-tauri/crates/workflow",
    "src-tauri/crates/fleet",
    "src-tauri/crates/api",
    "xtask/bundle",
    "xtask/src/binaryen.rs",
];

/// What makes the bundle of the compiled wasm.
const MAKERS: &[&str] = &["xtask/bundle/src/main.rs", "xtask/src/binaryen.rs"];

/// Builds what is out of date. The answer is a `SKIPPED: …` line when a part was left out.
pub(crate) fn run(workspace: &Workspace) -> Outcome<Option<String>> {
    let started = Instant::now();
    let dist = workspace.root.join(DIST);
    let work = workspace.target.join("xtask/ui");
    let optimiser = binaryen::find(workspace);
    let skipped = optimiser
        .as_ref()
        .err()
        .map(|why| format!("SKIPPED: the window's code is not made smaller: {why}"));
    if let Some(line) = &skipped {
        say::line(line);
    }

    let inputs = fingerprint(workspace, optimiser.is_ok())?;
    let stamp = work.join("inputs");
    if fs::read_to_string(&stamp).is_ok_and(|seen| seen == inputs) && page::is_complete(&dist) {
        say::line(format!("{DIST} is up to date."));
        return Ok(skipped);
    }

    let wasm = compile(workspace)?;
    let bundle = work.join("bundle");
    bundle_wasm(workspace, &wasm, &bundle, optimiser.as_deref().ok())?;
    page::assemble(&workspace.root.join("src-ui"), &bundle, &dist)?;
    write(&stamp, &inputs)?;
    let size = fs::metadata(dist.join("app_bg.wasm")).map_or(0, |about| about.len());
    say::line(format!(
        "{DIST} is built: {:.2} MB of code ({}).",
        size_mb(size),
        say::time(started.elapsed())
    ));
    Ok(skipped)
}

/// Rust to wasm. Cargo decides whether there is anything to do.
fn compile(workspace: &Workspace) -> Outcome<PathBuf> {
    let wasm = Wasm::find(workspace).ok_or_else(|| {
        Failure::new("the window's code cannot be compiled")
            .because(format!("the Rust compiler has no {TARGET}"))
            .then("type `cargo xtask setup`")
    })?;
    say::line(format!("Compiling for {}.", wasm.told()));
    let mut cargo = wasm.cargo(workspace, "build");
    cargo.args(["-p", "countersign-ui", "--profile", "wasm-release"]);
    process::run(&mut cargo)?;
    Ok(workspace
        .target
        .join(TARGET)
        .join("wasm-release/countersign_ui.wasm"))
}

/// Wasm to what a page can load, into a folder of its own.
fn bundle_wasm(
    workspace: &Workspace,
    wasm: &Path,
    bundle: &Path,
    optimiser: Option<&Path>,
) -> Outcome {
    // The stamp of the compiled file, whether it is made smaller, and how: all change the result.
    let mut source = format!("{}{}", modified(wasm)?, optimiser.is_some());
    for maker in MAKERS {
        source += &modified(&workspace.root.join(maker))?;
    }
    let stamp = bundle.with_extension("source");
    let done = fs::read_to_string(&stamp).is_ok_and(|seen| seen == source);
    if done && bundle.join("app_bg.wasm").is_file() {
        return Ok(());
    }
    // Nothing of an earlier bundle may survive into this one.
    if bundle.exists() {
        fs::remove_dir_all(bundle).map_err(|why| Failure::new("cannot clear").because(why))?;
    }
    let mut cargo = workspace.cargo(&["run", "--quiet", "--package", "xtask-bundle", "--"]);
    cargo.arg(wasm).arg(bundle);
    process::run(cargo.args(optimiser.map(|_| "names")))?;
    if let Some(optimiser) = optimiser {
        binaryen::shrink(workspace, optimiser, &bundle.join("app_bg.wasm"))?;
    }
    write(&stamp, &source)
}

/// One line that changes when any input changes, is added or is removed.
fn fingerprint(workspace: &Workspace, optimised: bool) -> Outcome<String> {
    let mut files = Vec::new();
    for input in INPUTS {
        collect(&workspace.root.join(input), &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in &files {
        file.strip_prefix(&workspace.root)
            .unwrap_or(file)
            .hash(&mut hasher);
        modified(file)?.hash(&mut hasher);
    }
    Ok(format!(
        "{} files, {:016x}, optimised: {optimised}",
        files.len(),
        hasher.finish()
    ))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Outcome {
    let unreadable = |why| Failure::new(format!("cannot read {}", path.display())).because(why);
    if path.is_dir() {
        for entry in fs::read_dir(path).map_err(unreadable)? {
            collect(&entry.map_err(unreadable)?.path(), files)?;
        }
    } else if path.is_file() {
        files.push(path.to_path_buf());
    }
    Ok(())
}

/// Length and time of change: what make and cargo look at.
fn modified(file: &Path) -> Outcome<String> {
    fs::metadata(file)
        .and_then(|about| Ok(format!("{} {:?} ", about.len(), about.modified()?)))
        .map_err(|why| Failure::new(format!("cannot read {}", file.display())).because(why))
}

fn write(path: &Path, text: &str) -> Outcome {
    path.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(path, text))
        .map_err(|why| Failure::new(format!("cannot write {}", path.display())).because(why))
}

/// Megabytes for a sentence.
pub(crate) fn size_mb(bytes: u64) -> f64 {
    // Whole kilobytes fit into an f64 exactly for any file there will ever be.
    f64::from(u32::try_from(bytes / 1000).unwrap_or(u32::MAX)) / 1000.0
}
