//! The records of changes to files, in `backups/` of the data folder: for each idempotency key what was there before,
//! what should be there after, and how far the change came. Enough to answer "did it happen?" after a crash at any
//! instruction, and to undo. Readable by this user only.

use super::fault::os;
use super::state::{FileFacts, Identity};
use crate::fault::fault;
use rustix::fs::{FlockOperation, Mode, OFlags, flock, fsync};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::fs::{DirBuilder, File};
use std::io::{Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use workflow::{Digest, ErrorClass, Outcome, ToolError};

/// One change of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    /// Raised when the meaning of the record changes.
    pub(super) format: u32,
    /// The call's idempotency key; also the backup's id.
    pub(super) key: Digest,
    /// The path as it was approved.
    pub(super) path: PathBuf,
    /// The folder with links resolved.
    pub(super) directory: PathBuf,
    /// The name in the folder.
    pub(super) name: String,
    /// The name beside it that the new file has before the rename, or the old one after it (a removal).
    pub(super) beside: String,
    /// What was there; its bytes are the backup.
    pub(super) before: Option<FileFacts>,
    /// The hash of what should be there; `None`: nothing.
    pub(super) after_sha256: Option<Digest>,
    /// Folders created for it, the outermost first.
    pub(super) created_directories: Vec<PathBuf>,
    /// Folders to remove after it as far as they are empty: those that the change it undoes had created.
    pub(super) removes_directories: Vec<PathBuf>,
    /// The change that this one undoes.
    pub(super) undoes: Option<Digest>,
    /// How far it came.
    pub(super) stage: Stage,
}

/// How far a change came. The rename, which is the change, happens only in `Prepared`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    /// Nothing is renamed yet, and will not be before the next stage.
    Preparing,
    /// The rename comes next, or has just been made.
    Prepared {
        /// The file that is renamed: the new one, or for a removal the old one.
        moves: Identity,
    },
    /// It happened.
    Done {
        /// Was anything different afterwards?
        changed: bool,
    },
}

/// The folder of the records, with the lock that makes changes to files one after the other.
pub(super) struct Records {
    directory: PathBuf,
    _lock: File,
}

impl Records {
    pub(super) const FORMAT: u32 = 1;

    /// Opens the folder and waits for the lock. Blocks.
    pub(super) fn open(data_dir: &Path) -> Result<Records, ToolError> {
        let directory = data_dir.join("backups");
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
            .map_err(|error| io("Creating", &directory, &error))?;
        let lock = create(&directory.join("lock"), false)?;
        loop {
            match flock(&lock, FlockOperation::LockExclusive) {
                Ok(()) => {
                    return Ok(Records {
                        directory,
                        _lock: lock,
                    });
                }
                Err(Errno::INTR) => {}
                Err(errno) => return Err(os("Locking", &directory, errno, Outcome::NotStarted)),
            }
        }
    }

    /// The record of a key; `None`: nothing was begun under it, or it was given up.
    pub(super) fn load(&self, key: Digest) -> Result<Option<Record>, ToolError> {
        let path = self.record_path(key);
        let mut text = String::new();
        match File::open(&path) {
            Ok(mut file) => file
                .read_to_string(&mut text)
                .map_err(|error| io("Reading", &path, &error))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io("Reading", &path, &error)),
        };
        let record: Result<Record, _> = serde_json::from_str(&text);
        match record {
            Ok(record) if record.format == Records::FORMAT && record.key == key => Ok(Some(record)),
            Ok(_) | Err(_) => Err(fault(
                "backup_unreadable",
                format!("The record of backup {key} cannot be understood."),
                "It was written by another version or is damaged; put the file back by hand from the bytes beside it.",
            )
            .not_started(ErrorClass::Io)),
        }
    }

    /// Writes a record so that it is there whole or not at all, also after a loss of power.
    pub(super) fn save(&self, record: &Record) -> Result<(), ToolError> {
        let text = serde_json::to_vec_pretty(record)
            .map_err(|error| io("Writing", &self.directory, &error.into()))?;
        self.write(&self.record_path(record.key), &text)
    }

    /// Keeps the bytes that are about to be replaced.
    pub(super) fn keep(&self, key: Digest, bytes: &[u8]) -> Result<(), ToolError> {
        self.write(&self.bytes_path(key), bytes)
    }

    /// The bytes that a change replaced, checked against their hash.
    pub(super) fn kept(&self, key: Digest, sha256: Digest) -> Result<Vec<u8>, ToolError> {
        let path = self.bytes_path(key);
        let bytes = std::fs::read(&path).map_err(|error| io("Reading", &path, &error))?;
        if Digest::of(&bytes) != sha256 {
            return Err(fault(
                "backup_damaged",
                format!("The bytes of backup {key} are not those that were kept."),
                "Look at the disk; the file cannot be put back from this backup.",
            )
            .not_started(ErrorClass::Io));
        }
        Ok(bytes)
    }

    /// Gives a change up: from here on it was never begun. The record goes first.
    pub(super) fn forget(&self, key: Digest) {
        let _ = std::fs::remove_file(self.record_path(key));
        self.sync();
        let _ = std::fs::remove_file(self.bytes_path(key));
        let _ = std::fs::remove_file(self.bytes_path(key).with_extension("new"));
    }

    fn record_path(&self, key: Digest) -> PathBuf {
        self.directory.join(format!("{key}.json"))
    }

    fn bytes_path(&self, key: Digest) -> PathBuf {
        self.directory.join(format!("{key}.bytes"))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), ToolError> {
        let beside = path.with_extension("new");
        let written = create(&beside, true).and_then(|mut file| {
            file.write_all(bytes)
                .and_then(|()| file.sync_all())
                .map_err(|error| io("Writing", path, &error))?;
            std::fs::rename(&beside, path).map_err(|error| io("Writing", path, &error))
        });
        if written.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
        written?;
        self.sync();
        Ok(())
    }

    fn sync(&self) {
        if let Ok(directory) = File::open(&self.directory) {
            let _ = fsync(&directory);
        }
    }
}

fn create(path: &Path, empty: bool) -> Result<File, ToolError> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let flags = if empty { flags | OFlags::TRUNC } else { flags };
    rustix::fs::open(path, flags, Mode::from_raw_mode(0o600))
        .map(File::from)
        .map_err(|errno| os("Creating", path, errno, Outcome::NotStarted))
}

fn io(doing: &str, path: &Path, error: &std::io::Error) -> ToolError {
    os(
        doing,
        path,
        Errno::from_io_error(error).unwrap_or(Errno::IO),
        Outcome::NotStarted,
    )
}
