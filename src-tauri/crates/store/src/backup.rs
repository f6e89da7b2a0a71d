//! Backup of a data folder while it is in use, by SQLite's online backup, and restore into an empty folder. The
//! lock file is not copied. A backup is a data folder like any other: it can be opened, read and audited.

use crate::{
    OpenFault, ReadFault, Reader, Verdict, connection,
    files::{self, Files},
    lock::OwnerLock,
    verify_file,
};
use std::path::{Path, PathBuf};

/// What was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupReport {
    /// The folder of the copy.
    pub dir: PathBuf,
    /// The audit of the copied journal.
    pub verdict: Verdict,
    /// How big the copy is.
    pub size_bytes: u64,
}

impl Reader {
    /// Copies the folder into `to`, which must be empty or not exist. The journal is copied first, so that the
    /// logs hold at least what its records name.
    pub fn backup(&self, to: &Path) -> Result<BackupReport, ReadFault> {
        copy(&self.files, to)
    }
}

/// Copies a backup into `to`, which must be empty or not exist. Nobody may own the backup's folder at the same
/// time, and an engine that is started in `to` meanwhile is refused.
pub fn restore(backup: &Path, to: &Path) -> Result<BackupReport, ReadFault> {
    // Its version is checked before anything is made.
    let from = Reader::open(backup)?;
    copy(&from.files, to)
}

fn copy(from: &Files, to: &Path) -> Result<BackupReport, ReadFault> {
    files::make_dir(to)?;
    let mut listing =
        std::fs::read_dir(to).map_err(|source| OpenFault::io("read the folder", to, source))?;
    if let Some(entry) = listing.next() {
        let entry = entry.map_err(|source| OpenFault::io("read the folder", to, source))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        return Err(OpenFault::NotEmpty {
            dir: to.to_owned(),
            name,
        }
        .into());
    }
    let target = Files::new(to);
    let _lock = OwnerLock::take(&target.lock(), "backup")?;
    let mut size_bytes = 0;
    let databases = [
        (from.journal(), target.journal()),
        (from.logs(), target.logs()),
        (from.telemetry(), target.telemetry()),
    ];
    for (source, copy) in databases.iter().filter(|(source, _)| source.is_file()) {
        files::make_private(copy).map_err(|error| OpenFault::io("make", copy, error))?;
        connection::copy_into(&connection::open_for_reading(source)?, copy)?;
        size_bytes += copy.metadata().map_or(0, |found| found.len());
    }
    files::sync_dir(to).map_err(|error| OpenFault::io("make durable", to, error))?;
    Ok(BackupReport {
        dir: to.to_owned(),
        verdict: verify_file(&target.journal())?,
        size_bytes,
    })
}
