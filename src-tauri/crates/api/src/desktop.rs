//! What the window asks of the desktop program itself, not of the engine: settings of the desktop, notifications, folders.
//! These calls exist only in the window; terminal and socket have none of them.

use crate::table::calls;
use serde::{Deserialize, Serialize};

/// How the desktop program behaves; kept in `desktop.json` of the data folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DesktopSettings {
    /// A native notification when a decision is needed.
    pub notifications: bool,
    /// Closing the window while runs go on or wait keeps the program in the tray.
    pub keep_in_tray: bool,
    /// Starts with the session, in the tray.
    pub autostart: bool,
    /// How the window is drawn; a change holds from the next start.
    pub rendering: Rendering,
}

impl Default for DesktopSettings {
    fn default() -> DesktopSettings {
        DesktopSettings {
            notifications: true,
            keep_in_tray: true,
            autostart: false,
            rendering: Rendering::Automatic,
        }
    }
}

/// How the window is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rendering {
    /// With the GPU, unless the last start that way did not paint.
    #[default]
    Automatic,
    /// With the GPU.
    Gpu,
    /// Without.
    Compatible,
}

/// How the desktop program is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DesktopState {
    /// The settings.
    pub settings: DesktopSettings,
    /// The name of the server that shows notifications, or why none are shown and what to do.
    pub notifications: Result<String, String>,
    /// There is a tray, or why not.
    pub tray: Result<(), String>,
    /// How the window is drawn now, and why where that is not what the setting says.
    pub rendering: String,
}

/// A folder that the window may ask to be opened in the system's file manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Folder {
    /// The workflow files.
    Definitions,
    /// The data folder.
    Data,
    /// The backups.
    Backups,
    /// The folder for downloads.
    Downloads,
}

calls! {
    DESKTOP_CALLS for_each_desktop_call;
    /// How the desktop program is.
    false desktop_state as AskDesktop -> DesktopState {}
    /// Changes its settings.
    true set_desktop as SetDesktop -> DesktopState {
        /// All of them.
        settings: DesktopSettings,
    }
    /// Shows a notification now, so that a person can see whether one comes.
    true test_notification as TestNotification -> DesktopState {}
    /// Opens a folder in the system's file manager.
    true open_folder as OpenFolder -> () {
        /// Which.
        folder: Folder,
    }
    /// The page has been painted: the watchdog of the first picture is done.
    true painted as Painted -> () {}
    /// Where the window shall go, as a path of the page; set by a notification, the tray or a link. Taken once.
    false take_link as TakeLink -> Option<String> {}
}
