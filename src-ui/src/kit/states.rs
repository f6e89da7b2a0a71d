//! What a surface shows when it has nothing, or could not get it: what this is and the one next action.

use leptos::prelude::*;

use super::{CopyButton, Disclosure, Escaped, Icon, dynamic, icons};

/// Nothing is here yet.
#[component]
pub fn EmptyState(
    /// What would be here.
    #[prop(default = icons::DOCUMENT)]
    icon: &'static str,
    /// What this is, in a few words.
    #[prop(into)]
    title: Signal<String>,
    /// The one next action.
    #[prop(optional, into)]
    action: ViewFn,
    /// What would be here and how it gets here.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="state">
            <span class="state-mark"><Icon path=icon size=32/></span>
            <p class="state-title">{dynamic(move || title.get())}</p>
            <div class="state-words">{children()}</div>
            <div class="state-action">{action.run()}</div>
        </div>
    }
}

/// It could not be had: what, why, the next action, and the technical detail folded with a copy button.
#[component]
pub fn ErrorState(
    /// What did not work.
    #[prop(into)]
    what: Signal<String>,
    /// Why, in a sentence.
    #[prop(into)]
    why: Signal<String>,
    /// The next action.
    #[prop(optional, into)]
    action: ViewFn,
    /// What a person who helps would ask for.
    #[prop(optional, into)]
    details: MaybeProp<String>,
) -> impl IntoView {
    view! {
        <div class="state state-error" role="alert">
            <span class="state-mark"><Icon path=icons::ERROR_FILLED size=32/></span>
            <p class="state-title"><Escaped text=what/></p>
            <div class="state-words"><p><Escaped text=why/></p></div>
            <div class="state-action">{action.run()}</div>
            {dynamic(move || details.get().map(|details| view! {
                <Disclosure summary="Technical detail">
                    <pre class="detail" tabindex="0"><Escaped text=details.clone()/></pre>
                    <CopyButton text=details/>
                </Disclosure>
            }))}
        </div>
    }
}
