//! What was changed is taken back, by clicks: a failed run is rolled back, a finished one undone; each after a card that
//! names what would be done, and nothing else is touched.

use std::fs;

use crate::page::Window;
use crate::stage::Stage;

/// A run of `two_notes`, of which the first note was there before, with both notes written.
fn written(stage: &Stage) -> Window<'_> {
    fs::write(stage.folder().join("first.txt"), "old").unwrap();
    let window = Window::open(stage.with_workflow("two_notes"));
    let folder = stage.folder().display().to_string();
    window.start("two_notes", &[("folder", &folder)]);
    window.reads("card", "the first note");
    window.open_whole_card();
    window.see("card-rollback-plan");
    window.keep_picture("rollback-plan");
    window.click("card-approve");
    window.reads("card", "the second note");
    window.click("card-approve");
    window
}

fn notes(stage: &Stage) -> [Option<String>; 2] {
    ["first.txt", "second.txt"].map(|name| fs::read_to_string(stage.folder().join(name)).ok())
}

#[test]
fn a_failed_run_asks_and_is_rolled_back() {
    let Some(stage) = Stage::set() else { return };
    let window = written(&stage);
    // The third note is not there.
    window.see("card-rollback");
    window.keep_picture("rollback-asked");
    assert_eq!(
        notes(&stage),
        [Some("new".to_owned()), Some("new".to_owned())]
    );
    window.click("card-rollback");
    window.run_is("rolled_back");
    assert_eq!(notes(&stage), [Some("old".to_owned()), None]);
    window.keep_picture("rolled-back");
    // Nothing stands that could be undone.
    assert!(!window.shows("undo-run"));
    window.close();
}

#[test]
fn a_finished_run_is_undone_once() {
    let Some(stage) = Stage::set() else { return };
    fs::write(stage.folder().join("third.txt"), "here").unwrap();
    let window = written(&stage);
    window.run_is("completed");
    let run = window.attribute("run-state", "data-run").unwrap();
    window.click("undo-run");
    window.see("card-digest");
    window.reads("card", "first.txt");
    window.reads("card", "second.txt");
    window.keep_picture("undo-card");
    assert_eq!(
        notes(&stage),
        [Some("new".to_owned()), Some("new".to_owned())]
    );
    window.click("card-approve");
    window.run_is("completed");
    assert_eq!(notes(&stage), [Some("old".to_owned()), None]);
    window.keep_picture("undone");
    // The run that was undone says so, and offers nothing more.
    window.click(".nav [href='#/runs']");
    window.click(&format!("[data-testid=run-row][data-run='{run}']"));
    window.reads("run-state", "Completed");
    window.see_no("undo-run");
    window.keep_picture("undone-run");
    window.close();
}
