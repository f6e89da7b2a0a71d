//! A run that is over is undone: real files, the real program.

use crate::desk::{Desk, Ended, Waiting};
use serde_json::json;

/// Two notes are written, each approved.
const TWO_NOTES: &str = r#"
apiVersion: countersign/v1
kind: Workflow
id: two_notes
title: Two notes
inputs:
  type: object
  required: [first, second]
  properties: { first: { type: string }, second: { type: string } }
undo: { window: WINDOW }
steps:
  - { id: first, uses: file.write, with: { path: "${{ inputs.first }}", content: new }, requires_approval: true }
  - { id: second, uses: file.write, with: { path: "${{ inputs.second }}", content: new }, requires_approval: true }
"#;

/// A completed run of it.
struct Notes {
    desk: Desk,
    token: String,
    run: String,
}

impl Notes {
    fn written(window: &str) -> Notes {
        let desk = Desk::new();
        let file = desk.data().join("workflows/two_notes.workflow.yaml");
        std::fs::write(file, TWO_NOTES.replace("WINDOW", window)).unwrap();
        desk.write("first.txt", "old");
        let inputs = [
            desk.input("first", "first.txt"),
            desk.input("second", "second.txt"),
        ];
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let waiting = desk.start_waiting("two_notes", &inputs);
        let notes = Notes {
            token: desk.token(),
            desk,
            run: waiting.run.clone(),
        };
        assert_eq!(notes.answer(&waiting.run, &["--approve"]).code, 75);
        assert_eq!(notes.answer(&waiting.run, &["--approve"]).code, 0);
        notes
    }

    /// Undoes it as far as the card; gives that run.
    fn undo(&self, more: &[&str]) -> String {
        let (code, run) = self
            .desk
            .json(&[&["undo", self.run.as_str()], more].concat());
        assert_eq!(code, 75, "{run:#}");
        run["run"].as_str().unwrap().to_owned()
    }

    fn answer(&self, run: &str, answer: &[&str]) -> Ended {
        let waiting = Waiting::of(&self.desk.show(run));
        self.desk.run_with(&self.token, &waiting.decide(answer))
    }

    fn refused(&self, more: &[&str]) -> String {
        let refused = self
            .desk
            .run(&[&["undo", self.run.as_str()], more].concat());
        assert_eq!(refused.code, 3, "{refused:?}");
        refused.stderr
    }
}

#[test]
fn a_completed_run_is_undone_after_one_card() {
    let notes = Notes::written("7d");
    let undo = notes.undo(&[]);
    assert_eq!(
        notes.desk.read("first.txt"),
        "new",
        "nothing happens before the card is approved"
    );
    let card = notes.desk.run(&["show", &undo]).stdout;
    for words in [
        "Undo Two notes, run",
        "These 2 calls run, exactly so:",
        "file.restore",
        "-new",
        "+old",
    ] {
        assert!(card.contains(words), "{words}: {card}");
    }
    let ended = notes.answer(&undo, &["--approve"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(notes.desk.read("first.txt"), "old");
    assert!(!notes.desk.path("second.txt").exists());
    let old = notes.desk.show(&notes.run);
    assert_eq!(old["state"], "completed");
    assert_eq!(old["message"], json!(format!("Undone by run {undo}")));
    let undone = old["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["undone"].clone());
    assert_eq!(undone.collect::<Vec<_>>(), [json!(true), json!(true)]);
    assert!(
        notes
            .refused(&[])
            .contains(&format!("was undone by run {undo}"))
    );
    // The undo is a run like any other, so it can be undone too.
    let (code, again) = notes.desk.json(&["undo", &undo]);
    assert_eq!(code, 75, "{again:#}");
    let again = again["run"].as_str().unwrap().to_owned();
    assert_eq!(notes.answer(&again, &["--approve"]).code, 0);
    assert_eq!(notes.desk.read("first.txt"), "new");
}

#[test]
fn a_file_that_somebody_has_changed_since_is_left_out() {
    let notes = Notes::written("7d");
    notes.desk.write("second.txt", "somebody else's");
    let undo = notes.undo(&[]);
    let card = notes.desk.run(&["show", &undo]).stdout;
    assert!(card.contains("Left out, will not run:"), "{card}");
    assert!(
        card.contains("was changed after the backup was made"),
        "{card}"
    );
    assert_eq!(notes.answer(&undo, &["--approve"]).code, 0);
    assert_eq!(notes.desk.read("first.txt"), "old");
    assert_eq!(notes.desk.read("second.txt"), "somebody else's");
    // What it changed between the card and the answer is not overwritten either.
    let notes = Notes::written("7d");
    let undo = notes.undo(&["--from", "second"]);
    notes.desk.write("second.txt", "somebody else's");
    let ended = notes.answer(&undo, &["--approve"]);
    assert_eq!(
        notes.desk.read("second.txt"),
        "somebody else's",
        "{ended:?}"
    );
    assert_eq!(notes.desk.read("first.txt"), "new");
}

#[test]
fn a_part_is_undone_and_the_rest_later() {
    let notes = Notes::written("7d");
    assert!(
        notes
            .refused(&["--from", "third"])
            .contains("Changes stand of: first, second")
    );
    let undo = notes.undo(&["--from", "second"]);
    assert_eq!(notes.answer(&undo, &["--approve"]).code, 0);
    assert_eq!(notes.desk.read("first.txt"), "new");
    assert!(!notes.desk.path("second.txt").exists());
    let undo = notes.undo(&[]);
    assert_eq!(notes.answer(&undo, &["--approve"]).code, 0);
    assert_eq!(notes.desk.read("first.txt"), "old");
}

#[test]
fn what_is_back_already_needs_no_card() {
    let notes = Notes::written("7d");
    notes.desk.write("first.txt", "old");
    std::fs::remove_file(notes.desk.path("second.txt")).unwrap();
    let (code, run) = notes.desk.json(&["undo", &notes.run]);
    assert_eq!(
        (code, run["state"].as_str()),
        (0, Some("completed")),
        "{run:#}"
    );
}

#[test]
fn after_its_window_a_run_is_not_undone() {
    let notes = Notes::written("1ms");
    assert!(
        notes
            .refused(&[])
            .contains("The time in which this run could be undone is over")
    );
    let desk = Desk::new();
    let refused = desk.run(&["undo", "20261122-1041"]);
    assert!(refused.stderr.contains("There is no run"), "{refused:?}");
}
