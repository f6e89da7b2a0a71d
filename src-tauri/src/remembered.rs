//! What the program remembers of its window by itself, in `window.json` of the data folder: where it was, and what a
//! person was told once. Not settings; a file that is lost or broken costs nothing.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::files;

/// The smallest window, in physical pixels of a monitor of scale 1 (tauri.conf.json: `minWidth`, `minHeight`).
const SMALLEST: (u32, u32) = (800, 600);

/// A rectangle on the desktop, in physical pixels: the place of a window, or the room that a monitor gives to windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Area {
    /// From the left.
    pub(crate) x: i32,
    /// From the top.
    pub(crate) y: i32,
    /// How wide.
    pub(crate) width: u32,
    /// How high.
    pub(crate) height: u32,
}

impl Area {
    /// This window on the monitors that are there now: whole on the one that shows most of it, else on the first. `None`
    /// where no monitor is known.
    pub(crate) fn clamped(self, monitors: &[Area]) -> Option<Area> {
        let seen = |monitor: &&Area| self.common(**monitor);
        // Of equals the first: the primary one.
        let monitor = monitors.iter().rev().max_by_key(seen)?;
        let width = self.width.max(SMALLEST.0).min(monitor.width);
        let height = self.height.max(SMALLEST.1).min(monitor.height);
        Some(Area {
            x: within(self.x, monitor.x, monitor.width - width),
            y: within(self.y, monitor.y, monitor.height - height),
            width,
            height,
        })
    }

    /// How many pixels two areas share.
    fn common(self, other: Area) -> i64 {
        let along = |a: i32, a_long: u32, b: i32, b_long: u32| {
            let end = (i64::from(a) + i64::from(a_long)).min(i64::from(b) + i64::from(b_long));
            (end - i64::from(a.max(b))).max(0)
        };
        along(self.x, self.width, other.x, other.width)
            * along(self.y, self.height, other.y, other.height)
    }
}

/// A coordinate between a start and `room` after it.
fn within(at: i32, start: i32, room: u32) -> i32 {
    let end = start.saturating_add(i32::try_from(room).unwrap_or(i32::MAX));
    at.clamp(start, end)
}

/// What is remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Remembered {
    /// Where the window was, as it is when it is not maximised.
    pub(crate) place: Option<Area>,
    /// It filled the monitor.
    pub(crate) maximized: bool,
    /// A person has been told that the program stays in the tray.
    pub(crate) told_of_tray: bool,
}

/// The file with it.
pub(crate) struct Memory {
    file: PathBuf,
    now: Mutex<Remembered>,
}

impl Memory {
    /// Of a data folder.
    pub(crate) fn of(data_dir: &Path) -> Self {
        let file = data_dir.join("window.json");
        let text = std::fs::read(&file).unwrap_or_default();
        Self {
            now: Mutex::new(serde_json::from_slice(&text).unwrap_or_default()),
            file,
        }
    }

    /// What is remembered.
    pub(crate) fn recall(&self) -> Remembered {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes it, and writes what has changed. That it cannot be written is no reason to stop.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Remembered)) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *now;
        change(&mut now);
        if *now == before {
            return;
        }
        let text = serde_json::to_vec(&*now).unwrap_or_default();
        if let Err(why) = files::replace(&self.file, &text) {
            tracing::warn!(%why, file = %self.file.display(), "the window's place is not kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(x: i32, y: i32, width: u32, height: u32) -> Area {
        Area {
            x,
            y,
            width,
            height,
        }
    }

    #[test]
    fn a_window_is_always_on_a_monitor_that_is_there() {
        let one = area(0, 0, 1920, 1080);
        let left = area(-1280, 0, 1280, 1024);
        let small = area(0, 0, 1024, 500);
        let window = area(100, 50, 1280, 800);
        for (window, monitors, place) in [
            (window, vec![one], Some(window)),
            // The other monitor is gone.
            (
                area(-1200, 100, 1000, 700),
                vec![one],
                Some(area(0, 100, 1000, 700)),
            ),
            (
                area(-1200, 100, 1000, 700),
                vec![one, left],
                Some(area(-1200, 100, 1000, 700)),
            ),
            // Half outside, and below.
            (
                area(1800, 900, 1280, 800),
                vec![one],
                Some(area(640, 280, 1280, 800)),
            ),
            // Larger than the monitor.
            (area(0, 0, 4000, 3000), vec![one], Some(one)),
            (window, vec![small], Some(area(0, 0, 1024, 500))),
            // No window of two pixels, nowhere.
            (
                area(i32::MAX, i32::MIN, 2, 2),
                vec![one],
                Some(area(1120, 0, 800, 600)),
            ),
            (area(0, 0, u32::MAX, u32::MAX), vec![left], Some(left)),
            (window, vec![], None),
        ] {
            assert_eq!(
                window.clamped(&monitors),
                place,
                "{window:?} on {monitors:?}"
            );
        }
    }

    #[test]
    fn it_is_remembered_and_a_broken_file_is_no_matter() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::of(folder.path());
        assert_eq!(memory.recall(), Remembered::default());
        memory.change(|now| now.told_of_tray = true);
        memory.change(|now| now.place = Some(area(1, 2, 900, 700)));
        let again = Memory::of(folder.path()).recall();
        assert!(again.told_of_tray);
        assert_eq!(again.place, Some(area(1, 2, 900, 700)));
        std::fs::write(folder.path().join("window.json"), "{").unwrap();
        assert_eq!(Memory::of(folder.path()).recall(), Remembered::default());
    }
}
