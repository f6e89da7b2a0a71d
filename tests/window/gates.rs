//! Every answer at a gate, by clicks, with what it does to the disk: what was shown is what is written, and nothing else.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::page::Window;
use crate::stage::Stage;

/// A file that the workflows of `fixtures` write.
fn note(stage: &Stage) -> PathBuf {
    stage.folder().join("note.txt")
}

/// A run of `note`, waiting at its gate.
fn waiting(stage: &Stage) -> Window<'_> {
    let window = Window::open(stage.with_workflow("note"));
    let path = note(stage).display().to_string();
    window.start("note", &[("path", &path), ("text", "shown")]);
    window.see("card");
    window.run_is("waiting");
    assert!(!note(stage).exists(), "written before anybody was asked");
    window
}

fn written(stage: &Stage) -> String {
    fs::read_to_string(note(stage)).unwrap()
}

#[test]
fn approve_writes_what_was_shown() {
    let Some(stage) = Stage::set() else { return };
    let window = waiting(&stage);
    window.see("waiting-banner");
    let before = window.clicks();
    window.click("card-approve");
    window.run_is("completed");
    assert_eq!(window.clicks() - before, 1);
    assert_eq!(written(&stage), "shown");
    window.see_no("card");
    window.see_no("waiting-banner");
    window.close();
}

#[test]
fn edit_asks_again_and_writes_what_was_edited() {
    let Some(stage) = Stage::set() else { return };
    let window = waiting(&stage);
    window.open_whole_card();
    let first = window.attribute("card-digest", "data-digest");
    window.click("card-edit");
    window.fill("input-text", "edited");
    window.click("card-edit-send");
    window.has("card", "data-revision", "2");
    assert_ne!(window.attribute("card-digest", "data-digest"), first);
    assert!(!note(&stage).exists(), "an edit is no approval");
    window.click("card-approve");
    window.run_is("completed");
    assert_eq!(written(&stage), "edited");
    window.close();
}

#[test]
fn reject_keeps_the_reason_and_writes_nothing() {
    let Some(stage) = Stage::set() else { return };
    let window = waiting(&stage);
    window.click("card-reject");
    window.fill("card-reject-reason", "not on a Friday");
    window.click("card-reject-send");
    window.run_is("failed");
    window.reads("failure", "not on a Friday");
    assert!(!note(&stage).exists());
    window.close();
}

#[test]
fn redo_begins_the_step_again_and_asks_again() {
    let Some(stage) = Stage::set() else { return };
    let window = waiting(&stage);
    window.open_whole_card();
    window.click("card-redo");
    window.fill("card-redo-feedback", "look once more");
    window.click("card-redo-send");
    window.has("card", "data-revision", "2");
    window.click("card-approve");
    window.run_is("completed");
    assert_eq!(written(&stage), "shown");
    window.close();
}

#[test]
fn skip_goes_on_without_writing() {
    let Some(stage) = Stage::set() else { return };
    let window = waiting(&stage);
    window.open_whole_card();
    window.click("card-skip");
    window.run_is("completed");
    assert!(!note(&stage).exists());
    window.has("stage-3", "data-status", "skipped");
    window.close();
}

#[test]
fn drop_leaves_one_of_three_out() {
    let Some(stage) = Stage::set() else { return };
    let window = Window::open(stage.with_workflow("notes"));
    window.start(
        "notes",
        &[("folder", &stage.folder().display().to_string())],
    );
    window.see("card");
    window.open_whole_card();
    window.click("[data-item*='1'] [data-testid=card-drop]");
    window.click("card-approve");
    window.run_is("completed");
    let exists = |name: &str| stage.folder().join(name).exists();
    assert_eq!(
        [exists("one.txt"), exists("two.txt"), exists("three.txt")],
        [true, false, true]
    );
    window.close();
}

#[test]
fn a_question_that_nobody_answers_rejects_itself() {
    let Some(stage) = Stage::set() else { return };
    let window = Window::open(stage.with_workflow("brief"));
    window.start("brief", &[("path", &note(&stage).display().to_string())]);
    window.see("card");
    window.run_is("failed");
    window.see_no("card");
    assert!(!note(&stage).exists());
    window.close();
}

#[test]
fn an_answer_to_a_card_that_has_changed_is_refused() {
    let Some(stage) = Stage::set() else { return };
    let window = waiting(&stage);
    window.open_whole_card();
    let run = window.attribute("run-state", "data-run").unwrap();
    let gate = window.attribute("card", "data-gate").unwrap();
    let digest = window.attribute("card-digest", "data-digest").unwrap();
    // The page hears nothing any more, as on a machine that is too busy: it goes on showing the first card …
    let deaf = "const speak = JSON.stringify; \
                JSON.stringify = (value, ...more) => \
                  value && typeof value === 'object' && 'index' in value ? undefined : speak(value, ...more);";
    window.script(deaf, &json!([]));
    // … while somebody at another door edits, which makes a second.
    let edit = json!({ "edit": { "values": { "text": "from another door" } } });
    let answer = json!({ "run": run, "gate": gate, "revision": 1, "digest": digest, "decision": edit, "token": null });
    crate::door::call(&stage, "decide", answer);
    window.click("card-approve");
    window.see("fault");
    window.keep_picture("stale_card");
    assert!(
        !note(&stage).exists(),
        "the first card was approved, and something was written"
    );
    window.close();

    // Opened again, the window shows the second card, and that one can be approved.
    let window = Window::open(&stage);
    window.review();
    window.has("card", "data-revision", "2");
    window.click("card-approve");
    window.run_is("completed");
    assert_eq!(written(&stage), "from another door");
    window.close();
}

#[test]
fn a_run_decided_elsewhere_needs_no_answer_here() {
    let Some(stage) = Stage::set() else { return };
    let window = waiting(&stage);
    window.open_whole_card();
    let run = window.attribute("run-state", "data-run").unwrap();
    let gate = window.attribute("card", "data-gate").unwrap();
    let digest = window.attribute("card-digest", "data-digest").unwrap();
    let answer = json!({ "run": run, "gate": gate, "revision": 1, "digest": digest, "decision": "approve", "token": null });
    crate::door::call(&stage, "decide", answer);
    window.see_no("card");
    window.run_is("completed");
    assert_eq!(written(&stage), "shown");
    window.close();
}

#[test]
fn cancel_between_two_changes_keeps_the_first_and_makes_no_second() {
    let Some(stage) = Stage::set() else { return };
    let window = Window::open(stage.with_workflow("twice"));
    window.start(
        "twice",
        &[("folder", &stage.folder().display().to_string())],
    );
    window.reads("card", "the first note");
    window.click("card-approve");
    window.reads("card", "the second note");
    window.click("cancel-run");
    window.click("cancel-confirm");
    window.run_is("cancelled");
    window.see_no("card");
    assert!(stage.folder().join("first.txt").exists());
    assert!(!stage.folder().join("second.txt").exists());
    window.close();
}

#[test]
fn cancel_stops_a_run_that_is_at_work() {
    let Some(stage) = Stage::set() else { return };
    fs::write(note(&stage), "wait").unwrap();
    let window = Window::open(stage.with_workflow("watch"));
    window.start("watch", &[("path", &note(&stage).display().to_string())]);
    window.has("stage-3", "data-status", "in-progress");
    window.click("cancel-run");
    window.run_is("cancelled");
    window.close();
}

#[test]
fn a_result_can_be_edited_and_asked_for_again() {
    let Some(stage) = Stage::set() else { return };
    fs::write(note(&stage), "as it was read").unwrap();
    let window = Window::open(stage.with_workflow("agree"));
    window.start("agree", &[("path", &note(&stage).display().to_string())]);
    window.see("card");
    window.open_whole_card();
    fs::write(note(&stage), "read again").unwrap();
    window.click("card-redo");
    window.fill("card-redo-feedback", "it has changed since");
    window.click("card-redo-send");
    window.has("card", "data-revision", "2");
    window.click("card-edit");
    let path = note(&stage).display().to_string();
    let zeros = "0".repeat(64);
    let result = json!({ "path": path, "content": "by a person", "sha256": zeros, "size_bytes": 11, "mode": "644" });
    window.fill("input-output", &result.to_string());
    window.click("card-edit-send");
    window.run_is("completed");
    let run = window.attribute("run-state", "data-run").unwrap();
    let shown = crate::door::call(&stage, "show_run", json!({ "run": run })).to_string();
    assert!(shown.contains("agreed: by a person"), "{shown}");
    window.close();
}

#[test]
fn a_workflow_can_be_started_twice() {
    let Some(stage) = Stage::set() else { return };
    let window = waiting(&stage);
    window.click("card-approve");
    window.run_is("completed");
    let path = note(&stage).display().to_string();
    window.start("note", &[("path", &path), ("text", "again")]);
    window.click("card-approve");
    window.see_no("card");
    window.run_is("completed");
    assert_eq!(written(&stage), "again");
    window.close();
}
