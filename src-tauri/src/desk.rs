//! The one value that Tauri manages: the engine's door, or the fault why there is none, and which topics the page
//! follows. Not the engine: it forwards.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use api::Fault;
use engine::{Door, OpenOptions, Origin};
use serde_json::Value as Json;
use tauri::async_runtime::JoinHandle;

/// What the commands work with.
pub(crate) struct Desk {
    door: Result<Door, Fault>,
    follows: Mutex<Follows>,
}

/// The tasks that bring notices to the page, by the id that `follow` gave.
#[derive(Default)]
struct Follows {
    last: u64,
    tasks: HashMap<String, JoinHandle<()>>,
}

impl Desk {
    /// Opens the data folder of this user, or of COUNTERSIGN_DATA_DIR.
    pub(crate) async fn open() -> Self {
        Self::with(engine::open(OpenOptions::new("countersign-desktop")).await)
    }

    /// A desk with this door, or without one.
    pub(crate) fn with(door: Result<Door, Fault>) -> Self {
        if let Err(fault) = &door {
            tracing::warn!(code = fault.code, %fault, "the data folder cannot be opened");
        }
        Self {
            door,
            follows: Mutex::default(),
        }
    }

    /// The engine's door.
    ///
    /// # Errors
    ///
    /// The fault that kept the data folder from being opened.
    pub(crate) fn door(&self) -> Result<&Door, Fault> {
        self.door.as_ref().map_err(Fault::clone)
    }

    /// Passes a call on.
    ///
    /// # Errors
    ///
    /// The engine's fault, or why there is no engine.
    pub(crate) async fn call(&self, name: &str, args: Json) -> Result<Json, Fault> {
        self.door()?.dispatch(name, args, Origin::Window).await
    }

    /// Keeps a task until it ends, is told to, or the page goes away; gives its id.
    pub(crate) fn keep(&self, task: JoinHandle<()>) -> String {
        let mut follows = self.follows();
        follows.tasks.retain(|_, task| !task.inner().is_finished());
        follows.last += 1;
        // Ids cross as strings: a number of JavaScript is no u64.
        let id = follows.last.to_string();
        follows.tasks.insert(id.clone(), task);
        id
    }

    /// Ends a task; one that has ended already is no fault.
    pub(crate) fn end(&self, id: &str) {
        if let Some(task) = self.follows().tasks.remove(id) {
            task.abort();
        }
    }

    /// Ends all tasks: the page they talk to is gone.
    pub(crate) fn end_all(&self) {
        for (_, task) in self.follows().tasks.drain() {
            task.abort();
        }
    }

    /// How many topics the page follows.
    #[cfg(test)]
    pub(crate) fn following(&self) -> usize {
        let follows = self.follows();
        let alive = follows.tasks.values();
        alive.filter(|task| !task.inner().is_finished()).count()
    }

    /// Closes the data folder.
    pub(crate) async fn close(&self) {
        self.end_all();
        if let Ok(door) = &self.door {
            door.clone().close().await;
        }
    }

    fn follows(&self) -> MutexGuard<'_, Follows> {
        // Nothing in here can be half done.
        self.follows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
