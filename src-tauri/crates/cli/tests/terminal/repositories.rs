//! A workflow over a real repository: what a name stands for, what would change, and what a person reads when it cannot
//! be told.

use crate::desk::{Desk, Ended};
use std::process::Command;

const WORKFLOW: &str = r#"apiVersion: countersign/v1
kind: Workflow
id: look_at_release
title: Look at a release
version: 1.0.0
description: Pins the commit of a name and lists what it would bring.
risk: low
effects: [read]
inputs:
  type: object
  additionalProperties: false
  required: [repository, ref]
  properties:
    repository: { type: string }
    ref: { type: string }
stages: [Look]
steps:
  - id: pin
    title: Validate repository and ref
    stage: 1
    uses: repository.resolve_ref
    with: { repository: "${{ inputs.repository }}", ref: "${{ inputs.ref }}", require_file: deploy.yaml }
  - id: changes
    title: List what it brings
    stage: 1
    uses: repository.changelog
    with: { repository: "${{ inputs.repository }}", from: v1, to: "${{ steps.pin.output.commit }}" }
outputs:
  commit: ${{ steps.pin.output.commit }}
  relation: ${{ steps.changes.output.relation }}
  subjects: ${{ steps.changes.output.commits | map(attribute='subject') | list }}
"#;

/// A desk with that workflow, and a repository with two commits on main, the first tagged v1, and another line of work.
fn with_repository() -> (Desk, String, Vec<String>) {
    let desk = Desk::new();
    std::fs::write(
        desk.data().join("workflows/look_at_release.workflow.yaml"),
        WORKFLOW,
    )
    .unwrap();
    let folder = desk.path("app");
    let git = |args: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(&folder)
            .envs([
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
            ])
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
            .args(args)
            .output()
            .unwrap();
        assert!(output.status.success(), "git {args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    std::fs::create_dir(&folder).unwrap();
    git(&["init", "--quiet", "--initial-branch=main"]);
    let mut commits = Vec::new();
    for message in ["First", "Faster \u{1b}[31mstart"] {
        desk.write("app/deploy.yaml", &format!("# {}\n", commits.len()));
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message", message]);
        commits.push(git(&["rev-parse", "HEAD"]));
    }
    git(&["tag", "-a", "-m", "Version 1", "v1", "HEAD~1"]);
    git(&["branch", "both"]);
    git(&["tag", "both"]);
    let url = folder.display().to_string();
    (desk, url, commits)
}

fn look(desk: &Desk, repository: &str, name: &str) -> Ended {
    let (repository, name) = (format!("repository={repository}"), format!("ref={name}"));
    desk.run(&["run", "look_at_release", "-i", &repository, "-i", &name])
}

#[test]
fn a_branch_is_pinned_and_what_it_brings_is_listed() {
    let (desk, url, commits) = with_repository();
    let (repository, name) = (format!("repository={url}"), "ref=main");
    let (code, run) = desk.json(&["run", "look_at_release", "-i", &repository, "-i", name]);
    assert_eq!(code, 0, "{run}");
    assert_eq!(
        run["outputs"],
        serde_json::json!({
            "commit": commits[1],
            "relation": "forward",
            "subjects": ["Faster \u{1b}[31mstart"],
        })
    );
    let ended = look(&desk, &url, "main");
    assert!(
        !ended.stdout.contains('\u{1b}') && !ended.stderr.contains('\u{1b}'),
        "{ended:?}"
    );
    assert!(ended.stdout.contains("Faster "), "{ended:?}");
}

#[test]
fn a_name_that_is_nothing_or_two_things_says_what_to_write() {
    let (desk, url, _) = with_repository();
    for (repository, name, says, hint) in [
        (
            url.as_str(),
            "mian",
            "has no branch, tag or commit",
            "Did you mean main?",
        ),
        (
            &url,
            "both",
            "means more than one thing",
            "refs/heads/both or refs/tags/both",
        ),
        (
            "/no/such/place",
            "main",
            "is not there",
            "Look at the spelling",
        ),
        ("ext::sh", "main", "remote helper", "https://host/path"),
    ] {
        let ended = look(&desk, repository, name);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert_ne!(ended.code, 0, "{said}");
        // Long lines are wrapped.
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(says) && said.contains(hint), "{name}: {said}");
    }
}
