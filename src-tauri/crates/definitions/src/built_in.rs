//! The files that ship with the app. Read like any other file; a file of the folder with the same id shadows one.

/// A file that ships with the app: its name and its text.
pub(crate) const FILES: [(&str, &str); 2] = [
    (
        "health_check.workflow.yaml",
        include_str!("../builtin/health_check.workflow.yaml"),
    ),
    (
        "health_check.test.yaml",
        include_str!("../builtin/health_check.test.yaml"),
    ),
];
