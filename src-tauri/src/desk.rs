//! The one value that Tauri manages: the way into the data folder, and which topics the page follows. Not the engine: it
//! forwards.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use api::{CALLS, Fault, Notice, Topic};
use engine::{OpenOptions, Origin};
use serde_json::Value as Json;
use tauri::async_runtime::JoinHandle;
use tokio::sync::mpsc::Receiver;

use crate::way_in::WayIn;

/// What the commands work with.
pub(crate) struct Desk {
    way_in: WayIn,
    follows: Mutex<Follows>,
}

/// The tasks that bring notices to the page, by the id that `follow` gave.
#[derive(Default)]
struct Follows {
    last: u64,
    tasks: HashMap<String, JoinHandle<()>>,
}

impl Desk {
    /// Opens a data folder.
    pub(crate) async fn open(options: OpenOptions) -> Self {
        Self::at(WayIn::open(options).await)
    }

    /// A desk with this way in.
    pub(crate) fn at(way_in: WayIn) -> Self {
        Self {
            way_in,
            follows: Mutex::default(),
        }
    }

    /// Passes a call on.
    ///
    /// # Errors
    ///
    /// The engine's fault, or why there is no engine.
    pub(crate) async fn call(&self, name: &str, args: Json) -> Result<Json, Fault> {
        let door = self.way_in.door().await?;
        let answer = door.dispatch(name, args.clone(), Origin::Window).await;
        let Err(fault) = answer else { return answer };
        match self.way_in.after(&fault).await {
            // Whether a change was made when the owner went nobody knows: a person looks, and asks again.
            Some(door) if !changes(name) => door.dispatch(name, args, Origin::Window).await,
            Some(_) | None => Err(fault),
        }
    }

    /// The notices of a topic.
    ///
    /// # Errors
    ///
    /// The engine's fault, or why there is no engine.
    pub(crate) async fn follow(&self, topic: Topic) -> Result<Receiver<Notice>, Fault> {
        let followed = self.way_in.door().await?.follow(topic.clone()).await;
        let Err(fault) = followed else {
            return followed;
        };
        match self.way_in.after(&fault).await {
            Some(door) => door.follow(topic).await,
            None => Err(fault),
        }
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
        self.way_in.close().await;
    }

    fn follows(&self) -> MutexGuard<'_, Follows> {
        // Nothing in here can be half done.
        self.follows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn changes(name: &str) -> bool {
    CALLS.iter().any(|call| call.name == name && call.changes)
}
