//! A part of the journal as lines of JSON that can be checked by themselves: the raw columns as they are hashed, the
//! hash of the record before, and the signatures. Written and checked here; what a record means to a person is not.

use crate::{
    Audit, ReadFault, Reader, SignedHead,
    chain::{Hash, Row},
    ledger,
    records::as_i64,
    signing::SignatureRow,
    walk::{Bad, Walk},
};
use rusqlite::{Connection, OptionalExtension as _};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{BufRead as _, BufReader, Write},
    path::Path,
};
use workflow::Digest;

/// How the first line of an export begins.
const BEGINS: &str = "{\"export\":";
/// The longest line that is read, in bytes: a record is far shorter.
const LINE_BYTES: u64 = 64 << 20;

/// A line of an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Export(Header),
    Record(RecordLine),
    Signature(SignatureLine),
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    version: u32,
    database_id: Digest,
    from: u64,
    to: u64,
    /// The hash of the record before the first; of a whole journal, the database's id.
    previous: Digest,
}

#[derive(Debug, Serialize, Deserialize)]
struct RecordLine {
    seq: i64,
    run_id: String,
    run_seq: i64,
    at_us: i64,
    /// Text, not JSON in JSON: the hash is of these very bytes.
    actor: String,
    kind: String,
    payload: String,
    hash: Digest,
}

#[derive(Debug, Serialize, Deserialize)]
struct SignatureLine {
    seq: i64,
    hash: Digest,
    public_key: String,
    /// The digest of the signature before.
    previous: Digest,
    signature: String,
}

/// What was exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The first record.
    pub from: u64,
    /// The last record.
    pub to: u64,
}

impl Reader {
    /// The place of the last record; 0 in an empty journal.
    pub fn last_seq(&self) -> Result<u64, ReadFault> {
        self.number("SELECT coalesce(max(seq), 0) FROM journal", 0)
            .map(|found| found.unwrap_or(0))
    }

    /// The first record at this time or later, in microseconds since 1970 (UTC).
    pub fn first_since(&self, at_us: i64) -> Result<Option<u64>, ReadFault> {
        self.number("SELECT min(seq) FROM journal WHERE at_us >= ?1", at_us)
    }

    /// The last record before this time, in microseconds since 1970 (UTC).
    pub fn last_before(&self, at_us: i64) -> Result<Option<u64>, ReadFault> {
        self.number("SELECT max(seq) FROM journal WHERE at_us < ?1", at_us)
    }

    fn number(&self, sql: &str, argument: i64) -> Result<Option<u64>, ReadFault> {
        self.journal.with(|conn| {
            let arguments = [argument];
            let mut statement = conn.prepare(sql).map_err(failed)?;
            let wanted = statement.parameter_count().min(1);
            statement
                .query_row(rusqlite::params_from_iter(&arguments[..wanted]), |row| {
                    row.get::<_, Option<i64>>(0)
                })
                .map(|found| found.map(i64::unsigned_abs))
                .map_err(failed)
        })
    }

    /// Which public key covers the records from `from_seq` on: the signed records with their keys, in order.
    pub fn signed_since(&self, from_seq: u64) -> Result<Vec<(u64, [u8; 32])>, ReadFault> {
        self.journal.with(|conn| {
            let mut statement = conn
                .prepare("SELECT seq, public_key FROM signatures WHERE seq >= ?1 ORDER BY seq")
                .map_err(failed)?;
            let rows = statement
                .query_map([as_i64(from_seq)], |row| {
                    Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?))
                })
                .map_err(failed)?;
            rows.collect::<Result<_, _>>().map_err(failed)
        })
    }

    /// Writes the records from `from` to `to` as lines of JSON, and those after `to` up to the next signed one, so that
    /// a signature covers them all where there is one.
    pub fn export(&self, from: u64, to: u64, out: &mut dyn Write) -> Result<Exported, ReadFault> {
        self.journal.with(|conn| {
            // One moment for records and signatures, while an engine writes both.
            let moment = conn.unchecked_transaction().map_err(failed)?;
            write_all(&moment, from, to, out)
        })
    }
}

fn failed(source: rusqlite::Error) -> ReadFault {
    ReadFault::sqlite("the journal")(source)
}

fn unwritten(source: std::io::Error) -> ReadFault {
    ReadFault::Failed {
        what: "the journal into the export",
        source: source.into(),
    }
}

fn write_line(out: &mut dyn Write, line: &Line) -> Result<(), ReadFault> {
    let text = serde_json::to_string(line).map_err(|source| ReadFault::Decode {
        what: "a record of the export".to_owned(),
        source,
    })?;
    writeln!(out, "{text}").map_err(unwritten)
}

fn write_all(
    conn: &Connection,
    from: u64,
    to: u64,
    out: &mut dyn Write,
) -> Result<Exported, ReadFault> {
    let genesis = ledger::genesis(conn).map_err(failed)?;
    let previous: Option<Hash> = if from <= 1 {
        Some(genesis)
    } else {
        conn.query_row(
            "SELECT hash FROM journal WHERE seq = ?1",
            [as_i64(from - 1)],
            |row| row.get(0),
        )
        .optional()
        .map_err(failed)?
    };
    let signed: Option<i64> = conn
        .query_row(
            "SELECT min(seq) FROM signatures WHERE seq >= ?1",
            [as_i64(to)],
            |row| row.get(0),
        )
        .map_err(failed)?;
    let to = signed.map_or(to, i64::unsigned_abs);
    let header = Header {
        version: 1,
        database_id: Digest::from_bytes(genesis),
        from,
        to,
        previous: Digest::from_bytes(previous.unwrap_or_default()),
    };
    write_line(out, &Line::Export(header))?;
    let mut statement = conn
        .prepare(
            "SELECT j.seq, j.run_id, j.run_seq, j.at_us, j.actor, j.kind, j.payload, j.hash,
                    s.seq, s.hash, s.public_key, s.previous, s.signature
             FROM journal j LEFT JOIN signatures s ON s.seq = j.seq
             WHERE j.seq BETWEEN ?1 AND ?2 ORDER BY j.seq",
        )
        .map_err(failed)?;
    let mut rows = statement
        .query([as_i64(from), as_i64(to)])
        .map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let record = (|| {
            Ok(RecordLine {
                seq: row.get(0)?,
                run_id: row.get(1)?,
                run_seq: row.get(2)?,
                at_us: row.get(3)?,
                actor: row.get(4)?,
                kind: row.get(5)?,
                payload: row.get(6)?,
                hash: Digest::from_bytes(row.get(7)?),
            })
        })()
        .map_err(failed)?;
        let signature = match row.get::<_, Option<i64>>(8).map_err(failed)? {
            Some(_) => Some(SignatureRow::read(row, 8).map_err(failed)?),
            None => None,
        };
        write_line(out, &Line::Record(record))?;
        if let Some(row) = signature {
            let line = SignatureLine {
                seq: row.seq,
                hash: Digest::from_bytes(row.hash),
                public_key: hex::encode(row.public_key),
                previous: Digest::from_bytes(row.previous),
                signature: hex::encode(row.signature),
            };
            write_line(out, &Line::Signature(line))?;
        }
    }
    out.flush().map_err(unwritten)?;
    Ok(Exported { from, to })
}

/// Does this file begin as an export does?
pub fn is_export(path: &Path) -> bool {
    let mut begin = [0; BEGINS.len()];
    File::open(path)
        .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut begin))
        .is_ok_and(|()| begin == BEGINS.as_bytes())
}

/// The database that an export is from.
pub fn export_id(path: &Path) -> Result<Digest, ReadFault> {
    lines(path)?.header().map(|header| header.database_id)
}

/// Audits an export by itself: the chain from the record before its first one, and the signatures in it. `known` is
/// what the keychain remembers of this journal.
pub fn audit_export(path: &Path, known: Option<SignedHead>) -> Result<Audit, ReadFault> {
    // Signatures first, as the walk wants them; a line that cannot be read is found by the walk.
    let mut signatures = Vec::new();
    let mut first = lines(path)?;
    first.header()?;
    while let Some(line) = first.next()? {
        if let Ok(Line::Signature(line)) = line
            && let Some(row) = signature_row(&line)
        {
            signatures.push(row);
        }
    }
    signatures.sort_by_key(|row| row.seq);

    let mut lines = lines(path)?;
    let header = lines.header()?;
    let after = as_i64(header.from.saturating_sub(1));
    let id = *header.database_id.as_bytes();
    let mut walk = Walk::new(id, after, *header.previous.as_bytes(), signatures, known);
    let bad = loop {
        let seq = walk.expected();
        let bad = |why: String| Some(Bad { seq, why });
        match lines.next()? {
            None if seq.unsigned_abs() <= header.to => {
                break bad(format!(
                    "it is missing: the export goes up to record {}",
                    header.to
                ));
            }
            None => break None,
            Some(Err(error)) => {
                break bad(format!("line {} cannot be read: {error}", lines.number));
            }
            Some(Ok(Line::Export(_))) => break bad("another export begins in its place".to_owned()),
            Some(Ok(Line::Signature(line))) => {
                if signature_row(&line).is_none() {
                    break Some(Bad {
                        seq: line.seq,
                        why: format!("the signature in line {} cannot be read", lines.number),
                    });
                }
            }
            Some(Ok(Line::Record(record))) => {
                let row = Row {
                    seq: record.seq,
                    run_id: record.run_id.as_bytes(),
                    run_seq: record.run_seq,
                    at_us: record.at_us,
                    actor: record.actor.as_bytes(),
                    kind: record.kind.as_bytes(),
                    payload: record.payload.as_bytes(),
                };
                if let Err(found) = walk.step(&row, record.hash.as_bytes()) {
                    break Some(found);
                }
            }
        }
    };
    Ok(walk.finish(bad, false))
}

fn signature_row(line: &SignatureLine) -> Option<SignatureRow> {
    let mut row = SignatureRow {
        seq: line.seq,
        hash: *line.hash.as_bytes(),
        public_key: [0; 32],
        previous: *line.previous.as_bytes(),
        signature: [0; 64],
    };
    hex::decode_to_slice(&line.public_key, &mut row.public_key).ok()?;
    hex::decode_to_slice(&line.signature, &mut row.signature).ok()?;
    Some(row)
}

/// The lines of an export, one by one.
struct Lines {
    file: BufReader<File>,
    number: u64,
}

fn lines(path: &Path) -> Result<Lines, ReadFault> {
    let file = File::open(path).map_err(unreadable)?;
    Ok(Lines {
        file: BufReader::new(file),
        number: 0,
    })
}

fn unreadable(source: std::io::Error) -> ReadFault {
    ReadFault::Failed {
        what: "the export",
        source: source.into(),
    }
}

impl Lines {
    fn next(&mut self) -> Result<Option<Result<Line, serde_json::Error>>, ReadFault> {
        let mut line = Vec::new();
        let mut limited = std::io::Read::take(&mut self.file, LINE_BYTES);
        if limited.read_until(b'\n', &mut line).map_err(unreadable)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(serde_json::from_slice(&line)))
    }

    fn header(&mut self) -> Result<Header, ReadFault> {
        match self.next()? {
            Some(Ok(Line::Export(header))) if header.version == 1 => Ok(header),
            Some(Err(source)) => Err(ReadFault::Decode {
                what: "the first line of the export".to_owned(),
                source,
            }),
            Some(Ok(Line::Export(_) | Line::Record(_) | Line::Signature(_))) | None => {
                Err(ReadFault::Failed {
                    what: "the export",
                    source: "its first line is not that of an export of this version".into(),
                })
            }
        }
    }
}
