//! The window: leptos components over the same records and the same fold as the engine's.
//! A folder by feature, generic widgets in `kit`, the frame in `shell`. It decides nothing, and it performs nothing
//! but what a browser must (storage of its own preferences, focus, clipboard).

pub mod app;
pub mod browser;
#[cfg(any(debug_assertions, feature = "gallery"))]
pub mod gallery;
pub mod home;
pub mod kit;
pub mod shell;
pub mod workflow_rail;

use wasm_bindgen::prelude::wasm_bindgen;

/// Runs when the module is instantiated: takes the page over from the skeleton of `index.html`.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
    app::mount();
}
