//! What makes the pure crates pure. clippy.toml in each of them sees what a name resolves to;
//! this sees the words, also in code that is compiled for another target or feature.

use crate::manifests::Manifest;
use crate::tree::{Tree, has_word};

const PURE: &[&str] = &["workflow", "fleet", "api"];

/// Words that stand for a clock, chance, IO or the environment.
const OUTSIDE: &[&str] = &[
    "std::time",
    "SystemTime",
    "Instant",
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "rand",
    "getrandom",
];

/// Modules of std that must not come in through `use std::{…}` either.
const OUTSIDE_STD: &[&str] = &["time", "fs", "env", "net", "process", "thread"];

/// What pure crates may be made of: data in, data out.
const DEPENDENCIES: &[&str] = &[
    "workflow",
    "fleet",
    "serde",
    "serde_json",
    "serde_json_canonicalizer",
    "sha2",
    "hex",
    "thiserror",
    "zeroize",
    "minijinja",
    "rpds",
    "jsonschema",
];

/// Places in the pure crates that reach for something outside.
pub(crate) fn reaching_outside(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, number, line) in tree.program() {
        if !PURE
            .iter()
            .any(|name| path.starts_with(&format!("src-tauri/crates/{name}/")))
        {
            continue;
        }
        let grouped = line
            .trim_start()
            .trim_start_matches("pub ")
            .starts_with("use std::{");
        let word = OUTSIDE
            .iter()
            .find(|word| has_word(line, word))
            .or_else(|| {
                OUTSIDE_STD
                    .iter()
                    .find(|word| grouped && has_word(line, word))
            });
        if let Some(word) = word {
            findings.push(format!(
                "{path}:{number}: `{word}` in a pure crate: take it as an argument, or owe an effect"
            ));
        }
    }
    findings
}

/// Dependencies that would bring the outside in.
pub(crate) fn dependencies(manifests: &[Manifest]) -> Vec<String> {
    let mut findings = Vec::new();
    for manifest in manifests.iter().filter(|m| PURE.contains(&m.name.as_str())) {
        for used in &manifest.uses {
            if !DEPENDENCIES.contains(&used.as_str()) {
                findings.push(format!(
                    "{}: `{used}` is not known to be pure; if it is, say so in xtask/tests/tidy/pure.rs",
                    manifest.path
                ));
            }
        }
    }
    findings
}

/// clippy has no include, so the file is there three times and must stay the same.
pub(crate) fn clippy_files(tree: &Tree) -> Vec<String> {
    let path = |name: &str| format!("src-tauri/crates/{name}/clippy.toml");
    let first = tree.get(&path(PURE[0]));
    PURE.iter()
        .filter(|name| first.is_none() || tree.get(&path(name)) != first)
        .map(|name| format!("{}: must be the same in all pure crates", path(name)))
        .collect()
}

#[test]
fn a_clock_in_a_pure_crate_is_found() {
    let tree = Tree::of(&[
        (
            "src-tauri/crates/workflow/src/a.rs",
            "//! no std::time here\nuse std::time::Duration;\nuse std::{env, fmt};\nlet operand = 1;\n",
        ),
        (
            "src-tauri/crates/engine/src/a.rs",
            "use std::time::Instant;\n",
        ),
    ]);
    let found = reaching_outside(&tree);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("a.rs:2") && found[1].contains("a.rs:3"));
}

#[test]
fn three_different_lint_files_are_found() {
    let tree = Tree::of(&[
        ("src-tauri/crates/workflow/clippy.toml", "a"),
        ("src-tauri/crates/fleet/clippy.toml", "a"),
    ]);
    assert_eq!(clippy_files(&tree).len(), 1);
    assert_eq!(clippy_files(&Tree::of(&[])).len(), 3);
}
