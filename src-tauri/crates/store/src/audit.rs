//! The audit of the chain: reads every row of the journal in order, as raw columns, and names the first that is
//! not what was written. Signed heads come later: without them a tail that was cut off, or a chain that somebody
//! recomputed as a whole, cannot be seen, and the verdict says so.

use crate::{
    OpenFault, ReadFault, Reader,
    chain::{self, Hash, Row},
    connection,
    fault::code_of,
    files, ledger, schema,
};
use rusqlite::{Connection, ErrorCode, types::ValueRef};
use std::path::Path;
use workflow::Digest;

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every record is the one that was written, in its place, and none is missing before the last.
    Intact {
        /// How many records there are.
        records: u64,
        /// The hash of the last one; of an empty journal, the id of the database.
        head: Digest,
    },
    /// A record is not what was written.
    Broken {
        /// The first bad record: the journal is intact before it.
        seq: u64,
        /// The head of the intact part.
        head: Digest,
        /// What is wrong with it, one sentence.
        why: String,
    },
}

impl Verdict {
    /// Is the chain whole?
    pub fn is_intact(&self) -> bool {
        matches!(self, Verdict::Intact { .. })
    }

    /// The verdict for people: the finding, and what it does not prove.
    pub fn text(&self) -> String {
        match self {
            Verdict::Intact { records, head } => format!(
                "intact, unsigned: {records} records, head {head}. Every record is unchanged and in its place. This \
                 does not prove that no records were cut off at the end, or that the whole journal was not written \
                 anew: for that, compare the head with one that you noted elsewhere."
            ),
            Verdict::Broken { seq, head, why } => format!(
                "broken at record {seq}: {why}. The {} records before it are intact (head {head}); nothing can be said \
                 about those from {seq} on.",
                seq - 1
            ),
        }
    }
}

impl Reader {
    /// Audits the journal of this folder, also while an engine writes: the journal as of this moment.
    pub fn verify(&self) -> Result<Verdict, ReadFault> {
        self.journal
            .with(|conn| verify(conn).map_err(ReadFault::sqlite("the journal")))
    }
}

/// Audits a database file wherever it lies; leaves nothing beside it. When an engine has it open, what the engine
/// has not yet moved out of its log counts too.
pub fn verify_file(path: &Path) -> Result<Verdict, ReadFault> {
    if !path.is_file() {
        return Err(OpenFault::Missing {
            dir: path.to_owned(),
        }
        .into());
    }
    let log = files::beside(path, "-wal");
    if !log.exists() {
        let verdict = verify_conn(&connection::open_immutable(path)?, path)?;
        // An engine that was started meanwhile may have changed the file under our eyes: then read as beside one.
        if !log.exists() {
            return Ok(verdict);
        }
    }
    verify_conn(&connection::open_for_reading(path)?, path)
}

fn verify_conn(conn: &Connection, path: &Path) -> Result<Verdict, ReadFault> {
    schema::JOURNAL.check(conn, path)?;
    verify(conn).map_err(ReadFault::sqlite("the journal"))
}

fn verify(conn: &Connection) -> rusqlite::Result<Verdict> {
    let mut head: Hash = ledger::genesis(conn)?;
    let mut records = 0;
    let broken = |seq: i64, head: Hash, why: &str| {
        Ok(Verdict::Broken {
            seq: seq.unsigned_abs(),
            head: Digest::from_bytes(head),
            why: why.to_owned(),
        })
    };
    // By rowid, so that the rows themselves are read and not an index.
    let mut statement =
        conn.prepare("SELECT seq, run_id, run_seq, at_us, actor, kind, payload, hash FROM journal NOT INDEXED ORDER BY seq")?;
    let mut rows = statement.query([])?;
    loop {
        let expected = records + 1;
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => {
                return Ok(Verdict::Intact {
                    records: records as u64,
                    head: Digest::from_bytes(head),
                });
            }
            Err(error) if code_of(&error) == Some(ErrorCode::DatabaseCorrupt) => {
                return broken(expected, head, "the file is damaged at this place");
            }
            Err(error) => return Err(error),
        };
        let seq: i64 = row.get(0)?;
        if seq != expected {
            return broken(
                expected,
                head,
                &format!("it is missing: record {seq} stands in its place"),
            );
        }
        let Some((raw, stored)) = raw_row(row)? else {
            return broken(seq, head, "a column holds a value of another type");
        };
        let hash = chain::hash(&head, &raw);
        if stored != hash {
            return broken(
                seq,
                head,
                "its hash does not follow from its content and the record before it",
            );
        }
        head = hash;
        records = seq;
    }
}

/// The columns as they lie in the row, and the stored hash; `None` when one has another type than the schema says.
fn raw_row<'a>(row: &'a rusqlite::Row<'_>) -> rusqlite::Result<Option<(Row<'a>, &'a [u8])>> {
    use ValueRef::{Blob, Integer, Text};
    let cell = |column: usize| row.get_ref(column);
    let (Integer(seq), Text(run_id), Integer(run_seq), Integer(at_us)) =
        (cell(0)?, cell(1)?, cell(2)?, cell(3)?)
    else {
        return Ok(None);
    };
    let (Text(actor), Text(kind), Text(payload), Blob(stored)) =
        (cell(4)?, cell(5)?, cell(6)?, cell(7)?)
    else {
        return Ok(None);
    };
    Ok(Some((
        Row {
            seq,
            run_id,
            run_seq,
            at_us,
            actor,
            kind,
            payload,
        },
        stored,
    )))
}
