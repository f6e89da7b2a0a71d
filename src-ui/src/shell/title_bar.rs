//! The bar at the top: whose window this is, the way to the commands, the theme, and the switch of the rail.

use leptos::prelude::*;

use super::{RailState, Theme, ThemeState, appearance::theme_choices};
use crate::kit::{Icon, IconButton, dynamic, icons};

/// The bar at the top.
#[component]
pub fn TitleBar(
    /// Whether the command palette is open.
    palette: RwSignal<bool>,
) -> impl IntoView {
    let rail = expect_context::<RailState>();
    view! {
        <header class="title-bar" data-region="">
            <a class="brand" href="#/"><Icon path=icons::BRAND/><span>"Countersign"</span></a>
            <button
                type="button"
                class="palette-field"
                aria-haspopup="dialog"
                aria-keyshortcuts="Control+K"
                data-testid="palette"
                on:click=move |_| palette.set(true)
            >
                <Icon path=icons::SEARCH size=16/>
                <span>"Search or run a command"</span>
                <kbd aria-hidden="true">"Ctrl K"</kbd>
            </button>
            <div class="title-actions">
                <ThemeMenu/>
                <span class="rail-toggle">
                    <IconButton
                        icon=Signal::derive(move || if rail.is_open() { icons::PANEL_RIGHT_FILLED } else { icons::PANEL_RIGHT })
                        label=Signal::derive(move || if rail.is_open() { "Hide workflow panel" } else { "Show workflow panel" }.to_owned())
                        expanded=Signal::derive(move || rail.is_open())
                        controls="rail"
                        shortcut="Control+\\"
                        on_press=move |()| rail.toggle()
                        attr:id="rail-toggle"
                    />
                </span>
            </div>
        </header>
    }
}

/// The choice of the theme: native radio buttons in a native popover, so that arrows, Escape and a click beside it
/// work without code.
#[component]
fn ThemeMenu() -> impl IntoView {
    let theme = expect_context::<ThemeState>();
    let icon = move || match theme.get() {
        Theme::System => icons::DESKTOP,
        Theme::Light => icons::WEATHER_SUNNY,
        Theme::Dark => icons::WEATHER_MOON,
        Theme::HighContrast => icons::DARK_THEME,
    };
    view! {
        <button
            type="button"
            class="btn btn-subtle btn-icon"
            popovertarget="theme-menu"
            aria-label=move || format!("Change theme, now {}", theme.get().label().to_lowercase())
            title="Theme"
        >
            {dynamic(move || view! { <Icon path=icon()/> })}
        </button>
        <div id="theme-menu" class="popover" popover="auto">
            {theme_choices(theme, "theme")}
        </div>
    }
}
