//! How files are written: how they open, what they are called, how long they are, and what must
//! not stand in any of them. Exceptions are in tables here, each with its reason.

use crate::tree::{Tree, has_word};

/// Names that say nothing about what is inside, so that everything ends up there.
const DRAWERS: &[&str] = &[
    "common", "core", "utils", "util", "helpers", "helper", "types", "manager", "service", "misc",
];

/// Files that may wait: path and reason.
const MAY_SLEEP: &[(&str, &str)] = &[];

/// Files that may be long: path and reason.
const MAY_BE_LONG: &[(&str, &str)] = &[
    ("Cargo.lock", "written by cargo"),
    (
        "src-ui/styles/tokens.css",
        "generated: one line for each value of the design system",
    ),
    (
        "src-ui/src/kit/icons.rs",
        "generated: one line for each icon",
    ),
];

const LONGEST: usize = 500;

/// Files that may name a folder of somebody's machine: path and reason.
const MAY_NAME_PATHS: &[(&str, &str)] = &[];

/// Rust files that begin with something else than what they are.
pub(crate) fn first_lines(tree: &Tree) -> Vec<String> {
    tree.rust()
        .filter(|(_, text)| !text.starts_with("//!") && !text.starts_with("#!["))
        .map(|(path, _)| format!("{path}:1: open with `//!`: what this file is and what it is not"))
        .collect()
}

/// Crates and modules with a name under which anything could be put.
pub(crate) fn drawers(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in tree.rust() {
        for part in path.trim_end_matches(".rs").split('/') {
            if DRAWERS.contains(&part) {
                findings.push(format!("{path}: `{part}` says nothing; name what it holds"));
            }
        }
        for (index, line) in text.lines().enumerate() {
            let declared = line
                .trim()
                .trim_start_matches("pub")
                .trim_start_matches("(crate)");
            let name = declared.trim_start().strip_prefix("mod ");
            let name = name.and_then(|rest| rest.split([';', '{', ' ']).next());
            if name.is_some_and(|name| DRAWERS.contains(&name)) {
                findings.push(format!(
                    "{path}:{}: a module of this name is a drawer",
                    index + 1
                ));
            }
        }
    }
    findings
}

/// Places that wait for a time instead of for what they need.
pub(crate) fn sleeps(tree: &Tree) -> Vec<String> {
    tree.program()
        .filter(|(path, ..)| !excepted(MAY_SLEEP, path))
        .filter(|(_, _, line)| line.contains("sleep("))
        .map(|(path, number, _)| {
            format!("{path}:{number}: wait for a deadline or a message, never with `sleep`")
        })
        .collect()
}

/// Paths that exist on one machine only.
pub(crate) fn machine_paths(tree: &Tree) -> Vec<String> {
    // Put together here so that this file is not its own finding.
    let folders = ["work", "root"].map(|name| format!("/{name}/"));
    let mut findings = Vec::new();
    for (path, text) in &tree.files {
        if excepted(MAY_NAME_PATHS, path) {
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            for folder in &folders {
                let starts_a_path = line.match_indices(folder.as_str()).any(|(at, _)| {
                    !line[..at].ends_with(|c: char| c.is_alphanumeric() || "_-.}*".contains(c))
                });
                if starts_a_path {
                    findings.push(format!("{path}:{}: names {folder}", index + 1));
                }
            }
        }
    }
    findings
}

/// Files that should be two.
pub(crate) fn long_files(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in &tree.files {
        let written = [
            ".rs", ".css", ".js", ".mjs", ".html", ".sh", ".sql", ".toml", ".lock",
        ];
        let lines = text.lines().count();
        let counts = written.iter().any(|ending| path.ends_with(ending));
        if counts && lines > LONGEST && !excepted(MAY_BE_LONG, path) {
            findings.push(format!(
                "{path}: {lines} lines; split it where the interface is narrow (limit {LONGEST})"
            ));
        }
    }
    findings
}

/// MIT OR Apache-2.0, with both texts, and a notice for what is not ours.
pub(crate) fn licences(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, words) in [
        (
            "LICENSE-MIT",
            "Permission is hereby granted, free of charge",
        ),
        ("LICENSE-APACHE", "Version 2.0, January 2004"),
        ("NOTICE", "Countersign"),
    ] {
        if !tree.get(path).is_some_and(|text| text.contains(words)) {
            findings.push(format!("{path}: missing, or not the text it should be"));
        }
    }
    // Shipping the design system's values or icons carries its notice along.
    let ships_fluent = tree
        .files
        .iter()
        .any(|(path, text)| path.starts_with("src-ui/") && has_word(text, "@fluentui"));
    let notice = tree.get("NOTICE").unwrap_or_default();
    if ships_fluent && !notice.contains("Microsoft Corporation") {
        findings.push("NOTICE: the Fluent tokens and icons need Microsoft's notice".to_owned());
    }
    let manifest = tree.get("Cargo.toml").unwrap_or_default();
    if !manifest.contains("license = \"MIT OR Apache-2.0\"") {
        findings.push("Cargo.toml: license must be \"MIT OR Apache-2.0\"".to_owned());
    }
    findings
}

/// A file that names a toolchain or targets makes each cargo call ask the network first.
pub(crate) fn toolchain_files(tree: &Tree) -> Vec<String> {
    ["rust-toolchain", "rust-toolchain.toml"]
        .iter()
        .filter(|path| tree.get(path).is_some())
        .map(|path| format!("{path}: `rust-version` and `cargo xtask setup` do this without it"))
        .collect()
}

fn excepted(table: &[(&str, &str)], path: &str) -> bool {
    table.iter().any(|(name, _)| *name == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_finds_what_it_is_for() {
        let long = "x\n".repeat(LONGEST + 1);
        let home = format!("let a = \"/{}/x\"; // {{root}}/{}/", "root", "work");
        let tree = Tree::of(&[
            ("a/src/utils.rs", "use x;\n"),
            (
                "a/src/b.rs",
                "//! b\npub(crate) mod types {}\nthread::sleep(ONE);\n",
            ),
            ("a/src/c.rs", &long),
            ("a/d.md", &home),
            ("rust-toolchain.toml", ""),
        ]);
        assert_eq!(first_lines(&tree).len(), 2);
        assert_eq!(drawers(&tree).len(), 2, "{:?}", drawers(&tree));
        assert_eq!(sleeps(&tree).len(), 1);
        assert_eq!(long_files(&tree).len(), 1);
        assert_eq!(machine_paths(&tree).len(), 1, "{:?}", machine_paths(&tree));
        assert_eq!(toolchain_files(&tree).len(), 1);
        assert_eq!(licences(&tree).len(), 4);
    }

    #[test]
    fn exceptions_name_files_and_say_why() {
        for (path, reason) in MAY_SLEEP.iter().chain(MAY_BE_LONG).chain(MAY_NAME_PATHS) {
            assert!(reason.len() > 10, "{path}");
        }
    }
}
