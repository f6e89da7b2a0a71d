//! Did it happen? Calls that were cut off or ended in an error that says nothing: the tool is asked, then a person
//! (semantics.md 8).

use super::{Draft, Stop};
use crate::{
    Datum, DoubtAnswer, ErrorClass, Event, FailReason, Observation, Outcome, Phase, Recovery,
    Refusal, StepKey, StopReason, ToolError,
};

impl Draft<'_> {
    /// Does the run, or a group or list around the step, start no more changes?
    fn ends_around(&self, key: &StepKey) -> bool {
        let stopping = |outer: &StepKey| {
            matches!(
                self.run.step(outer).and_then(|step| step.phase()),
                Some(
                    Phase::Group { stopping: Some(_) }
                        | Phase::List {
                            stopping: Some(_),
                            ..
                        }
                )
            )
        };
        self.run.stopping().is_some()
            || self.failed_branch_around(key).is_some()
            || self.run.enclosing(key).iter().any(stopping)
    }

    pub(super) fn call_changes(&self, key: &StepKey) -> bool {
        self.run
            .step(key)
            .and_then(|step| step.planned())
            .is_some_and(|planned| planned.call.effect.changes())
    }

    /// The tool is asked whether it happened; where it cannot tell, a person is.
    pub(super) fn interrupt(
        &mut self,
        key: &StepKey,
        stop: bool,
        error: Option<ToolError>,
    ) -> Result<(), Stop> {
        let recovery = self
            .run
            .step(key)
            .and_then(|step| step.planned())
            .and_then(|planned| self.run.definition.tools.get(&planned.call.tool))
            .map_or(Recovery::Manual, |spec| spec.recovery);
        // While the program runs the tool can at least be told to stop the call before it is asked.
        if recovery == Recovery::Manual && !stop {
            let why = error.map_or_else(
                || "The program ended while the call was running, and this tool cannot tell whether it happened".to_owned(),
                |error| error.message,
            );
            return self.emit(Event::DoubtOpened {
                step: key.clone(),
                why,
            });
        }
        self.emit(Event::CallInterrupted {
            step: key.clone(),
            stop,
            error,
        })
    }

    pub(super) fn observed(
        &mut self,
        key: &StepKey,
        observation: &Observation,
    ) -> Result<(), Stop> {
        let Some(Phase::Observing { stop, error, .. }) =
            self.run.step(key).and_then(|step| step.phase()).cloned()
        else {
            return Ok(());
        };
        let starts_again = !stop && !self.ends_around(key);
        match (observation, error) {
            (Observation::Done(output), _) => self.call_finished(key, output, true, None),
            (Observation::NotDone, None) if starts_again => {
                self.emit(Event::CallContinued { step: key.clone() })
            }
            (Observation::NotDone, error) => {
                let error = ToolError {
                    outcome: Outcome::NotDone,
                    ..error.unwrap_or_else(cancelled)
                };
                self.emit(Event::CallFailed {
                    step: key.clone(),
                    error,
                    log: None,
                })
            }
            (Observation::Unknown { why }, _) => self.emit(Event::DoubtOpened {
                step: key.clone(),
                why: why.clone(),
            }),
        }
    }

    pub(super) fn resolve_doubt(&mut self, key: &StepKey, answer: DoubtAnswer) -> Result<(), Stop> {
        if !matches!(
            self.run.step(key).and_then(|step| step.phase()),
            Some(Phase::InDoubt { .. })
        ) {
            return Err(Refusal::new(
                "not_in_doubt",
                format!("Nobody asks whether {key} happened"),
                "Look at the run: the question may have been answered already",
            )
            .into());
        }
        if answer == DoubtAnswer::RollBack && (key.is_inverse() || self.run.stopping().is_some()) {
            return Err(Refusal::new(
                "not_offered",
                "The run comes to its end already, and nothing more is rolled back because of this",
                "Say that it happened, or run it again",
            )
            .into());
        }
        if answer == DoubtAnswer::RunAgain && self.ends_around(key) {
            return Err(Refusal::new(
                "stopping",
                "What this step belongs to is stopping and starts nothing more",
                "Say that it happened, or start the workflow again later",
            )
            .into());
        }
        self.emit(Event::DoubtResolved {
            step: key.clone(),
            answer,
        })?;
        match answer {
            DoubtAnswer::ItHappened if self.call_changes(key) && !key.is_inverse() => {
                self.plan_rollback(key, &Datum::null())
            }
            DoubtAnswer::ItHappened | DoubtAnswer::RunAgain => Ok(()),
            DoubtAnswer::RollBack => self.roll_back_in_doubt(key),
        }
    }

    /// Nobody can say whether it happened: the step has failed, and the run is rolled back.
    fn roll_back_in_doubt(&mut self, key: &StepKey) -> Result<(), Stop> {
        if let Some(Phase::Result {
            result: Err(error), ..
        }) = self.run.step(key).and_then(|step| step.phase())
        {
            let reason = FailReason::tool(&error.clone());
            self.fail(key, reason)?;
        }
        self.emit(Event::RunStopping {
            why: StopReason::RolledBack { step: key.clone() },
        })
    }

    /// The engine was started anew. Reads and calls that may be repeated are still owed and simply start again; of the
    /// others the tool is asked, or a person.
    pub(super) fn resume(&mut self) -> Result<(), Stop> {
        let cut_off: Vec<StepKey> = self
            .run
            .steps
            .runs()
            .iter()
            .filter(|(_, step)| matches!(step.phase(), Some(Phase::Calling(calling)) if calling.planned.call.effect.changes()))
            .map(|(key, _)| key.clone())
            .collect();
        for key in cut_off {
            let planned = self.run.step(&key).and_then(|step| step.planned());
            let spec =
                planned.and_then(|planned| self.run.definition.tools.get(&planned.call.tool));
            match spec.map(|spec| spec.recovery) {
                Some(Recovery::Pure | Recovery::Idempotent | Recovery::Keyed) => {}
                Some(Recovery::Probeable | Recovery::Manual) | None => {
                    self.interrupt(&key, false, None)?
                }
            }
        }
        Ok(())
    }
}

fn cancelled() -> ToolError {
    ToolError {
        code: "cancelled".to_owned(),
        message: "It was stopped before it had any effect".to_owned(),
        hint: "Start the workflow again if it should run".to_owned(),
        class: ErrorClass::Internal,
        outcome: Outcome::NotDone,
    }
}
