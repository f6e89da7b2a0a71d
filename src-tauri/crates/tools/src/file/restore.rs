//! file.restore: what a known backup replaced is put back, when nobody has changed it since. The inverse of file.write,
//! and of itself.

use super::place::Place;
use super::record::{Record, Records};
use super::replace::{Desired, Hook};
use super::settle::{self, Settled};
use super::state::{self, hash_word};
use super::write;
use crate::fault::{arguments, fault};
use crate::{Asked, BoxFuture, ChangeTool, Context, Inverse};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use workflow::{
    Digest, EffectClass, ErrorClass, Observation, Permit, Preview, Recovery, ToolError, ToolOutput,
    ToolSpec,
};

/// file.restore.
pub(crate) struct FileRestore {
    pub(super) spec: ToolSpec,
    pub(super) hook: Hook,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    backup_id: Digest,
}

/// A backup, and what putting it back means.
struct Backup {
    record: Record,
    desired: Desired,
}

impl FileRestore {
    pub(crate) fn new() -> FileRestore {
        let write = write::FileWrite::new();
        FileRestore {
            spec: ToolSpec {
                name: "file.restore".to_owned(),
                version: 1,
                title: "Put a file back".to_owned(),
                description: "Puts back what a backup of file.write or file.restore replaced: content, mode and owner, or no file where there was none. Refused when somebody has changed the file since; nothing happens when it is back already.".to_owned(),
                effect: EffectClass::Write,
                recovery: Recovery::Probeable,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["backup_id"],
                    "properties": { "backup_id": super::sha256_schema() },
                }),
                output: crate::ChangeTool::spec(&write).output.clone(),
                inverse: Some("file.restore".to_owned()),
                timeout_ms: 30_000,
            },
            hook: Hook::default(),
        }
    }
}

impl ChangeTool for FileRestore {
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
            let data_dir = context.data_dir.clone();
            crate::blocking(move || {
                let backup = backup(&Records::open(&data_dir)?, arguments.backup_id)?;
                let place = place(&backup.record)?;
                check_untouched(&backup, &place)?;
                let mut preview = write::preview(&place, &backup.desired)?;
                preview.facts.insert(
                    "backup_sha256".to_owned(),
                    json!(hash_word(backup.desired.sha256())),
                );
                Ok(preview)
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
            let data_dir = context.data_dir.clone();
            let backup =
                crate::blocking(move || backup(&Records::open(&data_dir)?, arguments.backup_id))
                    .await?;
            let undoes = Some((backup.record.key, backup.record.created_directories.clone()));
            let record = backup.record;
            write::apply(
                permit,
                context,
                self.hook.clone(),
                move || place(&record),
                backup.desired,
                undoes,
            )
            .await
        })
    }

    fn observe<'a>(&'a self, asked: Asked<'a>, context: &'a Context) -> BoxFuture<'a, Observation> {
        Box::pin(write::observe(asked, context))
    }

    fn undo(&self, receipt: &Json) -> Result<Inverse, ToolError> {
        write::undo(receipt)
    }
}

/// The backup of that id, when the change it belongs to is known to have happened.
fn backup(records: &Records, id: Digest) -> Result<Backup, ToolError> {
    let missing = || {
        fault(
            "backup_not_found",
            format!("There is no backup {id}."),
            "Backups are kept in this data folder only; the change may not have happened.",
        )
        .not_started(ErrorClass::NotFound)
    };
    let record = records.load(id)?.ok_or_else(missing)?;
    match settle::settle(&record) {
        Settled::Done => {}
        Settled::NotDone => return Err(missing()),
        Settled::Unknown(why) => {
            return Err(fault(
                "in_doubt",
                format!("Whether the change of backup {id} happened cannot be told: {why}."),
                "Compare the file with the backup by hand.",
            )
            .not_started(ErrorClass::Precondition));
        }
    }
    let desired = match record.before {
        Some(before) => Desired::Content {
            bytes: records
                .kept(id, before.sha256)
                .or_else(|error| unchanged(&record, error))?,
            mode: Some(before.mode),
            owner: Some((before.uid, before.gid)),
        },
        None => Desired::Nothing,
    };
    Ok(Backup { record, desired })
}

/// A change that found everything as it should be kept no bytes: those in the file are those of before.
fn unchanged(record: &Record, error: ToolError) -> Result<Vec<u8>, ToolError> {
    if record.before.map(|before| before.sha256) != record.after_sha256 {
        return Err(error);
    }
    match state::read(&place(record)?)? {
        Some(present) if Some(present.facts.sha256) == record.after_sha256 => Ok(present.bytes),
        present => Err(changed_since(
            record,
            present.map(|present| present.facts.sha256),
        )),
    }
}

/// The file must be as the change left it, or back already.
fn check_untouched(backup: &Backup, place: &Place) -> Result<(), ToolError> {
    let present = state::read(place)?;
    let now = present.as_ref().map(|present| present.facts.sha256);
    if now == backup.record.after_sha256 || now == backup.desired.sha256() {
        return Ok(());
    }
    Err(changed_since(&backup.record, now))
}

fn changed_since(record: &Record, now: Option<Digest>) -> ToolError {
    let path = fleet::visible(&record.path.to_string_lossy(), 300);
    fault(
        "changed_since",
        format!(
            "{path} was changed after the backup was made: it is {}, not {}.",
            hash_word(now),
            hash_word(record.after_sha256)
        ),
        "Look at the file; putting the backup back would undo somebody else's change.",
    )
    .not_started(ErrorClass::Precondition)
}

fn place(record: &Record) -> Result<Place, ToolError> {
    Place::resolve(&record.path.to_string_lossy(), true)
}
