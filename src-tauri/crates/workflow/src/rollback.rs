//! What a run has changed, and what became of undoing it: read from the fold. What is planned before the first change
//! stands on its card. Not the inverses themselves: those are calls, step instances like any other.

use crate::{Datum, FailReason, OnFailure, Run, SkipReason, StepKey, StepState, UndoPlan};
use serde::{Deserialize, Serialize};

/// A change that a run has made, with what undoing it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// The place of the record that tells of it.
    pub seq: u64,
    /// By which step.
    pub step: StepKey,
    /// In which attempt of it.
    pub attempt: u32,
    /// The tool that made it.
    pub tool: String,
    /// Its version.
    pub tool_version: u32,
    /// How it would be undone, as the approved card said; `None`: it cannot be.
    pub undo: Option<UndoPlan>,
    /// What the inverse needs. `None`: a person said that it happened, or nobody knows whether it did.
    pub receipt: Option<Datum>,
    /// The arguments of the step's own `rollback`, or why they have no value; `None`: it has none of its own.
    pub own: Option<Result<Datum, String>>,
    /// `false`: the card said that nothing would change, so there is nothing to undo.
    pub changed: bool,
}

/// What a rollback of the whole run would undo, and what it could not: on the cards before its first change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollbackPlan {
    /// What the file asks for after a failure.
    pub on_failure: OnFailure,
    /// The steps that change something, in the file's order.
    pub steps: Vec<PlannedUndo>,
}

/// How one step would be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedUndo {
    /// The step's id.
    pub step: String,
    /// Its title.
    pub title: String,
    /// The tool that undoes it; `None`: it cannot be undone.
    pub tool: Option<String>,
    /// Why that is acceptable, in the file's words.
    pub irreversible: Option<String>,
}

/// What became of undoing a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undoing {
    /// Nobody has begun.
    NotBegun,
    /// It is under way.
    UnderWay,
    /// It was undone.
    Done,
    /// There was nothing to undo.
    AlreadyBack,
    /// It cannot be undone.
    NotPossible(String),
    /// A person left it as it is.
    Left(String),
    /// It failed, and the rollback was stopped there.
    Failed(FailReason),
}

impl Made {
    /// The step instance that undoes it.
    pub fn inverse(&self) -> StepKey {
        self.step.inverse(self.attempt)
    }
}

impl Run {
    /// The changes it has made, oldest first.
    pub fn made(&self) -> impl DoubleEndedIterator<Item = &Made> {
        self.made.iter().map(AsRef::as_ref)
    }

    /// What became of undoing a change.
    pub fn undoing(&self, made: &Made) -> Undoing {
        if self.is_undone_later(&made.step) {
            return Undoing::Done;
        }
        match self.step(&made.inverse()).map(|step| &step.state) {
            None => Undoing::NotBegun,
            Some(StepState::Again | StepState::Active(_)) => Undoing::UnderWay,
            Some(StepState::Completed { .. }) => Undoing::Done,
            Some(StepState::Failed { reason }) => Undoing::Failed(reason.clone()),
            Some(StepState::Skipped { why }) => match why {
                SkipReason::AlreadyBack => Undoing::AlreadyBack,
                SkipReason::NotPossible { why } => Undoing::NotPossible(why.clone()),
                SkipReason::Left { reason } => Undoing::Left(reason.clone()),
                SkipReason::When { .. }
                | SkipReason::Empty
                | SkipReason::Skipped
                | SkipReason::Dropped
                | SkipReason::Rejected { .. }
                | SkipReason::Expired
                | SkipReason::Stopped { .. } => Undoing::NotBegun,
            },
        }
    }

    /// Was what this step changed undone? Such a step stays completed, with this mark.
    pub fn is_undone(&self, key: &StepKey) -> bool {
        if self.is_undone_later(key) {
            return true;
        }
        let inverse = self
            .step(key)
            .and_then(|step| self.step(&key.inverse(step.attempt)));
        matches!(
            inverse.map(|inverse| &inverse.state),
            Some(
                StepState::Completed { .. }
                    | StepState::Skipped {
                        why: SkipReason::AlreadyBack
                    }
            )
        )
    }

    fn is_undone_later(&self, key: &StepKey) -> bool {
        let mut by = self.undone_by.iter();
        by.any(|by| by.steps.contains(key))
    }

    /// Why it failed, and how much of it was undone.
    pub(crate) fn rolled_back_sentence(&self, reason: &FailReason) -> String {
        let (mut undone, mut stays) = (0, 0);
        for made in self.made() {
            match self.undoing(made) {
                Undoing::Done | Undoing::AlreadyBack => undone += 1,
                Undoing::NotBegun
                | Undoing::UnderWay
                | Undoing::NotPossible(_)
                | Undoing::Left(_)
                | Undoing::Failed(_) => stays += 1,
            }
        }
        let all = undone + stays;
        let message = reason.message.trim_end_matches('.');
        match stays {
            0 => format!("{message}. Rolled back: {}", changes(all)),
            stays => format!("{stays} of {} not rolled back. {message}", changes(all)),
        }
    }
}

fn changes(number: u32) -> String {
    match number {
        1 => "1 change".to_owned(),
        more => format!("{more} changes"),
    }
}
