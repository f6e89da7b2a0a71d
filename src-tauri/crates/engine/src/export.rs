//! The journal for people outside: a line for each decision and each change, as a table or a page, or the raw records
//! with which everybody can check the chain. Reads only; the files' shapes are in `export/`.

mod csv;
mod html;
mod rows;

use crate::{auditing, faults};
use api::Fault;
use rows::{Row, Table};
use std::{io::Write, path::Path};
use store::{JournalEntry, Reader};

/// How many entries are read at once.
const PAGE: usize = 1000;

/// Where an export begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// At this record.
    Record(u64),
    /// At this time, in microseconds since 1970 (UTC); the end is before it.
    Time(i64),
}

/// The shape of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// RFC 4180, a line for each decision and change.
    Csv,
    /// One page that needs nothing else.
    Html,
    /// The records themselves, to be checked with `audit verify`.
    Jsonl,
}

/// What was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportReport {
    /// The first record of the range.
    pub from: u64,
    /// The last one.
    pub to: u64,
    /// Lines for people, or records.
    pub lines: u64,
}

/// Exports a part of the journal of a data folder; beside its owner or without one. Blocking.
///
/// # Errors
/// The folder cannot be read, the range is empty, or `out` cannot be written.
pub fn export(
    dir: &Path,
    from: Option<Bound>,
    to: Option<Bound>,
    format: ExportFormat,
    out: &mut dyn Write,
) -> Result<ExportReport, Fault> {
    let reader = Reader::open(dir).map_err(|fault| faults::open(&fault))?;
    let (from, to) = range(&reader, from, to)?;
    if format == ExportFormat::Jsonl {
        let done = reader
            .export(from, to, out)
            .map_err(|fault| faults::read(&fault))?;
        return Ok(ExportReport {
            from: done.from,
            to: done.to,
            lines: done.to + 1 - done.from,
        });
    }
    let rows = collect(&reader, from, to)?;
    let written = match format {
        ExportFormat::Csv => csv::write(&rows, out),
        ExportFormat::Html => html::write(&rows, &about(&reader, from, to)?, out),
        ExportFormat::Jsonl => Ok(()),
    };
    written.and_then(|()| out.flush()).map_err(|error| {
        Fault::new(
            "export_unwritten",
            "The export cannot be written",
            "Look whether the disk is full, or write it elsewhere",
        )
        .with_detail(error.to_string())
    })?;
    Ok(ExportReport {
        from,
        to,
        lines: rows.len() as u64,
    })
}

fn range(reader: &Reader, from: Option<Bound>, to: Option<Bound>) -> Result<(u64, u64), Fault> {
    let read = |fault: store::ReadFault| faults::read(&fault);
    let last = reader.last_seq().map_err(read)?;
    let from = match from {
        None => Some(1),
        Some(Bound::Record(seq)) => Some(seq.max(1)),
        Some(Bound::Time(at_us)) => reader.first_since(at_us).map_err(read)?,
    };
    let to = match to {
        None => Some(last),
        Some(Bound::Record(seq)) => Some(seq.min(last)),
        Some(Bound::Time(at_us)) => reader.last_before(at_us).map_err(read)?,
    };
    match (from, to) {
        (Some(from), Some(to)) if from <= to => Ok((from, to)),
        _ => Err(Fault::new(
            "empty_export",
            "There are no records in this range",
            format!("Choose a range within the {last} records of the journal"),
        )),
    }
}

/// The rows of a range. Records before it are read, too: they say what was asked and by whom.
fn collect(reader: &Reader, from: u64, to: u64) -> Result<Vec<Row>, Fault> {
    let read = |fault: store::ReadFault| faults::read(&fault);
    let signed = reader.signed_since(from).map_err(read)?;
    let mut table = Table::new(reader);
    let mut rows = Vec::new();
    let mut next = 1;
    while next <= to {
        let entries: Vec<JournalEntry> = reader.entries(next, PAGE).map_err(read)?;
        let Some(last) = entries.last() else { break };
        next = last.seq + 1;
        for entry in entries.iter().take_while(|entry| entry.seq <= to) {
            if let Some(mut row) = table.take(entry)
                && entry.seq >= from
            {
                let covering = signed.partition_point(|(seq, _)| *seq < entry.seq);
                row.public_key = signed.get(covering).map(|(_, key)| hex::encode(key));
                rows.push(row);
            }
        }
    }
    Ok(rows)
}

/// What stands above the table of a page.
struct About {
    database_id: String,
    from: u64,
    to: u64,
    /// The hash of the last record of the range.
    head: String,
}

fn about(reader: &Reader, from: u64, to: u64) -> Result<About, Fault> {
    let head = reader.hash_at(to).map_err(|fault| faults::read(&fault))?;
    Ok(About {
        database_id: auditing::id_of(reader)?.to_string(),
        from,
        to,
        head: head.map(|hash| hash.to_string()).unwrap_or_default(),
    })
}

/// A time as RFC 3339 in UTC, to the millisecond.
fn moment(at_us: i64) -> String {
    match jiff::Timestamp::from_microsecond(at_us) {
        Ok(at) => format!("{at:.3}"),
        Err(_) => format!("{at_us} µs after 1970"),
    }
}
