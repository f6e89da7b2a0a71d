//! Starting a workflow from a button of a screen, and going to the page of its run, where its cards stand. The form in
//! the rail stays where it is and has its own way.

use api::Fault;
use leptos::{prelude::*, task::spawn_local};
use serde_json::{Map, Value as Json};

use crate::{live::Live, shell::Route};

/// What the buttons of a screen that start something have in common.
#[derive(Clone, Copy)]
pub struct Starting {
    /// One is on its way.
    pub busy: RwSignal<bool>,
    /// Why the last one did not start.
    pub fault: RwSignal<Option<Fault>>,
}

impl Starting {
    /// Nothing is on its way.
    pub fn new() -> Self {
        Self {
            busy: RwSignal::new(false),
            fault: RwSignal::new(None),
        }
    }

    /// Starts a workflow; at most one at a time.
    pub fn start(self, live: Live, workflow: &'static str, inputs: Map<String, Json>) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.fault.set(None);
        spawn_local(async move {
            let answer = live.start(workflow.to_owned(), inputs).await;
            let _ = self.busy.try_set(false);
            match answer {
                Ok(run) => Route::go(&format!("/run/{run}")),
                Err(fault) => _ = self.fault.try_set(Some(fault)),
            }
        });
    }
}
