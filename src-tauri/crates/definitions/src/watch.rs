//! Watching the definitions folder: one call after each burst of changes, told by the operating system, never by
//! polling. Reads nothing: the owner of the folder does.

use crate::folder::is_definition;
use notify::event::EventKind;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Watches as long as it lives.
#[derive(Debug)]
pub struct Watch {
    // Dropping the watcher ends its channel, and with it the thread.
    _watcher: RecommendedWatcher,
}

/// A folder that cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("the folder {} cannot be watched", dir.display())]
pub struct WatchFault {
    /// The folder.
    pub dir: PathBuf,
    /// Why.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Editors write a file in several steps; a burst is over when nothing came for this long.
const QUIET: Duration = Duration::from_millis(200);
/// A folder that never rests is read all the same after this long.
const PATIENCE: Duration = Duration::from_secs(2);

impl Watch {
    /// Calls `on_change`, in a thread of its own, after each burst of changes to the folder's definitions.
    ///
    /// # Errors
    /// The folder does not exist, or the operating system refuses to watch it.
    pub fn start(
        dir: &Path,
        on_change: impl FnMut() + Send + 'static,
    ) -> Result<Watch, WatchFault> {
        let fault = |source: Box<dyn std::error::Error + Send + Sync>| WatchFault {
            dir: dir.to_owned(),
            source,
        };
        let (changes, bursts) = channel();
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                // An error may stand for lost events: then everything may have changed. Reading is no change.
                let matters = event.map_or(true, |event| {
                    let read = matches!(event.kind, EventKind::Access(_));
                    !read
                        && (event.paths.is_empty()
                            || event.need_rescan()
                            || event.paths.iter().any(|path| is_definition(path)))
                });
                if matters {
                    // The other end is gone only when the watch is being dropped.
                    let _ended = changes.send(()).is_err();
                }
            })
            .map_err(|error| fault(error.into()))?;
        watcher
            .watch(dir, RecursiveMode::NonRecursive)
            .map_err(|error| fault(error.into()))?;
        thread::Builder::new()
            .name("definitions".to_owned())
            .spawn(move || deliver(&bursts, on_change))
            .map_err(|error| fault(error.into()))?;
        Ok(Watch { _watcher: watcher })
    }
}

fn deliver(changes: &Receiver<()>, mut on_change: impl FnMut()) {
    while changes.recv().is_ok() {
        let first = Instant::now();
        loop {
            match changes.recv_timeout(QUIET) {
                Ok(()) if first.elapsed() < PATIENCE => {}
                Ok(()) | Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        on_change();
    }
}
