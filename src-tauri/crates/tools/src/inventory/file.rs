//! Bringing a text in: from a file of this computer or from what was typed. Bounded, and only from regular files, so
//! that no pipe or device is waited for; nothing is ever run.

use super::{MAX_BYTES, Source};
use crate::fault::fault;
use std::io::Read;
use std::path::{Path, PathBuf};
use workflow::{ErrorClass, ToolError};

/// Loads a file. `~` and `~/…` stand for the home folder.
///
/// # Errors
/// When it is not there, not readable, too large or not text.
pub(crate) fn load(path: &str, home: Option<&Path>) -> Result<Source, ToolError> {
    let full = full_path(path, home)?;
    let shown = fleet::visible(&full.to_string_lossy(), 300);
    let refuse = |code: &str, what: &str, hint: &str, class| {
        fault(code, format!("{shown} {what}."), hint).not_started(class)
    };
    let failed = |error: std::io::Error| {
        let (code, what, class) = if error.kind() == std::io::ErrorKind::NotFound {
            ("not_found", "is not there", ErrorClass::NotFound)
        } else if error.kind() == std::io::ErrorKind::PermissionDenied {
            (
                "not_permitted",
                "may not be read by this user",
                ErrorClass::Auth,
            )
        } else {
            ("io_error", "cannot be read", ErrorClass::Io)
        };
        refuse(code, what, "Check the path and the rights on it.", class)
    };
    let data = std::fs::metadata(&full).map_err(failed)?;
    if data.is_dir() {
        return Err(refuse(
            "is_folder",
            "is a folder",
            "Name one file. For an inventory folder of Ansible run `ansible-inventory -i FOLDER --list > file.json` and read that file.",
            ErrorClass::Invalid,
        ));
    }
    if !data.is_file() {
        return Err(refuse(
            "not_a_file",
            "is not a regular file",
            "Name a regular file, or paste the text.",
            ErrorClass::Invalid,
        ));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(&full)
        .and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    let text = text(bytes, &shown)?;
    let folder = full.parent().map(Path::to_owned);
    Ok(Source {
        shown,
        text,
        folder,
        home: home.map(Path::to_owned),
    })
}

impl Source {
    /// A text that was typed or pasted.
    ///
    /// # Errors
    /// When it is too large.
    pub(crate) fn typed(shown: &str, text: &str, home: Option<&Path>) -> Result<Source, ToolError> {
        let shown = fleet::visible(shown, 100);
        Ok(Source {
            text: self::text(text.as_bytes().to_vec(), &shown)?,
            shown,
            folder: None,
            home: home.map(Path::to_owned),
        })
    }

    /// Is there a folder or file of that name beside it?
    pub(super) fn has_beside(&self, name: &str) -> bool {
        self.folder
            .as_ref()
            .is_some_and(|folder| folder.join(name).exists())
    }

    /// A path in the text: `~` is the home folder, and a relative one is meant from the file's folder.
    pub(super) fn path_in_it(&self, path: &str) -> Option<String> {
        let under_home = match path.strip_prefix("~/") {
            Some(rest) => Some(self.home.as_ref()?.join(rest)),
            None if path == "~" || path.starts_with('~') => return None,
            None => None,
        };
        let full = match under_home {
            Some(full) => full,
            None if Path::new(path).is_absolute() => PathBuf::from(path),
            None => self.folder.as_ref()?.join(path),
        };
        full.to_str().map(str::to_owned)
    }
}

/// The path of a file, `~` filled in.
///
/// # Errors
/// When it does not begin with `/` or `~/`.
pub(crate) fn full_path(path: &str, home: Option<&Path>) -> Result<PathBuf, ToolError> {
    let full = match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        (Some(_), None) | (None, _) => PathBuf::from(path),
    };
    if full.is_absolute() && !path.contains('\0') {
        return Ok(full);
    }
    Err(fault(
        "bad_path",
        format!("{:?} is not a full path.", fleet::visible(path, 300)),
        "Begin the path with / or ~/.",
    )
    .not_started(ErrorClass::Invalid))
}

fn text(bytes: Vec<u8>, shown: &str) -> Result<String, ToolError> {
    if bytes.len() > MAX_BYTES {
        return Err(fault(
            "too_large",
            format!("{shown} is larger than {MAX_BYTES} bytes."),
            "Split it, or read a part of it.",
        )
        .not_started(ErrorClass::Invalid));
    }
    let is_script = bytes.starts_with(b"#!");
    if is_script || bytes.starts_with(b"\x7fELF") {
        return Err(fault(
            "is_script",
            format!("{shown} is a program, and reading an inventory runs nothing."),
            "Run `ansible-inventory -i FILE --list > file.json` yourself and read file.json.",
        )
        .not_started(ErrorClass::Invalid));
    }
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        }),
        Ok(_) | Err(_) => Err(fault(
            "not_text",
            format!("{shown} is not UTF-8 text."),
            "Save it as UTF-8 (in a spreadsheet: CSV UTF-8).",
        )
        .not_started(ErrorClass::Invalid)),
    }
}
