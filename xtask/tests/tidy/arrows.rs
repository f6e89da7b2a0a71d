//! The arrows of ARCHITECTURE.md as a table: which crate of ours may use which other, and which
//! technology is known to which crate. An arrow that is not here does not exist.

use crate::manifests::Manifest;

struct Crate {
    name: &'static str,
    may_use: &'static [&'static str],
    /// What its tests may use besides.
    tests_may_use: &'static [&'static str],
}

const CRATES: &[Crate] = &[
    // Pure: no IO, no clock, no randomness, no environment.
    arrow("workflow", &[]),
    arrow("fleet", &[]),
    arrow("api", &["workflow", "fleet"]),
    // Perform: each is the only one that knows its technology, and none knows another.
    arrow("definitions", &["workflow"]),
    arrow("store", &["workflow", "fleet"]),
    tested("tools", &["workflow", "fleet"], &["loopback"]),
    arrow("llm", &[]),
    arrow("keychain", &["tools"]),
    arrow(
        "engine",
        &[
            "workflow",
            "fleet",
            "api",
            "definitions",
            "store",
            "tools",
            "llm",
            "keychain",
        ],
    ),
    // Doors: translate, decide nothing, and see only the engine and the contract.
    // The contract speaks of runs, cards and agents: the terminal draws them, as the window does, and the desktop tells
    // a person what waits.
    tested(
        "countersign-desktop",
        &["api", "engine", "workflow", "fleet"],
        &["loopback"],
    ),
    tested(
        "cli",
        &["api", "engine", "workflow", "fleet"],
        &["loopback"],
    ),
    arrow("rest", &["api", "engine"]),
    arrow("countersign-ui", &["api", "workflow", "fleet"]),
    // Real hosts for tests; nothing that ships uses it.
    arrow("loopback", &[]),
    // The project's commands build the others and use none of them.
    arrow("xtask", &[]),
    arrow("xtask-bundle", &[]),
];

/// A crate from outside and the only crates of ours that may use it, tests excepted.
const TECHNOLOGIES: &[(&str, &[&str])] = &[
    ("rusqlite", &["store"]),
    ("fs4", &["store"]),
    // Workflow files; Ansible inventories.
    ("serde-saphyr", &["definitions", "tools"]),
    ("yaml-edit", &["definitions"]),
    ("notify", &["definitions"]),
    ("russh", &["tools"]),
    ("reqwest", &["tools", "llm"]),
    ("keyring", &["keychain"]),
    ("keyring-core", &["keychain"]),
    ("secret-service", &["keychain"]),
    ("zbus-secret-service-keyring-store", &["keychain"]),
    // The engine signs, the store checks.
    ("ed25519-dalek", &["engine", "store"]),
    ("tauri", &["countersign-desktop"]),
    ("tauri-build", &["countersign-desktop"]),
    ("tauri-plugin-single-instance", &["countersign-desktop"]),
    ("libappindicator-sys", &["countersign-desktop"]),
    // Notifications; the keychain's store brings it for itself.
    ("zbus", &["countersign-desktop"]),
    ("clap", &["cli"]),
    ("axum", &["rest"]),
    ("leptos", &["countersign-ui"]),
    ("wasm-bindgen", &["countersign-ui"]),
    ("wasm-bindgen-cli-support", &["xtask-bundle"]),
];

const fn arrow(name: &'static str, may_use: &'static [&'static str]) -> Crate {
    Crate {
        name,
        may_use,
        tests_may_use: &[],
    }
}

const fn tested(
    name: &'static str,
    may_use: &'static [&'static str],
    tests_may_use: &'static [&'static str],
) -> Crate {
    Crate {
        name,
        may_use,
        tests_may_use,
    }
}

/// Edges between our crates that are not in the table, and crates that are not.
pub(crate) fn between_our_crates(manifests: &[Manifest]) -> Vec<String> {
    let is_ours = |name: &String| CRATES.iter().any(|known| known.name == name);
    let mut findings = Vec::new();
    for Manifest {
        name,
        path,
        uses,
        tests_use,
    } in manifests
    {
        let Some(known) = CRATES.iter().find(|known| known.name == name) else {
            findings.push(format!(
                "{path}: crate `{name}` has no row in the table of arrows (xtask/tests/tidy/arrows.rs)"
            ));
            continue;
        };
        for used in uses.iter().filter(|used| is_ours(used)) {
            if !known.may_use.contains(&used.as_str()) {
                findings.push(format!("{path}: `{name}` may not use `{used}`"));
            }
        }
        // A crate's tests may use the crate itself, with more of its features.
        for used in tests_use
            .iter()
            .filter(|&used| is_ours(used) && used != name)
        {
            let used = used.as_str();
            if !known.may_use.contains(&used) && !known.tests_may_use.contains(&used) {
                findings.push(format!(
                    "{path}: the tests of `{name}` may not use `{used}`"
                ));
            }
        }
    }
    findings
}

/// Crates that reach past the one that knows a technology.
pub(crate) fn technologies(manifests: &[Manifest]) -> Vec<String> {
    let mut findings = Vec::new();
    for Manifest {
        name, path, uses, ..
    } in manifests
    {
        for (technology, owners) in TECHNOLOGIES {
            if uses.iter().any(|used| used == technology) && !owners.contains(&name.as_str()) {
                findings.push(format!(
                    "{path}: only {} may use `{technology}`",
                    owners.join(" and ")
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(name: &str, uses: &[&str], tests_use: &[&str]) -> Manifest {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Manifest {
            name: name.to_owned(),
            path: format!("{name}/Cargo.toml"),
            uses: owned(uses),
            tests_use: owned(tests_use),
        }
    }

    #[test]
    fn arrows_that_do_not_exist_are_found() {
        let wrong = [
            manifest("workflow", &["engine", "serde"], &[]),
            manifest("store", &["tools"], &[]),
            manifest("cli", &["engine", "store"], &[]),
            manifest("llm", &[], &["workflow"]),
            manifest("stranger", &[], &[]),
        ];
        assert_eq!(between_our_crates(&wrong).len(), 5);
        assert!(
            between_our_crates(&[manifest("engine", &["store", "tokio"], &["engine"])]).is_empty()
        );
    }

    #[test]
    fn a_second_crate_that_knows_sqlite_is_found() {
        assert_eq!(
            technologies(&[manifest("engine", &["rusqlite"], &[])]).len(),
            1
        );
        assert!(technologies(&[manifest("store", &["rusqlite"], &[])]).is_empty());
    }

    #[test]
    fn the_table_has_no_circle() {
        let mut below: Vec<&str> = Vec::new();
        while below.len() < CRATES.len() {
            let next: Vec<&str> = CRATES
                .iter()
                .filter(|known| !below.contains(&known.name))
                .filter(|known| known.may_use.iter().all(|used| below.contains(used)))
                .map(|known| known.name)
                .collect();
            assert!(!next.is_empty(), "a circle above {below:?}");
            below.extend(next);
        }
    }
}
