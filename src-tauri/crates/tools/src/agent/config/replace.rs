//! The one change that both changing tools make: what stands at a place of a host becomes something else. Previewed from
//! what the host says, made by `host::change` under the call's key, settled by `host::observe`; the facts of the call are
//! all that is carried from the preview to the change.

use super::answer::{At, Record, Settled};
use super::difference::{Side, difference};
use super::fault::in_the_way;
use super::host::{self, Order, Source};
use super::state::{Desired, Kind, State, Verb};
use super::{MAX_BYTES, backups, path};
use crate::fault::{Fault, fault};
use crate::{Asked, Context, Inverse};
use fleet::{Agent, visible};
use serde_json::{Value as Json, json};
use workflow::{
    Call, Change, Digest, ErrorClass, Observation, Preview, ToolError, ToolOutput, UndoPlan,
};

/// The name of the tool that undoes both.
pub(super) const INVERSE: &str = "agent.revert_change";

/// The change that makes it so, or why it cannot be made: what is in the way is never overwritten.
pub(super) fn judge(at: &At, uid: u32, desired: &Desired) -> Result<Verb, String> {
    if path::is_kernel(&at.path) {
        return Err(format!("it leads to {}", visible(&at.path, 300)));
    }
    let Some(verb) = desired.verb(at.state) else {
        return Err(format!("there is {}", in_the_way(at.state.kind)));
    };
    if verb == Verb::None {
        return Ok(verb);
    }
    if at.state.kind != Kind::Absent && at.uid != Some(uid) {
        let owner = at
            .uid
            .map_or("somebody else".to_owned(), |owner| format!("user {owner}"));
        return Err(format!(
            "it belongs to {owner}, and the login is user {uid}"
        ));
    }
    if at.state.mode.is_some_and(|mode| mode & 0o7000 != 0) {
        return Err("it has setuid, setgid or sticky, which is changed by hand".to_owned());
    }
    if at.state.kind == Kind::File && at.state.sha256.is_none() {
        return Err(if at.size_bytes > MAX_BYTES as u64 {
            format!("it has {} bytes, and 1 MiB is the most", at.size_bytes)
        } else {
            "this user may not read it, so no backup can be kept".to_owned()
        });
    }
    if verb != Verb::ChmodDirectory && !at.writable {
        return Err(
            "this user may not write into its folder, or the filesystem is read-only".to_owned(),
        );
    }
    Ok(verb)
}

/// What making it so would do.
pub(super) fn preview(
    agent: &Agent,
    at: &At,
    verb: Verb,
    desired: &Desired,
    after: Side<'_>,
) -> Preview {
    let shown = format!("{} on {}", visible(&at.path, 300), agent.title);
    let mut facts: std::collections::BTreeMap<String, Json> =
        at.state.facts("expected").into_iter().collect();
    facts.insert("path".to_owned(), json!(at.path));
    let mut preview = Preview {
        targets: crate::agent::targets(agent),
        facts,
        changes: Vec::new(),
        blast_radius: format!("Nothing changes: {shown} is like this already."),
        undo: None,
    };
    if verb == Verb::None {
        return preview;
    }
    let (diff, says) = difference(
        &at.path,
        verb,
        (at.state, desired.state()),
        (side(at), after),
    );
    preview.changes.push(Change {
        verb: verb.word().to_owned(),
        subject: at.path.clone(),
        diff,
    });
    let what = match verb {
        Verb::CreateDirectory | Verb::ChmodDirectory | Verb::RemoveDirectory => "folder",
        Verb::None | Verb::CreateFile | Verb::ModifyFile | Verb::ChmodFile | Verb::RemoveFile => {
            "file"
        }
    };
    let mut also = String::new();
    if what == "file" && at.links > 1 {
        also = format!(
            " It has {} names; under the others the old content stays.",
            at.links
        );
    }
    if at.folder_missing {
        also.push_str(" Its folder does not exist yet; another change has to create it first.");
    }
    preview.blast_radius = format!("One {what}, {shown} ({says}).{also}");
    preview.undo = Some(UndoPlan {
        tool: INVERSE.to_owned(),
        says: match verb {
            Verb::CreateFile => "The file is removed again, because there was none.",
            Verb::CreateDirectory => "The folder is removed again if it is empty.",
            Verb::ModifyFile => {
                "The old content and mode are put back from the backup on the host."
            }
            Verb::ChmodFile | Verb::ChmodDirectory => "The old mode is set again.",
            Verb::RemoveFile => "The removed file is put back from the backup on the host.",
            Verb::RemoveDirectory => "The folder is created again.",
            Verb::None => "Nothing has to be undone.",
        }
        .to_owned(),
    });
    preview
}

/// The content that stands there, for a difference.
pub(super) fn side(at: &At) -> Side<'_> {
    match (&at.content, at.state.kind) {
        (Some(content), _) => Side::Bytes(content),
        (None, Kind::File) => Side::Hidden {
            size_bytes: at.size_bytes,
            sha256: at.state.sha256,
        },
        (None, _) => Side::None,
    }
}

/// Makes the approved change: path and state before are the call's facts, the key is the permit's.
pub(super) async fn apply(
    agent: &Agent,
    key: Digest,
    call: &Call,
    desired: &Desired,
    source: Source<'_>,
    context: &Context,
) -> Result<ToolOutput, ToolError> {
    let (path, before) = approved(call)?;
    let verb = desired.verb(before).ok_or_else(not_previewed)?;
    // What is so already stays as it is, with whatever special bits it has.
    let after = if verb == Verb::None {
        before
    } else {
        desired.state()
    };
    let source = if verb == Verb::ChmodFile {
        Source::Kept
    } else {
        source
    };
    let order = Order {
        key,
        verb: verb.script(),
        path,
        before,
        after,
        source,
    };
    let record = host::change(agent, &backups(agent, context), &order, context).await?;
    context.log.note(match record.changed {
        true => format!("Changed {}; backup {}.", visible(path, 300), record.key),
        false => "It was like this already.".to_owned(),
    });
    Ok(output(&agent.agent_id, &record))
}

/// The path and the state that were approved.
fn approved(call: &Call) -> Result<(&str, State), ToolError> {
    let fact = |name: &str| call.facts.get(name);
    let path = fact("path").and_then(Json::as_str);
    let before = State::from_facts("expected", fact);
    path.zip(before).ok_or_else(not_previewed)
}

pub(super) fn not_previewed() -> ToolError {
    fault(
        "not_previewed",
        "The approved call does not say what stood there.",
        "Report this as a bug, with the run's export.",
    )
    .not_started(ErrorClass::Internal)
}

/// Did the call with this key happen?
pub(super) async fn observe(asked: Asked<'_>, context: &Context) -> Observation {
    let unknown = |error: ToolError| Observation::Unknown { why: error.message };
    let agent_id = asked.args.get("agent_id").and_then(Json::as_str);
    let agent = match crate::agent::find_in_use(agent_id.unwrap_or_default(), context).await {
        Ok(agent) => agent,
        Err(error) => return unknown(error),
    };
    let folder = backups(&agent, context);
    match host::observe(&agent, &folder, asked.key, asked.stop, context).await {
        Ok(Settled::Done(record)) => Observation::Done(output(&agent.agent_id, &record)),
        Ok(Settled::NotDone) => Observation::NotDone,
        Ok(Settled::Unknown(why)) => Observation::Unknown { why },
        Err(error) => unknown(error),
    }
}

/// The output and the receipt, from the record alone: the same however often and whenever they are asked for.
fn output(agent_id: &str, record: &Record) -> ToolOutput {
    let mode = record.after.mode.map(super::state::octal);
    ToolOutput::changed(
        json!({
            "agent_id": agent_id,
            "path": record.path,
            "kind": record.after.kind.word(),
            "changed": record.changed,
            "created": record.changed && record.before.kind == Kind::Absent,
            "sha256": record.after.sha256,
            "mode": mode,
            "backup_id": record.key,
        }),
        json!({
            "agent_id": agent_id,
            "backup_id": record.key,
            "path": record.path,
            "before_sha256": record.before.sha256,
            "after_sha256": record.after.sha256,
        }),
    )
}

/// The schema of that output.
pub(super) fn output_schema() -> Json {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["agent_id", "path", "kind", "changed", "created", "sha256", "mode", "backup_id"],
        "properties": {
            "agent_id": { "type": "string" },
            "path": { "type": "string" },
            "kind": { "type": "string", "description": "What stands there now: file, directory, absent" },
            "changed": { "type": "boolean", "description": "false: it was so already" },
            "created": { "type": "boolean", "description": "There was nothing before" },
            "sha256": super::nullable(super::sha256_schema()),
            "mode": { "type": ["string", "null"] },
            "backup_id": super::sha256_schema(),
        },
    })
}

/// The call that puts back what a receipt names.
pub(super) fn undo(receipt: &Json) -> Result<Inverse, ToolError> {
    let word = |name: &str| receipt.get(name).and_then(Json::as_str);
    let backup_id = word("backup_id").filter(|id| id.parse::<Digest>().is_ok());
    let (Some(agent_id), Some(backup_id), Some(path)) = (word("agent_id"), backup_id, word("path"))
    else {
        return Err(fault(
            "invalid_receipt",
            "The receipt names no backup on an agent.",
            "Put the file back by hand.",
        )
        .not_started(ErrorClass::Invalid));
    };
    Ok(Inverse {
        tool: INVERSE.to_owned(),
        args: json!({ "agent_id": agent_id, "backup_id": backup_id, "path": path }),
    })
}

/// The place of a preview cannot be changed.
pub(super) fn blocked(agent: &Agent, path: &str, why: &str) -> ToolError {
    blocked_fault(agent, path, why).not_started(ErrorClass::Precondition)
}

fn blocked_fault(agent: &Agent, path: &str, why: &str) -> Fault {
    fault(
        "blocked",
        format!(
            "{} on {} is not changed: {why}.",
            visible(path, 300),
            agent.title
        ),
        "Remove what is in the way by hand, or take it out of the profile; then plan again.",
    )
}

/// What stands there is not what was planned for.
pub(super) fn differs(agent: &Agent, path: &str, expected: State, found: State) -> ToolError {
    fault(
        "precondition_changed",
        format!(
            "{} on {} has changed meanwhile: expected {}, found {}.",
            visible(path, 300),
            agent.title,
            expected.says(),
            found.says()
        ),
        "Look at what changed it, then plan again.",
    )
    .not_started(ErrorClass::Precondition)
}
