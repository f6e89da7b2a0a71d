//! The files of a data folder: their names, and that only their owner may read them. Not their content.

use crate::OpenFault;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Where everything lies.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    /// The data folder.
    pub(crate) dir: PathBuf,
}

impl Files {
    pub(crate) fn new(dir: &Path) -> Files {
        Files {
            dir: dir.to_owned(),
        }
    }

    /// Journal, views, blobs, definitions, operators.
    pub(crate) fn journal(&self) -> PathBuf {
        self.dir.join("countersign.db")
    }

    /// Log chunks and their index.
    pub(crate) fn logs(&self) -> PathBuf {
        self.dir.join("logs.db")
    }

    /// Snapshots and points.
    pub(crate) fn telemetry(&self) -> PathBuf {
        self.dir.join("telemetry.db")
    }

    /// The owner's lock.
    pub(crate) fn lock(&self) -> PathBuf {
        self.dir.join("engine.lock")
    }
}

/// Makes the data folder (0700) when there is none. The mode of a folder that is there is left alone: it may be
/// one that the person shares on purpose; the files inside are 0600 anyway.
pub(crate) fn make_dir(dir: &Path) -> Result<(), OpenFault> {
    if dir.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(dir)
        .map_err(|source| OpenFault::io("make the data folder", dir, source))
}

/// Makes an empty file that only its owner may read (0600), or gives one that is there this mode. SQLite gives the
/// files beside a database (`-wal`, `-shm`) the same mode. A file that is there is never opened here: closing it
/// would give up the locks that SQLite holds on it in this process (a rule of POSIX). Says whether it was made.
pub(crate) fn make_private(path: &Path) -> io::Result<bool> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
                    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
                }
            }
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Makes a new name in the folder durable. A file that survives with a name that does not is lost.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::File::open(dir)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = dir;
    Ok(())
}

/// The file that SQLite keeps beside a database (`-wal`, `-shm`).
pub(crate) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
