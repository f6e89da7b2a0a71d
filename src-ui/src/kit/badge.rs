//! A word in a pill. It adds a colour to a word that is true without it; it is not a button.

use leptos::prelude::*;

/// The colour families of the design.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tone {
    /// Says nothing more than the word.
    #[default]
    Neutral,
    /// Belongs to this app or is selected.
    Brand,
    /// Went well.
    Success,
    /// Wants a look.
    Warning,
    /// Went wrong, or is dangerous.
    Danger,
}

impl Tone {
    /// The suffix of the CSS classes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Brand => "brand",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }
}

/// A word in a pill.
#[component]
pub fn Badge(
    /// Its colour.
    #[prop(optional, into)]
    tone: Signal<Tone>,
    /// An icon before the word.
    #[prop(optional)]
    icon: Option<&'static str>,
    /// The word.
    children: Children,
) -> impl IntoView {
    view! {
        <span class=move || format!("badge tone-{}", tone.get().name())>
            {icon.map(|path| view! { <super::Icon path size=12/> })}
            <span>{children()}</span>
        </span>
    }
}
