//! One icon. Always beside a word or inside something that has a name: it is hidden from assistive technology.

use leptos::prelude::*;

/// An icon of [`icons`](super::icons) in the colour of the surrounding text.
#[component]
pub fn Icon(
    /// Path data on a 20 by 20 grid.
    path: &'static str,
    /// Edge in pixels.
    #[prop(default = 20)]
    size: u8,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 20 20" width=size height=size aria-hidden="true" focusable="false">
            <path d=path></path>
        </svg>
    }
}
