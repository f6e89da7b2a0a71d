//! Controls that choose: one of a list, yes or no. All native elements under their own paint.

use leptos::prelude::*;

use super::{
    CollectParts, FieldIds, Icon, dynamic,
    escape::{escaped, escaped_view},
    icons, unique_id,
};

/// One row of a [`Select`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice {
    /// What the signal becomes.
    pub value: String,
    /// What is read, as it came: it is escaped where it is shown.
    pub label: String,
}

impl Choice {
    /// A row whose value and words differ.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
        }
    }

    /// A row that shows its value.
    pub fn plain(value: impl Into<String>) -> Self {
        let value = value.into();
        Self {
            label: value.clone(),
            value,
        }
    }
}

/// One of a list.
#[component]
pub fn Select(
    /// The value chosen; empty for none.
    value: RwSignal<String>,
    /// The rows.
    #[prop(into)]
    choices: Signal<Vec<Choice>>,
    /// The row shown while nothing is chosen.
    #[prop(optional, into)]
    placeholder: MaybeProp<String>,
    /// Cannot be changed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// The name for assistive technology where there is no [`Field`](super::Field) around it.
    #[prop(optional, into)]
    label: MaybeProp<String>,
    /// How tests find it.
    #[prop(optional, into)]
    test_id: Option<String>,
) -> impl IntoView {
    let ids = FieldIds::of_context();
    view! {
        <span class="select-wrap">
            <select
                data-testid=test_id
                class="input select"
                id=ids.control
                disabled=move || disabled.get()
                aria-label=move || label.get()
                aria-required=ids.required.then_some("true")
                aria-invalid=move || ids.invalid.get().then_some("true")
                aria-describedby=move || ids.described_by.get()
                on:change=move |event| value.set(event_target_value(&event))
            >
                {dynamic(move || placeholder.get().map(|words| view! {
                    <option value="" prop:selected=move || value.get().is_empty()>{words}</option>
                }))}
                {dynamic(move || choices.get().into_iter().map(|choice| {
                    let own = choice.value.clone();
                    view! {
                        <option value=choice.value prop:selected=move || value.read() == own>{escaped(&choice.label)}</option>
                    }
                }).collect_parts())}
            </select>
            <Icon path=icons::CHEVRON_DOWN size=16/>
        </span>
    }
}

/// Yes or no, taking effect when the form does.
#[component]
pub fn Checkbox(
    /// Whether it is ticked.
    checked: RwSignal<bool>,
    /// What a tick means.
    #[prop(into)]
    label: Signal<String>,
    /// More words below the label.
    #[prop(optional, into)]
    hint: MaybeProp<String>,
    /// Cannot be changed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// How tests find it.
    #[prop(optional, into)]
    test_id: Option<String>,
) -> impl IntoView {
    toggle("checkbox", None, checked, label, hint, disabled, test_id)
}

/// On or off, taking effect at once.
#[component]
pub fn Switch(
    /// Whether it is on.
    checked: RwSignal<bool>,
    /// What is on or off.
    #[prop(into)]
    label: Signal<String>,
    /// More words below the label.
    #[prop(optional, into)]
    hint: MaybeProp<String>,
    /// Cannot be changed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
) -> impl IntoView {
    toggle(
        "switch",
        Some("switch"),
        checked,
        label,
        hint,
        disabled,
        None,
    )
}

fn toggle(
    class: &'static str,
    role: Option<&'static str>,
    checked: RwSignal<bool>,
    label: Signal<String>,
    hint: MaybeProp<String>,
    disabled: Signal<bool>,
    test_id: Option<String>,
) -> impl IntoView {
    let hint_id = unique_id("hint");
    let points_at = hint_id.clone();
    view! {
        <div class="choice">
            <label class="choice-label">
                <input
                    class=class
                    type="checkbox"
                    role=role
                    data-testid=test_id
                    prop:checked=move || checked.get()
                    disabled=move || disabled.get()
                    aria-describedby=move || hint.get().map(|_| points_at.clone())
                    on:change=move |event| checked.set(event_target_checked(&event))
                />
                <span>{dynamic(move || escaped_view(&label.get()))}</span>
            </label>
            {dynamic(move || {
                let id = hint_id.clone();
                hint.get().map(|hint| view! { <p class="field-hint" id=id>{escaped_view(&hint)}</p> })
            })}
        </div>
    }
}
