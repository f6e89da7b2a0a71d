//! The real window: the desktop program with its real page, engine and data folder, on a display in memory, clicked
//! through over WebDriver. What it needs is in `stage.rs`; without it the tests say `SKIPPED:` and in CI they fail.
//! Nothing listens but on loopback, and every process ends by the id it was started with.

mod axe;
mod back;
mod bars;
mod crash;
mod door;
mod driver;
mod dunst;
mod errors;
mod examples;
mod faults;
mod first_start;
mod gates;
mod host;
mod hostile;
mod hostile_host;
mod journey;
mod keyboard;
mod long;
mod native;
mod page;
mod process;
mod screens;
#[path = "../../src-tauri/src/notify/tests/shelf.rs"]
mod shelf;
mod stage;
mod start_time;
mod tour;
mod x11;
