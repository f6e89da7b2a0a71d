//! The report of a health check. The verdict first; numbers with units; what could not be checked has its own part, so
//! that silence is never read as health. Tolerant of missing parts: it says that they are missing.

use super::markdown::{code, plain};
use fleet::Measure;
use serde::Deserialize;
use serde_json::Value as Json;
use std::fmt::Write as _;

const SEVERITIES: [(&str, &str); 3] = [
    ("critical", "Critical"),
    ("warning", "Warnings"),
    ("info", "Good to know"),
];

/// Title and Markdown.
pub(super) fn render(data: &Json, now_us: i64) -> Result<(String, String), jiff::Error> {
    let at = jiff::Timestamp::from_microsecond(now_us)?
        .strftime("%Y-%m-%d %H:%M UTC")
        .to_string();
    let title = format!("System health, {at}");
    let agents = rows(data.get("agents"));
    let patterns = data.get("patterns").filter(|patterns| patterns.is_object());
    let findings = rows(patterns.and_then(|patterns| patterns.get("findings")));
    let mut page = String::new();
    // Writing into a String cannot fail.
    let _ = writeln!(page, "# System health: {}\n", verdict_word(patterns));
    let _ = writeln!(page, "{}\n", summary(agents, findings));
    let _ = writeln!(page, "Made {at}, {}.\n", judged_by(data, patterns));
    agents_table(&mut page, agents);
    findings_part(&mut page, patterns.is_some(), findings);
    jobs_part(&mut page, data.get("jobs"));
    trends_part(&mut page, data.get("metrics"));
    unchecked_part(&mut page, agents);
    Ok((title, page.trim_end().to_owned() + "\n"))
}

fn verdict_word(patterns: Option<&Json>) -> &'static str {
    match patterns.and_then(|patterns| text(patterns, "overall")) {
        Some("critical") => "critical",
        Some("warning") => "warning",
        Some("ok") => "ok",
        Some(_) | None => "not judged",
    }
}

fn summary(agents: &[Json], findings: &[Json]) -> String {
    let reached = agents
        .iter()
        .filter(|entry| output(entry).is_some_and(|output| output["reachable"] == true))
        .count();
    let count = |word: &str| {
        findings
            .iter()
            .filter(|finding| text(finding, "severity") == Some(word))
            .count()
    };
    let of_agents = match agents.len() {
        0 => "No agent was checked".to_owned(),
        1 if reached == 1 => "The one agent answered".to_owned(),
        1 => "The one agent did not answer".to_owned(),
        all if reached == all => format!("All {all} agents answered"),
        all => format!("**{} of {all} agents did not answer**", all - reached),
    };
    format!(
        "{of_agents}: {}, {}.",
        counted(count("critical"), "critical finding"),
        counted(count("warning"), "warning")
    )
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    }
}

fn judged_by(data: &Json, patterns: Option<&Json>) -> String {
    if patterns.is_none() {
        return "from the readings alone: there is no verdict".to_owned();
    }
    match text(data, "made_by") {
        Some("rule") | None => "judged by thresholds and slopes, without a model".to_owned(),
        Some("model") => "judged by a model".to_owned(),
        Some("person") => "judged by a person".to_owned(),
        Some(other) => format!("judged by {}", plain(other)),
    }
}

fn agents_table(page: &mut String, agents: &[Json]) {
    if agents.is_empty() {
        return;
    }
    let _ = writeln!(page, "## Agents\n");
    let _ = writeln!(
        page,
        "| Agent | Environment | Status | Fullest disk | Memory used | Load per core | Up for |"
    );
    let _ = writeln!(page, "|---|---|---|---|---|---|---|");
    for entry in agents {
        let item = entry.get("item").unwrap_or(&Json::Null);
        let output = output(entry);
        let own = |key: &str| {
            output
                .and_then(|output| text(output, key))
                .or_else(|| text(item, key))
        };
        let name = own("title")
            .or_else(|| own("agent_id"))
            .or_else(|| item.as_str())
            .unwrap_or("?");
        let status = match output.and_then(|output| text(output, "status")) {
            Some("healthy") => "healthy".to_owned(),
            Some(status) => format!("**{}**", plain(status)),
            None => format!(
                "**no result** ({})",
                plain(text(entry, "state").unwrap_or("unknown"))
            ),
        };
        let measures: Vec<Measure> = rows(output.and_then(|output| output.get("measures")))
            .iter()
            .filter_map(|measure| Measure::deserialize(measure).ok())
            .collect();
        let _ = writeln!(
            page,
            "| {} | {} | {status}{} | {} | {} | {} | {} |",
            plain(name),
            plain(own("environment").unwrap_or("—")),
            if output.is_some_and(|output| output["partial"] == true && output["reachable"] == true)
            {
                ", partial"
            } else {
                ""
            },
            disk(&measures),
            one(&measures, "system.memory.utilization"),
            one(&measures, "system.cpu.load_per_core").replace(" load", ""),
            uptime(output),
        );
    }
    let _ = writeln!(page);
}

fn disk(measures: &[Measure]) -> String {
    let fullest = measures
        .iter()
        .filter(|measure| measure.metric == "system.filesystem.utilization")
        .max_by(|a, b| a.value.total_cmp(&b.value));
    let Some(fullest) = fullest else {
        return "—".to_owned();
    };
    format!(
        "{} of {}",
        fullest.says(),
        plain(fullest.attribute("mountpoint").unwrap_or("?"))
    )
}

fn one(measures: &[Measure], metric: &str) -> String {
    measures
        .iter()
        .find(|measure| measure.metric == metric)
        .map_or("—".to_owned(), Measure::says)
}

fn uptime(output: Option<&Json>) -> String {
    let seconds = output
        .and_then(|output| output.pointer("/host/uptime_s"))
        .and_then(Json::as_f64);
    seconds.map_or("—".to_owned(), |seconds| {
        crate::duration::say((seconds.max(0.0) * 1000.0) as u64)
    })
}

fn findings_part(page: &mut String, judged: bool, findings: &[Json]) {
    let _ = writeln!(page, "## Findings\n");
    if !judged {
        let _ = writeln!(page, "Nobody judged the readings.\n");
    } else if findings.is_empty() {
        let _ = writeln!(
            page,
            "None: every value that could be read is within its limit.\n"
        );
    }
    for (word, heading) in SEVERITIES {
        let mut these = findings
            .iter()
            .filter(|finding| text(finding, "severity") == Some(word))
            .peekable();
        if these.peek().is_none() {
            continue;
        }
        let _ = writeln!(page, "### {heading}\n");
        for finding in these {
            let subject = plain(text(finding, "subject").unwrap_or("?"));
            let _ = writeln!(
                page,
                "- **{subject}**: {}",
                plain(text(finding, "what").unwrap_or("?"))
            );
            match (text(finding, "threshold"), text(finding, "origin")) {
                (Some(threshold), Some(origin)) => {
                    let _ = writeln!(
                        page,
                        "  - Limit: {} (origin: {})",
                        plain(threshold),
                        plain(origin)
                    );
                }
                (None, Some(origin)) => {
                    let _ = writeln!(page, "  - Rule: {}", plain(origin));
                }
                (Some(threshold), None) => {
                    let _ = writeln!(page, "  - Limit: {}", plain(threshold));
                }
                (None, None) => {}
            }
            for line in rows(finding.get("evidence"))
                .iter()
                .filter_map(Json::as_str)
            {
                let _ = writeln!(page, "  - Evidence: {}", code(line));
            }
        }
        let _ = writeln!(page);
    }
}

fn jobs_part(page: &mut String, jobs: Option<&Json>) {
    let _ = writeln!(page, "## Jobs\n");
    let Some(jobs) = jobs.filter(|jobs| jobs.is_object()) else {
        let _ = writeln!(page, "Not asked.\n");
        return;
    };
    let (all, flagged) = (rows(jobs.get("jobs")), rows(jobs.get("flagged")));
    let stuck = match (all.len(), flagged.len()) {
        (0, _) => "None.".to_owned(),
        (count, 0) => format!("{}, none of them stuck.", counted(count, "job")),
        (count, stuck) => format!("{}, **{stuck} of them stuck**.", counted(count, "job")),
    };
    let _ = writeln!(page, "{stuck}\n");
    for row in flagged {
        let (id, why) = (
            text(row, "job_id").unwrap_or("?"),
            text(row, "why").unwrap_or("?"),
        );
        let _ = writeln!(page, "- {}: {}", plain(id), plain(why));
    }
    if !flagged.is_empty() {
        let _ = writeln!(page);
    }
}

fn trends_part(page: &mut String, metrics: Option<&Json>) {
    let Some(metrics) = metrics.filter(|metrics| metrics.is_object()) else {
        return;
    };
    let window_ms = metrics.get("window_ms").and_then(Json::as_u64).unwrap_or(0);
    let _ = writeln!(page, "## Trends over {}\n", crate::duration::say(window_ms));
    let series = rows(metrics.get("series"));
    if !series.is_empty() {
        let _ = writeln!(page, "| Series | Of | Now | Per hour | Points |");
        let _ = writeln!(page, "|---|---|---|---|---|");
    }
    for row in series {
        let unit = text(row, "unit").unwrap_or("");
        let value = |key: &str| {
            row.get(key)
                .and_then(Json::as_f64)
                .map_or("—".to_owned(), |value| plain(&fleet::say(value, unit)))
        };
        let place = row
            .pointer("/attributes/mountpoint")
            .and_then(Json::as_str)
            .unwrap_or_default();
        let of = format!(
            "{} {place}",
            text(row, "agent")
                .or_else(|| text(row, "agent_id"))
                .unwrap_or("this program")
        );
        let name = plain(text(row, "name").unwrap_or("?"));
        let points = row.get("points_total").and_then(Json::as_u64).unwrap_or(0);
        let _ = writeln!(
            page,
            "| {name} | {} | {} | {} | {points} |",
            plain(of.trim()),
            value("latest"),
            value("slope_per_hour")
        );
    }
    if !series.is_empty() {
        let _ = writeln!(page);
    }
    let missing: Vec<String> = rows(metrics.get("missing"))
        .iter()
        .filter_map(Json::as_str)
        .map(plain)
        .collect();
    if !missing.is_empty() {
        let _ = writeln!(page, "No data in this window: {}.\n", missing.join(", "));
    }
}

fn unchecked_part(page: &mut String, agents: &[Json]) {
    let mut lines = Vec::new();
    for entry in agents {
        let Some(output) = output(entry) else {
            continue;
        };
        let name = plain(text(output, "title").unwrap_or("?"));
        for row in rows(output.get("not_checked")) {
            let (check, why) = (
                text(row, "check").unwrap_or("?"),
                text(row, "why").unwrap_or("?"),
            );
            lines.push(format!("- {name}: {} ({})", plain(check), plain(why)));
        }
        let denied: Vec<String> = rows(output.get("not_permitted"))
            .iter()
            .filter_map(Json::as_str)
            .map(plain)
            .collect();
        if !denied.is_empty() {
            lines.push(format!(
                "- {name}: not permitted for the user who asked: {}",
                denied.join(", ")
            ));
        }
        if output["partial"] == true && output["reachable"] == true {
            lines.push(format!(
                "- {name}: the answer is partial; values that are missing were not judged"
            ));
        }
    }
    if !lines.is_empty() {
        let _ = writeln!(
            page,
            "## What could not be checked\n\n{}\n",
            lines.join("\n")
        );
    }
}

fn output(entry: &Json) -> Option<&Json> {
    entry.get("output").filter(|output| output.is_object())
}

fn rows(value: Option<&Json>) -> &[Json] {
    value
        .and_then(Json::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn text<'a>(value: &'a Json, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Json::as_str)
}
