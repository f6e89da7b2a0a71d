//! What has happened to a run. Events are facts with every value already evaluated: folding them needs no
//! expression, schema, blob or clock. Adding one: see the checklist in ARCHITECTURE.md.

use crate::{
    Actor, Call, Card, Datum, Decision, Difference, Digest, DoubtAnswer, ExitStatus, FleetChange,
    GateId, Grant, LogRange, Preview, Provenance, RunId, StepKey, ToolError, slim::tagged,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An event with its place in the run, its time and who caused it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The run.
    pub run: RunId,
    /// Its place in the run, from 1.
    pub seq: u64,
    /// When, in microseconds since 1970 (UTC); never smaller than that of the record before.
    pub at_us: i64,
    /// Who caused it.
    pub actor: Actor,
    /// What happened.
    pub event: Event,
}

tagged! {
    by "kind";

    /// What happened.
    #[derive(Clone, Debug, PartialEq)]
    #[expect(
        missing_docs,
        reason = "fields named alike mean the same in every event: step, gate, revision, call"
    )]
    pub enum Event {
        /// The run exists, pinned to a definition.
        RunStarted {
            definition: Digest,
            title: String,
            inputs: BTreeMap<String, Datum>,
        },
        /// A step of this attempt is under way (a list: with the items of its one evaluation).
        StepStarted {
            step: StepKey,
            attempt: u32,
            items: Option<Vec<Datum>>,
        },
        /// A step will not run.
        StepSkipped { step: StepKey, why: SkipReason },
        /// The exact call of a step is known; `preview` says whether the tool is asked first.
        CallPlanned {
            step: StepKey,
            call: Call,
            digest: Digest,
            preview: bool,
        },
        /// The tool's answer: the call with its targets and facts, and its digest.
        CallPreviewed {
            step: StepKey,
            call: Call,
            digest: Digest,
            preview: Preview,
        },
        /// The tool could not say what the call would do.
        PreviewFailed { step: StepKey, error: ToolError },
        /// A person is asked.
        GateOpened {
            gate: GateId,
            revision: u32,
            card: Box<Card>,
            card_digest: Digest,
        },
        /// `skip_when` was true: nobody is asked.
        GateSkipped { gate: GateId },
        /// The person was reminded.
        GateReminded {
            gate: GateId,
            revision: u32,
            number: u32,
        },
        /// A person answered. `grant` is there when the answer lets calls run.
        GateDecided {
            gate: GateId,
            revision: u32,
            card_digest: Digest,
            decision: Decision,
            grant: Option<Grant>,
        },
        /// Nobody answered in time.
        GateExpired { gate: GateId, revision: u32 },
        /// The question no longer matters.
        GateWithdrawn {
            gate: GateId,
            revision: u32,
            why: StopReason,
        },
        /// An input has another value for the rest of the run. It never approves.
        InputEdited {
            gate: GateId,
            input: String,
            value: Datum,
        },
        /// A read that the gate names is made again.
        RecheckStarted {
            gate: GateId,
            step: StepKey,
            call: Call,
            key: Digest,
            timeout_ms: u64,
        },
        /// Its answer; used for this comparison only, unless the grant is voided.
        RecheckRead {
            gate: GateId,
            step: StepKey,
            output: Datum,
        },
        /// All reads are made: the calls are planned and previewed once more, to be compared with the approved ones.
        ComparingStarted { gate: GateId },
        /// What would run is exactly what was approved.
        GrantConfirmed { gate: GateId },
        /// The approval no longer covers what would run; the gate will open again. `outputs` replace those of the
        /// steps that were read again.
        GrantVoided {
            gate: GateId,
            why: String,
            changed: Vec<Difference>,
            outputs: BTreeMap<StepKey, Datum>,
        },
        /// One try of one approved call is taken from the grant.
        GrantSpent {
            gate: GateId,
            step: StepKey,
            call_digest: Digest,
        },
        /// The call may run from here on. Durable before the effect.
        CallStarted {
            step: StepKey,
            n: u32,
            key: Digest,
            timeout_ms: u64,
        },
        /// The call was cut off, or ended in an error that says nothing: the tool is asked whether it happened.
        CallInterrupted {
            step: StepKey,
            stop: bool,
            error: Option<ToolError>,
        },
        /// It did not happen: the same try goes on under the same key.
        CallContinued { step: StepKey },
        /// The call has a result; `observed` when the tool found it out afterwards.
        CallFinished {
            step: StepKey,
            output: Datum,
            receipt: Option<Datum>,
            observed: bool,
            log: Option<LogRange>,
        },
        /// The call changed the inventory or the trusted host keys: stands after its `CallFinished`, in the same append.
        FleetChanged { step: StepKey, change: FleetChange },
        /// The call failed.
        CallFailed {
            step: StepKey,
            error: ToolError,
            log: Option<LogRange>,
        },
        /// It will be tried again.
        RetryScheduled { step: StepKey, n: u32, due_us: i64 },
        /// Nobody but a person can say whether it happened.
        DoubtOpened { step: StepKey, why: String },
        /// The person said.
        DoubtResolved { step: StepKey, answer: DoubtAnswer },
        /// A person sent the step back; it begins again with this attempt. Those that follow it, too.
        AttemptStarted {
            step: StepKey,
            attempt: u32,
            feedback: String,
        },
        /// The step has its result.
        StepCompleted {
            step: StepKey,
            output: Datum,
            provenance: Provenance,
        },
        /// The step has none.
        StepFailed { step: StepKey, reason: FailReason },
        /// A list or group starts nothing more; it ends when all inside has ended.
        GroupStopping { step: StepKey, why: StopReason },
        /// The run starts nothing more; it ends when all has ended.
        RunStopping { why: StopReason },
        /// The run is over and did what it should.
        RunCompleted {
            outputs: BTreeMap<String, Datum>,
            message: Option<String>,
        },
        /// The run is over and did not.
        RunFailed { reason: FailReason },
        /// The run was cancelled.
        RunCancelled,
        /// A person had the failed steps begin again: the run goes on.
        RunContinued,
        /// A change has happened whose step says how it is rolled back: the arguments for that, or why they have no value.
        RollbackPlanned {
            step: StepKey,
            of: u64,
            args: Result<Datum, String>,
        },
        /// The run has failed and is quiet; its changes are rolled back, the newest first.
        RollbackStarted { reason: FailReason },
        /// The tool is asked for the inverse of the change that the record `of` tells of, and what it would do now.
        InverseStarted { step: StepKey, of: u64 },
        /// The approval of that change permits its inverse: it named the tool, and this is what the tool made of the
        /// change's receipt.
        InversePermitted {
            step: StepKey,
            of: u64,
            call_digest: Digest,
        },
        /// In a run that undoes another: the tool that made a change is asked for its inverse, and what it would do now.
        UndoAsked {
            step: StepKey,
            tool: String,
            tool_version: u32,
            receipt: Datum,
        },
        /// A later run has undone changes of this one. The only event that may follow the end of a run.
        UndoneBy { run: RunId, steps: Vec<StepKey> },
        /// The run is over: it failed, and its changes were rolled back as far as they could be.
        RunRolledBack { reason: FailReason },
    }
}

/// Why a step did not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// Its condition was false.
    When {
        /// The condition.
        condition: String,
    },
    /// Its list was empty, or every item was left out.
    Empty,
    /// A person left it out.
    Skipped,
    /// A person left this item out.
    Dropped,
    /// A person said no.
    Rejected {
        /// Why.
        reason: String,
    },
    /// Nobody answered in time.
    Expired,
    /// The run or the group around it stopped first.
    Stopped {
        /// Why it stopped.
        why: StopReason,
    },
    /// Of an inverse: there is nothing to undo, the world is as it was before the change.
    AlreadyBack,
    /// Of an inverse: the change cannot be undone.
    NotPossible {
        /// Why.
        why: String,
    },
    /// Of an inverse: a person left the change as it is.
    Left {
        /// Why.
        reason: String,
    },
}

/// Why a run or a group stops before its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// A person cancelled the run.
    Cancelled,
    /// A person said no.
    Rejected {
        /// At which gate.
        gate: GateId,
        /// Why.
        reason: String,
    },
    /// Nobody answered in time.
    Expired {
        /// At which gate.
        gate: GateId,
    },
    /// A step failed.
    Failed {
        /// Which.
        step: StepKey,
    },
    /// A person could not say whether a step's change happened, and had the run rolled back.
    RolledBack {
        /// Which step.
        step: StepKey,
    },
    /// `exit_when` was true.
    Exit {
        /// At which step.
        step: StepKey,
        /// As what.
        status: ExitStatus,
        /// Why.
        message: String,
    },
}

/// Why a step or run failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailReason {
    /// A stable word, snake_case: a tool's error code, or assert, rejected, expired, cancelled, …
    pub code: String,
    /// What and why, one sentence.
    pub message: String,
    /// What to do next.
    pub hint: String,
    /// The step it began with; for a run or a group.
    pub step: Option<StepKey>,
}
