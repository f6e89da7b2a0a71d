//! How the window is drawn, decided before the webview starts: WebKit's way over the GPU leaves the window white on
//! some drivers. Automatic tries it and looks whether the page says that it was painted; it measures no speed.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use api::Rendering;
use engine::OpenOptions;

use crate::settings::SettingsFile;
use crate::{again, files};

/// WebKit's own switch.
pub(crate) const SWITCH: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// Says that a window was opened with the GPU and has not been painted yet. It holds the program's version: another one
/// tries again.
const TRIAL: &str = "rendering.trial";

/// A window that a person closes sooner has said nothing about the GPU.
const SOON: Duration = Duration::from_secs(5);

/// How this start draws, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// With the GPU, because the settings say so.
    Gpu,
    /// With the GPU, watched.
    Trial,
    /// Without, because the settings say so.
    Compatible,
    /// Without: an earlier start with the GPU was not painted.
    Unpainted,
    /// Without, because the environment says so.
    Environment,
    /// There is nothing to choose on this system.
    System,
}

impl Chosen {
    /// What holds for these settings in this environment.
    pub(crate) fn by(setting: Rendering, unpainted: bool, switch: Option<&OsStr>) -> Self {
        if !cfg!(target_os = "linux") {
            return Self::System;
        }
        // "0" is how WebKit's switches are left off.
        let switched = switch.is_some_and(|value| !value.is_empty() && value != "0");
        match setting {
            Rendering::Compatible => Self::Compatible,
            Rendering::Automatic if unpainted => Self::Unpainted,
            Rendering::Automatic | Rendering::Gpu if switched => Self::Environment,
            Rendering::Automatic => Self::Trial,
            Rendering::Gpu => Self::Gpu,
        }
    }

    /// Must the switch be set for it?
    pub(crate) fn wants_switch(self) -> bool {
        match self {
            Self::Compatible | Self::Unpainted => true,
            Self::Gpu | Self::Trial | Self::Environment | Self::System => false,
        }
    }
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gpu | Self::Trial => "With the GPU",
            Self::Compatible => "Without the GPU",
            Self::Unpainted => {
                "Without the GPU, because an earlier start with it did not paint the window. Choose GPU to try again"
            }
            Self::Environment => {
                "Without the GPU, because WEBKIT_DISABLE_DMABUF_RENDERER is set in the environment"
            }
            Self::System => "As the system's webview does it",
        })
    }
}

/// The watchdog of the first picture.
pub(crate) struct Watchdog {
    file: PathBuf,
    chosen: Chosen,
    /// Since when a window is open that has not been painted.
    since: Mutex<Option<Instant>>,
}

impl Watchdog {
    /// In a data folder.
    pub(crate) fn of(data_dir: &Path, chosen: Chosen) -> Self {
        Self {
            file: data_dir.join(TRIAL),
            chosen,
            since: Mutex::default(),
        }
    }

    /// How this start draws.
    pub(crate) fn chosen(&self) -> Chosen {
        self.chosen
    }

    /// The window is about to open.
    pub(crate) fn opens(&self) {
        if self.chosen != Chosen::Trial {
            return;
        }
        match files::replace(&self.file, env!("CARGO_PKG_VERSION").as_bytes()) {
            Ok(()) => *self.since() = Some(Instant::now()),
            // A folder that cannot be written: the window opens, unwatched.
            Err(why) => tracing::warn!(%why, "whether the window is painted cannot be watched"),
        }
    }

    /// The page has been painted. A start without the GPU says nothing about one with it.
    pub(crate) fn painted(&self) {
        if self.since().take().is_some() {
            self.try_again();
        }
    }

    /// The program ends; a window that was closed at once is no proof.
    pub(crate) fn ends(&self) {
        let since = self.since().take();
        if since.is_some_and(|since| since.elapsed() < SOON) {
            self.try_again();
        }
    }

    /// Forgets that a start was not painted.
    pub(crate) fn try_again(&self) {
        if let Err(why) = files::remove(&self.file) {
            tracing::warn!(%why, file = %self.file.display(), "the watchdog's mark stays");
        }
    }

    fn since(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Was an earlier start of this version with the GPU not painted?
pub(crate) fn unpainted(data_dir: &Path) -> bool {
    let version = std::fs::read_to_string(data_dir.join(TRIAL));
    version.is_ok_and(|version| version == env!("CARGO_PKG_VERSION"))
}

/// The choice for a start with this data folder, in the environment of this process.
pub(crate) fn choose(data_dir: &Path, setting: Rendering) -> Chosen {
    Chosen::by(setting, unpainted(data_dir), env::var_os(SWITCH).as_deref())
}

/// Starts this program again with WebKit's switch where this start has to do without the GPU and the environment does not
/// say so yet; does nothing otherwise. That it cannot be started again is no reason not to start: the window is drawn
/// with the GPU then.
pub fn settle_rendering() {
    let data_dir = OpenOptions::new("countersign-desktop").data_dir;
    let setting = SettingsFile::of(&data_dir).read().rendering;
    if choose(&data_dir, setting).wants_switch() && env::var_os(SWITCH).is_none_or(|set| set != "1")
    {
        let why = again::run(|program| {
            program.env(SWITCH, "1");
        });
        tracing::warn!(%why, "the window is drawn with the GPU: the program could not be started again");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_choice() {
        use Chosen::{Compatible, Environment, Gpu, Trial, Unpainted};
        for (setting, unpainted, switch, chosen) in [
            (Rendering::Automatic, false, None, Trial),
            (Rendering::Automatic, true, None, Unpainted),
            // As the program finds it after it has set the switch itself.
            (Rendering::Automatic, true, Some("1"), Unpainted),
            (Rendering::Automatic, false, Some("1"), Environment),
            (Rendering::Automatic, false, Some("0"), Trial),
            (Rendering::Gpu, true, None, Gpu),
            (Rendering::Gpu, false, Some("1"), Environment),
            (Rendering::Compatible, false, None, Compatible),
            (Rendering::Compatible, true, Some("1"), Compatible),
        ] {
            let by = Chosen::by(setting, unpainted, switch.map(OsStr::new));
            assert_eq!(by, chosen, "{setting:?} {unpainted} {switch:?}");
        }
    }

    #[test]
    fn a_start_that_is_not_painted_makes_the_next_one_compatible() {
        let folder = tempfile::tempdir().unwrap();
        let start = |chosen| Watchdog::of(folder.path(), chosen);
        let good = start(Chosen::Trial);
        good.opens();
        assert!(unpainted(folder.path()), "killed here it must be known");
        good.painted();
        assert!(!unpainted(folder.path()));

        start(Chosen::Trial).opens();
        assert!(unpainted(folder.path()));
        // The start without the GPU paints, and proves nothing.
        let without = start(Chosen::Unpainted);
        without.opens();
        without.painted();
        without.ends();
        assert!(unpainted(folder.path()));
        without.try_again();
        assert!(!unpainted(folder.path()));
    }

    #[test]
    fn a_window_that_was_closed_at_once_is_no_proof() {
        let folder = tempfile::tempdir().unwrap();
        let closed = Watchdog::of(folder.path(), Chosen::Trial);
        closed.opens();
        closed.ends();
        assert!(!unpainted(folder.path()));
        let white = Watchdog::of(folder.path(), Chosen::Trial);
        white.opens();
        *white.since() = Instant::now().checked_sub(SOON);
        white.ends();
        assert!(unpainted(folder.path()));
    }

    #[test]
    fn another_version_tries_again() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(TRIAL), "0.0.1").unwrap();
        assert!(!unpainted(folder.path()));
    }
}
