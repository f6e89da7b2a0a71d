//! The focus is never nowhere. What has it may go with an answer, with a record, by its own press; then the part of the
//! window around it takes the focus, so that Tab and the reading go on there. Who knows a better place gives it there
//! first: this only looks after what was lost.

use leptos::{ev, prelude::*};
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{Element, MutationObserver, MutationObserverInit};

use crate::browser;

/// Looks after the focus for as long as the page lives.
pub(super) fn keep() {
    // What had the focus last, and the region around it.
    let last = StoredValue::new_local(None::<(Element, Option<Element>)>);
    let came = window_event_listener(ev::focusin, move |event| {
        let of = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        last.set_value(of.map(|element| {
            let region = element.closest("[data-region]").ok().flatten();
            (element, region)
        }));
    });
    on_cleanup(move || came.remove());
    let look = Closure::<dyn Fn()>::new(move || {
        // Copied out: giving the focus away comes back to the listener above.
        let Some((element, region)) = last.get_value() else {
            return;
        };
        if element.is_connected() {
            return;
        }
        last.set_value(None);
        if browser::focused().is_none_or(|element| element.tag_name() == "BODY") {
            match region {
                Some(region) if region.is_connected() => _ = browser::focus(&region),
                Some(_) | None => _ = browser::focus_id("main"),
            }
        }
    });
    let wanted = MutationObserverInit::new();
    wanted.set_child_list(true);
    wanted.set_subtree(true);
    if let (Ok(observer), Some(body)) = (
        MutationObserver::new(look.as_ref().unchecked_ref()),
        document().body(),
    ) {
        // Refused only where nothing is asked for.
        let _ = observer.observe_with_options(&body, &wanted);
        look.forget();
    }
}
