//! agent.plan_config: what would have to change on a host so that it has what its profile says. A dry run against the live
//! host in one round trip; nothing is written, and what is in the way is named, never overwritten.

use super::answer::{At, Look, Seen};
use super::difference::{Side, difference};
use super::host;
use super::profile::{self, Entry, Profile, Wanted};
use super::replace::{judge, side};
use super::state::{Desired, Kind, State, Verb, octal};
use crate::fault::arguments;
use crate::{BoxFuture, Context, ReadTool};
use fleet::{Agent, visible};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use workflow::{Digest, EffectClass, Recovery, ToolError, ToolOutput, ToolSpec};

/// agent.plan_config.
pub(crate) struct AgentPlanConfig {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    agent_id: String,
    profile: Option<String>,
}

impl AgentPlanConfig {
    pub(crate) fn new() -> AgentPlanConfig {
        let blocked = json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["path", "why"],
            "properties": { "path": { "type": "string" }, "why": { "type": "string" } },
        });
        AgentPlanConfig {
            spec: ToolSpec {
                name: "agent.plan_config".to_owned(),
                version: 1,
                title: "Plan the configuration of an agent".to_owned(),
                description: "Compares the files and folders of a profile (profiles/NAME.yaml) with those on the host and gives the changes that are missing, each for agent.apply_change. Reads only. What is in the way is listed as blocked with the reason.".to_owned(),
                effect: EffectClass::Read,
                recovery: Recovery::Pure,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["agent_id"],
                    "properties": {
                        "agent_id": super::agent_id_schema(),
                        "profile": {
                            "type": "string",
                            "description": "When left out the one named like the agent's environment, else default",
                            "minLength": 1,
                            "maxLength": 100,
                        },
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["agent_id", "profile", "origin", "changes", "unchanged", "blocked"],
                    "properties": {
                        "agent_id": { "type": "string" },
                        "profile": { "type": "string" },
                        "origin": { "type": "string", "description": "The profile's file, or: built in" },
                        "changes": { "type": "array", "items": super::apply::change_schema() },
                        "unchanged": { "type": "integer", "minimum": 0 },
                        "blocked": { "type": "array", "items": blocked },
                    },
                }),
                inverse: None,
                timeout_ms: 60_000,
            },
        }
    }
}

impl ReadTool for AgentPlanConfig {
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
            let agent = crate::agent::find_in_use(&arguments.agent_id, context).await?;
            let (data_dir, subject) = (context.data_dir.clone(), agent.clone());
            let profile = crate::blocking(move || {
                profile::load(&data_dir, arguments.profile.as_deref(), &subject)
            })
            .await?;
            let paths: Vec<&str> = profile
                .entries
                .iter()
                .map(|entry| entry.path.as_str())
                .collect();
            let look = match paths.is_empty() {
                true => Look {
                    uid: 0,
                    seen: Vec::new(),
                },
                false => host::look(&agent, &paths, context).await?,
            };
            Ok(ToolOutput::read(plan(&agent, &profile, &look)))
        })
    }
}

/// The plan: every entry of the profile is a change, unchanged or blocked.
pub(super) fn plan(agent: &Agent, profile: &Profile, look: &Look) -> Json {
    let (mut changes, mut blocked, mut unchanged) = (Vec::new(), Vec::new(), 0);
    let mut places: Vec<String> = Vec::new();
    let mut created: Vec<String> = Vec::new();
    for (entry, seen) in profile.entries.iter().zip(&look.seen) {
        match step(agent, entry, seen, look.uid, &places, &created) {
            Ok(None) => unchanged += 1,
            Ok(Some((verb, change))) => {
                if let (Verb::CreateDirectory, Seen::At(at)) = (verb, seen) {
                    created.push(at.path.clone());
                }
                changes.push(change);
            }
            Err(why) => blocked.push(json!({ "path": shown(entry, seen), "why": why })),
        }
        if let Seen::At(at) = seen {
            places.push(at.path.clone());
        }
    }
    json!({
        "agent_id": agent.agent_id,
        "profile": profile.name,
        "origin": profile.origin,
        "changes": changes,
        "unchanged": unchanged,
        "blocked": blocked,
    })
}

/// The path as the host has it, else as the profile says.
fn shown(entry: &Entry, seen: &Seen) -> String {
    visible(
        match seen {
            Seen::At(at) => &at.path,
            Seen::Obstacle(_) => &entry.path,
        },
        4096,
    )
}

/// The change for one entry, none when it is so already, or why it is blocked.
fn step(
    agent: &Agent,
    entry: &Entry,
    seen: &Seen,
    uid: u32,
    places: &[String],
    created: &[String],
) -> Result<Option<(Verb, Json)>, String> {
    let at = match seen {
        Seen::At(at) => at,
        Seen::Obstacle(obstacle) => {
            let obstacle = visible(obstacle, 300);
            return Err(format!("{obstacle} is no folder that this user may enter"));
        }
    };
    if super::path::fault_of(&at.path).is_some() {
        return Err("on the host its path leads to a place that is not configured".to_owned());
    }
    if places.contains(&at.path) {
        return Err("the profile names this place twice, by different paths".to_owned());
    }
    let content = match &entry.wanted {
        Wanted::Directory => None,
        Wanted::File { content, .. } => Some(content.as_str()),
    };
    let desired = match content {
        None => Desired::Directory { mode: entry.mode },
        Some(content) => Desired::File {
            mode: entry.mode,
            sha256: Digest::of(content.as_bytes()),
        },
    };
    let verb = judge(at, uid, &desired)?;
    if verb == Verb::None {
        return Ok(None);
    }
    let folder = super::path::folder(&at.path);
    if at.folder_missing && !created.iter().any(|path| path == folder) {
        return Err(format!(
            "its folder {} does not exist; name it under directories, before what is in it",
            visible(folder, 300)
        ));
    }
    expected(entry, at.state)?;
    Ok(Some((verb, change(agent, at, verb, &desired, content))))
}

/// Another file than the expected one is not replaced.
fn expected(entry: &Entry, now: State) -> Result<(), String> {
    match (&entry.wanted, now.kind, now.sha256) {
        (
            Wanted::File {
                expected: Some(expected),
                content,
            },
            Kind::File,
            Some(found),
        ) if found != *expected && found != Digest::of(content.as_bytes()) => Err(format!(
            "it holds something else than the profile expects: expected_sha256 is {expected}, found {found}"
        )),
        (_, _, _) => Ok(()),
    }
}

fn change(agent: &Agent, at: &At, verb: Verb, desired: &Desired, content: Option<&str>) -> Json {
    // When only the mode changes the content stays where it is.
    let content = content.filter(|_| matches!(verb, Verb::CreateFile | Verb::ModifyFile));
    let after = content.map_or(Side::None, |content| Side::Bytes(content.as_bytes()));
    let (diff, _) = difference(
        &at.path,
        verb,
        (at.state, desired.state()),
        (side(at), after),
    );
    let kind = desired.state().kind.word();
    let id = Digest::of(at.path.as_bytes()).to_string();
    json!({
        "id": format!("{kind}-{}", &id[..12]),
        "agent_id": agent.agent_id,
        "kind": kind,
        "path": at.path,
        "verb": verb.word(),
        "mode": desired.state().mode.map(octal),
        "content": content,
        "before": {
            "exists": at.state.kind != Kind::Absent,
            "kind": at.state.kind.word(),
            "sha256": at.state.sha256,
            "mode": at.state.mode.map(octal),
            "size_bytes": at.size_bytes,
        },
        "diff": diff,
    })
}
