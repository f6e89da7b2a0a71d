//! What may be asked of a run: commands from people, answers from the world, timers. Plain data; `decide` judges.

use crate::{
    Call, DecisionKind, Digest, EffectId, GateId, LogRange, Observation, Preview, RunId, StepKey,
    TimerId, ToolError, ToolOutput,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// A command with who says it, when, and a random number (for jitter). The clock and the dice of the engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// What is asked.
    pub command: Command,
    /// By whom.
    pub actor: Actor,
    /// When, in microseconds since 1970 (UTC).
    pub at_us: i64,
    /// A random number.
    pub entropy: u64,
}

/// Who caused a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// A person, or the machine.
    pub kind: ActorKind,
    /// The operator's name, or the part of the machine.
    pub name: String,
    /// Through which door: window, terminal, token, engine.
    pub origin: String,
}

/// A person, or the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// An operator; only an operator decides (I4).
    Person,
    /// The engine, on its own or with an answer from the world.
    Engine,
}

impl Actor {
    /// The engine itself.
    pub fn engine() -> Actor {
        Actor {
            kind: ActorKind::Engine,
            name: "engine".to_owned(),
            origin: "engine".to_owned(),
        }
    }

    /// An operator at a door.
    pub fn person(name: &str, origin: &str) -> Actor {
        Actor {
            kind: ActorKind::Person,
            name: name.to_owned(),
            origin: origin.to_owned(),
        }
    }
}

/// What is asked of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Starts it; only on a run without records.
    Start {
        /// The inputs, before defaults.
        inputs: Map<String, Json>,
    },
    /// A person's answer at a gate.
    Decide {
        /// Which gate.
        gate: GateId,
        /// Which card of it.
        revision: u32,
        /// The digest of that card, as the person saw it.
        digest: Digest,
        /// The answer.
        decision: Decision,
    },
    /// A person's answer to "did it happen?".
    Resolve {
        /// The step in doubt.
        step: StepKey,
        /// The answer.
        answer: DoubtAnswer,
    },
    /// Stops the run.
    Cancel,
    /// The world's answer to something that was owed.
    Answered {
        /// What was owed; ignored when it no longer is.
        effect: EffectId,
        /// The answer.
        answer: Answer,
        /// Where its log lines are.
        log: Option<LogRange>,
    },
    /// A time that was waited for has come; ignored when stale.
    Timer(TimerId),
    /// A run that undid changes of this one is over. Said by the engine.
    Undone {
        /// That run.
        by: RunId,
        /// The steps whose changes it undid.
        steps: Vec<StepKey>,
    },
    /// The engine was started anew: calls that were under way were cut off.
    Resume,
}

/// A person's answer at a gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Exactly this.
    Approve,
    /// These items not, the others exactly so.
    Drop {
        /// The items to leave out.
        items: Vec<StepKey>,
    },
    /// Other inputs (before), or another result (after).
    Edit {
        /// Before: inputs by name. After: the whole result under the name `output`.
        values: Map<String, Json>,
    },
    /// Leave the step out and go on.
    Skip,
    /// Leave the step out and go on; of an inverse: leave the change as it is.
    SkipBecause {
        /// Why.
        reason: String,
    },
    /// Try what failed again.
    Retry,
    /// Roll the failed run back.
    Rollback,
    /// Stop here and leave everything as it is.
    Stop,
    /// Again, with this feedback.
    Redo {
        /// What should be different.
        feedback: String,
    },
    /// No.
    Reject {
        /// Why.
        reason: String,
        /// And then.
        then: Then,
    },
}

/// What follows a reject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// The run stops.
    #[default]
    Stop,
    /// What the run has changed is rolled back.
    Rollback,
    /// The step begins again, and asks again.
    Retry,
}

impl Decision {
    /// Which kind of answer it is.
    pub fn kind(&self) -> DecisionKind {
        match self {
            Decision::Approve => DecisionKind::Approve,
            Decision::Drop { .. } => DecisionKind::Drop,
            Decision::Edit { .. } => DecisionKind::Edit,
            Decision::Skip | Decision::SkipBecause { .. } => DecisionKind::Skip,
            Decision::Retry => DecisionKind::Retry,
            Decision::Rollback => DecisionKind::Rollback,
            Decision::Stop => DecisionKind::Stop,
            Decision::Redo { .. } => DecisionKind::Redo,
            Decision::Reject { .. } => DecisionKind::Reject,
        }
    }
}

/// A person's answer to "did it happen?".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoubtAnswer {
    /// It happened; there is no result to show.
    ItHappened,
    /// It did not, or may be repeated; this answer is itself the grant.
    RunAgain,
    /// It may have happened; what the run has changed besides is rolled back.
    RollBack,
}

/// The world's answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// To a preview.
    Previewed(Result<Preview, ToolError>),
    /// To a read or a change.
    Finished(Result<ToolOutput, ToolError>),
    /// To "what undoes it?": the call, and what it would do now.
    Inverted(Result<Box<(Call, Preview)>, ToolError>),
    /// To "did it happen?".
    Observed(Observation),
}
