//! `audit verify`: a whole journal, one that somebody has changed, and one that the keychain has signed.

use crate::{
    desk::{Desk, Waiting},
    keyring::Keyring,
};
use std::fs;

#[test]
fn a_changed_record_is_found_and_named() {
    let desk = Desk::new();
    desk.write("note.txt", "old\n");
    desk.start_waiting(
        "write_note",
        &[&desk.input("path", "note.txt"), "content=unmistakable"],
    );
    let whole = desk.run(&["audit", "verify"]);
    assert_eq!(whole.code, 0, "{whole:?}");
    assert!(whole.stdout.starts_with("✓ intact: "), "{whole:?}");
    let copy = desk.path("copy.db");
    fs::copy(desk.data().join("countersign.db"), &copy).unwrap();
    assert_eq!(
        desk.run(&["audit", "verify", copy.to_str().unwrap()]).code,
        0
    );

    let mut bytes = fs::read(&copy).unwrap();
    let word = b"unmistakable";
    let places: Vec<usize> = bytes
        .windows(word.len())
        .enumerate()
        .filter(|(_, window)| window == word)
        .map(|(at, _)| at)
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at] = b'U';
    }
    fs::write(&copy, bytes).unwrap();
    let broken = desk.run(&["audit", "verify", copy.to_str().unwrap()]);
    assert_eq!(broken.code, 5, "{broken:?}");
    assert!(
        broken.stdout.starts_with("✗ broken at record 1: "),
        "{broken:?}"
    );
    let (code, report) = desk.json(&["audit", "verify", copy.to_str().unwrap()]);
    assert_eq!(
        (code, &report["intact"], &report["broken_at"]),
        (5, &false.into(), &1.into())
    );
    // Ours is as it was.
    assert_eq!(desk.run(&["audit", "verify"]).code, 0);
}

#[test]
fn a_file_that_is_no_database_is_trouble_with_the_folder() {
    let desk = Desk::new();
    let text = desk.write("not.db", "hello, this is no database at all");
    for file in [text.to_str().unwrap(), "/no/such/file.db"] {
        let ended = desk.run(&["audit", "verify", file]);
        assert_eq!(ended.code, 4, "{ended:?}");
    }
}

/// Starts a run that waits at its first gate.
fn one_more_run(desk: &Desk) {
    desk.write("note.txt", "old\n");
    desk.start_waiting(
        "write_note",
        &[&desk.input("path", "note.txt"), "content=new"],
    );
}

/// Runs until the keychain has signed all of it, and gives the report: on a busy computer a program may end before its
/// keychain has answered.
#[track_caller]
fn one_more_signed_run(desk: &Desk) -> serde_json::Value {
    let mut report = serde_json::Value::Null;
    for _ in 0..10 {
        one_more_run(desk);
        let (code, found) = desk.json(&["audit", "verify"]);
        if code == 0 && found["signed_upto"] == found["records"] {
            return found;
        }
        report = found;
    }
    panic!("it is not signed: {report:#}");
}

#[test]
fn the_keychain_signs_and_remembers() {
    let Some(keyring) = Keyring::start() else {
        return;
    };
    let desk = Desk::with(&keyring);
    // A program that ends signs what it leaves.
    let report = one_more_signed_run(&desk);
    assert_eq!(report["state"], "signed", "{report:#}");
    assert_eq!(report["notes"], serde_json::json!([]), "{report:#}");
    let shown = desk.run(&["audit", "verify"]);
    assert!(shown.stdout.contains("✓ signed up to record "), "{shown:?}");

    // An older copy of the file, put in place of the journal.
    let journal = desk.data().join("countersign.db");
    let (old, new) = (desk.path("old.db"), desk.path("new.db"));
    fs::copy(&journal, &old).unwrap();
    let upto = report["signed_upto"].as_u64().unwrap();
    one_more_signed_run(&desk);
    fs::copy(&journal, &new).unwrap();
    fs::copy(&old, &journal).unwrap();
    let (code, report) = desk.json(&["audit", "verify"]);
    assert_eq!(
        (code, &report["state"]),
        (5, &"broken".into()),
        "{report:#}"
    );
    assert_eq!(report["broken_at"].as_u64(), Some(upto + 1), "{report:#}");
    assert!(
        report["why"].as_str().unwrap().contains("older copy"),
        "{report:#}"
    );
    // Of a copy elsewhere it is told, and is no fault.
    let (code, report) = desk.json(&["audit", "verify", old.to_str().unwrap()]);
    assert_eq!(
        (code, &report["state"]),
        (0, &"signed".into()),
        "{report:#}"
    );
    assert!(
        report["notes"][0].as_str().unwrap().contains("older copy"),
        "{report:#}"
    );
    // An engine that finds it goes on, but does not sign over it.
    one_more_run(&desk);
    let (code, report) = desk.json(&["audit", "verify"]);
    assert_eq!(code, 5, "{report:#}");
    // The way back: the right file, or a keychain that forgets.
    fs::copy(&journal, &old).unwrap();
    fs::copy(&new, &journal).unwrap();
    assert_eq!(desk.run(&["audit", "verify"]).code, 0);
    fs::copy(&old, &journal).unwrap();
    let forget = report["notes"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|note| note.as_str()?.split("secrets delete ").nth(1))
        .unwrap();
    assert_eq!(desk.run(&["secrets", "delete", forget]).code, 0);
    one_more_signed_run(&desk);
}

#[test]
fn an_export_is_read_by_people_and_checked_by_itself() {
    let Some(keyring) = Keyring::start() else {
        return;
    };
    let desk = Desk::with(&keyring);
    desk.write("note.txt", "old\n");
    let waiting = desk.start_waiting(
        "write_note",
        &[&desk.input("path", "note.txt"), "content=new"],
    );
    let token = desk.token();
    let first = desk.run_with(&token, &waiting.decide(&["--approve"]));
    assert_eq!(first.code, 75, "{first:?}");
    let waiting = Waiting::of(&desk.show(&waiting.run));
    let decided = desk.run_with(&token, &waiting.decide(&["--approve"]));
    assert_eq!(decided.code, 0, "{decided:?}");
    assert_eq!(desk.read("note.txt"), "new");
    let export = |arguments: &[&str]| desk.run(&[&["audit", "export"], arguments].concat());

    one_more_signed_run(&desk);
    let csv = export(&["--to", "40"]);
    assert_eq!(csv.code, 0, "{csv:?}");
    let lines: Vec<&str> = csv.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "a header, two decisions, a change: {csv:?}");
    for wanted in [
        "decision",
        &waiting.run,
        "write_note",
        "pipeline",
        "token",
        "approve",
    ] {
        assert!(lines[1].contains(wanted), "{wanted}: {csv:?}");
    }
    for wanted in ["change", "pipeline", "done"] {
        assert!(lines[3].contains(wanted), "{wanted}: {csv:?}");
    }
    let (_, report) = desk.json(&["audit", "verify"]);
    let key = report["public_keys"][0].as_str().unwrap();
    assert!(lines[2].contains(key) && lines[3].contains(key), "{csv:?}");

    let page = desk.path("audit.html");
    assert_eq!(
        export(&["--format", "html", "-o", page.to_str().unwrap()]).code,
        0
    );
    assert!(desk.read("audit.html").contains("pipeline (token)"));
    let again = export(&["--format", "html", "-o", page.to_str().unwrap()]);
    assert_eq!(again.code, 3, "no file is written over: {again:?}");
    let nothing = export(&["--from", "2001-01-01", "--to", "2001-12-31"]);
    assert_eq!(nothing.code, 3, "{nothing:?}");
    assert_eq!(export(&["--from", "yesterday"]).code, 2);

    // The records of a part, checked where there is neither the database nor a keychain.
    let file = desk.path("records.jsonl");
    let records = file.to_str().unwrap();
    let done = export(&[
        "--from", "4", "--to", "7", "--format", "jsonl", "-o", records,
    ]);
    assert_eq!(done.code, 0, "{done:?}");
    let elsewhere = Desk::without_a_keychain();
    let (code, report) = elsewhere.json(&["audit", "verify", records]);
    assert_eq!(
        (code, &report["state"]),
        (0, &"signed".into()),
        "{report:#}"
    );
    let text = desk.read("records.jsonl");
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        desk.write("changed.jsonl", &text.replacen(from, to, 1));
        let (code, report) = elsewhere.json(&[
            "audit",
            "verify",
            desk.path("changed.jsonl").to_str().unwrap(),
        ]);
        (code, report["broken_at"].as_u64())
    };
    assert_eq!(with("\"run_seq\":5,", "\"run_seq\":9,"), (5, Some(5)));
    assert_eq!(with("\"seq\":6,", "\"seq\":66,"), (5, Some(6)));
    assert_eq!(with("\"from\":4", "\"from\":3"), (5, Some(3)));
    // Cut off behind record 5.
    let end = text.find("{\"record\":{\"seq\":6").unwrap();
    assert_eq!(with(&text[end..], ""), (5, Some(6)));
}

#[test]
fn a_keychain_that_comes_later_signs_from_there() {
    let Some(keyring) = Keyring::start() else {
        return;
    };
    let mut desk = Desk::without_a_keychain();
    one_more_run(&desk);
    let (code, report) = desk.json(&["audit", "verify"]);
    assert_eq!(
        (code, &report["state"]),
        (6, &"unsigned".into()),
        "{report:#}"
    );
    assert_eq!(report["unsigned_since"], 1, "{report:#}");
    assert!(
        report["notes"][0]
            .as_str()
            .unwrap()
            .contains("no keychain is running"),
        "{report:#}"
    );
    desk.give(&keyring);
    let report = one_more_signed_run(&desk);
    assert_eq!(report["public_keys"].as_array().unwrap().len(), 1);
}
