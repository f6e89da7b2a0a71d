//! The report of a run: an output with Markdown in it, its verdict, who made it and when.

use leptos::prelude::*;
use serde_json::Value as Json;
use workflow::{Datum, Run};

use super::{TileFault, datum, outcome};
use crate::{
    kit::{Badge, CopyButton, Escaped, Markdown, Skeleton, Tone, dynamic, icons},
    live::{Fetched, Live, local_point},
};

/// Where a run's report is.
#[derive(Clone, PartialEq, Debug)]
pub struct ReportRef {
    /// The value of the output.
    pub datum: Datum,
    /// `ok`, `warning`, `critical`, where the run gives one.
    pub verdict: Option<String>,
}

/// A report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Its title.
    pub title: String,
    /// Its text, without a heading that says the title again.
    pub markdown: String,
    /// Who judged.
    pub made_by: Option<String>,
    /// When, in microseconds since 1970 (UTC).
    pub made_at_us: Option<i64>,
}

/// The report among a run's outputs: the one of that name, or one that has Markdown in it.
pub fn report_of(run: &Run) -> Option<ReportRef> {
    let outputs = outcome::outputs(run);
    let has_text = |value: &Datum| value.inline().is_some_and(|value| read(value).is_some());
    let (_, datum) = outputs
        .iter()
        .find(|(name, value)| name == "report" && (value.blob().is_some() || has_text(value)))
        .or_else(|| outputs.iter().find(|(_, value)| has_text(value)))?;
    let verdict = outputs
        .iter()
        .find(|(name, _)| name == "overall")
        .and_then(|(_, value)| value.inline()?.as_str());
    Some(ReportRef {
        datum: datum.clone(),
        verdict: verdict.map(str::to_owned),
    })
}

/// A report out of its value.
pub fn read(value: &Json) -> Option<Report> {
    let text = |name: &str| value.get(name).and_then(Json::as_str).map(str::to_owned);
    let markdown = text("markdown")?;
    let body = match markdown.trim_start().strip_prefix("# ") {
        Some(rest) => rest
            .split_once('\n')
            .map_or("", |(_, body)| body)
            .to_owned(),
        None => markdown,
    };
    Some(Report {
        title: text("title").unwrap_or_else(|| "Report".to_owned()),
        markdown: body,
        made_by: text("made_by"),
        made_at_us: value.get("made_at_us").and_then(Json::as_i64),
    })
}

/// The badge of a verdict: its words and its colour.
pub fn verdict_look(verdict: &str) -> (String, Tone, &'static str) {
    match verdict {
        "ok" => ("Healthy".to_owned(), Tone::Success, icons::CHECKMARK),
        "warning" => ("Warning".to_owned(), Tone::Warning, icons::WARNING_FILLED),
        "critical" => ("Critical".to_owned(), Tone::Danger, icons::ERROR_FILLED),
        other => (other.to_owned(), Tone::Neutral, icons::INFO_FILLED),
    }
}

/// A report, shown whole.
#[component]
pub fn ReportView(
    /// Where it is.
    report: ReportRef,
) -> impl IntoView {
    let live = Live::expect();
    let value = datum::whole(live, &report.datum);
    let (blob, verdict) = (report.datum.blob(), report.verdict);
    let retry = Callback::new(move |()| {
        if let Some(sha256) = blob {
            _ = live.blob(sha256);
        }
    });
    dynamic(move || match value.get() {
        Fetched::Fetching => view! { <Skeleton what="the report" lines=5/> }.into_any(),
        Fetched::Failed(fault) => view! { <TileFault fault on_retry=retry/> }.into_any(),
        Fetched::Here(value) => match read(&value) {
            Some(report) => shown(report, verdict.clone()),
            None => view! { <p>"This output has no text to show."</p> }.into_any(),
        },
    })
}

fn shown(report: Report, verdict: Option<String>) -> AnyView {
    let made = report
        .made_at_us
        .map(|at| format!("Made {}", local_point(at)));
    let by = report
        .made_by
        .map(|by| format!("judged by {}", judge_words(&by)));
    let words = [made, by]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ");
    let copied = report.markdown.clone();
    view! {
        <div class="report" data-testid="report">
            <div class="row report-head">
                {verdict.map(|verdict| {
                    let (words, tone, icon) = verdict_look(&verdict);
                    view! { <span class="verdict" data-testid="verdict" data-verdict=verdict><Badge tone icon><Escaped text=words/></Badge></span> }
                })}
                <span class="quiet"><Escaped text=words/></span>
                <span class="push"><CopyButton text=copied label="Copy as Markdown"/></span>
            </div>
            <Markdown text=report.markdown top_level=2/>
        </div>
    }
    .into_any()
}

fn judge_words(by: &str) -> &str {
    match by {
        "rule" => "rules and thresholds, no model",
        "model" => "a model",
        "person" => "a person",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_report_is_read_without_its_repeated_title() {
        let report = read(
            &json!({"title": "T", "markdown": "# T: ok\n\nAll well.\n", "made_by": "rule", "made_at_us": 7}),
        );
        assert_eq!(
            report,
            Some(Report {
                title: "T".into(),
                markdown: "\nAll well.\n".into(),
                made_by: Some("rule".into()),
                made_at_us: Some(7),
            })
        );
        assert_eq!(read(&json!({"data": 1})), None);
        assert_eq!(read(&json!("# x")), None);
        assert_eq!(
            read(&json!({"markdown": "# x"})).map(|report| report.markdown),
            Some(String::new())
        );
    }

    #[test]
    fn verdicts_differ_in_words_and_icons() {
        let looks: Vec<_> = ["ok", "warning", "critical", "unknown"]
            .map(verdict_look)
            .into();
        for (index, one) in looks.iter().enumerate() {
            for other in &looks[index + 1..] {
                assert_ne!(one.0, other.0);
                assert_ne!(one.2, other.2);
            }
        }
    }
}
