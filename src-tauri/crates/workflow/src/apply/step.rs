//! The part of the fold that moves steps: phases, calls and their ends, attempts.

use crate::step::{Calling, Held, Try};
use crate::{
    Digest, DoubtAnswer, Effect, EffectId, GateId, GateState, Phase, Run, SkipReason, StepKey,
    StepRun, StepState, TimerId,
};
use std::sync::Arc;

impl Run {
    pub(super) fn start_step(
        &mut self,
        key: &StepKey,
        attempt: u32,
        items: Option<&Vec<crate::Datum>>,
        at_us: i64,
    ) {
        let phase = match (items, self.definition.step(&key.id)) {
            (Some(items), _) => Phase::List {
                items: Arc::new(items.clone()),
                stopping: None,
            },
            (None, Some(step)) if !step.children().is_empty() => Phase::Group { stopping: None },
            (None, _) => Phase::Ready,
        };
        let mut step = match self.steps.get(key) {
            Some(earlier) => StepRun {
                attempt,
                started_at_us: at_us,
                ended_at_us: None,
                ..earlier.as_ref().clone()
            },
            None => StepRun::begun(attempt, at_us),
        };
        step.state = StepState::Active(phase);
        self.steps.put(key, step);
    }

    pub(super) fn start_call(
        &mut self,
        key: &StepKey,
        n: u32,
        idempotency: Digest,
        timeout_ms: u64,
    ) -> Result<(), String> {
        self.set_phase(key, |step_run| {
            let planned = match step_run.phase() {
                Some(
                    Phase::Planned(planned)
                    | Phase::Backoff { planned, .. }
                    | Phase::Result { planned, .. },
                ) => planned.as_ref().clone(),
                Some(_) | None => return Err("no call is planned".to_owned()),
            };
            if planned.call.effect.changes() && step_run.spent != Some(planned.digest) {
                return Err("a change without a spent grant".to_owned());
            }
            step_run.spent = None;
            step_run.keys_used = n;
            Ok(Phase::Calling(Box::new(Calling {
                planned,
                n,
                key: idempotency,
                timeout_ms,
                interruptions: 0,
            })))
        })
    }

    pub(super) fn end_call(
        &mut self,
        key: &StepKey,
        result: Result<Held, crate::ToolError>,
        log: Option<crate::LogRange>,
    ) -> Result<(), String> {
        let attempt = self.step(key).map_or(1, |step| step.attempt);
        let mut ended = None;
        self.with_calling(key, |calling| {
            ended = Some(Try {
                attempt,
                n: calling.n,
                key: calling.key,
                error: result.as_ref().err().cloned(),
                log,
            });
            Phase::Result {
                result,
                planned: Box::new(calling.planned),
            }
        })?;
        self.change_step(key, |step_run| {
            step_run.tries.extend(ended);
            Ok(())
        })
    }

    pub(super) fn resolve_doubt(
        &mut self,
        key: &StepKey,
        answer: DoubtAnswer,
    ) -> Result<(), String> {
        let mut again = None;
        self.with_calling(key, |calling| {
            let result = match answer {
                DoubtAnswer::ItHappened => Ok(Held {
                    output: crate::Datum::null(),
                    receipt: None,
                    by_word: true,
                }),
                DoubtAnswer::RunAgain => {
                    again = Some(calling.planned.digest);
                    Err(crate::ToolError {
                        code: "run_again".to_owned(),
                        message: "The operator asked for another try".to_owned(),
                        hint: String::new(),
                        class: crate::ErrorClass::Internal,
                        outcome: crate::Outcome::NotDone,
                    })
                }
                DoubtAnswer::RollBack => Err(crate::ToolError {
                    code: "in_doubt".to_owned(),
                    message:
                        "Nobody can say whether it happened; the operator had the run rolled back"
                            .to_owned(),
                    hint: "Look whether it happened, and undo it by hand".to_owned(),
                    class: crate::ErrorClass::Internal,
                    outcome: crate::Outcome::Unknown,
                }),
            };
            Phase::Result {
                result,
                planned: Box::new(calling.planned),
            }
        })?;
        self.change_step(key, |step_run| {
            step_run.spent = again;
            Ok(())
        })
    }

    pub(super) fn begin_again(&mut self, key: &StepKey, attempt: u32, feedback: &str) {
        if let Some(earlier) = self.steps.get(key) {
            let mut step = earlier.as_ref().clone();
            let owed = step.owes(key);
            step.attempt = attempt;
            step.state = StepState::Again;
            step.keys_used = 0;
            step.previews_failed = 0;
            step.spent = None;
            step.feedback = Some(feedback.to_owned());
            self.forget(key, owed.map(|(id, _)| id));
            self.steps.put(key, step);
        }
        for kind in [
            crate::GateKind::Before,
            crate::GateKind::After,
            crate::GateKind::Failure,
        ] {
            let id = GateId {
                step: key.clone(),
                kind,
            };
            if self.gates.contains_key(&id) {
                let reopened = Some("it was sent back".to_owned());
                // A gate that exists can always be set to preparing.
                let _ = self.move_gate(&id, GateState::Preparing { reopened });
            }
        }
    }

    pub(super) fn end_step(
        &mut self,
        key: &StepKey,
        state: StepState,
        at_us: i64,
    ) -> Result<(), String> {
        self.change_step(key, |step_run| {
            let dropped = matches!(
                state,
                StepState::Skipped {
                    why: SkipReason::Dropped
                }
            );
            match &step_run.state {
                StepState::Active(_) | StepState::Again => {}
                // A person may leave out a result that is there.
                StepState::Completed { .. } | StepState::Failed { .. } if dropped => {}
                StepState::Completed { .. }
                | StepState::Failed { .. }
                | StepState::Skipped { .. } => {
                    return Err("the step has ended already".to_owned());
                }
            }
            step_run.state = state;
            step_run.ended_at_us = Some(at_us);
            Ok(())
        })?;
        self.note_inverse_end(key);
        self.prolong_grant(key, at_us)
    }

    /// A grant over a list is counted from the last item's end (semantics.md 13).
    fn prolong_grant(&mut self, key: &StepKey, at_us: i64) -> Result<(), String> {
        let Some(list) = key.list() else {
            return Ok(());
        };
        let id = GateId {
            step: list,
            kind: crate::GateKind::Before,
        };
        if !matches!(
            self.gate(&id).map(|gate| &gate.state),
            Some(GateState::Granted { .. })
        ) {
            return Ok(());
        }
        self.change_gate(&id, |gate_run| {
            if let GateState::Granted { grant } = &mut gate_run.state
                && let (Some(until), Some(ttl_ms)) = (grant.valid_until_us, grant.ttl_ms)
            {
                grant.valid_until_us = Some(until.max(crate::value::after_ms(at_us, ttl_ms)));
            }
            Ok(())
        })
    }

    pub(super) fn with_calling(
        &mut self,
        key: &StepKey,
        to: impl FnOnce(Box<Calling>) -> Phase,
    ) -> Result<(), String> {
        self.set_phase(key, |step_run| {
            let calling = match step_run.phase() {
                Some(
                    Phase::Calling(calling)
                    | Phase::Observing { calling, .. }
                    | Phase::InDoubt { calling, .. },
                ) => calling.clone(),
                Some(_) | None => return Err("no call is under way".to_owned()),
            };
            Ok(to(calling))
        })
    }

    pub(super) fn set_phase(
        &mut self,
        key: &StepKey,
        to: impl FnOnce(&mut StepRun) -> Result<Phase, String>,
    ) -> Result<(), String> {
        self.change_step(key, |step_run| {
            if !matches!(step_run.state, StepState::Active(_)) {
                return Err("the step is not under way".to_owned());
            }
            let phase = to(step_run)?;
            step_run.state = StepState::Active(phase);
            Ok(())
        })
    }

    /// Changes a step and keeps what it owes and waits for in step.
    pub(super) fn change_step(
        &mut self,
        key: &StepKey,
        change: impl FnOnce(&mut StepRun) -> Result<(), String>,
    ) -> Result<(), String> {
        let timers = &mut self.timers;
        let changed = self.steps.change(key, |step_run| {
            let before = step_run.owes(key).map(|(id, _)| id);
            let attempt = step_run.attempt;
            let retry = |n: u32| TimerId::Retry {
                step: key.clone(),
                attempt,
                n,
            };
            if let Some(Phase::Backoff { n, .. }) = step_run.phase() {
                timers.remove(&retry(*n));
            }
            change(step_run).map_err(|what| format!("{key}: {what}"))?;
            if let Some(Phase::Backoff { due_us, n, .. }) = step_run.phase() {
                timers.insert(retry(*n), *due_us);
            }
            Ok::<_, String>((before, step_run.owes(key)))
        });
        let (before, after) = changed.ok_or_else(|| format!("step {key} has not started"))??;
        if let Some(id) = before {
            self.owed.remove(&id);
        }
        if let Some((id, effect)) = after {
            let effect = self.with_poll(effect);
            self.owed.insert(id, effect);
        }
        Ok(())
    }

    /// A polled read carries its condition: the performer repeats it.
    fn with_poll(&self, mut effect: Effect) -> Effect {
        if let Effect::Read { step, poll, .. } = &mut effect {
            *poll = self
                .definition
                .step(&step.id)
                .and_then(|step| step.poll.clone());
        }
        effect
    }

    fn forget(&mut self, key: &StepKey, owed: Option<EffectId>) {
        if let Some(id) = owed {
            self.owed.remove(&id);
        }
        self.timers
            .retain(|timer, _| !matches!(timer, TimerId::Retry { step, .. } if step == key));
    }
}
