//! An export as a table (RFC 4180), for a spreadsheet. Text is made safe for one: no hidden characters, and no cell that
//! a spreadsheet would take for a formula.

use super::{Row, moment};
use fleet::visible;
use std::io::{self, Write};

/// The longest cell, in characters.
const CELL: usize = 2000;

const HEADER: [&str; 16] = [
    "time",
    "what",
    "run",
    "workflow",
    "action",
    "tools",
    "targets",
    "call_digests",
    "proposer",
    "decider",
    "origin",
    "decision",
    "result",
    "record",
    "hash",
    "public_key",
];

pub(super) fn write(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    line(out, HEADER.iter().map(|name| (*name).to_owned()))?;
    for row in rows {
        line(out, cells(row).into_iter().map(|cell| safe(&cell)))?;
    }
    Ok(())
}

/// The cells of a row in the order of the header.
fn cells(row: &Row) -> [String; 16] {
    [
        moment(row.at_us),
        row.what.to_owned(),
        row.run.clone(),
        row.workflow.clone(),
        row.action.clone(),
        row.tools.clone(),
        row.targets.clone(),
        row.call_digests.clone(),
        row.proposer.clone(),
        row.decider.clone(),
        row.origin.clone(),
        row.decision.clone(),
        row.result.clone(),
        row.seq.to_string(),
        row.hash.clone(),
        row.public_key.clone().unwrap_or_default(),
    ]
}

/// OWASP, CSV injection: what begins like a formula is one to a spreadsheet.
fn safe(text: &str) -> String {
    let shown = visible(text, CELL);
    if shown.trim_start().starts_with(['=', '+', '-', '@']) {
        format!("'{shown}")
    } else {
        shown
    }
}

fn line(out: &mut dyn Write, cells: impl Iterator<Item = String>) -> io::Result<()> {
    let quoted: Vec<String> = cells
        .map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")))
        .collect();
    write!(out, "{}\r\n", quoted.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_cells_stay_cells() {
        let row = Row {
            action: "=HYPERLINK(\"http://x\")".to_owned(),
            decision: "no, \"never\"\nagain\u{202e}".to_owned(),
            decider: "@ada".to_owned(),
            ..Row::default()
        };
        let mut out = Vec::new();
        write(&[row], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches("\r\n").count(), 2, "{text}");
        assert!(text.contains("\"'=HYPERLINK(\"\"http://x\"\")\""), "{text}");
        assert!(text.contains("\"'@ada\""), "{text}");
        assert!(text.contains("no, \"\"never\"\""), "{text}");
        assert!(
            !text.contains('\u{202e}') && text.contains("<U+202E>"),
            "{text}"
        );
    }
}
