//! The part of the fold that moves gates: cards, answers, rechecks and grants.

use super::At;
use crate::gate::{GateAnswer, Recheck};
use crate::{Decision, Event, GateId, GateRun, GateState, Run, StepState};
use std::{collections::BTreeMap, sync::Arc};

impl Run {
    pub(super) fn apply_to_gate(&mut self, event: &Event, at: &At<'_>) -> Result<(), String> {
        match event {
            Event::GateOpened {
                gate,
                revision,
                card,
                card_digest,
            } => self.change_gate(gate, |gate_run| {
                gate_run.revision = *revision;
                gate_run.card = Some(Arc::from(card.clone()));
                gate_run.card_digest = Some(*card_digest);
                gate_run.state = GateState::Open {
                    opened_at_us: at.us,
                    reminders: 0,
                };
                Ok(())
            }),
            Event::GateSkipped { gate } => self.move_gate(gate, GateState::Skipped),
            Event::GateReminded { gate, number, .. } => self.change_gate(gate, |gate_run| {
                let GateState::Open { reminders, .. } = &mut gate_run.state else {
                    return Err(format!("a reminder in {:?}", gate_run.state));
                };
                *reminders = *number;
                Ok(())
            }),
            Event::GateDecided {
                gate,
                revision,
                decision,
                grant,
                ..
            } => {
                let rechecks = self.gate_rechecks(gate);
                self.change_gate(gate, |gate_run| {
                    let answer = GateAnswer {
                        revision: *revision,
                        by: at.actor.clone(),
                        at_us: at.us,
                        decision: decision.clone(),
                    };
                    gate_run.answers.push(Arc::new(answer));
                    if matches!(decision, Decision::Redo { .. }) {
                        gate_run.redone += 1;
                    }
                    gate_run.state = match (grant, decision) {
                        (Some(grant), _) if rechecks => GateState::Rechecking {
                            grant: Some(grant.clone()),
                            reading: None,
                            overlay: BTreeMap::new(),
                        },
                        (Some(grant), _) => GateState::Granted {
                            grant: grant.clone(),
                        },
                        (None, Decision::Edit { .. }) if gate.kind == crate::GateKind::Before => {
                            GateState::Rechecking {
                                grant: None,
                                reading: None,
                                overlay: BTreeMap::new(),
                            }
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
            Event::RecheckStarted {
                gate,
                step,
                call,
                key,
                timeout_ms,
            } => self.change_gate(gate, |gate_run| {
                let GateState::Rechecking { reading, .. } = &mut gate_run.state else {
                    return Err(format!("a recheck in {:?}", gate_run.state));
                };
                *reading = Some(Recheck {
                    step: step.clone(),
                    call: call.clone(),
                    key: *key,
                    timeout_ms: *timeout_ms,
                });
                Ok(())
            }),
            Event::RecheckRead { gate, step, output } => self.change_gate(gate, |gate_run| {
                let GateState::Rechecking {
                    reading, overlay, ..
                } = &mut gate_run.state
                else {
                    return Err(format!("a recheck's answer in {:?}", gate_run.state));
                };
                *reading = None;
                overlay.insert(step.clone(), output.clone());
                Ok(())
            }),
            Event::ComparingStarted { gate } => self.change_gate(gate, |gate_run| {
                let GateState::Rechecking { grant, overlay, .. } = gate_run.state.clone() else {
                    return Err(format!("a comparison in {:?}", gate_run.state));
                };
                gate_run.state = GateState::Comparing { grant, overlay };
                Ok(())
            }),
            Event::GrantConfirmed { gate } => {
                self.change_gate(gate, |gate_run| match gate_run.grant().cloned() {
                    Some(grant) => {
                        gate_run.state = GateState::Granted { grant };
                        Ok(())
                    }
                    None => Err("a confirmation without a grant".to_owned()),
                })
            }
            Event::GrantVoided {
                gate, why, outputs, ..
            } => {
                for (step, output) in outputs {
                    self.change_step(step, |step_run| {
                        if let StepState::Completed {
                            output: present, ..
                        } = &mut step_run.state
                        {
                            *present = output.clone();
                        }
                        Ok(())
                    })?;
                }
                self.move_gate(
                    gate,
                    GateState::Preparing {
                        reopened: Some(why.clone()),
                    },
                )
            }
            Event::GrantSpent {
                gate,
                step,
                call_digest,
            } => {
                self.change_gate(gate, |gate_run| {
                    let GateState::Granted { grant } = &mut gate_run.state else {
                        return Err(format!("a grant spent in {:?}", gate_run.state));
                    };
                    match grant.tries.get_mut(call_digest) {
                        Some(left) if *left > 0 => {
                            *left -= 1;
                            Ok(())
                        }
                        Some(_) | None => Err("the grant does not cover this call".to_owned()),
                    }
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
            | Event::FleetChanged { .. }
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
            | Event::RunCancelled
            | Event::RunContinued
            | Event::RollbackPlanned { .. }
            | Event::RollbackStarted { .. }
            | Event::InverseStarted { .. }
            | Event::InversePermitted { .. }
            | Event::UndoAsked { .. }
            | Event::UndoneBy { .. }
            | Event::RunRolledBack { .. } => Err("not an event of a gate".to_owned()),
        }
    }

    fn gate_rechecks(&self, gate: &GateId) -> bool {
        self.definition
            .step(&gate.step.id)
            .and_then(|step| step.gate(gate.kind))
            .is_some_and(|gate| !gate.recheck.is_empty())
    }

    pub(super) fn move_gate(&mut self, id: &GateId, state: GateState) -> Result<(), String> {
        self.change_gate(id, |gate_run| {
            gate_run.state = state;
            Ok(())
        })
    }

    /// Changes a gate and keeps its alert, its rechecks and its timers in step.
    pub(super) fn change_gate(
        &mut self,
        id: &GateId,
        change: impl FnOnce(&mut GateRun) -> Result<(), String>,
    ) -> Result<(), String> {
        if !self.gates.contains_key(id) {
            let gate = Arc::new(GateRun::new(id.clone()));
            self.gates.insert_mut(id.clone(), gate);
        }
        let Some(gate) = self.gates.get_mut(id) else {
            return Err(format!("{id} is not there"));
        };
        let definition = self
            .definition
            .step(&id.step.id)
            .and_then(|step| step.gate(id.kind));
        let before = gate.owes().map(|(effect, _)| effect);
        let timers_before = gate.timers(definition);
        let gate_run = Arc::make_mut(gate);
        change(gate_run).map_err(|what| format!("{id}: {what}"))?;
        let after = gate_run.owes();
        let timers = gate_run.timers(definition);
        if let Some(effect) = before {
            self.owed.remove(&effect);
        }
        if let Some((effect_id, effect)) = after {
            self.owed.insert(effect_id, effect);
        }
        for (timer, _) in timers_before {
            self.timers.remove(&timer);
        }
        self.timers.extend(timers);
        Ok(())
    }
}
