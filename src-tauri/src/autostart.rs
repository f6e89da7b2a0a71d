//! Starting with the session, in the tray: an entry in the person's autostart folder (Desktop Application Autostart
//! Specification). Only what this program wrote there is ever removed.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

use api::Fault;

use crate::files;
use crate::folders::of_environment;

/// The entry; its name is the program's identifier, so that it takes nobody's place.
const ENTRY: &str = "org.countersign.desktop.desktop";

/// The autostart folder of a person.
pub(crate) struct Autostart {
    /// `None` where this system has another way, or there is no home folder.
    folder: Option<PathBuf>,
    program: io::Result<PathBuf>,
}

impl Autostart {
    /// Of this person.
    pub(crate) fn of_this_person() -> Self {
        let config = of_environment("XDG_CONFIG_HOME")
            .or_else(|| of_environment("HOME").map(|home| home.join(".config")));
        // The package's name for an AppImage is the file that a person started, not the mount behind it.
        let program = of_environment("APPIMAGE").map_or_else(env::current_exe, Ok);
        Self {
            folder: config
                .filter(|_| cfg!(target_os = "linux"))
                .map(|config| config.join("autostart")),
            program,
        }
    }

    /// In another folder, for tests.
    #[cfg(test)]
    pub(crate) fn within(folder: &Path, program: &Path) -> Self {
        Self {
            folder: Some(folder.to_owned()),
            program: Ok(program.to_owned()),
        }
    }

    /// Makes it so; a second time changes nothing.
    ///
    /// # Errors
    ///
    /// The entry cannot be written or removed, or this system has no such folder.
    pub(crate) fn set(&self, on: bool) -> Result<(), Fault> {
        let Some(folder) = &self.folder else {
            return if on { Err(not_here()) } else { Ok(()) };
        };
        let path = folder.join(ENTRY);
        let done = if on {
            self.entry()
                .and_then(|text| files::replace(&path, text.as_bytes()))
        } else {
            files::remove(&path)
        };
        done.map_err(|why| {
            let title = format!("The autostart entry {} cannot be changed", path.display());
            Fault::new(
                "autostart_not_changed",
                title,
                "Give your user the right to write there",
            )
            .with_detail(why.to_string())
        })
    }

    fn entry(&self) -> io::Result<String> {
        let program = match &self.program {
            Ok(program) => program,
            Err(why) => return Err(io::Error::new(why.kind(), why.to_string())),
        };
        let exec = quoted(program).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidFilename,
                "the program's path cannot be written there",
            )
        })?;
        Ok(format!(
            "[Desktop Entry]\nType=Application\nVersion=1.0\nName=Countersign\n\
             Comment=What you approve is what runs\nIcon=countersign-desktop\nExec={exec} --in-tray\n\
             Terminal=false\nX-GNOME-Autostart-enabled=true\n"
        ))
    }
}

fn not_here() -> Fault {
    Fault::new(
        "autostart_unavailable",
        "This program cannot enter itself into the autostart of this system",
        "Enter it yourself in the settings of the system, with the argument --in-tray",
    )
}

/// A path as an argument of an `Exec` line (Desktop Entry Specification, "The Exec key"); `None` where a line cannot
/// hold it.
fn quoted(program: &Path) -> Option<String> {
    let text = program.to_str()?;
    if text.chars().any(char::is_control) {
        return None;
    }
    let mut exec = String::from("\"");
    for character in text.chars() {
        match character {
            // First the rule of the quoted argument, then that of a string value: a backslash is doubled once more.
            '"' | '`' | '$' => exec.extend(["\\\\", &character.to_string()]),
            '\\' => exec.push_str("\\\\\\\\"),
            // Field codes.
            '%' => exec.push_str("%%"),
            other => exec.push(other),
        }
    }
    exec.push('"');
    Some(exec)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_entry_comes_and_goes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let autostart = folder.path().join("autostart");
        let entry = Autostart::within(&autostart, Path::new("/opt/countersign-desktop"));
        entry.set(false).unwrap();
        assert!(!autostart.exists(), "off by default, and nothing is made");
        entry.set(true).unwrap();
        entry.set(true).unwrap();
        fs::write(autostart.join("other.desktop"), "").unwrap();
        let text = fs::read_to_string(autostart.join(ENTRY)).unwrap();
        assert!(
            text.starts_with("[Desktop Entry]\nType=Application\n"),
            "{text}"
        );
        assert!(
            text.contains("\nExec=\"/opt/countersign-desktop\" --in-tray\n"),
            "{text}"
        );
        entry.set(false).unwrap();
        entry.set(false).unwrap();
        let left: Vec<_> = fs::read_dir(&autostart)
            .unwrap()
            .flatten()
            .map(|e| e.file_name())
            .collect();
        assert_eq!(left, ["other.desktop"]);
    }

    #[test]
    fn a_path_is_one_argument_whatever_is_in_it() {
        for (path, exec) in [
            ("/a b/c", Some("\"/a b/c\"")),
            ("/50%/x", Some("\"/50%%/x\"")),
            ("/a$b`c\"d", Some("\"/a\\\\$b\\\\`c\\\\\"d\"")),
            ("/a\\b", Some("\"/a\\\\\\\\b\"")),
            ("/a\nExec=evil", None),
        ] {
            assert_eq!(quoted(Path::new(path)).as_deref(), exec, "{path}");
        }
    }

    #[test]
    fn where_there_is_no_such_folder_only_switching_on_is_a_fault() {
        let nowhere = Autostart {
            folder: None,
            program: Ok(PathBuf::from("/x")),
        };
        nowhere.set(false).unwrap();
        assert_eq!(nowhere.set(true).unwrap_err().code, "autostart_unavailable");
    }
}
