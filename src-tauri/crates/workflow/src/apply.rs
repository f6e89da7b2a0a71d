//! `Run::apply`: the only way a run changes. It moves states and keeps the list of what is owed and of the timers in
//! step; it evaluates nothing and reads nothing but the record (semantics.md 3).

use crate::run::{RunStatus, Started, Stopping};
use crate::step::{Calling, Held, Try};
use crate::{
    Actor, Decision, Digest, DoubtAnswer, Effect, EffectId, Event, GateId, GateRun, GateState, Phase, Planned,
    Record, Run, StepKey, StepRun, StepState, TimerId,
};
use crate::gate::{GateAnswer, Recheck};
use std::{collections::BTreeMap, sync::Arc};

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
    /// When the record is not the next one, or cannot follow.
    pub fn apply(&mut self, record: &Record) -> Result<(), FoldFault> {
        if record.run != self.id || record.seq != self.seq + 1 || record.at_us < self.last_at_us {
            return Err(self.fault(record.seq, "it is not the next record of this run".to_owned()));
        }
        self.apply_event(&record.event, record.at_us, &record.actor).map_err(|what| self.fault(record.seq, what))
    }

    fn fault(&self, seq: u64, what: String) -> FoldFault {
        FoldFault { run: self.id.0.clone(), seq, what }
    }

    /// Folds an event at a time; `decide` uses it on its draft.
    pub(crate) fn apply_event(&mut self, event: &Event, at_us: i64, actor: &Actor) -> Result<(), String> {
        self.seq += 1;
        self.last_at_us = at_us;
        let at = At { us: at_us, actor };
        match event {
            Event::RunStarted { inputs, .. } => {
                self.status = RunStatus::Running { stopping: None };
                self.started = Some(Started { at_us, by: actor.clone() });
                self.inputs = inputs.clone();
            }
            Event::StepStarted { step, attempt, items } => self.start_step(step, *attempt, items.as_ref(), at_us),
            Event::StepSkipped { step, why } => {
                self.steps.entry(step.clone()).or_insert_with(|| Arc::new(StepRun::begun(1, at_us)));
                self.end_step(step, StepState::Skipped { why: why.clone() }, at_us)?;
            }
            Event::CallPlanned { step, call, digest, preview } => self.set_phase(step, |step_run| {
                let before = step_run.planned().cloned().map(Box::new);
                if *preview {
                    step_run.previews += 1;
                    Ok(Phase::Previewing { call: call.clone(), before })
                } else {
                    Ok(Phase::Planned(Box::new(Planned::plain(call.clone(), *digest))))
                }
            })?,
            Event::CallPreviewed { step, call, digest, preview } => self.set_phase(step, |_| {
                Ok(Phase::Planned(Box::new(Planned::previewed(call.clone(), *digest, preview.clone()))))
            })?,
            Event::PreviewFailed { step, error } => self.set_phase(step, |step_run| match step_run.phase() {
                Some(Phase::Previewing { call, before }) => {
                    let planned = before.clone().unwrap_or_else(|| {
                        Box::new(Planned::plain(call.clone(), Digest::from_bytes([0; 32])))
                    });
                    Ok(Phase::Result { result: Err(error.clone()), planned })
                }
                Some(_) | None => Err("no preview is under way".to_owned()),
            })?,
            Event::CallStarted { step, n, key, timeout_ms } => self.start_call(step, *n, *key, *timeout_ms)?,
            Event::CallInterrupted { step, stop, error } => self.with_calling(step, |mut calling| {
                calling.interruptions += 1;
                Phase::Observing { calling, stop: *stop, error: error.clone() }
            })?,
            Event::CallContinued { step } => self.with_calling(step, Phase::Calling)?,
            Event::CallFinished { step, output, receipt, log, .. } => {
                let held = Held { output: output.clone(), receipt: receipt.clone() };
                self.end_call(step, Ok(held), *log)?;
            }
            Event::CallFailed { step, error, log } => self.end_call(step, Err(error.clone()), *log)?,
            Event::RetryScheduled { step, n, due_us } => self.set_phase(step, |step_run| match step_run.phase() {
                Some(Phase::Result { planned, .. }) => {
                    Ok(Phase::Backoff { planned: planned.clone(), due_us: *due_us, n: *n })
                }
                Some(_) | None => Err("no try has failed".to_owned()),
            })?,
            Event::DoubtOpened { step, why } => {
                self.with_calling(step, |calling| Phase::InDoubt { calling, why: why.clone() })?;
            }
            Event::DoubtResolved { step, answer } => self.resolve_doubt(step, *answer)?,
            Event::AttemptStarted { step, attempt, feedback } => self.begin_again(step, *attempt, feedback),
            Event::StepCompleted { step, output, provenance } => {
                let receipt = match self.step(step).and_then(StepRun::phase) {
                    Some(Phase::Result { result: Ok(held), .. }) => held.receipt.clone(),
                    Some(_) | None => None,
                };
                let state = StepState::Completed { output: output.clone(), provenance: *provenance, receipt };
                self.end_step(step, state, at_us)?;
            }
            Event::StepFailed { step, reason } => {
                self.steps.entry(step.clone()).or_insert_with(|| Arc::new(StepRun::begun(1, at_us)));
                self.end_step(step, StepState::Failed { reason: reason.clone() }, at_us)?;
            }
            Event::GroupStopping { step, why } => self.set_phase(step, |step_run| match step_run.phase() {
                Some(Phase::Group { .. }) => Ok(Phase::Group { stopping: Some(why.clone()) }),
                Some(Phase::List { items, .. }) => Ok(Phase::List { items: items.clone(), stopping: Some(why.clone()) }),
                Some(_) | None => Err("it is no group under way".to_owned()),
            })?,
            Event::RunStopping { why } => {
                self.status =
                    RunStatus::Running { stopping: Some(Stopping { since_us: at_us, why: why.clone() }) };
            }
            Event::RunCompleted { outputs, message } => {
                self.status = RunStatus::Completed { at_us, outputs: outputs.clone(), message: message.clone() };
            }
            Event::RunFailed { reason } => self.status = RunStatus::Failed { at_us, reason: reason.clone() },
            Event::RunCancelled => self.status = RunStatus::Cancelled { at_us },
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

    fn apply_to_gate(&mut self, event: &Event, at: &At<'_>) -> Result<(), String> {
        match event {
            Event::GateOpened { gate, revision, card, card_digest } => self.change_gate(gate, |gate_run| {
                gate_run.revision = *revision;
                gate_run.card = Some(card.clone());
                gate_run.card_digest = Some(*card_digest);
                gate_run.state = GateState::Open { opened_at_us: at.us, reminders: 0 };
                Ok(())
            }),
            Event::GateSkipped { gate } => self.move_gate(gate, GateState::Skipped),
            Event::GateReminded { gate, number, .. } => self.change_gate(gate, |gate_run| match &mut gate_run.state {
                GateState::Open { reminders, .. } => {
                    *reminders = *number;
                    Ok(())
                }
                state => Err(format!("a reminder in {state:?}")),
            }),
            Event::GateDecided { gate, revision, decision, grant, .. } => {
                let rechecks = self.gate_rechecks(gate);
                self.change_gate(gate, |gate_run| {
                    let answer =
                        GateAnswer { revision: *revision, by: at.actor.clone(), at_us: at.us, decision: decision.clone() };
                    gate_run.answers.push(answer);
                    if matches!(decision, Decision::Redo { .. }) {
                        gate_run.redone += 1;
                    }
                    gate_run.state = match (grant, decision) {
                        (Some(grant), _) if rechecks => {
                            GateState::Rechecking { grant: Some(grant.clone()), reading: None, overlay: BTreeMap::new() }
                        }
                        (Some(grant), _) => GateState::Granted { grant: grant.clone() },
                        (None, Decision::Edit { .. }) if gate.kind == crate::GateKind::Before => {
                            GateState::Rechecking { grant: None, reading: None, overlay: BTreeMap::new() }
                        }
                        (None, _) => GateState::Decided,
                    };
                    Ok(())
                })
            }
            Event::GateExpired { gate, .. } => self.move_gate(gate, GateState::Expired),
            Event::GateWithdrawn { gate, .. } => self.move_gate(gate, GateState::Withdrawn),
            Event::InputEdited { input, value, .. } => {
                self.inputs.insert(input.clone(), value.clone());
                self.edited.insert(input.clone(), at.actor.clone());
                Ok(())
            }
            Event::RecheckStarted { gate, step, call, key, timeout_ms } => {
                self.change_gate(gate, |gate_run| match &mut gate_run.state {
                    GateState::Rechecking { reading, .. } => {
                        *reading = Some(Recheck {
                            step: step.clone(),
                            call: call.clone(),
                            key: *key,
                            timeout_ms: *timeout_ms,
                        });
                        Ok(())
                    }
                    state => Err(format!("a recheck in {state:?}")),
                })
            }
            Event::RecheckRead { gate, step, output } => self.change_gate(gate, |gate_run| match &mut gate_run.state {
                GateState::Rechecking { reading, overlay, .. } => {
                    *reading = None;
                    overlay.insert(step.clone(), output.clone());
                    Ok(())
                }
                state => Err(format!("a recheck's answer in {state:?}")),
            }),
            Event::ComparingStarted { gate } => self.change_gate(gate, |gate_run| match gate_run.state.clone() {
                GateState::Rechecking { grant, overlay, .. } => {
                    gate_run.state = GateState::Comparing { grant, overlay };
                    Ok(())
                }
                state => Err(format!("a comparison in {state:?}")),
            }),
            Event::GrantConfirmed { gate } => self.change_gate(gate, |gate_run| match gate_run.grant().cloned() {
                Some(grant) => {
                    gate_run.state = GateState::Granted { grant };
                    Ok(())
                }
                None => Err("a confirmation without a grant".to_owned()),
            }),
            Event::GrantVoided { gate, why, outputs, .. } => {
                for (step, output) in outputs {
                    self.change_step(step, |step_run| {
                        if let StepState::Completed { output: present, .. } = &mut step_run.state {
                            *present = output.clone();
                        }
                        Ok(())
                    })?;
                }
                self.move_gate(gate, GateState::Preparing { reopened: Some(why.clone()) })
            }
            Event::GrantSpent { gate, step, call_digest } => {
                self.change_gate(gate, |gate_run| match &mut gate_run.state {
                    GateState::Granted { grant } => match grant.tries.get_mut(call_digest) {
                        Some(left) if *left > 0 => {
                            *left -= 1;
                            Ok(())
                        }
                        Some(_) | None => Err("the grant does not cover this call".to_owned()),
                    },
                    state => Err(format!("a grant spent in {state:?}")),
                })?;
                self.change_step(step, |step_run| {
                    step_run.spent = Some(*call_digest);
                    Ok(())
                })
            }
            Event::RunStarted { .. }
            | Event::StepStarted { .. }
            | Event::StepSkipped { .. }
            | Event::CallPlanned { .. }
            | Event::CallPreviewed { .. }
            | Event::PreviewFailed { .. }
            | Event::CallStarted { .. }
            | Event::CallInterrupted { .. }
            | Event::CallContinued { .. }
            | Event::CallFinished { .. }
            | Event::CallFailed { .. }
            | Event::RetryScheduled { .. }
            | Event::DoubtOpened { .. }
            | Event::DoubtResolved { .. }
            | Event::AttemptStarted { .. }
            | Event::StepCompleted { .. }
            | Event::StepFailed { .. }
            | Event::GroupStopping { .. }
            | Event::RunStopping { .. }
            | Event::RunCompleted { .. }
            | Event::RunFailed { .. }
            | Event::RunCancelled => Err("not an event of a gate".to_owned()),
        }
    }

    fn gate_rechecks(&self, gate: &GateId) -> bool {
        self.definition.step(&gate.step.id).and_then(|step| step.gate(gate.kind)).is_some_and(|gate| !gate.recheck.is_empty())
    }

    fn start_step(&mut self, key: &StepKey, attempt: u32, items: Option<&Vec<crate::Datum>>, at_us: i64) {
        let phase = match (items, self.definition.step(&key.id)) {
            (Some(items), _) => Phase::List { items: items.clone(), stopping: None },
            (None, Some(step)) if !step.children().is_empty() => Phase::Group { stopping: None },
            (None, _) => Phase::Ready,
        };
        let mut step = match self.steps.get(key) {
            Some(earlier) => StepRun { attempt, started_at_us: at_us, ended_at_us: None, ..earlier.as_ref().clone() },
            None => StepRun::begun(attempt, at_us),
        };
        step.state = StepState::Active(phase);
        self.steps.insert(key.clone(), Arc::new(step));
    }

    fn start_call(&mut self, key: &StepKey, n: u32, idempotency: Digest, timeout_ms: u64) -> Result<(), String> {
        self.set_phase(key, |step_run| {
            let planned = match step_run.phase() {
                Some(Phase::Planned(planned) | Phase::Backoff { planned, .. } | Phase::Result { planned, .. }) => {
                    planned.as_ref().clone()
                }
                Some(_) | None => return Err("no call is planned".to_owned()),
            };
            if planned.call.effect.changes() && step_run.spent != Some(planned.digest) {
                return Err("a change without a spent grant".to_owned());
            }
            step_run.spent = None;
            step_run.keys_used = n;
            Ok(Phase::Calling(Box::new(Calling { planned, n, key: idempotency, timeout_ms, interruptions: 0 })))
        })
    }

    fn end_call(
        &mut self,
        key: &StepKey,
        result: Result<Held, crate::ToolError>,
        log: Option<crate::LogRange>,
    ) -> Result<(), String> {
        let attempt = self.step(key).map_or(1, |step| step.attempt);
        let mut ended = None;
        self.with_calling(key, |calling| {
            ended = Some(Try { attempt, n: calling.n, key: calling.key, error: result.as_ref().err().cloned(), log });
            Phase::Result { result, planned: Box::new(calling.planned) }
        })?;
        self.change_step(key, |step_run| {
            step_run.tries.extend(ended);
            Ok(())
        })
    }

    fn resolve_doubt(&mut self, key: &StepKey, answer: DoubtAnswer) -> Result<(), String> {
        let mut again = None;
        self.with_calling(key, |calling| {
            let result = match answer {
                DoubtAnswer::ItHappened => Ok(Held { output: crate::Datum::null(), receipt: None }),
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
            };
            Phase::Result { result, planned: Box::new(calling.planned) }
        })?;
        self.change_step(key, |step_run| {
            step_run.spent = again;
            Ok(())
        })
    }

    fn begin_again(&mut self, key: &StepKey, attempt: u32, feedback: &str) {
        if let Some(earlier) = self.steps.get(key) {
            let mut step = earlier.as_ref().clone();
            let owed = step.owes(key);
            step.attempt = attempt;
            step.state = StepState::Again;
            step.keys_used = 0;
            step.spent = None;
            step.feedback = Some(feedback.to_owned());
            self.forget(key, owed.map(|(id, _)| id));
            self.steps.insert(key.clone(), Arc::new(step));
        }
        for kind in [crate::GateKind::Before, crate::GateKind::After] {
            let id = GateId { step: key.clone(), kind };
            if self.gates.contains_key(&id) {
                let reopened = Some("it was sent back".to_owned());
                // A gate that exists can always be set to preparing.
                let _ = self.move_gate(&id, GateState::Preparing { reopened });
            }
        }
    }

    fn end_step(&mut self, key: &StepKey, state: StepState, at_us: i64) -> Result<(), String> {
        self.change_step(key, |step_run| {
            step_run.state = state;
            step_run.ended_at_us = Some(at_us);
            Ok(())
        })?;
        self.prolong_grant(key, at_us)
    }

    /// A grant over a list is counted from the last item's end (semantics.md 13).
    fn prolong_grant(&mut self, key: &StepKey, at_us: i64) -> Result<(), String> {
        let Some(list) = key.list() else { return Ok(()) };
        let id = GateId { step: list, kind: crate::GateKind::Before };
        if !matches!(self.gate(&id).map(|gate| &gate.state), Some(GateState::Granted { .. })) {
            return Ok(());
        }
        self.change_gate(&id, |gate_run| {
            if let GateState::Granted { grant } = &mut gate_run.state
                && let (Some(until), Some(ttl_ms)) = (grant.valid_until_us, grant.ttl_ms)
            {
                grant.valid_until_us = Some(until.max(at_us + (ttl_ms as i64) * 1000));
            }
            Ok(())
        })
    }

    fn with_calling(&mut self, key: &StepKey, to: impl FnOnce(Box<Calling>) -> Phase) -> Result<(), String> {
        self.set_phase(key, |step_run| {
            let calling = match step_run.phase() {
                Some(
                    Phase::Calling(calling) | Phase::Observing { calling, .. } | Phase::InDoubt { calling, .. },
                ) => calling.clone(),
                Some(_) | None => return Err("no call is under way".to_owned()),
            };
            Ok(to(calling))
        })
    }

    fn set_phase(
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
    fn change_step(
        &mut self,
        key: &StepKey,
        change: impl FnOnce(&mut StepRun) -> Result<(), String>,
    ) -> Result<(), String> {
        let step = self.steps.get_mut(key).ok_or_else(|| format!("step {key} has not started"))?;
        let before = step.owes(key).map(|(id, _)| id);
        let attempt = step.attempt;
        if let Some(Phase::Backoff { n, .. }) = step.phase() {
            self.timers.remove(&TimerId::Retry { step: key.clone(), attempt, n: *n });
        }
        let step_run = Arc::make_mut(step);
        change(step_run).map_err(|what| format!("{key}: {what}"))?;
        let after = step_run.owes(key);
        if let Some(Phase::Backoff { due_us, n, .. }) = step_run.phase() {
            self.timers.insert(TimerId::Retry { step: key.clone(), attempt, n: *n }, *due_us);
        }
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
            *poll = self.definition.step(&step.id).and_then(|step| step.poll.clone());
        }
        effect
    }

    fn forget(&mut self, key: &StepKey, owed: Option<EffectId>) {
        if let Some(id) = owed {
            self.owed.remove(&id);
        }
        self.timers.retain(|timer, _| !matches!(timer, TimerId::Retry { step, .. } if step == key));
    }

    fn move_gate(&mut self, id: &GateId, state: GateState) -> Result<(), String> {
        self.change_gate(id, |gate_run| {
            gate_run.state = state;
            Ok(())
        })
    }

    /// Changes a gate and keeps its alert, its rechecks and its timers in step.
    fn change_gate(
        &mut self,
        id: &GateId,
        change: impl FnOnce(&mut GateRun) -> Result<(), String>,
    ) -> Result<(), String> {
        let gate = self.gates.entry(id.clone()).or_insert_with(|| Arc::new(GateRun::new(id.clone())));
        let before = gate.owes().map(|(effect, _)| effect);
        let gate_run = Arc::make_mut(gate);
        change(gate_run).map_err(|what| format!("{id}: {what}"))?;
        let after = gate_run.owes();
        let definition = self.definition.step(&id.step.id).and_then(|step| step.gate(id.kind));
        let timers = gate_run.timers(definition);
        if let Some(effect) = before {
            self.owed.remove(&effect);
        }
        if let Some((effect_id, effect)) = after {
            self.owed.insert(effect_id, effect);
        }
        self.timers.retain(|timer, _| match timer {
            TimerId::GateExpiry { gate, .. } | TimerId::GateReminder { gate, .. } => gate != id,
            TimerId::Retry { .. } => true,
        });
        self.timers.extend(timers);
        Ok(())
    }
}

impl StepRun {
    /// An attempt at its beginning.
    fn begun(attempt: u32, at_us: i64) -> StepRun {
        StepRun {
            attempt,
            started_at_us: at_us,
            ended_at_us: None,
            state: StepState::Active(Phase::Ready),
            tries: Vec::new(),
            keys_used: 0,
            previews: 0,
            feedback: None,
            spent: None,
        }
    }

    /// What the world owes this step in its present phase.
    fn owes(&self, key: &StepKey) -> Option<(EffectId, Effect)> {
        match self.phase()? {
            Phase::Previewing { call, .. } => Some((
                EffectId(format!("preview:{key}#{}", self.previews)),
                Effect::Preview { step: key.clone(), call: call.clone() },
            )),
            Phase::Calling(calling) => {
                let id = EffectId(format!("call:{}", calling.key));
                let effect = if calling.planned.call.effect.changes() {
                    Effect::Change { step: key.clone(), key: calling.key, timeout_ms: calling.timeout_ms }
                } else {
                    Effect::Read {
                        step: key.clone(),
                        call: calling.planned.call.clone(),
                        key: calling.key,
                        timeout_ms: calling.timeout_ms,
                        poll: None,
                    }
                };
                Some((id, effect))
            }
            Phase::Observing { calling, stop, .. } => Some((
                EffectId(format!("observe:{}#{}", calling.key, calling.interruptions)),
                Effect::Observe {
                    step: key.clone(),
                    call: calling.planned.call.clone(),
                    key: calling.key,
                    stop: *stop,
                },
            )),
            Phase::Group { .. }
            | Phase::List { .. }
            | Phase::Ready
            | Phase::Planned(_)
            | Phase::InDoubt { .. }
            | Phase::Backoff { .. }
            | Phase::Result { .. } => None,
        }
    }
}

impl GateRun {
    /// What the world owes this gate.
    fn owes(&self) -> Option<(EffectId, Effect)> {
        match &self.state {
            GateState::Open { reminders, .. } => Some((
                EffectId(format!("alert:{}#{}", self.id, self.revision)),
                Effect::Alert {
                    gate: self.id.clone(),
                    revision: self.revision,
                    title: self.card.as_ref().map(|card| card.title.clone()).unwrap_or_default(),
                    reminders: *reminders,
                },
            )),
            GateState::Rechecking { reading: Some(reading), .. } => Some((
                EffectId(format!("recheck:{}", reading.key)),
                Effect::Read {
                    step: reading.step.clone(),
                    call: reading.call.clone(),
                    key: reading.key,
                    timeout_ms: reading.timeout_ms,
                    poll: None,
                },
            )),
            GateState::Preparing { .. }
            | GateState::Rechecking { .. }
            | GateState::Comparing { .. }
            | GateState::Granted { .. }
            | GateState::Decided
            | GateState::Skipped
            | GateState::Expired
            | GateState::Withdrawn => None,
        }
    }

    /// The times this gate waits for.
    fn timers(&self, definition: Option<&crate::Gate>) -> Vec<(TimerId, i64)> {
        let GateState::Open { opened_at_us, reminders } = &self.state else { return Vec::new() };
        let mut timers = Vec::new();
        if let Some(expires) = self.card.as_ref().and_then(|card| card.expires_at_us) {
            timers.push((TimerId::GateExpiry { gate: self.id.clone(), revision: self.revision }, expires));
        }
        if let Some(remind_ms) = definition.and_then(|gate| gate.remind_ms) {
            let number = reminders + 1;
            let due = opened_at_us + i64::from(number) * (remind_ms as i64) * 1000;
            timers.push((TimerId::GateReminder { gate: self.id.clone(), revision: self.revision, number }, due));
        }
        timers
    }
}

