//! `countersign audit verify`: whether the journal is whole. Looks without the lock, also at a file of its own.

use crate::{
    console::Console,
    exit::{Exit, Outcome, TABLE},
    line::{Line, Style, prose},
    phrases,
};
use api::AuditReport;
use clap::Subcommand;
use serde_json::json;
use std::path::PathBuf;

/// Check that the journal is whole
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Check that the journal is whole.

Every record carries the hash of the one before it, so that a changed, dropped or swapped record is found, and named. \
What that proves and what it does not is told with the result. Works beside the window, and on a copy of the database. \
Ends with 5 when the journal is broken.

Examples:
  countersign audit verify
  countersign audit verify backup/countersign.db --json")]
pub(crate) struct Audit {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Recompute the chain of hashes over every record
    #[command(after_help = TABLE)]
    Verify {
        /// A database file [default: that of the data folder]
        file: Option<PathBuf>,
    },
}

impl Audit {
    pub(crate) async fn perform(self, console: &Console) -> Outcome {
        let What::Verify { file } = self.what;
        let report = match file {
            Some(file) => engine::audit_file(&file)?,
            None => {
                let door = console.open_for_reading().await?;
                door.call(api::Audit {}, console.origin()).await?
            }
        };
        if console.screen.json() {
            console.screen.object(&json!(report));
        } else {
            console.screen.results(&lines(&report));
        }
        Ok(if report.intact {
            Exit::Done
        } else {
            Exit::AuditBroken
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
            Line::default().dim("head  ").plain(&report.head),
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
    lines.extend(prose(&report.says));
    lines
}
