//! The program ends as in a power cut while a question waits, and is opened again.

use std::fs;

use crate::page::Window;
use crate::stage::Stage;

#[test]
fn the_same_question_waits_after_the_program_was_killed() {
    let Some(stage) = Stage::set() else { return };
    let note = stage.folder().join("note.txt");
    let window = Window::open(stage.with_workflow("note"));
    window.start(
        "note",
        &[
            ("path", &note.display().to_string()),
            ("text", "after the cut"),
        ],
    );
    window.see("card");
    window.open_whole_card();
    let before = window.card();
    window.kill();

    let window = Window::open(&stage);
    window.review();
    assert_eq!(window.card(), before);
    assert!(!note.exists());
    window.click("card-approve");
    window.run_is("completed");
    assert_eq!(fs::read_to_string(&note).unwrap(), "after the cut");
    window.close();
}
