//! A panel at the right edge for what belongs to one thing on the screen: its details, its form. Modal, as a dialog is,
//! so that the keyboard stays in it; it closes by its button and by Escape, never by a click beside it.

use leptos::prelude::*;

use super::{IconButton, dynamic, icons, modal::modal};

/// A drawer. Its content is built anew each time it opens.
#[component]
pub fn Drawer(
    /// Whether it is open; Escape and its button write here too.
    open: RwSignal<bool>,
    /// What it is about.
    #[prop(into)]
    title: Signal<String>,
    /// Buttons at its foot.
    #[prop(optional, into)]
    actions: ViewFn,
    /// The body; the control marked `autofocus` gets the focus, else the first one.
    children: ChildrenFn,
) -> impl IntoView {
    let content = ViewFn::from(move || {
        view! {
            <div class="drawer-head">
                <h2>{dynamic(move || title.get())}</h2>
                <IconButton icon=icons::DISMISS label="Close" on_press=move |()| open.set(false)/>
            </div>
            <div class="drawer-body" tabindex="-1">{children()}</div>
            <div class="drawer-actions">{actions.run()}</div>
        }
    });
    modal("drawer", open, title, content, None)
}
