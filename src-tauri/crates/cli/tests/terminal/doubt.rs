//! A change that was cut off and that nobody can vouch for: the question, at a terminal and with a token.

use crate::desk::{Desk, Waiting};
use std::fs;

/// A run whose write was cut off after it happened and before it was recorded, and whose tool has lost its own record.
/// Gives the run and a decider's token.
fn doubtful(desk: &Desk) -> (String, String) {
    let token = desk.token();
    desk.write("note.txt", "old text\n");
    let inputs = [
        desk.input("path", "note.txt"),
        "content=new text".to_owned(),
    ];
    let first = desk.start_waiting("write_note", &[&inputs[0], &inputs[1]]);
    assert_eq!(
        desk.run_with(&token, &first.decide(&["--approve"])).code,
        75
    );
    let second = Waiting::of(&desk.show(&first.run));
    // The first commit is the decision, the second one would record that the file is written.
    let mut command = desk.command(&second.decide(&["--approve"]));
    command
        .env("COUNTERSIGN_TOKEN", &token)
        .env("COUNTERSIGN_CRASH", "before_begin:2");
    assert_eq!(command.output().unwrap().status.code(), None);
    assert_eq!(desk.read("note.txt"), "new text");
    for file in fs::read_dir(desk.data().join("backups")).unwrap() {
        let path = file.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            fs::write(path, "{").unwrap();
        }
    }
    (first.run, token)
}

#[test]
fn a_person_says_that_it_happened() {
    let desk = Desk::new();
    let (run, _) = doubtful(&desk);
    let resumed = desk.run(&["resume"]);
    assert_eq!(resumed.code, 75, "{resumed:?}");
    let line = format!("countersign doubt {run} write_note --happened");
    assert!(resumed.stdout.contains(&line), "{resumed:?}");
    let refused = desk.run(&["doubt", &run, "write_note", "--happened"]);
    assert_eq!(refused.code, 3);
    assert!(
        refused.stderr.contains("Nobody sits at this door"),
        "{refused:?}"
    );

    let mut terminal = desk.plain_terminal(&["doubt", &run, "write_note", "--happened"]);
    let shown = terminal.see("to say that it happened: ");
    assert!(
        shown.contains("Nobody can tell whether write_note happened"),
        "{shown}"
    );
    terminal.type_line(&crate::terminal::digest(&shown)[..6]);
    assert_eq!(terminal.end(), 0, "{}", terminal.everything());
    assert_eq!(desk.read("note.txt"), "new text");
}

#[test]
fn a_person_is_asked_where_the_run_goes_on() {
    let desk = Desk::new();
    let (run, _) = doubtful(&desk);
    let mut terminal = desk.plain_terminal(&["resume", &run]);
    let shown = terminal.answer("Did it happen", "happened");
    assert!(shown.contains("content: \"new text\""), "{shown}");
    terminal.answer("to say that it happened: ", "000000");
    terminal.see("Nothing was decided.");
    terminal.answer("Did it happen", "later");
    assert_eq!(terminal.end(), 75, "{}", terminal.everything());
}

#[test]
fn a_token_vouches_too() {
    let desk = Desk::new();
    let (run, token) = doubtful(&desk);
    assert_eq!(desk.run(&["resume"]).code, 75);
    assert_eq!(
        desk.show(&run)["in_doubt"],
        serde_json::json!(["write_note"])
    );
    let resolved = desk.run_with(&token, &["doubt", &run, "write_note", "--happened"]);
    assert_eq!(resolved.code, 0, "{resolved:?}");
}
