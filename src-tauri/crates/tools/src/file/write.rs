//! file.write: a file of this computer becomes exactly this text, in one step, with a backup under the call's key.

use super::diff::difference;
use super::fault::precondition;
use super::place::Place;
use super::record::{Record, Records, Stage};
use super::replace::{self, Desired, Hook, Replacement};
use super::settle::{self, Settled};
use super::state::{self, Present, hash_word};
use super::{ABSENT, MAX_BYTES};
use crate::fault::{arguments, fault};
use crate::{Asked, BoxFuture, ChangeTool, Context, Inverse};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::path::Path;
use workflow::{
    Call, Change, Digest, EffectClass, ErrorClass, Observation, Permit, Preview, Recovery,
    ToolError, ToolOutput, ToolSpec, UndoPlan,
};

/// file.write.
pub(crate) struct FileWrite {
    pub(super) spec: ToolSpec,
    pub(super) hook: Hook,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    path: String,
    content: String,
    #[serde(default)]
    create_parents: bool,
    mode: Option<String>,
}

impl Arguments {
    fn desired(&self) -> Result<Desired, ToolError> {
        if self.content.len() > MAX_BYTES {
            return Err(state::too_large("The new content"));
        }
        let mode = self.mode.as_deref().map(|mode| {
            u32::from_str_radix(mode, 8)
                .ok()
                .filter(|mode| *mode <= 0o777)
        });
        if mode == Some(None) {
            return Err(fault(
                "invalid_mode",
                "The mode is not three octal digits after a 0.",
                "Write it as 0644.",
            )
            .not_started(ErrorClass::Invalid));
        }
        Ok(Desired::Content {
            bytes: self.content.clone().into_bytes(),
            mode: mode.flatten(),
            owner: None,
        })
    }
}

impl FileWrite {
    pub(crate) fn new() -> FileWrite {
        let hash_or_null = json!({ "anyOf": [super::sha256_schema(), { "type": "null" }] });
        FileWrite {
            spec: ToolSpec {
                name: "file.write".to_owned(),
                version: 1,
                title: "Write a file".to_owned(),
                description: format!(
                    "Makes a file of this computer hold exactly this text (UTF-8, at most {MAX_BYTES} bytes), in one step that readers see whole or not at all. The old content is kept; mode and owner stay. A symbolic link in the last place is refused."
                ),
                effect: EffectClass::Write,
                recovery: Recovery::Probeable,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["path", "content"],
                    "properties": {
                        "path": super::path_schema(),
                        "content": { "type": "string", "maxLength": MAX_BYTES, "description": "The whole new text" },
                        "create_parents": { "type": "boolean", "default": false, "description": "Create missing folders" },
                        "mode": { "type": "string", "pattern": "^0[0-7]{3}$", "description": "Permission bits in octal, as 0644; when left out those of the old file, else 0644" },
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["path", "changed", "created", "sha256", "backup_id"],
                    "properties": {
                        "path": { "type": "string" },
                        "changed": { "type": "boolean", "description": "false: it held this text already" },
                        "created": { "type": "boolean", "description": "There was no file before" },
                        "sha256": hash_or_null,
                        "backup_id": super::sha256_schema(),
                    },
                }),
                inverse: Some("file.restore".to_owned()),
                timeout_ms: 30_000,
            },
            hook: Hook::default(),
        }
    }
}

impl ChangeTool for FileWrite {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn preview<'a>(
        &'a self,
        args: &'a Json,
        _: &'a Context,
    ) -> BoxFuture<'a, Result<Preview, ToolError>> {
        Box::pin(async move {
            let arguments: Arguments = arguments(&self.spec.name, args)?;
            crate::blocking(move || {
                let place = Place::resolve(&arguments.path, arguments.create_parents)?;
                let desired = arguments.desired()?;
                preview(&place, &desired)
            })
            .await
        })
    }

    fn apply<'a>(
        &'a self,
        permit: Permit,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        Box::pin(async move {
            let arguments: Arguments = arguments(&self.spec.name, permit.args())?;
            let desired = arguments.desired()?;
            let resolve = move || Place::resolve(&arguments.path, arguments.create_parents);
            apply(permit, context, self.hook.clone(), resolve, desired, None).await
        })
    }

    fn observe<'a>(&'a self, asked: Asked<'a>, context: &'a Context) -> BoxFuture<'a, Observation> {
        Box::pin(observe(asked, context))
    }

    fn undo(&self, receipt: &Json) -> Result<Inverse, ToolError> {
        undo(receipt)
    }
}

/// What changing this place to that would do. Reads only.
pub(super) fn preview(place: &Place, desired: &Desired) -> Result<Preview, ToolError> {
    let present = state::read(place)?;
    let before = present.as_ref();
    check_owner(place, before)?;
    let facts = [
        ("path", json!(place.path)),
        ("directory", json!(place.directory)),
        (
            "expected_sha256",
            json!(hash_word(before.map(|present| present.facts.sha256))),
        ),
    ];
    let facts = facts
        .into_iter()
        .map(|(name, fact)| (name.to_owned(), fact))
        .collect();
    let mut preview = Preview {
        targets: super::this_computer(),
        facts,
        changes: Vec::new(),
        blast_radius: format!("Nothing changes: {} is like this already.", place.shown()),
        undo: None,
    };
    if desired.is(before) {
        return Ok(preview);
    }
    place.check_writable()?;
    let path = place.path.to_string_lossy();
    let (verb, after, mode) = match (desired, before) {
        (Desired::Content { bytes, mode, .. }, Some(_)) => {
            ("modify", Some(bytes.as_slice()), *mode)
        }
        (Desired::Content { bytes, mode, .. }, None) => ("create", Some(bytes.as_slice()), *mode),
        (Desired::Nothing, _) => ("delete", None, None),
    };
    let mut difference = difference(&path, before.map(|present| present.bytes.as_slice()), after);
    let old_mode = before.map(|present| present.facts.mode);
    if let (Some(old), Some(new)) = (old_mode, mode.filter(|mode| Some(*mode) != old_mode)) {
        difference
            .text
            .push_str(&format!("mode {old:04o} -> {new:04o}\n"));
    }
    let created = place
        .missing_directories()
        .into_iter()
        .map(|directory| Change {
            verb: "create".to_owned(),
            subject: directory.to_string_lossy().into_owned(),
            diff: "a folder, mode 0755\n".to_owned(),
        });
    preview.changes.extend(created);
    preview.changes.push(Change {
        verb: verb.to_owned(),
        subject: path.into_owned(),
        diff: difference.text,
    });
    let others = match before.map_or(1, |present| present.links) {
        0 | 1 => String::new(),
        links => format!(" The file has {links} names; under the others the old content stays."),
    };
    preview.blast_radius = format!(
        "One file on this computer, {} ({}).{others}",
        place.shown(),
        difference.says
    );
    preview.undo = Some(UndoPlan {
        tool: "file.restore".to_owned(),
        says: match before {
            Some(_) => "The old content, mode and owner are put back from the backup.".to_owned(),
            None => "The file is removed again, because there was none.".to_owned(),
        },
    });
    Ok(preview)
}

/// Makes the approved change: the facts and the key are the permit's.
pub(super) async fn apply(
    permit: Permit,
    context: &Context,
    hook: Hook,
    resolve: impl FnOnce() -> Result<Place, ToolError> + Send + 'static,
    desired: Desired,
    undoes: Option<(Digest, Vec<std::path::PathBuf>)>,
) -> Result<ToolOutput, ToolError> {
    // When this future is dropped the work below, should it not have begun, must not begin any more.
    let stop = context.cancel.child_token();
    let _dropped = stop.clone().drop_guard();
    let (data_dir, log) = (context.data_dir.clone(), context.log.clone());
    crate::blocking(move || {
        let records = Records::open(&data_dir)?;
        if let Some(record) = replace::earlier(&records, permit.key(), &desired)? {
            return Ok(output(&record));
        }
        let place = resolve()?;
        let expected = approved(permit.call(), &place)?;
        let change = Replacement {
            key: permit.key(),
            place,
            expected,
            desired,
            undoes,
        };
        let record = replace::perform(&records, &change, &hook, &stop)?;
        log.note(match record.stage {
            Stage::Done { changed: false } => "It was like this already.".to_owned(),
            Stage::Preparing | Stage::Prepared { .. } | Stage::Done { changed: true } => {
                format!("Changed {}; backup {}.", change.place.shown(), record.key)
            }
        });
        Ok(output(&record))
    })
    .await
}

/// The hash that was approved, after the other facts were compared with the world.
fn approved(call: &Call, place: &Place) -> Result<Option<Digest>, ToolError> {
    let fact = |name: &str| call.facts.get(name).and_then(Json::as_str);
    let directory = place.directory.to_string_lossy();
    if fact("directory") != Some(&directory) {
        return Err(precondition(
            &place.shown(),
            fact("directory").unwrap_or("a folder"),
            &directory,
        ));
    }
    match fact("expected_sha256") {
        Some(ABSENT) => Ok(None),
        Some(hash) => hash.parse().map(Some).map_err(|_| not_previewed()),
        None => Err(not_previewed()),
    }
}

fn not_previewed() -> ToolError {
    fault(
        "not_previewed",
        "The approved call does not say what the file held.",
        "Report this as a bug, with the run's export.",
    )
    .not_started(ErrorClass::Internal)
}

/// Did the call with this key happen? Waits for the lock, and so for a change that is still under way.
pub(super) async fn observe(asked: Asked<'_>, context: &Context) -> Observation {
    let (key, data_dir) = (asked.key, context.data_dir.clone());
    let directory = asked
        .call
        .facts
        .get("directory")
        .and_then(Json::as_str)
        .map(str::to_owned);
    let observed = crate::blocking(move || {
        let records = Records::open(&data_dir)?;
        let Some(record) = records.load(key)? else {
            if let Some(directory) = directory {
                settle::sweep(key, Path::new(&directory));
            }
            return Ok(Observation::NotDone);
        };
        Ok(match settle::settle(&record) {
            Settled::Done => Observation::Done(output(&settle::finish(&records, record))),
            Settled::NotDone => {
                settle::abandon(&records, &record);
                Observation::NotDone
            }
            Settled::Unknown(why) => Observation::Unknown { why },
        })
    })
    .await;
    observed.unwrap_or_else(|error| Observation::Unknown { why: error.message })
}

/// The output and the receipt, from the record alone: the same however often and whenever they are asked for.
pub(super) fn output(record: &Record) -> ToolOutput {
    let changed = record.stage != Stage::Done { changed: false };
    let before = record.before.map(|before| before.sha256);
    ToolOutput::changed(
        json!({
            "path": record.path,
            "changed": changed,
            "created": changed && record.before.is_none(),
            "sha256": record.after_sha256,
            "backup_id": record.key,
        }),
        json!({
            "backup_id": record.key,
            "path": record.path,
            "before_sha256": before,
            "after_sha256": record.after_sha256,
        }),
    )
}

/// The call that puts back what a receipt names.
pub(super) fn undo(receipt: &Json) -> Result<Inverse, ToolError> {
    let backup_id = receipt
        .get("backup_id")
        .and_then(Json::as_str)
        .filter(|id| id.parse::<Digest>().is_ok());
    let backup_id = backup_id.ok_or_else(|| {
        fault(
            "invalid_receipt",
            "The receipt names no backup.",
            "Put the file back by hand.",
        )
        .not_started(ErrorClass::Invalid)
    })?;
    Ok(Inverse {
        tool: "file.restore".to_owned(),
        args: json!({ "backup_id": backup_id }),
    })
}

/// Replacing a file of somebody else would make it ours.
fn check_owner(place: &Place, before: Option<&Present>) -> Result<(), ToolError> {
    let user = rustix::process::geteuid();
    match before {
        Some(present) if !user.is_root() && present.facts.uid != user.as_raw() => Err(fault(
            "not_owner",
            format!(
                "{} belongs to user {}, and replacing it would make it yours.",
                place.shown(),
                present.facts.uid
            ),
            "Run the program as the file's owner, or choose another path.",
        )
        .not_started(ErrorClass::Auth)),
        Some(_) | None => Ok(()),
    }
}
