//! Profiles: which one an agent gets, what is put into it, and what is said about one that is wrong.

use super::{AGENT, plan, write_profile};
use crate::agent::config::profile::{Wanted, load, parse};
use crate::testing::{Stage, World};
use fleet::Agent;
use serde_json::json;
use std::path::Path;

const HEAD: &str = "apiVersion: countersign/v1\nkind: Profile\n";

fn agent() -> Agent {
    Agent {
        agent_id: "web-01".to_owned(),
        environment: "staging".to_owned(),
        labels: [(
            "tier".to_owned(),
            "${{ agent.nothing }} \"x\": y".to_owned(),
        )]
        .into(),
        ..Agent::this_computer()
    }
}

#[test]
fn the_built_in_one_names_the_agent_and_is_the_same_each_time() {
    let nowhere = Path::new("/nonexistent");
    let profile = load(nowhere, None, &agent()).unwrap();
    assert_eq!(
        (profile.name.as_str(), profile.origin.as_str()),
        ("default", "built in")
    );
    let found: Vec<(&str, u32)> = profile
        .entries
        .iter()
        .map(|entry| (entry.path.as_str(), entry.mode))
        .collect();
    assert_eq!(
        found,
        [
            ("~/.countersign", 0o700),
            ("~/.countersign/agent.yaml", 0o600)
        ]
    );
    let Wanted::File { content, .. } = &profile.entries[1].wanted else {
        panic!("a file")
    };
    let read: serde_json::Value = serde_saphyr::from_str(content).unwrap();
    assert_eq!(
        read,
        json!({
            "agent_id": "web-01",
            "environment": "staging",
            "labels": { "tier": "${{ agent.nothing }} \"x\": y" },
            "registered_by": "countersign",
        })
    );
    assert_eq!(load(nowhere, Some("default"), &agent()).unwrap(), profile);
    assert_eq!(load(nowhere, Some("staging"), &agent()).unwrap(), profile);
}

#[test]
fn a_file_of_the_environments_name_comes_first() {
    let stage = Stage::new();
    let name = |asked: Option<&str>| {
        load(&stage.context.data_dir, asked, &agent())
            .map(|profile| profile.origin)
            .map_err(|error| error.code)
    };
    assert_eq!(name(None).unwrap(), "built in");
    write_profile(&stage, "default", HEAD);
    assert_eq!(name(None).unwrap(), "profiles/default.yaml");
    write_profile(&stage, "staging", HEAD);
    assert_eq!(name(None).unwrap(), "profiles/staging.yaml");
    assert_eq!(name(Some("default")).unwrap(), "profiles/default.yaml");
    for missing in ["production", "../staging", "/etc/passwd", "", ".hidden"] {
        assert_eq!(
            name(Some(missing)).unwrap_err(),
            "profile_not_found",
            "{missing}"
        );
    }
}

#[test]
fn what_is_known_of_the_agent_is_put_in() {
    let text = format!(
        "{HEAD}files:\n  - path: /etc/${{{{ agent.agent_id }}}}.conf\n    mode: 0644\n    content: \"${{{{agent.environment}}}} on ${{{{ agent.hostname }}}}, $${{{{ literal }}}}\"\n"
    );
    let profile = parse("x", "profiles/x.yaml", &text, &agent()).unwrap();
    assert_eq!(profile.entries[0].path, "/etc/web-01.conf");
    let Wanted::File { content, .. } = &profile.entries[0].wanted else {
        panic!("a file")
    };
    assert_eq!(content, "staging on web-01, ${{ literal }}");
}

#[test]
fn what_is_wrong_is_said_with_its_line_and_what_to_write() {
    let file = |line: &str| format!("{HEAD}files:\n  - path: /etc/a\n    content: x\n    {line}\n");
    let path = |path: &str| format!("{HEAD}directories:\n  - mode: \"0755\"\n    path: {path}\n");
    let cases: Vec<(String, u64, &str)> = vec![
        ("kind: Profile\n".to_owned(), 1, "apiVersion"),
        ("apiVersion: v9\nkind: Profile\n".to_owned(), 1, "v9"),
        (
            "apiVersion: countersign/v1\nkind: Workflow\n".to_owned(),
            2,
            "Workflow",
        ),
        (format!("{HEAD}directorys: []\n"), 3, "directorys"),
        (format!("{HEAD}files: [\n"), 3, ""),
        (file("mode: \"644\""), 6, "\"644\" is not a mode"),
        (file("mode: rw-r--r--"), 6, "is not a mode"),
        (file("mode: \"4755\""), 6, "setuid"),
        (file("mode: \"0644\"\n    owner: root"), 7, "owner"),
        (
            file("mode: \"0644\"\n    expected_sha256: abc"),
            7,
            "not a SHA-256",
        ),
        (file("mode: \"0644\"\n    mode: \"0600\""), 7, "mode"),
        (
            file("mode: \"0644\"").replace("content: x", "content: \"${{ agent.password }}\""),
            5,
            "agent.password",
        ),
        (
            file("mode: \"0644\"").replace("content: x", "content: \"${{ agent.agent_id\""),
            5,
            "no end",
        ),
        (
            file("mode: \"0644\"").replace("content: x", "content: \"a\\0b\""),
            5,
            "NUL",
        ),
        (
            file("mode: \"0644\"").replace(
                "content: x",
                &format!("content: {}", "x".repeat(1024 * 1024 + 1)),
            ),
            5,
            "1 MiB",
        ),
        (path("etc/a"), 5, "neither absolute"),
        (path("/etc/../root/a"), 5, ".."),
        (path("/etc/a/"), 5, "empty parts"),
        (path("/proc/sys/kernel"), 5, "/proc"),
        (path("/sys"), 5, "/sys"),
        (path("/dev/shm/x"), 5, "/dev"),
        (path("\"/etc/a\\nb\""), 5, "cannot be seen"),
        (path("~root/a"), 5, "neither absolute"),
        (path("~/.countersign/backups/x"), 5, "kept there"),
        (path("~/.countersign"), 5, "holds the backups"),
        (path("/etc/.countersign-x"), 5, ".countersign-"),
        (
            format!("{}  - {{ mode: \"0755\", path: /etc/x }}\n", path("/etc/x")),
            6,
            "twice",
        ),
    ];
    for (text, line, said) in cases {
        let error = parse("x", "profiles/x.yaml", &text, &agent()).unwrap_err();
        let shown: String = text.chars().take(200).collect();
        assert_eq!(error.code, "invalid_profile", "{shown}");
        assert!(
            error
                .message
                .starts_with(&format!("profiles/x.yaml, line {line}: "))
                && error.message.contains(said)
                && error.hint.starts_with("Write "),
            "{shown}\n{error:?}"
        );
    }
}

/// Read only: the built-in profile against this computer's own home.
#[tokio::test]
async fn the_home_folder_is_resolved_on_the_host() {
    let stage = Stage::with(World {
        agents: vec![Agent::this_computer()],
        ..World::default()
    });
    let plan = plan(&stage).await;
    assert_eq!(
        (&plan["agent_id"], &plan["origin"]),
        (&json!(AGENT), &json!("built in"))
    );
    let changes = plan["changes"].as_array().unwrap();
    let count = changes.len() as u64 + plan["unchanged"].as_u64().unwrap();
    assert_eq!(
        count + plan["blocked"].as_array().unwrap().len() as u64,
        2,
        "{plan:#}"
    );
    for change in changes {
        let path = change["path"].as_str().unwrap();
        assert!(
            path.starts_with('/') && path.contains("/.countersign"),
            "{path}"
        );
    }
}
