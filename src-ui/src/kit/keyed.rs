//! A list whose rows keep their place in the page as long as their key is in the list: focus, text selection and what
//! was typed stay with their row. Compiled once for every list; which rows there are is decided by the caller.

use std::sync::Arc;

use leptos::prelude::*;

/// What a row looks like, from its key. It is asked once for each key; what changes inside is the row's own matter.
pub type RowView = Arc<dyn Fn(&str) -> AnyView + Send + Sync>;

/// The rows of `keys`, in their order. A key must not be there twice.
pub fn keyed(keys: Signal<Vec<String>>, row: RowView) -> AnyView {
    view! { <For each=move || keys.get() key=|key| key.clone() children=move |key: String| row(&key)/> }
        .into_any()
}
