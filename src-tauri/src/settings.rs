//! The settings of the desktop program, in `desktop.json` of the data folder. Not the state of the window, and nothing
//! that the engine goes by.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use api::{DesktopSettings, Fault};

use crate::files;

/// The file.
pub(crate) struct SettingsFile(PathBuf);

impl SettingsFile {
    /// The one in a data folder.
    pub(crate) fn of(data_dir: &Path) -> Self {
        Self(data_dir.join("desktop.json"))
    }

    /// What it says; the defaults where there is none, or where it cannot be read: then it is kept beside as `.broken`.
    pub(crate) fn read(&self) -> DesktopSettings {
        let text = match std::fs::read(&self.0) {
            Ok(text) => text,
            Err(why) if why.kind() == ErrorKind::NotFound => return DesktopSettings::default(),
            Err(why) => {
                tracing::warn!(file = %self.0.display(), %why, "the settings cannot be read; the defaults hold");
                return DesktopSettings::default();
            }
        };
        serde_json::from_slice(&text).unwrap_or_else(|why| {
            let kept = std::fs::rename(&self.0, self.broken());
            tracing::warn!(
                file = %self.0.display(), %why, kept = kept.is_ok(),
                "the settings are broken; the defaults hold, and the file is kept as .broken"
            );
            DesktopSettings::default()
        })
    }

    /// Writes all of them, and nothing else: keys that this version does not know are not kept.
    ///
    /// # Errors
    ///
    /// The data folder cannot be written.
    pub(crate) fn write(&self, settings: &DesktopSettings) -> Result<(), Fault> {
        let failed = |why: &dyn std::fmt::Display| {
            Fault::new(
                "settings_not_kept",
                format!("The settings cannot be written to {}", self.0.display()),
                "Make room on the disk, or give your user the right to write there",
            )
            .with_detail(why.to_string())
        };
        let mut text = serde_json::to_vec_pretty(settings).map_err(|why| failed(&why))?;
        text.push(b'\n');
        files::replace(&self.0, &text).map_err(|why| failed(&why))
    }

    fn broken(&self) -> PathBuf {
        self.0.with_extension("json.broken")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Rendering;
    use std::fs;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = SettingsFile::of(&folder.path().join("made"));
        assert_eq!(file.read(), DesktopSettings::default());
        let settings = DesktopSettings {
            notifications: false,
            rendering: Rendering::Compatible,
            ..Default::default()
        };
        file.write(&settings).unwrap();
        assert_eq!(file.read(), settings);
        // A part is enough; what is not known is left out when it is written again.
        fs::write(&file.0, r#"{"keep_in_tray": false, "colour": "red"}"#).unwrap();
        let read = file.read();
        assert!(!read.keep_in_tray && read.notifications);
        file.write(&read).unwrap();
        assert!(!fs::read_to_string(&file.0).unwrap().contains("colour"));
        let names = fs::read_dir(file.0.parent().unwrap()).unwrap().count();
        assert_eq!(names, 1, "something is left over");
    }

    #[test]
    fn a_broken_file_is_kept_and_the_defaults_hold() {
        for broken in ["{", "7", r#"{"rendering": "fast"}"#, "\u{0}"] {
            let folder = tempfile::tempdir().unwrap();
            let file = SettingsFile::of(folder.path());
            fs::write(&file.0, broken).unwrap();
            assert_eq!(file.read(), DesktopSettings::default(), "{broken}");
            assert_eq!(fs::read_to_string(file.broken()).unwrap(), broken);
            assert!(!file.0.exists());
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_a_fault() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let file = SettingsFile::of(&folder.path().join("file"));
        let fault = file.write(&DesktopSettings::default()).unwrap_err();
        assert_eq!(fault.code, "settings_not_kept");
    }
}
