//! job.cancel: a job is stopped with everything in its process group. One that has ended stays what it was.

use super::answer::Seen;
use super::status::words;
use super::{agent_id_schema, host, job_id_schema, job_not_found};
use crate::agent::{find_in_use, targets};
use crate::fault::arguments;
use crate::{Asked, BoxFuture, ChangeTool, Context, Inverse};
use fleet::{Agent, JobState, visible};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::time::Duration;
use workflow::{
    Change, Digest, EffectClass, Observation, Permit, Preview, Recovery, ToolError, ToolOutput,
    ToolSpec,
};

/// job.cancel.
pub(crate) struct JobCancel {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    agent_id: String,
    job_id: Digest,
    grace_seconds: Option<u8>,
}

impl Arguments {
    fn grace(&self) -> Duration {
        self.grace_seconds.map_or(host::GRACE, |grace| {
            Duration::from_secs(u64::from(grace.min(30)))
        })
    }
}

impl JobCancel {
    pub(crate) fn new() -> JobCancel {
        JobCancel {
            spec: ToolSpec {
                name: "job.cancel".to_owned(),
                version: 1,
                title: "Cancel a job".to_owned(),
                description: "Stops a job and everything in its process group: TERM, a time of grace, then KILL. One that has ended stays what it was.".to_owned(),
                effect: EffectClass::Destructive,
                recovery: Recovery::Idempotent,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["agent_id", "job_id"],
                    "properties": {
                        "agent_id": agent_id_schema(),
                        "job_id": job_id_schema(),
                        "grace_seconds": { "type": "integer", "minimum": 0, "maximum": 30, "description": "Between TERM and KILL; 10 when nothing is said" },
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["agent_id", "job_id", "state", "exit_code"],
                    "properties": {
                        "agent_id": { "type": "string" },
                        "job_id": job_id_schema(),
                        "state": { "enum": JobState::ALL.map(JobState::word) },
                        "exit_code": { "type": ["integer", "null"] },
                    },
                }),
                inverse: None,
                timeout_ms: 60_000,
            },
        }
    }
}

fn output(agent: &Agent, id: Digest, seen: &Seen) -> Result<ToolOutput, ToolError> {
    let (state, code) = words(&seen.state).ok_or_else(|| job_not_found(agent, id))?;
    Ok(ToolOutput::changed(
        json!({ "agent_id": agent.agent_id, "job_id": id, "state": state, "exit_code": code }),
        json!({ "agent_id": agent.agent_id, "job_id": id }),
    ))
}

impl ChangeTool for JobCancel {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn preview<'a>(
        &'a self,
        args: &'a Json,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Preview, ToolError>> {
        Box::pin(async move {
            let arguments: Arguments = arguments(&self.spec.name, args)?;
            let agent = find_in_use(&arguments.agent_id, context).await?;
            let seen = host::look(&agent, arguments.job_id, context).await?;
            let Some((state, _)) = words(&seen.state) else {
                return Err(job_not_found(&agent, arguments.job_id));
            };
            let (id, shown) = (arguments.job_id, visible(&agent.title, 200));
            let (changes, blast_radius) = if state.ended() {
                let nothing = format!(
                    "Nothing changes: job {id} on {shown} is {} already.",
                    state.word()
                );
                (Vec::new(), nothing)
            } else {
                let change = Change {
                    verb: "cancel".to_owned(),
                    subject: format!("job {id} on {}", agent.agent_id),
                    diff: format!(
                        "{} -> cancelled\nTERM to its process group, {} s, then KILL",
                        state.word(),
                        arguments.grace().as_secs()
                    ),
                };
                let says = format!(
                    "Every process of job {id} on {shown} is stopped where it is. What it has done so far stays, and it cannot be started again."
                );
                (vec![change], says)
            };
            Ok(Preview {
                targets: targets(&agent),
                facts: BTreeMap::new(),
                changes,
                blast_radius,
                undo: None,
            })
        })
    }

    fn apply<'a>(
        &'a self,
        permit: Permit,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        Box::pin(async move {
            let arguments: Arguments = arguments(&self.spec.name, permit.args())?;
            let agent = find_in_use(&arguments.agent_id, context).await?;
            let id = arguments.job_id;
            let seen = host::cancel(&agent, id, arguments.grace(), context).await?;
            output(&agent, id, &seen)
        })
    }

    fn observe<'a>(&'a self, asked: Asked<'a>, context: &'a Context) -> BoxFuture<'a, Observation> {
        Box::pin(async move {
            let looked = async {
                let arguments: Arguments = arguments(&self.spec.name, asked.args)?;
                let agent = find_in_use(&arguments.agent_id, context).await?;
                let seen = host::look(&agent, arguments.job_id, context).await?;
                if seen.state.is_over() {
                    return Ok(Observation::Done(output(&agent, arguments.job_id, &seen)?));
                }
                let why = "The job has not ended; a cancel that is under way may still end it.";
                Ok::<_, ToolError>(Observation::Unknown {
                    why: why.to_owned(),
                })
            };
            looked
                .await
                .unwrap_or_else(|error| Observation::Unknown { why: error.message })
        })
    }

    fn undo(&self, _: &Json) -> Result<Inverse, ToolError> {
        Err(super::no_inverse("A job that was cancelled"))
    }
}
