//! What runs beside the window: the look at the board, notifications, the tray, and the guard against a second program
//! on the same data folder. It starts them and connects them; each says in its own file what it does.

use std::env;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::Path;

use tauri::async_runtime::spawn;
use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Manager as _, Runtime};
use tokio::sync::watch;
use workflow::RunId;

use crate::desk::Desk;
use crate::desktop::Desktop;
use crate::links::{Wish, page_of};
use crate::{again, notify, tray, waiting, window};

/// The name of the program on the bus.
const NAME: &str = "org.countersign.desktop";

/// A second start on the same data folder shows the window of the first, hands its link on, and ends.
pub(crate) fn only_one<R: Runtime>(data_dir: &Path) -> TauriPlugin<R> {
    tauri_plugin_single_instance::Builder::new()
        .dbus_id(name_for(data_dir))
        .callback(|app: &AppHandle<R>, arguments, _folder| {
            let wish = Wish::read(arguments.iter().skip(1).map(String::as_str));
            // Started with the session a second time: nobody asked for a window.
            if wish.page.is_some() || !wish.in_tray {
                window::go(app, wish.page);
            }
        })
        .build()
}

/// Set in a start that follows one whose predecessor was just ending.
const ALONE: &str = "COUNTERSIGN_STARTED_ALONE";

/// Did the first program end while this one told it to show its window? Once: the name on the bus is free after that.
pub(crate) fn was_deserted(why: &tauri::Error) -> bool {
    let plugin = match why {
        tauri::Error::PluginInitialization(plugin, _) => plugin.as_str(),
        _ => return false,
    };
    plugin == "single-instance" && env::var_os(ALONE).is_none()
}

/// Starts anew, as the only program. Comes back only where that has failed.
pub(crate) fn start_alone() -> io::Error {
    again::run(|command| _ = command.env(ALONE, "1"))
}

/// Another data folder is another program: its name on the bus says so.
fn name_for(data_dir: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    std::path::absolute(data_dir)
        .unwrap_or_else(|_| data_dir.to_owned())
        .hash(&mut hasher);
    format!("{NAME}.of{:016x}", hasher.finish())
}

/// Starts what runs until the program ends.
pub(crate) fn start<R: Runtime>(app: &AppHandle<R>) {
    let desktop = app.state::<Desktop>();
    let (tell, host) = watch::channel(Err("Countersign is still looking for a tray".to_owned()));
    spawn(tray::watch_host(None, tell));
    spawn(tray::keep(app.clone(), host, desktop.waiting.subscribe()));
    start_notifying(app, &desktop);
    let app = app.clone();
    spawn(async move {
        let (desk, desktop) = (app.state::<Desk>(), app.state::<Desktop>());
        waiting::follow(&desk, &desktop.waiting).await
    });
}

#[cfg(target_os = "linux")]
fn start_notifying<R: Runtime>(app: &AppHandle<R>, desktop: &Desktop) {
    if let Some(ears) = desktop.ears() {
        spawn(notify::run(
            notify::bus::Bus::listen(None),
            ears,
            Teller(app.clone()),
        ));
    }
}

/// Notifications of other systems are not built yet, and the window says so.
#[cfg(not(target_os = "linux"))]
fn start_notifying<R: Runtime>(_: &AppHandle<R>, desktop: &Desktop) {
    drop(desktop.ears());
    desktop.notifications_are(Err(
        "Countersign shows no notifications on this system yet. Look for what waits in the window"
            .to_owned(),
    ));
}

/// What the notifier says goes to the desktop and the window.
struct Teller<R: Runtime>(AppHandle<R>);

impl<R: Runtime> notify::Told for Teller<R> {
    fn state(&self, state: Result<String, String>) {
        self.0.state::<Desktop>().notifications_are(state);
    }

    fn open(&self, run: Option<RunId>) {
        window::go(&self.0, run.as_ref().map(page_of));
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn another_data_folder_is_another_program() {
        let (one, two) = (name_for(Path::new("/a")), name_for(Path::new("/b")));
        assert_ne!(one, two);
        assert_eq!(one, name_for(Path::new("/a")));
        // Names on the bus have at most 255 bytes, and no element begins with a digit.
        assert!(one.starts_with("org.countersign.desktop.of") && one.len() < 100);
        zbus::names::WellKnownName::try_from(format!("{one}.SingleInstance")).unwrap();
    }
}
