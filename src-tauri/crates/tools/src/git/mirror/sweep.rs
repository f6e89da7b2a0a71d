//! Copies that nobody has used for a long time go, when a new one is made: a cache that only grows fills the disk.

use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// After this a copy is fetched anew when it is wanted again.
const UNUSED: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// The time as files have it.
pub(super) fn time(now_us: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(now_us).unwrap_or(0))
}

/// Removes the copies in this folder that have not been used. The lock files stay: somebody may be waiting at one.
pub(super) fn sweep(cache: &Path, now: SystemTime) {
    for entry in std::fs::read_dir(cache).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "lock") {
            continue;
        }
        let Ok(lock) = File::open(&path) else {
            continue;
        };
        let used = lock.metadata().and_then(|data| data.modified());
        let is_old = used.is_ok_and(|used| used + UNUSED < now);
        if is_old && flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() {
            // What cannot be removed is tried again the next time.
            let _ = std::fs::remove_dir_all(path.with_extension(""));
        }
    }
}
