//! `countersign audit export`: decisions and changes for people outside, or the records with which they can check them.
//! What a line holds is the engine's to say; here are the range, the shape and the file.

use crate::{
    console::Console,
    exit::{Exit, Outcome, TABLE, Trouble},
    line::Line,
};
use api::Fault;
use clap::ValueEnum;
use engine::{Bound, ExportFormat};
use jiff::{ToSpan as _, civil::Date, tz::TimeZone};
use serde_json::json;
use std::{
    fs::OpenOptions,
    io::{self, BufWriter, Write},
    path::PathBuf,
};

/// Export decisions and changes, or the records themselves
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Export decisions and changes, or the records themselves.

csv and html have a line for each decision and each change: when, in which run, the action as it was shown, who proposed \
and who decided it, through which door, the result, and the record with its hash and the public key that signed it. \
jsonl has the records themselves with hashes and signatures, up to the next signed one, and can be checked by whoever \
gets it: countersign audit verify FILE.

A bound is the number of a record, a day (its beginning, and its end, in local time) or a time as in \
2026-03-01T12:00:00Z.

Examples:
  countersign audit export --format html -o audit.html
  countersign audit export --from 2026-03-01 --to 2026-03-31 --format csv -o march.csv
  countersign audit export --from 1200 --to 1300 --format jsonl | gzip > records.jsonl.gz")]
pub(crate) struct Export {
    /// The first record, or the first day or time [default: the beginning]
    #[arg(long, value_name = "DATE|RECORD")]
    from: Option<String>,

    /// The last record, or the last day or time [default: now]
    #[arg(long, value_name = "DATE|RECORD")]
    to: Option<String>,

    /// The shape
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,

    /// A file that does not exist yet [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table for a spreadsheet
    Csv,
    /// A page to read and print
    Html,
    /// The records, to be checked
    Jsonl,
}

impl Export {
    pub(crate) async fn perform(self, console: &Console) -> Outcome {
        let from = self.from.as_deref().map(|text| bound(text, false));
        let to = self.to.as_deref().map(|text| bound(text, true));
        let (from, to) = (from.transpose()?, to.transpose()?);
        let format = match self.format {
            Format::Csv => ExportFormat::Csv,
            Format::Html => ExportFormat::Html,
            Format::Jsonl => ExportFormat::Jsonl,
        };
        if console.screen.json() && self.output.is_none() {
            return Err(Trouble::usage(
                "The export and the JSON object cannot both go to standard output",
                "Give a file with -o, or leave --json out",
            ));
        }
        let (dir, output) = (console.data_dir(), self.output.clone());
        let report = tokio::task::spawn_blocking(move || {
            // Nothing is made when there is nothing to write: the range is looked at first, into nowhere.
            let mut out: Box<dyn Write> = match &output {
                Some(file) => Box::new(BufWriter::new(LateFile {
                    path: file.clone(),
                    file: None,
                })),
                None => Box::new(BufWriter::new(io::stdout().lock())),
            };
            engine::export(&dir, from, to, format, &mut *out)
        })
        .await
        .map_err(|error| {
            Fault::new(
                "internal",
                "The export met a defect of this program",
                "Please report it",
            )
            .with_detail(error.to_string())
        })??;
        let lines = report.lines;
        let done = format!(
            "{lines} {} of the records {} to {}",
            if lines == 1 { "line" } else { "lines" },
            report.from,
            report.to
        );
        if console.screen.json() {
            console.screen.object(&json!({
                "from": report.from, "to": report.to, "lines": lines, "file": self.output,
            }));
        } else if self.output.is_some() {
            console.screen.say(&Line::of(done));
        }
        Ok(Exit::Done)
    }
}

/// A file that is made with the first bytes that go into it, and never over another one. Only its owner may read it.
struct LateFile {
    path: PathBuf,
    file: Option<std::fs::File>,
}

impl Write for LateFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.file.is_none() {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            self.file = Some(options.open(&self.path)?);
        }
        match &mut self.file {
            Some(file) => file.write(bytes),
            None => Ok(0),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

/// A record's number, a day, or a time.
fn bound(text: &str, end: bool) -> Result<Bound, Trouble> {
    if let Ok(seq) = text.parse() {
        return Ok(Bound::Record(seq));
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(Bound::Time(at.as_microsecond()));
    }
    let day = text.parse::<Date>().ok().and_then(|day| {
        let day = if end {
            day.checked_add(1.day()).ok()?
        } else {
            day
        };
        day.to_zoned(TimeZone::system()).ok()
    });
    day.map(|midnight| Bound::Time(midnight.timestamp().as_microsecond()))
        .ok_or_else(|| {
            Trouble::usage(
                format!("{text} is neither a record nor a day nor a time"),
                "Write 1200, 2026-03-01 or 2026-03-01T12:00:00Z",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_records_times_and_whole_days() {
        assert_eq!(bound("1200", false).unwrap(), Bound::Record(1200));
        let at = bound("2026-03-01T12:00:00Z", true).unwrap();
        assert_eq!(at, Bound::Time(1_772_366_400_000_000));
        let (Bound::Time(begin), Bound::Time(end)) = (
            bound("2026-01-05", false).unwrap(),
            bound("2026-01-05", true).unwrap(),
        ) else {
            panic!("a day is a time");
        };
        assert_eq!(end - begin, 24 * 3600 * 1_000_000);
        assert!(bound("yesterday", false).is_err());
    }
}
