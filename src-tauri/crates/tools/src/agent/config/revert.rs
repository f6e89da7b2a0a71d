//! agent.revert_change: what a change on a host replaced is put back, when nobody has changed it since. The inverse of
//! agent.apply_change, and of itself: it keeps a backup of its own.

use super::answer::{At, Backup, Seen};
use super::backups;
use super::difference::Side;
use super::host::{self, Source};
use super::replace;
use super::state::{Desired, Kind, State, Verb};
use crate::fault::{arguments, fault};
use crate::{Asked, BoxFuture, ChangeTool, Context, Inverse};
use fleet::Agent;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use workflow::{
    Digest, EffectClass, ErrorClass, Observation, Permit, Preview, Recovery, ToolError, ToolOutput,
    ToolSpec,
};

/// agent.revert_change.
pub(crate) struct AgentRevertChange {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    agent_id: String,
    backup_id: Digest,
    path: String,
}

impl AgentRevertChange {
    pub(crate) fn new() -> AgentRevertChange {
        AgentRevertChange {
            spec: ToolSpec {
                name: "agent.revert_change".to_owned(),
                version: 1,
                title: "Put a change on an agent back".to_owned(),
                description: "Puts back what agent.apply_change or agent.revert_change replaced on a host: content and mode from the backup there, or nothing where there was nothing (a folder only when it is empty). Refused when somebody has changed it since; nothing happens when it is back already.".to_owned(),
                effect: EffectClass::Write,
                recovery: Recovery::Probeable,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["agent_id", "backup_id", "path"],
                    "properties": {
                        "agent_id": super::agent_id_schema(),
                        "backup_id": super::sha256_schema(),
                        "path": super::path_schema(),
                    },
                }),
                output: replace::output_schema(),
                inverse: Some(replace::INVERSE.to_owned()),
                timeout_ms: 60_000,
            },
        }
    }
}

impl ChangeTool for AgentRevertChange {
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
            let agent = crate::agent::find_in_use(&arguments.agent_id, context).await?;
            let folder = backups(&agent, context);
            let found = host::recall(&agent, &folder, arguments.backup_id, context).await?;
            let backup = found.ok_or_else(|| missing(&agent, arguments.backup_id))?;
            preview(&agent, &arguments, &backup)
        })
    }

    fn apply<'a>(
        &'a self,
        permit: Permit,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        Box::pin(async move {
            let arguments: Arguments = arguments(&self.spec.name, permit.args())?;
            let agent = crate::agent::find_in_use(&arguments.agent_id, context).await?;
            let restored = State::from_facts("restores", |name| permit.call().facts.get(name));
            let desired = restored
                .and_then(desired)
                .ok_or_else(replace::not_previewed)?;
            let source = Source::Backup(arguments.backup_id);
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

/// What putting the backup back would do. Reads only.
fn preview(agent: &Agent, arguments: &Arguments, backup: &Backup) -> Result<Preview, ToolError> {
    let record = &backup.record;
    if record.path != arguments.path {
        return Err(fault(
            "wrong_path",
            format!(
                "Backup {} on {} is one of {}, not of {}.",
                record.key,
                agent.title,
                fleet::visible(&record.path, 300),
                fleet::visible(&arguments.path, 300)
            ),
            "Take path and backup_id from the same receipt.",
        )
        .not_started(ErrorClass::Invalid));
    }
    let at = match &backup.seen {
        Seen::At(at) if at.path == record.path => at,
        Seen::At(_) | Seen::Obstacle(_) => {
            let why = "a folder of its path has become something else";
            return Err(replace::blocked(agent, &record.path, why));
        }
    };
    let desired = restored(agent, backup, at)?;
    let verb = replace::judge(at, backup.uid, &desired)
        .map_err(|why| replace::blocked(agent, &record.path, &why))?;
    let restores_file = matches!(verb, Verb::CreateFile | Verb::ModifyFile);
    if restores_file && backup.kept != desired.state().sha256 {
        return Err(fault(
            "backup_damaged",
            format!(
                "The copy of {} in backup {} on {} is gone or damaged.",
                fleet::visible(&record.path, 300),
                record.key,
                agent.title
            ),
            "Put the file back from another backup.",
        )
        .not_started(ErrorClass::Io));
    }
    let after = match (&desired, &backup.before) {
        (Desired::File { .. }, Some(bytes)) => Side::Bytes(bytes),
        (Desired::File { sha256, .. }, None) => Side::Hidden {
            size_bytes: 0,
            sha256: Some(*sha256),
        },
        (Desired::Nothing | Desired::Directory { .. }, _) => Side::None,
    };
    let mut preview = replace::preview(agent, at, verb, &desired, after);
    preview.facts.extend(desired.state().facts("restores"));
    if record.verb == "base" {
        preview.blast_radius = format!(
            "Nothing changes: {} on {} stays, because it holds the backups.",
            fleet::visible(&record.path, 300),
            agent.title
        );
    }
    Ok(preview)
}

/// What is to stand there again.
fn restored(agent: &Agent, backup: &Backup, at: &At) -> Result<Desired, ToolError> {
    let record = &backup.record;
    // Nothing was done, or the folder holds the backups themselves: what stands there stays.
    if !record.changed || record.verb == "base" {
        return desired(at.state).ok_or_else(|| {
            let why = format!("there is {}", super::fault::in_the_way(at.state.kind));
            replace::blocked(agent, &record.path, &why)
        });
    }
    let before = desired(record.before).ok_or_else(replace::not_previewed)?;
    let is_back = before.verb(at.state) == Some(Verb::None);
    let is_ours =
        desired(record.after).is_some_and(|after| after.verb(at.state) == Some(Verb::None));
    if is_back || is_ours {
        return Ok(before);
    }
    Err(replace::differs(
        agent,
        &record.path,
        record.after,
        at.state,
    ))
}

/// That state as something to have.
fn desired(state: State) -> Option<Desired> {
    match (state.kind, state.mode, state.sha256) {
        (Kind::Absent, _, _) => Some(Desired::Nothing),
        (Kind::Directory, Some(mode), _) => Some(Desired::Directory { mode: mode & 0o777 }),
        (Kind::File, Some(mode), Some(sha256)) => Some(Desired::File { mode, sha256 }),
        (_, _, _) => None,
    }
}

fn missing(agent: &Agent, backup_id: Digest) -> ToolError {
    fault(
        "backup_not_found",
        format!("There is no backup {backup_id} on {}.", agent.title),
        "Backups are kept in the home folder of the user who logs in, below .countersign; the change may not have happened, or the login is another one now.",
    )
    .not_started(ErrorClass::NotFound)
}
