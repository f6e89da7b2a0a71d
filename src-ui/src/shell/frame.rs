//! The grid of the window and the keys that work everywhere in it.

use leptos::{ev, prelude::*};

use super::{NavItem, RailState, Route, nav::Nav, rail::Rail, regions, title_bar::TitleBar};
use crate::browser;

/// The frame. Expects [`Route`], [`RailState`] and [`ThemeState`](super::ThemeState) in context.
#[component]
pub fn Shell(
    /// The rows of the navigation.
    nav: Vec<NavItem>,
    /// What stands above every screen while something waits.
    #[prop(optional, into)]
    banner: ViewFn,
    /// What stands in the right rail.
    #[prop(into)]
    rail: ViewFn,
    /// The screen.
    children: Children,
) -> impl IntoView {
    let rail_state = expect_context::<RailState>();
    let route = expect_context::<Route>();

    let keys = window_event_listener(ev::keydown, move |event| {
        let control = (event.ctrl_key() || event.meta_key()) && !event.alt_key();
        match event.key().as_str() {
            "F6" => regions::move_focus(event.shift_key()),
            // Layouts without the key of its own send another character; the place is the same.
            "\\" if control && !event.repeat() => rail_state.toggle(),
            _ if control && !event.repeat() && event.code() == "Backslash" => rail_state.toggle(),
            _ => return,
        }
        event.prevent_default();
    });
    on_cleanup(move || keys.remove());

    // A new screen is read from its top; the first one must not steal the focus.
    Effect::new(move |before: Option<String>| {
        let here = route.path();
        if before.is_some_and(|before| before != here) {
            browser::focus_id("main");
        }
        here
    });

    view! {
        <a class="skip-link" href="#main" on:click=|event| { event.prevent_default(); browser::focus_id("main"); }>
            "Skip to content"
        </a>
        <div class="shell" class:shell-rail=move || rail_state.is_open() && !rail_state.overlays()>
            <TitleBar/>
            <Nav items=nav/>
            <div class="stage">
                {banner.run()}
                <main id="main" class="main" tabindex="-1" data-region="">{children()}</main>
            </div>
            <Rail>{rail.run()}</Rail>
        </div>
    }
}
