//! What stands at a place now: nothing, or a regular file with its bytes. Anything else is refused before it is opened.

use super::fault::{os, symlink, with};
use super::place::Place;
use super::{ABSENT, MAX_BYTES};
use crate::fault::fault;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, openat, statat};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use workflow::{Digest, ErrorClass, Outcome, ToolError};

/// A file as it stands in the records of backups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileFacts {
    pub(super) sha256: Digest,
    pub(super) size_bytes: u64,
    /// Permission bits.
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) identity: Identity,
}

/// Which file it is, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Identity {
    pub(super) device: u64,
    pub(super) inode: u64,
}

/// A regular file with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Present {
    pub(super) facts: FileFacts,
    pub(super) links: u64,
    pub(super) bytes: Vec<u8>,
}

impl Identity {
    #[expect(
        clippy::useless_conversion,
        reason = "the width of these numbers differs between systems"
    )]
    pub(super) fn of(stat: &Stat) -> Identity {
        Identity {
            device: u64::try_from(stat.st_dev).unwrap_or(0),
            inode: u64::from(stat.st_ino),
        }
    }

    /// Which file has this name in the folder; none when there is none.
    pub(super) fn at(directory: &OwnedFd, name: &str) -> Result<Option<Identity>, Errno> {
        match statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(Identity::of(&stat))),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(errno),
        }
    }
}

/// What stands at the place; `None`: nothing.
pub(super) fn read(place: &Place) -> Result<Option<Present>, ToolError> {
    match place.open()? {
        Some(directory) => read_in(&directory, place),
        None => Ok(None),
    }
}

/// The same, in a folder that is open already.
pub(super) fn read_in(directory: &OwnedFd, place: &Place) -> Result<Option<Present>, ToolError> {
    let fail = |errno| os("Reading", &place.path, errno, Outcome::NotStarted);
    let stat = match statat(directory, place.name.as_str(), AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => stat,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(fail(errno)),
    };
    // A pipe would block and a device might act when it is opened.
    check_regular(&stat, place)?;
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file =
        File::from(openat(directory, place.name.as_str(), flags, Mode::empty()).map_err(fail)?);
    let stat = fstat(file.as_fd()).map_err(fail)?;
    check_regular(&stat, place)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| fail(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
    if bytes.len() > MAX_BYTES {
        return Err(too_large(&place.shown()));
    }
    let facts = FileFacts {
        sha256: Digest::of(&bytes),
        size_bytes: bytes.len() as u64,
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        identity: Identity::of(&stat),
    };
    #[expect(
        clippy::useless_conversion,
        reason = "the width of this number differs between systems"
    )]
    let links = u64::try_from(stat.st_nlink).unwrap_or(1);
    Ok(Some(Present {
        facts,
        links,
        bytes,
    }))
}

/// The hash for facts: the word `absent` where there is no file.
pub(super) fn hash_word(sha256: Option<Digest>) -> String {
    sha256.map_or_else(|| ABSENT.to_owned(), |sha256| sha256.to_string())
}

pub(super) fn too_large(shown: &str) -> ToolError {
    with(
        fault(
            "too_large",
            format!("{shown} is larger than {MAX_BYTES} bytes."),
            "This tool is for configuration files; copy larger files by other means.",
        ),
        ErrorClass::Invalid,
        Outcome::NotStarted,
    )
}

fn check_regular(stat: &Stat, place: &Place) -> Result<(), ToolError> {
    let what = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => return Ok(()),
        FileType::Symlink => return Err(symlink(&place.shown()).not_started(ErrorClass::Invalid)),
        FileType::Directory => "a folder",
        FileType::Fifo => "a named pipe",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Unknown => "not a regular file",
    };
    Err(fault(
        "not_a_file",
        format!("{} is {what}.", place.shown()),
        "Give the path of a regular file.",
    )
    .not_started(ErrorClass::Invalid))
}
