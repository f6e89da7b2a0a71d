//! The colour theme: the system's, or one the person chose. `assets/theme.js` applies the remembered choice before the
//! first paint, this module changes it; which colours a theme has is in styles/tokens.css alone.

use leptos::prelude::*;

use super::appearance::keep;
use crate::browser;

/// What can be chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Theme {
    /// Whatever the system says, high contrast and forced colours included.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
    /// White on black, yellow links, cyan selection.
    HighContrast,
}

impl Theme {
    /// Every choice, in the order shown.
    pub const ALL: [Self; 4] = [Self::System, Self::Light, Self::Dark, Self::HighContrast];

    /// The words of the choice.
    pub const fn label(self) -> &'static str {
        match self {
            Self::System => "Same as system",
            Self::Light => "Light",
            Self::Dark => "Dark",
            Self::HighContrast => "High contrast",
        }
    }

    /// The value of `data-theme`, which is also what is remembered; the system's theme has none.
    pub const fn attribute(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
            Self::HighContrast => Some("hc"),
        }
    }

    fn of_attribute(value: Option<&str>) -> Self {
        Self::ALL
            .into_iter()
            .find(|theme| theme.attribute() == value)
            .unwrap_or(Self::System)
    }
}

/// The theme in use; in context everywhere.
#[derive(Clone, Copy)]
pub struct ThemeState(RwSignal<Theme>);

impl ThemeState {
    /// Reads what was remembered and provides itself to everything below the caller.
    pub fn provide() -> Self {
        let state = Self(RwSignal::new(Theme::of_attribute(
            browser::preference("theme").as_deref(),
        )));
        provide_context(state);
        state
    }

    /// The theme in use, tracked.
    pub fn get(self) -> Theme {
        self.0.get()
    }

    /// Changes the page to a theme and remembers it.
    pub fn choose(self, theme: Theme) {
        self.0.set(theme);
        keep("theme", theme.attribute().unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_theme_is_found_by_what_is_remembered() {
        for theme in Theme::ALL {
            assert_eq!(Theme::of_attribute(theme.attribute()), theme);
        }
        assert_eq!(Theme::of_attribute(Some("sepia")), Theme::System);
    }
}
