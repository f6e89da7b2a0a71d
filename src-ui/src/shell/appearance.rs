//! How the window looks beside its colours: density, text size, motion. Kept as the theme is: `assets/theme.js` applies
//! what was remembered before the first paint, this module changes it; what each means is in the style sheets.

use leptos::prelude::*;

use super::{Theme, ThemeState};
use crate::{
    browser,
    kit::{Choice, Field, Select},
};

/// What is chosen beside the theme. Each is the value of its data attribute and of its preference; empty, and without
/// either, for the default.
const CHOICES: [(&str, &[&str]); 3] = [
    ("density", &["compact"]),
    ("text", &["90", "110", "125", "150"]),
    ("motion", &["reduced"]),
];

/// How the window looks; in context everywhere.
#[derive(Clone, Copy)]
pub struct AppearanceState {
    /// The colours.
    pub theme: ThemeState,
    /// `compact`, else comfortable.
    density: RwSignal<String>,
    /// In percent, else 100.
    text: RwSignal<String>,
    /// `reduced`, else as the system says.
    motion: RwSignal<String>,
}

impl AppearanceState {
    /// Reads what was remembered and provides itself, and the theme, to everything below the caller.
    pub fn provide() -> Self {
        let [density, text, motion] = CHOICES.map(|(name, values)| kept(name, values));
        let state = Self {
            theme: ThemeState::provide(),
            density,
            text,
            motion,
        };
        provide_context(state);
        state
    }
}

/// A choice that is remembered, and shown on the page, whenever it changes.
fn kept(name: &'static str, values: &'static [&'static str]) -> RwSignal<String> {
    let remembered = browser::preference(name);
    let chosen = RwSignal::new(known(remembered.as_deref(), values).to_owned());
    Effect::new(move |before: Option<()>| {
        let value = chosen.get();
        // What is remembered is on the page already.
        if before.is_some() {
            keep(name, known(Some(&value), values));
        }
    });
    chosen
}

/// The value, if there is such a one; else the default.
fn known<'a>(value: Option<&'a str>, values: &[&str]) -> &'a str {
    value
        .filter(|value| values.contains(value))
        .unwrap_or_default()
}

/// Remembers a preference that is a data attribute of the page, and sets it; empty takes it away.
pub(super) fn keep(name: &str, value: &str) {
    let value = Some(value).filter(|value| !value.is_empty());
    browser::remember(name, value);
    if let Some(root) = document().document_element() {
        let attribute = format!("data-{name}");
        // The names are constants, and valid.
        let _ = match value {
            Some(value) => root.set_attribute(&attribute, value),
            None => root.remove_attribute(&attribute),
        };
    }
}

/// Everything about appearance, for the screen of settings.
#[component]
pub fn AppearancePanel() -> impl IntoView {
    let state = expect_context::<AppearanceState>();
    view! {
        <div class="form-fields appearance">
            {theme_choices(state.theme, "appearance-theme")}
            <Field label="Density" hint="Compact shows more rows at once">
                <Select value=state.density choices=choices(&[("", "Comfortable"), ("compact", "Compact")])/>
            </Field>
            <Field label="Text size">
                <Select
                    value=state.text
                    choices=choices(&[("90", "90 %"), ("", "100 %"), ("110", "110 %"), ("125", "125 %"), ("150", "150 %")])
                />
            </Field>
            <Field label="Motion" hint="Reduced: nothing moves or pulses">
                <Select value=state.motion choices=choices(&[("", "Same as system"), ("reduced", "Reduced")])/>
            </Field>
        </div>
    }
}

fn choices(rows: &[(&str, &str)]) -> Vec<Choice> {
    rows.iter()
        .map(|(value, label)| Choice::new(*value, *label))
        .collect()
}

/// The choice of the theme: native radio buttons. `name` is their group, one for each place they stand.
pub(super) fn theme_choices(theme: ThemeState, name: &'static str) -> AnyView {
    view! {
        <fieldset class="theme-choices">
            <legend>"Theme"</legend>
            {Theme::ALL.map(|choice| view! {
                <label class="choice-label">
                    <input
                        class="radio"
                        type="radio"
                        name=name
                        value=choice.attribute().unwrap_or("system")
                        prop:checked=move || theme.get() == choice
                        on:change=move |_| theme.choose(choice)
                    />
                    <span>{choice.label()}</span>
                </label>
            })}
        </fieldset>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_one_of_the_choices() {
        let (_, text) = CHOICES[1];
        assert_eq!(known(Some("125"), text), "125");
        assert_eq!(known(Some("1000"), text), "");
        assert_eq!(known(None, text), "");
    }

    #[test]
    fn every_choice_means_something_and_is_applied_before_the_first_paint() {
        let script = include_str!("../../assets/theme.js");
        let css = concat!(
            include_str!("../../styles/tokens.css"),
            include_str!("../../styles/base.css")
        );
        for (name, values) in CHOICES {
            assert!(
                script.contains(&format!("\"{name}\"")),
                "{name} in theme.js"
            );
            for value in values {
                let selector = format!("[data-{name}=\"{value}\"]");
                assert!(css.contains(&selector), "{selector} in the style sheets");
            }
        }
    }
}
