//! The settings of applications: what is wrong with a file, and what two files say together.

use crate::catalogue::catalogue;
use definitions::{Application, Document, application_schema, propose, read};
use serde_json::json;

/// `expected`: the findings in short, `line:column code what-part`, one a line.
fn check(file: &str, text: &str, expected: &[&str]) -> Option<Application> {
    let reading = read(file, text, &catalogue());
    let found: Vec<String> = reading
        .findings
        .iter()
        .map(|f| format!("{}:{} {} {} ({})", f.line, f.column, f.code, f.what, f.hint))
        .collect();
    assert_eq!(found.len(), expected.len(), "{text}: {found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        let (place, part) = expected.split_once(" … ").unwrap_or((expected, ""));
        assert!(
            found.starts_with(place) && found.contains(part),
            "{found} is not {expected}"
        );
    }
    match reading.document {
        Some(Document::Application(application)) => Some(application),
        Some(other) => panic!("{other:?}"),
        None => None,
    }
}

#[test]
fn the_only_key_that_must_be_said_is_where_to() {
    let application = check("deploy.yaml", "deploy_to: /srv/a\n", &[]).unwrap();
    assert_eq!(application.get("deploy_to"), Some(&json!("/srv/a")));
    let kinded = "apiVersion: countersign/v1\nkind: Application\ndeploy_to: /srv/a\n";
    assert!(check("standard input", kinded, &[]).is_some());
    for file in ["deploy.yaml", "web.app.yaml"] {
        assert!(check(file, "keep: 3\n", &["1:1 missing_key … must say it"]).is_some());
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let text = "deploy_to: srv/../a\nkeep: 0\nkep: 3\nlinked_dirs: [log, /etc, ../x]\nhooks:\n  bild: make\n  build: 3\nhealth: { tries: 3 }\n";
    let expected = [
        "1:12 wrong_value … such as /srv/myapp",
        "2:7 wrong_value … 1 to 100",
        "3:1 unknown_key … did you mean `keep`",
        "4:20 wrong_value … below deploy_to",
        "4:26 wrong_value … below deploy_to",
        "6:3 unknown_key … did you mean `build`",
        "7:10 wrong_value … POSIX sh",
        "8:9 wrong_value … one of http, tcp, command, unit",
    ];
    assert_eq!(check("web.app.yaml", text, &expected), None);
    for (text, expected) in [
        (
            "deploy_to: /srv/a\nrepository: https://host/x\n",
            "2:1 not_here … application's file",
        ),
        (
            "deploy_to: /srv/a\nhealth: { http: 'http://a', tcp: 'a:1' }\n",
            "2:9 wrong_value … exactly one",
        ),
        (
            "deploy_to: /srv/a\nuser: 'root; id'\n",
            "2:7 wrong_value … owns",
        ),
        (
            "deploy_to: \"/srv/a\\nb\"\n",
            "1:12 wrong_value … whole path",
        ),
        ("deploy_to: /\n", "1:12 wrong_value … whole path"),
        (
            "deploy_to: /srv/a\ndisk_need: much\n",
            "2:12 wrong_value … 500M",
        ),
        (
            "deploy_to: /srv/a\ntargets: { Production: a=b }\n",
            "2:10 wrong_value … targets",
        ),
    ] {
        assert_eq!(check("deploy.yaml", text, &[expected]), None, "{text}");
    }
}

#[test]
fn every_value_keeps_the_place_where_it_was_said() {
    let app = "repository: https://host/a\ndeploy_to: /srv/a\nkeep: 3\nhooks: { build: make, activate: ./run }\ntargets: { staging: role=web }\n";
    let repository = "keep: 7\nhooks:\n  build: cargo build\nhealth: { unit: a.service }\n";
    let app = check("apps/a.app.yaml", app, &[]).unwrap();
    let repository = check(
        "deploy.yaml",
        repository,
        &["1:1 missing_key … must say it"],
    )
    .unwrap();
    let both = app.with_repository(repository);
    let told: Vec<String> = both
        .settings
        .iter()
        .map(|(key, setting)| format!("{key} = {} ({})", setting.value, setting.origin()))
        .collect();
    assert_eq!(
        told,
        [
            "deploy_to = \"/srv/a\" (apps/a.app.yaml:2)",
            "disk_need = \"1G\" (default)",
            "health = {\"unit\":\"a.service\"} (deploy.yaml:4)",
            "hooks.activate = \"./run\" (apps/a.app.yaml:4)",
            "hooks.build = \"cargo build\" (deploy.yaml:3)",
            "keep = 7 (deploy.yaml:1)",
            "linked_dirs = [] (default)",
            "linked_files = [] (default)",
            "repository = \"https://host/a\" (apps/a.app.yaml:1)",
            "strategy = \"all_at_once\" (default)",
            "targets.staging = \"role=web\" (apps/a.app.yaml:5)",
        ]
    );
}

#[test]
fn the_schema_is_one_and_describes_every_key() {
    let schema = application_schema();
    assert!(jsonschema::meta::is_valid(&schema));
    assert_eq!(schema["required"], json!(["deploy_to"]));
    for (key, part) in schema["properties"].as_object().unwrap() {
        assert!(
            part["description"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{key}"
        );
    }
}

/// `files` are made in a folder `My App`; `expected` are parts of the proposal.
fn check_proposal(files: &[(&str, &str)], expected: &[&str], seen: &str) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("My App");
    std::fs::create_dir(&folder).unwrap();
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let proposal = propose(&folder).unwrap();
    assert_eq!(proposal.name, "my-app");
    for part in expected {
        assert!(
            proposal.text.contains(part),
            "{part} is not in\n{}",
            proposal.text
        );
    }
    assert!(
        proposal.seen.join("\n").contains(seen),
        "{:?}",
        proposal.seen
    );
    let application = check("my-app.app.yaml", &proposal.text, &[]).unwrap();
    assert_eq!(application.get("deploy_to"), Some(&json!("/srv/my-app")));
}

#[test]
fn a_file_is_proposed_from_what_lies_in_the_repository() {
    let git = "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = git@host:a/b.git\n\tfetch = x\n[remote \"other\"]\n\turl = no\n";
    check_proposal(
        &[
            ("compose.yaml", "services: {}"),
            ("package.json", "{}"),
            (".git/config", git),
        ],
        &[
            "repository: \"git@host:a/b.git\"",
            "docker compose up",
            "health: {\"command\"",
        ],
        "compose.yaml",
    );
    check_proposal(
        &[
            ("package.json", "{\"scripts\":{\"build\":\"vite\"}}"),
            ("package-lock.json", "{}"),
        ],
        &["build: \"npm ci && npm run build\""],
        "How it is started was not seen",
    );
    check_proposal(
        &[
            ("Cargo.toml", ""),
            ("deploy/web.service", "[Unit]"),
            ("deploy/-x $(id).service", ""),
        ],
        &[
            "cargo build --release --locked",
            "systemctl restart web.service",
            "{\"unit\":\"web.service\"}",
        ],
        "must be installed",
    );
    check_proposal(
        &[("Makefile", "all:\n")],
        &["build: \"make\""],
        "make builds it",
    );
    check_proposal(
        &[("index.html", "<p>")],
        &["deploy_to: \"/srv/my-app\""],
        "a static site",
    );
    check_proposal(
        &[(".gitmodules", ""), ("deploy.yaml", "keep: 2")],
        &["targets: {}"],
        "key by key",
    );
    let hostile = "[remote \"origin\"]\nurl = x\" # y: \u{202e}${{ z }}\n";
    check_proposal(
        &[(".git/config", hostile)],
        &["repository: \"x\\\" # y"],
        "",
    );
    assert!(propose(std::path::Path::new("/no/such/folder")).is_err());
}
