//! The owner of a data folder: an OS lock on `engine.lock`, with who holds it written inside, so that a second
//! process can name the first. The lock ends with the process, however it ends; the text may outlive it.

use crate::{OpenFault, files};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    fs::{File, TryLockError},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

/// Who owns a data folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The process id.
    pub pid: u32,
    /// The computer's name.
    pub host: String,
    /// The program, as it calls itself.
    pub program: String,
    /// When it took the folder, in microseconds since 1970 (UTC).
    pub started_us: i64,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pid == 0 {
            return f.write_str("another process");
        }
        write!(
            f,
            "{} (process {} on {})",
            self.program, self.pid, self.host
        )
    }
}

/// Holding this is owning the folder.
#[derive(Debug)]
pub(crate) struct OwnerLock {
    file: File,
}

impl OwnerLock {
    pub(crate) fn take(path: &Path, program: &str) -> Result<OwnerLock, OpenFault> {
        let opened = files::make_private(path)
            .and_then(|_| File::options().read(true).write(true).open(path));
        let mut file = opened.map_err(|source| OpenFault::io("open", path, source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let dir = path.parent().unwrap_or(path).to_owned();
                return Err(OpenFault::InUse {
                    dir,
                    holder: holder_in(&mut file),
                });
            }
            Err(TryLockError::Error(source)) => return Err(OpenFault::io("lock", path, source)),
        }
        let holder = Holder {
            pid: std::process::id(),
            host: host_name(),
            program: program.to_owned(),
            started_us: now_us(),
        };
        write_holder(&mut file, &holder).map_err(|source| OpenFault::io("write", path, source))?;
        Ok(OwnerLock { file })
    }
}

impl Drop for OwnerLock {
    fn drop(&mut self) {
        // Only for people who look into the file: the lock itself ends with the handle.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

/// The clock, in microseconds since 1970 (UTC); for the lock's text and the age of what has no time of its own.
pub(crate) fn now_us() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

fn write_holder(file: &mut File, holder: &Holder) -> io::Result<()> {
    let text = serde_json::to_string(holder).map_err(io::Error::other)?;
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{text}")?;
    file.flush()
}

/// The text of the other process; it may be between taking the lock and writing it.
fn holder_in(file: &mut File) -> Holder {
    let mut text = String::new();
    let read = file.read_to_string(&mut text).ok();
    read.and_then(|_| serde_json::from_str(&text).ok())
        .unwrap_or_else(|| Holder {
            pid: 0,
            host: String::new(),
            program: String::new(),
            started_us: 0,
        })
}

#[cfg(unix)]
fn host_name() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

#[cfg(not(unix))]
fn host_name() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_else(|_| "this computer".to_owned())
}
