//! One of a long list, found by typing: an input that filters. What was typed and is no option becomes no value: the
//! last one comes back. For short lists use a select.

use leptos::{ev, html, prelude::*};

use super::{
    Choice, FieldIds, Icon, Memo, find, icons,
    options::{Options, Row},
    popup, unique_id,
};

#[derive(Clone, Copy)]
struct Combo {
    value: RwSignal<String>,
    choices: Signal<Vec<Choice>>,
    text: RwSignal<String>,
    /// What was typed since it opened; the list is filtered by it.
    filter: RwSignal<String>,
    open: RwSignal<bool>,
    active: RwSignal<usize>,
    input: NodeRef<html::Input>,
    popover: NodeRef<html::Div>,
}

/// One of a long list. `value` is empty for none; the field around it gives the label, as for a select.
pub fn combobox(
    value: RwSignal<String>,
    choices: Signal<Vec<Choice>>,
    placeholder: &'static str,
) -> AnyView {
    let ids = FieldIds::of_context();
    let state = Combo {
        value,
        choices,
        text: RwSignal::new(String::new()),
        filter: RwSignal::new(String::new()),
        open: RwSignal::new(false),
        active: RwSignal::new(0),
        input: NodeRef::new(),
        popover: NodeRef::new(),
    };
    // The value may be changed from elsewhere, and the choices may come later than it.
    Effect::new(move |_| state.text.set(state.label()));
    let options = Options {
        rows: Memo::new(move |_| {
            let found =
                |choices: &Vec<Choice>| matching(choices, &state.filter.read()).map(row).collect();
            choices.with(found)
        }),
        active: state.active,
        id: StoredValue::new(unique_id("options")),
        pick: Callback::new(move |at| state.pick(at)),
    };
    let keys = move |event: ev::KeyboardEvent| {
        let open = state.open.get_untracked();
        match event.key().as_str() {
            "Escape" if open => {
                event.prevent_default();
                event.stop_propagation();
                state.close();
                state.text.set(untrack(|| state.label()));
            }
            "ArrowDown" | "ArrowUp" if !open => {
                event.prevent_default();
                state.show();
            }
            "Enter" if !open => {}
            _ if open => _ = options.pressed(&event),
            _ => {}
        }
    };
    view! {
        <span class="select-wrap">
            <input
                class="input select"
                type="text"
                role="combobox"
                id=ids.control
                aria-autocomplete="list"
                aria-expanded=move || if state.open.get() { "true" } else { "false" }
                aria-controls=options.id.get_value()
                aria-activedescendant=move || state.open.get().then(|| options.active_id()).flatten()
                aria-required=ids.required.then_some("true")
                aria-invalid=move || ids.invalid.get().then_some("true")
                aria-describedby=move || ids.described_by.get()
                autocomplete="off"
                spellcheck="false"
                placeholder=placeholder
                node_ref=state.input
                prop:value=move || state.text.get()
                on:input=move |event| state.typed(event_target_value(&event))
                on:click=move |_| state.show()
                on:blur=move |_| state.left()
                on:keydown=keys
            />
            <Icon path=icons::CHEVRON_DOWN size=16/>
        </span>
        <div class="popover options-box" popover="manual" node_ref=state.popover>
            {options.view("Choices", "No choice has these letters")}
        </div>
    }
    .into_any()
}

fn row(choice: &Choice) -> Row {
    Row {
        title: choice.label.clone(),
        hint: String::new(),
        keys: String::new(),
    }
}

fn matching<'a>(choices: &'a [Choice], filter: &'a str) -> impl Iterator<Item = &'a Choice> {
    let words = move |choice: &&Choice| find::has_words(filter, &[&choice.label, &choice.value]);
    choices.iter().filter(words)
}

/// The choice that a typed text names: its label or its value, in either case.
fn named<'a>(choices: &'a [Choice], text: &str) -> Option<&'a Choice> {
    let wanted = find::folded(text.trim());
    choices.iter().find(|choice| {
        find::folded(&choice.label) == wanted || find::folded(&choice.value) == wanted
    })
}

impl Combo {
    /// The words of the value, tracked.
    fn label(self) -> String {
        let value = self.value.get();
        self.choices.with(|choices| {
            let found = choices.iter().find(|choice| choice.value == value);
            found.map(|choice| choice.label.clone()).unwrap_or_default()
        })
    }

    fn show(self) {
        if self.open.get_untracked() {
            return;
        }
        self.filter.set(String::new());
        let value = self.value.get_untracked();
        let at = self
            .choices
            .with_untracked(|choices| choices.iter().position(|one| one.value == value));
        self.active.set(at.unwrap_or(0));
        self.open.set(true);
        if let (Some(popover), Some(input)) =
            (self.popover.get_untracked(), self.input.get_untracked())
        {
            popup::show(&popover, &input, true);
        }
    }

    fn close(self) {
        self.open.set(false);
        if let Some(popover) = self.popover.get_untracked() {
            popup::hide(&popover);
        }
    }

    fn typed(self, text: String) {
        self.show();
        self.filter.set(text.clone());
        self.text.set(text);
        self.active.set(0);
    }

    fn pick(self, at: usize) {
        let filter = self.filter.get_untracked();
        let value = self.choices.with_untracked(|choices| {
            matching(choices, &filter)
                .nth(at)
                .map(|choice| choice.value.clone())
        });
        self.close();
        self.take(value);
    }

    /// The focus has gone: what stands there becomes the value if it names one, nothing if it is empty.
    fn left(self) {
        self.close();
        let text = self.text.get_untracked();
        let value = self
            .choices
            .with_untracked(|choices| named(choices, &text).map(|choice| choice.value.clone()));
        self.take(if text.trim().is_empty() {
            Some(String::new())
        } else {
            value
        });
    }

    fn take(self, value: Option<String>) {
        if let Some(value) = value.filter(|value| *value != self.value.get_untracked()) {
            self.value.set(value);
        }
        self.text.set(untrack(|| self.label()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_finds_and_names() {
        let choices = [
            Choice::new("eu-central-1", "Frankfurt"),
            Choice::new("eu-west-1", "Ireland"),
            Choice::plain("eu"),
        ];
        let found = |filter| {
            matching(&choices, filter)
                .map(|one| one.label.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(found("fr"), ["Frankfurt"]);
        assert_eq!(found("EU 1"), ["Frankfurt", "Ireland"]);
        assert_eq!(found("").len(), 3);
        let names = |text| named(&choices, text).map(|one| one.value.as_str());
        assert_eq!(names(" ireland "), Some("eu-west-1"));
        assert_eq!(names("EU"), Some("eu"));
        assert_eq!(names("fr"), None);
    }
}
