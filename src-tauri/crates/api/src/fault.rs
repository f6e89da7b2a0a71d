//! The one shape of every error that reaches a person: a refusal, a failed operation, or a defect.

use serde::{Deserialize, Serialize};
use std::fmt;
use workflow::Refusal;

/// What went wrong, for a person: what, why, what to do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// A stable word for machines, snake_case.
    pub code: String,
    /// What happened, one sentence.
    pub title: String,
    /// Why, and technical detail; may be empty.
    pub detail: String,
    /// What to do next.
    pub action: String,
}

impl Fault {
    /// A fault of that code.
    pub fn new(code: &str, title: impl Into<String>, action: impl Into<String>) -> Fault {
        Fault {
            code: code.to_owned(),
            title: title.into(),
            detail: String::new(),
            action: action.into(),
        }
    }

    /// The same with technical detail.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Fault {
        self.detail = detail.into();
        self
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Fault {
        Fault {
            code: refusal.code,
            title: refusal.sentence,
            detail: String::new(),
            action: refusal.hint,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.title)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        write!(f, " ({})", self.action)
    }
}

impl std::error::Error for Fault {}
