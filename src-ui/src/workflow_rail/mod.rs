//! What stands in the right rail: choosing and starting a workflow, its stages and its card. Until runs are wired to
//! the window it says so.

use leptos::prelude::*;

use crate::kit::{EmptyState, icons};

/// The content of the right rail.
#[component]
pub fn WorkflowRail() -> impl IntoView {
    view! {
        <EmptyState icon=icons::FLOW title="No workflow selected">
            <p>"Workflows of this computer appear here."</p>
        </EmptyState>
    }
}
