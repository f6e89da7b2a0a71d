//! Looking back and keeping: runs by words, decisions, a backup and the way back, diagnostics.

use crate::desk::Desk;
use std::fs;

/// A desk with a run that was refused, one that waits, and one that only read.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("note.txt", "old\n");
    let inputs = [&desk.input("path", "note.txt"), "content=new"];
    let token = desk.token();
    let waiting = desk.start_waiting("write_note", &inputs);
    let refuse = [
        "decide",
        &waiting.run,
        &waiting.gate,
        "--digest",
        &waiting.digest,
        "--reject",
        "100% \"wrong\" note",
    ];
    let ended = desk.run_with(&token, &refuse);
    assert_eq!(ended.code, 0, "{ended:?}");
    desk.start_waiting("write_note", &inputs);
    assert_eq!(desk.run(&["run", "health_check"]).code, 0);
    desk
}

#[test]
fn runs_are_found_by_words_state_and_workflow() {
    let desk = desk();
    for (arguments, total) in [
        (&[][..], 3),
        (&["--search", "WRITE note"], 2),
        (&["--search", "100% \"wrong\""], 1),
        (&["--search", "NEAR(\"*"], 0),
        (&["--state", "failed"], 1),
        (&["--state", "failed", "--state", "waiting"], 2),
        (&["--waiting"], 1),
        (&["--workflow", "health_check"], 1),
        (&["--workflow", "health_check", "--state", "failed"], 0),
        (&["--search", "write", "--limit", "1"], 2),
    ] {
        let (code, found) = desk.json(&[&["runs"], arguments].concat());
        assert_eq!(code, 0, "{arguments:?}");
        assert_eq!(found["total"], total, "{arguments:?}: {found}");
        let rows = found["runs"].as_array().unwrap().len();
        let most = if arguments.contains(&"--limit") {
            1
        } else {
            total
        };
        assert_eq!(rows, most, "{arguments:?}");
    }
    let ended = desk.run(&["runs", "--search", "nothing-so"]);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (0, "No run matches.\n")
    );
    let ended = desk.run(&["runs", "--limit", "1"]);
    assert!(ended.stdout.contains("1 of 3"), "{ended:?}");
    assert_eq!(desk.run(&["runs", "--state", "odd"]).code, 2);
    let empty = Desk::new().run(&["runs", "--search", "x"]);
    assert_eq!(
        (empty.code, empty.stdout.as_str()),
        (0, "No run matches.\n")
    );
}

#[test]
fn decisions_are_listed_with_words_and_door() {
    let desk = desk();
    let ended = desk.run(&["decisions"]);
    for words in [
        "Replace this note?",
        "reject",
        "pipeline (token)",
        "100% \"wrong\" note",
    ] {
        assert!(ended.stdout.contains(words), "{words}: {ended:?}");
    }
    let (code, list) = desk.json(&["decisions"]);
    assert_eq!(
        (code, list["decisions"].as_array().unwrap().len()),
        (0, 1),
        "{list}"
    );
    assert_eq!(list["decisions"][0]["words"], "100% \"wrong\" note");
    let nothing = Desk::new().run(&["decisions"]);
    assert_eq!(
        (nothing.code, nothing.stdout.as_str()),
        (0, "No decisions yet.\n")
    );
}

#[test]
fn a_backup_comes_back_into_an_empty_folder_only() {
    let desk = desk();
    let (code, made) = desk.json(&["backup"]);
    assert_eq!(code, 0, "{made}");
    let backup = made["path"].as_str().unwrap().to_owned();
    assert!(
        backup.starts_with(&desk.data().canonicalize().unwrap().display().to_string())
            || backup.contains("backups"),
        "{backup}"
    );
    let to = desk.path("restored").display().to_string();
    let restored = desk.run(&["restore", &backup, "--to", &to]);
    assert_eq!(restored.code, 0, "{restored:?}");
    for words in [
        to.as_str(),
        "The journal in it is whole",
        "Secrets were not in the backup",
    ] {
        assert!(restored.stdout.contains(words), "{words}: {restored:?}");
    }
    let again = desk.run(&["restore", &backup, "--to", &to]);
    assert_eq!(again.code, 4, "{again:?}");
    let here = desk.data().display().to_string();
    assert_eq!(desk.run(&["restore", &backup, "--to", &here]).code, 4);
    assert_eq!(desk.run(&["backup", "--to", &to]).code, 4);
    assert_eq!(
        desk.run(&[
            "restore",
            &desk.path("nowhere").display().to_string(),
            "--to",
            &to
        ])
        .code,
        4
    );
    let looked = std::process::Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["runs", "--json", "--data-dir", &to])
        .output()
        .unwrap();
    let runs: serde_json::Value = serde_json::from_slice(&looked.stdout).unwrap();
    assert_eq!(runs["total"], 3, "{runs}");
    // Of a broken journal it is told.
    let broken = desk.path("broken");
    fs::create_dir(&broken).unwrap();
    let database = fs::read(desk.path("restored").join("countersign.db")).unwrap();
    let (word, mut changed) = (b"Replace this note?", database.clone());
    let at = |(at, part): (usize, &[u8])| (part == word).then_some(at);
    let places: Vec<usize> = database
        .windows(word.len())
        .enumerate()
        .filter_map(at)
        .collect();
    assert!(!places.is_empty());
    for at in places {
        changed[at] = b'X';
    }
    fs::write(broken.join("countersign.db"), changed).unwrap();
    let to = desk.path("from-broken").display().to_string();
    let told = desk.run(&["restore", &broken.display().to_string(), "--to", &to]);
    assert_eq!(told.code, 5, "{told:?}");
    assert!(told.stdout.contains("is broken at record"), "{told:?}");
}

#[test]
fn diagnostics_are_a_file_among_the_downloads() {
    let desk = desk();
    let ended = desk.run(&["diagnostics"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let path = ended.stdout.lines().next().unwrap();
    assert!(
        path.ends_with(".zip") && path.contains("/downloads/"),
        "{ended:?}"
    );
    let bytes = fs::read(path).unwrap();
    assert!(bytes.starts_with(b"PK"));
    let (code, made) = desk.json(&["diagnostics"]);
    assert_eq!(code, 0);
    assert!(
        made["path"].as_str().unwrap().ends_with(" (2).zip"),
        "{made}"
    );
}
