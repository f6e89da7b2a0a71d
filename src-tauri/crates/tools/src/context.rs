//! What a tool gets with every call: its key, the way to be stopped, where its log goes, the time, the ports and the
//! data folder. Nothing here allows a change; that is the permit.

use crate::Ports;
use std::{fmt, path::PathBuf, sync::Arc};
use tokio_util::sync::CancellationToken;
use workflow::{Digest, ErrorClass, Outcome, ToolError};

/// The surroundings of one call.
#[derive(Clone)]
pub struct Context {
    /// The call's idempotency key; also the name of its log.
    pub key: Digest,
    /// Cancelled when the call is no longer owed.
    pub cancel: CancellationToken,
    /// Where the call's log lines go.
    pub log: LogSink,
    /// The clock: microseconds since 1970 (UTC).
    pub now_us: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// What the engine knows: agents, jobs, telemetry.
    pub ports: Arc<Ports>,
    /// The data folder; a tool writes only below `backups/`, `cache/` and `jobs/` there.
    pub data_dir: PathBuf,
}

/// Where a line of a call's log came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// A process's standard output.
    Stdout,
    /// A process's standard error.
    Stderr,
    /// The tool itself.
    Note,
}

/// One line of a call's log, without its line end. Bytes as the host sent them: hostile until shown escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Where it came from.
    pub stream: Stream,
    /// The line.
    pub bytes: Vec<u8>,
}

/// Takes the log lines of one call, in order. The function must not block: it queues.
#[derive(Clone)]
pub struct LogSink(Arc<dyn Fn(LogLine) + Send + Sync>);

impl LogSink {
    /// A sink that hands each line to the function.
    pub fn new(take: impl Fn(LogLine) + Send + Sync + 'static) -> LogSink {
        LogSink(Arc::new(take))
    }

    /// A sink that keeps nothing.
    pub fn none() -> LogSink {
        LogSink::new(|_| {})
    }

    /// One line.
    pub fn line(&self, stream: Stream, bytes: impl Into<Vec<u8>>) {
        (self.0)(LogLine {
            stream,
            bytes: bytes.into(),
        });
    }

    /// A line of the tool itself.
    pub fn note(&self, text: impl Into<String>) {
        self.line(Stream::Note, text.into());
    }
}

impl Context {
    /// The time, in microseconds since 1970 (UTC).
    pub fn now_us(&self) -> i64 {
        (self.now_us)()
    }

    /// The error `cancelled` when the call is no longer owed.
    ///
    /// # Errors
    /// The error, with the given outcome.
    pub fn still_owed(&self, outcome: Outcome) -> Result<(), ToolError> {
        if !self.cancel.is_cancelled() {
            return Ok(());
        }
        Err(cancelled(outcome))
    }
}

/// The error of a call that is no longer owed.
pub(crate) fn cancelled(outcome: Outcome) -> ToolError {
    ToolError {
        code: "cancelled".to_owned(),
        message: "The call was stopped.".to_owned(),
        hint: "Nothing to do: the run was cancelled or no longer needs it.".to_owned(),
        class: ErrorClass::Internal,
        outcome,
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("key", &self.key)
            .field("data_dir", &self.data_dir)
            .finish_non_exhaustive()
    }
}
