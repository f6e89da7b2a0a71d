//! Ctrl-C and what comes after it: the run stays as it is, and goes on.

use crate::desk::{Desk, Waiting};
use crate::terminal::Terminal;

fn start(desk: &Desk) -> Terminal {
    desk.write("note.txt", "wait\n");
    desk.plain_terminal(&[
        "run",
        "awaited_note",
        "-i",
        &desk.input("path", "note.txt"),
        "-i",
        &desk.input("answer", "answer.txt"),
    ])
}

#[test]
fn ctrl_c_leaves_the_run_resumable_and_says_how() {
    let desk = Desk::new();
    let mut terminal = start(&desk);
    terminal.see("◐");
    terminal.interrupt();
    let told = terminal.see("countersign cancel ");
    assert_eq!(terminal.end(), 130, "{}", terminal.everything());
    assert!(
        told.contains("Interrupted. The run stays as it is and can go on."),
        "{told}"
    );
    let line = told
        .lines()
        .find_map(|line| line.trim().strip_prefix("go on      countersign resume "));
    let run = line
        .unwrap_or_else(|| panic!("{told}"))
        .split(' ')
        .next()
        .unwrap();
    assert_eq!(desk.show(run)["state"], "running");

    // It goes on where it was, up to its gate; there it needs a person.
    desk.write("note.txt", "ready\n");
    let resumed = desk.run(&["resume"]);
    assert_eq!(resumed.code, 75, "{resumed:?}");
    assert!(
        resumed
            .stdout
            .contains("Answer the note? waits for a person"),
        "{resumed:?}"
    );
    let mut terminal = desk.plain_terminal(&["resume", run]);
    terminal.approve();
    assert_eq!(terminal.end(), 0, "{}", terminal.everything());
    assert_eq!(desk.read("answer.txt"), "answered\n");
}

#[test]
fn ctrl_c_at_a_question_decides_nothing() {
    let desk = Desk::new();
    let mut terminal = start(&desk);
    desk.write("note.txt", "ready\n");
    terminal.see("later leaves it waiting): ");
    terminal.interrupt();
    assert_eq!(terminal.end(), 130, "{}", terminal.everything());
    let (_, runs) = desk.json(&["runs", "--waiting"]);
    let run = runs["runs"][0]["run"].as_str().unwrap();
    assert_eq!(Waiting::of(&desk.show(run)).gate, "write_answer.before");
    assert!(!desk.path("answer.txt").exists());
}

#[test]
fn detached_asks_nobody_even_at_a_terminal() {
    let desk = Desk::new();
    desk.write("note.txt", "ready\n");
    let mut terminal = desk.plain_terminal(&[
        "run",
        "awaited_note",
        "--detach",
        "-i",
        &desk.input("path", "note.txt"),
        "-i",
        &desk.input("answer", "answer.txt"),
    ]);
    assert_eq!(terminal.end(), 75, "{}", terminal.everything());
    assert!(
        terminal.everything().contains("--approve"),
        "{}",
        terminal.everything()
    );
}

#[test]
fn a_killed_program_loses_nothing() {
    let desk = Desk::new();
    desk.write("note.txt", "wait\n");
    let mut owner = desk.start(&[
        "run",
        "awaited_note",
        "-i",
        &desk.input("path", "note.txt"),
        "-i",
        &desk.input("answer", "answer.txt"),
    ]);
    let run = crate::folder::running(&desk);
    owner.kill().unwrap();
    owner.wait().unwrap();
    desk.write("note.txt", "ready\n");
    let (code, resumed) = desk.json(&["resume"]);
    assert_eq!(code, 75);
    assert_eq!(resumed["runs"][0]["run"], run.as_str());
    assert_eq!(
        resumed["runs"][0]["waiting"][0]["gate"],
        "write_answer.before"
    );
}

#[test]
fn a_failed_run_says_first_what_failed() {
    let desk = Desk::new();
    let ended = desk.run(&[
        "run",
        "write_note",
        "-i",
        "path=/nowhere/note.txt",
        "-i",
        "content=x",
    ]);
    assert_eq!(ended.code, 1, "{ended:?}");
    let end: Vec<&str> = ended
        .stdout
        .lines()
        .skip_while(|line| !line.starts_with("read_note: "))
        .collect();
    assert!(end[0].starts_with("read_note: file.read → "), "{ended:?}");
    assert!(end[1].starts_with("  "), "what to do next: {ended:?}");
    assert_eq!(end[2], "Nothing was changed.");
}

#[test]
fn a_failed_run_lists_what_it_has_changed() {
    let desk = Desk::new();
    let token = desk.token();
    let paths = serde_json::json!([desk.path("a"), desk.path("b"), desk.path("c")]);
    let waiting = desk.start_waiting("write_notes", &[&format!("paths={paths}"), "content=x"]);
    // What was approved for b does not hold any more: its call fails without effect.
    std::fs::create_dir(desk.path("b")).unwrap();
    let failed = desk.run_with(&token, &waiting.decide(&["--approve"]));
    assert_eq!(failed.code, 1, "{failed:?}");
    let created = format!("write_notes[0]: create {}", desk.path("a").display());
    for part in [
        "write_notes[1]: file.write → ",
        "Changed by this run, and left so:",
        &created,
    ] {
        assert!(
            failed.stdout.contains(part),
            "{part:?} is not in:\n{}",
            failed.stdout
        );
    }
    let run = desk.show(&waiting.run);
    assert_eq!(run["changed"][0]["step"], "write_notes[0]");
    assert_eq!(run["changed"].as_array().unwrap().len(), 1, "{run:#}");
    assert!(!desk.path("c").exists());
}
