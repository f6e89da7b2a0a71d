//! `Run::apply`: the only way a run changes. It moves states and keeps the list of what is owed and of the timers in
//! step; it evaluates nothing and reads nothing but the record (semantics.md 3).

mod gate;
mod owed;
mod rollback;
mod step;

use crate::run::{RunStatus, Started, Stopping};
use crate::step::Held;
use crate::{
    Actor, DoubtAnswer, Event, Phase, Planned, Record, Run, StepKey, StepRun, StepState, UndoneBy,
};

/// A record that does not follow the ones before it: the journal is damaged, or from a newer version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {seq} of run {run} does not follow: {what}")]
pub struct FoldFault {
    /// The run.
    pub run: String,
    /// The record's place.
    pub seq: u64,
    /// What is wrong.
    pub what: String,
}

/// Time and cause of the record being applied.
struct At<'a> {
    us: i64,
    actor: &'a Actor,
}

impl Run {
    /// Folds one more record.
    ///
    /// # Errors
    /// When the record is not the next one, or cannot follow. The run must not be used after that.
    pub fn apply(&mut self, record: &Record) -> Result<(), FoldFault> {
        if record.run != self.id || record.seq != self.seq + 1 || record.at_us < self.last_at_us {
            return Err(self.fault(
                record.seq,
                "it is not the next record of this run".to_owned(),
            ));
        }
        self.apply_event(&record.event, record.at_us, &record.actor)
            .map_err(|what| self.fault(record.seq, what))
    }

    fn fault(&self, seq: u64, what: String) -> FoldFault {
        FoldFault {
            run: self.id.0.clone(),
            seq,
            what,
        }
    }

    /// A run begins once, with the definition it is pinned to; it is rolled back only when it has failed, and after its
    /// end only an undo is noted.
    fn may_follow(&self, event: &Event) -> Result<(), String> {
        self.fits_a_rollback(event)?;
        match (&self.status, event) {
            (RunStatus::Pending, Event::RunStarted { definition, .. })
                if *definition == self.definition_digest =>
            {
                Ok(())
            }
            (RunStatus::Pending, Event::RunStarted { .. }) => {
                Err("the run is pinned to another definition".to_owned())
            }
            (RunStatus::Pending, _) => Err("the run has not started".to_owned()),
            (RunStatus::Running { .. }, Event::RunStarted { .. }) => {
                Err("the run has started already".to_owned())
            }
            (RunStatus::Running { .. } | RunStatus::RollingBack { .. }, Event::UndoneBy { .. }) => {
                Err("the run is not over".to_owned())
            }
            (RunStatus::Running { .. }, _) => Ok(()),
            (RunStatus::RollingBack { .. }, Event::RunStarted { .. }) => {
                Err("the run has started already".to_owned())
            }
            (RunStatus::RollingBack { .. }, _) => Ok(()),
            (status, Event::UndoneBy { .. }) if status.is_over() => Ok(()),
            (
                RunStatus::Completed { .. }
                | RunStatus::Failed { .. }
                | RunStatus::Cancelled { .. }
                | RunStatus::RolledBack { .. },
                _,
            ) => Err("the run is over".to_owned()),
        }
    }

    /// A step that ends without having started has begun with its end.
    fn begun(&mut self, step: &StepKey, at_us: i64) {
        if self.steps.get(step).is_none() {
            self.steps.put(step, StepRun::begun(1, at_us));
        }
    }

    /// Folds an event at a time; `decide` uses it on its draft.
    pub(crate) fn apply_event(
        &mut self,
        event: &Event,
        at_us: i64,
        actor: &Actor,
    ) -> Result<(), String> {
        self.may_follow(event)?;
        self.seq += 1;
        self.last_at_us = at_us;
        let at = At { us: at_us, actor };
        match event {
            Event::RunStarted { inputs, .. } => {
                self.status = RunStatus::Running { stopping: None };
                self.started = Some(Started {
                    at_us,
                    by: actor.clone(),
                });
                self.inputs = inputs.clone();
            }
            Event::StepStarted {
                step,
                attempt,
                items,
            } => self.start_step(step, *attempt, items.as_ref(), at_us),
            Event::StepSkipped { step, why } => {
                self.begun(step, at_us);
                self.end_step(step, StepState::Skipped { why: why.clone() }, at_us)?;
            }
            Event::CallPlanned {
                step,
                call,
                digest,
                preview,
            } => self.set_phase(step, |step_run| {
                let before = step_run.planned().cloned().map(Box::new);
                if *preview {
                    step_run.previews += 1;
                    Ok(Phase::Previewing {
                        call: call.clone(),
                        before,
                    })
                } else {
                    Ok(Phase::Planned(Box::new(Planned::plain(
                        call.clone(),
                        *digest,
                    ))))
                }
            })?,
            Event::CallPreviewed {
                step,
                call,
                digest,
                preview,
            } => self.set_phase(step, |step_run| {
                step_run.previews_failed = 0;
                Ok(Phase::Planned(Box::new(Planned::previewed(
                    call.clone(),
                    *digest,
                    preview.clone(),
                ))))
            })?,
            Event::PreviewFailed { step, error } => {
                self.set_phase(step, |step_run| match step_run.without_preview() {
                    Some(planned) => {
                        step_run.previews_failed += 1;
                        Ok(Phase::Result {
                            result: Err(error.clone()),
                            planned,
                        })
                    }
                    None => Err("no preview is under way".to_owned()),
                })?
            }
            Event::CallStarted {
                step,
                n,
                key,
                timeout_ms,
            } => self.start_call(step, *n, *key, *timeout_ms)?,
            Event::CallInterrupted { step, stop, error } => {
                self.with_calling(step, |mut calling| {
                    calling.interruptions += 1;
                    Phase::Observing {
                        calling,
                        stop: *stop,
                        error: error.clone(),
                    }
                })?
            }
            Event::CallContinued { step } => self.with_calling(step, Phase::Calling)?,
            Event::CallFinished {
                step,
                output,
                receipt,
                log,
                ..
            } => {
                self.note_change(step, receipt.as_ref());
                let held = Held {
                    output: output.clone(),
                    receipt: receipt.clone(),
                    by_word: false,
                };
                self.end_call(step, Ok(held), *log)?;
            }
            // The fleet's home is the store's; of the run it changes nothing.
            Event::FleetChanged { .. } => {}
            Event::CallFailed { step, error, log } => {
                self.end_call(step, Err(error.clone()), *log)?
            }
            Event::RetryScheduled { step, n, due_us } => {
                self.set_phase(step, |step_run| match step_run.phase() {
                    Some(Phase::Result { planned, .. }) => Ok(Phase::Backoff {
                        planned: planned.clone(),
                        due_us: *due_us,
                        n: *n,
                    }),
                    Some(_) | None => Err("no try has failed".to_owned()),
                })?
            }
            Event::DoubtOpened { step, why } => {
                self.with_calling(step, |calling| Phase::InDoubt {
                    calling,
                    why: why.clone(),
                })?;
            }
            Event::DoubtResolved { step, answer } => {
                match answer {
                    DoubtAnswer::ItHappened | DoubtAnswer::RollBack => self.note_change(step, None),
                    DoubtAnswer::RunAgain => {}
                }
                self.resolve_doubt(step, *answer)?;
            }
            Event::AttemptStarted {
                step,
                attempt,
                feedback,
            } => self.begin_again(step, *attempt, feedback),
            Event::StepCompleted {
                step,
                output,
                provenance,
            } => {
                let receipt = match self.step(step).and_then(StepRun::phase) {
                    Some(Phase::Result {
                        result: Ok(held), ..
                    }) => held.receipt.clone(),
                    Some(_) | None => None,
                };
                let state = StepState::Completed {
                    output: output.clone(),
                    provenance: *provenance,
                    receipt,
                };
                self.end_step(step, state, at_us)?;
            }
            Event::StepFailed { step, reason } => {
                self.begun(step, at_us);
                self.end_step(
                    step,
                    StepState::Failed {
                        reason: reason.clone(),
                    },
                    at_us,
                )?;
            }
            Event::GroupStopping { step, why } => {
                self.set_phase(step, |step_run| match step_run.phase() {
                    Some(Phase::Group { .. }) => Ok(Phase::Group {
                        stopping: Some(why.clone()),
                    }),
                    Some(Phase::List { items, .. }) => Ok(Phase::List {
                        items: items.clone(),
                        stopping: Some(why.clone()),
                    }),
                    Some(_) | None => Err("it is no group under way".to_owned()),
                })?
            }
            Event::RunStopping { why } => {
                self.status = RunStatus::Running {
                    stopping: Some(Stopping {
                        since_us: at_us,
                        why: why.clone(),
                    }),
                };
            }
            Event::RunCompleted { outputs, message } => {
                self.status = RunStatus::Completed {
                    at_us,
                    outputs: outputs.clone(),
                    message: message.clone(),
                };
            }
            Event::RunFailed { reason } => {
                self.status = RunStatus::Failed {
                    at_us,
                    reason: reason.clone(),
                }
            }
            Event::RunCancelled => self.status = RunStatus::Cancelled { at_us },
            Event::RunContinued => self.status = RunStatus::Running { stopping: None },
            Event::RollbackStarted { reason } => {
                self.status = RunStatus::RollingBack {
                    since_us: at_us,
                    reason: reason.clone(),
                    left: self.made.len(),
                }
            }
            Event::RollbackPlanned { step, of, args } => self.note_rollback(step, *of, args)?,
            Event::InverseStarted { step, of } => self.start_inverse(step, *of, at_us)?,
            Event::InversePermitted {
                step,
                of,
                call_digest,
            } => self.permit_inverse(step, *of, *call_digest)?,
            Event::UndoAsked {
                step,
                tool,
                tool_version,
                receipt,
            } => {
                let phase = Phase::Inverting {
                    tool: tool.clone(),
                    tool_version: *tool_version,
                    receipt: receipt.clone(),
                };
                self.ask_for_inverse(step, phase)?;
            }
            Event::UndoneBy { run, steps } => self.undone_by.push(UndoneBy {
                run: run.clone(),
                at_us,
                steps: steps.clone(),
            }),
            Event::RunRolledBack { reason } => {
                self.status = RunStatus::RolledBack {
                    at_us,
                    reason: reason.clone(),
                }
            }
            Event::GateOpened { .. }
            | Event::GateSkipped { .. }
            | Event::GateReminded { .. }
            | Event::GateDecided { .. }
            | Event::GateExpired { .. }
            | Event::GateWithdrawn { .. }
            | Event::InputEdited { .. }
            | Event::RecheckStarted { .. }
            | Event::RecheckRead { .. }
            | Event::ComparingStarted { .. }
            | Event::GrantConfirmed { .. }
            | Event::GrantVoided { .. }
            | Event::GrantSpent { .. } => self.apply_to_gate(event, &at)?,
        }
        Ok(())
    }
}
