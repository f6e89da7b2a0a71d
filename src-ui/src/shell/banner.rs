//! The banner above every screen while approvals wait. It leads to the card; it never decides.

use leptos::prelude::*;

use crate::kit::{Button, Icon, dynamic, icons};

/// One line: what waits, since when, and the way to it. Put it into the banner slot of the shell.
#[component]
pub fn WaitingBanner(
    /// What waits: `1 approval waiting: Deploy application`. Nothing is shown while it is `None`.
    #[prop(into)]
    title: Signal<Option<String>>,
    /// How long: `00:48`. Not announced, it changes every second.
    #[prop(optional, into)]
    since: MaybeProp<String>,
    /// Leads to the card of the one that has waited longest.
    #[prop(into)]
    on_open: Callback<()>,
) -> impl IntoView {
    dynamic(move || {
        title.get().map(|title| {
            view! {
                <section class="waiting-banner" data-testid="waiting-banner" aria-label="Approvals waiting">
                    <Icon path=icons::HAND_FILLED/>
                    <strong>{title}</strong>
                    {dynamic(move || since.get().map(|since| view! { <span class="waiting-since">{since}</span> }))}
                    <Button small=true on_press=on_open>"Review"</Button>
                </section>
            }
        })
    })
}
