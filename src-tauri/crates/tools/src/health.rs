//! health.judge: the verdict over the whole fleet by thresholds and slopes, without a model. Judges the measures that
//! agent.health took, with the limits of the workflow's inputs, and says what could not be judged.

mod agents;
#[cfg(test)]
mod tests;
mod trends;

use crate::{BoxFuture, Context, ReadTool, fault::arguments};
use fleet::{Limits, Severity};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use workflow::{EffectClass, Recovery, ToolError, ToolOutput, ToolSpec};

/// health.judge.
pub(crate) struct HealthJudge {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    agents: Option<Vec<Json>>,
    #[serde(default)]
    jobs: Json,
    #[serde(default)]
    metrics: Json,
    limits: Option<Limits>,
}

/// One finding over the fleet: the shape that an AI step's result has too.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Verdict {
    severity: Severity,
    subject: String,
    what: String,
    evidence: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
}

impl Verdict {
    fn new(
        severity: Severity,
        subject: impl Into<String>,
        what: impl Into<String>,
        evidence: Vec<String>,
    ) -> Verdict {
        let evidence = evidence
            .iter()
            .map(|line| fleet::visible(line, 400))
            .collect();
        Verdict {
            severity,
            subject: fleet::visible(&subject.into(), 200),
            what: fleet::visible(&what.into(), 400),
            evidence,
            threshold: None,
            origin: None,
        }
    }

    fn by(mut self, threshold: Option<String>, origin: impl Into<String>) -> Verdict {
        self.threshold = threshold;
        self.origin = Some(fleet::visible(&origin.into(), 200));
        self
    }
}

/// The schema of the limits that a workflow's inputs may set.
pub(crate) fn limits_schema() -> Json {
    let percent =
        |what: &str| json!({ "type": "number", "minimum": 0, "maximum": 100, "description": what });
    json!({
        "type": "object",
        "additionalProperties": false,
        "description": "Limits of your own; each replaces the warning threshold of its measure",
        "properties": {
            "disk_pct": percent("Used space of a filesystem, in percent"),
            "inodes_pct": percent("Used inodes of a filesystem, in percent"),
            "memory_pct": percent("Used memory, in percent"),
            "swap_pct": percent("Used swap space, in percent"),
            "load_per_core": { "type": "number", "minimum": 0, "description": "Load average over 5 minutes for each processor" },
            "failure_pct": percent("Failed deployments, in percent"),
            "clock_skew_ms": { "type": "number", "minimum": 0, "description": "How far a clock may be off, in milliseconds" },
        },
    })
}

impl HealthJudge {
    pub(crate) fn new() -> HealthJudge {
        let string = json!({ "type": "string" });
        let finding = json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["severity", "subject", "what", "evidence"],
            "properties": {
                "severity": { "enum": ["info", "warning", "critical"] },
                "subject": string,
                "what": string,
                "evidence": { "type": "array", "minItems": 1, "items": string },
                "threshold": string,
                "origin": string,
            },
        });
        HealthJudge {
            spec: ToolSpec {
                name: "health.judge".to_owned(),
                version: 1,
                title: "Judge the health of the fleet".to_owned(),
                description: "One verdict over agents, jobs and stored measures, by thresholds and slopes whose origin is named. The same result as the AI step it stands in for.".to_owned(),
                effect: EffectClass::Read,
                recovery: Recovery::Pure,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "agents": {
                            "type": ["array", "null"],
                            "description": "The outputs of a foreach over agent.health: {item, state, output, error}; null when there was none",
                            "items": { "type": "object" },
                        },
                        "jobs": { "type": ["object", "null"], "description": "The output of job.list" },
                        "metrics": { "type": ["object", "null"], "description": "The output of metrics.query" },
                        "limits": limits_schema(),
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["overall", "findings"],
                    "properties": {
                        "overall": { "enum": ["ok", "warning", "critical"] },
                        "findings": { "type": "array", "items": finding },
                    },
                }),
                inverse: None,
                timeout_ms: 10_000,
            },
        }
    }
}

impl ReadTool for HealthJudge {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn read<'a>(
        &'a self,
        args: &'a Json,
        _: &'a Context,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        Box::pin(async move {
            let arguments: Arguments = arguments(&self.spec.name, args)?;
            Ok(ToolOutput::read(judge(&arguments)))
        })
    }
}

fn judge(arguments: &Arguments) -> Json {
    let limits = arguments.limits.unwrap_or_default();
    let mut findings = agents::judge(arguments.agents.as_deref().unwrap_or_default(), &limits);
    findings.extend(jobs(&arguments.jobs));
    findings.extend(trends::judge(&arguments.metrics, &limits));
    findings
        .sort_by(|a, b| (b.severity, &a.subject, &a.what).cmp(&(a.severity, &b.subject, &b.what)));
    let overall = match findings.iter().map(|finding| finding.severity).max() {
        Some(Severity::Critical) => "critical",
        Some(Severity::Warning) => "warning",
        Some(Severity::Info) | None => "ok",
    };
    json!({ "overall": overall, "findings": findings })
}

/// Jobs that have not moved for too long.
fn jobs(jobs: &Json) -> Vec<Verdict> {
    let list = |key: &str| {
        jobs.get(key)
            .and_then(Json::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default()
    };
    let flagged = list("flagged").iter().filter_map(|flagged| {
        let (id, why) = (text(flagged, "job_id")?, text(flagged, "why")?);
        let job = list("jobs")
            .iter()
            .find(|job| text(job, "job_id") == Some(id));
        let title = job.and_then(|job| text(job, "title")).unwrap_or(id);
        let what = "The job has not moved for too long.";
        Some(Verdict::new(
            Severity::Warning,
            format!("job {title}"),
            what,
            vec![format!("job {id}: {why}")],
        ))
    });
    flagged.collect()
}

fn text<'a>(value: &'a Json, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Json::as_str)
}
