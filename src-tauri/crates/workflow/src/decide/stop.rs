//! Quiesce: the one way in which a run or a group stops (semantics.md 9): start nothing new; withdraw the gates; abort
//! reads; settle changes to a known outcome; wait for what is in doubt; then end.

use super::{Draft, Stop};
use crate::{
    Event, ExitStatus, FailReason, Phase, Refusal, SkipReason, StepKey, StepState, StopReason,
};

impl Draft<'_> {
    pub(super) fn cancel(&mut self) -> Result<(), Stop> {
        if let Some(stopping) = self.run.stopping() {
            return Err(Refusal::new(
                "stopping",
                format!("The run is stopping already: {}", stopping.why.sentence()),
                "It ends when what it was doing has come to a known end",
            )
            .into());
        }
        self.emit(Event::RunStopping {
            why: StopReason::Cancelled,
        })
    }

    /// Stops the whole run; ends it when all is quiet.
    pub(super) fn stop_run(&mut self, why: &StopReason) -> Result<(), Stop> {
        let started: Vec<StepKey> = self.run.steps.runs().keys().cloned().collect();
        if !self.quiesce(&started, why)? {
            return Ok(());
        }
        match why {
            StopReason::Cancelled => {
                self.skip_the_rest(why)?;
                self.emit(Event::RunCancelled)
            }
            StopReason::Exit {
                status: ExitStatus::Completed,
                message,
                ..
            } => {
                self.skip_the_rest(why)?;
                self.complete_run(Some(message.clone()))
            }
            StopReason::Exit {
                status: ExitStatus::Failed,
                message,
                step,
            } => {
                let reason = FailReason::new(
                    "exit_when",
                    message.clone(),
                    "The workflow ends here by its own rule",
                );
                let step = Some(step.clone());
                self.after_failure(why, FailReason { step, ..reason })
            }
            StopReason::Rejected { gate, .. } => {
                let reason = FailReason::new(
                    "rejected",
                    why.sentence(),
                    "Start the workflow again with other inputs",
                );
                let step = Some(gate.step.clone());
                self.after_failure(why, FailReason { step, ..reason })
            }
            StopReason::Expired { gate } => {
                let reason = FailReason::new(
                    "expired",
                    why.sentence(),
                    "Start the workflow again when somebody can answer",
                );
                let step = Some(gate.step.clone());
                self.after_failure(why, FailReason { step, ..reason })
            }
            StopReason::Failed { step } | StopReason::RolledBack { step } => {
                let reason = self.reason_of(step);
                self.after_failure(why, reason)
            }
        }
    }

    /// Stops a group or list; it fails when all inside is quiet.
    pub(super) fn stop_group(&mut self, key: &StepKey, why: &StopReason) -> Result<(), Stop> {
        let inside: Vec<StepKey> = self.run.inside(key).map(|(key, _)| key.clone()).collect();
        self.withdraw_gates_of(key, why)?;
        if !self.quiesce(&inside, why)? {
            return Ok(());
        }
        let reason = match why {
            StopReason::Failed { step } => self.reason_of(step),
            StopReason::Cancelled
            | StopReason::RolledBack { .. }
            | StopReason::Rejected { .. }
            | StopReason::Expired { .. }
            | StopReason::Exit { .. } => {
                FailReason::new("stopped", why.sentence(), "Look at the run")
            }
        };
        self.fail(key, reason)
    }

    /// Brings these steps to an end; true when none is under way any more.
    fn quiesce(&mut self, keys: &[StepKey], why: &StopReason) -> Result<bool, Stop> {
        self.visit(keys.len());
        for key in keys {
            self.withdraw_gates_of(key, why)?;
            self.quiesce_leaf(key, why)?;
        }
        let busy =
            |draft: &Self, key: &StepKey| match draft.run.step(key).and_then(|step| step.phase()) {
                None | Some(Phase::Group { .. } | Phase::List { .. }) => false,
                Some(_) => true,
            };
        if keys.iter().any(|key| busy(self, key)) {
            return Ok(false);
        }
        // Innermost first, so that a group's end is told after its steps'.
        let mut groups: Vec<&StepKey> = keys
            .iter()
            .filter(|key| {
                self.run
                    .step(key)
                    .is_some_and(|step| step.phase().is_some())
            })
            .collect();
        groups.sort_by_key(|key| {
            let depth = self
                .run
                .definition
                .path(&key.id)
                .map_or(0, |path| path.len());
            std::cmp::Reverse((depth, key.items.len()))
        });
        for key in groups {
            let inside: Vec<StepKey> = self.run.inside(key).map(|(key, _)| key.clone()).collect();
            match self.first_failed(&inside) {
                Some(failed) => {
                    let reason = self.reason_of(&failed);
                    self.fail(key, reason)?;
                }
                None => {
                    let why = SkipReason::Stopped { why: why.clone() };
                    self.emit(Event::StepSkipped {
                        step: key.clone(),
                        why,
                    })?;
                }
            }
        }
        Ok(true)
    }

    fn quiesce_leaf(&mut self, key: &StepKey, why: &StopReason) -> Result<(), Stop> {
        let skip = Event::StepSkipped {
            step: key.clone(),
            why: SkipReason::Stopped { why: why.clone() },
        };
        let definition = self.run.definition.clone();
        match self.run.step(key).and_then(|step| step.phase()).cloned() {
            None | Some(Phase::Group { .. } | Phase::List { .. } | Phase::InDoubt { .. }) => Ok(()),
            Some(
                Phase::Ready
                | Phase::Previewing { .. }
                | Phase::Inverting { .. }
                | Phase::Planned(_)
                | Phase::Backoff { .. },
            ) => self.emit(skip),
            Some(Phase::Calling(calling)) if calling.planned.call.effect.changes() => {
                self.interrupt(key, true, None)
            }
            Some(Phase::Calling(_)) => self.emit(skip),
            Some(Phase::Observing {
                stop: false, error, ..
            }) => self.interrupt(key, true, error),
            Some(Phase::Observing { stop: true, .. }) => Ok(()),
            Some(Phase::Result {
                result: Ok(held),
                planned,
            }) if planned.call.effect.changes() => {
                let output = self.load(&held.output)?;
                match definition.step(&key.id) {
                    Some(step) => self.complete(step, key, output, step.provenance(&held)),
                    None => Ok(()),
                }
            }
            Some(Phase::Result { result: Ok(_), .. }) => self.emit(skip),
            Some(Phase::Result {
                result: Err(error), ..
            }) => {
                let reason = match error.code.as_str() {
                    "cancelled" => {
                        FailReason::new("cancelled", error.message.clone(), error.hint.clone())
                    }
                    _ => FailReason::tool(&error),
                };
                self.fail(key, reason)
            }
        }
    }

    /// Steps that never started are skipped, so that the run's list is complete.
    pub(super) fn skip_the_rest(&mut self, why: &StopReason) -> Result<(), Stop> {
        let definition = self.run.definition.clone();
        for step in definition.all_steps() {
            let key = StepKey::top(&step.id);
            let pending = matches!(
                self.run.step(&key).map(|step| &step.state),
                None | Some(StepState::Again)
            );
            if pending && definition.list_depth(&step.id) == 0 {
                self.emit(Event::StepSkipped {
                    step: key,
                    why: SkipReason::Stopped { why: why.clone() },
                })?;
            }
        }
        Ok(())
    }
}
