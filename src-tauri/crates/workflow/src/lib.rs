//! The pure core: the definition model, the events of a run, the fold over them, and what the world owes a run.
//! Performs nothing: no IO, no clock, no randomness, no environment; all of these come in as arguments.
//! Compiled twice, into the engine and into the window. What decides (expressions, JSON Schema, canonical
//! JSON) is behind the feature `decide`, which the window leaves off.

mod apply;
mod asking;
mod command;
#[cfg(feature = "decide")]
mod decide;
mod definition;
mod digest;
mod effect;
mod event;
mod fleet_change;
mod gate;
mod key;
#[cfg(feature = "decide")]
mod permit;
mod refusal;
mod rollback;
mod run;
mod slim;
mod step;
#[cfg_attr(
    not(feature = "decide"),
    expect(dead_code, reason = "only deciding asks which items can move")
)]
mod steps;
mod summary;
mod tool;
mod undo;
mod value;

pub use apply::FoldFault;
pub use asking::{CardScope, DecisionKind, Gate, GateKind, Gates, OnTimeout};
pub use command::{Actor, ActorKind, Answer, Command, Decision, DoubtAnswer, Input, Then};
#[cfg(feature = "decide")]
pub use decide::{
    ExprFault, ExprUse, Stop, Values, Verdict, call_digest, canonical_json, decide, digest_of_json,
    expression_names, externalise, fill_defaults, load, poll_holds, schema_faults,
    template_expressions, validate_against,
};
pub use definition::{
    Ai, Assert, Body, Budget, Context, ExitStatus, ExitWhen, Expr, Fail, Fallback, FallbackWhen,
    ForEach, OnFailure, OnItemError, Poll, Retry, Risk, Rollback, Step, Trust, Workflow,
};
pub use digest::Digest;
pub use effect::{Effect, EffectId, TimerId};
pub use event::{Event, FailReason, Record, SkipReason, StopReason};
pub use fleet_change::FleetChange;
pub use gate::{Card, CardCall, Difference, GateAnswer, GateRun, GateState, Grant, Recheck, Shown};
pub use key::{GateId, RunId, StepKey};
#[cfg(feature = "decide")]
pub use permit::{Permit, PermitFault};
pub use refusal::Refusal;
pub use rollback::{Made, PlannedUndo, RollbackPlan, Undoing};
pub use run::{Run, RunStatus, Started, Stopping};
pub use slim::{Slim, from_json};
pub use step::{
    Calling, Held, Phase, Planned, Provenance, StepRun, StepState, StepStatus, Try, WaitFor,
};
pub use summary::{OpenGate, RunState, RunSummary, StageLine};
pub use tool::{
    Call, Change, EffectClass, ErrorClass, LogRange, Observation, Outcome, Preview, Recovery,
    Target, ToolError, ToolOutput, ToolSpec, UndoPlan,
};
pub use undo::{UndoItem, UndoneBy};
pub use value::{Blob, Datum};

/// A sorted map whose copies share what they have in common: a copy of a run with ten thousand steps costs nothing.
pub type Map<K, V> = rpds::RedBlackTreeMapSync<K, V>;
/// A sorted set of that kind.
pub(crate) type Set<T> = rpds::RedBlackTreeSetSync<T>;
