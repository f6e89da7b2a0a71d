//! Making errors: every one with code, sentence, hint, class and outcome. Not the error type: that is the core's.

use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use workflow::{ErrorClass, Outcome, ToolError};

/// An error in the making.
pub(crate) fn fault(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Fault {
    Fault {
        code: code.to_owned(),
        message: message.into(),
        hint: hint.into(),
    }
}

/// An error without class and outcome yet.
pub(crate) struct Fault {
    code: String,
    message: String,
    hint: String,
}

impl Fault {
    /// Nothing was attempted.
    pub(crate) fn not_started(self, class: ErrorClass) -> ToolError {
        self.with(class, Outcome::NotStarted)
    }

    /// Attempted, and certainly without effect.
    pub(crate) fn not_done(self, class: ErrorClass) -> ToolError {
        self.with(class, Outcome::NotDone)
    }

    /// It may have happened.
    pub(crate) fn unknown(self, class: ErrorClass) -> ToolError {
        self.with(class, Outcome::Unknown)
    }

    fn with(self, class: ErrorClass, outcome: Outcome) -> ToolError {
        ToolError {
            code: self.code,
            message: self.message,
            hint: self.hint,
            class,
            outcome,
        }
    }
}

/// The arguments as a type. The schema was checked before; this is the same check where the values are used.
pub(crate) fn arguments<T: DeserializeOwned>(tool: &str, args: &Json) -> Result<T, ToolError> {
    T::deserialize(args).map_err(|error| {
        fault(
            "invalid_arguments",
            format!("The arguments of {tool} are not as it takes them: {error}."),
            format!("See the arguments of {tool} in the list of tools."),
        )
        .not_started(ErrorClass::Invalid)
    })
}
