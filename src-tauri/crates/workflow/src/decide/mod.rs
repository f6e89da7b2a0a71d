//! `decide`: what happens next, given a run and a command. Performs nothing; the clock and the dice come in with the
//! command, big values through `Values`. Each file here is one verb: plan and call (`call`), what follows (`result`), did it
//! happen (`doubt`), ask (`gate`), hear (`answer`), recheck, redo, groups (`advance`), lists (`list`), stop (`stop`), what
//! then (`failure`), undo it (`rollback`, `undo`).

mod advance;
mod answer;
mod call;
mod canonical;
mod card;
mod doubt;
mod expr;
mod failure;
mod gate;
mod list;
mod recheck;
mod redo;
mod result;
mod rollback;
mod schema;
mod scope;
mod start;
mod stop;
mod undo;

use crate::{
    Actor, ActorKind, Answer, Command, Datum, Digest, Effect, Event, Input, Refusal, Run, RunStatus,
};
use serde_json::Value as Json;
use std::{cell::Cell, sync::Arc};

pub use canonical::{call_digest, canonical_json, digest_of_json, externalise, load};
pub use expr::{ExprFault, ExprUse, names as expression_names, template_expressions};
pub use schema::{fill_defaults, schema_faults, validate_against};

/// Where big values come from: the engine's cache over the store.
pub trait Values {
    /// The body of a blob, when it is loaded.
    fn get(&self, sha256: &Digest) -> Option<Arc<Json>>;
}

/// No big values at all, for runs that have none.
impl Values for () {
    fn get(&self, _: &Digest) -> Option<Arc<Json>> {
        None
    }
}

/// What a command leads to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// What happens; empty when the command is stale.
    pub events: Vec<Event>,
    /// The person is refused although something happened (an answer that came too late).
    pub refusal: Option<Refusal>,
    /// How many step instances were looked at: what the decision cost.
    pub visits: u64,
}

/// Why a command leads to nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// It may not happen.
    Refused(Refusal),
    /// These values are needed first: load them and ask again.
    Needs(Vec<Digest>),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

/// What happens when this command meets this run.
///
/// # Errors
/// A refusal, or the values that are needed first.
pub fn decide(run: &Run, input: &Input, values: &dyn Values) -> Result<Verdict, Stop> {
    let mut draft = Draft {
        run: run.clone(),
        at_us: run.not_before(input.at_us),
        actor: &input.actor,
        entropy: input.entropy,
        values,
        events: Vec::new(),
        visits: Cell::new(0),
    };
    let refusal = draft.command(&input.command)?;
    draft.advance()?;
    Ok(Verdict {
        events: draft.events,
        refusal,
        visits: draft.visits.get(),
    })
}

/// Whether a polled read's result is what the step waits for.
///
/// # Errors
/// The expression's fault, or the values that are needed first.
pub fn poll_holds(
    run: &Run,
    step: &crate::StepKey,
    output: &Json,
    values: &dyn Values,
) -> Result<Result<bool, ExprFault>, Stop> {
    let actor = Actor::engine();
    let draft = Draft {
        run: run.clone(),
        at_us: run.last_at_us,
        actor: &actor,
        entropy: 0,
        values,
        events: Vec::new(),
        visits: Cell::new(0),
    };
    let Some(poll) = run
        .definition
        .step(&step.id)
        .and_then(|step| step.poll.as_ref())
    else {
        return Ok(Ok(true));
    };
    draft.holds(&poll.until, &scope::Place::with_output(step, output))
}

/// A run in the making: the events so far, already folded.
pub(crate) struct Draft<'a> {
    pub(crate) run: Run,
    pub(crate) at_us: i64,
    pub(crate) actor: &'a Actor,
    pub(crate) entropy: u64,
    pub(crate) values: &'a dyn Values,
    pub(crate) events: Vec<Event>,
    /// How many step instances were looked at.
    pub(crate) visits: Cell<u64>,
}

impl Draft<'_> {
    /// Something happens.
    pub(crate) fn emit(&mut self, event: Event) -> Result<(), Stop> {
        self.run
            .apply_event(&event, self.at_us, self.actor)
            .map_err(|what| {
                Refusal::new(
                    "internal",
                    format!("This would not follow: {what}"),
                    "Report this as a bug, with the run's export",
                )
            })?;
        self.events.push(event);
        Ok(())
    }

    /// That many step instances are looked at.
    pub(crate) fn visit(&self, instances: usize) {
        self.visits.set(self.visits.get() + instances as u64);
    }

    /// The value behind a datum.
    pub(crate) fn load(&self, datum: &Datum) -> Result<Json, Stop> {
        load(datum, self.values).map_err(|digest| Stop::Needs(vec![digest]))
    }

    fn command(&mut self, command: &Command) -> Result<Option<Refusal>, Stop> {
        match (&self.run.status, command) {
            (RunStatus::Pending, Command::Start { inputs }) => self.start(inputs).map(|()| None),
            (RunStatus::Pending, _) => Err(Refusal::new(
                "not_started",
                "This run has not started",
                "Start a workflow first",
            )
            .into()),
            (_, Command::Start { .. }) => Err(Refusal::new(
                "already_started",
                "This run has started already",
                "Start another run",
            )
            .into()),
            (
                RunStatus::Completed { .. }
                | RunStatus::Failed { .. }
                | RunStatus::Cancelled { .. }
                | RunStatus::RolledBack { .. },
                command,
            ) => self.after_the_end(command),
            (RunStatus::Running { .. } | RunStatus::RollingBack { .. }, Command::Undone { .. }) => {
                Err(Refusal::new(
                    "not_over",
                    "This run is not over, so nothing of it was undone",
                    "Report this as a bug, with the run's export",
                )
                .into())
            }
            (RunStatus::RollingBack { .. }, Command::Cancel) => Err(Refusal::new(
                "rolling_back",
                "The run has failed and is being rolled back",
                "It ends when that is done; where an inverse fails, it can be stopped",
            )
            .into()),
            (
                RunStatus::Running { .. } | RunStatus::RollingBack { .. },
                Command::Decide {
                    gate,
                    revision,
                    digest,
                    decision,
                },
            ) => {
                self.only_a_person("decide")?;
                self.decide_gate(gate, *revision, *digest, decision)
            }
            (
                RunStatus::Running { .. } | RunStatus::RollingBack { .. },
                Command::Resolve { step, answer },
            ) => {
                self.only_a_person("say whether it happened")?;
                self.resolve_doubt(step, *answer).map(|()| None)
            }
            (RunStatus::Running { .. }, Command::Cancel) => {
                self.only_a_person("cancel a run")?;
                self.cancel().map(|()| None)
            }
            (
                RunStatus::Running { .. } | RunStatus::RollingBack { .. },
                Command::Answered {
                    effect,
                    answer,
                    log,
                },
            ) => {
                // Whoever answers late, after the effect is no longer owed, is not heard.
                if let Some(owed) = self.run.owed.map().get(effect).cloned() {
                    self.answered(effect, owed, answer, *log)?;
                }
                Ok(None)
            }
            (RunStatus::Running { .. } | RunStatus::RollingBack { .. }, Command::Timer(timer)) => {
                self.timer(timer).map(|()| None)
            }
            (RunStatus::Running { .. } | RunStatus::RollingBack { .. }, Command::Resume) => {
                self.resume().map(|()| None)
            }
        }
    }

    fn after_the_end(&mut self, command: &Command) -> Result<Option<Refusal>, Stop> {
        match command {
            Command::Undone { by, .. } if self.run.undone_by.iter().any(|one| one.run == *by) => {
                Ok(None)
            }
            Command::Undone { by, steps } => {
                self.emit(Event::UndoneBy {
                    run: by.clone(),
                    steps: steps.clone(),
                })?;
                Ok(None)
            }
            Command::Answered { .. } | Command::Timer(_) | Command::Resume => Ok(None),
            Command::Decide { gate, .. } => Err(self.not_open(gate).into()),
            Command::Start { .. } | Command::Resolve { .. } | Command::Cancel => Err(Refusal::new(
                "run_is_over",
                format!("This run is over: it {}", self.run.state().word()),
                "Start the workflow again if it should run once more",
            )
            .into()),
        }
    }

    /// I4: a decision comes from a person at a door, never from a tool, a model or a timer.
    fn only_a_person(&self, what: &str) -> Result<(), Stop> {
        match self.actor.kind {
            ActorKind::Person => Ok(()),
            ActorKind::Engine => Err(Refusal::new(
                "not_a_person",
                format!("Only a person may {what}"),
                "Answer in the window or at a terminal",
            )
            .into()),
        }
    }

    fn answered(
        &mut self,
        id: &crate::EffectId,
        owed: Effect,
        answer: &Answer,
        log: Option<crate::LogRange>,
    ) -> Result<(), Stop> {
        match (owed, answer) {
            (Effect::Preview { step, call }, Answer::Previewed(result)) => {
                self.previewed(&step, call, result)
            }
            (Effect::Read { step, key, .. }, Answer::Finished(result))
                if id.0.starts_with("recheck:") =>
            {
                self.recheck_answered(&step, key, result)
            }
            (Effect::Read { step, .. } | Effect::Change { step, .. }, Answer::Finished(result)) => {
                self.finished(&step, result, log)
            }
            (Effect::Inverse { step, .. }, Answer::Inverted(result)) => {
                self.inverted(&step, result)
            }
            (Effect::Observe { step, .. }, Answer::Observed(observation)) => {
                self.observed(&step, observation)
            }
            (
                Effect::Preview { .. }
                | Effect::Inverse { .. }
                | Effect::Read { .. }
                | Effect::Change { .. }
                | Effect::Observe { .. }
                | Effect::Alert { .. },
                Answer::Previewed(_)
                | Answer::Finished(_)
                | Answer::Inverted(_)
                | Answer::Observed(_),
            ) => Err(Refusal::new(
                "wrong_answer",
                format!("{id} was not asked that"),
                "Report this as a bug, with the run's export",
            )
            .into()),
        }
    }
}
