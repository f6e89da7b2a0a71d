//! What can go wrong with the store, as values that say what was being done, to what, and what to do next.
//! Not the refusals of the core, and not the faults of one append or log chunk (see `append.rs`, `log_write.rs`).

use crate::Holder;
use rusqlite::ErrorCode;
use std::{
    io,
    path::{Path, PathBuf},
};
use workflow::Digest;

/// What lies beneath, without naming the technology in our signatures.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A data folder could not be opened.
#[derive(Debug, thiserror::Error)]
#[expect(
    missing_docs,
    reason = "file and dir name the subject, found and known are schema versions"
)]
pub enum OpenFault {
    /// Another process owns it.
    #[error("cannot open {dir}: it is in use by {holder}")]
    InUse { dir: PathBuf, holder: Holder },
    /// A newer version of Countersign wrote it.
    #[error(
        "cannot open {file}: it has schema version {found}, this program knows versions up to {known}"
    )]
    NewerDatabase {
        file: PathBuf,
        found: u32,
        known: u32,
    },
    /// An older version wrote it, and a reader does not change it.
    #[error(
        "cannot read {file}: it has schema version {found}, this program reads version {known}"
    )]
    OlderDatabase {
        file: PathBuf,
        found: u32,
        known: u32,
    },
    /// The file is something else.
    #[error("cannot open {file}: it is not a database")]
    NotADatabase { file: PathBuf },
    /// The file is a database of another program.
    #[error("cannot open {file}: it is a database, but not one of Countersign")]
    NotOurs { file: PathBuf },
    /// The file is damaged.
    #[error("cannot open {file}: it is damaged")]
    Corrupt { file: PathBuf, source: Cause },
    /// The folder or file may not be written.
    #[error("cannot {doing} {path}: writing is not allowed there")]
    ReadOnly {
        doing: &'static str,
        path: PathBuf,
        source: Cause,
    },
    /// The disk is full.
    #[error("cannot {doing} {path}: no space is left on the disk")]
    NoSpace {
        doing: &'static str,
        path: PathBuf,
        source: Cause,
    },
    /// There is nothing to read.
    #[error("cannot read {dir}: there is no database in it")]
    Missing { dir: PathBuf },
    /// The SQLite that was linked has a known defect.
    #[error("cannot use SQLite {found}: 3.51.3 or newer is needed")]
    SqliteTooOld { found: String },
    /// SQLite did not take a setting that durability depends on.
    #[error("cannot open {file}: the setting {name} is {found} instead of {wanted}")]
    Setting {
        file: PathBuf,
        name: &'static str,
        wanted: String,
        found: String,
    },
    /// The folder that a backup goes into, or a restore, is not empty.
    #[error("cannot write into {dir}: it already holds {name}")]
    NotEmpty { dir: PathBuf, name: String },
    /// Anything else.
    #[error("cannot {doing} {path}")]
    Failed {
        doing: &'static str,
        path: PathBuf,
        source: Cause,
    },
}

impl OpenFault {
    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> OpenFault {
        let path = path.to_owned();
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the standard library's list is open"
        )]
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                OpenFault::ReadOnly {
                    doing,
                    path,
                    source: source.into(),
                }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => OpenFault::NoSpace {
                doing,
                path,
                source: source.into(),
            },
            _ => OpenFault::Failed {
                doing,
                path,
                source: source.into(),
            },
        }
    }

    pub(crate) fn sqlite(doing: &'static str, file: &Path, source: rusqlite::Error) -> OpenFault {
        let path = file.to_owned();
        match code_of(&source) {
            Some(ErrorCode::NotADatabase) => OpenFault::NotADatabase { file: path },
            Some(ErrorCode::DatabaseCorrupt) => OpenFault::Corrupt {
                file: path,
                source: source.into(),
            },
            Some(ErrorCode::DiskFull) => OpenFault::NoSpace {
                doing,
                path,
                source: source.into(),
            },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => OpenFault::ReadOnly {
                doing,
                path,
                source: source.into(),
            },
            _ => OpenFault::Failed {
                doing,
                path,
                source: source.into(),
            },
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            OpenFault::InUse { .. } => {
                "close the other one, or choose another folder with --data-dir".into()
            }
            OpenFault::NewerDatabase { .. } => {
                "update this program, or open the backup that was made before the update".into()
            }
            OpenFault::OlderDatabase { .. } => {
                "start the app once: it brings the folder up to date".into()
            }
            OpenFault::NotADatabase { .. } | OpenFault::NotOurs { .. } => {
                "choose another folder with --data-dir, or move this file away".into()
            }
            OpenFault::Corrupt { .. } => {
                "restore a backup; `countersign audit verify` says how far the journal is intact"
                    .into()
            }
            OpenFault::ReadOnly { path, .. } => {
                format!(
                    "give your user the right to write {}, or choose another folder with --data-dir",
                    path.display()
                )
            }
            OpenFault::NoSpace { .. } => {
                "free some space (a fresh folder needs about 1 MB) and try again".into()
            }
            OpenFault::Missing { .. } => {
                "run a workflow first, or name the right folder with --data-dir".into()
            }
            OpenFault::SqliteTooOld { .. } => "build with the bundled SQLite".into(),
            OpenFault::Setting { .. } => {
                "keep the data folder on a local disk: network file systems refuse this".into()
            }
            OpenFault::NotEmpty { .. } => {
                "name a folder that is empty or does not exist yet".into()
            }
            OpenFault::Failed { .. } => "see the cause; the folder was not changed".into(),
        }
    }
}

/// A read failed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "what names the subject")]
pub enum ReadFault {
    /// A connection could not be made.
    #[error(transparent)]
    Open(#[from] OpenFault),
    /// SQLite refused or the disk failed.
    #[error("cannot read {what}")]
    Failed { what: &'static str, source: Cause },
    /// The row is there, but this program does not understand it.
    #[error("cannot understand {what}")]
    Decode {
        what: String,
        source: serde_json::Error,
    },
    /// A stored body is not what its digest says.
    #[error("{what} {digest} is not what was stored: its content has another digest")]
    Damaged { what: &'static str, digest: Digest },
}

impl ReadFault {
    pub(crate) fn sqlite(what: &'static str) -> impl Fn(rusqlite::Error) -> ReadFault {
        move |source| ReadFault::Failed {
            what,
            source: source.into(),
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            ReadFault::Open(fault) => fault.hint(),
            ReadFault::Failed { .. } => {
                "see the cause; `countersign audit verify` checks the journal".into()
            }
            ReadFault::Decode { .. } => {
                "it was written by another version: use that one, or update".into()
            }
            ReadFault::Damaged { .. } => {
                "restore a backup: the file was changed or the disk is failing".into()
            }
        }
    }
}

/// A write beside the journal (operators, telemetry, views, retention) failed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "doing names the operation and its subject")]
pub enum WriteFault {
    /// The journal cannot be written at the moment.
    #[error("cannot {doing}: {why}")]
    ReadOnly { doing: &'static str, why: String },
    /// There is one like this already.
    #[error("cannot {doing}: there is one like this already")]
    Duplicate { doing: &'static str },
    /// There is none like this.
    #[error("cannot {doing}: there is none like this")]
    Unknown { doing: &'static str },
    /// SQLite refused or the disk failed.
    #[error("cannot {doing}")]
    Failed { doing: &'static str, source: Cause },
    /// What had to be read first could not be.
    #[error(transparent)]
    Read(#[from] ReadFault),
}

impl WriteFault {
    pub(crate) fn sqlite(doing: &'static str) -> impl Fn(rusqlite::Error) -> WriteFault {
        move |source| match code_of(&source) {
            Some(ErrorCode::ConstraintViolation) => WriteFault::Duplicate { doing },
            _ => WriteFault::Failed {
                doing,
                source: source.into(),
            },
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            WriteFault::ReadOnly { .. } => "free some space, then try writing again".into(),
            WriteFault::Duplicate { .. } => "choose another".into(),
            WriteFault::Unknown { .. } => "list what there is".into(),
            WriteFault::Failed { .. } => "see the cause; nothing was changed".into(),
            WriteFault::Read(fault) => fault.hint(),
        }
    }
}

/// SQLite's own word for an error, when it comes from SQLite.
pub(crate) fn code_of(error: &rusqlite::Error) -> Option<ErrorCode> {
    error.sqlite_error_code()
}
