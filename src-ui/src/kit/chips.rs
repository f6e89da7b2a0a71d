//! Filters as chips: toggle buttons in a group. One of them at a time, or as many as one likes.

use leptos::prelude::*;

use super::{Choice, CollectParts};

/// Chips of which exactly one is pressed.
pub fn one_chip(label: &'static str, choices: Vec<Choice>, chosen: RwSignal<String>) -> AnyView {
    let pressed = Signal::derive(move || vec![chosen.get()]);
    group(
        label,
        choices,
        pressed,
        Callback::new(move |value| chosen.set(value)),
    )
}

/// Chips of which any may be pressed; none pressed takes everything. `chosen` keeps the order of pressing.
pub fn chips(label: &'static str, choices: Vec<Choice>, chosen: RwSignal<Vec<String>>) -> AnyView {
    let toggle = Callback::new(move |value| chosen.update(|chosen| toggled(chosen, value)));
    group(label, choices, chosen.into(), toggle)
}

fn toggled(chosen: &mut Vec<String>, value: String) {
    match chosen.iter().position(|one| *one == value) {
        Some(at) => _ = chosen.remove(at),
        None => chosen.push(value),
    }
}

fn group(
    label: &'static str,
    choices: Vec<Choice>,
    pressed: Signal<Vec<String>>,
    press: Callback<String>,
) -> AnyView {
    let chip = |choice: Choice| {
        let (value, own) = (choice.value.clone(), choice.value);
        view! {
            <button
                type="button"
                class="chip"
                aria-pressed=move || if pressed.with(|pressed| pressed.contains(&own)) { "true" } else { "false" }
                on:click=move |_| press.run(value.clone())
            >{choice.label}</button>
        }
    };
    view! {
        <div class="row chips" role="group" aria-label=label>{choices.into_iter().map(chip).collect_parts()}</div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::toggled;

    #[test]
    fn a_press_adds_and_the_next_takes_away() {
        let mut chosen = vec!["a".to_owned()];
        toggled(&mut chosen, "b".into());
        assert_eq!(chosen, ["a", "b"]);
        toggled(&mut chosen, "a".into());
        assert_eq!(chosen, ["b"]);
    }
}
