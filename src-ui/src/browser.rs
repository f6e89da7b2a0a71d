//! The few calls into the browser that several parts need, each returning a plain value instead of a JavaScript one.
//! Not a wrapper of the DOM: what only one component needs stays in that component. Off the web every call panics.

use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Element, HtmlDocument, HtmlElement, HtmlTextAreaElement, ScrollIntoViewOptions,
    ScrollLogicalPosition,
};

/// A preference of this window, from the browser's local storage. Nothing of a run is ever kept there.
pub fn preference(name: &str) -> Option<String> {
    let storage = window().local_storage().ok().flatten()?;
    storage
        .get_item(&format!("countersign.{name}"))
        .ok()
        .flatten()
}

/// Remembers a preference; `None` forgets it. Storage that refuses is not worth a message: the default comes back.
pub fn remember(name: &str, value: Option<&str>) {
    let Ok(Some(storage)) = window().local_storage() else {
        return;
    };
    let key = format!("countersign.{name}");
    let _ = match value {
        Some(value) => storage.set_item(&key, value),
        None => storage.remove_item(&key),
    };
}

/// The element that has the focus now.
pub fn focused() -> Option<HtmlElement> {
    document().active_element()?.dyn_into().ok()
}

/// Gives the focus to the element with this id; says whether there was one.
pub fn focus_id(id: &str) -> bool {
    document()
        .get_element_by_id(id)
        .is_some_and(|element| focus(&element))
}

/// Gives the focus to an element, where it can take it.
pub fn focus(element: &Element) -> bool {
    element
        .dyn_ref::<HtmlElement>()
        .is_some_and(|element| element.focus().is_ok())
}

/// Whether key presses in the focused element are text: decision keys are dead there.
pub fn typing() -> bool {
    let Some(element) = focused() else {
        return false;
    };
    matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
        || element.is_content_editable()
}

/// Whether a media query holds now.
pub fn media(query: &str) -> bool {
    window()
        .match_media(query)
        .ok()
        .flatten()
        .is_some_and(|list| list.matches())
}

/// Puts text on the clipboard; says whether it worked. Falls back to the old command where the page is not
/// a secure context (WebKitGTK serves custom protocols as one, a plain loopback page in a test may not be).
pub async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    let modern = js_sys::Reflect::get(&navigator, &JsValue::from_str("clipboard"));
    if modern.is_ok_and(|clipboard| !clipboard.is_undefined())
        && JsFuture::from(navigator.clipboard().write_text(text))
            .await
            .is_ok()
    {
        return true;
    }
    copy_by_selection(text).unwrap_or(false)
}

fn copy_by_selection(text: &str) -> Option<bool> {
    let before = focused();
    let area: HtmlTextAreaElement = document()
        .create_element("textarea")
        .ok()?
        .dyn_into()
        .ok()?;
    area.set_value(text);
    area.set_class_name("sr-only");
    document().body()?.append_child(&area).ok()?;
    area.select();
    let copied = document()
        .dyn_into::<HtmlDocument>()
        .ok()?
        .exec_command("copy")
        .ok();
    area.remove();
    before.map(|element| element.focus());
    copied
}

/// Gives the focus to the first control inside the element with this id.
pub fn focus_first_control(id: &str) {
    let first = document().get_element_by_id(id).and_then(|element| {
        element
            .query_selector("textarea, input, select")
            .ok()
            .flatten()
    });
    if let Some(first) = first {
        focus(&first);
    }
}

/// Scrolls the list around the element with this id no further than needed for it to be seen.
pub fn scroll_into_list(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Opens the search of what is shown: the first visible element with `data-find`, in the open dialog if there is one.
/// An input takes the focus, a button is pressed. Says whether there was one.
pub fn open_find() -> bool {
    let within = if dialog_open() {
        "dialog[open] [data-find]"
    } else {
        "[data-find]"
    };
    let Ok(list) = document().query_selector_all(within) else {
        return false;
    };
    let found = (0..list.length())
        .filter_map(|index| list.get(index)?.dyn_into::<HtmlElement>().ok())
        .find(|element| element.get_client_rects().length() > 0);
    match found {
        Some(element) if element.tag_name() == "BUTTON" => element.click(),
        Some(element) => _ = element.focus(),
        None => return false,
    }
    true
}

/// Whether a modal question is open: keys of the window are dead then.
pub fn dialog_open() -> bool {
    matches!(document().query_selector("dialog[open]"), Ok(Some(_)))
}
