//! A first file for an application, from what lies at the top of its repository: names are looked at, and little else.
//! Only a proposal: a person reads it, and nothing of the repository is run.

use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

/// The most that is read of one file.
const READ_BYTES: u64 = 256 * 1024;
const COMPOSE: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];
/// Where unit files lie besides the top.
const UNIT_FOLDERS: [&str; 4] = ["", "deploy", "systemd", "contrib"];

/// A file for `apps/`, not yet written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The application's name: that of the file, without `.app.yaml`.
    pub name: String,
    /// The file's text.
    pub text: String,
    /// What was seen, each a sentence.
    pub seen: Vec<String>,
}

/// What starts it and what makes it.
#[derive(Default)]
struct Looked {
    build: Option<&'static str>,
    activate: Option<String>,
    health: Option<Json>,
    seen: Vec<String>,
}

/// Looks at a folder and proposes a file.
///
/// # Errors
/// The folder cannot be read.
pub fn propose(folder: &Path) -> std::io::Result<Proposal> {
    let folder = folder.canonicalize()?;
    let names = names(&folder)?;
    let name = application_name(&folder);
    let mut looked = look(&folder, &names);
    let repository = match origin(&folder) {
        Some(url) => url,
        None => {
            looked
                .seen
                .push("No remote `origin` is set up; the repository is this folder.".to_owned());
            folder.display().to_string()
        }
    };
    if names.contains(".gitmodules") {
        looked
            .seen
            .push("It has submodules (.gitmodules), which cannot be deployed yet.".to_owned());
    }
    if names.contains("deploy.yaml") {
        looked.seen.push(
            "It has a deploy.yaml: what that says counts before this file, key by key.".to_owned(),
        );
    }
    let text = text(&name, &repository, &looked);
    Ok(Proposal {
        name,
        text,
        seen: looked.seen,
    })
}

fn names(folder: &Path) -> std::io::Result<BTreeSet<String>> {
    let entries = std::fs::read_dir(folder)?.filter_map(Result::ok);
    Ok(entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect())
}

fn look(folder: &Path, names: &BTreeSet<String>) -> Looked {
    let mut looked = Looked::default();
    let has = |name: &str| names.contains(name);
    if let Some(compose) = COMPOSE.into_iter().find(|name| has(name)) {
        looked.seen.push(format!(
            "It has {compose}: Docker Compose builds and starts it."
        ));
        looked.build = Some("docker compose build");
        looked.activate = Some("docker compose up --detach --remove-orphans".to_owned());
        looked.health =
            Some(json!({ "command": "docker compose ps --status running --quiet | grep -q ." }));
        return looked;
    }
    if has("Cargo.toml") {
        looked
            .seen
            .push("It has Cargo.toml: cargo builds it.".to_owned());
        looked.build = Some("cargo build --release --locked");
    } else if has("package.json") {
        let script = scripts(folder);
        let install = if has("package-lock.json") {
            "npm ci"
        } else {
            "npm install"
        };
        looked.seen.push(match script.contains("build") {
            true => {
                format!("It has package.json with a script `build`: {install} and npm run build.")
            }
            false => format!("It has package.json without a script `build`: {install}."),
        });
        looked.build = Some(match (has("package-lock.json"), script.contains("build")) {
            (true, true) => "npm ci && npm run build",
            (true, false) => "npm ci --omit=dev",
            (false, true) => "npm install && npm run build",
            (false, false) => "npm install --omit=dev",
        });
    } else if has("Makefile") {
        looked
            .seen
            .push("It has a Makefile: make builds it.".to_owned());
        looked.build = Some("make");
    }
    match unit(folder) {
        Some(unit) => {
            looked.seen.push(format!("It has a unit file: systemd runs it as {unit}; the unit must be installed on the hosts."));
            looked.activate = Some(format!("sudo -n systemctl restart {unit}"));
            looked.health = Some(json!({ "unit": unit }));
        }
        None if looked.build.is_none() && (has("index.html") || folder.join("public/index.html").is_file()) => {
            looked.seen.push("It has index.html and nothing to build: a static site, which is only put in place.".to_owned());
        }
        None => looked.seen.push("How it is started was not seen: say it as hooks.activate, and as health how it is asked.".to_owned()),
    }
    looked
}

/// The first unit file, by name: a plain name only, for it comes to stand in a command.
fn unit(folder: &Path) -> Option<String> {
    let plain = |name: &String| {
        name.chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
            && !name.starts_with('-')
    };
    UNIT_FOLDERS.into_iter().find_map(|inner| {
        let names = names(&folder.join(inner)).unwrap_or_default();
        names
            .into_iter()
            .find(|name| name.ends_with(".service") && name.len() > 8 && plain(name))
    })
}

/// The names of the scripts of package.json.
fn scripts(folder: &Path) -> BTreeSet<String> {
    let package: Option<Json> = serde_json::from_str(&read(&folder.join("package.json"))).ok();
    let scripts = package
        .as_ref()
        .and_then(|package| package["scripts"].as_object());
    scripts
        .into_iter()
        .flat_map(|scripts| scripts.keys().cloned())
        .collect()
}

/// Where the remote `origin` is, as its configuration says.
fn origin(folder: &Path) -> Option<String> {
    let text = read(&folder.join(".git/config"));
    let mut lines = text
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "[remote \"origin\"]")
        .skip(1);
    let url = lines
        .by_ref()
        .take_while(|line| !line.starts_with('['))
        .find_map(|line| line.strip_prefix("url")?.trim_start().strip_prefix('='))?;
    Some(url.trim().to_owned()).filter(|url| !url.is_empty() && !url.chars().any(char::is_control))
}

fn read(path: &Path) -> String {
    let mut bytes = Vec::new();
    let read =
        std::fs::File::open(path).and_then(|file| file.take(READ_BYTES).read_to_end(&mut bytes));
    match read {
        Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => String::new(),
    }
}

/// The folder's name as a plain one.
fn application_name(folder: &Path) -> String {
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let plain: String = name
        .trim_end_matches(".git")
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
                c
            } else {
                '-'
            }
        })
        .take(60)
        .collect();
    match plain.trim_matches('-') {
        "" => "application".to_owned(),
        plain => plain.to_owned(),
    }
}

/// Values are written as JSON, which is YAML, so that nothing in a name can become a key.
fn text(name: &str, repository: &str, looked: &Looked) -> String {
    let mut text: String = looked
        .seen
        .iter()
        .map(|sentence| format!("# {sentence}\n"))
        .collect();
    text.push_str(&format!(
        "apiVersion: countersign/v1\nkind: Application\nrepository: {}\ndeploy_to: {}   # the folder on the hosts\n",
        json!(repository),
        json!(format!("/srv/{name}"))
    ));
    text.push_str("keep: 5   # good releases that stay on a host\n");
    if looked.build.is_some() || looked.activate.is_some() {
        text.push_str("hooks:   # POSIX sh, run on the host in the release's folder\n");
    }
    if let Some(build) = looked.build {
        text.push_str(&format!("  build: {}\n", json!(build)));
    }
    if let Some(activate) = &looked.activate {
        text.push_str(&format!("  activate: {}\n", json!(activate)));
    }
    if let Some(health) = &looked.health {
        text.push_str(&format!("health: {health}\n"));
    }
    text.push_str("targets: {}   # for each environment the hosts, such as production: role=web\n");
    text
}
