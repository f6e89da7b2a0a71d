//! job.list: the jobs that the store knows. Until deployments are recorded there are none, and it says so with an empty list.

use crate::{BoxFuture, Context, ReadTool, duration, fault::arguments};
use fleet::JobState;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use workflow::{EffectClass, Recovery, ToolError, ToolOutput, ToolSpec};

/// job.list.
pub(crate) struct JobList {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    states: Option<Vec<JobState>>,
    flag_older_than: Option<String>,
}

impl JobList {
    pub(crate) fn new() -> JobList {
        let job = json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["job_id", "title", "agent_id", "state", "opened_at_us", "since_us", "age_ms"],
            "properties": {
                "job_id": { "type": "string" },
                "title": { "type": "string" },
                "agent_id": { "type": "string" },
                "state": { "enum": JobState::ALL.map(JobState::word) },
                "opened_at_us": { "type": "integer" },
                "since_us": { "type": "integer" },
                "age_ms": { "type": "integer", "minimum": 0, "description": "Time in the present state" },
            },
        });
        let flagged = json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["job_id", "why"],
            "properties": { "job_id": { "type": "string" }, "why": { "type": "string" } },
        });
        JobList {
            spec: ToolSpec {
                name: "job.list".to_owned(),
                version: 1,
                title: "List the jobs".to_owned(),
                description: "The jobs (deployments) that are known, the newest first, and those of them that have not moved for too long.".to_owned(),
                effect: EffectClass::Read,
                recovery: Recovery::Pure,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "states": {
                            "type": "array",
                            "description": "Only jobs in these states",
                            "uniqueItems": true,
                            "items": { "enum": JobState::ALL.map(JobState::word) },
                        },
                        "flag_older_than": {
                            "type": "string",
                            "description": "Flag jobs that are queued or running for longer, as 30m",
                            "pattern": duration::PATTERN,
                        },
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["jobs", "flagged"],
                    "properties": {
                        "jobs": { "type": "array", "items": job },
                        "flagged": { "type": "array", "items": flagged },
                    },
                }),
                inverse: None,
                timeout_ms: 10_000,
            },
        }
    }
}

impl ReadTool for JobList {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn read<'a>(
        &'a self,
        args: &'a Json,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        Box::pin(async move {
            let arguments: Arguments = arguments(&self.spec.name, args)?;
            let limit_ms = arguments
                .flag_older_than
                .as_deref()
                .map(duration::milliseconds)
                .transpose()?;
            let now_us = context.now_us();
            let (mut jobs, mut flagged) = (Vec::new(), Vec::new());
            for job in context.ports.jobs.jobs().await? {
                if arguments
                    .states
                    .as_ref()
                    .is_some_and(|states| !states.contains(&job.state))
                {
                    continue;
                }
                let age_ms = u64::try_from(now_us.saturating_sub(job.since_us) / 1000).unwrap_or(0);
                if let Some(limit_ms) =
                    limit_ms.filter(|limit_ms| !job.state.ended() && age_ms > *limit_ms)
                {
                    let why = format!(
                        "{} for {}, longer than {}",
                        job.state.word(),
                        duration::say(age_ms),
                        duration::say(limit_ms)
                    );
                    flagged.push(json!({ "job_id": job.job_id, "why": why }));
                }
                jobs.push(json!({
                    "job_id": job.job_id,
                    "title": job.title,
                    "agent_id": job.agent_id,
                    "state": job.state,
                    "opened_at_us": job.opened_at_us,
                    "since_us": job.since_us,
                    "age_ms": age_ms,
                }));
            }
            Ok(ToolOutput::read(
                json!({ "jobs": jobs, "flagged": flagged }),
            ))
        })
    }
}
