//! What the world owes one step or one gate in its present state, and the times a gate waits for. The fold keeps the
//! run's lists of both in step with these.

use crate::{Effect, EffectId, GateRun, GateState, Phase, StepKey, StepRun, StepState, TimerId};

impl StepRun {
    /// An attempt at its beginning.
    pub(super) fn begun(attempt: u32, at_us: i64) -> StepRun {
        StepRun {
            attempt,
            started_at_us: at_us,
            ended_at_us: None,
            state: StepState::Active(Phase::Ready),
            tries: Vec::new(),
            keys_used: 0,
            previews: 0,
            previews_failed: 0,
            feedback: None,
            spent: None,
        }
    }

    /// What the world owes this step in its present phase.
    pub(super) fn owes(&self, key: &StepKey) -> Option<(EffectId, Effect)> {
        match self.phase()? {
            Phase::Previewing { call, .. } => Some((
                EffectId(format!("preview:{key}#{}", self.previews)),
                Effect::Preview {
                    step: key.clone(),
                    call: call.clone(),
                },
            )),
            Phase::Inverting {
                tool,
                tool_version,
                receipt,
            } => Some((
                EffectId(format!("inverse:{key}#{}", self.previews)),
                Effect::Inverse {
                    step: key.clone(),
                    tool: tool.clone(),
                    tool_version: *tool_version,
                    receipt: receipt.clone(),
                },
            )),
            Phase::Calling(calling) => {
                let id = EffectId(format!("call:{}", calling.key));
                let effect = if calling.planned.call.effect.changes() {
                    Effect::Change {
                        step: key.clone(),
                        key: calling.key,
                        timeout_ms: calling.timeout_ms,
                    }
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
    pub(super) fn owes(&self) -> Option<(EffectId, Effect)> {
        match &self.state {
            GateState::Open { reminders, .. } => Some((
                EffectId(format!("alert:{}#{}", self.id, self.revision)),
                Effect::Alert {
                    gate: self.id.clone(),
                    revision: self.revision,
                    title: self
                        .card
                        .as_ref()
                        .map(|card| card.title.clone())
                        .unwrap_or_default(),
                    reminders: *reminders,
                },
            )),
            GateState::Rechecking {
                reading: Some(reading),
                ..
            } => Some((
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
    pub(super) fn timers(&self, definition: Option<&crate::Gate>) -> Vec<(TimerId, i64)> {
        let GateState::Open {
            opened_at_us,
            reminders,
        } = &self.state
        else {
            return Vec::new();
        };
        let mut timers = Vec::new();
        if let Some(expires) = self.card.as_ref().and_then(|card| card.expires_at_us) {
            timers.push((
                TimerId::GateExpiry {
                    gate: self.id.clone(),
                    revision: self.revision,
                },
                expires,
            ));
        }
        if let Some(remind_ms) = definition.and_then(|gate| gate.remind_ms) {
            let number = reminders + 1;
            let due =
                crate::value::after_ms(*opened_at_us, remind_ms.saturating_mul(u64::from(number)));
            timers.push((
                TimerId::GateReminder {
                    gate: self.id.clone(),
                    revision: self.revision,
                    number,
                },
                due,
            ));
        }
        timers
    }
}
