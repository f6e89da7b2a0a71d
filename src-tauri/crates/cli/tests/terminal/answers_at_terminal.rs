//! The conversation at a gate, through a pseudo-terminal: every answer, and what ends a question without one.

use crate::{
    desk::{Desk, Waiting},
    terminal::{Terminal, digest},
};

fn start(desk: &Desk) -> Terminal {
    desk.write("note.txt", "old text\n");
    desk.plain_terminal(&[
        "run",
        "write_note",
        "-i",
        &desk.input("path", "note.txt"),
        "-i",
        "content=new text",
    ])
}

const QUESTION: &str = "later leaves it waiting): ";

#[test]
fn approving_takes_the_beginning_of_the_digest_twice() {
    let desk = Desk::new();
    let mut terminal = start(&desk);
    let card = terminal.approve();
    for part in [
        "✋ Replace this note?",
        "content: text of 1 line",
        "│ old text",
        "made by tool",
        "approve, edit, redo, reject",
    ] {
        assert!(card.contains(part), "{part} is not on the card:\n{card}");
    }
    assert_eq!(desk.read("note.txt"), "old text\n");
    let card = terminal.approve();
    for part in [
        "This call runs, exactly so:",
        "file.write",
        "content: \"new text\"",
        "effect   write: changes something",
        "-old text",
        "+new text",
        "affects  One file on this computer",
        "undo     file.restore: The old content",
        "steps.read_note.output.content:",
        "good for 10 min 00 s after the approval",
        "time     stays open until somebody answers",
        "editable content = new text",
    ] {
        assert!(card.contains(part), "{part} is not on the card:\n{card}");
    }
    assert_eq!(terminal.end(), 0, "{}", terminal.everything());
    assert_eq!(desk.read("note.txt"), "new text");
    assert!(terminal.everything().contains("changed: true"));
}

#[test]
fn wrong_characters_decide_nothing() {
    let desk = Desk::new();
    let mut terminal = start(&desk);
    let card = terminal.answer(QUESTION, "approve");
    // One more than enough is not what was asked for either.
    terminal.answer("to approve: ", &digest(&card)[..7]);
    terminal.see("Nothing was decided");
    terminal.answer(QUESTION, "perhaps");
    terminal.see("Type one of the words");
    terminal.answer(QUESTION, "later");
    assert_eq!(terminal.end(), 75);
    assert!(terminal.everything().contains("waits for a person"));
}

#[test]
fn an_edit_shows_the_card_again() {
    let desk = Desk::new();
    let mut terminal = start(&desk);
    terminal.approve();
    terminal.answer(QUESTION, "edit");
    terminal.answer("edit> ", "path=/elsewhere");
    terminal.answer("edit> ", "nonsense");
    terminal.see("nonsense is not a key with a value");
    terminal.answer("edit> ", "");
    // path is no input that this gate lets edit: the engine refuses the whole edit.
    terminal.see("path cannot be edited");
    terminal.answer(QUESTION, "edit");
    terminal.answer("edit> ", "content=edited text");
    terminal.answer("edit> ", "");
    let card = terminal.approve();
    for part in [
        "card 2",
        "an input was edited",
        "- new text",
        "+ edited text",
        "content: \"edited text\"",
    ] {
        assert!(card.contains(part), "{part} is not on the card:\n{card}");
    }
    assert_eq!(terminal.end(), 0, "{}", terminal.everything());
    assert_eq!(desk.read("note.txt"), "edited text");
}

#[test]
fn an_edited_result_is_taken_at_once() {
    let desk = Desk::new();
    let mut terminal = start(&desk);
    terminal.answer(QUESTION, "edit");
    terminal.answer("edit> ", "colour=red");
    terminal.see("The result has no field colour");
    terminal.answer("edit> ", "content=corrected");
    terminal.answer("edit> ", "");
    let card = terminal.approve();
    assert!(
        card.contains("steps.read_note.output.content: \"corrected\""),
        "{card}"
    );
    assert_eq!(terminal.end(), 0, "{}", terminal.everything());
    assert!(terminal.everything().contains("before: corrected"));
}

#[test]
fn a_reject_takes_a_reason_and_ends_the_run() {
    let desk = Desk::new();
    let mut terminal = start(&desk);
    terminal.approve();
    terminal.answer(QUESTION, "reject");
    terminal.answer("Why not? ", "");
    terminal.answer(QUESTION, "reject");
    terminal.answer("Why not? ", "not on a Friday");
    assert_eq!(terminal.end(), 1);
    let everything = terminal.everything();
    assert!(
        everything.contains("rejected: Rejected at write_note.before: not on a Friday"),
        "{everything}"
    );
    assert!(everything.contains("Nothing was changed."), "{everything}");
    assert_eq!(desk.read("note.txt"), "old text\n");
}

#[test]
fn a_redo_runs_the_step_again() {
    let desk = Desk::new();
    let mut terminal = start(&desk);
    terminal.see("│ old text");
    desk.write("note.txt", "changed meanwhile\n");
    terminal.answer(QUESTION, "redo");
    terminal.answer("What should be different? ", "read it again");
    let card = terminal.approve();
    assert!(card.contains("│ changed meanwhile"), "{card}");
    terminal.approve();
    assert_eq!(terminal.end(), 0, "{}", terminal.everything());
    assert!(terminal.everything().contains("before:"));
}

#[test]
fn a_skip_leaves_the_step_out() {
    let desk = Desk::new();
    let mut terminal = start(&desk);
    terminal.approve();
    terminal.answer(QUESTION, "skip");
    assert_eq!(terminal.end(), 0, "{}", terminal.everything());
    assert!(terminal.everything().contains("changed: false"));
    assert_eq!(desk.read("note.txt"), "old text\n");
}

#[test]
fn items_are_dropped_and_the_others_approved() {
    let desk = Desk::new();
    let paths = serde_json::json!([desk.path("a"), desk.path("b"), desk.path("c")]);
    let mut terminal = desk.plain_terminal(&[
        "run",
        "write_notes",
        "-i",
        &format!("paths={paths}"),
        "-i",
        "content=x",
    ]);
    let card = terminal.answer(QUESTION, "drop");
    assert!(card.contains("These 3 calls run, exactly so:"), "{card}");
    terminal.answer("Leave out which", "0 write_notes[2]");
    terminal.see("All but write_notes[0], write_notes[2] are approved.");
    terminal.answer("to approve the others: ", &digest(&card)[..6]);
    assert_eq!(terminal.end(), 0, "{}", terminal.everything());
    assert_eq!(
        ["a", "b", "c"].map(|name| desk.path(name).exists()),
        [false, true, false]
    );
}

#[test]
fn a_question_ends_when_its_time_is_over() {
    let desk = Desk::new();
    let mut terminal = desk.plain_terminal(&[
        "run",
        "expiring_note",
        "-i",
        &desk.input("path", "note.txt"),
        "-i",
        "content=x",
    ]);
    let card = terminal.see(QUESTION);
    assert!(card.contains("rejects itself at "), "{card}");
    terminal.see("That question is answered or no longer asked.");
    assert_eq!(terminal.end(), 1);
    assert!(
        terminal
            .everything()
            .contains("Nobody answered at write_note.before in time")
    );
    assert!(!desk.path("note.txt").exists());
}

#[test]
fn a_question_ends_when_somebody_else_answers_it() {
    let desk = Desk::new();
    let token = desk.token();
    let mut terminal = start(&desk);
    let card = terminal.see(QUESTION);
    let run = card
        .lines()
        .find_map(|line| line.strip_prefix("run      "))
        .unwrap();
    let waiting = Waiting::of(&desk.show(run.split(' ').next().unwrap()));
    assert_eq!(waiting.digest, digest(&card));
    let decided = desk.run_with(&token, &waiting.decide(&["--approve"]));
    assert_eq!(decided.code, 75, "{decided:?}");
    terminal.see("That question is answered or no longer asked.");
    let card = terminal.answer(QUESTION, "later");
    assert!(card.contains("gate     write_note.before"), "{card}");
    assert_eq!(terminal.end(), 75);
}

#[test]
fn decide_shows_the_card_and_takes_the_beginning_of_its_digest() {
    let desk = Desk::new();
    desk.write("note.txt", "old text\n");
    let waiting = desk.start_waiting(
        "write_note",
        &[&desk.input("path", "note.txt"), "content=new text"],
    );
    let mut terminal = desk.plain_terminal(&waiting.decide(&["--approve"]));
    let card = terminal.see("to approve: ");
    assert!(card.contains("✋ Replace this note?"), "{card}");
    terminal.type_line(&waiting.digest[..6]);
    assert_eq!(terminal.end(), 75, "{}", terminal.everything());

    let waiting = Waiting::of(&desk.show(&waiting.run));
    let mut terminal = desk.plain_terminal(&waiting.decide(&["--approve"]));
    terminal.answer("to approve: ", "000000");
    assert_eq!(terminal.end(), 3);
    assert_eq!(desk.read("note.txt"), "old text\n");

    // Without an answer among the options, the whole conversation.
    let mut terminal = desk.plain_terminal(&["decide", &waiting.run]);
    terminal.approve();
    assert_eq!(terminal.end(), 0, "{}", terminal.everything());
    assert_eq!(desk.read("note.txt"), "new text");
}

#[test]
fn missing_inputs_are_asked_for() {
    let desk = Desk::new();
    let paths = serde_json::json!([desk.path("a")]);
    let mut terminal = desk.plain_terminal(&["run", "write_notes"]);
    terminal.answer("content (text): ", "typed");
    terminal.answer("paths (a list as JSON): ", "a, b");
    terminal.see("The input paths takes a list as JSON, not a, b");
    terminal.answer("paths (a list as JSON): ", &paths.to_string());
    terminal.approve();
    assert_eq!(terminal.end(), 0, "{}", terminal.everything());
    assert_eq!(desk.read("a"), "typed");
}

#[test]
fn text_of_others_cannot_move_the_cursor_or_turn_around() {
    let desk = Desk::new();
    desk.write("note.txt", "old\n");
    let hostile = "content=\u{1b}[2J\u{1b}[1;1Happroved\u{202e}gpj.exe\u{200b}\u{9b}31m\r\n";
    let arguments = [
        "run",
        "write_note",
        "-i",
        &desk.input("path", "note.txt"),
        "-i",
        hostile,
    ];
    // With colours and redrawing: the terminal as most people have it.
    let mut terminal = Terminal::start(desk.command(&arguments));
    let text = |seen: &str| crate::terminal::without_styles(seen);
    let card = text(&terminal.answer("later leaves it waiting", "approve"));
    terminal.answer("to approve: ", &digest(&card)[..6]);
    let card = text(&terminal.answer("later leaves it waiting", "approve"));
    terminal.answer("to approve: ", &digest(&card)[..6]);
    assert_eq!(terminal.end(), 0, "{}", terminal.everything());
    assert!(
        card.contains(r"\u{1b}[2J\u{1b}[1;1Happroved\u{202e}gpj.exe\u{200b}\u{9b}31m\r"),
        "{card}"
    );
    let everything = terminal.everything();
    for raw in ["\u{1b}[2J", "\u{1b}[1;1H", "\u{202e}", "\u{200b}", "\u{9b}"] {
        assert!(!everything.contains(raw), "{raw:?} reached the terminal");
    }
    // What is ours is there: the stages are drawn again in place.
    assert!(everything.contains("\u{1b}[J"));
}
