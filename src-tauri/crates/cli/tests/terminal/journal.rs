//! `audit verify`: a whole journal, one that somebody has changed, and one that the keychain has signed.

use crate::{desk::Desk, keyring::Keyring};
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

#[test]
fn the_keychain_signs_and_remembers() {
    let Some(keyring) = Keyring::start() else {
        return;
    };
    let desk = Desk::with(&keyring);
    one_more_run(&desk);
    let (code, report) = desk.json(&["audit", "verify"]);
    assert_eq!(
        (code, &report["state"]),
        (0, &"signed".into()),
        "{report:#}"
    );
    // A program that ends signs what it leaves.
    assert_eq!(report["signed_upto"], report["records"], "{report:#}");
    assert_eq!(report["notes"], serde_json::json!([]), "{report:#}");
    let shown = desk.run(&["audit", "verify"]);
    assert!(shown.stdout.contains("✓ signed up to record "), "{shown:?}");

    // An older copy of the file, put in place of the journal.
    let journal = desk.data().join("countersign.db");
    let (old, new) = (desk.path("old.db"), desk.path("new.db"));
    fs::copy(&journal, &old).unwrap();
    let upto = report["signed_upto"].as_u64().unwrap();
    one_more_run(&desk);
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
    one_more_run(&desk);
    let (code, report) = desk.json(&["audit", "verify"]);
    assert_eq!(
        (code, &report["state"]),
        (0, &"signed".into()),
        "{report:#}"
    );
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
    one_more_run(&desk);
    let (code, report) = desk.json(&["audit", "verify"]);
    assert_eq!(
        (code, &report["signed_upto"]),
        (0, &report["records"]),
        "{report:#}"
    );
    assert_eq!(report["public_keys"].as_array().unwrap().len(), 1);
}
