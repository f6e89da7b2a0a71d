//! The first screen. It will hold the report of the last health check and what waits, runs and failed; until runs are
//! wired to the window it says what this app is for.

use leptos::prelude::*;

use crate::{
    kit::{Appearance, Button, EmptyState, PageHead, icons},
    shell::RailState,
};

/// The first screen.
#[component]
pub fn Home() -> impl IntoView {
    let rail = expect_context::<RailState>();
    view! {
        <PageHead title="Home" meta="This computer is the first of the hosts you manage; nothing is installed on it."/>
        <EmptyState
            icon=icons::PULSE
            title="No runs yet"
            action=move || view! {
                <Button appearance=Appearance::Primary on_press=move |()| rail.show(true)>"Open the workflow panel"</Button>
            }
        >
            <p>"Start System Health Check in the workflow panel; its report appears here."</p>
        </EmptyState>
    }
}
