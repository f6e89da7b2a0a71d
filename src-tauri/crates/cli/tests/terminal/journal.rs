//! `audit verify`: a whole journal, and one that somebody has changed.

use crate::desk::Desk;
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
