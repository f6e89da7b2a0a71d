//! What a run is owed and waits for, computed anew from its steps and gates: the fold must keep exactly this. Also
//! what it finds by an index, found by looking at everything. (That the index of the lists is the one made from
//! nothing is checked by the recorder: a run that came from JSON, with a new index, is equal.)

use std::collections::BTreeMap;
use workflow::{Effect, EffectId, GateState, Phase, Run, StepKey, StepStatus, TimerId, WaitFor};

pub(crate) fn owed(run: &Run) -> BTreeMap<EffectId, Effect> {
    let mut owed = BTreeMap::new();
    for (key, step) in run.steps() {
        let effect = match step.phase() {
            Some(Phase::Previewing { call, .. }) => Some((
                format!("preview:{key}#{}", step.previews),
                Effect::Preview {
                    step: key.clone(),
                    call: call.clone(),
                },
            )),
            Some(Phase::Inverting {
                tool,
                tool_version,
                receipt,
            }) => Some((
                format!("inverse:{key}#{}", step.previews),
                Effect::Inverse {
                    step: key.clone(),
                    tool: tool.clone(),
                    tool_version: *tool_version,
                    receipt: receipt.clone(),
                },
            )),
            Some(Phase::Calling(calling)) => {
                let (step, timeout_ms) = (key.clone(), calling.timeout_ms);
                let effect = if calling.planned.call.effect.changes() {
                    Effect::Change {
                        step,
                        key: calling.key,
                        timeout_ms,
                    }
                } else {
                    let poll = run
                        .definition()
                        .step(&key.id)
                        .and_then(|step| step.poll.clone());
                    Effect::Read {
                        step,
                        call: calling.planned.call.clone(),
                        key: calling.key,
                        timeout_ms,
                        poll,
                    }
                };
                Some((format!("call:{}", calling.key), effect))
            }
            Some(Phase::Observing { calling, stop, .. }) => {
                let (call, key, stop) = (calling.planned.call.clone(), calling.key, *stop);
                let id = format!("observe:{key}#{}", calling.interruptions);
                Some((
                    id,
                    Effect::Observe {
                        step: step_key(run, &calling.key),
                        call,
                        key,
                        stop,
                    },
                ))
            }
            _ => None,
        };
        owed.extend(effect.map(|(id, effect)| (EffectId(id), effect)));
    }
    for (id, gate) in run.gates() {
        let effect = match &gate.state {
            GateState::Open { reminders, .. } => {
                let title = gate.card.as_ref().unwrap().title.clone();
                let alert = Effect::Alert {
                    gate: id.clone(),
                    revision: gate.revision,
                    title,
                    reminders: *reminders,
                };
                Some((format!("alert:{id}#{}", gate.revision), alert))
            }
            GateState::Rechecking {
                reading: Some(read),
                ..
            } => {
                let (step, call) = (read.step.clone(), read.call.clone());
                let effect = Effect::Read {
                    step,
                    call,
                    key: read.key,
                    timeout_ms: read.timeout_ms,
                    poll: None,
                };
                Some((format!("recheck:{}", read.key), effect))
            }
            _ => None,
        };
        owed.extend(effect.map(|(id, effect)| (EffectId(id), effect)));
    }
    owed
}

fn step_key(run: &Run, key: &workflow::Digest) -> workflow::StepKey {
    let found = run.steps().iter().find(|(_, step)| {
        matches!(step.phase(), Some(Phase::Observing { calling, .. }) if calling.key == *key)
    });
    found.unwrap().0.clone()
}

pub(crate) fn timers(run: &Run) -> BTreeMap<TimerId, i64> {
    let mut timers = BTreeMap::new();
    for (key, step) in run.steps() {
        if let Some(Phase::Backoff { due_us, n, .. }) = step.phase() {
            timers.insert(
                TimerId::Retry {
                    step: key.clone(),
                    attempt: step.attempt,
                    n: *n,
                },
                *due_us,
            );
        }
    }
    for (id, gate) in run.gates() {
        let GateState::Open {
            opened_at_us,
            reminders,
        } = &gate.state
        else {
            continue;
        };
        let (gate_id, revision) = (id.clone(), gate.revision);
        if let Some(expires) = gate.card.as_ref().and_then(|card| card.expires_at_us) {
            timers.insert(
                TimerId::GateExpiry {
                    gate: gate_id.clone(),
                    revision,
                },
                expires,
            );
        }
        let definition = run
            .definition()
            .step(&id.step.id)
            .and_then(|step| step.gate(id.kind));
        if let Some(remind_ms) = definition.and_then(|gate| gate.remind_ms) {
            let number = reminders + 1;
            let late =
                i128::from(*opened_at_us) + i128::from(number) * i128::from(remind_ms) * 1000;
            let due = i64::try_from(late).unwrap_or(i64::MAX);
            timers.insert(
                TimerId::GateReminder {
                    gate: gate_id,
                    revision,
                    number,
                },
                due,
            );
        }
    }
    timers
}

/// What is found by an index, by looking at everything.
pub(crate) fn derived(run: &Run) {
    let in_doubt = run
        .steps()
        .iter()
        .filter(|(_, step)| matches!(step.phase(), Some(Phase::InDoubt { .. })))
        .map(|(key, _)| key);
    assert!(run.in_doubt().eq(in_doubt), "in doubt");
    let open = run.gates().iter().filter(|(_, gate)| gate.is_open());
    assert!(
        run.open_gates()
            .map(|gate| &gate.id)
            .eq(open.map(|(id, _)| id)),
        "open gates"
    );
    let owes = run
        .outstanding()
        .values()
        .any(|effect| !matches!(effect, Effect::Alert { .. }));
    assert_eq!(run.owes(), owes);
    for (outer, step) in run.steps() {
        if matches!(step.phase(), Some(Phase::Group { .. } | Phase::List { .. })) {
            let waits = run.step_status(outer) == StepStatus::Waiting;
            assert_eq!(waits, waits_inside(run, outer), "{outer}");
        }
    }
}

/// A group or list waits when something inside waits for a person and nothing inside works.
fn waits_inside(run: &Run, outer: &StepKey) -> bool {
    let person = |key: &StepKey| matches!(run.waits_for(key), Some(WaitFor::Person(_)));
    let inside: Vec<&StepKey> = run
        .steps()
        .iter()
        .filter(|(key, step)| {
            !step.is_done()
                && !matches!(step.phase(), Some(Phase::Group { .. } | Phase::List { .. }))
                && run.enclosing(key).contains(outer)
        })
        .map(|(key, _)| key)
        .collect();
    let asks = |key: &&StepKey| person(key) || run.waits_for(key) == Some(WaitFor::InDoubt);
    person(outer) || (!inside.is_empty() && inside.iter().all(asks))
}
