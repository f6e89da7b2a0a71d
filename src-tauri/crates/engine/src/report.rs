//! The report of a run as a file of its own: the Markdown that the run gave, or one HTML page without anything from
//! elsewhere. Not the export of the journal (`export`), which is for auditors.

mod page;

use crate::{made, reading};
use api::{Fault, FileMade, ReportForm};
use serde_json::Value as Json;
use std::path::Path;
use store::Reader;
use workflow::{Datum, Run, RunId, RunState, RunStatus};

/// A report among the outputs of a run.
struct Report {
    title: Option<String>,
    markdown: String,
}

/// Writes the report of a run into a folder.
///
/// # Errors
/// There is no such run, it has no report, or the folder cannot be written.
pub(crate) fn export(
    reader: &Reader,
    run: &RunId,
    form: ReportForm,
    to: &Path,
) -> Result<FileMade, Fault> {
    let run = reading::fold_run(reader, run)?;
    let reports = reports_of(reader, &run)?;
    let parts: Vec<&str> = reports
        .iter()
        .map(|report| report.markdown.as_str())
        .collect();
    let markdown = parts.join("\n\n---\n\n");
    let (text, extension) = match form {
        ReportForm::Markdown => (markdown, "md"),
        ReportForm::Html => {
            let title = reports.iter().find_map(|report| report.title.as_deref());
            let title = title.unwrap_or(&run.definition().title);
            (page::of(title, &foot(&run), &markdown), "html")
        }
    };
    let path = made::write(to, &stem(&run), extension, text.as_bytes())?;
    let what = match reports.len() {
        1 => "The report of the run".to_owned(),
        more => format!("The {more} reports of the run, one after the other"),
    };
    let how = match form {
        ReportForm::Markdown => "as Markdown, as the run gave it.",
        ReportForm::Html => "as one page without scripts that loads nothing.",
    };
    Ok(FileMade {
        path: path.display().to_string(),
        bytes: text.len() as u64,
        says: vec![
            format!("{what}, {how}"),
            "It may name hosts and what is wrong with them: give it only to those who may know."
                .to_owned(),
        ],
    })
}

/// The outputs that are reports, the one of that name first.
fn reports_of(reader: &Reader, run: &Run) -> Result<Vec<Report>, Fault> {
    let RunStatus::Completed { outputs, .. } = run.status() else {
        return Err(none(run));
    };
    let (mut reports, mut lost) = (Vec::new(), None);
    let (first, others): (Vec<_>, Vec<_>) = outputs.iter().partition(|(name, _)| *name == "report");
    for (name, datum) in first.into_iter().chain(others) {
        let value = match datum {
            Datum::Inline(value) => value.clone(),
            Datum::Blob { sha256, .. } => match reading::blob(reader, sha256) {
                Ok(value) => value,
                Err(fault) => {
                    lost = Some(fault);
                    continue;
                }
            },
        };
        reports.extend(report(name, &value));
    }
    match (reports.is_empty(), lost) {
        (false, _) => Ok(reports),
        // It may have been the report.
        (true, Some(fault)) => Err(fault),
        (true, None) => Err(none(run)),
    }
}

/// Text of a report: an output called `report`, or an object with the text under `markdown`.
fn report(name: &str, value: &Json) -> Option<Report> {
    let markdown = match value {
        Json::String(text) if name == "report" => text,
        Json::Object(fields) => fields.get("markdown")?.as_str()?,
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
            return None;
        }
    };
    let title = value.get("title").and_then(Json::as_str);
    Some(Report {
        title: title.map(str::to_owned),
        markdown: markdown.to_owned(),
    })
}

fn none(run: &Run) -> Fault {
    let (why, action) = match run.state() {
        RunState::Completed => (
            "gives no report",
            "Let the workflow give one: an output `report`, or one with the text under `markdown`",
        ),
        RunState::Failed | RunState::Cancelled | RunState::RolledBack => (
            "did not complete, and so gives no report",
            "Look at the run for what happened, and start it again",
        ),
        RunState::Pending | RunState::Running | RunState::Waiting | RunState::RollingBack => {
            ("is not over yet", "Wait until it is")
        }
    };
    Fault::new("no_report", format!("Run {} {why}", run.id()), action)
}

/// `<workflow>-<day of its start, in local time>-<end of its name>`.
fn stem(run: &Run) -> String {
    let started_us = run.summary().started_at_us;
    let day = jiff::Timestamp::from_microsecond(started_us)
        .unwrap_or_default()
        .to_zoned(jiff::tz::TimeZone::system())
        .strftime("%Y-%m-%d")
        .to_string();
    let short = run.id().0.rsplit('-').next().unwrap_or_default();
    format!(
        "{}-{day}-{}",
        made::name_part(&run.definition().id),
        made::name_part(short)
    )
}

/// Where a page comes from, in one line.
fn foot(run: &Run) -> String {
    let summary = run.summary();
    let at = jiff::Timestamp::from_microsecond(summary.ended_at_us.unwrap_or_default());
    let at = at.unwrap_or_default().strftime("%Y-%m-%d %H:%M UTC");
    format!("{} · run {} · completed {at}", summary.title, summary.run)
}
