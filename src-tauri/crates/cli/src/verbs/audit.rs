//! `countersign audit`: whether the journal is whole and signed. Looks without the lock, also at a file of its own.

use super::export::Export;
use crate::{
    console::Console,
    exit::{Exit, Outcome, TABLE},
    line::{Line, Style, prose},
    phrases,
};
use api::{AuditReport, AuditState};
use clap::Subcommand;
use serde_json::json;
use std::path::PathBuf;

/// Check that the journal is whole and signed; export it
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Check that the journal is whole and signed; export it.

Every record carries the hash of the one before it, so that a changed, dropped or swapped record is found, and named. A \
key in the keychain of the computer signs the journal at every decision; the keychain also remembers the last signed \
record, so that a cut off end, or an older copy put in place of the journal, is found, too. What that proves and what it \
does not is told with the result. Works beside the window, on a copy of the database, and on an export.

Ends with 0 when the journal is whole and signed, with 6 when it is whole but not signed where it should be, and with 5 \
when it is broken. Where no keychain is wanted (COUNTERSIGN_KEYCHAIN=session), a journal that was never signed ends \
with 0.

Examples:
  countersign audit verify
  countersign audit verify backup/countersign.db --json
  countersign audit export --from 2026-03-01 --to 2026-03-31 --format html -o march.html
  countersign audit verify records.jsonl")]
pub(crate) struct Audit {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Recompute the chain of hashes over every record, and check the signatures
    #[command(after_help = TABLE)]
    Verify {
        /// A database file, or an export [default: the journal of the data folder]
        file: Option<PathBuf>,
    },
    Export(Export),
}

impl Audit {
    pub(crate) async fn perform(self, console: &Console) -> Outcome {
        let file = match self.what {
            What::Verify { file } => file,
            What::Export(export) => return export.perform(console).await,
        };
        let report = console.audit(file.as_deref()).await?;
        if console.screen.json() {
            console.screen.object(&json!(report));
        } else {
            console.screen.results(&lines(&report));
        }
        Ok(match report.state {
            AuditState::Signed => Exit::Done,
            AuditState::Broken => Exit::AuditBroken,
            // Nothing else was wanted.
            AuditState::Unsigned if report.signed_upto.is_none() && console.without_keychain() => {
                Exit::Done
            }
            AuditState::Unsigned => Exit::AuditUnsigned,
        })
    }
}

fn lines(report: &AuditReport) -> Vec<Line> {
    let records = phrases::count(
        usize::try_from(report.records).unwrap_or(usize::MAX),
        "record",
    );
    let mut lines = if report.intact {
        vec![
            Line::default()
                .and(Style::Good, "✓")
                .plain(format!(" intact: {records}")),
        ]
    } else {
        let at = report
            .broken_at
            .map(|at| format!(" at record {at}"))
            .unwrap_or_default();
        let why = report.why.as_deref().unwrap_or_default();
        vec![
            Line::default()
                .and(Style::Bad, "✗")
                .plain(format!(" broken{at}: {why}")),
            Line::of(format!("{records} before it follow each other")),
        ]
    };
    if let (Some(upto), Some(fingerprint)) = (report.signed_upto, &report.fingerprint) {
        lines.push(
            Line::default()
                .and(Style::Good, "✓")
                .plain(format!(" signed up to record {upto}")),
        );
        lines.push(Line::default().dim("key   ").plain(fingerprint));
    }
    if let Some(since) = report.unsigned_since {
        lines.push(
            Line::default()
                .and(Style::Bad, "!")
                .plain(format!(" unsigned since record {since}")),
        );
    }
    if report.intact {
        lines.push(Line::default().dim("head  ").plain(&report.head));
    }
    lines.extend(report.notes.iter().flat_map(|note| prose(note)));
    lines.extend(prose(&report.says));
    lines
}
