//! Remembers what the ssh config says about each name for as long as its file is the same. Asking costs a process, so
//! a hundred calls to one host must not ask a hundred times.

use super::target::Target;
use crate::ssh_config::{self, Resolved};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use tokio::sync::Semaphore;
use workflow::{ErrorClass, ToolError};

/// More than this many names are forgotten together; they are asked for again.
const MOST_NAMES: usize = 10_000;
/// Processes at once: more would only wait for each other.
const AT_ONCE: usize = 4;

/// A name, and the config file if it is not the user's own.
type Name = (String, Option<String>);
type Known = HashMap<Name, (Stamp, Arc<Resolved>)>;

/// The state of a file that is not read: when it was changed and how long it is.
type Stamp = Option<(SystemTime, u64)>;

#[derive(Debug)]
pub(super) struct Configs {
    known: Mutex<Known>,
    asking: Semaphore,
}

impl Configs {
    pub(super) fn new() -> Configs {
        Configs {
            known: Mutex::default(),
            asking: Semaphore::new(AT_ONCE),
        }
    }

    /// What the config says about the target, in words of `ssh_config`.
    pub(super) async fn of(&self, target: &Target) -> Result<Arc<Resolved>, ToolError> {
        let file = target.config_file().map(PathBuf::from);
        let place = file.clone().or_else(own_config);
        let stamp = place.as_deref().and_then(stamp);
        let key = (
            target.config_name().to_owned(),
            target.config_file().map(str::to_owned),
        );
        if let Some((then, resolved)) = self.lock().get(&key)
            && *then == stamp
        {
            return Ok(Arc::clone(resolved));
        }
        let _turn = self.asking.acquire().await.map_err(|_| {
            crate::fault::fault("closed", "The program is ending.", "Start it again.")
                .not_started(ErrorClass::Internal)
        })?;
        let resolved = Arc::new(ssh_config::resolve(&key.0, file.as_deref()).await?);
        let mut known = self.lock();
        if known.len() >= MOST_NAMES {
            known.clear();
        }
        known.insert(key, (stamp, Arc::clone(&resolved)));
        Ok(resolved)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn own_config() -> Option<PathBuf> {
    std::env::home_dir().map(|home| home.join(".ssh/config"))
}

fn stamp(file: &Path) -> Stamp {
    let data = file.metadata().ok()?;
    Some((data.modified().ok()?, data.len()))
}
