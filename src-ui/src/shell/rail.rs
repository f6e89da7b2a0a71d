//! The right rail: beside the screen where there is room, over it where there is not, hidden until a run starts.
//! When it shows itself is decided here; what stands in it is a slot.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::{JsCast, prelude::Closure};

use crate::{
    browser,
    kit::{IconButton, icons},
};

/// Below this width the rail lies over the screen. shell.css has the same number.
const NARROW: &str = "(max-width: 1099.98px)";

/// Whether the rail shows; in context everywhere.
#[derive(Clone, Copy)]
pub struct RailState {
    open: RwSignal<bool>,
    overlays: RwSignal<bool>,
    wanted: RwSignal<Option<String>>,
}

impl RailState {
    /// Restores what was remembered, follows the width, and provides itself to everything below the caller.
    /// A remembered open rail stays closed while it would lie over the screen.
    pub fn provide() -> Self {
        let overlays = browser::media(NARROW);
        let open = !overlays && browser::preference("rail").as_deref() == Some("open");
        let state = Self {
            open: RwSignal::new(open),
            overlays: RwSignal::new(overlays),
            wanted: RwSignal::new(None),
        };
        if let Ok(Some(list)) = window().match_media(NARROW) {
            // The query lives as long as the page does, and so does this closure.
            let follow = Closure::<dyn Fn()>::new(move || state.width_changed());
            let _ =
                list.add_event_listener_with_callback("change", follow.as_ref().unchecked_ref());
            follow.forget();
        }
        provide_context(state);
        state
    }

    /// Whether it shows, tracked.
    pub fn is_open(self) -> bool {
        self.open.get()
    }

    /// Whether it lies over the screen when it shows, tracked.
    pub fn overlays(self) -> bool {
        self.overlays.get()
    }

    /// A run has started: the rail opens by itself, unless it would lie over the screen or was closed by hand.
    pub fn run_started(self) {
        if !self.overlays.get_untracked()
            && browser::preference("rail").as_deref() != Some("closed")
        {
            self.open.set(true);
        }
    }

    /// The person opens or closes it; remembered where it stands beside the screen.
    pub fn toggle(self) {
        self.show(!self.open.get_untracked());
    }

    /// The person opens it (or something they pressed needs it).
    pub fn show(self, open: bool) {
        let had_focus = || browser::focused()?.closest("#rail").ok().flatten();
        if !open && had_focus().is_some() {
            // Before it is hidden: afterwards nothing has the focus.
            browser::focus_id("rail-toggle");
        }
        self.open.set(open);
        if !self.overlays.get_untracked() {
            browser::remember("rail", Some(if open { "open" } else { "closed" }));
        }
    }

    /// The person wants to start a workflow: the rail shows, and its form takes the focus. Empty: they choose there.
    pub fn start(self, workflow: &str) {
        self.show(true);
        self.wanted.set(Some(workflow.to_owned()));
    }

    /// The workflow that is to be started, once; tracked. For the form.
    pub fn take_start(self) -> Option<String> {
        let wanted = self.wanted.get()?;
        self.wanted.set(None);
        Some(wanted)
    }

    fn width_changed(self) {
        let overlays = browser::media(NARROW);
        self.overlays.set(overlays);
        self.open
            .set(!overlays && browser::preference("rail").as_deref() == Some("open"));
    }
}

/// The rail itself.
#[component]
pub fn Rail(
    /// What stands in it.
    children: ChildrenFn,
) -> impl IntoView {
    let state = expect_context::<RailState>();
    let close = NodeRef::<html::Button>::new();
    // Over the screen it takes the focus, and gives it back to its button when it goes.
    Effect::new(move |before: Option<bool>| {
        let over = state.is_open() && state.overlays.get_untracked();
        if over && before == Some(false) {
            if let Some(close) = close.get() {
                let _ = close.focus();
            }
        } else if !over && before == Some(true) {
            browser::focus_id("rail-toggle");
        }
        over
    });
    let keys = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" && state.overlays.get_untracked() && !event.default_prevented() {
            state.show(false);
        }
    };
    view! {
        <aside
            id="rail"
            class="rail"
            class:rail-over=move || state.overlays()
            aria-label="Workflow"
            tabindex="-1"
            data-region=""
            hidden=move || !state.is_open()
            on:keydown=keys
        >
            <div class="rail-head">
                <h2>"Workflow"</h2>
                <IconButton icon=icons::DISMISS label="Close workflow panel" on_press=move |()| state.show(false) node_ref=close/>
            </div>
            <div class="rail-body">{children()}</div>
        </aside>
    }
}
