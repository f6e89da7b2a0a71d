//! What somebody changes in the file, and at which record the audit names it.

use super::*;
use crate::{Verdict, verify_file};
use rusqlite::Connection;
use std::{fs, path::PathBuf};

/// A folder with a journal of 20 records, closed.
fn journal() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for after in 0..5 {
        store
            .append_blocking(append(
                &run(1),
                after * 2,
                2,
                &format!("first-{after}-text"),
            ))
            .unwrap();
        store
            .append_blocking(append(
                &run(2),
                after * 2,
                2,
                &format!("second-{after}-text"),
            ))
            .unwrap();
    }
    drop(store);
    let path = dir.path().join("countersign.db");
    (dir, path)
}

fn broken_at(verdict: &Verdict) -> Option<u64> {
    match verdict {
        Verdict::Intact { .. } => None,
        Verdict::Broken { seq, .. } => Some(*seq),
    }
}

#[test]
fn every_change_is_named_at_the_first_bad_record() {
    let swap = |a: u64, b: u64| {
        format!("UPDATE journal SET seq = -1 WHERE seq = {a}; UPDATE journal SET seq = {a} WHERE seq = {b};
                 UPDATE journal SET seq = {b} WHERE seq = -1")
    };
    let table: &[(&str, Option<u64>)] = &[
        ("SELECT 1", None),
        (
            "UPDATE journal SET run_id = 'run-00b' WHERE seq = 7",
            Some(7),
        ),
        ("UPDATE journal SET run_seq = 99 WHERE seq = 7", Some(7)),
        (
            "UPDATE journal SET at_us = at_us + 1 WHERE seq = 1",
            Some(1),
        ),
        (
            "UPDATE journal SET actor = replace(actor, 'ada', 'eve') WHERE seq = 2",
            Some(2),
        ),
        (
            "UPDATE journal SET kind = 'run_cancelled' WHERE seq = 7",
            Some(7),
        ),
        (
            "UPDATE journal SET payload = replace(payload, 'text', 'tixt') WHERE seq = 20",
            Some(20),
        ),
        (
            "UPDATE journal SET payload = payload || ' ' WHERE seq = 7",
            Some(7),
        ),
        (
            "UPDATE journal SET hash = zeroblob(32) WHERE seq = 7",
            Some(7),
        ),
        // A byte moved from one field to the next: without lengths this would have the same hash.
        (
            "UPDATE journal SET kind = kind || '{', payload = substr(payload, 2) WHERE seq = 7",
            Some(7),
        ),
        ("DELETE FROM journal WHERE seq = 1", Some(1)),
        ("DELETE FROM journal WHERE seq = 7", Some(7)),
        (
            "DELETE FROM journal WHERE seq = 7; UPDATE journal SET seq = seq - 1 WHERE seq > 7",
            Some(7),
        ),
        (
            "INSERT INTO journal SELECT 0, 'x', 1, at_us, actor, kind, payload, hash FROM journal WHERE seq = 1",
            Some(1),
        ),
        (
            "INSERT INTO journal SELECT 21, 'x', 1, at_us, actor, kind, payload, hash FROM journal WHERE seq = 1",
            Some(21),
        ),
        (&swap(7, 8), Some(7)),
        (&swap(3, 19), Some(3)),
        (
            "UPDATE meta SET value = zeroblob(32) WHERE name = 'database_id'",
            Some(1),
        ),
        // Not to be seen without a signed head: the verdict says so.
        ("DELETE FROM journal WHERE seq > 15", None),
    ];
    for (change, wanted) in table {
        let (_dir, path) = journal();
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch(
            "DROP TRIGGER journal_is_not_updated; DROP TRIGGER journal_is_not_deleted;
             DROP TRIGGER journal_is_only_appended",
        )
        .unwrap();
        conn.execute_batch(change).unwrap();
        drop(conn);
        let verdict = verify_file(&path).unwrap();
        assert_eq!(broken_at(&verdict), *wanted, "{change}: {}", verdict.text());
        assert!(
            !path.with_file_name("countersign.db-wal").exists(),
            "the audit left a file"
        );
    }
}

#[test]
fn a_record_that_was_written_anew_with_its_hash_shows_at_the_next() {
    let (_dir, path) = journal();
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("DROP TRIGGER journal_is_not_updated")
        .unwrap();
    let previous = conn
        .query_row("SELECT hash FROM journal WHERE seq = 6", [], |row| {
            row.get(0)
        })
        .unwrap();
    conn.execute_batch("UPDATE journal SET kind = 'run_cancelled' WHERE seq = 7")
        .unwrap();
    let sql = "SELECT run_id, run_seq, at_us, actor, kind, payload FROM journal WHERE seq = 7";
    let hash = conn
        .query_row(sql, [], |row| {
            let text = |column: usize| row.get::<_, String>(column).unwrap();
            let (run_id, actor, kind, payload) = (text(0), text(3), text(4), text(5));
            let forged = crate::chain::Row {
                seq: 7,
                run_id: run_id.as_bytes(),
                run_seq: row.get(1)?,
                at_us: row.get(2)?,
                actor: actor.as_bytes(),
                kind: kind.as_bytes(),
                payload: payload.as_bytes(),
            };
            Ok(crate::chain::hash(&previous, &forged))
        })
        .unwrap();
    conn.execute("UPDATE journal SET hash = ?1 WHERE seq = 7", [hash])
        .unwrap();
    drop(conn);
    assert_eq!(broken_at(&verify_file(&path).unwrap()), Some(8));
}

#[test]
fn a_byte_of_a_payload_flipped_in_the_file_is_named() {
    let (_dir, path) = journal();
    let mut bytes = fs::read(&path).unwrap();
    let needle = b"second-2-text";
    // The text stands in two records and in a blob; the records of run 2 are 11 and 12.
    let places: Vec<usize> = (0..bytes.len() - needle.len())
        .filter(|at| bytes[*at..].starts_with(needle))
        .collect();
    let mut named = Vec::new();
    for place in places {
        bytes[place + 3] ^= 1;
        fs::write(&path, &bytes).unwrap();
        named.extend(broken_at(&verify_file(&path).unwrap()));
        bytes[place + 3] ^= 1;
    }
    named.sort_unstable();
    assert_eq!(named, [11, 12]);
}

#[test]
fn no_flipped_byte_anywhere_is_taken_for_another_journal() {
    let (_dir, path) = journal();
    let good = verify_file(&path).unwrap();
    let original = fs::read(&path).unwrap();
    let mut named = 0;
    for place in (0..original.len()).step_by(131) {
        let mut bytes = original.clone();
        bytes[place] ^= 0x41;
        fs::write(&path, &bytes).unwrap();
        // A fault is an answer too: the file may not even be a database any more.
        match verify_file(&path) {
            Ok(Verdict::Intact { records, head }) => {
                assert_eq!(Verdict::Intact { records, head }, good, "byte {place}")
            }
            Ok(Verdict::Broken { .. }) | Err(_) => named += 1,
        }
    }
    assert!(named > 20, "{named}");
}

#[test]
fn a_blob_that_was_changed_is_not_given_out() {
    let (dir, path) = journal();
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("UPDATE blobs SET body = X'00'").unwrap();
    drop(conn);
    let digest = blob("first-0-text").sha256;
    let fault = open(dir.path()).read().blob(&digest).unwrap_err();
    assert_eq!(
        fault.to_string(),
        format!("the blob {digest} is not what was stored: its content has another digest")
    );
}

#[test]
fn the_verdict_says_what_it_does_not_prove() {
    let (_dir, path) = journal();
    let text = verify_file(&path).unwrap().text();
    assert!(
        text.starts_with("intact, unsigned: 20 records, head "),
        "{text}"
    );
    assert!(
        text.contains("does not prove that no records were cut off at the end"),
        "{text}"
    );
}

#[test]
fn an_audit_beside_an_engine_sees_what_is_still_in_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.append_blocking(append(&run(1), 0, 2, "x")).unwrap();
    let verdict = verify_file(&dir.path().join("countersign.db")).unwrap();
    assert_eq!(verdict, store.read().verify().unwrap());
    assert!(
        matches!(verdict, Verdict::Intact { records: 2, .. }),
        "{verdict:?}"
    );
}
