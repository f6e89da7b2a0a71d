//! Which data folder is opened, and what its program decides about it. Not the opening (`door`).

use crate::{made, secrets::SecretSource};
use std::path::PathBuf;

/// Which data folder, for which program.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// The data folder; it is made when it does not exist.
    pub data_dir: PathBuf,
    /// What a second process reads about this one.
    pub program: String,
    /// Where secrets come from.
    pub secrets: SecretSource,
    /// Where files go that people ask for; none: [`crate::downloads_dir`].
    pub downloads: Option<PathBuf>,
}

impl OpenOptions {
    /// The default data folder: `$COUNTERSIGN_DATA_DIR`, else `countersign` in the user's data folder (XDG Base
    /// Directory Specification; `%APPDATA%` on Windows, `~/Library/Application Support` on macOS). Secrets as
    /// `$COUNTERSIGN_KEYCHAIN` says.
    pub fn new(program: &str) -> OpenOptions {
        OpenOptions {
            data_dir: default_data_dir(),
            program: program.to_owned(),
            secrets: SecretSource::from_environment(),
            downloads: None,
        }
    }

    pub(crate) fn downloads(&self) -> PathBuf {
        self.downloads
            .clone()
            .unwrap_or_else(|| made::downloads_dir(&self.data_dir))
    }
}

fn default_data_dir() -> PathBuf {
    let of = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(dir) = of("COUNTERSIGN_DATA_DIR") {
        return dir;
    }
    let home = of("HOME").unwrap_or_else(|| PathBuf::from("."));
    let base = if cfg!(windows) {
        of("APPDATA").unwrap_or_else(|| home.join("AppData/Roaming"))
    } else if cfg!(target_os = "macos") {
        home.join("Library/Application Support")
    } else {
        of("XDG_DATA_HOME")
            .filter(|dir| dir.is_absolute())
            .unwrap_or_else(|| home.join(".local/share"))
    };
    base.join("countersign")
}
