//! The window: leptos components over the same records and the same fold as the engine's. It decides nothing, and it
//! performs nothing but what a browser must (storage of its own preferences, focus, clipboard).
//! Below: `kit` (generic widgets), `live` (what comes from the engine), `shell` (the frame). On them `form`, `parts` and
//! `card`, which screens share. On top a folder by feature; features never import each other, `app` puts them together.

pub mod agents;
pub mod app;
pub mod approvals;
pub mod browser;
pub mod card;
mod commands;
pub mod form;
#[cfg(any(debug_assertions, feature = "gallery"))]
pub mod gallery;
pub mod guide;
pub mod home;
pub mod kit;
pub mod live;
pub mod parts;
pub mod run;
pub mod runs;
pub mod settings;
pub mod shell;
pub mod workflow_rail;
pub mod workflows;

use wasm_bindgen::prelude::wasm_bindgen;

/// Runs when the module is instantiated: takes the page over from the skeleton of `index.html`.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
    app::mount();
}
