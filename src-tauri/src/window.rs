//! The window: made from tauri.conf.json, showing our own page and nothing else.

use std::env;

use tauri::utils::config::Color;
use tauri::webview::{NewWindowResponse, PageLoadEvent};
use tauri::{AppHandle, Manager as _, Runtime, Theme, Url, WebviewWindow, WebviewWindowBuilder};

use crate::desk::Desk;

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
    let window = window.build()?;
    // Only the window knows the system's theme, and nothing is drawn before this function returns.
    if window.theme()? == Theme::Dark {
        window.set_background_color(Some(DARK))?;
    }
    Ok(window)
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
