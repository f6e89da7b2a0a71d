//! What is wrong with a file and where: a value for people and for editors, never an error type.
//! Reading goes on after a finding, so that all of them come at once.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The file, as the caller named it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Does it keep the file from being used?
    pub severity: Severity,
    /// A stable word for machines, snake_case.
    pub code: String,
    /// What is wrong, one sentence.
    pub what: String,
    /// What to write instead; may be empty.
    pub hint: String,
}

/// Does a finding keep the file from being used?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It does.
    Error,
    /// It does not.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding {
            file,
            line,
            column,
            severity,
            code: _,
            what,
            hint,
        } = self;
        write!(f, "{file}:{line}:{column}: {severity}: {what}")?;
        if hint.is_empty() {
            Ok(())
        } else {
            write!(f, " ({hint})")
        }
    }
}

/// A place in a file, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Place {
    pub(crate) const START: Place = Place { line: 1, column: 1 };
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} column {}", self.line, self.column)
    }
}

/// Collects the findings of one file.
#[derive(Debug)]
pub(crate) struct Findings {
    file: String,
    found: Vec<Finding>,
}

impl Findings {
    pub(crate) fn new(file: &str) -> Findings {
        Findings {
            file: file.to_owned(),
            found: Vec::new(),
        }
    }

    pub(crate) fn error(
        &mut self,
        place: Place,
        code: &str,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.add(place, Severity::Error, code, what.into(), hint.into());
    }

    pub(crate) fn warning(
        &mut self,
        place: Place,
        code: &str,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.add(place, Severity::Warning, code, what.into(), hint.into());
    }

    fn add(&mut self, place: Place, severity: Severity, code: &str, what: String, hint: String) {
        let file = self.file.clone();
        let Place { line, column } = place;
        self.found.push(Finding {
            file,
            line,
            column,
            severity,
            code: code.to_owned(),
            what,
            hint,
        });
    }

    /// Is there one that keeps the file from being used?
    pub(crate) fn has_errors(&self) -> bool {
        self.found
            .iter()
            .any(|finding| finding.severity == Severity::Error)
    }

    /// All of them, ordered by place, each once. What was refused as YAML is not reported again for its kind.
    pub(crate) fn ordered(mut self) -> Vec<Finding> {
        let refused: Vec<(u32, u32)> = self
            .found
            .iter()
            .filter(|f| matches!(f.code.as_str(), "alias" | "bad_number"))
            .map(|f| (f.line, f.column))
            .collect();
        self.found
            .retain(|f| f.code != "wrong_kind" || !refused.contains(&(f.line, f.column)));
        self.found.sort_by(|a, b| {
            (a.line, a.column, a.severity, &a.what).cmp(&(b.line, b.column, b.severity, &b.what))
        });
        self.found.dedup();
        self.found
    }
}
