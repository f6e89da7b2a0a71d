//! What the engine says by itself: two topics (semantics.md 19), a run with its records and the board of all runs.
//! The receiver folds the records with the same `apply`; on a gap it asks again.

use serde::{Deserialize, Serialize};
use workflow::{Digest, Record, Run, RunId, RunSummary};

/// What one can follow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// One run: a snapshot, then every record.
    Run(RunId),
    /// All runs: the rows, then each row that changes.
    Board,
}

/// What the engine says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// The run as it is; the records that follow begin after its `seq`.
    Snapshot(Box<Run>),
    /// What has happened since, in order and without a gap.
    Records(Vec<Record>),
    /// Lines of a call's log, as they come. Not events: the record carries only their range.
    Log {
        /// The run.
        run: RunId,
        /// The call: its idempotency key.
        call: Digest,
        /// The lines.
        lines: Vec<LogLine>,
    },
    /// All rows of the board.
    Board {
        /// Counts the changes of the board.
        seq: u64,
        /// The rows, the newest run first.
        rows: Vec<RunSummary>,
    },
    /// One row of the board is new or has changed.
    Row {
        /// Counts the changes of the board.
        seq: u64,
        /// The row.
        row: Box<RunSummary>,
    },
    /// The engine's state has changed: writable or not, definitions changed.
    Engine(crate::EngineState),
    /// The receiver was too slow and missed something: follow the topic again.
    Gap(Topic),
}

/// Notices on their way through one channel: at most about 8 kB and 30 batches a second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// Counts the batches of a channel, from 1: a gap means that the window must follow again.
    pub seq: u64,
    /// The notices, in order.
    pub notices: Vec<Notice>,
}

/// Where a log line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogStream {
    /// A process's standard output.
    Stdout,
    /// A process's standard error.
    Stderr,
    /// The tool itself.
    Note,
}

/// A line of a log. Text from hosts: show it escaped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Where it came from.
    pub stream: LogStream,
    /// The line, without its end; bytes that are no UTF-8 replaced.
    pub text: String,
}
