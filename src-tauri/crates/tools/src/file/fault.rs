//! What the operating system says of a file, as a tool's error with a hint.

use crate::fault::{Fault, fault};
use rustix::io::Errno;
use std::path::Path;
use workflow::{ErrorClass, Outcome, ToolError};

/// An error of the operating system about a path.
pub(super) fn os(doing: &str, path: &Path, error: Errno, outcome: Outcome) -> ToolError {
    let shown = fleet::visible(&path.to_string_lossy(), 300);
    let make = |code: &str, why: &str, hint: &str| {
        fault(code, format!("{doing} {shown} failed: {why}."), hint)
    };
    let (fault, class) = match error {
        Errno::NOSPC | Errno::DQUOT => (
            make(
                "disk_full",
                "there is no space left",
                "Free some space on that filesystem, then run it again.",
            ),
            ErrorClass::Io,
        ),
        Errno::ACCESS | Errno::PERM => (
            make(
                "not_permitted",
                "this user may not",
                "Give the user of this program the right to that file and its folder, or choose another path.",
            ),
            ErrorClass::Auth,
        ),
        Errno::ROFS => (
            make(
                "read_only_filesystem",
                "the filesystem is mounted read-only",
                "Choose another path, or find out why the filesystem is read-only.",
            ),
            ErrorClass::Io,
        ),
        Errno::NOENT | Errno::NOTDIR => (
            make(
                "not_found",
                "there is no such file or folder",
                "Check the path.",
            ),
            ErrorClass::NotFound,
        ),
        Errno::LOOP => (symlink(&shown), ErrorClass::Invalid),
        other => (
            make(
                "io_error",
                &other.to_string(),
                "Look at the disk and at the kernel's log.",
            ),
            ErrorClass::Io,
        ),
    };
    with(fault, class, outcome)
}

/// A symbolic link where a file should be.
pub(super) fn symlink(shown: &str) -> Fault {
    fault(
        "is_symlink",
        format!("{shown} is a symbolic link, and links are not followed in the last place."),
        "Give the path that the link points to.",
    )
}

/// The world is not as it was approved.
pub(super) fn precondition(shown: &str, expected: &str, found: &str) -> ToolError {
    fault(
        "precondition_changed",
        format!("{shown} is not as it was when the call was approved: expected {expected}, found {found}."),
        "Look at the new difference and approve again.",
    )
    .not_started(ErrorClass::Precondition)
}

pub(super) fn with(fault: Fault, class: ErrorClass, outcome: Outcome) -> ToolError {
    match outcome {
        Outcome::NotStarted => fault.not_started(class),
        Outcome::NotDone => fault.not_done(class),
        Outcome::Unknown => fault.unknown(class),
    }
}
