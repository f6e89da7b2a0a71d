//! Signed heads: when they are made, and what of a changed, cut or replaced journal they show.

use super::*;
use crate::{Audit, SignedHead, Signer, Verdict, audit_file};
use ed25519_dalek::{Signer as _, SigningKey};
use rusqlite::Connection;
use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
};

#[derive(Debug)]
pub(super) struct Key {
    key: SigningKey,
    heads: Mutex<Vec<SignedHead>>,
}

impl Key {
    pub(super) fn new(seed: u8) -> Arc<Key> {
        Arc::new(Key {
            key: SigningKey::from_bytes(&[seed; 32]),
            heads: Mutex::default(),
        })
    }

    fn heads(&self) -> Vec<u64> {
        self.heads
            .lock()
            .unwrap()
            .iter()
            .map(|head| head.seq)
            .collect()
    }

    fn last(&self) -> Option<SignedHead> {
        self.heads.lock().unwrap().last().copied()
    }
}

impl Signer for Key {
    fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    fn signed(&self, head: SignedHead) {
        self.heads.lock().unwrap().push(head);
    }
}

/// `count` records of which the last is a decision.
pub(super) fn decision(number: usize, after: u64, count: u64) -> Append {
    let mut append = append(&run(number), after, count, "text");
    append.records.last_mut().unwrap().event = workflow::Event::DoubtResolved {
        step: "toy".parse().unwrap(),
        answer: workflow::DoubtAnswer::ItHappened,
    };
    append
}

/// A journal of 12 records, signed at 5 and 10 (decisions) and 12 (closing).
fn journal() -> (tempfile::TempDir, PathBuf, Arc<Key>) {
    let dir = tempfile::tempdir().unwrap();
    let key = Key::new(7);
    let store = open(dir.path());
    store.sign_with(key.clone()).unwrap();
    store.append_blocking(decision(1, 0, 5)).unwrap();
    store.append_blocking(decision(2, 0, 5)).unwrap();
    store
        .append_blocking(append(&run(3), 0, 2, "text"))
        .unwrap();
    assert_eq!(key.heads(), [5, 10]);
    drop(store);
    assert_eq!(key.heads(), [5, 10, 12]);
    let path = dir.path().join("countersign.db");
    (dir, path, key)
}

fn broken(audit: &Audit) -> Option<(u64, &str)> {
    match &audit.verdict {
        Verdict::Intact { .. } => None,
        Verdict::Broken { seq, why, .. } => Some((*seq, why)),
    }
}

#[test]
fn a_head_is_signed_at_decisions_every_256_records_and_at_the_end() {
    let (_dir, path, key) = journal();
    let audit = audit_file(&path, key.last(), true).unwrap();
    assert_eq!(broken(&audit), None);
    assert_eq!(audit.signed.map(|head| head.seq), Some(12));
    assert_eq!(audit.newest_key, Some(key.public_key()));
    assert!(!audit.overdue);

    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let key = Key::new(8);
    store
        .append_blocking(append(&run(0), 0, 3, "text"))
        .unwrap();
    // What is there already is signed at once: a keychain may come later.
    store.sign_with(key.clone()).unwrap();
    assert_eq!(key.heads(), [3]);
    for number in 1..=100 {
        store
            .append_blocking(append(&run(number), 0, 10, "text"))
            .unwrap();
    }
    assert_eq!(key.heads(), [3, 263, 523, 783]);
    let audit = store.read().audit(None).unwrap();
    assert_eq!(audit.signed.map(|head| head.seq), Some(783));
    assert!(!audit.overdue, "fewer than 256 are left");
}

#[test]
fn without_a_key_it_says_from_where_it_is_unsigned() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store
        .append_blocking(append(&run(1), 0, 2, "text"))
        .unwrap();
    let audit = store.read().audit(None).unwrap();
    assert_eq!((audit.signed, audit.overdue), (None, false));
    store.append_blocking(decision(2, 0, 2)).unwrap();
    assert!(store.read().audit(None).unwrap().overdue);
}

/// What somebody does to the file, and which record the audit names; `None`: it cannot be seen in the file alone.
#[test]
fn every_change_is_named() {
    // The whole chain after a record written anew, with right hashes.
    let rehash = "rehash from 7";
    for (change, wanted, says) in [
        (
            "UPDATE signatures SET signature = zeroblob(64) WHERE seq = 5",
            Some(5),
            "signature",
        ),
        ("DELETE FROM signatures WHERE seq = 5", Some(10), "removed"),
        (
            "UPDATE signatures SET previous = zeroblob(32) WHERE seq = 12",
            Some(12),
            "signature",
        ),
        (
            "UPDATE signatures SET signature = zeroblob(64) WHERE seq = 12",
            Some(12),
            "signature",
        ),
        (
            "UPDATE signatures SET hash = zeroblob(32) WHERE seq = 10",
            Some(10),
            "signed",
        ),
        (
            "UPDATE signatures SET seq = 11 WHERE seq = 10",
            Some(11),
            "signed",
        ),
        (
            "UPDATE signatures SET public_key = zeroblob(32) WHERE seq = 5",
            Some(5),
            "signature",
        ),
        (
            "INSERT INTO signatures SELECT 99, hash, public_key, previous, signature, 0 FROM signatures WHERE seq = 5",
            Some(13),
            "record 99 was signed",
        ),
        (
            "UPDATE journal SET at_us = 1 WHERE seq = 4",
            Some(4),
            "hash",
        ),
        // Before the bad signature stands a bad record, and the other way round.
        (
            "UPDATE journal SET at_us = 1 WHERE seq = 4; UPDATE signatures SET signature = zeroblob(64) WHERE seq = 5",
            Some(4),
            "hash",
        ),
        (
            "UPDATE journal SET at_us = 1 WHERE seq = 7; UPDATE signatures SET signature = zeroblob(64) WHERE seq = 5",
            Some(5),
            "signature",
        ),
        (
            "DELETE FROM journal WHERE seq > 10",
            Some(11),
            "record 12 was signed",
        ),
        (
            "DELETE FROM journal WHERE seq > 10; DELETE FROM signatures WHERE seq > 10",
            None,
            "",
        ),
        ("DELETE FROM signatures", None, ""),
        (rehash, Some(10), "signed"),
    ] {
        let (_dir, path, _) = journal();
        let conn = Connection::open(&path).unwrap();
        for trigger in [
            "journal_is_not_updated",
            "journal_is_not_deleted",
            "journal_is_only_appended",
            "signatures_are_not_updated",
            "signatures_are_not_deleted",
            "signatures_are_only_appended",
        ] {
            conn.execute_batch(&format!("DROP TRIGGER {trigger}"))
                .unwrap();
        }
        if change == rehash {
            write_anew(&conn, 7);
        } else {
            conn.execute_batch(change).unwrap();
        }
        drop(conn);
        let audit = audit_file(&path, None, true).unwrap();
        let found = broken(&audit);
        assert_eq!(found.map(|(seq, _)| seq), wanted, "{change}: {found:?}");
        assert!(
            found.is_none_or(|(_, why)| why.contains(says)),
            "{change}: {found:?}"
        );
    }
}

/// Changes a record and makes all hashes from it on right again.
fn write_anew(conn: &Connection, from: i64) {
    conn.execute(
        "UPDATE journal SET kind = 'run_cancelled' WHERE seq = ?1",
        [from],
    )
    .unwrap();
    let sql = "SELECT seq, run_id, run_seq, at_us, actor, kind, payload FROM journal WHERE seq >= ?1 ORDER BY seq";
    let mut previous = conn
        .query_row(
            "SELECT hash FROM journal WHERE seq = ?1",
            [from - 1],
            |row| row.get(0),
        )
        .unwrap();
    let mut statement = conn.prepare(sql).unwrap();
    let hashes: Vec<(i64, [u8; 32])> = statement
        .query_map([from], |row| {
            let text = |column: usize| row.get::<_, String>(column).unwrap();
            let (run_id, actor, kind, payload) = (text(1), text(4), text(5), text(6));
            previous = crate::chain::hash(
                &previous,
                &crate::chain::Row {
                    seq: row.get(0)?,
                    run_id: run_id.as_bytes(),
                    run_seq: row.get(2)?,
                    at_us: row.get(3)?,
                    actor: actor.as_bytes(),
                    kind: kind.as_bytes(),
                    payload: payload.as_bytes(),
                },
            );
            Ok((row.get(0)?, previous))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (seq, hash) in hashes {
        conn.execute("UPDATE journal SET hash = ?2 WHERE seq = ?1", (seq, hash))
            .unwrap();
    }
}

#[test]
fn what_the_keychain_remembers_shows_a_cut_end_an_old_copy_and_a_new_history() {
    let (dir, path, key) = journal();
    let old = dir.path().join("old.db");
    fs::copy(&path, &old).unwrap();
    let store = open(dir.path());
    store.sign_with(key.clone()).unwrap();
    store.append_blocking(decision(4, 0, 3)).unwrap();
    drop(store);
    let known = key.last();
    assert_eq!(known.map(|head| head.seq), Some(15));
    assert_eq!(broken(&audit_file(&path, known, true).unwrap()), None);
    // An old copy is whole in itself; that it is old is known elsewhere.
    assert_eq!(broken(&audit_file(&old, None, true).unwrap()), None);
    let audit = audit_file(&old, known, true).unwrap();
    let (seq, why) = broken(&audit).unwrap();
    assert_eq!(seq, 13);
    assert!(why.contains("remembers record 15"), "{why}");
    // Of a copy nobody expects that it is the newest.
    assert_eq!(broken(&audit_file(&old, known, false).unwrap()), None);
    // A history that was written anew, without signatures: other hashes at the place that is remembered.
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(
        "DROP TRIGGER journal_is_not_updated; DROP TRIGGER signatures_are_not_deleted; DELETE FROM signatures",
    )
    .unwrap();
    write_anew(&conn, 2);
    drop(conn);
    assert_eq!(broken(&audit_file(&path, None, true).unwrap()), None);
    let audit = audit_file(&path, known, true).unwrap();
    let (seq, why) = broken(&audit).unwrap();
    assert_eq!(seq, 15);
    assert!(why.contains("written anew"), "{why}");
}

#[test]
fn two_keys_one_after_the_other_are_both_named() {
    let (dir, path, first) = journal();
    let store = open(dir.path());
    let second = Key::new(9);
    store.sign_with(second.clone()).unwrap();
    store.append_blocking(decision(4, 0, 3)).unwrap();
    drop(store);
    let audit = audit_file(&path, None, true).unwrap();
    assert_eq!(broken(&audit), None);
    assert_eq!(audit.keys, [first.public_key(), second.public_key()]);
    assert_eq!(audit.newest_key, Some(second.public_key()));
}

#[test]
fn rows_that_somebody_put_there_do_not_stop_the_journal() {
    let (dir, path, key) = journal();
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(
        "DROP TRIGGER signatures_are_only_appended;
         INSERT INTO signatures SELECT 9999, hash, public_key, previous, signature, 0 FROM signatures WHERE seq = 5;
         CREATE TRIGGER signatures_are_only_appended BEFORE INSERT ON signatures
         WHEN NEW.seq <= (SELECT coalesce(max(seq), 0) FROM signatures)
         BEGIN SELECT RAISE(ABORT, 'signatures are append-only'); END",
    )
    .unwrap();
    drop(conn);
    let store = open(dir.path());
    store.sign_with(key).unwrap();
    store.append_blocking(decision(4, 0, 3)).unwrap();
    assert_eq!(store.health(), crate::Health::Writable);
    let audit = store.read().audit(None).unwrap();
    assert_eq!(broken(&audit).map(|(seq, _)| seq), Some(16));
}
