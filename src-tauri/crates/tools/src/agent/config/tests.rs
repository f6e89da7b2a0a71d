//! The configuration of an agent, on this computer for real: the three tests of every changing tool, and what a plan
//! shows.

mod hostile;
mod killed;
mod profiles;
mod shells;

use crate::Tool;
use crate::testing::{Approved, Stage, check_change_tool};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const AGENT: &str = fleet::Agent::THIS_COMPUTER;

/// Gives this computer a profile with these folders and files (mode, content).
fn profile(stage: &Stage, directories: &[(&str, &str)], files: &[(&str, &str, &str)]) {
    let mut text = "apiVersion: countersign/v1\nkind: Profile\n".to_owned();
    let path = |name: &str| json!(stage.path(name)).to_string();
    if !directories.is_empty() {
        text.push_str("directories:\n");
    }
    for (name, mode) in directories {
        text.push_str(&format!(
            "  - {{ path: {}, mode: \"{mode}\" }}\n",
            path(name)
        ));
    }
    if !files.is_empty() {
        text.push_str("files:\n");
    }
    for (name, mode, content) in files {
        let content = json!(content);
        text.push_str(&format!(
            "  - {{ path: {}, mode: \"{mode}\", content: {content} }}\n",
            path(name)
        ));
    }
    write_profile(stage, "development", &text);
}

fn write_profile(stage: &Stage, name: &str, text: &str) {
    let folder = stage.context.data_dir.join("profiles");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.yaml")), text).unwrap();
}

async fn plan(stage: &Stage) -> Json {
    let args = json!({ "agent_id": AGENT });
    stage.read("agent.plan_config", args).await.unwrap()
}

/// The arguments that apply the change at this place of the plan.
async fn change(stage: &Stage, index: usize) -> Json {
    let plan = plan(stage).await;
    assert_eq!(plan["blocked"], json!([]));
    json!({ "agent_id": AGENT, "change": plan["changes"][index] })
}

fn tool(name: &str) -> Tool {
    crate::Catalogue::builtin().get(name).unwrap().clone()
}

async fn approve(stage: &Stage, args: Json, run: &str) -> Approved {
    Approved::new(stage, tool("agent.apply_change"), args, run)
        .await
        .unwrap()
}

fn write(stage: &Stage, name: &str, content: &str, mode: u32) {
    std::fs::write(stage.path(name), content).unwrap();
    set_mode(stage, name, mode);
}

fn set_mode(stage: &Stage, name: &str, mode: u32) {
    std::fs::set_permissions(stage.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Everything in the stage's folder but the data folder: mode, and content or `folder`.
fn look(stage: &Stage) -> Json {
    let mut found = BTreeMap::new();
    let mut open = vec![stage.path("")];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path == stage.context.data_dir {
                continue;
            }
            let data = path.symlink_metadata().unwrap();
            let what = match (data.is_dir(), data.is_file()) {
                (true, _) => "folder".to_owned(),
                (_, true) => String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned(),
                (_, _) => "other".to_owned(),
            };
            let mode = format!("{:o}", data.permissions().mode() & 0o7777);
            let name = path
                .strip_prefix(stage.path(""))
                .unwrap()
                .display()
                .to_string();
            found.insert(name, json!([mode, what]));
            if data.is_dir() {
                open.push(path);
            }
        }
    }
    json!(found)
}

/// What is kept for the calls made so far.
fn kept(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

fn backups(stage: &Stage) -> std::path::PathBuf {
    stage.context.data_dir.join("backups/agent")
}

/// The three tests of a changing tool for every kind of change. The hostile names are data wherever they go.
#[tokio::test]
async fn every_change_is_made_and_put_back() {
    let hostile = "-rf ; $(touch never) \"quoted\" 'too' ~ * \\";
    type Prepare = fn(&Stage);
    type Directories = &'static [(&'static str, &'static str)];
    let files_of = |mode, content| vec![("a.conf", mode, content)];
    type Files<'a> = Vec<(&'a str, &'a str, &'a str)>;
    let cases: [(&str, Prepare, Directories, Files<'_>); 7] = [
        ("create", |_| {}, &[], files_of("0640", "new\n")),
        (
            "modify",
            |stage| write(stage, "a.conf", "old\n", 0o644),
            &[],
            files_of("0600", "new\n"),
        ),
        (
            "chmod",
            |stage| write(stage, "a.conf", "same\n", 0o644),
            &[],
            files_of("0600", "same\n"),
        ),
        (
            "empty",
            |stage| write(stage, "a.conf", "old\n", 0o644),
            &[],
            files_of("0644", ""),
        ),
        ("folder", |_| {}, &[("one", "0750")], vec![]),
        (
            "chmod folder",
            |stage| std::fs::create_dir(stage.path("one")).unwrap(),
            &[("one", "0700")],
            vec![],
        ),
        (
            "hostile",
            |_| {},
            &[],
            vec![(hostile, "0600", "$(touch never) `x` '\"\\ %s \\0101\n")],
        ),
    ];
    for (name, prepare, directories, files) in cases {
        let stage = Stage::new();
        prepare(&stage);
        set_umask_free(&stage);
        profile(&stage, directories, &files);
        let args = change(&stage, 0).await;
        let before = look(&stage);
        check_change_tool(&stage, "agent.apply_change", args, &|| look(&stage)).await;
        assert_eq!(look(&stage), before, "{name}");
        assert!(
            !stage.path("never").exists() && !Path::new("/never").exists(),
            "{name}"
        );
    }
}

/// A folder that a test made has the same mode whatever the umask.
fn set_umask_free(stage: &Stage) {
    if stage.path("one").exists() {
        set_mode(stage, "one", 0o755);
    }
}

#[tokio::test]
async fn an_undo_can_be_undone() {
    for prepare in [true, false] {
        let stage = Stage::new();
        if prepare {
            write(&stage, "a.conf", "old\n", 0o644);
        }
        profile(&stage, &[], &[("a.conf", "0600", "new\n")]);
        let first = approve(&stage, change(&stage, 0).await, "first").await;
        let output = first.apply(&stage).await.unwrap();
        let receipt = output.receipt.unwrap();
        let Tool::Change(apply) = tool("agent.apply_change") else {
            unreachable!()
        };
        let inverse = apply.undo(receipt.inline().unwrap()).unwrap();
        check_change_tool(&stage, &inverse.tool, inverse.args, &|| look(&stage)).await;
    }
}

/// All previews come before all changes, so the file of a folder that does not exist yet can be approved with it.
#[tokio::test]
async fn a_whole_profile_is_approved_at_once_applied_and_unwound() {
    let stage = Stage::new();
    profile(
        &stage,
        &[("one", "0755"), ("one/two", "0700")],
        &[
            ("one/two/a.conf", "0600", "a\n"),
            ("b.conf", "0644", &"b".repeat(300_000)),
        ],
    );
    let before = look(&stage);
    let mut approved = Vec::new();
    for index in 0..4 {
        let args = change(&stage, index).await;
        approved.push(approve(&stage, args, &format!("run {index}")).await);
    }
    assert!(
        approved[2]
            .preview
            .blast_radius
            .contains("does not exist yet")
    );
    let early = approved[2].apply(&stage).await.unwrap_err();
    assert_eq!(
        (early.code.as_str(), early.outcome),
        ("parent_missing", workflow::Outcome::NotDone)
    );
    let mut receipts = Vec::new();
    for (index, approved) in approved.iter().enumerate() {
        let Tool::Change(apply) = &approved.tool else {
            unreachable!()
        };
        // The look before the grant is spent: the facts are those of the approval.
        let again = apply
            .preview(approved.permit().args(), &stage.context)
            .await
            .unwrap();
        assert_eq!(again.facts, approved.preview.facts, "{index}");
        receipts.push(approved.apply(&stage).await.unwrap().receipt.unwrap());
    }
    assert_eq!(look(&stage)["one/two/a.conf"], json!(["600", "a\n"]));
    let done = plan(&stage).await;
    assert_eq!(
        (&done["changes"], &done["unchanged"]),
        (&json!([]), &json!(4))
    );
    for (index, receipt) in receipts.iter().enumerate().rev() {
        let Tool::Change(apply) = &approved[index].tool else {
            unreachable!()
        };
        let inverse = apply.undo(receipt.inline().unwrap()).unwrap();
        let name = format!("undo {index}");
        let undo = Approved::new(&stage, tool(&inverse.tool), inverse.args, &name);
        undo.await.unwrap().apply(&stage).await.unwrap();
    }
    assert_eq!(look(&stage), before);
}

#[tokio::test]
async fn a_preview_shows_what_it_stands_on() {
    let stage = Stage::new();
    write(&stage, "a.conf", "one\ntwo\n", 0o644);
    std::fs::hard_link(stage.path("a.conf"), stage.path("b.conf")).unwrap();
    profile(&stage, &[], &[("a.conf", "0600", "one\n2\n")]);
    let args = change(&stage, 0).await;
    let approved = approve(&stage, args.clone(), "run").await;
    let path = stage.path("a.conf").display().to_string();
    let preview = &approved.preview;
    assert_eq!(
        preview.changes[0].diff,
        format!("--- {path}\n+++ {path}\n@@ -1,2 +1,2 @@\n one\n-two\n+2\nmode 0644 -> 0600\n")
    );
    assert_eq!(
        preview.changes[0].diff,
        args["change"]["diff"].as_str().unwrap()
    );
    let facts = json!({
        "path": path,
        "expected_kind": "file",
        "expected_sha256": workflow::Digest::of(b"one\ntwo\n"),
        "expected_mode": "0644",
    });
    assert_eq!(json!(preview.facts), facts);
    assert_eq!(
        preview.blast_radius,
        format!(
            "One file, {path} on This computer (1 lines added, 1 removed). It has 2 names; under the others the old content stays."
        )
    );
    assert_eq!(preview.targets[0].agent, AGENT);
    assert_eq!(preview.undo.as_ref().unwrap().tool, "agent.revert_change");
}

#[tokio::test]
async fn what_is_so_already_is_not_changed() {
    let stage = Stage::new();
    profile(&stage, &[], &[("a.conf", "0600", "new\n")]);
    let args = change(&stage, 0).await;
    write(&stage, "a.conf", "new\n", 0o600);
    let approved = approve(&stage, args, "run").await;
    assert!(approved.preview.changes.is_empty() && approved.preview.undo.is_none());
    let output = approved.apply(&stage).await.unwrap();
    assert_eq!(output.output.inline().unwrap()["changed"], json!(false));
    assert_eq!(approved.apply(&stage).await.unwrap(), output);
    assert_eq!(
        approved.observe(&stage).await,
        workflow::Observation::Done(output)
    );
}
