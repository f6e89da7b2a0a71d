//! After the fact: whether a recorded change happened, and putting away what it left behind.

use super::place::{Place, open_directory, remove_directories};
use super::record::{Record, Records, Stage};
use super::state::{self, Identity};
use rustix::fs::{AtFlags, unlinkat};
use std::path::Path;
use workflow::Digest;

/// Did the change of a record happen?
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    Done,
    NotDone,
    Unknown(String),
}

/// Whether the change of a record happened. Exact while nobody else touches the two names; else it says so.
pub(super) fn settle(record: &Record) -> Settled {
    let moves = match record.stage {
        Stage::Preparing => return Settled::NotDone,
        Stage::Done { .. } => return Settled::Done,
        Stage::Prepared { moves } => moves,
    };
    let directory = match open_directory(&record.directory) {
        Ok(Some(directory)) => directory,
        Ok(None) => return Settled::Unknown("the folder is gone".to_owned()),
        Err(error) => return Settled::Unknown(error.message),
    };
    let names = (
        Identity::at(&directory, &record.name),
        Identity::at(&directory, &record.beside),
    );
    let (here, beside) = match names {
        (Ok(here), Ok(beside)) => (here, beside),
        (Err(errno), _) | (_, Err(errno)) => {
            return Settled::Unknown(format!("the folder cannot be read: {errno}"));
        }
    };
    let changed_since = || Settled::Unknown("somebody else has changed the file since".to_owned());
    match record.after_sha256 {
        Some(_) if here == Some(moves) => Settled::Done,
        Some(_) if beside == Some(moves) => Settled::NotDone,
        // Neither file is ours any more. If the text is there, what was approved holds.
        Some(after) => match state::read_in(&directory, &place_of(record)) {
            Ok(Some(present)) if present.facts.sha256 == after => Settled::Done,
            Ok(_) | Err(_) => changed_since(),
        },
        None if beside == Some(moves) => Settled::Done,
        None if here == Some(moves) => Settled::NotDone,
        None if here.is_none() && beside.is_none() => Settled::Done,
        None => changed_since(),
    }
}

/// Gives a change up that did not happen, and leaves nothing of it behind.
pub(super) fn abandon(records: &Records, record: &Record) {
    records.forget(record.key);
    if record.after_sha256.is_some() {
        sweep(record.key, &record.directory);
    }
    remove_directories(&record.created_directories);
}

/// Removes what a change under this key may have left beside the file before it was recorded that far.
pub(super) fn sweep(key: Digest, directory: &Path) {
    if let Ok(Some(directory)) = open_directory(directory) {
        let _ = unlinkat(&directory, beside(key), AtFlags::empty());
    }
}

/// Records that it happened and removes what is left over. Failing to record is no failure: `settle` still tells.
pub(super) fn finish(records: &Records, mut record: Record) -> Record {
    if let Stage::Prepared { .. } = record.stage {
        record.stage = Stage::Done { changed: true };
        if let Err(error) = records.save(&record) {
            tracing::warn!(key = %record.key, error = %error.message, "a change to a file was made but not recorded as done");
            return record;
        }
    }
    if let (None, Some(before), Ok(Some(directory))) = (
        record.after_sha256,
        record.before,
        open_directory(&record.directory),
    ) {
        if Identity::at(&directory, &record.beside) == Ok(Some(before.identity)) {
            let _ = unlinkat(&directory, record.beside.as_str(), AtFlags::empty());
        }
        remove_directories(&record.removes_directories);
    }
    record
}

/// The name beside the file: hidden, and the same for the same key.
pub(super) fn beside(key: Digest) -> String {
    format!(".countersign-{}", &key.to_string()[..24])
}

fn place_of(record: &Record) -> Place {
    Place {
        path: record.path.clone(),
        directory: record.directory.clone(),
        missing: 0,
        name: record.name.clone(),
    }
}
