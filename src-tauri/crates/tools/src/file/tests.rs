//! Changing files: the three tests of every changing tool, and what a preview shows.

mod hostile;
mod killed;
mod stopped;

use super::FileWrite;
use crate::Tool;
use crate::testing::{Approved, Stage, check_change_tool, tree};
use serde_json::{Value as Json, json};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

fn write() -> Tool {
    Tool::Change(Arc::new(FileWrite::new()))
}

fn args(stage: &Stage, name: &str, content: &str) -> Json {
    json!({ "path": stage.path(name), "content": content, "create_parents": true })
}

fn look(stage: &Stage) -> Json {
    tree(&stage.path(""))
}

#[tokio::test]
async fn a_file_is_changed_and_put_back() {
    let stage = Stage::new();
    std::fs::write(stage.path("a.conf"), "old\n").unwrap();
    std::fs::set_permissions(stage.path("a.conf"), std::fs::Permissions::from_mode(0o640)).unwrap();
    check_change_tool(
        &stage,
        "file.write",
        args(&stage, "a.conf", "new\n"),
        &|| look(&stage),
    )
    .await;
}

#[tokio::test]
async fn a_file_is_created_and_removed_with_its_folders() {
    let stage = Stage::new();
    check_change_tool(
        &stage,
        "file.write",
        args(&stage, "one/two/a.conf", "new\n"),
        &|| look(&stage),
    )
    .await;
    assert_eq!(look(&stage), json!({}));
}

#[tokio::test]
async fn an_undo_can_be_undone() {
    let stage = Stage::new();
    std::fs::write(stage.path("a.conf"), "old\n").unwrap();
    let first = Approved::new(&stage, write(), args(&stage, "a.conf", "new\n"), "first")
        .await
        .unwrap();
    let output = first.apply(&stage).await.unwrap();
    let backup = json!({ "backup_id": output.output.inline().unwrap()["backup_id"] });
    check_change_tool(&stage, "file.restore", backup, &|| look(&stage)).await;
}

#[tokio::test]
async fn what_is_there_already_is_not_changed() {
    let stage = Stage::new();
    std::fs::write(stage.path("a.conf"), "same\n").unwrap();
    let approved = Approved::new(&stage, write(), args(&stage, "a.conf", "same\n"), "first")
        .await
        .unwrap();
    assert!(approved.preview.changes.is_empty() && approved.preview.undo.is_none());
    let output = approved.apply(&stage).await.unwrap();
    assert_eq!(output.output.inline().unwrap()["changed"], json!(false));
    assert_eq!(approved.apply(&stage).await.unwrap(), output);
}

#[tokio::test]
async fn a_preview_shows_the_exact_difference_and_what_it_stands_on() {
    let stage = Stage::new();
    std::fs::write(stage.path("a.conf"), "one\ntwo\n").unwrap();
    let mut args = args(&stage, "a.conf", "one\n2\n");
    args["mode"] = json!("0600");
    let approved = Approved::new(&stage, write(), args, "first").await.unwrap();
    let change = &approved.preview.changes[0];
    let path = stage.path("a.conf").display().to_string();
    assert_eq!(
        change.diff,
        format!("--- {path}\n+++ {path}\n@@ -1,2 +1,2 @@\n one\n-two\n+2\nmode 0644 -> 0600\n")
    );
    assert_eq!(
        approved.preview.facts["expected_sha256"],
        json!(workflow::Digest::of(b"one\ntwo\n"))
    );
    assert_eq!(approved.preview.facts["path"], json!(path));
    assert!(
        approved
            .preview
            .blast_radius
            .contains("1 lines added, 1 removed")
    );
}

/// Files of ours beside the target.
fn left_over(stage: &Stage) -> Vec<String> {
    let tree = look(stage);
    tree.as_object()
        .unwrap()
        .keys()
        .filter(|name| name.contains(".countersign-"))
        .cloned()
        .collect()
}
