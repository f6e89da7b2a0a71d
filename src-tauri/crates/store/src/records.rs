//! Reading the journal: the records of a run, or entries in the order of the whole journal. Not its audit, which
//! reads raw columns (see `audit.rs`).

use crate::{ReadFault, Reader};
use rusqlite::{CachedStatement, Connection, Row, Statement};
use workflow::{Actor, Digest, Event, Record, RunId};

/// A record with its place in the whole journal.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalEntry {
    /// Its place, from 1, without gaps.
    pub seq: u64,
    /// The record.
    pub record: Record,
    /// The chain's hash at this place.
    pub hash: Digest,
}

impl Reader {
    /// The records of a run from place `from_run_seq` on (1: all), in order. Empty for an unknown run.
    pub fn records(&self, run: &RunId, from_run_seq: u64) -> Result<Vec<Record>, ReadFault> {
        self.journal.with(|conn| {
            let mut statement = statement(conn).map_err(ReadFault::sqlite("the journal"))?;
            read(&mut statement, run, from_run_seq)?.collect()
        })
    }

    /// At most `limit` entries of the whole journal from place `from_seq` on, in order.
    pub fn entries(&self, from_seq: u64, limit: usize) -> Result<Vec<JournalEntry>, ReadFault> {
        self.journal.with(|conn| {
            let failed = ReadFault::sqlite("the journal");
            let sql = "SELECT run_id, run_seq, at_us, actor, payload, seq, hash FROM journal
                       WHERE seq >= ?1 ORDER BY seq LIMIT ?2";
            let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
            let mut rows = statement
                .query((as_i64(from_seq), as_i64(limit as u64)))
                .map_err(&failed)?;
            let mut entries = Vec::new();
            while let Some(row) = rows.next().map_err(&failed)? {
                let record = record_of(row)?;
                let hash = Digest::from_bytes(row.get(6).map_err(&failed)?);
                entries.push(JournalEntry {
                    seq: row.get(5).map_err(&failed)?,
                    record,
                    hash,
                });
            }
            Ok(entries)
        })
    }
}

/// All runs that have records, in the order of their names.
pub(crate) fn runs_of(conn: &Connection) -> Result<Vec<RunId>, ReadFault> {
    let failed = ReadFault::sqlite("the runs in the journal");
    let mut statement = conn
        .prepare("SELECT DISTINCT run_id FROM journal ORDER BY run_id")
        .map_err(&failed)?;
    let runs = statement
        .query_map([], |row| row.get(0).map(RunId))
        .map_err(&failed)?;
    runs.collect::<Result<_, _>>().map_err(&failed)
}

/// The statement that [`read`] runs.
pub(crate) fn statement(conn: &Connection) -> rusqlite::Result<CachedStatement<'_>> {
    conn.prepare_cached(
        "SELECT run_id, run_seq, at_us, actor, payload FROM journal WHERE run_id = ?1 AND run_seq >= ?2
         ORDER BY run_seq",
    )
}

/// The records of a run one after another.
pub(crate) fn read<'a>(
    statement: &'a mut Statement<'_>,
    run: &RunId,
    from_run_seq: u64,
) -> Result<impl Iterator<Item = Result<Record, ReadFault>> + use<'a>, ReadFault> {
    let failed = ReadFault::sqlite("the journal");
    let rows = statement
        .query_map((&run.0, as_i64(from_run_seq)), |row| Ok(record_of(row)))
        .map_err(&failed)?;
    Ok(rows.map(move |row| row.map_err(&failed)?))
}

/// SQLite counts with signed numbers; nothing here comes near their end.
pub(crate) fn as_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn record_of(row: &Row<'_>) -> Result<Record, ReadFault> {
    let failed = ReadFault::sqlite("the journal");
    let run = RunId(row.get(0).map_err(&failed)?);
    let seq: u64 = row.get(1).map_err(&failed)?;
    let decode = |source| ReadFault::Decode {
        what: format!("record {seq} of run {run}"),
        source,
    };
    let text = |column| {
        row.get_ref(column)
            .and_then(|value| Ok(value.as_str()?))
            .map_err(&failed)
    };
    let actor: Actor = serde_json::from_str(text(3)?).map_err(decode)?;
    let event: Event = serde_json::from_str(text(4)?).map_err(decode)?;
    Ok(Record {
        run: run.clone(),
        seq,
        at_us: row.get(2).map_err(&failed)?,
        actor,
        event,
    })
}
