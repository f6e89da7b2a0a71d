//! A data folder that another program has open, that cannot be written, that a newer version wrote.

use crate::desk::{Desk, wait};
use std::{
    fs::{self, OpenOptions},
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
};

#[test]
fn an_owner_that_does_not_answer_is_named() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["run", "health_check"]).code, 0);
    let lock = OpenOptions::new()
        .read(true)
        .write(true)
        .open(desk.data().join("engine.lock"))
        .unwrap();
    lock.lock().unwrap();
    let ended = desk.run(&["run", "health_check"]);
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(
        ended.stderr.contains("it is in use by") && ended.stderr.contains("--data-dir"),
        "{ended:?}"
    );
    // Looking needs no lock.
    for arguments in [
        &["runs"][..],
        &["workflows"],
        &["operators"],
        &["audit", "verify"],
    ] {
        let ended = desk.run(arguments);
        assert_eq!(ended.code, 0, "{ended:?}");
    }
}

#[test]
fn a_second_program_works_through_the_first() {
    let desk = Desk::new();
    desk.write("note.txt", "wait\n");
    let owner = desk.start(&[
        "run",
        "awaited_note",
        "-i",
        &desk.input("path", "note.txt"),
        "-i",
        &desk.input("answer", "answer.txt"),
    ]);
    let run = running(&desk);
    // Another workflow beside it, over the owner's socket.
    let beside = desk.run(&["run", "health_check"]);
    assert_eq!(beside.code, 0, "{beside:?}");
    let cancelled = desk.run(&["cancel", &run]);
    assert_eq!(cancelled.code, 0, "{cancelled:?}");
    let owner = wait(owner);
    assert_eq!(owner.code, 1, "{owner:?}");
    assert!(
        owner.stdout.contains("Answer a note cancelled after"),
        "{owner:?}"
    );
    assert!(owner.stdout.contains("Nothing was changed."), "{owner:?}");
}

#[test]
fn the_log_is_followed_where_the_engine_runs() {
    let desk = Desk::new();
    desk.write("note.txt", "wait\n");
    let owner = desk.start(&[
        "run",
        "awaited_note",
        "-i",
        &desk.input("path", "note.txt"),
        "-i",
        &desk.input("answer", "answer.txt"),
    ]);
    let run = running(&desk);
    let mut follower = desk.plain_terminal(&["log", &run, "--follow"]);
    follower.see("wait_for_note  try 1  under way");
    assert_eq!(desk.run(&["cancel", &run]).code, 0);
    assert_eq!(follower.end(), 0, "{}", follower.everything());
    assert_eq!(wait(owner).code, 1);
    let path = desk.input("path", "note.txt");
    let alone = desk.start_waiting("write_note", &[&path, "content=x"]);
    let ended = desk.run(&["log", &alone.run, "--follow"]);
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(
        ended.stderr.contains("No engine runs in this data folder"),
        "{ended:?}"
    );
}

#[test]
fn a_folder_that_cannot_be_written() {
    let desk = Desk::new();
    let folder = desk.path("locked");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    let _guard = Restored(folder.clone());
    let program = env!("CARGO_BIN_EXE_countersign");
    let output = if fs::write(folder.join("probe"), "").is_err() {
        std::process::Command::new(program)
            .args(["run", "health_check", "--data-dir"])
            .arg(folder.join("data"))
            .output()
    } else {
        // Root may write everywhere but on a read-only file system: one of its own, seen by this program only.
        std::process::Command::new("unshare")
            .args(["-m", "sh", "-c"])
            .arg(r#"mount -t tmpfs -o ro tmpfs "$0" && exec "$1" run health_check --data-dir "$0/data""#)
            .arg(&folder)
            .arg(program)
            .output()
    }
    .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    if stderr.starts_with("unshare: ") || stderr.starts_with("mount: ") {
        println!("SKIPPED: terminal: this machine lets tests mount no disk");
        return;
    }
    assert_eq!(output.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("--data-dir"), "{stderr}");
}

/// Gives the rights back, so that the folder can be removed.
struct Restored(PathBuf);

impl Drop for Restored {
    fn drop(&mut self) {
        let _ = fs::set_permissions(&self.0, fs::Permissions::from_mode(0o755));
    }
}

#[test]
fn a_database_of_a_newer_version() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["run", "health_check"]).code, 0);
    let database = desk.data().join("countersign.db");
    let mut bytes = fs::read(&database).unwrap();
    // user_version: four bytes, big endian, at offset 60 (https://www.sqlite.org/fileformat.html#database_header).
    bytes[60..64].copy_from_slice(&99u32.to_be_bytes());
    fs::write(&database, bytes).unwrap();
    for arguments in [&["run", "health_check"][..], &["runs"]] {
        let ended = desk.run(arguments);
        assert_eq!(ended.code, 4, "{ended:?}");
        assert!(
            ended.stderr.contains("schema version 99")
                && ended.stderr.contains("update this program"),
            "{ended:?}"
        );
    }
}

#[test]
fn a_folder_without_runs_is_no_trouble() {
    let desk = Desk::new();
    let ended = desk.run(&["runs"]);
    assert_eq!(
        (ended.code, ended.stdout.starts_with("No runs yet.")),
        (0, true)
    );
    let ended = desk.run(&["resume"]);
    assert_eq!(
        (ended.code, ended.stdout.contains("Nothing is owed")),
        (0, true)
    );
    assert_eq!(Desk::new().run(&["audit", "verify"]).code, 4);
}

/// The run that is under way.
#[track_caller]
pub(crate) fn running(desk: &Desk) -> String {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let (_, rows) = desk.json(&["runs"]);
        let row = rows["runs"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|row| row["state"] == "running");
        if let Some(run) = row.and_then(|row| row["run"].as_str()) {
            return run.to_owned();
        }
        assert!(
            std::time::Instant::now() < deadline,
            "no run is under way: {rows:#}"
        );
    }
}
