//! Where the window is: the part of the address after `#`. A screen is found by matching the path; there is no
//! history of our own, the browser's is enough.

use leptos::{ev, prelude::*};

/// The current path, always starting with `/`; in context everywhere.
#[derive(Clone, Copy)]
pub struct Route(RwSignal<String>);

impl Route {
    /// Reads the address, follows its changes, and provides itself to everything below the caller.
    pub fn provide() -> Self {
        let route = Self(RwSignal::new(path_now()));
        let follow = window_event_listener(ev::hashchange, move |_| route.0.set(path_now()));
        on_cleanup(move || follow.remove());
        provide_context(route);
        route
    }

    /// The current path, tracked.
    pub fn path(self) -> String {
        self.0.get()
    }

    /// Whether a link to `path` leads to where the window is, or to a screen above it; tracked.
    pub fn is_under(self, path: &str) -> bool {
        let here = self.0.read();
        here.as_str() == path
            || (path != "/"
                && here
                    .strip_prefix(path)
                    .is_some_and(|rest| rest.starts_with('/')))
    }

    /// Goes to a path.
    pub fn go(path: &str) {
        // Setting the fragment of a page that has a location cannot fail.
        let _ = window().location().set_hash(path);
    }
}

fn path_now() -> String {
    let hash = window().location().hash().unwrap_or_default();
    match hash.trim_start_matches('#') {
        path if path.starts_with('/') => path.to_owned(),
        _ => "/".to_owned(),
    }
}
