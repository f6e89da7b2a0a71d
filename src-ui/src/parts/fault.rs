//! A fault, shown: what, why, what to do next, and the detail for those who help. As a bar on a form or a card, or in
//! the place of a tile that could not be filled.

use api::Fault;
use leptos::prelude::*;

use crate::kit::{
    Button, CopyButton, Disclosure, ErrorState, Escaped, Intent, MessageBar, dynamic, icons,
};

/// A fault on the surface whose button was pressed; nothing while there is none.
#[component]
pub fn FaultBar(
    /// The fault; the person can put it away.
    fault: RwSignal<Option<Fault>>,
) -> impl IntoView {
    dynamic(move || {
        fault.get().map(|fault_now| {
            let detail = fault_now.detail.clone();
            view! {
                <div class="fault" data-testid="fault" data-code=fault_now.code.clone()>
                    <MessageBar intent=Intent::Error on_dismiss=Callback::new(move |()| fault.set(None))>
                        <strong><Escaped text=sentence(&fault_now.title)/></strong>
                        " "
                        <Escaped text=sentence(&fault_now.action)/>
                        {(!detail.is_empty()).then(|| view! {
                            <Disclosure summary="Technical detail">
                                <pre class="detail" tabindex="0"><Escaped text=detail.clone()/></pre>
                                <CopyButton text=detail/>
                            </Disclosure>
                        })}
                    </MessageBar>
                </div>
            }
        })
    })
}

/// A tile that could not be filled.
#[component]
pub fn TileFault(
    /// Why.
    fault: Fault,
    /// Tries again.
    on_retry: Callback<()>,
) -> impl IntoView {
    let details = (!fault.detail.is_empty()).then(|| fault.detail.clone());
    view! {
        <div data-testid="fault" data-code=fault.code.clone()>
            <ErrorState
                what=fault.title.clone()
                why=sentence(&fault.action)
                details
                action=move || view! { <Button icon=icons::ARROW_SYNC on_press=on_retry>"Try again"</Button> }
            />
        </div>
    }
}

/// Ends a sentence that has no end. Its beginning is left alone: it may be a name.
pub fn sentence(text: &str) -> String {
    let text = text.trim_end();
    match text.chars().last() {
        None | Some('.' | '!' | '?' | '…' | ':') => text.to_owned(),
        Some(_) => format!("{text}."),
    }
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn sentences_end() {
        assert_eq!(sentence("Look at the run"), "Look at the run.");
        assert_eq!(sentence("root answered? "), "root answered?");
        assert_eq!(sentence(""), "");
    }
}
