//! A modal question on the native `<dialog>`: the browser traps the focus and closes on Escape. There is no closing by
//! a click beside it: what is asked here is worth an answer.

use leptos::prelude::*;

use super::{dynamic, modal::modal};

/// A modal dialog. Its content is built anew each time it opens.
#[component]
pub fn Dialog(
    /// Whether it is open; Escape writes here too.
    open: RwSignal<bool>,
    /// The question.
    #[prop(into)]
    title: Signal<String>,
    /// The buttons, the expected one first; one of them must close it.
    #[prop(optional, into)]
    actions: ViewFn,
    /// The body; the control marked `autofocus` gets the focus, else the first one.
    children: ChildrenFn,
) -> impl IntoView {
    let content = ViewFn::from(move || {
        view! {
            <h2>{dynamic(move || title.get())}</h2>
            <div class="dialog-body">{children()}</div>
            <div class="dialog-actions">{actions.run()}</div>
        }
    });
    modal("dialog", open, title, content, None)
}
