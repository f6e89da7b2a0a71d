//! The manifests of the workspace, read as far as the checks need: names and dependencies. Cargo
//! understands more; what it would understand differently is written out in no manifest here.

use crate::tree::Tree;

/// One crate of ours.
pub(crate) struct Manifest {
    pub(crate) name: String,
    pub(crate) path: String,
    /// What the program uses, build script included.
    pub(crate) uses: Vec<String>,
    /// What only its tests use.
    pub(crate) tests_use: Vec<String>,
}

/// Every manifest with a `[package]`.
pub(crate) fn read(tree: &Tree) -> Vec<Manifest> {
    tree.files
        .iter()
        .filter(|(path, _)| path == "Cargo.toml" || path.ends_with("/Cargo.toml"))
        .filter_map(|(path, text)| parse(path, text))
        .collect()
}

fn parse(path: &str, text: &str) -> Option<Manifest> {
    let mut manifest = Manifest {
        name: String::new(),
        path: path.to_owned(),
        uses: Vec::new(),
        tests_use: Vec::new(),
    };
    let mut section = String::new();
    for line in text.lines() {
        let line = line.trim();
        if let Some(title) = line.strip_prefix('[') {
            section = title.trim_end_matches(']').to_owned();
            // `[dependencies.serde]` is a section of its own.
            if let Some((kind, name)) = dependency_section(&section) {
                push(&mut manifest, kind, name);
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let key = key
            .trim()
            .split('.')
            .next()
            .unwrap_or_default()
            .trim_matches('"');
        if section == "package" && key == "name" {
            manifest.name = value.trim().trim_matches('"').to_owned();
        }
        let kind = section.rsplit('.').next().unwrap_or_default();
        let is_ours = !section.starts_with("workspace");
        if is_ours && kind.ends_with("dependencies") {
            // `json = { package = "serde_json" }` uses serde_json.
            let renamed = value
                .split_once("package = \"")
                .and_then(|(_, rest)| rest.split('"').next());
            push(&mut manifest, kind, renamed.unwrap_or(key));
        }
    }
    (!manifest.name.is_empty()).then_some(manifest)
}

fn dependency_section(section: &str) -> Option<(&str, &str)> {
    if section.starts_with("workspace") {
        return None;
    }
    let (kind, name) = section.rsplit_once('.')?;
    let kind = kind.rsplit('.').next()?;
    kind.ends_with("dependencies").then_some((kind, name))
}

fn push(manifest: &mut Manifest, kind: &str, name: &str) {
    let list = if kind == "dev-dependencies" {
        &mut manifest.tests_use
    } else {
        &mut manifest.uses
    };
    list.push(name.to_owned());
}

/// Crates that would be compiled without the lints of the root manifest.
pub(crate) fn without_lints(tree: &Tree) -> Vec<String> {
    read(tree)
        .iter()
        .filter(|manifest| {
            let text = tree.get(&manifest.path).unwrap_or_default();
            !text.contains("[lints]\nworkspace = true")
        })
        .map(|manifest| format!("{}: add `[lints]` with `workspace = true`", manifest.path))
        .collect()
}

/// wasm-bindgen's two halves speak a format of their own that changes with every version.
pub(crate) fn bundler_version(tree: &Tree) -> Vec<String> {
    let lock = tree.get("Cargo.lock").unwrap_or_default();
    let version = |name: &str| {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        rest.split('"').next()
    };
    match (version("wasm-bindgen"), version("wasm-bindgen-cli-support")) {
        (Some(library), Some(bundler)) if library == bundler => Vec::new(),
        (library, bundler) => vec![format!(
            "Cargo.lock: wasm-bindgen {library:?} and wasm-bindgen-cli-support {bundler:?} must be the same version"
        )],
    }
}

#[test]
fn every_way_to_write_a_dependency_is_read() {
    let text = "[package]\nname = \"a\"\n[workspace.dependencies]\nno = \"1\"\n\
                [dependencies]\n# not = \"1\"\nb.workspace = true\nc = { package = \"d\", version = \"1\" }\n\
                [dependencies.e]\nversion = \"1\"\n[target.'cfg(unix)'.dependencies]\nf = \"1\"\n\
                [build-dependencies]\ng = \"1\"\n[dev-dependencies]\nh = \"1\"\n[features]\ni = []\n";
    let manifest = parse("Cargo.toml", text).unwrap();
    assert_eq!(manifest.name, "a");
    assert_eq!(manifest.uses, ["b", "d", "e", "f", "g"]);
    assert_eq!(manifest.tests_use, ["h"]);
}

#[test]
fn a_crate_without_our_lints_is_found() {
    let tree = Tree::of(&[("x/Cargo.toml", "[package]\nname = \"x\"\n")]);
    assert_eq!(without_lints(&tree).len(), 1);
}
