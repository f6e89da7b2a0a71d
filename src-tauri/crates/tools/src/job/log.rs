//! job.log: a piece of a job's log, from an offset on. What is no UTF-8 is shown as U+FFFD; offsets count bytes.

use super::host::{self, Bounds};
use super::status::words;
use super::{agent_id_schema, job_id_schema, job_not_found};
use crate::agent::find_in_use;
use crate::fault::arguments;
use crate::{BoxFuture, Context, ReadTool};
use fleet::JobState;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::time::Duration;
use workflow::{Digest, EffectClass, Recovery, ToolError, ToolOutput, ToolSpec};

const USUAL_BYTES: usize = 64 * 1024;
const MOST_BYTES: usize = 256 * 1024;

/// job.log.
pub(crate) struct JobLog {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    agent_id: String,
    job_id: Digest,
    #[serde(default)]
    from: u64,
    max_bytes: Option<usize>,
}

impl JobLog {
    pub(crate) fn new() -> JobLog {
        JobLog {
            spec: ToolSpec {
                name: "job.log".to_owned(),
                version: 1,
                title: "Read a job's log".to_owned(),
                description: "A piece of what a job printed, from a byte offset on; the next piece begins at output.next.".to_owned(),
                effect: EffectClass::Read,
                recovery: Recovery::Pure,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["agent_id", "job_id"],
                    "properties": {
                        "agent_id": agent_id_schema(),
                        "job_id": job_id_schema(),
                        "from": { "type": "integer", "minimum": 0, "maximum": 1_u64 << 53, "description": "From this byte on; 0 when nothing is said" },
                        "max_bytes": { "type": "integer", "minimum": 16, "maximum": MOST_BYTES, "description": "65536 when nothing is said" },
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["agent_id", "job_id", "state", "from", "next", "size_bytes", "is_last", "text"],
                    "properties": {
                        "agent_id": { "type": "string" },
                        "job_id": job_id_schema(),
                        "state": { "enum": JobState::ALL.map(JobState::word) },
                        "from": { "type": "integer" },
                        "next": { "type": "integer" },
                        "size_bytes": { "type": "integer" },
                        "is_last": { "type": "boolean", "description": "The job has ended and there is no more" },
                        "text": { "type": "string" },
                    },
                }),
                inverse: None,
                timeout_ms: 60_000,
            },
        }
    }
}

/// Without the beginning of a character whose end is in the next piece.
fn whole_characters(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => &bytes[..error.valid_up_to()],
        Ok(_) | Err(_) => bytes,
    }
}

impl ReadTool for JobLog {
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
            let bounds = Bounds {
                bytes: arguments.max_bytes.unwrap_or(USUAL_BYTES).min(MOST_BYTES),
                wait: Duration::ZERO,
            };
            let (id, from) = (arguments.job_id, arguments.from);
            let mut piece = host::follow(&agent, id, from, bounds, context).await?;
            let Some((state, _)) = words(&piece.seen.state) else {
                return Err(job_not_found(&agent, id));
            };
            if !piece.is_last() {
                let whole = whole_characters(&piece.bytes).len();
                piece.bytes.truncate(whole);
            }
            Ok(ToolOutput::read(json!({
                "agent_id": agent.agent_id,
                "job_id": id,
                "state": state,
                "from": piece.from,
                "next": piece.next(),
                "size_bytes": piece.seen.size_bytes,
                "is_last": piece.is_last(),
                "text": String::from_utf8_lossy(&piece.bytes),
            })))
        })
    }
}
