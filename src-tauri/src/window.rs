//! The window: made from tauri.conf.json, showing our own page and nothing else.

use std::env;

use tauri::async_runtime::spawn;
use tauri::utils::config::Color;
use tauri::webview::{NewWindowResponse, PageLoadEvent};
use tauri::{
    AppHandle, Manager as _, PhysicalPosition, PhysicalSize, Runtime, Theme, Url, WebviewWindow,
    WebviewWindowBuilder, WindowEvent,
};

use crate::desk::Desk;
use crate::desktop::Desktop;
use crate::remembered::Area;

/// The window's name in tauri.conf.json.
const MAIN: &str = "main";

/// Tells the page that there is a link to take. A constant: no text of others is ever run as a script. Not an event of
/// Tauri, which the page would need a permission to hear.
const LINK: &str = "window.dispatchEvent(new Event('countersign-link'))";

/// The page's own background (`--colorNeutralBackground3` of src-ui/styles/tokens.css): no flash of white before it.
const LIGHT: Color = Color(0xf5, 0xf5, 0xf5, 0xff);
const DARK: Color = Color(0x14, 0x14, 0x14, 0xff);

/// Is there a display to open a window on? The toolkit itself would end the program without a sentence.
///
/// # Errors
///
/// What is missing and what to do.
pub(crate) fn display() -> Result<(), &'static str> {
    let named = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    if cfg!(target_os = "linux") && !named("DISPLAY") && !named("WAYLAND_DISPLAY") {
        return Err(
            "there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set). \
             The terminal program does the same work: countersign help",
        );
    }
    Ok(())
}

/// Opens the window.
///
/// # Errors
///
/// The toolkit refused, or tauri.conf.json has no window.
pub(crate) fn open<R: Runtime>(app: &AppHandle<R>) -> tauri::Result<WebviewWindow<R>> {
    let config = app.config().app.windows.first();
    let config = config.ok_or(tauri::Error::WindowNotFound)?;
    let window = WebviewWindowBuilder::from_config(app, config)?
        .background_color(LIGHT)
        // The page leads nowhere: links to the world are copied, not followed.
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .on_page_load(|window, load| {
            // A new page knows nothing of what the one before followed.
            if load.event() == PageLoadEvent::Started {
                window.state::<Desk>().end_all();
            }
        });
    #[cfg(feature = "e2e")]
    let window = window.initialization_script(include_str!("seen.js"));
    let desktop = app.state::<Desktop>();
    desktop.watchdog.opens();
    let window = window.build()?;
    put_back(&window, &desktop)?;
    let closing = window.clone();
    window.on_window_event(move |event| {
        if let WindowEvent::CloseRequested { api, .. } = event {
            let desktop = closing.state::<Desktop>();
            remember(&closing, &desktop);
            if desktop.stays() && closing.hide().is_ok() {
                api.prevent_close();
                desktop.hidden();
            }
        }
    });
    // Only the window knows the system's theme, and nothing is drawn before this function returns.
    if window.theme()? == Theme::Dark {
        window.set_background_color(Some(DARK))?;
    }
    Ok(window)
}

/// Shows the window, and leads it to a page where one is named. It never takes long: the window is made beside.
pub(crate) fn go<R: Runtime>(app: &AppHandle<R>, page: Option<String>) {
    let leads = page.is_some();
    if let Some(page) = page {
        app.state::<Desktop>().links.keep(page);
    }
    let app = app.clone();
    spawn(async move {
        let shown = show(&app).and_then(|window| if leads { window.eval(LINK) } else { Ok(()) });
        if let Err(why) = shown {
            tracing::warn!(%why, "the window cannot be shown");
        }
    });
}

/// Shows a window that was hidden, or opens the one that was not there yet.
pub(crate) fn surface<R: Runtime>(app: &AppHandle<R>) {
    let hidden = app
        .get_webview_window(MAIN)
        .is_none_or(|window| !window.is_visible().unwrap_or(true));
    if hidden {
        go(app, None);
    }
}

fn show<R: Runtime>(app: &AppHandle<R>) -> tauri::Result<WebviewWindow<R>> {
    let window = match app.get_webview_window(MAIN) {
        Some(window) => window,
        None => open(app)?,
    };
    window.show()?;
    window.unminimize()?;
    window.set_focus()?;
    Ok(window)
}

/// Puts the window where it was, as far as the monitors of today allow.
fn put_back<R: Runtime>(window: &WebviewWindow<R>, desktop: &Desktop) -> tauri::Result<()> {
    let remembered = desktop.memory.recall();
    let Some(place) = remembered.place else {
        return Ok(());
    };
    let mut monitors = window.available_monitors()?;
    // The first is where a window goes whose monitor is gone.
    let primary = window.primary_monitor()?.map(|primary| *primary.position());
    monitors.sort_by_key(|monitor| Some(*monitor.position()) != primary);
    let areas: Vec<Area> = monitors
        .iter()
        .map(|monitor| {
            let room = monitor.work_area();
            let (at, size) = (room.position, room.size);
            Area {
                x: at.x,
                y: at.y,
                width: size.width,
                height: size.height,
            }
        })
        .collect();
    if let Some(place) = place.clamped(&areas) {
        window.set_size(PhysicalSize::new(place.width, place.height))?;
        window.set_position(PhysicalPosition::new(place.x, place.y))?;
    }
    if remembered.maximized {
        window.maximize()?;
    }
    Ok(())
}

/// Keeps where the window is, before the program ends.
pub(crate) fn ends<R: Runtime>(app: &AppHandle<R>) {
    if let Some(window) = app.get_webview_window(MAIN) {
        remember(&window, &app.state::<Desktop>());
    }
}

/// Keeps where the window is. A window that says nothing of its place is put back where it was before.
fn remember<R: Runtime>(window: &WebviewWindow<R>, desktop: &Desktop) {
    let (Ok(at), Ok(size)) = (window.outer_position(), window.inner_size()) else {
        return;
    };
    let maximized = window.is_maximized().unwrap_or(false);
    desktop.memory.change(|now| {
        now.maximized = maximized;
        if !maximized && !window.is_minimized().unwrap_or(false) {
            let (width, height) = (size.width, size.height);
            now.place = Some(Area {
                x: at.x,
                y: at.y,
                width,
                height,
            });
        }
    });
}

/// Is this address a part of the page that came with the program?
fn is_ours(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // What Tauri calls the same page where custom schemes do not exist.
        "http" | "https" => {
            cfg!(any(windows, target_os = "android")) && url.host_str() == Some("tauri.localhost")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_page_of_the_program_is_ours() {
        for (url, ours) in [
            ("tauri://localhost/index.html#/runs/1", true),
            ("tauri://localhost.example.org/", false),
            ("tauri://example.org/", false),
            ("https://example.org/", false),
            ("http://localhost/", false),
            ("file:///etc/passwd", false),
            ("data:text/html,x", false),
            ("javascript:alert(1)", false),
        ] {
            assert_eq!(is_ours(&url.parse().unwrap()), ours, "{url}");
        }
    }
}
