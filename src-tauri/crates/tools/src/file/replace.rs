//! The one change that these tools make: what stands at a place becomes something else, or nothing. Recorded, then
//! prepared beside it, then made by one rename; after a crash at any instruction `settle` tells whether the rename
//! happened, by the identity (inode) of the file that was to move.
//!
//! Between the last check and the rename another program may still write; its text is lost then, as with any editor.

use super::fault::{os, precondition};
use super::place::{Place, create_directories};
use super::record::{Record, Records, Stage};
use super::settle::{Settled, abandon, beside, finish, settle};
use super::state::{self, FileFacts, Identity, Present, hash_word};
use crate::fault::fault;
use rustix::fs::{
    AtFlags, Gid, Mode, OFlags, RenameFlags, Uid, fchmod, fchown, fstat, fsync, linkat, openat,
    renameat, renameat_with, unlinkat,
};
use rustix::io::Errno;
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;
use workflow::{Digest, ErrorClass, Outcome, ToolError};

/// A change to make.
#[derive(Clone, Debug)]
pub(super) struct Replacement {
    pub(super) key: Digest,
    pub(super) place: Place,
    /// What must stand there now.
    pub(super) expected: Option<Digest>,
    /// What shall stand there.
    pub(super) desired: Desired,
    /// The change that this one undoes, and the folders that it had created.
    pub(super) undoes: Option<(Digest, Vec<PathBuf>)>,
}

/// What shall stand there.
#[derive(Clone, Debug)]
pub(super) enum Desired {
    /// A file with these bytes. Without a mode or an owner it takes those of the file it replaces.
    Content {
        bytes: Vec<u8>,
        mode: Option<u32>,
        owner: Option<(u32, u32)>,
    },
    /// No file.
    Nothing,
}

/// The points at which a test may stop the change, as a kill or a full disk would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    Begun,
    Kept,
    DirectoriesMade,
    Created,
    Written,
    Prepared,
    Checked,
    Renamed,
    Synced,
    Recorded,
}

/// What a test does at a point.
#[cfg(test)]
pub(super) type At = dyn Fn(Point) -> Result<(), Errno> + Send + Sync;

/// Called at each point. Does nothing outside tests.
#[derive(Clone, Default)]
pub(super) struct Hook {
    #[cfg(test)]
    pub(super) at: Option<std::sync::Arc<At>>,
}

impl Hook {
    #[cfg(test)]
    fn reach(&self, point: Point) -> Result<(), Errno> {
        self.at.as_ref().map_or(Ok(()), |at| at(point))
    }

    #[cfg(not(test))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "the hook of tests"
    )]
    fn reach(&self, _: Point) -> Result<(), Errno> {
        Ok(())
    }
}

impl Desired {
    pub(super) fn sha256(&self) -> Option<Digest> {
        match self {
            Desired::Content { bytes, .. } => Some(Digest::of(bytes)),
            Desired::Nothing => None,
        }
    }

    /// Does it stand there already?
    pub(super) fn is(&self, present: Option<&Present>) -> bool {
        match (self, present) {
            (Desired::Nothing, None) => true,
            (Desired::Content { bytes, mode, .. }, Some(present)) => {
                *bytes == present.bytes && mode.is_none_or(|mode| mode == present.facts.mode)
            }
            (Desired::Nothing, Some(_)) | (Desired::Content { .. }, None) => false,
        }
    }
}

/// What an earlier try under the same key came to: its record when it happened, nothing when it did not (and then
/// nothing of it is left).
pub(super) fn earlier(
    records: &Records,
    key: Digest,
    desired: &Desired,
) -> Result<Option<Record>, ToolError> {
    let Some(record) = records.load(key)? else {
        return Ok(None);
    };
    if record.after_sha256 != desired.sha256() {
        let hint = "Report this as a bug, with the run's export.";
        return Err(fault(
            "key_reused",
            "This call's key stands for another change.",
            hint,
        )
        .not_started(ErrorClass::Internal));
    }
    match settle(&record) {
        Settled::Done => Ok(Some(finish(records, record))),
        Settled::NotDone => {
            abandon(records, &record);
            Ok(None)
        }
        Settled::Unknown(why) => Err(in_doubt(&record.path, &why)),
    }
}

/// Makes the change. An earlier try under the same key is settled before.
pub(super) fn perform(
    records: &Records,
    change: &Replacement,
    hook: &Hook,
    stop: &CancellationToken,
) -> Result<Record, ToolError> {
    still_owed(stop, Outcome::NotStarted)?;
    let before = state::read(&change.place)?;
    let found = before.as_ref().map(|present| present.facts.sha256);
    if found != change.expected {
        return Err(precondition(
            &change.place.shown(),
            &hash_word(change.expected),
            &hash_word(found),
        ));
    }
    let done_already = change.desired.is(before.as_ref());
    let mut record = Record {
        format: Records::FORMAT,
        key: change.key,
        path: change.place.path.clone(),
        directory: change.place.directory.clone(),
        name: change.place.name.clone(),
        beside: beside(change.key),
        before: before.as_ref().map(|present| present.facts),
        after_sha256: change.desired.sha256(),
        created_directories: if done_already {
            Vec::new()
        } else {
            change.place.missing_directories()
        },
        removes_directories: change
            .undoes
            .as_ref()
            .map(|(_, directories)| directories.clone())
            .unwrap_or_default(),
        undoes: change.undoes.as_ref().map(|(key, _)| *key),
        stage: if done_already {
            Stage::Done { changed: false }
        } else {
            Stage::Preparing
        },
    };
    records.save(&record)?;
    if done_already {
        return Ok(record);
    }
    match make(records, change, before, &mut record, hook, stop) {
        Ok(()) => Ok(finish(records, record)),
        Err(mut error) => match settle(&record) {
            Settled::Done => Ok(finish(records, record)),
            Settled::NotDone => {
                abandon(records, &record);
                if error.outcome == Outcome::Unknown {
                    error.outcome = Outcome::NotDone;
                }
                Err(error)
            }
            Settled::Unknown(why) => Err(in_doubt(&change.place.path, &why)),
        },
    }
}

fn make(
    records: &Records,
    change: &Replacement,
    before: Option<Present>,
    record: &mut Record,
    hook: &Hook,
    stop: &CancellationToken,
) -> Result<(), ToolError> {
    let place = &change.place;
    let fail = |doing: &str, errno| os(doing, &place.path, errno, Outcome::NotDone);
    let reach = |point| hook.reach(point).map_err(|errno| fail("Writing", errno));
    reach(Point::Begun)?;
    if let Some(present) = &before {
        records.keep(change.key, &present.bytes)?;
    }
    reach(Point::Kept)?;
    create_directories(&record.created_directories)?;
    reach(Point::DirectoriesMade)?;
    let directory = place
        .open()?
        .ok_or_else(|| fail("Opening the folder of", Errno::NOENT))?;
    let facts = before.as_ref().map(|present| present.facts);
    let moves = match (&change.desired, facts) {
        (Desired::Content { bytes, mode, owner }, _) => {
            let mode = mode.or(facts.map(|facts| facts.mode)).unwrap_or(0o644);
            let owner = owner.or(facts.map(|facts| (facts.uid, facts.gid)));
            prepare(&directory, &record.beside, bytes, mode, owner, &reach).map_err(|error| {
                match error {
                    Failed::Here(error) => error,
                    Failed::System(errno) => fail("Writing", errno),
                }
            })?
        }
        (Desired::Nothing, Some(facts)) => facts.identity,
        (Desired::Nothing, None) => return Err(fail("Removing", Errno::NOENT)),
    };
    fsync(&directory).map_err(|errno| fail("Writing", errno))?;
    record.stage = Stage::Prepared { moves };
    records.save(record)?;
    reach(Point::Prepared)?;
    still_owed(stop, Outcome::NotDone)?;
    let now = state::read_in(&directory, place)?.map(|present| present.facts);
    if now != facts {
        let word = |facts: Option<FileFacts>| hash_word(facts.map(|facts| facts.sha256));
        return Err(precondition(&place.shown(), &word(facts), &word(now)));
    }
    reach(Point::Checked)?;
    rename(&directory, record, &change.desired, facts.is_some()).map_err(|errno| match errno {
        Errno::EXIST => precondition(&place.shown(), "no file", "a file that has just been made"),
        errno => fail("Renaming", errno),
    })?;
    reach(Point::Renamed)?;
    fsync(&directory).map_err(|errno| fail("Writing", errno))?;
    reach(Point::Synced)?;
    record.stage = Stage::Done { changed: true };
    if let Err(error) = records.save(record) {
        record.stage = Stage::Prepared { moves };
        tracing::warn!(key = %record.key, error = %error.message, "a change to a file was made but not recorded as done");
    }
    reach(Point::Recorded)
}

/// Why the new file is not ready.
enum Failed {
    Here(ToolError),
    System(Errno),
}

/// Writes the new file beside the old one, with its mode and owner, down to the disk.
fn prepare(
    directory: &OwnedFd,
    beside: &str,
    bytes: &[u8],
    mode: u32,
    owner: Option<(u32, u32)>,
    reach: &dyn Fn(Point) -> Result<(), ToolError>,
) -> Result<Identity, Failed> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let create = || openat(directory, beside, flags, Mode::from_raw_mode(0o600));
    let created = match create() {
        Err(Errno::EXIST) => {
            unlinkat(directory, beside, AtFlags::empty()).map_err(Failed::System)?;
            create()
        }
        created => created,
    };
    let mut file = File::from(created.map_err(Failed::System)?);
    reach(Point::Created).map_err(Failed::Here)?;
    let io =
        |error: std::io::Error| Failed::System(Errno::from_io_error(&error).unwrap_or(Errno::IO));
    file.write_all(bytes).map_err(io)?;
    reach(Point::Written).map_err(Failed::Here)?;
    let stat = fstat(file.as_fd()).map_err(Failed::System)?;
    if let Some((uid, gid)) = owner.filter(|owner| *owner != (stat.st_uid, stat.st_gid)) {
        fchown(
            file.as_fd(),
            Some(Uid::from_raw(uid)),
            Some(Gid::from_raw(gid)),
        )
        .map_err(Failed::System)?;
    }
    fchmod(file.as_fd(), Mode::from_raw_mode(mode)).map_err(Failed::System)?;
    file.sync_all().map_err(io)?;
    Ok(Identity::of(&stat))
}

/// The change itself.
fn rename(
    directory: &OwnedFd,
    record: &Record,
    desired: &Desired,
    replaces: bool,
) -> Result<(), Errno> {
    let (name, beside) = (record.name.as_str(), record.beside.as_str());
    match desired {
        Desired::Content { .. } if replaces => renameat(directory, beside, directory, name),
        Desired::Content { .. } => {
            match renameat_with(directory, beside, directory, name, RenameFlags::NOREPLACE) {
                // Filesystems without the flag: a hard link fails as well when the name is taken.
                Err(Errno::INVAL | Errno::NOSYS) => {
                    linkat(directory, beside, directory, name, AtFlags::empty())?;
                    let _ = unlinkat(directory, beside, AtFlags::empty());
                    Ok(())
                }
                renamed => renamed,
            }
        }
        Desired::Nothing => {
            renameat(directory, name, directory, beside)?;
            let moved = Identity::at(directory, beside)?;
            if moved == record.before.map(|before| before.identity) {
                return Ok(());
            }
            // Another file had taken the name in between: it goes back.
            renameat_with(directory, beside, directory, name, RenameFlags::NOREPLACE)?;
            Err(Errno::EXIST)
        }
    }
}

fn in_doubt(path: &Path, why: &str) -> ToolError {
    let shown = fleet::visible(&path.to_string_lossy(), 300);
    fault(
        "in_doubt",
        format!("Whether {shown} was changed cannot be told: {why}."),
        "Look at the file and at the backup, then say what happened.",
    )
    .unknown(ErrorClass::Io)
}

fn still_owed(stop: &CancellationToken, outcome: Outcome) -> Result<(), ToolError> {
    if stop.is_cancelled() {
        Err(crate::context::cancelled(outcome))
    } else {
        Ok(())
    }
}
