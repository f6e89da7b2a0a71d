//! job.status: how a job stands, with the last lines of its log. Made for a step that polls `until: output.ended`.

use super::answer::{Reason, Seen, State};
use super::host::{self, Bounds};
use super::{agent_id_schema, job_id_schema, job_not_found};
use crate::agent::find_in_use;
use crate::fault::arguments;
use crate::{BoxFuture, Context, ReadTool};
use fleet::JobState;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::time::Duration;
use workflow::{Digest, EffectClass, Recovery, ToolError, ToolOutput, ToolSpec};

/// Of the end of the log, for the last lines.
const TAIL_BYTES: u32 = 8 * 1024;
const LINES: u32 = 10;

/// job.status.
pub(crate) struct JobStatus {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    agent_id: String,
    job_id: Digest,
    lines: Option<u32>,
}

impl JobStatus {
    pub(crate) fn new() -> JobStatus {
        JobStatus {
            spec: ToolSpec {
                name: "job.status".to_owned(),
                version: 1,
                title: "Look at a job".to_owned(),
                description: "How a job stands on its agent, its exit code and the last lines of its log. Poll it until output.ended, then assert output.state == 'succeeded'.".to_owned(),
                effect: EffectClass::Read,
                recovery: Recovery::Pure,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["agent_id", "job_id"],
                    "properties": {
                        "agent_id": agent_id_schema(),
                        "job_id": job_id_schema(),
                        "lines": { "type": "integer", "minimum": 0, "maximum": 100, "description": "How many of the last lines; 10 when nothing is said" },
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["agent_id", "job_id", "state", "ended", "exit_code", "why", "began_at_us", "size_bytes", "last_lines"],
                    "properties": {
                        "agent_id": { "type": "string" },
                        "job_id": job_id_schema(),
                        "state": { "enum": JobState::ALL.map(JobState::word) },
                        "ended": { "type": "boolean" },
                        "exit_code": { "type": ["integer", "null"], "description": "128 and a number: ended by that signal" },
                        "why": { "type": ["string", "null"], "description": "Why it is lost" },
                        "began_at_us": { "type": ["integer", "null"], "description": "By the host's clock" },
                        "size_bytes": { "type": "integer", "minimum": 0, "description": "Of its log: the offset of its end" },
                        "last_lines": { "type": "array", "items": { "type": "string" } },
                    },
                }),
                inverse: None,
                timeout_ms: 60_000,
            },
        }
    }
}

/// The state in the words of the fleet, and the code; none: there is no such job.
pub(super) fn words(state: &State) -> Option<(JobState, Option<i32>)> {
    Some(match state {
        State::None => return None,
        State::Queued => (JobState::Queued, None),
        State::Running => (JobState::Running, None),
        State::Exited { code: 0, .. } => (JobState::Succeeded, Some(0)),
        State::Exited { code, .. } => (JobState::Failed, Some(*code)),
        State::Cancelled { code, .. } => (JobState::Cancelled, *code),
        State::Lost(_) => (JobState::Lost, None),
    })
}

fn why(seen: &Seen) -> Option<&'static str> {
    match seen.state {
        State::Lost(Reason::Killed) => Some(
            "Its supervisor was killed; on hosts that end what a login leaves behind (KillUserProcesses), see loginctl enable-linger",
        ),
        State::Lost(Reason::Rebooted) => Some("The host has started anew since"),
        State::Lost(Reason::PidReused) => Some("Its supervisor is gone"),
        State::None
        | State::Queued
        | State::Running
        | State::Exited { .. }
        | State::Cancelled { .. } => None,
    }
}

impl ReadTool for JobStatus {
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
            let agent = find_in_use(&arguments.agent_id, context).await?;
            let mut seen = host::look(&agent, arguments.job_id, context).await?;
            let mut lines = Vec::new();
            if seen.size_bytes > 0 && arguments.lines != Some(0) {
                let from = seen.size_bytes.saturating_sub(u64::from(TAIL_BYTES));
                let bounds = Bounds {
                    bytes: 2 * TAIL_BYTES as usize,
                    wait: Duration::ZERO,
                };
                let piece = host::follow(&agent, arguments.job_id, from, bounds, context).await?;
                let text = String::from_utf8_lossy(&piece.bytes).into_owned();
                // The first line is whole only at the very beginning.
                let whole = text.lines().skip(usize::from(from > 0));
                lines = whole.map(str::to_owned).collect();
                let most = arguments.lines.unwrap_or(LINES) as usize;
                lines.drain(..lines.len().saturating_sub(most));
                seen = piece.seen;
            }
            let Some((state, code)) = words(&seen.state) else {
                return Err(job_not_found(&agent, arguments.job_id));
            };
            Ok(ToolOutput::read(json!({
                "agent_id": agent.agent_id,
                "job_id": arguments.job_id,
                "state": state,
                "ended": state.ended(),
                "exit_code": code,
                "why": why(&seen),
                "began_at_us": seen.since_s.map(|since_s| since_s * 1_000_000),
                "size_bytes": seen.size_bytes,
                "last_lines": lines,
            })))
        })
    }
}
