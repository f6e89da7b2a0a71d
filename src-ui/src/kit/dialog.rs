//! A modal question on the native `<dialog>`: the browser traps the focus and closes on Escape; here the focus goes
//! back to what opened it. There is no closing by a click beside it: what is asked here is worth an answer.

use leptos::{html, prelude::*};
use web_sys::HtmlElement;

use super::{dynamic, unique_id};
use crate::browser;

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
    let node = NodeRef::<html::Dialog>::new();
    let opener = StoredValue::new_local(None::<HtmlElement>);
    let heading = unique_id("dialog");
    let labelled_by = heading.clone();

    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        let wanted = open.get();
        if wanted && !dialog.open() {
            opener.set_value(browser::focused());
            // Refused only for a dialog that is open or not in the page; neither holds here.
            let _ = dialog.show_modal();
        } else if !wanted && dialog.open() {
            dialog.close();
        }
    });
    let closed = move |_| {
        open.set(false);
        match opener.get_value() {
            Some(element) if element.is_connected() => _ = element.focus(),
            Some(_) | None => _ = browser::focus_id("main"),
        }
        opener.set_value(None);
    };

    view! {
        <dialog class="dialog" node_ref=node aria-labelledby=labelled_by on:close=closed>
            {dynamic(move || {
                let (children, actions, id) = (children.clone(), actions.clone(), heading.clone());
                open.get().then(|| view! {
                    <h2 id=id>{dynamic(move || title.get())}</h2>
                    <div class="dialog-body">{children()}</div>
                    <div class="dialog-actions">{actions.run()}</div>
                })
            })}
        </dialog>
    }
}
