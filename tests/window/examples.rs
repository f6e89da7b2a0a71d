//! Programs that only some tests need: examples of the workspace, built when they are asked for.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds an example with the cargo of this run, as this test was built, and says where it is.
pub(crate) fn built(name: &str) -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.current_dir(env!("CARGO_MANIFEST_DIR")).arg("build");
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    // Both packages: the features are those of this test then, and little is compiled anew.
    build.args([
        "--quiet",
        "-p",
        "countersign-desktop",
        "-p",
        "engine",
        "--features",
        "countersign-desktop/e2e",
        "--example",
        name,
    ]);
    assert!(build.status().unwrap().success(), "{name} does not compile");
    let ours = Path::new(env!("CARGO_BIN_EXE_countersign-desktop"));
    ours.parent().unwrap().join("examples").join(name)
}
