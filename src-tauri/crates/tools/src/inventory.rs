//! Reading inventories: the ssh config, Ansible, CSV, JSON and pasted lists become one neutral row a host, which a person looks at before
//! anything is registered (fleet.md "Inventory"). Nothing is connected to here, nothing is resolved, nothing is run.
//!
//! What stands in such files is hostile until shown otherwise: sizes are bounded, addresses and users are checked, and
//! a password in one is named, never taken over.

mod ansible;
mod csv;
mod file;
mod json;
mod merge;
mod name;
mod pasted;
mod pick;
mod range;
mod row;
mod ssh_config;
#[cfg(test)]
mod tests;
mod words;

use crate::fault::fault;
use std::path::PathBuf;
use workflow::{ErrorClass, ToolError};

pub(crate) use file::{full_path, load};
pub(crate) use merge::{Origin, merge};
pub(crate) use pick::pick;
pub(crate) use row::{Found, LeftOut, Reading};
pub(crate) use ssh_config::rows as ssh_config_rows;

/// The largest inventory that is read.
pub(crate) const MAX_BYTES: usize = 5_000_000;

/// The most hosts of one reading.
pub(crate) const MAX_HOSTS: usize = 10_000;

/// The kinds of text that become rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// INI, YAML or the JSON of `ansible-inventory --list`.
    Ansible,
    /// With a row of column names.
    Csv,
    /// A list of objects.
    Json,
    /// Names and addresses in lines or with commas.
    Pasted,
}

/// A text and where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// What it is called in places and messages: its path, or "pasted"; safe to show.
    pub(crate) shown: String,
    /// The text, without a byte order mark.
    pub(crate) text: String,
    /// The folder of the file, that relative paths in it are meant from.
    pub(crate) folder: Option<PathBuf>,
    /// What `~` stands for.
    pub(crate) home: Option<PathBuf>,
}

/// Reads one text. The names of its rows differ from each other.
///
/// # Errors
/// Code `bad_inventory`: the message begins with file, line and column; nothing of the text is used then.
pub(crate) fn read(format: Format, source: &Source) -> Result<Reading, ToolError> {
    let mut reading = match format {
        Format::Ansible => ansible::read(source),
        Format::Csv => csv::read(source),
        Format::Json => json::read(source),
        Format::Pasted => pasted::read(source),
    }?;
    name::make_unique(&mut reading.hosts);
    reading.hosts.iter_mut().for_each(Found::settle);
    Ok(reading)
}

impl Source {
    /// A place in it, for rows.
    fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.shown)
    }

    /// An error at a line (from 1), without a column.
    fn bad_line(&self, line: usize, what: impl AsRef<str>, hint: &str) -> ToolError {
        self.bad(&format!("{}:{line}", self.shown), what, hint)
    }

    /// An error at a line and column (from 1, in characters).
    fn bad_at(&self, line: usize, column: usize, what: impl AsRef<str>, hint: &str) -> ToolError {
        self.bad(&format!("{}:{line}:{column}", self.shown), what, hint)
    }

    /// An error about all of it.
    fn bad_whole(&self, what: impl AsRef<str>, hint: &str) -> ToolError {
        self.bad(&self.shown, what, hint)
    }

    /// An error at a place. What is said of it holds no line break and no character that could deceive.
    fn bad(&self, place: &str, what: impl AsRef<str>, hint: &str) -> ToolError {
        let what = fleet::visible(what.as_ref(), 400);
        fault("bad_inventory", format!("{place}: {what}."), hint).not_started(ErrorClass::Invalid)
    }

    /// There are more hosts than are read.
    fn too_many_hosts(&self) -> ToolError {
        self.bad_whole(
            format!("it holds more than {MAX_HOSTS} hosts"),
            "Split it into several files, or select a part with `ansible-inventory --limit`.",
        )
    }
}

/// Text from an inventory in a sentence about it.
fn quoted(text: &str) -> String {
    format!("`{}`", fleet::visible(text, 80))
}
