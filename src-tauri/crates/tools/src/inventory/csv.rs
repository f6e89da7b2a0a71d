//! CSV (RFC 4180) with a row of column names, as a spreadsheet saves it: commas, semicolons or tabs, quotes, any line
//! ends. A column that is not known is an error, since what stands in it would be lost without a word.

use super::json::HostFields;
use super::{Found, MAX_HOSTS, Reading, Source, name, quoted};
use ::csv::{Reader, ReaderBuilder, StringRecord};
use std::collections::BTreeMap;
use workflow::ToolError;

/// The columns there are, besides `label.…`.
const COLUMNS: [&str; 9] = [
    "name",
    "hostname",
    "address",
    "port",
    "user",
    "credential",
    "jump",
    "environment",
    "labels",
];

const HINT: &str = "The first row names the columns: name (or hostname), address, port, user, credential, jump, environment, labels (a=b;c=d) and label.<name>; only name is needed.";

/// Reads a table.
pub(super) fn read(source: &Source) -> Result<Reading, ToolError> {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter(&source.text))
        .has_headers(false)
        .flexible(true)
        .from_reader(source.text.as_bytes());
    let mut record = StringRecord::new();
    let mut place = Place { at: 0, line: 1 };
    if !next(source, &mut reader, &mut record)? {
        return Err(source.bad_whole("it is empty", HINT));
    }
    let columns = columns(source, &record)?;
    let mut reading = Reading::default();
    let mut lines = BTreeMap::new();
    while next(source, &mut reader, &mut record)? {
        let line = place.line(&source.text, &record);
        if record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        if record.len() != columns.len() {
            let what = format!(
                "this row has {} fields and the first row {}",
                record.len(),
                columns.len()
            );
            let hint = "Put a field that holds the separator in double quotes.";
            return Err(source.bad_line(line, what, hint));
        }
        let row = row(source, &columns, &record, line)?;
        if let Some(first) = lines.insert(row.source_name.to_ascii_lowercase(), line) {
            let what = format!(
                "{} stands at line {first} already",
                quoted(&row.source_name)
            );
            return Err(source.bad_line(line, what, "Keep one row a host."));
        }
        reading.hosts.push(row);
        if reading.hosts.len() > MAX_HOSTS {
            return Err(source.too_many_hosts());
        }
    }
    Ok(reading)
}

/// What separates the columns: the first row tells, since a name of a column holds none of them.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    [b',', b';', b'\t']
        .into_iter()
        .find(|separator| first.as_bytes().contains(separator))
        .unwrap_or(b',')
}

fn next(
    source: &Source,
    reader: &mut Reader<&[u8]>,
    record: &mut StringRecord,
) -> Result<bool, ToolError> {
    reader.read_record(record).map_err(|error| {
        let line = error.position().map_or(1, |place| number(place.line()));
        source.bad_line(line, "this row cannot be read", HINT)
    })
}

/// Counts the lines up to a record. The reader's own count is one short after CR LF and empty lines.
struct Place {
    at: usize,
    line: usize,
}

impl Place {
    fn line(&mut self, text: &str, record: &StringRecord) -> usize {
        let bytes = text.as_bytes();
        let begin = record
            .position()
            .map_or(self.at, |place| number(place.byte()));
        let is_end = |at: usize| bytes.get(at).is_some_and(|b| matches!(b, b'\r' | b'\n'));
        while self.at < begin || is_end(self.at) {
            let is_crlf =
                bytes.get(self.at) == Some(&b'\r') && bytes.get(self.at + 1) == Some(&b'\n');
            if is_end(self.at) && !is_crlf {
                self.line += 1;
            }
            self.at += 1;
        }
        self.line
    }
}

fn number(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn columns(source: &Source, header: &StringRecord) -> Result<Vec<String>, ToolError> {
    let mut columns: Vec<String> = Vec::new();
    for field in header {
        let field = field.trim();
        let column = match field.get(..6) {
            Some(start) if start.eq_ignore_ascii_case("label.") => format!("label.{}", &field[6..]),
            _ => field.to_ascii_lowercase(),
        };
        let bad = |what: String, hint: &str| source.bad_line(1, what, hint);
        let label = column.strip_prefix("label.");
        if ["password", "passwd", "pass", "passphrase"].contains(&column.as_str()) {
            return Err(bad(
                format!("the column {} would hold secrets", quoted(field)),
                "Take the column out, store the passwords in the keychain, and write keychain:ssh/NAME in the column credential.",
            ));
        }
        if let Some(label) = label.filter(|label| !name::is_free_label(label)) {
            return Err(bad(
                format!("{} is not a name that a label may have", quoted(label)),
                "Up to 63 letters, digits, -, _ and ., with a letter or digit at both ends; not environment, name or state.",
            ));
        }
        if label.is_none() && !COLUMNS.contains(&column.as_str()) {
            return Err(bad(format!("there is no column {}", quoted(field)), HINT));
        }
        if columns.contains(&column) {
            return Err(bad(
                format!("the column {} stands there twice", quoted(field)),
                HINT,
            ));
        }
        columns.push(column);
    }
    let named = |name: &str| columns.iter().any(|column| column == name);
    if named("name") == named("hostname") {
        let what = "one column must be name (or hostname, not both)";
        return Err(source.bad_line(1, what, HINT));
    }
    Ok(columns)
}

fn row(
    source: &Source,
    columns: &[String],
    record: &StringRecord,
    line: usize,
) -> Result<Found, ToolError> {
    let bad = |what: String, hint: &str| source.bad_line(line, what, hint);
    let mut fields = HostFields::default();
    for (column, field) in columns.iter().zip(record) {
        let field = field.trim();
        if field.is_empty() {
            continue;
        }
        let text = Some(field.to_owned());
        match column.as_str() {
            "name" | "hostname" => fields.name = text,
            "address" => fields.address = text,
            "port" => {
                fields.port = Some(name::port_number(field).map(u64::from).ok_or_else(|| {
                    bad(
                        format!("the port {} is not a number from 1 to 65535", quoted(field)),
                        "Write the TCP port of sshd, or leave it empty.",
                    )
                })?);
            }
            "user" => fields.user = text,
            "credential" => fields.credential = text,
            "jump" => fields.jump = text,
            "environment" => fields.environment = text,
            "labels" => {
                for pair in field
                    .split(';')
                    .map(str::trim)
                    .filter(|pair| !pair.is_empty())
                {
                    let (label, value) = pair.split_once('=').unwrap_or((pair, "true"));
                    fields
                        .labels
                        .insert(label.trim().to_owned(), value.trim().to_owned());
                }
            }
            other => {
                let label = other.strip_prefix("label.").unwrap_or(other);
                fields.labels.insert(label.to_owned(), field.to_owned());
            }
        }
    }
    fields
        .row(source.place(line))
        .map_err(|fault| bad(fault.what, fault.hint))
}
