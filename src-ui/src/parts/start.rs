//! Starting a workflow from a button of a screen, and going to the page of its run, where its cards stand. The form in
//! the rail stays where it is and has its own way.

use api::Fault;
use leptos::prelude::*;
use serde_json::{Map, Value as Json};

use super::press;
use crate::{live::Live, shell::Route};

/// What the buttons of a screen that start something have in common.
#[derive(Clone, Copy, Default)]
pub struct Starting {
    /// One is on its way.
    pub busy: RwSignal<bool>,
    /// Why the last one did not start.
    pub fault: RwSignal<Option<Fault>>,
}

impl Starting {
    /// Starts a workflow; at most one at a time.
    pub fn start(self, live: Live, workflow: &'static str, inputs: Map<String, Json>) {
        let run = live.start(workflow.to_owned(), inputs);
        press(run, self.busy, self.fault, |run| {
            Route::go(&format!("/run/{run}"));
        });
    }
}
