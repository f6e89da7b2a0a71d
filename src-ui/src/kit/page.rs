//! The head of a screen: its one heading of level 1, what it is about, and its actions.

use leptos::prelude::*;

use super::dynamic;

/// The head of a screen.
#[component]
pub fn PageHead(
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// One line of context below it.
    #[prop(optional, into)]
    meta: MaybeProp<String>,
    /// Buttons at the end of the line.
    #[prop(optional, into)]
    actions: ViewFn,
) -> impl IntoView {
    view! {
        <div class="page-head">
            <div>
                <h1>{dynamic(move || title.get())}</h1>
                {dynamic(move || meta.get().map(|meta| view! { <p class="page-meta">{meta}</p> }))}
            </div>
            <div class="page-actions">{actions.run()}</div>
        </div>
    }
}
