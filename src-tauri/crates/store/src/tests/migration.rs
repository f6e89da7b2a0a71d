//! Bringing an older database up to date: in one transaction, after a copy, or not at all. And the settings.

use super::*;
use crate::{
    OpenFault,
    connection::{self, Durability},
    schema::{self, Schema},
};
use rusqlite::Connection;

const FIRST: &str = schema::JOURNAL.migrations[0];
/// The schema as it was first, then with one more migration.
const OLD: Schema = Schema {
    migrations: &[FIRST],
    ..schema::JOURNAL
};
const NEXT: Schema = Schema {
    migrations: &[FIRST, "ALTER TABLE runs ADD COLUMN note TEXT"],
    ..schema::JOURNAL
};
const BAD: Schema = Schema {
    migrations: &[
        FIRST,
        "CREATE TABLE half (x); INSERT INTO nowhere VALUES (1)",
    ],
    ..schema::JOURNAL
};

fn version(path: &Path) -> i64 {
    Connection::open(path)
        .unwrap()
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap()
}

#[test]
fn an_older_database_is_copied_and_brought_up_to_date() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("countersign.db");
    OLD.open(&path)
        .unwrap()
        .execute_batch(
            "INSERT INTO journal VALUES (1, 'r', 1, 0, 'a', 'k', 'p', zeroblob(32)), (2, 'r', 2, 0, 'a', 'k', 'p', zeroblob(32));
             INSERT INTO runs VALUES ('r', 's', 'running', 'd', 0, NULL, 0)",
        )
        .unwrap();
    let copy = dir.path().join("countersign.db.v1.backup");
    // A migration that fails leaves everything as it was.
    assert!(BAD.open(&path).is_err());
    assert_eq!(version(&path), 1);
    assert!(matches!(
        NEXT.open_reading(&path),
        Err(OpenFault::OlderDatabase {
            found: 1,
            known: 2,
            ..
        })
    ));
    let conn = NEXT.open(&path).unwrap();
    conn.execute("UPDATE runs SET note = 'new'", []).unwrap();
    drop(conn);
    assert_eq!((version(&path), version(&copy)), (2, 1));
    for path in [&path, &copy] {
        let conn = Connection::open(path).unwrap();
        let records: u32 = conn
            .query_row("SELECT count(*) FROM journal", [], |row| row.get(0))
            .unwrap();
        assert_eq!(records, 2);
    }
    // And the older program no longer takes it.
    assert!(matches!(
        OLD.open(&path),
        Err(OpenFault::NewerDatabase {
            found: 2,
            known: 1,
            ..
        })
    ));
}

#[test]
fn a_setting_that_is_not_taken_is_a_fault() {
    let conn = Connection::open_in_memory().unwrap();
    let fault = connection::settle(&conn, Path::new("memory"), Durability::Full).unwrap_err();
    assert!(
        matches!(&fault, OpenFault::Setting { name: "journal_mode", found, .. } if found == "memory"),
        "{fault}"
    );
}

#[test]
fn the_writer_waits_for_the_disk_and_readers_never_write() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let number = |conn: &Connection, sql: &str| -> i64 {
        conn.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let ledger = store.writer.ledger();
    assert_eq!(number(&ledger.conn, "PRAGMA synchronous"), 2);
    assert_eq!(number(&ledger.conn, "PRAGMA foreign_keys"), 1);
    assert_eq!(number(&ledger.conn, "PRAGMA trusted_schema"), 0);
    drop(ledger);
    let read = store.read().journal.with(|conn| {
        Ok((
            number(conn, "PRAGMA query_only"),
            number(conn, "PRAGMA wal_autocheckpoint"),
        ))
    });
    assert_eq!(read.unwrap(), (1, 0));
}
