//! The two locks of a copy, good between processes too: one call at a time fetches, and nobody removes what another one
//! reads. Fetching and reading go on beside each other, as git allows.

use super::unkept;
use crate::Context;
use crate::fault::fault;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, timeout};
use workflow::{ErrorClass, Outcome, ToolError};

/// How long another call is waited for.
const WAIT: Duration = Duration::from_secs(10 * 60);
/// Between two looks at a lock.
const LOOK: Duration = Duration::from_millis(200);

/// A lock file; closing it gives the lock back.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    file: File,
}

impl Lock {
    pub(super) fn open(path: PathBuf) -> Result<Lock, ToolError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(|error| unkept(&path, &error))?;
        Ok(Lock { path, file })
    }

    /// Tells `sweep` when the copy was used; without it, the copy is fetched again one day.
    pub(super) fn used(&self, now: SystemTime) {
        let _ = self.file.set_modified(now);
    }

    /// Others may have it, too.
    pub(super) async fn shared(&self, context: &Context) -> Result<(), ToolError> {
        self.take(FlockOperation::NonBlockingLockShared, context)
            .await
    }

    /// Nobody else has it.
    pub(super) async fn alone(&self, context: &Context) -> Result<(), ToolError> {
        self.take(FlockOperation::NonBlockingLockExclusive, context)
            .await
    }

    /// Tries again and again, because a wait in flock(2) cannot be stopped.
    async fn take(&self, how: FlockOperation, context: &Context) -> Result<(), ToolError> {
        let until = Instant::now() + WAIT;
        let mut told = false;
        loop {
            match flock(&self.file, how) {
                Ok(()) => return Ok(()),
                Err(Errno::INTR | Errno::WOULDBLOCK) => {}
                Err(errno) => return Err(unkept(&self.path, &errno.into())),
            }
            context.still_owed(Outcome::NotDone)?;
            if Instant::now() > until {
                return Err(busy(&self.path));
            }
            if !std::mem::replace(&mut told, true) {
                context
                    .log
                    .note("Another call uses the copy of the repository; waiting for it.");
            }
            let _ = timeout(LOOK, context.cancel.cancelled()).await;
        }
    }
}

fn busy(path: &Path) -> ToolError {
    fault(
        "repository_busy",
        format!(
            "Another call has held {} for more than {} s.",
            fleet::visible(&path.to_string_lossy(), 300),
            WAIT.as_secs()
        ),
        "Wait for it or cancel it, then run this again.",
    )
    .not_done(ErrorClass::Timeout)
}
