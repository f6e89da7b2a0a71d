//! Controls for text: one line, a number, several lines. The signal holds exactly what was typed; turning it into
//! a value, and saying what is wrong with it, belongs to the form.

use leptos::{html, prelude::*};

use super::FieldIds;

/// One line of text.
#[component]
pub fn TextInput(
    /// What was typed.
    value: RwSignal<String>,
    /// `text`, `search`, `password`, `url`: the input's native type.
    #[prop(default = "text")]
    kind: &'static str,
    /// An example, never the only label.
    #[prop(optional, into)]
    placeholder: MaybeProp<String>,
    /// Paths, commands, digests: a fixed-width face, no spelling marks.
    #[prop(optional)]
    mono: bool,
    /// Cannot be changed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// The name for assistive technology where there is no [`Field`](super::Field) around it.
    #[prop(optional, into)]
    label: MaybeProp<String>,
    /// Takes the focus when a dialog opens.
    #[prop(optional)]
    autofocus: bool,
    /// For giving it the focus.
    #[prop(optional)]
    node_ref: NodeRef<html::Input>,
    /// How tests find it.
    #[prop(optional, into)]
    test_id: Option<String>,
) -> impl IntoView {
    let ids = FieldIds::of_context();
    view! {
        <input
            node_ref=node_ref
            data-testid=test_id
            class="input"
            class:mono=mono
            type=kind
            id=ids.control
            prop:value=move || value.get()
            placeholder=move || placeholder.get()
            spellcheck=if mono { "false" } else { "true" }
            autocomplete="off"
            autofocus=autofocus
            disabled=move || disabled.get()
            aria-label=move || label.get()
            aria-required=ids.required.then_some("true")
            aria-invalid=move || ids.invalid.get().then_some("true")
            aria-describedby=move || ids.described_by.get()
            on:input=move |event| value.set(event_target_value(&event))
        />
    }
}

/// A number. The signal is empty while what stands there is not one (the browser keeps the text to itself).
#[component]
pub fn NumberInput(
    /// What was typed, in the notation of JSON; empty for nothing and for not a number.
    value: RwSignal<String>,
    /// Smallest value.
    #[prop(optional, into)]
    min: MaybeProp<f64>,
    /// Largest value.
    #[prop(optional, into)]
    max: MaybeProp<f64>,
    /// Distance of one press of an arrow key; `None` takes any number.
    #[prop(optional, into)]
    step: MaybeProp<f64>,
    /// The unit, shown inside at the end.
    #[prop(optional)]
    unit: Option<&'static str>,
    /// Cannot be changed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// How tests find it.
    #[prop(optional, into)]
    test_id: Option<String>,
) -> impl IntoView {
    let ids = FieldIds::of_context();
    view! {
        <span class="input-wrap">
            <input
                class="input"
                data-testid=test_id
                type="number"
                id=ids.control
                prop:value=move || value.get()
                min=move || min.get()
                max=move || max.get()
                step=move || step.get().map_or_else(|| "any".to_owned(), |step| step.to_string())
                autocomplete="off"
                disabled=move || disabled.get()
                aria-required=ids.required.then_some("true")
                aria-invalid=move || ids.invalid.get().then_some("true")
                aria-describedby=move || ids.described_by.get()
                on:input=move |event| value.set(event_target_value(&event))
            />
            {unit.map(|unit| view! { <span class="input-unit">{unit}</span> })}
        </span>
    }
}

/// Several lines of text.
#[component]
pub fn Textarea(
    /// What was typed.
    value: RwSignal<String>,
    /// Lines shown before it scrolls.
    #[prop(default = 3)]
    rows: u8,
    /// JSON, scripts: a fixed-width face, no spelling marks.
    #[prop(optional)]
    mono: bool,
    /// An example, never the only label.
    #[prop(optional, into)]
    placeholder: MaybeProp<String>,
    /// Cannot be changed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Takes the focus when a dialog opens.
    #[prop(optional)]
    autofocus: bool,
    /// How tests find it.
    #[prop(optional, into)]
    test_id: Option<String>,
) -> impl IntoView {
    let ids = FieldIds::of_context();
    view! {
        <textarea
            class="input input-area"
            data-testid=test_id
            class:mono=mono
            id=ids.control
            rows=rows
            prop:value=move || value.get()
            placeholder=move || placeholder.get()
            spellcheck=if mono { "false" } else { "true" }
            autofocus=autofocus
            disabled=move || disabled.get()
            aria-required=ids.required.then_some("true")
            aria-invalid=move || ids.invalid.get().then_some("true")
            aria-describedby=move || ids.described_by.get()
            on:input=move |event| value.set(event_target_value(&event))
        ></textarea>
    }
}
