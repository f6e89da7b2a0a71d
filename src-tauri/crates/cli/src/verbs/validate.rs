//! `countersign validate FILE…`: what is wrong with files of workflows and applications. Needs no data folder and no engine.

use crate::{
    console::Console,
    exit::{Exit, Outcome, TABLE},
    line::{Line, Style},
};
use api::{Finding, ValidationReport};
use serde_json::json;
use std::io::Read as _;

/// Say what is wrong with files of workflows and applications, all of it at once
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Say what is wrong with files of workflows and applications, all of it at once.

Each finding is a line `file:line:column: error: what (hint)`, as editors understand it. A file without errors can be \
used; warnings do not keep it from that. Needs no data folder. Ends with 3 when a file has errors.

Examples:
  countersign validate restart.workflow.yaml
  countersign validate workflows/*.yaml apps/*.yaml
  countersign validate deploy.yaml
  cat restart.workflow.yaml | countersign validate -")]
pub(crate) struct Validate {
    /// The files; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

impl Validate {
    pub(crate) fn perform(self, console: &Console) -> Outcome {
        let reports: Vec<(String, ValidationReport)> = self
            .files
            .into_iter()
            .map(|file| {
                let report = report(&file);
                (file, report)
            })
            .collect();
        let ok = reports.iter().all(|(_, report)| report.ok);
        let screen = &console.screen;
        if screen.json() {
            let files: Vec<_> = reports
                .iter()
                .map(|(file, report)| json!({ "file": file, "ok": report.ok, "what": report.what, "findings": report.findings }))
                .collect();
            screen.object(&json!({ "ok": ok, "files": files }));
        } else {
            for (file, report) in &reports {
                screen.results(&lines(file, report));
            }
        }
        Ok(if ok { Exit::Done } else { Exit::Refused })
    }
}

fn report(file: &str) -> ValidationReport {
    let (name, text) = if file == "-" {
        let mut text = String::new();
        (
            "standard input",
            std::io::stdin()
                .lock()
                .read_to_string(&mut text)
                .map(|_| text),
        )
    } else {
        (file, std::fs::read_to_string(file))
    };
    match text {
        Ok(text) => engine::validate(name, &text),
        Err(error) => ValidationReport {
            findings: vec![Finding {
                file: name.to_owned(),
                line: 1,
                column: 1,
                severity: "error".to_owned(),
                code: "unreadable".to_owned(),
                what: format!("the file cannot be read: {error}"),
                hint: "name a file that you may read".to_owned(),
            }],
            ok: false,
            what: None,
        },
    }
}

fn lines(file: &str, report: &ValidationReport) -> Vec<Line> {
    let mut lines: Vec<Line> = report
        .findings
        .iter()
        .map(|finding| {
            let style = if finding.severity == "error" {
                Style::Bad
            } else {
                Style::Warn
            };
            let text = finding.to_string();
            match text.split_once(&format!(" {}: ", finding.severity)) {
                Some((place, what)) => Line::default()
                    .bold(place)
                    .and(style, format!(" {}: ", finding.severity))
                    .plain(what),
                None => Line::of(text),
            }
        })
        .collect();
    if report.ok {
        let what = report.what.as_deref().unwrap_or("it");
        lines.push(
            Line::default()
                .and(Style::Good, "✓")
                .plain(format!(" {file}: {what} can be used")),
        );
    }
    lines
}
