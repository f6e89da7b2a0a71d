//! Every answer with a decider's token, where nobody sits at the door, and the refusals.

use crate::desk::{Desk, Waiting};

fn waiting_note(desk: &Desk) -> Waiting {
    desk.write("note.txt", "old text\n");
    desk.start_waiting(
        "write_note",
        &[&desk.input("path", "note.txt"), "content=new text"],
    )
}

/// The run at its second gate.
fn waiting_write(desk: &Desk, token: &str) -> Waiting {
    let first = waiting_note(desk);
    let decided = desk.run_with(token, &first.decide(&["--approve"]));
    assert_eq!(decided.code, 75, "{decided:?}");
    Waiting::of(&desk.show(&first.run))
}

#[test]
fn a_script_leaves_its_run_waiting_and_cannot_answer() {
    let desk = Desk::new();
    desk.write("note.txt", "old text\n");
    let ended = desk.run(&[
        "run",
        "write_note",
        "-i",
        &desk.input("path", "note.txt"),
        "-i",
        "content=x",
    ]);
    assert_eq!(ended.code, 75, "{ended:?}");
    // What a person needs stands there, and the line can be copied.
    let line = ended
        .stdout
        .lines()
        .find_map(|line| line.trim().strip_prefix("answer  countersign "));
    let words: Vec<&str> = line
        .unwrap_or_else(|| panic!("{ended:?}"))
        .split(' ')
        .collect();
    assert_eq!(
        (words[0], words[2], words[3]),
        ("decide", "read_note.after", "--digest")
    );
    let arguments = &words[..words.iter().position(|word| *word == "--data-dir").unwrap()];
    let refused = desk.run(arguments);
    assert_eq!(refused.code, 3);
    assert!(
        refused.stderr.contains("Nobody sits at this door"),
        "{refused:?}"
    );
    let refused = desk.run_with("cst_made_up", arguments);
    assert_eq!(refused.code, 3);
    assert!(
        refused.stderr.contains("This token is not known"),
        "{refused:?}"
    );
    let refused = desk.run(&["operators", "token", "mine"]);
    assert_eq!(refused.code, 3);
    assert!(
        refused.stderr.contains("make or end a token"),
        "{refused:?}"
    );
    assert_eq!(desk.show(words[1])["state"], "waiting");
}

#[test]
fn approve() {
    let desk = Desk::new();
    let token = desk.token();
    let waiting = waiting_write(&desk, &token);
    let decided = desk.run_with(&token, &waiting.decide(&["--approve"]));
    assert_eq!(decided.code, 0, "{decided:?}");
    assert_eq!(desk.read("note.txt"), "new text");
    let shown = desk.run(&["show", &waiting.run]).stdout;
    assert!(
        shown.contains("answer   write_note.before: approve by pipeline (token)"),
        "{shown}"
    );
}

#[test]
fn a_token_comes_on_standard_input_too() {
    use std::{io::Write as _, process::Stdio};
    let desk = Desk::new();
    let token = desk.token();
    let waiting = waiting_write(&desk, &token);
    let mut command = desk.command(&waiting.decide(&["--approve", "--token-stdin"]));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{token}").unwrap();
    assert_eq!(crate::desk::wait(child).code, 0);
    assert_eq!(desk.read("note.txt"), "new text");
}

#[test]
fn edit_before_and_after() {
    let desk = Desk::new();
    let token = desk.token();
    let first = waiting_note(&desk);
    let edited = desk.run_with(&token, &first.decide(&["--edit", "content=corrected"]));
    assert_eq!(edited.code, 75, "{edited:?}");
    let second = Waiting::of(&desk.show(&first.run));
    let edited = desk.run_with(&token, &second.decide(&["--edit", "content=edited text"]));
    assert_eq!(edited.code, 75, "{edited:?}");
    let again = desk.show(&first.run);
    assert_eq!(again["waiting"][0]["revision"], 2);
    assert_eq!(
        again["waiting"][0]["card"]["calls"][0]["call"]["args"]["inline"]["content"],
        "edited text"
    );
    // The card that was seen before is not the one that is shown now.
    let stale = desk.run_with(&token, &second.decide(&["--approve"]));
    assert_eq!(stale.code, 3);
    assert!(stale.stderr.contains("is not the one you saw"), "{stale:?}");
    assert_eq!(desk.read("note.txt"), "old text\n");
    let decided = desk.run_with(&token, &Waiting::of(&again).decide(&["--approve"]));
    assert_eq!(decided.code, 0, "{decided:?}");
    assert_eq!(desk.read("note.txt"), "edited text");
}

#[test]
fn reject_ends_the_run_and_is_what_was_asked_for() {
    let desk = Desk::new();
    let token = desk.token();
    let waiting = waiting_write(&desk, &token);
    let rejected = desk.run_with(&token, &waiting.decide(&["--reject", "not on a Friday"]));
    assert_eq!(rejected.code, 0, "{rejected:?}");
    let run = desk.show(&waiting.run);
    assert_eq!(
        (run["state"].as_str(), run["failure"]["code"].as_str()),
        (Some("failed"), Some("rejected"))
    );
    assert!(
        run["failure"]["message"]
            .as_str()
            .unwrap()
            .contains("not on a Friday")
    );
    let twice = desk.run_with(&token, &waiting.decide(&["--approve"]));
    assert_eq!(twice.code, 3);
    assert!(
        twice
            .stderr
            .contains("pipeline answered write_note.before with reject already"),
        "{twice:?}"
    );
    assert_eq!(desk.read("note.txt"), "old text\n");
}

#[test]
fn redo_runs_the_step_again() {
    let desk = Desk::new();
    let token = desk.token();
    let waiting = waiting_note(&desk);
    desk.write("note.txt", "changed meanwhile\n");
    let redone = desk.run_with(&token, &waiting.decide(&["--redo", "read it again"]));
    assert_eq!(redone.code, 75, "{redone:?}");
    let again = desk.show(&waiting.run);
    assert_eq!(again["steps"][0]["attempt"], 2);
    assert_eq!(
        again["waiting"][0]["card"]["result"]["inline"]["content"],
        "changed meanwhile\n"
    );
}

#[test]
fn skip_leaves_the_step_out() {
    let desk = Desk::new();
    let token = desk.token();
    let waiting = waiting_write(&desk, &token);
    let skipped = desk.run_with(&token, &waiting.decide(&["--skip"]));
    assert_eq!(skipped.code, 0, "{skipped:?}");
    assert_eq!(desk.show(&waiting.run)["outputs"]["changed"], false);
    assert_eq!(desk.read("note.txt"), "old text\n");
}

#[test]
fn drop_approves_the_others() {
    let desk = Desk::new();
    let token = desk.token();
    let paths = serde_json::json!([desk.path("a"), desk.path("b"), desk.path("c")]);
    let waiting = desk.start_waiting("write_notes", &[&format!("paths={paths}"), "content=x"]);
    let unknown = desk.run_with(&token, &waiting.decide(&["--drop", "7"]));
    assert_eq!(unknown.code, 3);
    assert!(
        unknown
            .stderr
            .contains("write_notes[7] is not on this card"),
        "{unknown:?}"
    );
    let dropped = desk.run_with(&token, &waiting.decide(&["--drop", "write_notes[0]", "2"]));
    assert_eq!(dropped.code, 0, "{dropped:?}");
    assert_eq!(
        ["a", "b", "c"].map(|name| desk.path(name).exists()),
        [false, true, false]
    );
    assert_eq!(
        desk.show(&waiting.run)["outputs"]["states"],
        serde_json::json!(["skipped", "completed", "skipped"])
    );
}

#[test]
fn an_answer_after_the_time_is_over_is_refused() {
    let desk = Desk::new();
    let token = desk.token();
    let waiting = desk.start_waiting(
        "expiring_note",
        &[&desk.input("path", "note.txt"), "content=x"],
    );
    let until = desk.show(&waiting.run)["waiting"][0]["expires_at_us"]
        .as_i64()
        .unwrap();
    while now_us() <= until {
        std::thread::yield_now();
    }
    let late = desk.run_with(&token, &waiting.decide(&["--approve"]));
    assert_eq!(late.code, 3, "{late:?}");
    assert!(
        late.stderr
            .contains("Nobody answered at write_note.before in time"),
        "{late:?}"
    );
    let run = desk.show(&waiting.run);
    assert_eq!(
        (run["state"].as_str(), run["failure"]["code"].as_str()),
        (Some("failed"), Some("expired"))
    );
    assert!(!desk.path("note.txt").exists());
}

#[test]
fn an_ended_token_decides_no_more() {
    let desk = Desk::new();
    let token = desk.token();
    let waiting = waiting_note(&desk);
    let mut terminal = desk.plain_terminal(&["operators", "revoke", "pipeline"]);
    terminal.see("ended");
    assert_eq!(terminal.end(), 0);
    let refused = desk.run_with(&token, &waiting.decide(&["--approve"]));
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(desk.run(&["operators"]).stdout.contains("pipeline  token"));
}

#[test]
fn a_waiting_run_can_be_cancelled() {
    let desk = Desk::new();
    let waiting = waiting_note(&desk);
    let cancelled = desk.run(&["cancel", &waiting.run]);
    assert_eq!(cancelled.code, 0, "{cancelled:?}");
    assert!(
        cancelled.stdout.contains("Nothing was changed."),
        "{cancelled:?}"
    );
    let twice = desk.run(&["cancel", &waiting.run]);
    assert_eq!(twice.code, 3);
    assert!(
        twice.stderr.contains("This run is over: it cancelled"),
        "{twice:?}"
    );
}

fn now_us() -> i64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    since.as_micros().try_into().unwrap()
}
