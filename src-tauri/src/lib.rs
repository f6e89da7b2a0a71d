//! The window's native side: it opens the engine, then the window, and passes calls and notices between the two. It
//! decides nothing and keeps nothing: Tauri manages two values, the desk with the engine's door and the desktop (settings,
//! notifications, tray), both complete before the window opens.

mod again;
mod automation;
mod autostart;
mod commands;
mod companions;
mod desk;
mod desktop;
mod files;
mod folders;
mod follow;
mod links;
mod notify;
mod remembered;
mod rendering;
mod settings;
mod tray;
mod waiting;
mod way_in;
mod window;

#[cfg(test)]
mod tests;

use std::env;
use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use engine::OpenOptions;
use tauri::{Builder, Manager as _, RunEvent, Runtime, async_runtime};

pub use automation::shed_remote_control;
use desk::Desk;
use desktop::Desktop;
use links::Wish;
pub use rendering::settle_rendering;

/// Opens the data folder and the window, and stays until the window is closed.
pub fn run() -> ExitCode {
    tell_on_stderr();
    if let Err(why) = window::display() {
        return not_started("the window cannot open", &why);
    }
    // Before the window: a call never meets an engine that is half there. When the folder cannot be opened, the window
    // opens all the same, and every call answers why.
    let options = OpenOptions::new("countersign-desktop");
    let desktop = Desktop::of(&options.data_dir);
    let arguments: Vec<String> = env::args_os()
        .skip(1)
        .map(|one| one.to_string_lossy().into_owned())
        .collect();
    let wish = Wish::read(arguments.iter().map(String::as_str));
    // First of all plugins: a second start ends here, and the first one shows its window.
    let builder = Builder::default().plugin(companions::only_one(&options.data_dir));
    let desk = async_runtime::block_on(Desk::open(options));
    let app = with_desk(builder, desk, desktop)
        .setup(move |app| {
            if let Some(page) = wish.page {
                app.state::<Desktop>().links.keep(page);
            }
            // In the tray the window is made when it is asked for, or when there turns out to be no tray.
            if !wish.in_tray {
                window::open(app.handle())?;
            }
            companions::start(app.handle());
            Ok(())
        })
        .build(tauri::generate_context!());
    match app {
        Ok(app) => app.run(|app, event| {
            // From the tray: a window that is closed has said where it was.
            if let RunEvent::ExitRequested { .. } = event {
                window::ends(app);
            }
            if let RunEvent::Exit = event {
                // Runs stay as they are in the journal; the next start goes on with them.
                async_runtime::block_on(app.state::<Desk>().close());
                app.state::<Desktop>().watchdog.ends();
            }
        }),
        Err(why) => {
            let why = match companions::was_deserted(&why) {
                true => companions::start_alone().to_string(),
                false => why.to_string(),
            };
            return not_started("the window cannot open", &why);
        }
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
fn with_desk<R: Runtime>(builder: Builder<R>, desk: Desk, desktop: Desktop) -> Builder<R> {
    let builder = builder.manage(desk).manage(desktop);
    builder.invoke_handler(commands::handler())
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
