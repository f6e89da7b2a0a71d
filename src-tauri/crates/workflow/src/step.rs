//! A step instance in the course of a run. Its state is an enum whose variants hold exactly what exists in them;
//! only `apply` moves it.

use crate::{
    Call, Change, Datum, Digest, EffectClass, FailReason, GateId, LogRange, Preview, SkipReason,
    StopReason, ToolError,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// A step instance. A step that has none yet is pending.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepRun {
    /// Counts redos, from 1.
    pub attempt: u32,
    /// When this attempt started, in microseconds since 1970 (UTC).
    pub started_at_us: i64,
    /// When it ended; `None` while it has not.
    pub ended_at_us: Option<i64>,
    /// Where it stands.
    pub state: StepState,
    /// The tries of its calls that ended, over all attempts, oldest first.
    pub tries: Vec<Try>,
    /// How many keys this attempt has used: the `n` of the next key, minus one.
    pub keys_used: u32,
    /// How many previews were asked for, over all attempts: names the next preview.
    pub previews: u32,
    /// How many previews of this call have failed one after the other.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub previews_failed: u32,
    /// The feedback of the redo that began this attempt.
    pub feedback: Option<String>,
    /// The call that was last paid for with a grant: nothing that changes something starts without it.
    pub spent: Option<Digest>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A try of a call that ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Try {
    /// In which attempt.
    pub attempt: u32,
    /// Which key of the attempt.
    pub n: u32,
    /// The idempotency key: also the name of its log.
    pub key: Digest,
    /// Its error; `None` when it has a result.
    pub error: Option<ToolError>,
    /// Where its log lines are.
    pub log: Option<LogRange>,
}

/// Where a step stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Sent back by a redo; begins again.
    Again,
    /// Under way.
    Active(Phase),
    /// Has its result.
    Completed {
        /// The typed result. A list: its `outputs`.
        output: Datum,
        /// Who made it.
        provenance: Provenance,
        /// What the inverse needs, when something was changed.
        receipt: Option<Datum>,
    },
    /// Has no result.
    Failed {
        /// Why.
        reason: FailReason,
    },
    /// Did not run.
    Skipped {
        /// Why.
        why: SkipReason,
    },
}

/// What a step under way is doing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// A group: its steps do the work.
    Group {
        /// It starts nothing more.
        stopping: Option<StopReason>,
    },
    /// A list: its items do the work.
    List {
        /// The items, of the one evaluation.
        items: Arc<Vec<Datum>>,
        /// It starts nothing more.
        stopping: Option<StopReason>,
    },
    /// Started; nothing is planned yet (an item may wait for a place).
    Ready,
    /// An inverse: the tool that made the change is asked what undoes it.
    Inverting {
        /// The tool that made it.
        tool: String,
        /// Its version then.
        tool_version: u32,
        /// What it gave.
        receipt: Datum,
    },
    /// The tool is asked what the call would do.
    Previewing {
        /// The call so far.
        call: Call,
        /// The preview before this one, when the call was shown already.
        before: Option<Box<Planned>>,
    },
    /// The call is exactly known; it waits for its gate, or for a place.
    Planned(Box<Planned>),
    /// The call may be running.
    Calling(Box<Calling>),
    /// The call was cut off; the tool is asked whether it happened.
    Observing {
        /// The call.
        calling: Box<Calling>,
        /// The run is stopping: the tool stops the call first.
        stop: bool,
        /// The error that says nothing; `None` when the program was cut off.
        error: Option<ToolError>,
    },
    /// Nobody but a person can say whether it happened.
    InDoubt {
        /// The call.
        calling: Box<Calling>,
        /// Why it cannot be told.
        why: String,
    },
    /// The last try failed without effect; the next one comes at this time.
    Backoff {
        /// The call.
        planned: Box<Planned>,
        /// When, in microseconds since 1970 (UTC).
        due_us: i64,
        /// The try that is to come.
        n: u32,
    },
    /// The call has ended; what follows from it is decided in the same transaction or by the after-gate.
    Result {
        /// The result, or the error.
        result: Result<Held, ToolError>,
        /// The call that gave it.
        planned: Box<Planned>,
    },
}

/// A result that is not yet the step's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// The typed result.
    pub output: Datum,
    /// What the inverse needs.
    pub receipt: Option<Datum>,
    /// A person said that it happened; there is no result to show or to check.
    #[serde(default)]
    pub by_word: bool,
}

/// A call that is exactly known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// The call.
    pub call: Call,
    /// Its digest.
    pub digest: Digest,
    /// What it would change.
    pub changes: Vec<Change>,
    /// Who and what is affected.
    pub blast_radius: String,
}

/// A call that may be running.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calling {
    /// The call.
    pub planned: Planned,
    /// Which key of the attempt.
    pub n: u32,
    /// The idempotency key.
    pub key: Digest,
    /// The longest it may take, in milliseconds.
    pub timeout_ms: u64,
    /// How often it was cut off: names the next observation.
    pub interruptions: u32,
}

impl Planned {
    /// A call that needs no preview.
    pub fn plain(call: Call, digest: Digest) -> Planned {
        Planned {
            call,
            digest,
            changes: Vec::new(),
            blast_radius: String::new(),
        }
    }

    /// In the place of an inverse that never became known: nothing that changes anything, with a digest that no call has.
    pub(crate) fn unknown(tool: String, tool_version: u32, args: impl Into<Datum>) -> Planned {
        let call = Call {
            tool,
            tool_version,
            args: args.into(),
            targets: Vec::new(),
            facts: BTreeMap::new(),
            effect: EffectClass::Read,
            undo: None,
        };
        Planned::plain(call, Digest::from_bytes([0; 32]))
    }

    /// A call with its preview.
    pub fn previewed(call: Call, digest: Digest, preview: Preview) -> Planned {
        Planned {
            call,
            digest,
            changes: preview.changes,
            blast_radius: preview.blast_radius,
        }
    }
}

/// Who made a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// A tool that a step names.
    Tool,
    /// The rule beside an AI step.
    Rule,
    /// A model.
    Model,
    /// A person, by an edit or by a word.
    Person,
}

impl Provenance {
    /// Its spelling.
    pub fn word(self) -> &'static str {
        match self {
            Provenance::Tool => "tool",
            Provenance::Rule => "rule",
            Provenance::Model => "model",
            Provenance::Person => "person",
        }
    }
}

/// The states of a step in the words of product.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words are the documentation")]
pub enum StepStatus {
    #[serde(rename = "pending")]
    Pending,
    #[serde(rename = "in-progress")]
    InProgress,
    #[serde(rename = "waiting")]
    Waiting,
    #[serde(rename = "completed")]
    Completed,
    #[serde(rename = "failed")]
    Failed,
    #[serde(rename = "skipped")]
    Skipped,
}

impl StepStatus {
    /// Its spelling, the same on every surface.
    pub fn word(self) -> &'static str {
        match self {
            StepStatus::Pending => "pending",
            StepStatus::InProgress => "in-progress",
            StepStatus::Waiting => "waiting",
            StepStatus::Completed => "completed",
            StepStatus::Failed => "failed",
            StepStatus::Skipped => "skipped",
        }
    }

    /// The sidebar's glyph (a waiting step has a hand).
    pub fn glyph(self) -> &'static str {
        match self {
            StepStatus::Pending => "○",
            StepStatus::InProgress => "◐",
            StepStatus::Waiting => "✋",
            StepStatus::Completed => "✓",
            StepStatus::Failed => "✗",
            StepStatus::Skipped => "–",
        }
    }
}

/// What a waiting step waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitFor {
    /// A person's answer at this gate.
    Person(GateId),
    /// A person's word whether it happened.
    InDoubt,
    /// The next try.
    Timer,
}

impl StepRun {
    /// Has it ended?
    pub fn is_done(&self) -> bool {
        matches!(
            self.state,
            StepState::Completed { .. } | StepState::Failed { .. } | StepState::Skipped { .. }
        )
    }

    /// Does it wait to ask for its preview once more?
    pub fn waits_to_preview(&self) -> bool {
        self.previews_failed > 0 && matches!(self.phase(), Some(Phase::Backoff { .. }))
    }

    /// What it is doing, while it is under way.
    pub fn phase(&self) -> Option<&Phase> {
        match &self.state {
            StepState::Active(phase) => Some(phase),
            StepState::Again
            | StepState::Completed { .. }
            | StepState::Failed { .. }
            | StepState::Skipped { .. } => None,
        }
    }

    /// Its result.
    pub fn output(&self) -> Option<&Datum> {
        match &self.state {
            StepState::Completed { output, .. } => Some(output),
            StepState::Active(Phase::Result {
                result: Ok(held), ..
            }) => Some(&held.output),
            StepState::Again
            | StepState::Active(_)
            | StepState::Failed { .. }
            | StepState::Skipped { .. } => None,
        }
    }

    /// The call it is about, where one is known.
    pub fn planned(&self) -> Option<&Planned> {
        match self.phase()? {
            Phase::Planned(planned)
            | Phase::Backoff { planned, .. }
            | Phase::Result { planned, .. } => Some(planned),
            Phase::Calling(calling)
            | Phase::Observing { calling, .. }
            | Phase::InDoubt { calling, .. } => Some(&calling.planned),
            Phase::Previewing { before, .. } => before.as_deref(),
            Phase::Group { .. } | Phase::List { .. } | Phase::Ready | Phase::Inverting { .. } => {
                None
            }
        }
    }
}
