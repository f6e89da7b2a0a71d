//! The window's native side: it opens the engine, then the window, and passes calls and notices between the two. It
//! decides nothing and keeps nothing: Tauri manages one value, the desk with the engine's door, complete before the
//! window opens.

mod automation;
mod commands;
mod desk;
mod follow;
mod way_in;
mod window;

#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use tauri::{Builder, Manager as _, RunEvent, Runtime, async_runtime};

pub use automation::shed_remote_control;
use desk::Desk;

/// Opens the data folder and the window, and stays until the window is closed.
pub fn run() -> ExitCode {
    tell_on_stderr();
    if let Err(why) = window::display() {
        return not_started("the window cannot open", &why);
    }
    // Before the window: a call never meets an engine that is half there. When the folder cannot be opened, the window
    // opens all the same, and every call answers why.
    let desk = async_runtime::block_on(Desk::open());
    let app = with_desk(Builder::default(), desk)
        .setup(|app| {
            window::open(app.handle())?;
            Ok(())
        })
        .build(tauri::generate_context!());
    match app {
        Ok(app) => app.run(|app, event| {
            if let RunEvent::Exit = event {
                // Runs stay as they are in the journal; the next start goes on with them.
                async_runtime::block_on(app.state::<Desk>().close());
            }
        }),
        Err(why) => return not_started("the window cannot open", &why),
    }
    ExitCode::SUCCESS
}

/// Says on stderr why the program ends before it has a window to say it in.
pub fn not_started(what: &str, why: &dyn Display) -> ExitCode {
    // Where stderr is closed nobody listens.
    let _ = writeln!(std::io::stderr(), "countersign-desktop: {what}: {why}");
    ExitCode::FAILURE
}

/// The application without its window: the same for the real runtime and the one of tests.
fn with_desk<R: Runtime>(builder: Builder<R>, desk: Desk) -> Builder<R> {
    builder.manage(desk).invoke_handler(commands::handler())
}

/// Log lines go to stderr; RUST_LOG chooses, as in every Rust program.
fn tell_on_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    // A second subscriber (in a test) is no reason not to start.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
}
