//! A failed run is rolled back, as a person and a script see it: real files, the real program.

use crate::desk::{Desk, Ended, Waiting};
use serde_json::json;

/// Two notes are written, each approved; then something fails, or a person says no.
const TWO_NOTES: &str = r#"
apiVersion: countersign/v1
kind: Workflow
id: two_notes
inputs:
  type: object
  required: [first, second, look]
  properties: { first: { type: string }, second: { type: string }, look: { type: string } }
on_failure: ON_FAILURE
steps:
  - { id: first, uses: file.write, with: { path: "${{ inputs.first }}", content: new }, requires_approval: true }
  - { id: second, uses: file.write, with: { path: "${{ inputs.second }}", content: new }, requires_approval: true }
  - { id: look, uses: file.read, with: { path: "${{ inputs.look }}" }, gate: { after: { title: Is it right? } } }
"#;

/// A run of it with both notes written.
struct Notes {
    desk: Desk,
    token: String,
    run: String,
}

impl Notes {
    /// `look` is a note, or a file that is not there.
    fn written(on_failure: &str, look: &str) -> Notes {
        let desk = Desk::new();
        let file = desk.data().join("workflows/two_notes.workflow.yaml");
        std::fs::write(file, TWO_NOTES.replace("ON_FAILURE", on_failure)).unwrap();
        desk.write("first.txt", "old");
        let inputs = [
            ("first", "first.txt"),
            ("second", "second.txt"),
            ("look", look),
        ];
        let inputs = inputs.map(|(input, name)| desk.input(input, name));
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let waiting = desk.start_waiting("two_notes", &inputs);
        let notes = Notes {
            token: desk.token(),
            desk,
            run: waiting.run.clone(),
        };
        assert_eq!(notes.answer(&["--approve"]).code, 75);
        assert_eq!(notes.desk.read("first.txt"), "new");
        notes
    }

    /// The answer at the gate that waits.
    fn answer(&self, answer: &[&str]) -> Ended {
        let waiting = Waiting::of(&self.desk.show(&self.run));
        self.desk.run_with(&self.token, &waiting.decide(answer))
    }

    fn state(&self) -> String {
        self.desk.show(&self.run)["state"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Nothing is left of the run: the first note is as it was, the second is not there.
    fn are_back(&self) {
        assert_eq!(self.desk.read("first.txt"), "old");
        assert!(!self.desk.path("second.txt").exists());
        assert_eq!(self.state(), "rolled_back");
    }
}

#[test]
fn a_failed_run_puts_every_file_back() {
    let notes = Notes::written("rollback", "nowhere.txt");
    let shown = notes.desk.run(&["show", &notes.run]).stdout;
    assert!(
        !shown.contains("is rolled back, the newest"),
        "one change is made already: {shown}"
    );
    let ended = notes.answer(&["--approve"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    notes.are_back();
    let run = notes.desk.show(&notes.run);
    assert_eq!(run["failure"]["code"], "not_found", "{run:#}");
    let became = |field: &str, of: &str| -> Vec<serde_json::Value> {
        let rows = run[of].as_array().unwrap().iter();
        rows.map(|row| row[field].clone()).collect()
    };
    assert_eq!(
        became("rollback", "changed"),
        [json!("done"), json!("done")]
    );
    assert_eq!(
        became("undone", "steps"),
        [json!(true), json!(true), json!(false)]
    );
    for word in [
        "Roll back second",
        "Changed by this run, and rolled back:",
        "failed and was rolled back",
    ] {
        assert!(
            ended.stdout.contains(word) || ended.stderr.contains(word),
            "{word}: {ended:?}"
        );
    }
    let listed = notes.desk.run(&["runs", "--state", "rolled_back"]).stdout;
    assert!(listed.contains(&notes.run), "{listed}");
}

#[test]
fn a_reject_rolls_back_where_it_says_so_or_the_file_does() {
    for (on_failure, then, rolled_back) in [
        ("stop", None, false),
        ("stop", Some("rollback"), true),
        ("rollback", None, true),
        ("rollback", Some("stop"), false),
        ("ask", None, false),
    ] {
        let notes = Notes::written(on_failure, "first.txt");
        assert_eq!(notes.answer(&["--approve"]).code, 75);
        let mut answer = vec!["--reject", "not right"];
        answer.extend(then.iter().flat_map(|then| ["--then", then]));
        let ended = notes.answer(&answer);
        assert_eq!(ended.code, 0, "what was asked for: {ended:?}");
        if rolled_back {
            notes.are_back();
        } else {
            assert_eq!(
                (
                    notes.state().as_str(),
                    notes.desk.read("second.txt").as_str()
                ),
                ("failed", "new")
            );
        }
    }
}

#[test]
fn a_file_that_somebody_has_changed_since_is_not_overwritten() {
    let changed = || {
        let notes = Notes::written("rollback", "first.txt");
        assert_eq!(notes.answer(&["--approve"]).code, 75);
        notes.desk.write("second.txt", "somebody else's");
        let ended = notes.answer(&["--reject", "not right"]);
        assert_eq!(ended.code, 75, "{ended:?}");
        assert_eq!(notes.desk.read("second.txt"), "somebody else's");
        assert_eq!(
            notes.desk.read("first.txt"),
            "new",
            "it comes after the newer one"
        );
        let shown = notes.desk.run(&["show", &notes.run]).stdout;
        assert!(shown.contains("second cannot be rolled back"), "{shown}");
        assert!(
            shown.contains("was changed after the backup was made"),
            "{shown}"
        );
        notes
    };
    // It may stay, for a reason.
    let notes = changed();
    let refused = notes.answer(&["--skip"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(refused.stderr.contains("needs a reason"), "{refused:?}");
    let refused = notes.desk.run(&["cancel", &notes.run]);
    assert_eq!(refused.code, 3, "{refused:?}");
    let ended = notes.answer(&["--skip", "it is correct now"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert_eq!(notes.desk.read("second.txt"), "somebody else's");
    assert_eq!(notes.desk.read("first.txt"), "old");
    let shown = notes.desk.run(&["show", &notes.run]).stdout;
    assert!(
        shown.contains("left as it is: it is correct now"),
        "{shown}"
    );
    // Or it is as it was again.
    let notes = changed();
    notes.desk.write("second.txt", "new");
    let ended = notes.answer(&["--retry"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    notes.are_back();
    // Or nothing more is touched.
    let notes = changed();
    let ended = notes.answer(&["--stop"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert_eq!(
        (
            notes.state().as_str(),
            notes.desk.read("first.txt").as_str()
        ),
        ("failed", "new")
    );
}

#[test]
fn a_person_is_asked_what_now() {
    let notes = Notes::written("ask", "nowhere.txt");
    assert_eq!(notes.answer(&["--approve"]).code, 75);
    let waiting = Waiting::of(&notes.desk.show(&notes.run));
    assert_eq!(waiting.gate, "look.failure");
    let mut terminal = notes.desk.plain_terminal(&["decide", &notes.run]);
    terminal.see("What now?");
    terminal.see("Your answer");
    terminal.type_line("rollback");
    terminal.see("Type the first 6 characters");
    terminal.type_line(&waiting.digest[..6]);
    terminal.see("failed and was rolled back");
    assert_eq!(terminal.end(), 1);
    notes.are_back();
    // What was missing is there now: it goes on from where it failed.
    let notes = Notes::written("ask", "late.txt");
    assert_eq!(notes.answer(&["--approve"]).code, 75);
    notes.desk.write("late.txt", "here");
    assert_eq!(notes.answer(&["--retry"]).code, 75);
    assert_eq!(notes.answer(&["--approve"]).code, 0);
    assert_eq!(notes.state(), "completed");
}

#[test]
fn the_first_card_says_what_would_be_undone_and_what_cannot_be() {
    let desk = Desk::new();
    let text = TWO_NOTES.replace("ON_FAILURE", "rollback").replace(
        "content: new }, requires_approval: true }\n  - { id: look",
        "content: new }, requires_approval: true, irreversible: a mail goes out with it }\n  - { id: look",
    );
    std::fs::write(desk.data().join("workflows/two_notes.workflow.yaml"), text).unwrap();
    let inputs = ["first", "second", "look"].map(|name| desk.input(name, name));
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let waiting = desk.start_waiting("two_notes", &inputs);
    let shown = desk.run(&["show", &waiting.run]).stdout;
    for line in [
        "If the run fails, this is rolled back, the newest change first:",
        "First first  undone with file.restore",
        "Second second  cannot be undone: a mail goes out with it",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
}
