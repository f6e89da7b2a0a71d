//! The way into the data folder, and into it again: a folder that could not be opened may be free by now, and a program
//! that owned it may have ended, whose place this one then takes. It decides nothing about calls.

use api::Fault;
use engine::{Door, OpenOptions};
use tokio::sync::RwLock;

/// What the engine says when the process that owned the folder is gone.
const OWNER_GONE: &str = "owner_gone";

/// The engine's door, or the fault why there is none.
pub(crate) struct WayIn {
    /// How to open it again; a door that was given cannot be.
    options: Option<OpenOptions>,
    door: RwLock<Result<Door, Fault>>,
}

impl WayIn {
    /// Opens the data folder.
    pub(crate) async fn open(options: OpenOptions) -> Self {
        let door = engine::open(options.clone()).await.inspect_err(tell);
        Self {
            options: Some(options),
            door: RwLock::new(door),
        }
    }

    /// A door that somebody else has opened, or failed to.
    #[cfg(test)]
    pub(crate) fn given(door: Result<Door, Fault>) -> Self {
        Self {
            options: None,
            door: RwLock::new(door),
        }
    }

    /// The door; tries to open the folder where that has failed before.
    ///
    /// # Errors
    ///
    /// The fault that keeps the folder from being opened.
    pub(crate) async fn door(&self) -> Result<Door, Fault> {
        match &*self.door.read().await {
            Ok(door) => return Ok(door.clone()),
            Err(fault) if self.options.is_none() => return Err(fault.clone()),
            Err(_) => {}
        }
        self.again().await
    }

    /// The door after a fault: another one where the fault says that the owner is gone, nothing otherwise.
    pub(crate) async fn after(&self, fault: &Fault) -> Option<Door> {
        if fault.code != OWNER_GONE || self.options.is_none() {
            return None;
        }
        self.again().await.ok()
    }

    /// Closes the folder.
    pub(crate) async fn close(&self) {
        // Held to the end: nobody opens it again behind this.
        let door = self.door.write().await;
        if let Ok(door) = &*door {
            door.clone().close().await;
        }
    }

    async fn again(&self) -> Result<Door, Fault> {
        let mut door = self.door.write().await;
        if let (Some(options), true) = (&self.options, wants_another(&door)) {
            *door = engine::open(options.clone()).await.inspect_err(tell);
        }
        door.clone()
    }
}

/// Of several that met the same fault the first opens the folder, and the others find it open.
fn wants_another(door: &Result<Door, Fault>) -> bool {
    door.as_ref().map_or(true, Door::is_remote)
}

fn tell(fault: &Fault) {
    tracing::warn!(code = fault.code, %fault, "the data folder cannot be opened");
}
