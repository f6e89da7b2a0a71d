//! Asking a person and hearing the answer (semantics.md 2-5, 13; approvals.md). Cards are made in `card`, the reads that
//! are made again in `recheck`, sending back in `redo`.

use super::{Draft, Stop, scope::Place};
use crate::steps::Standing;
use crate::{
    Event, Gate, GateId, GateKind, GateState, Phase, Planned, Provenance, SkipReason, Step,
    StepKey, StopReason,
};
use serde_json::Value as Json;

impl Draft<'_> {
    /// A call that is exactly known, at the gate before it.
    pub(super) fn advance_at_gate(
        &mut self,
        step: &Step,
        key: &StepKey,
        planned: &Planned,
        gate: &GateId,
    ) -> Result<(), Stop> {
        let dropped = match self.run.gate(gate).map(|gate| &gate.state) {
            Some(GateState::Granted { grant }) => grant.dropped.contains(key),
            Some(GateState::Skipped) => {
                let starts = self.has_place(step, key);
                return if starts {
                    self.start_call(step, key)
                } else {
                    Ok(())
                };
            }
            // What a list asks, it asks for all items together.
            Some(_) | None if gate.step != *key => return Ok(()),
            Some(_) | None => return self.move_on(step, gate),
        };
        if dropped {
            return self.emit(Event::StepSkipped {
                step: key.clone(),
                why: SkipReason::Dropped,
            });
        }
        if self.has_place(step, key) {
            self.spend_and_start(step, key, planned.digest, gate)?;
        }
        Ok(())
    }

    /// The gate that all items of a list have in common, once for all of them.
    pub(super) fn advance_common_gate(
        &mut self,
        step: &Step,
        list: &StepKey,
        total: u32,
    ) -> Result<(), Stop> {
        if self.first_item(list, Standing::Planned, 0, total).is_none() {
            return Ok(());
        }
        let gate = GateId {
            step: list.clone(),
            kind: GateKind::Before,
        };
        self.move_on(step, &gate)
    }

    /// What a gate does by itself before it asks, and between the answer and the grant.
    fn move_on(&mut self, step: &Step, gate: &GateId) -> Result<(), Stop> {
        match self.run.gate(gate).map(|gate| &gate.state) {
            None | Some(GateState::Preparing { .. }) => self.ask_when_ready(step, gate),
            Some(GateState::Comparing { .. }) => self.compare_when_ready(gate),
            Some(GateState::Rechecking { .. }) => self.recheck_next(gate),
            Some(
                GateState::Open { .. }
                | GateState::Granted { .. }
                | GateState::Decided
                | GateState::Skipped
                | GateState::Expired
                | GateState::Withdrawn,
            ) => Ok(()),
        }
    }

    /// Items behind a common card take their places only now.
    fn has_place(&mut self, step: &Step, key: &StepKey) -> bool {
        let (Some(foreach), Some(list)) = (&step.foreach, key.list()) else {
            return true;
        };
        // An item with a card of its own took its place when it started.
        if !self.waits_for_common_card(key) {
            return true;
        }
        self.busy_items(&list) < foreach.places()
    }

    /// Members that can still run: previewed ones. `None` while one is not ready.
    pub(super) fn ready_members(&self, gate: &GateId) -> Option<Vec<(StepKey, Planned)>> {
        // Most of the time one is not: look at the list before its items.
        if self.waits_for_items(&gate.step) {
            return None;
        }
        let members = self.members(gate);
        let mut ready = Vec::new();
        for member in members {
            match self.run.step(&member).and_then(|step| step.phase()) {
                Some(Phase::Backoff { .. }) if self.waits_to_preview(&member) => return None,
                Some(Phase::Planned(planned)) => ready.push((member, planned.as_ref().clone())),
                // It has ended (its preview failed, or it ran before the grant was voided), or is at work.
                Some(
                    Phase::Calling(_)
                    | Phase::Observing { .. }
                    | Phase::InDoubt { .. }
                    | Phase::Backoff { .. }
                    | Phase::Result { result: Ok(_), .. },
                ) => {}
                None if self.is_done(&member) => {}
                Some(
                    Phase::Result { result: Err(_), .. }
                    | Phase::Previewing { .. }
                    | Phase::Inverting { .. }
                    | Phase::Ready,
                )
                | None => {
                    return None;
                }
                Some(Phase::Group { .. } | Phase::List { .. }) => return None,
            }
        }
        Some(ready)
    }

    /// Is an item of this list still being previewed?
    fn waits_for_items(&self, list: &StepKey) -> bool {
        let total = match self.run.step(list).and_then(|step| step.phase()) {
            Some(Phase::List { items, .. }) => items.len() as u32,
            Some(_) | None => return false,
        };
        [Standing::Ready, Standing::Previewing]
            .into_iter()
            .any(|standing| self.first_item(list, standing, 0, total).is_some())
    }

    fn ask_when_ready(&mut self, step: &Step, gate: &GateId) -> Result<(), Stop> {
        let Some(members) = self.ready_members(gate) else {
            return Ok(());
        };
        let Some(definition) = &step.gate.before else {
            return Ok(());
        };
        let changes = members
            .iter()
            .any(|(_, planned)| planned.call.effect.changes());
        if let Some(skip_when) = definition.skip_when.as_ref().filter(|_| !changes) {
            // Where it cannot be told, a person is asked.
            if self.holds(skip_when, &Place::of(&gate.step))? == Ok(true) {
                return self.emit(Event::GateSkipped { gate: gate.clone() });
            }
        }
        let calls = self.card_calls(gate, &members)?;
        self.open(gate, definition, calls, None, Provenance::Tool)
    }

    /// Asks. `result` on an after-gate.
    pub(super) fn open(
        &mut self,
        gate: &GateId,
        definition: &Gate,
        calls: Vec<crate::CardCall>,
        result: Option<&Json>,
        provenance: Provenance,
    ) -> Result<(), Stop> {
        let (card, digest) = self.make_card(gate, definition, calls, result, provenance)?;
        let revision = self.run.gate(gate).map_or(0, |gate| gate.revision) + 1;
        self.emit(Event::GateOpened {
            gate: gate.clone(),
            revision,
            card: Box::new(card),
            card_digest: digest,
        })
    }

    /// Was a person asked about this result, with no answer that lets it pass by itself?
    pub(super) fn is_asked_after(&self, key: &StepKey) -> bool {
        let gate = GateId {
            step: key.clone(),
            kind: GateKind::After,
        };
        !matches!(
            self.run.gate(&gate).map(|gate| &gate.state),
            None | Some(GateState::Preparing { .. } | GateState::Skipped)
        )
    }

    /// Has the gate after a result been passed? Opens it when it has not been reached yet.
    pub(super) fn after_gate_is_passed(
        &mut self,
        definition: &Gate,
        key: &StepKey,
        output: &Json,
        provenance: Provenance,
    ) -> Result<bool, Stop> {
        let gate = GateId {
            step: key.clone(),
            kind: GateKind::After,
        };
        if self.is_asked_after(key) {
            return Ok(false);
        }
        let state = self.run.gate(&gate).map(|gate| &gate.state);
        if matches!(state, Some(GateState::Skipped)) {
            return Ok(true);
        }
        if let Some(skip_when) = &definition.skip_when {
            let place = Place {
                provenance: Some(provenance),
                ..Place::with_output(key, output)
            };
            if self.holds(skip_when, &place)? == Ok(true) {
                self.emit(Event::GateSkipped { gate })?;
                return Ok(true);
            }
        }
        self.open(&gate, definition, Vec::new(), Some(output), provenance)?;
        Ok(false)
    }

    /// Nobody answered in time. Silence never approves (I9).
    pub(super) fn expire(&mut self, gate: &GateId) -> Result<(), Stop> {
        let revision = self.run.gate(gate).map_or(0, |gate| gate.revision);
        self.emit(Event::GateExpired {
            gate: gate.clone(),
            revision,
        })?;
        self.leave_out(gate, &SkipReason::Expired)?;
        self.emit(Event::RunStopping {
            why: StopReason::Expired { gate: gate.clone() },
        })
    }

    /// Every gate that could still matter to this step is withdrawn.
    pub(super) fn withdraw_gates_of(
        &mut self,
        key: &StepKey,
        why: &StopReason,
    ) -> Result<(), Stop> {
        for kind in [GateKind::Before, GateKind::After] {
            let gate = GateId {
                step: key.clone(),
                kind,
            };
            let live = match self.run.gate(&gate).map(|gate| &gate.state) {
                Some(
                    GateState::Preparing { .. }
                    | GateState::Open { .. }
                    | GateState::Rechecking { .. }
                    | GateState::Comparing { .. },
                ) => true,
                // What was approved and has run is history; what has not run may not run any more.
                Some(GateState::Granted { .. }) => !self.is_done(key),
                Some(
                    GateState::Decided
                    | GateState::Skipped
                    | GateState::Expired
                    | GateState::Withdrawn,
                )
                | None => false,
            };
            if live {
                let revision = self.run.gate(&gate).map_or(0, |gate| gate.revision);
                self.emit(Event::GateWithdrawn {
                    gate,
                    revision,
                    why: why.clone(),
                })?;
            }
        }
        Ok(())
    }
}
