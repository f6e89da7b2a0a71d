//! A refusal: a command that may not happen, as a value with a code, a sentence and a hint.
//! Not a failed operation and not a bug.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a command was not carried out. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// A stable word for machines, snake_case.
    pub code: String,
    /// What was refused and why, one sentence.
    pub sentence: String,
    /// What to do instead.
    pub hint: String,
}

impl Refusal {
    /// A refusal of that code, sentence and hint.
    pub fn new(code: &str, sentence: impl Into<String>, hint: impl Into<String>) -> Refusal {
        Refusal {
            code: code.to_owned(),
            sentence: sentence.into(),
            hint: hint.into(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.sentence, self.hint)
    }
}

impl std::error::Error for Refusal {}
