//! Freshness (I6, semantics.md 5): before an approved call runs, the reads that its gate names are made again, the call
//! is planned on their answers, and what would run is compared with what was approved.

use super::{Draft, Stop, schema, scope::Place};
use crate::{
    Call, CardCall, Datum, Digest, Event, GateId, GateState, Grant, Planned, StepKey, ToolError,
    ToolOutput,
};
use std::collections::{BTreeMap, BTreeSet};

impl Draft<'_> {
    /// Starts the next read of a recheck; after the last one the calls are planned again.
    pub(super) fn recheck_next(&mut self, gate: &GateId) -> Result<(), Stop> {
        let definition = self.run.definition.clone();
        let Some(gate_definition) = definition
            .step(&gate.step.id)
            .and_then(|step| step.gate.before.as_ref())
        else {
            return Ok(());
        };
        let Some(GateState::Rechecking {
            reading: None,
            overlay,
            ..
        }) = self.run.gate(gate).map(|gate| gate.state.clone())
        else {
            return Ok(());
        };
        for id in &gate_definition.recheck {
            let key = gate.step.beside(id);
            let key = StepKey {
                items: key.items[..definition.list_depth(id).min(key.items.len())].to_vec(),
                ..key
            };
            // A read that was skipped the first time is not made now.
            if overlay.contains_key(&key)
                || self.run.step(&key).and_then(|step| step.output()).is_none()
            {
                continue;
            }
            let Some(step) = definition.step(id) else {
                continue;
            };
            let Some((tool, with)) = step.tool() else {
                continue;
            };
            let Some(spec) = definition.tools.get(tool) else {
                continue;
            };
            let args = match self.resolve(
                with,
                &Place {
                    overlay: Some(&overlay),
                    ..Place::of(&key)
                },
            )? {
                Ok(args) => schema::drop_nulls(&spec.input, args),
                Err(fault) => {
                    return self.void(
                        gate,
                        &format!("the read {id} cannot be made again: {fault}"),
                    );
                }
            };
            let call = Call::unpreviewed(spec, Datum::Inline(args));
            let seq = self.run.seq as u32;
            let read_key = Call::idempotency_key(&self.run.id, &key, u32::MAX, seq);
            let timeout_ms = self.timeout_ms(step);
            return self.emit(Event::RecheckStarted {
                gate: gate.clone(),
                step: key,
                call,
                key: read_key,
                timeout_ms,
            });
        }
        self.emit(Event::ComparingStarted { gate: gate.clone() })?;
        self.plan_again(gate, Some(&overlay))
    }

    pub(super) fn recheck_answered(
        &mut self,
        key: &StepKey,
        read_key: Digest,
        result: &Result<ToolOutput, ToolError>,
    ) -> Result<(), Stop> {
        let asked = |state: &GateState| matches!(state, GateState::Rechecking { reading: Some(reading), .. } if reading.key == read_key);
        let gate = self.run.gates.values().find(|gate| asked(&gate.state));
        let gate = gate.map(|gate| gate.id.clone());
        let Some(gate) = gate else { return Ok(()) };
        let output = match result {
            Ok(output) => output.output.clone(),
            Err(error) => {
                return self.void(
                    &gate,
                    &format!("{key} could not be read again: {}", error.message),
                );
            }
        };
        self.emit(Event::RecheckRead {
            gate: gate.clone(),
            step: key.clone(),
            output: output.clone(),
        })?;
        let definition = self.run.definition.clone();
        if let Some(step) = definition.step(&key.id) {
            let overlay = match self.run.gate(&gate).map(|gate| &gate.state) {
                Some(GateState::Rechecking { overlay, .. }) => overlay.clone(),
                Some(_) | None => BTreeMap::new(),
            };
            let value = self.load(&output)?;
            let place = Place {
                overlay: Some(&overlay),
                ..Place::with_output(key, &value)
            };
            if let Some(reason) = self.failed_assert(step, &place)? {
                return self.void(&gate, &format!("{key} was read again: {}", reason.message));
            }
        }
        self.recheck_next(&gate)
    }

    /// Plans the calls that have not run once more. Those that change something are previewed again.
    fn plan_again(
        &mut self,
        gate: &GateId,
        overlay: Option<&BTreeMap<StepKey, Datum>>,
    ) -> Result<(), Stop> {
        let definition = self.run.definition.clone();
        let Some(step) = definition.step(&gate.step.id) else {
            return Ok(());
        };
        for member in self.members(gate) {
            let again = self.run.step(&member).is_some_and(|run| match run.phase() {
                Some(phase) => matches!(
                    phase,
                    crate::Phase::Planned(_)
                        | crate::Phase::Backoff { .. }
                        | crate::Phase::Result { result: Err(_), .. }
                        | crate::Phase::Previewing { .. }
                ),
                None => false,
            });
            if again {
                self.plan(step, &member, overlay)?;
            }
        }
        Ok(())
    }

    /// What would run is exactly known again: is it what was approved?
    pub(super) fn compare_when_ready(&mut self, gate: &GateId) -> Result<(), Stop> {
        let Some(members) = self.ready_members(gate) else {
            return Ok(());
        };
        let Some(GateState::Comparing { grant, overlay }) =
            self.run.gate(gate).map(|gate| gate.state.clone())
        else {
            return Ok(());
        };
        let Some(grant) = grant else {
            return self.void_with(gate, "an input was edited", &members, overlay);
        };
        if grant
            .valid_until_us
            .is_some_and(|until| self.at_us >= until)
        {
            return self.void_with(
                gate,
                "the approval is older than its time to live",
                &members,
                overlay,
            );
        }
        if covers(&grant, &members) {
            self.emit(Event::GrantConfirmed { gate: gate.clone() })
        } else {
            self.void_with(
                gate,
                "what would run is not what was approved",
                &members,
                overlay,
            )
        }
    }

    /// The approval is void, and the calls are planned and previewed again for the next card.
    pub(super) fn void(&mut self, gate: &GateId, why: &str) -> Result<(), Stop> {
        let outputs = match self.run.gate(gate).map(|gate| &gate.state) {
            Some(GateState::Rechecking { overlay, .. } | GateState::Comparing { overlay, .. }) => {
                overlay.clone()
            }
            Some(_) | None => BTreeMap::new(),
        };
        self.emit(Event::GrantVoided {
            gate: gate.clone(),
            why: why.to_owned(),
            changed: Vec::new(),
            outputs,
        })?;
        self.plan_again(gate, None)
    }

    /// The approval is void, and the calls are planned already: the next card comes at once.
    fn void_with(
        &mut self,
        gate: &GateId,
        why: &str,
        members: &[(StepKey, Planned)],
        outputs: BTreeMap<StepKey, Datum>,
    ) -> Result<(), Stop> {
        let before: Vec<CardCall> = self
            .run
            .gate(gate)
            .and_then(|gate| gate.card.as_ref())
            .map(|card| card.calls.clone())
            .unwrap_or_default();
        let after = self.card_calls(gate, members)?;
        let changed = self.differences(&before, &after)?;
        self.emit(Event::GrantVoided {
            gate: gate.clone(),
            why: why.to_owned(),
            changed,
            outputs,
        })
    }
}

/// Every call that would run is one that was approved, as often as it was.
fn covers(grant: &Grant, members: &[(StepKey, Planned)]) -> bool {
    let dropped: BTreeSet<&StepKey> = grant.dropped.iter().collect();
    members
        .iter()
        .filter(|(key, _)| !dropped.contains(key))
        .all(|(_, planned)| {
            grant
                .tries
                .get(&planned.digest)
                .is_some_and(|left| *left > 0)
        })
}
