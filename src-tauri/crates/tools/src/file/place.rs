//! Where a file is: its folder, resolved, and its name in it. The folder is opened once and everything is done relative
//! to it, so that nobody can swap a part of the path in between.

use super::fault::{os, with};
use crate::fault::fault;
use rustix::fs::{
    Access, AtFlags, CWD, Mode, OFlags, ResolveFlags, accessat, mkdirat, openat, openat2, unlinkat,
};
use rustix::io::Errno;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};
use workflow::{ErrorClass, Outcome, ToolError};

/// A file's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// As it was given.
    pub(super) path: PathBuf,
    /// The folder with every symbolic link resolved; its last parts may not exist yet.
    pub(super) directory: PathBuf,
    /// How many of the folder's last parts do not exist yet.
    pub(super) missing: usize,
    /// The file's name in the folder.
    pub(super) name: String,
}

impl Place {
    /// Checks a path and resolves its folder. Reads only.
    pub(super) fn resolve(path: &str, create_parents: bool) -> Result<Place, ToolError> {
        let shown = fleet::visible(path, 300);
        let invalid = |why: &str, hint: &str| {
            fault(
                "invalid_path",
                format!("{shown:?} cannot be used: {why}."),
                hint,
            )
            .not_started(ErrorClass::Invalid)
        };
        if path.contains('\0') {
            return Err(invalid("it holds a NUL character", "Remove it."));
        }
        let Some(rest) = path.strip_prefix('/') else {
            return Err(invalid(
                "it is not absolute",
                "Write the whole path, beginning with a slash.",
            ));
        };
        if rest.split('/').any(|part| matches!(part, "" | "." | "..")) || path.len() > 4096 {
            return Err(invalid(
                "it has empty parts, . or .. in it, or is too long",
                "Write the plain path of one file.",
            ));
        }
        let given = Path::new(path);
        let (Some(parent), Some(name)) = (
            given.parent(),
            given.file_name().and_then(|name| name.to_str()),
        ) else {
            return Err(invalid(
                "it does not name a file",
                "Write the plain path of one file.",
            ));
        };
        let (mut existing, mut tail) = (parent, Vec::new());
        let resolved = loop {
            match existing.canonicalize() {
                Ok(resolved) => break resolved,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && create_parents => {
                    // A dangling link is not a missing folder.
                    if existing.symlink_metadata().is_ok() {
                        return Err(invalid(
                            "a part of it is a symbolic link to nowhere",
                            "Repair or remove the link.",
                        ));
                    }
                    match (existing.parent(), existing.components().next_back()) {
                        (Some(up), Some(Component::Normal(part))) => {
                            tail.push(part.to_owned());
                            existing = up;
                        }
                        _ => return Err(os("Finding", parent, Errno::NOENT, Outcome::NotStarted)),
                    }
                }
                Err(error) => {
                    let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
                    let mut fault = os("Finding", parent, errno, Outcome::NotStarted);
                    if fault.code == "not_found" && !create_parents {
                        fault.hint = "Check the path, or say create_parents: true.".to_owned();
                    }
                    return Err(fault);
                }
            }
        };
        let missing = tail.len();
        let directory = tail
            .iter()
            .rev()
            .fold(resolved, |path, part| path.join(part));
        Ok(Place {
            path: given.to_owned(),
            directory,
            missing,
            name: name.to_owned(),
        })
    }

    /// The path as it may be shown.
    pub(super) fn shown(&self) -> String {
        fleet::visible(&self.path.to_string_lossy(), 300)
    }

    /// The folders that do not exist yet, the outermost first.
    pub(super) fn missing_directories(&self) -> Vec<PathBuf> {
        let mut missing: Vec<PathBuf> = self
            .directory
            .ancestors()
            .take(self.missing)
            .map(Path::to_owned)
            .collect();
        missing.reverse();
        missing
    }

    /// May this user put a file there? Asked before approval, so that a call that cannot succeed is not approved.
    pub(super) fn check_writable(&self) -> Result<(), ToolError> {
        let existing = self
            .directory
            .ancestors()
            .nth(self.missing)
            .unwrap_or(&self.directory);
        accessat(
            CWD,
            existing,
            Access::WRITE_OK | Access::EXEC_OK,
            AtFlags::EACCESS,
        )
        .map_err(|errno| os("Writing into", existing, errno, Outcome::NotStarted))
    }

    /// Opens the folder; none when it does not exist.
    pub(super) fn open(&self) -> Result<Option<OwnedFd>, ToolError> {
        open_directory(&self.directory)
    }
}

/// Opens a folder by its resolved path without following any link on the way.
pub(super) fn open_directory(directory: &Path) -> Result<Option<OwnedFd>, ToolError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = match openat2(
        CWD,
        directory,
        flags,
        Mode::empty(),
        ResolveFlags::NO_SYMLINKS,
    ) {
        // Kernels before 5.6, and sandboxes that do not know the call.
        Err(Errno::NOSYS | Errno::PERM) => {
            openat(CWD, directory, flags | OFlags::NOFOLLOW, Mode::empty())
        }
        opened => opened,
    };
    match opened {
        Ok(directory) => Ok(Some(directory)),
        Err(Errno::NOENT) => Ok(None),
        Err(Errno::LOOP) => Err(with(
            fault(
                "path_changed",
                format!(
                    "A part of {} has become a symbolic link.",
                    fleet::visible(&directory.to_string_lossy(), 300)
                ),
                "Find out who changes this path, then approve again.",
            ),
            ErrorClass::Precondition,
            Outcome::NotStarted,
        )),
        Err(errno) => Err(os("Opening", directory, errno, Outcome::NotStarted)),
    }
}

/// Creates folders, the outermost first; one that exists is left as it is.
pub(super) fn create_directories(directories: &[PathBuf]) -> Result<(), ToolError> {
    for directory in directories {
        match mkdirat(CWD, directory, Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(os("Creating", directory, errno, Outcome::NotDone)),
        }
        if let Some(parent) = directory
            .parent()
            .map(open_directory)
            .transpose()?
            .flatten()
        {
            let _ = rustix::fs::fsync(&parent);
        }
    }
    Ok(())
}

/// Removes folders that were created, the innermost first, as far as they are empty.
pub(super) fn remove_directories(directories: &[PathBuf]) {
    for directory in directories.iter().rev() {
        if unlinkat(CWD, directory, AtFlags::REMOVEDIR).is_err() {
            return;
        }
    }
}
