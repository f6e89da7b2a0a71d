//! The views: rows that lists and timers read, written in the transaction of the records they come from, and
//! rebuilt from the journal to the same bytes. They never hold anything that the journal does not.

use crate::{
    ReadFault, ViewRows, WriteFault, append::EncodedView, decisions, inventory, records, search,
};
use rusqlite::{Connection, TransactionBehavior, params, types::ValueRef};
use std::fmt::Write as _;
use workflow::{Record, RunId};

/// Folds the records of one run into its rows. The iterator ends early when a record cannot be read; the rebuild
/// then fails whatever the fold returns.
pub(crate) type Fold<'a> = &'a mut dyn FnMut(&RunId, &mut dyn Iterator<Item = Record>) -> ViewRows;

/// Writes the rows of one run over those of before.
pub(crate) fn write(conn: &Connection, view: &EncodedView) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO runs (run_id, summary, state, definition, started_us, ended_us, owes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (run_id) DO UPDATE SET summary = excluded.summary, state = excluded.state,
             definition = excluded.definition, started_us = excluded.started_us, ended_us = excluded.ended_us,
             owes = excluded.owes",
    )?
    .execute(params![
        view.run,
        view.summary,
        view.state,
        view.definition,
        view.started_us,
        view.ended_us,
        view.owes
    ])?;
    search::write(conn, &view.found)?;
    conn.prepare_cached("DELETE FROM gates WHERE run_id = ?1")?
        .execute([&view.run])?;
    for gate in &view.gates {
        conn.prepare_cached(
            "INSERT INTO gates (run_id, gate, revision, digest, title, opened_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![view.run, gate.gate, gate.revision, gate.digest, gate.title, gate.opened_us])?;
    }
    conn.prepare_cached("DELETE FROM timers WHERE run_id = ?1")?
        .execute([&view.run])?;
    for (timer, due_us) in &view.timers {
        conn.prepare_cached("INSERT INTO timers (run_id, timer, due_us) VALUES (?1, ?2, ?3)")?
            .execute(params![view.run, timer, due_us])?;
    }
    Ok(())
}

/// Empties the views and fills them from the journal, in one transaction. Gives the number of runs.
pub(crate) fn rebuild(conn: &mut Connection, fold: Fold<'_>) -> Result<u64, WriteFault> {
    let failed = WriteFault::sqlite("rebuild the views");
    let tx = conn
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(&failed)?;
    tx.execute_batch(
        "DELETE FROM timers; DELETE FROM gates; DELETE FROM runs; DELETE FROM history",
    )
    .map_err(&failed)?;
    let mut count = 0;
    for run in records::runs_of(&tx)? {
        let mut fault = None;
        let mut statement = records::statement(&tx).map_err(&failed)?;
        let rows = records::read(&mut statement, &run, 1)?;
        let mut whole = rows.map_while(|record| record.map_err(|error| fault = Some(error)).ok());
        let view = fold(&run, &mut whole);
        drop(whole);
        if let Some(fault) = fault {
            return Err(fault.into());
        }
        let encoded = EncodedView::of(&view).map_err(|source| ReadFault::Decode {
            what: format!("the views of run {run}"),
            source,
        })?;
        write(&tx, &encoded).map_err(&failed)?;
        count += 1;
    }
    inventory::rebuild(&tx)?;
    decisions::rebuild(&tx)?;
    tx.commit().map_err(&failed)?;
    Ok(count)
}

/// Every row of every view as text, in the order of its key: to compare two states byte by byte.
pub(crate) fn dump(conn: &Connection) -> Result<String, ReadFault> {
    let failed = ReadFault::sqlite("the views");
    let mut text = String::new();
    for (view, key) in [
        ("runs", "run_id"),
        ("gates", "run_id, gate"),
        ("timers", "run_id, timer"),
        ("agents", "agent_id"),
        ("host_keys", "host, port, key"),
        ("history", "run_id"),
        ("decisions", "opened_seq"),
    ] {
        let mut statement = conn
            .prepare(&format!("SELECT * FROM {view} ORDER BY {key}"))
            .map_err(&failed)?;
        let columns = statement.column_count();
        let mut rows = statement.query([]).map_err(&failed)?;
        while let Some(row) = rows.next().map_err(&failed)? {
            text.push_str(view);
            for column in 0..columns {
                text.push('|');
                match row.get_ref(column).map_err(&failed)? {
                    ValueRef::Null => text.push_str("null"),
                    ValueRef::Integer(number) => {
                        // Writing to a string does not fail.
                        let _ = write!(text, "{number}");
                    }
                    ValueRef::Text(bytes) => text.push_str(&String::from_utf8_lossy(bytes)),
                    ValueRef::Real(_) | ValueRef::Blob(_) => text.push_str("(not in a view)"),
                }
            }
            text.push('\n');
        }
    }
    Ok(text)
}
