//! agent.apply_change: one change of a plan is made on its host, if what stands there is still what the plan saw.

use super::answer::Seen;
use super::difference::Side;
use super::host::{self, Source};
use super::replace;
use super::state::{Desired, Kind, State};
use super::{MAX_BYTES, path};
use crate::fault::{arguments, fault};
use crate::{Asked, BoxFuture, ChangeTool, Context, Inverse};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use workflow::{
    Digest, EffectClass, ErrorClass, Observation, Permit, Preview, Recovery, ToolError, ToolOutput,
    ToolSpec,
};

/// agent.apply_change.
pub(crate) struct AgentApplyChange {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    agent_id: String,
    change: Planned,
}

/// One element of the changes of a plan.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Planned {
    #[serde(rename = "id")]
    _id: String,
    agent_id: String,
    kind: String,
    path: String,
    verb: String,
    mode: String,
    content: Option<String>,
    before: Before,
    /// For people; what is shown for approval is worked out again.
    #[serde(rename = "diff")]
    _diff: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Before {
    #[serde(rename = "exists")]
    _exists: bool,
    kind: String,
    sha256: Option<Digest>,
    mode: Option<String>,
    #[serde(rename = "size_bytes")]
    _size_bytes: u64,
}

impl Planned {
    /// What shall stand there, and what stood there when it was planned.
    fn checked(&self, agent_id: &str) -> Result<(Desired, State), ToolError> {
        let invalid = |why: &str| {
            fault(
                "invalid_change",
                format!("The change cannot be made: {why}."),
                "Take it unchanged from the output of agent.plan_config.",
            )
            .not_started(ErrorClass::Invalid)
        };
        path::check_resolved(&self.path)?;
        if self.agent_id != agent_id {
            return Err(invalid("it was planned for another agent"));
        }
        let octal = |text: &str| {
            u32::from_str_radix(text, 8)
                .ok()
                .filter(|mode| *mode <= 0o7777)
        };
        let before = State {
            kind: Kind::parse(&self.before.kind)
                .ok_or_else(|| invalid("before.kind is not a kind"))?,
            sha256: self.before.sha256,
            mode: match &self.before.mode {
                Some(mode) => {
                    Some(octal(mode).ok_or_else(|| invalid("before.mode is not a mode"))?)
                }
                None => None,
            },
        };
        let mode = octal(&self.mode)
            .filter(|mode| *mode <= 0o777)
            .ok_or_else(|| invalid("mode is not three octal digits after a 0"))?;
        let desired = match (self.kind.as_str(), self.verb.as_str(), &self.content) {
            ("directory", "create" | "chmod", None) => Desired::Directory { mode },
            ("file", "create" | "modify", Some(content)) => {
                if content.len() > MAX_BYTES || content.contains('\0') {
                    return Err(invalid("the content is no text, or longer than 1 MiB"));
                }
                let sha256 = Digest::of(content.as_bytes());
                Desired::File { mode, sha256 }
            }
            ("file", "chmod", None) => {
                let sha256 = before
                    .sha256
                    .ok_or_else(|| invalid("before.sha256 is missing"))?;
                Desired::File { mode, sha256 }
            }
            _ => return Err(invalid("kind, verb and content do not belong together")),
        };
        Ok((desired, before))
    }

    fn side(&self) -> Side<'_> {
        self.content
            .as_ref()
            .map_or(Side::None, |content| Side::Bytes(content.as_bytes()))
    }
}

/// The schema of one change of a plan.
pub(super) fn change_schema() -> Json {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["id", "agent_id", "kind", "path", "verb", "mode", "content", "before", "diff"],
        "properties": {
            "id": { "type": "string", "description": "Names the change within its plan", "maxLength": 100 },
            "agent_id": super::agent_id_schema(),
            "kind": { "enum": ["directory", "file"] },
            "path": super::path_schema(),
            "verb": { "enum": ["create", "modify", "chmod"] },
            "mode": super::mode_schema(),
            "content": { "type": ["string", "null"], "maxLength": MAX_BYTES, "description": "The whole new text; null when only the mode changes" },
            "before": {
                "type": "object",
                "additionalProperties": false,
                "required": ["exists", "kind", "sha256", "mode", "size_bytes"],
                "properties": {
                    "exists": { "type": "boolean" },
                    "kind": { "enum": ["absent", "file", "directory"] },
                    "sha256": super::nullable(super::sha256_schema()),
                    "mode": super::nullable(json!({ "type": "string", "pattern": "^[0-7]{4}$" })),
                    "size_bytes": { "type": "integer", "minimum": 0 },
                },
            },
            "diff": { "type": "string", "description": "What changes, for people" },
        },
    })
}

impl AgentApplyChange {
    pub(crate) fn new() -> AgentApplyChange {
        AgentApplyChange {
            spec: ToolSpec {
                name: "agent.apply_change".to_owned(),
                version: 1,
                title: "Apply a change to an agent".to_owned(),
                description: "Makes one change of agent.plan_config on its host: a file (text, at most 1 MiB) or a folder, in one step that readers see whole or not at all. Refused when something else stands there than the plan saw. The old file is kept on the host; a symbolic link is never followed.".to_owned(),
                effect: EffectClass::Write,
                recovery: Recovery::Probeable,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["agent_id", "change"],
                    "properties": { "agent_id": super::agent_id_schema(), "change": change_schema() },
                }),
                output: replace::output_schema(),
                inverse: Some(replace::INVERSE.to_owned()),
                timeout_ms: 60_000,
            },
        }
    }
}

impl ChangeTool for AgentApplyChange {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn preview<'a>(
        &'a self,
        args: &'a Json,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Preview, ToolError>> {
        Box::pin(async move {
            let Arguments { agent_id, change } = arguments(&self.spec.name, args)?;
            let (desired, planned) = change.checked(&agent_id)?;
            let agent = crate::agent::find_in_use(&agent_id, context).await?;
            let look = host::look(&agent, &[&change.path], context).await?;
            let at = match look.seen.into_iter().next() {
                Some(Seen::At(at)) => at,
                Some(Seen::Obstacle(obstacle)) => {
                    let why = format!("{} is in the way", fleet::visible(&obstacle, 300));
                    return Err(replace::blocked(&agent, &change.path, &why));
                }
                None => return Err(replace::not_previewed()),
            };
            if at.path != change.path {
                let why = format!("the path leads to {} now", fleet::visible(&at.path, 300));
                return Err(replace::blocked(&agent, &change.path, &why));
            }
            let verb = replace::judge(&at, look.uid, &desired)
                .map_err(|why| replace::blocked(&agent, &change.path, &why))?;
            if at.state != planned && verb != super::state::Verb::None {
                return Err(replace::differs(&agent, &change.path, planned, at.state));
            }
            Ok(replace::preview(&agent, &at, verb, &desired, change.side()))
        })
    }

    fn apply<'a>(
        &'a self,
        permit: Permit,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        Box::pin(async move {
            let Arguments { agent_id, change } = arguments(&self.spec.name, permit.args())?;
            let (desired, _) = change.checked(&agent_id)?;
            let agent = crate::agent::find_in_use(&agent_id, context).await?;
            let source = change.content.as_deref().map_or(Source::Kept, Source::Text);
            replace::apply(
                &agent,
                permit.key(),
                permit.call(),
                &desired,
                source,
                context,
            )
            .await
        })
    }

    fn observe<'a>(&'a self, asked: Asked<'a>, context: &'a Context) -> BoxFuture<'a, Observation> {
        Box::pin(replace::observe(asked, context))
    }

    fn undo(&self, receipt: &Json) -> Result<Inverse, ToolError> {
        replace::undo(receipt)
    }
}
