//! What the world still owes a run: the only way work starts. Effects are data; the engine's performers carry
//! them out and come back with a command. Maintained by `apply`, never computed from the whole run.

use crate::{Call, Datum, Digest, GateId, Poll, StepKey};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of one owed effect. Another attempt, try, revision or key is another effect.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EffectId(pub String);

impl fmt::Display for EffectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something the world owes a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Ask the tool what the call would do. No side effect.
    Preview {
        /// For which step.
        step: StepKey,
        /// The call, without targets and facts yet.
        call: Call,
    },
    /// Ask the tool of a change for its inverse, and what the inverse would do now. No side effect.
    Inverse {
        /// For which step instance: the inverse's.
        step: StepKey,
        /// The tool that made the change.
        tool: String,
        /// Its version then.
        tool_version: u32,
        /// What it gave.
        receipt: Datum,
    },
    /// Make a call that changes nothing.
    Read {
        /// For which step (of a recheck: the step whose read is made again).
        step: StepKey,
        /// The call.
        call: Call,
        /// Its idempotency key; also the name of its log.
        key: Digest,
        /// The longest it may take, in milliseconds.
        timeout_ms: u64,
        /// Repeat it until a condition holds.
        poll: Option<Poll>,
    },
    /// Make the approved call. The arguments come from the journal through a `Permit`, never from here.
    Change {
        /// For which step.
        step: StepKey,
        /// Its idempotency key.
        key: Digest,
        /// The longest it may take, in milliseconds.
        timeout_ms: u64,
    },
    /// Ask the tool whether a call that was cut off happened; with `stop`, stop it first if it still runs.
    Observe {
        /// For which step.
        step: StepKey,
        /// The call that was cut off.
        call: Call,
        /// Its idempotency key.
        key: Digest,
        /// The run is being stopped: cancel the call in the tool, then observe.
        stop: bool,
    },
    /// Tell the operator that a decision is needed.
    Alert {
        /// Which gate.
        gate: GateId,
        /// Which card of it.
        revision: u32,
        /// The question.
        title: String,
        /// How many reminders there were.
        reminders: u32,
    },
}

/// The name of a time that a run waits for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerId {
    /// Nobody answered in time.
    GateExpiry {
        /// Which gate.
        gate: GateId,
        /// Which card of it.
        revision: u32,
    },
    /// It is time to remind the operator.
    GateReminder {
        /// Which gate.
        gate: GateId,
        /// Which card of it.
        revision: u32,
        /// The how manieth reminder, from 1.
        number: u32,
    },
    /// The backoff before the next try is over.
    Retry {
        /// Which step.
        step: StepKey,
        /// Which attempt of it.
        attempt: u32,
        /// The try that is to come.
        n: u32,
    },
}
