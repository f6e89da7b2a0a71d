//! The frame of a form control: label, required mark, hint, error. The control inside finds its ids in context, so
//! that label and descriptions always point at it. Validation is not here: the form says what the error is.

use leptos::{context::Provider, prelude::*};

use super::{Icon, dynamic, escape::escaped_view, icons, unique_id};

/// What a control needs to know about the field around it.
#[derive(Clone)]
pub struct FieldIds {
    /// The id the label points at.
    pub control: String,
    /// Ids of hint and error, those that are shown.
    pub described_by: Signal<Option<String>>,
    /// Whether an error is shown.
    pub invalid: Signal<bool>,
    /// Whether it must be filled.
    pub required: bool,
}

impl FieldIds {
    /// The field around the caller; a control on its own gets a fresh id and no descriptions.
    pub fn of_context() -> Self {
        use_context().unwrap_or_else(|| Self {
            control: unique_id("control"),
            described_by: Signal::stored(None),
            invalid: Signal::stored(false),
            required: false,
        })
    }
}

/// Label, hint and error around exactly one control.
#[component]
pub fn Field(
    /// What is asked for.
    #[prop(into)]
    label: Signal<String>,
    /// How to answer, below the control.
    #[prop(optional, into)]
    hint: MaybeProp<String>,
    /// What is wrong with the answer and how to put it right; announced when it appears.
    #[prop(optional, into)]
    error: MaybeProp<String>,
    /// Whether it must be filled.
    #[prop(optional)]
    required: bool,
    /// The control.
    children: Children,
) -> impl IntoView {
    let control = unique_id("field");
    let (hint_id, error_id) = (format!("{control}-hint"), format!("{control}-error"));
    let invalid = Signal::derive(move || error.get().is_some());
    let described_by = {
        let (hint_id, error_id) = (hint_id.clone(), error_id.clone());
        Signal::derive(move || {
            let mut ids = Vec::new();
            if error.get().is_some() {
                ids.push(error_id.as_str());
            }
            if hint.get().is_some() {
                ids.push(hint_id.as_str());
            }
            (!ids.is_empty()).then(|| ids.join(" "))
        })
    };
    let ids = FieldIds {
        control: control.clone(),
        described_by,
        invalid,
        required,
    };
    view! {
        <div class="field" class:invalid=move || invalid.get()>
            <label class="field-label" for=control>
                {dynamic(move || escaped_view(&label.get()))}
                {required.then(|| view! { <span class="field-required" aria-hidden="true">" *"</span> })}
            </label>
            <Provider value=ids>{children()}</Provider>
            <div class="field-live" aria-live="polite">
                {dynamic(move || {
                    let id = error_id.clone();
                    error.get().map(|error| view! {
                        <p class="field-error" id=id><Icon path=icons::ERROR_FILLED size=16/><span>{escaped_view(&error)}</span></p>
                    })
                })}
            </div>
            {dynamic(move || {
                let id = hint_id.clone();
                hint.get().map(|hint| view! { <p class="field-hint" id=id>{escaped_view(&hint)}</p> })
            })}
        </div>
    }
}
