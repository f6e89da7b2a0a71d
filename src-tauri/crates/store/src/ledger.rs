//! The journal's writing connection and the head of the chain: one append inside a transaction, nothing about
//! threads. The head in memory moves only when the transaction is committed.

use crate::{
    Ack, AppendFault, OpenFault,
    append::{Encoded, EncodedRow},
    chain::{self, Hash},
    decisions::{self, Place},
    fault::code_of,
    inventory, schema, views,
};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};
use std::path::{Path, PathBuf};

/// The last row of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) seq: i64,
    pub(crate) hash: Hash,
}

/// The journal as its one writer has it open.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) conn: Connection,
    pub(crate) head: Head,
    path: PathBuf,
    max_pages: Option<u32>,
}

/// Why one append of a group did not work.
pub(crate) enum InsertFault {
    /// Only this one; the group goes on.
    This(AppendFault),
    /// The disk or the database: no append of the group can be trusted.
    All(rusqlite::Error),
}

impl Ledger {
    pub(crate) fn open(path: &Path, max_pages: Option<u32>) -> Result<Ledger, OpenFault> {
        let conn = schema::JOURNAL.open(path)?;
        let failed = |source| OpenFault::sqlite("read", path, source);
        conn.set_prepared_statement_cache_capacity(32);
        if let Some(pages) = max_pages {
            conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
                .map_err(failed)?;
        }
        let head = read_head(&conn).map_err(failed)?;
        Ok(Ledger {
            conn,
            head,
            path: path.to_owned(),
            max_pages,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A new connection after a fault: what SQLite had in memory is not trusted, the head is read from the file.
    pub(crate) fn reopen(&mut self, max_pages: Option<u32>) -> Result<(), OpenFault> {
        let path = self.path.clone();
        *self = Ledger::open(&path, max_pages.or(self.max_pages))?;
        // A file that cannot be written says so here and not at the next append; so much is more than most appends need.
        let probe = "INSERT INTO meta (name, value) VALUES ('written', zeroblob(65536))
                     ON CONFLICT (name) DO UPDATE SET value = zeroblob(65536)";
        let written = self.conn.execute(probe, []).and_then(|_| {
            self.conn
                .execute("DELETE FROM meta WHERE name = 'written'", [])
        });
        written
            .map(|_| ())
            .map_err(|source| OpenFault::sqlite("write", &path, source))
    }

    /// Inserts one append after `head` and moves it; inside the caller's transaction, within a savepoint of its own.
    pub(crate) fn insert(
        conn: &Connection,
        head: &mut Head,
        append: &Encoded,
    ) -> Result<Ack, InsertFault> {
        conn.execute_batch("SAVEPOINT append")
            .map_err(InsertFault::All)?;
        let before = *head;
        let inserted = insert_all(conn, head, append);
        let Err(fault) = inserted else {
            conn.execute_batch("RELEASE append")
                .map_err(InsertFault::All)?;
            return Ok(Ack {
                first_seq: (before.seq + 1) as u64,
                last_seq: head.seq as u64,
            });
        };
        *head = before;
        if matches!(fault, InsertFault::This(_)) {
            conn.execute_batch("ROLLBACK TO append; RELEASE append")
                .map_err(InsertFault::All)?;
        }
        Err(fault)
    }
}

fn insert_all(conn: &Connection, head: &mut Head, append: &Encoded) -> Result<(), InsertFault> {
    let judge = |error| judge(append, error);
    let found = last_run_seq(conn, append).map_err(judge)?;
    if found != append.expected_run_seq {
        return Err(InsertFault::This(AppendFault::Conflict {
            run: append.run.clone(),
            expected: append.expected_run_seq as u64,
            found: found as u64,
        }));
    }
    let before = head.seq;
    let mut at_us = 0;
    for row in &append.rows {
        insert_row(conn, head, append, row).map_err(judge)?;
        at_us = row.at_us;
    }
    for blob in &append.blobs {
        let sql = "INSERT INTO blobs (sha256, body, created_us) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        let mut statement = conn.prepare_cached(sql).map_err(judge)?;
        statement
            .execute(params![blob.sha256.as_bytes(), blob.body, at_us])
            .map_err(judge)?;
    }
    if let Some(definition) = &append.definition {
        let sql =
            "INSERT INTO definitions (digest, text, model, created_us) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT DO NOTHING";
        let mut statement = conn.prepare_cached(sql).map_err(judge)?;
        let values = params![
            definition.digest.as_bytes(),
            definition.text,
            definition.model,
            at_us
        ];
        statement.execute(values).map_err(judge)?;
    }
    for (at_us, change) in &append.fleet {
        let changed = inventory::Changed {
            run: &append.run.0,
            at_us: *at_us,
            change,
        };
        inventory::apply(conn, &changed)
            .map_err(judge)?
            .map_err(|fault| {
                InsertFault::This(AppendFault::Inventory {
                    run: append.run.clone(),
                    fault,
                })
            })?;
    }
    for (at, turn) in &append.turns {
        let Some(row) = append.rows.get(*at) else {
            continue;
        };
        let place = Place {
            run: &append.run.0,
            seq: before + 1 + *at as i64,
            at_us: row.at_us,
            actor: &row.actor,
        };
        decisions::apply(conn, &place, turn).map_err(judge)?;
    }
    views::write(conn, &append.view).map_err(judge)
}

fn last_run_seq(conn: &Connection, append: &Encoded) -> rusqlite::Result<i64> {
    conn.prepare_cached("SELECT coalesce(max(run_seq), 0) FROM journal WHERE run_id = ?1")?
        .query_row([&append.run.0], |row| row.get(0))
}

fn insert_row(
    conn: &Connection,
    head: &mut Head,
    append: &Encoded,
    row: &EncodedRow,
) -> rusqlite::Result<()> {
    let seq = head.seq + 1;
    let hashed = chain::Row {
        seq,
        run_id: append.run.0.as_bytes(),
        run_seq: row.run_seq,
        at_us: row.at_us,
        actor: row.actor.as_bytes(),
        kind: row.kind.as_bytes(),
        payload: row.payload.as_bytes(),
    };
    let hash = chain::hash(&head.hash, &hashed);
    conn.prepare_cached(
        "INSERT INTO journal (seq, run_id, run_seq, at_us, actor, kind, payload, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        seq,
        append.run.0,
        row.run_seq,
        row.at_us,
        row.actor,
        row.kind,
        row.payload,
        hash
    ])?;
    *head = Head { seq, hash };
    Ok(())
}

/// A broken rule or a value too big is this append's own fault; everything else is the disk's or the database's.
fn judge(append: &Encoded, error: rusqlite::Error) -> InsertFault {
    match code_of(&error) {
        Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch) => {
            InsertFault::This(AppendFault::Refused {
                run: append.run.clone(),
                why: error.to_string(),
            })
        }
        _ => InsertFault::All(error),
    }
}

fn read_head(conn: &Connection) -> rusqlite::Result<Head> {
    let last = conn
        .query_row(
            "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1",
            [],
            |row| {
                Ok(Head {
                    seq: row.get(0)?,
                    hash: row.get(1)?,
                })
            },
        )
        .optional()?;
    match last {
        Some(head) => Ok(head),
        None => Ok(Head {
            seq: 0,
            hash: genesis(conn)?,
        }),
    }
}

/// What the first hash follows: the random id of the database.
pub(crate) fn genesis(conn: &Connection) -> rusqlite::Result<Hash> {
    conn.query_row(
        "SELECT value FROM meta WHERE name = 'database_id'",
        [],
        |row| row.get(0),
    )
}
