//! Content behind its summary, on the native `<details>`: works before, and without, any script of ours.

use leptos::prelude::*;

use super::{Icon, dynamic, icons};

/// Folded content.
#[component]
pub fn Disclosure(
    /// What is behind it.
    #[prop(into)]
    summary: Signal<String>,
    /// Whether it starts unfolded.
    #[prop(optional)]
    open: bool,
    /// The content.
    children: Children,
) -> impl IntoView {
    view! {
        <details class="disclosure" open=open>
            <summary><Icon path=icons::CHEVRON_RIGHT size=16/><span>{dynamic(move || summary.get())}</span></summary>
            <div class="disclosure-body">{children()}</div>
        </details>
    }
}
