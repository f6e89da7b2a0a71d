//! The folders that the window may have opened in the system's file manager: a closed list. Text of the page never
//! reaches a command line.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use api::{Fault, Folder};

/// What opens a folder on this system.
const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else if cfg!(windows) {
    "explorer"
} else {
    "xdg-open"
};

/// Where the folders are, and what opens them.
pub(crate) struct Folders {
    data: PathBuf,
    downloads: PathBuf,
    opener: PathBuf,
}

impl Folders {
    /// Those of this person.
    pub(crate) fn of(data_dir: &Path) -> Self {
        Self {
            data: data_dir.to_owned(),
            downloads: engine::downloads_dir(data_dir),
            opener: PathBuf::from(OPENER),
        }
    }

    /// Opened by another program, and nothing of the person who runs the tests.
    #[cfg(test)]
    pub(crate) fn opened_by(opener: &Path, data_dir: &Path) -> Self {
        Self {
            data: data_dir.to_owned(),
            downloads: data_dir.join("downloads"),
            opener: opener.to_owned(),
        }
    }

    fn path(&self, folder: Folder) -> PathBuf {
        match folder {
            Folder::Definitions => self.data.join("workflows"),
            Folder::Data => self.data.clone(),
            Folder::Backups => engine::backups_dir(&self.data),
            Folder::Downloads => self.downloads.clone(),
        }
    }

    /// Opens a folder; it is made where it is missing.
    ///
    /// # Errors
    ///
    /// It cannot be made, or there is nothing that opens folders.
    pub(crate) fn open(&self, folder: Folder) -> Result<(), Fault> {
        let path = self.path(folder);
        let shown = path.display();
        make(&path).map_err(|why| {
            let title = format!("The folder {shown} cannot be made");
            Fault::new(
                "folder_unusable",
                title,
                "Give your user the right to write there",
            )
            .with_detail(why.to_string())
        })?;
        let mut opener = Command::new(&self.opener);
        opener.arg(&path).stdin(Stdio::null()).stdout(Stdio::null());
        let mut started = opener.spawn().map_err(|why| {
            let title = format!("Nothing on this system opens the folder {shown}");
            let action = format!("Install xdg-utils, or open the folder yourself: {shown}");
            Fault::new("no_file_manager", title, action).with_detail(why.to_string())
        })?;
        // It ends by itself, or stays as long as the file manager; somebody has to take note of its end.
        std::thread::spawn(move || {
            let _ = started.wait();
        });
        Ok(())
    }
}

/// Private, as the data folder is: a folder that is there keeps its mode.
fn make(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A folder of the environment, where it is a whole path.
pub(crate) fn of_environment(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_and_a_missing_opener_is_said() {
        let data = tempfile::tempdir().unwrap();
        let folders = Folders::opened_by(Path::new("/nonexistent/opener"), data.path());
        let fault = folders.open(Folder::Downloads).unwrap_err();
        assert_eq!(fault.code, "no_file_manager");
        assert!(data.path().join("downloads").is_dir());
        std::fs::write(data.path().join("backups"), "").unwrap();
        assert_eq!(
            folders.open(Folder::Backups).unwrap_err().code,
            "folder_unusable"
        );
    }
}
