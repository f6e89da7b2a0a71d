//! Waiting made visible: a ring, a bar, and the grey shape of what will come. When they appear is CSS: the skeleton
//! after 150 ms, its words after 400 ms, so that what is quick never flickers.

use leptos::prelude::*;

use super::{CollectParts, dynamic};

/// A ring with a word.
#[component]
pub fn Spinner(
    /// What is awaited.
    #[prop(into)]
    label: Signal<String>,
) -> impl IntoView {
    view! {
        <span class="spinner" role="status">
            <span class="ring" aria-hidden="true"></span>
            <span>{dynamic(move || label.get())}</span>
        </span>
    }
}

/// How far something is.
#[component]
pub fn Progress(
    /// What is under way.
    #[prop(into)]
    label: Signal<String>,
    /// From 0 to 1; `None` while it cannot be known.
    #[prop(optional, into)]
    value: MaybeProp<f64>,
) -> impl IntoView {
    view! {
        <label class="progress">
            <span class="progress-label">
                <span>{dynamic(move || label.get())}</span>
                <span>{dynamic(move || value.get().map(|value| format!("{:.0} %", value.clamp(0.0, 1.0) * 100.0)))}</span>
            </span>
            <progress value=move || value.get().map(|value| value.clamp(0.0, 1.0)) max="1"></progress>
        </label>
    }
}

/// The shape of text that is being fetched.
#[component]
pub fn Skeleton(
    /// What is being fetched, for the words below it.
    #[prop(into)]
    what: Signal<String>,
    /// How many lines.
    #[prop(default = 3)]
    lines: usize,
) -> impl IntoView {
    view! {
        <div class="skeleton" role="status">
            {(0..lines).map(|_| view! { <div class="skeleton-line" aria-hidden="true"></div> }).collect_parts()}
            <p class="skeleton-words">{dynamic(move || format!("Fetching {}…", what.get()))}</p>
        </div>
    }
}
