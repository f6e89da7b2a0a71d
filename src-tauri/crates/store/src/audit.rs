//! The audit of the chain: reads every row of the journal in order, as raw columns, and names the first that is
//! not what was written. Every record is checked against the one before it, the signatures that lie beside them, and
//! the last signed head that the keychain remembers. The walk itself: see `walk.rs`.

use crate::{
    OpenFault, ReadFault, Reader, SignedHead,
    chain::Row,
    connection,
    fault::code_of,
    files, ledger, schema,
    signing::SignatureRow,
    walk::{Bad, Walk},
};
use rusqlite::{Connection, ErrorCode, types::ValueRef};
use std::path::Path;
use workflow::Digest;

/// An audit: whether the chain is whole, and how far it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// The random id of the database.
    pub database_id: Digest,
    /// The first record that was read: 1, but for an export of a part.
    pub first: u64,
    /// Whether the chain is whole.
    pub verdict: Verdict,
    /// The last head with a signature, as far as the chain is intact.
    pub signed: Option<SignedHead>,
    /// The public key of that signature.
    pub newest_key: Option<[u8; 32]>,
    /// Every public key that signed, in the order of their first signatures.
    pub keys: Vec<[u8; 32]>,
    /// A decision, or more records than a signature may leave out, stand after the last signature.
    pub overdue: bool,
}

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

    /// The verdict of the chain alone, for people: the finding, and what it does not prove.
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
    /// Audits the chain of this folder, also while an engine writes: the journal as of this moment.
    pub fn verify(&self) -> Result<Verdict, ReadFault> {
        self.audit(None).map(|audit| audit.verdict)
    }

    /// The same with what is known of its signatures. `known` is the last signed head that the keychain remembers.
    pub fn audit(&self, known: Option<SignedHead>) -> Result<Audit, ReadFault> {
        self.journal
            .with(|conn| audit(conn, known, true).map_err(ReadFault::sqlite("the journal")))
    }
}

/// Audits the chain of a database file wherever it lies: see [`audit_file`].
pub fn verify_file(path: &Path) -> Result<Verdict, ReadFault> {
    audit_file(path, None, false).map(|audit| audit.verdict)
}

/// Audits a database file wherever it lies; leaves nothing beside it. When an engine has it open, what the engine
/// has not yet moved out of its log counts too. `known` is the last signed head that the keychain remembers; with
/// `current` it must be there, while a copy may be older.
pub fn audit_file(
    path: &Path,
    known: Option<SignedHead>,
    current: bool,
) -> Result<Audit, ReadFault> {
    if !path.is_file() {
        return Err(OpenFault::Missing {
            dir: path.to_owned(),
        }
        .into());
    }
    let log = files::beside(path, "-wal");
    if !log.exists() {
        let found = audit_conn(&connection::open_immutable(path)?, path, known, current)?;
        // An engine that was started meanwhile may have changed the file under our eyes: then read as beside one.
        if !log.exists() {
            return Ok(found);
        }
    }
    audit_conn(&connection::open_for_reading(path)?, path, known, current)
}

fn audit_conn(
    conn: &Connection,
    path: &Path,
    known: Option<SignedHead>,
    current: bool,
) -> Result<Audit, ReadFault> {
    schema::JOURNAL.check(conn, path)?;
    audit(conn, known, current).map_err(ReadFault::sqlite("the journal"))
}

fn audit(conn: &Connection, known: Option<SignedHead>, current: bool) -> rusqlite::Result<Audit> {
    // One moment for records and signatures, while an engine writes both.
    let moment = conn.unchecked_transaction()?;
    let genesis = ledger::genesis(&moment)?;
    let mut walk = Walk::new(genesis, 0, genesis, signatures(&moment)?, known);
    // By rowid, so that the rows themselves are read and not an index.
    let mut statement =
        moment.prepare("SELECT seq, run_id, run_seq, at_us, actor, kind, payload, hash FROM journal NOT INDEXED ORDER BY seq")?;
    let mut rows = statement.query([])?;
    let bad = loop {
        let seq = walk.expected();
        let bad = |why: &str| {
            Some(Bad {
                seq,
                why: why.to_owned(),
            })
        };
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => break None,
            Err(error) if code_of(&error) == Some(ErrorCode::DatabaseCorrupt) => {
                break bad("the file is damaged at this place");
            }
            Err(error) => return Err(error),
        };
        let Some((raw, stored)) = raw_row(row)? else {
            break bad("a column holds a value of another type");
        };
        if let Err(found) = walk.step(&raw, stored) {
            break Some(found);
        }
    };
    Ok(walk.finish(bad, current))
}

/// All signatures, in the order of their records. Where the file is damaged, those before the damage: the walk finds
/// the records that are then unsigned, or the damage itself.
fn signatures(conn: &Connection) -> rusqlite::Result<Vec<SignatureRow>> {
    let mut statement = conn.prepare(
        "SELECT seq, hash, public_key, previous, signature FROM signatures NOT INDEXED ORDER BY seq",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    loop {
        match rows.next() {
            Ok(Some(row)) => found.push(SignatureRow::read(row, 0)?),
            Ok(None) => return Ok(found),
            Err(error) if code_of(&error) == Some(ErrorCode::DatabaseCorrupt) => return Ok(found),
            Err(error) => return Err(error),
        }
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
