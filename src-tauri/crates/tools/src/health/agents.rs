//! The agents' part of the verdict: each answer of agent.health, and each agent that gave none.

use super::{Verdict, text};
use fleet::{Check, Finding, Limits, Measure, Severity, judge_measures, say, thresholds};
use serde_json::Value as Json;
use std::collections::BTreeMap;

pub(super) fn judge(agents: &[Json], limits: &Limits) -> Vec<Verdict> {
    if agents.is_empty() {
        let evidence = vec!["the list of agents is empty".to_owned()];
        return vec![Verdict::new(
            Severity::Info,
            "fleet",
            "No agent was checked.",
            evidence,
        )];
    }
    let mut verdicts = Vec::new();
    // Check and reason to the agents they are of.
    let mut unknown: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for entry in agents {
        let output = entry.get("output").filter(|output| output.is_object());
        let name = name(entry, output);
        match output {
            Some(output) => {
                verdicts.extend(answered(&name, output, limits));
                for (check, why) in not_checked(output) {
                    unknown.entry((check, why)).or_default().push(name.clone());
                }
            }
            None => verdicts.push(silent(&name, entry)),
        }
    }
    verdicts.extend(unknown.into_iter().map(|((check, why), names)| {
        let agents = if names.len() == 1 {
            names[0].clone()
        } else {
            format!("{} agents", names.len())
        };
        let evidence = names
            .iter()
            .take(20)
            .map(|name| format!("{name}: {why}"))
            .collect();
        Verdict::new(
            Severity::Info,
            agents,
            format!("{check} could not be checked: {why}."),
            evidence,
        )
    }));
    verdicts
}

/// The agent's name for people: from its answer, else from the item of the list.
fn name(entry: &Json, output: Option<&Json>) -> String {
    let item = entry.get("item").unwrap_or(&Json::Null);
    let of = |value: &Json| {
        text(value, "title")
            .or_else(|| text(value, "agent_id"))
            .map(str::to_owned)
    };
    let plain = item.as_str().map(str::to_owned);
    output
        .and_then(of)
        .or_else(|| of(item))
        .or(plain)
        .unwrap_or_else(|| "an agent without a name".to_owned())
}

/// An agent whose check failed or never ran.
fn silent(name: &str, entry: &Json) -> Verdict {
    let state = text(entry, "state").unwrap_or("unknown");
    if state == "skipped" {
        return Verdict::new(
            Severity::Info,
            name,
            "The agent was not checked.",
            vec!["its check was skipped".to_owned()],
        );
    }
    let error = entry.get("error").unwrap_or(&Json::Null);
    // The error stands at the top, or one level in, beside the step's own reason.
    let field = |key: &str| {
        text(error, key).or_else(|| {
            error
                .as_object()?
                .values()
                .find_map(|inner| text(inner, key))
        })
    };
    let evidence = match (field("code"), field("message"), error.as_str()) {
        (Some(code), Some(message), _) => format!("{code}: {message}"),
        (None, Some(message), _) => message.to_owned(),
        (_, None, Some(message)) => message.to_owned(),
        (_, None, None) => format!("its check ended as {state} without a result"),
    };
    Verdict::new(
        Severity::Critical,
        name,
        "The agent could not be checked.",
        vec![evidence],
    )
}

/// What can be counted is judged anew with the limits of this run; the rest stands as the agent's check found it.
fn answered(name: &str, output: &Json, limits: &Limits) -> Vec<Verdict> {
    let list = |key: &str| {
        output
            .get(key)
            .and_then(Json::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default()
    };
    let measures: Vec<Measure> = list("measures").iter().filter_map(as_a).collect();
    let table = thresholds(limits);
    let found: Vec<Finding> = list("findings").iter().filter_map(as_a).collect();
    let counted = |finding: &Finding| {
        table
            .iter()
            .any(|threshold| threshold.metric == finding.metric)
            && measures
                .iter()
                .any(|measure| measure.metric == finding.metric)
    };
    let mut findings = judge_measures(&measures, &table);
    findings.extend(found.into_iter().filter(|finding| !counted(finding)));
    fleet::sort(&mut findings);
    let snapshot = text(output, "snapshot_id");
    findings
        .into_iter()
        .map(|finding| verdict(name, finding, snapshot))
        .collect()
}

fn verdict(name: &str, finding: Finding, snapshot: Option<&str>) -> Verdict {
    let subject = match finding.check {
        Check::Reachable => name.to_owned(),
        Check::Disk | Check::Memory | Check::Load | Check::Clock | Check::Services => {
            format!("{name}: {}", finding.subject)
        }
    };
    let mut evidence = finding.evidence;
    evidence.extend(snapshot.map(|id| format!("snapshot {id}")));
    if evidence.is_empty() {
        evidence.push(format!(
            "{} = {}",
            finding.metric,
            say(finding.value, &finding.unit)
        ));
    }
    let threshold = finding
        .threshold
        .map(|limit| format!("above {}", say(limit, &finding.unit)));
    Verdict::new(finding.severity, subject, finding.what, evidence).by(threshold, finding.origin)
}

/// What the agent's check could not tell, each with the reason.
fn not_checked(output: &Json) -> Vec<(String, String)> {
    let rows = output
        .get("not_checked")
        .and_then(Json::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    rows.iter()
        .filter_map(|row| Some((capital(text(row, "check")?), text(row, "why")?.to_owned())))
        .collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

fn as_a<T: serde::de::DeserializeOwned>(value: &Json) -> Option<T> {
    T::deserialize(value).ok()
}
