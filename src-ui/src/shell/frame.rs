//! The grid of the window and the keys that work everywhere in it.

use std::sync::Arc;

use leptos::{ev, prelude::*};

use super::{
    Command, NavItem, RailState, Route, Run, focus,
    nav::Nav,
    palette::palette,
    rail::Rail,
    regions,
    sheet::sheet,
    shortcuts::{Does, WindowKey, shown, window_key},
    title_bar::TitleBar,
};
use crate::browser;

/// The frame. Expects [`Route`], [`RailState`] and [`AppearanceState`](super::AppearanceState) in context.
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
    /// What the command palette offers.
    commands: Signal<Vec<Command>>,
    /// Leads to the next approval that waits.
    on_next_approval: Callback<()>,
    /// The screen.
    children: Children,
) -> impl IntoView {
    let rail_state = expect_context::<RailState>();
    let route = expect_context::<Route>();

    let (palette_open, sheet_open) = (RwSignal::new(false), RwSignal::new(false));
    let keys = window_event_listener(ev::keydown, move |event| {
        let Some(key) = window_key(&event) else {
            return;
        };
        // A question that is open is answered first.
        let free = !browser::dialog_open();
        match key {
            WindowKey::NextRegion | WindowKey::RegionBefore => {
                regions::move_focus(key == WindowKey::RegionBefore);
            }
            WindowKey::Panel => rail_state.toggle(),
            WindowKey::Palette if palette_open.get_untracked() => palette_open.set(false),
            WindowKey::Palette if free => palette_open.set(true),
            WindowKey::Sheet if free => sheet_open.set(true),
            WindowKey::NextApproval if free => on_next_approval.run(()),
            WindowKey::NewRun if free => rail_state.start(""),
            WindowKey::Palette | WindowKey::Sheet | WindowKey::NextApproval | WindowKey::NewRun => {
            }
            // What has the focus may have searched in itself; where nothing can be searched the browser may.
            WindowKey::Find if event.default_prevented() || !browser::open_find() => return,
            WindowKey::Find => {}
        }
        event.prevent_default();
    });
    on_cleanup(move || keys.remove());
    focus::keep();

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
            <TitleBar palette=palette_open/>
            <Nav items=nav/>
            <div class="stage">
                {banner.run()}
                <main id="main" class="main" tabindex="-1" data-region="">{children()}</main>
            </div>
            <Rail>{rail.run()}</Rail>
        </div>
        {palette(palette_open, with_own(commands, sheet_open))}
        {sheet(sheet_open)}
    }
}

/// The commands of the caller, and the frame's own.
fn with_own(commands: Signal<Vec<Command>>, sheet_open: RwSignal<bool>) -> Signal<Vec<Command>> {
    let rail = expect_context::<RailState>();
    let own = |id: &str, title: &str, key: WindowKey, run: Run| Command {
        id: id.to_owned(),
        title: title.to_owned(),
        hint: String::new(),
        keys: shown(Does::Window(key)),
        run,
    };
    let own = [
        own(
            "panel",
            "Show or hide the workflow panel",
            WindowKey::Panel,
            Arc::new(move || rail.toggle()),
        ),
        own(
            "keys",
            "Show all keys",
            WindowKey::Sheet,
            Arc::new(move || sheet_open.set(true)),
        ),
    ];
    Signal::derive(move || {
        let mut all = commands.get();
        all.extend(own.iter().cloned());
        all
    })
}
