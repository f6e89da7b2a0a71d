//! What dialogs and drawers have in common: the native `<dialog>`, opened modally, with its focus back to what opened
//! it. How they look and what stands in them is theirs.

use leptos::{html, prelude::*};
use web_sys::HtmlElement;

use crate::browser;

/// A modal surface. Its content is built anew each time it opens. `name` is what assistive technology calls it;
/// `on_closed` runs when the focus is back.
pub(crate) fn modal(
    class: &'static str,
    open: RwSignal<bool>,
    name: Signal<String>,
    content: ViewFn,
    on_closed: Option<Callback<()>>,
) -> AnyView {
    let node = NodeRef::<html::Dialog>::new();
    let opener = StoredValue::new_local(None::<HtmlElement>);

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
        if let Some(on_closed) = on_closed {
            on_closed.run(());
        }
    };

    view! {
        <dialog class=class node_ref=node aria-label=move || name.get() on:close=closed>
            {super::dynamic(move || open.get().then(|| content.run()))}
        </dialog>
    }
    .into_any()
}
