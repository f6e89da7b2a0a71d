//! job.start: a script begins on an agent and goes on by itself. The job's id is the call's key, so however often the call is
//! made the script runs once.

use super::answer::State;
use super::host::{self, Order};
use super::{agent_id_schema, job_id_schema};
use crate::agent::{find_in_use, targets};
use crate::fault::{arguments, fault};
use crate::{Asked, BoxFuture, ChangeTool, Context, Inverse};
use fleet::{Agent, visible};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use workflow::{
    Change, Digest, EffectClass, ErrorClass, Observation, Permit, Preview, Recovery, ToolError,
    ToolOutput, ToolSpec,
};

/// The longest script, and the longest of all its arguments together.
const MAX_BYTES: usize = 1024 * 1024;

/// job.start.
pub(crate) struct JobStart {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    agent_id: String,
    title: String,
    script: String,
    #[serde(default)]
    arguments: Vec<String>,
}

impl JobStart {
    pub(crate) fn new() -> JobStart {
        JobStart {
            spec: ToolSpec {
                name: "job.start".to_owned(),
                version: 1,
                title: "Start a job".to_owned(),
                description: "Starts a script on an agent that goes on when the program is closed or the network is cut. It is POSIX sh for the host's /bin/sh, run as the user who logs in, in the home folder, with umask 022, an empty standard input and a clean environment (HOME, USER, LOGNAME, SHELL, PATH, LC_ALL=C, CS_JOB); what it prints is its log. What it leaves running in its process group ends with it. Follow it with job.status and job.log.".to_owned(),
                effect: EffectClass::Destructive,
                recovery: Recovery::Keyed,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["agent_id", "title", "script"],
                    "properties": {
                        "agent_id": agent_id_schema(),
                        "title": { "type": "string", "description": "What it does, for people", "minLength": 1, "maxLength": 200 },
                        "script": { "type": "string", "description": "POSIX sh", "minLength": 1, "maxLength": MAX_BYTES },
                        "arguments": {
                            "type": "array",
                            "description": "Its positional parameters",
                            "maxItems": 1000,
                            "items": { "type": "string", "maxLength": MAX_BYTES },
                        },
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["agent_id", "job_id", "title"],
                    "properties": {
                        "agent_id": { "type": "string" },
                        "job_id": job_id_schema(),
                        "title": { "type": "string" },
                    },
                }),
                inverse: None,
                timeout_ms: 60_000,
            },
        }
    }

    fn arguments(&self, args: &Json) -> Result<Arguments, ToolError> {
        let arguments: Arguments = arguments(&self.spec.name, args)?;
        let invalid = |why: &str, hint: &str| {
            Err(fault(
                "invalid_script",
                format!("The script cannot be run: {why}."),
                hint,
            )
            .not_started(ErrorClass::Invalid))
        };
        let texts = || arguments.arguments.iter().chain([&arguments.script]);
        if texts().any(|text| text.contains('\0')) {
            return invalid("it or an argument has a zero byte", "Leave it out.");
        }
        if texts().any(|text| text.len() > MAX_BYTES)
            || arguments.arguments.iter().map(String::len).sum::<usize>() > MAX_BYTES
        {
            return invalid(
                "it or its arguments are longer than 1 MiB",
                "Bring large data to the host as a file.",
            );
        }
        let first = arguments.script.lines().next().unwrap_or_default();
        if let Some(program) = first.strip_prefix("#!")
            && program.trim() != "/bin/sh"
            && !program.trim().starts_with("/bin/sh ")
        {
            return invalid(
                "its first line asks for another program than /bin/sh",
                "Take the line out and write POSIX sh, or call that program in the script.",
            );
        }
        Ok(arguments)
    }
}

/// The output and the receipt: the same however often and whenever they are asked for.
fn output(agent: &Agent, id: Digest, arguments: &Arguments) -> ToolOutput {
    ToolOutput::changed(
        json!({ "agent_id": agent.agent_id, "job_id": id, "title": arguments.title }),
        json!({ "agent_id": agent.agent_id, "job_id": id }),
    )
}

impl ChangeTool for JobStart {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn preview<'a>(
        &'a self,
        args: &'a Json,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Preview, ToolError>> {
        Box::pin(async move {
            let arguments = self.arguments(args)?;
            let agent = find_in_use(&arguments.agent_id, context).await?;
            let script = &arguments.script;
            let mut shown = String::new();
            for (index, argument) in arguments.arguments.iter().enumerate() {
                shown.push_str(&format!("${} = {}\n", index + 1, json!(argument)));
            }
            shown.push_str(&format!(
                "{} bytes, sha256 {}\n{script}",
                script.len(),
                Digest::of(script.as_bytes())
            ));
            Ok(Preview {
                targets: targets(&agent),
                facts: BTreeMap::new(),
                changes: vec![Change {
                    verb: "run".to_owned(),
                    subject: format!("{} on {}", arguments.title, agent.agent_id),
                    diff: shown,
                }],
                blast_radius: format!(
                    "This script runs on {} as the user who logs in, and goes on when the program is closed. What it does there cannot be undone from here; it can be cancelled.",
                    visible(&agent.title, 200)
                ),
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
            let arguments = self.arguments(permit.args())?;
            let agent = find_in_use(&arguments.agent_id, context).await?;
            let args: Vec<&str> = arguments.arguments.iter().map(String::as_str).collect();
            let order = Order {
                script: &arguments.script,
                args: &args,
                env: &[],
            };
            host::start(&agent, permit.key(), order, context).await?;
            context
                .log
                .note(format!("Job {} on {}.", permit.key(), agent.agent_id));
            Ok(output(&agent, permit.key(), &arguments))
        })
    }

    fn observe<'a>(&'a self, asked: Asked<'a>, context: &'a Context) -> BoxFuture<'a, Observation> {
        Box::pin(async move {
            let settled = async {
                let arguments = self.arguments(asked.args)?;
                let agent = find_in_use(&arguments.agent_id, context).await?;
                let seen = host::settle(&agent, asked.key, asked.stop, context).await?;
                Ok::<_, ToolError>(match seen.state {
                    State::None => Observation::NotDone,
                    State::Queued
                    | State::Running
                    | State::Exited { .. }
                    | State::Cancelled { .. }
                    | State::Lost(_) => Observation::Done(output(&agent, asked.key, &arguments)),
                })
            };
            settled
                .await
                .unwrap_or_else(|error| Observation::Unknown { why: error.message })
        })
    }

    fn undo(&self, _: &Json) -> Result<Inverse, ToolError> {
        Err(super::no_inverse("What a script has done"))
    }
}
