//! What a command of the project says when it cannot go on: what failed, why, and what to do
//! next, with the exit code. It is not a log and it carries no backtrace: the reader is a person
//! at a terminal who wants the next line to type.

use std::fmt;

/// Something failed and was told.
pub(crate) const EXIT_FAILED: u8 = 1;
/// The command line was not understood.
pub(crate) const EXIT_USAGE: u8 = 2;
/// A person with administrator rights has to type one line first; the line was printed.
pub(crate) const EXIT_NEEDS_ROOT: u8 = 3;

/// Result of every command here.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// One failure, told in three sentences.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    why: String,
    next: String,
    code: u8,
}

impl Failure {
    /// A failure with the thing that failed; `because` and `then` add the rest.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: String::new(),
            next: String::new(),
            code: EXIT_FAILED,
        }
    }

    /// For the commands that have already printed their whole result.
    pub(crate) fn already_said(code: u8) -> Self {
        Self {
            code,
            ..Self::new("")
        }
    }

    /// Why it failed, as far as it is known.
    #[must_use]
    pub(crate) fn because(mut self, why: impl fmt::Display) -> Self {
        self.why = why.to_string();
        self
    }

    /// What the reader can do now.
    #[must_use]
    pub(crate) fn then(mut self, next: impl Into<String>) -> Self {
        self.next = next.into();
        self
    }

    /// The exit code of the process, where it is not 1.
    #[must_use]
    pub(crate) fn code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    /// The exit code of the process.
    pub(crate) fn exit_code(&self) -> u8 {
        self.code
    }

    /// True when there is nothing left to print.
    pub(crate) fn is_silent(&self) -> bool {
        self.what.is_empty()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "error: {}", self.what)?;
        if !self.why.is_empty() {
            write!(out, "\n  why: {}", self.why)?;
        }
        if !self.next.is_empty() {
            write!(out, "\n  what to do: {}", self.next)?;
        }
        Ok(())
    }
}
