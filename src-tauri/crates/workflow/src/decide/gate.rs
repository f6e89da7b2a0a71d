//! Asking a person and hearing the answer (semantics.md 2-5, 13; approvals.md). Cards are made in `card`, the reads that
//! are made again in `recheck`, sending back in `redo`.

use super::{Draft, Stop, schema, scope::Place};
use crate::{
    Body, Card, Datum, Decision, Digest, Event, Gate, GateId, GateKind, GateRun, GateState, Grant, Phase, Planned, Provenance,
    Refusal, SkipReason, Step, StepKey, StopReason,
};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

impl Draft<'_> {
    /// A call that is exactly known, at the gate before it.
    pub(super) fn advance_at_gate(
        &mut self,
        step: &Step,
        key: &StepKey,
        planned: &Planned,
        gate: &GateId,
    ) -> Result<(), Stop> {
        match self.run.gate(gate).map(|gate| gate.state.clone()) {
            None | Some(GateState::Preparing { .. }) => self.ask_when_ready(step, gate),
            Some(GateState::Comparing { .. }) => self.compare_when_ready(gate),
            Some(GateState::Granted { grant }) => {
                if grant.dropped.contains(key) {
                    return self.emit(Event::StepSkipped { step: key.clone(), why: SkipReason::Dropped });
                }
                if self.has_place(step, key) {
                    self.spend_and_start(step, key, planned.digest, gate)?;
                }
                Ok(())
            }
            Some(GateState::Skipped) => self.start_call(step, key),
            Some(GateState::Rechecking { .. }) => self.recheck_next(gate),
            Some(GateState::Open { .. } | GateState::Decided | GateState::Expired | GateState::Withdrawn) => Ok(()),
        }
    }

    fn has_place(&self, step: &Step, key: &StepKey) -> bool {
        let (Some(foreach), Some(list)) = (&step.foreach, key.list()) else { return true };
        let Some(Phase::List { items, .. }) = self.run.step(&list).and_then(|step| step.phase()) else { return true };
        let keys: Vec<StepKey> = (0..items.len() as u32).map(|number| list.item(number)).collect();
        self.busy_items(&keys) < foreach.max_parallel as usize
    }

    /// Members that can still run: previewed ones. `None` while one is not ready.
    pub(super) fn ready_members(&self, gate: &GateId) -> Option<Vec<(StepKey, Planned)>> {
        let mut ready = Vec::new();
        for member in self.members(gate) {
            match self.run.step(&member).and_then(|step| step.phase()) {
                Some(Phase::Planned(planned)) => ready.push((member, planned.as_ref().clone())),
                // It has ended (its preview failed, or it ran before the grant was voided), or is at work.
                Some(
                    Phase::Calling(_) | Phase::Observing { .. } | Phase::InDoubt { .. } | Phase::Backoff { .. },
                ) => {}
                None if self.is_done(&member) => {}
                Some(Phase::Result { .. } | Phase::Previewing { .. } | Phase::Ready) | None => return None,
                Some(Phase::Group { .. } | Phase::List { .. }) => return None,
            }
        }
        Some(ready)
    }

    fn ask_when_ready(&mut self, step: &Step, gate: &GateId) -> Result<(), Stop> {
        let Some(members) = self.ready_members(gate) else { return Ok(()) };
        let Some(definition) = &step.gate.before else { return Ok(()) };
        let changes = members.iter().any(|(_, planned)| planned.call.effect.changes());
        if let Some(skip_when) = definition.skip_when.as_ref().filter(|_| !changes) {
            match self.holds(skip_when, &Place::of(&gate.step))? {
                Ok(true) => return self.emit(Event::GateSkipped { gate: gate.clone() }),
                // Where it cannot be told, a person is asked.
                Ok(false) | Err(_) => {}
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
        self.emit(Event::GateOpened { gate: gate.clone(), revision, card: Box::new(card), card_digest: digest })
    }

    /// Has the gate after a result been passed? Opens it when it has not been reached yet.
    pub(super) fn after_gate_is_passed(
        &mut self,
        definition: &Gate,
        key: &StepKey,
        output: &Json,
        provenance: Provenance,
    ) -> Result<bool, Stop> {
        let gate = GateId { step: key.clone(), kind: GateKind::After };
        match self.run.gate(&gate).map(|gate| gate.state.clone()) {
            None | Some(GateState::Preparing { .. }) => {}
            Some(GateState::Skipped) => return Ok(true),
            Some(
                GateState::Open { .. }
                | GateState::Rechecking { .. }
                | GateState::Comparing { .. }
                | GateState::Granted { .. }
                | GateState::Decided
                | GateState::Expired
                | GateState::Withdrawn,
            ) => return Ok(false),
        }
        if let Some(skip_when) = &definition.skip_when {
            let place = Place { provenance: Some(provenance), ..Place::with_output(key, output) };
            if self.holds(skip_when, &place)? == Ok(true) {
                self.emit(Event::GateSkipped { gate })?;
                return Ok(true);
            }
        }
        self.open(&gate, definition, Vec::new(), Some(output), provenance)?;
        Ok(false)
    }

    pub(super) fn not_open(&self, gate: &GateId) -> Refusal {
        let Some(known) = self.run.gate(gate) else {
            let open: Vec<String> = self.run.open_gates().map(|gate| gate.id.to_string()).collect();
            let hint = match open.as_slice() {
                [] => "No gate of this run is waiting".to_owned(),
                open => format!("Waiting: {}", open.join(", ")),
            };
            return Refusal::new("unknown_gate", format!("This run has no gate {gate}"), hint);
        };
        match (&known.state, known.answers.last()) {
            (GateState::Expired, _) => {
                Refusal::new("expired", format!("Nobody answered at {gate} in time"), "Start the workflow again")
            }
            (GateState::Withdrawn, _) => {
                Refusal::new("withdrawn", format!("The run stopped before {gate} was answered"), "Look at the run")
            }
            (_, Some(answer)) => Refusal::new(
                "already_decided",
                format!("{} answered {gate} with {} already", answer.by.name, answer.decision.kind().word()),
                "Look at the run: nothing more is needed here",
            ),
            (_, None) => {
                Refusal::new("not_open", format!("{gate} is not waiting for an answer"), "Look at the run")
            }
        }
    }

    pub(super) fn decide_gate(
        &mut self,
        gate: &GateId,
        revision: u32,
        digest: Digest,
        decision: &Decision,
    ) -> Result<Option<Refusal>, Stop> {
        let Some(known) = self.run.gate(gate).filter(|gate| gate.is_open()).cloned() else {
            return Err(self.not_open(gate).into());
        };
        let Some(card) = known.card.clone() else { return Err(self.not_open(gate).into()) };
        if card.expires_at_us.is_some_and(|expires| self.at_us >= expires) {
            self.expire(gate)?;
            return Ok(Some(self.not_open(gate)));
        }
        if known.revision != revision || known.card_digest != Some(digest) {
            return Err(Refusal::new(
                "stale_card",
                format!("The card of {gate} is not the one you saw: it is shown for the {}. time now", known.revision),
                "Look at the card again and answer that one",
            )
            .into());
        }
        if !card.decisions.contains(&decision.kind()) {
            let offered: Vec<&str> = card.decisions.iter().map(|kind| kind.word()).collect();
            return Err(Refusal::new(
                "not_offered",
                format!("{gate} does not offer {}", decision.kind().word()),
                format!("It offers: {}", offered.join(", ")),
            )
            .into());
        }
        match gate.kind {
            GateKind::Before => self.decide_before(&known, &card, decision)?,
            GateKind::After => self.decide_after(&known, decision)?,
        }
        Ok(None)
    }

    fn decided(&mut self, gate: &GateRun, decision: &Decision, grant: Option<Grant>) -> Result<(), Stop> {
        let card_digest = gate.card_digest.unwrap_or(Digest::from_bytes([0; 32]));
        let decision = decision.clone();
        self.emit(Event::GateDecided { gate: gate.id.clone(), revision: gate.revision, card_digest, decision, grant })
    }

    fn decide_before(&mut self, gate: &GateRun, card: &Card, decision: &Decision) -> Result<(), Stop> {
        match decision {
            Decision::Approve => {
                let grant = self.grant(card, Vec::new());
                self.decided(gate, decision, Some(grant))
            }
            Decision::Drop { items } => {
                let known: Vec<&StepKey> = card.calls.iter().map(|call| &call.step).collect();
                if let Some(other) = items.iter().find(|item| !known.contains(item)) {
                    return Err(Refusal::new(
                        "unknown_item",
                        format!("{other} is not on this card"),
                        "Name items as the card does",
                    )
                    .into());
                }
                let grant = self.grant(card, items.clone());
                self.decided(gate, decision, Some(grant))?;
                for item in items {
                    if !self.is_done(item) {
                        self.emit(Event::StepSkipped { step: item.clone(), why: SkipReason::Dropped })?;
                    }
                }
                Ok(())
            }
            Decision::Edit { values } => self.edit(gate, card, decision, values),
            Decision::Skip => {
                self.decided(gate, decision, None)?;
                self.leave_out(&gate.id, &SkipReason::Skipped)
            }
            Decision::Redo { feedback } => self.redo(gate, decision, feedback),
            Decision::Reject { reason, .. } => self.reject(gate, decision, reason),
        }
    }

    fn reject(&mut self, gate: &GateRun, decision: &Decision, reason: &str) -> Result<(), Stop> {
        self.decided(gate, decision, None)?;
        self.leave_out(&gate.id, &SkipReason::Rejected { reason: reason.to_owned() })?;
        let why = StopReason::Rejected { gate: gate.id.clone(), reason: reason.to_owned() };
        self.emit(Event::RunStopping { why })
    }

    /// The gate's steps do not run; of a list, the list itself neither.
    fn leave_out(&mut self, gate: &GateId, why: &SkipReason) -> Result<(), Stop> {
        let mut keys = self.members(gate);
        if !keys.contains(&gate.step) {
            keys.push(gate.step.clone());
        }
        for key in keys {
            if !self.is_done(&key) {
                self.emit(Event::StepSkipped { step: key, why: why.clone() })?;
            }
        }
        Ok(())
    }

    /// One approval covers 1 + retry.max tries of each call that is not left out (semantics.md 8).
    fn grant(&self, card: &Card, dropped: Vec<StepKey>) -> Grant {
        let mut tries = BTreeMap::new();
        for call in card.calls.iter().filter(|call| call.left_out.is_none() && !dropped.contains(&call.step)) {
            *tries.entry(call.digest).or_insert(0) += card.tries;
        }
        Grant {
            tries,
            dropped,
            valid_until_us: card.grant_ttl_ms.map(|ttl_ms| self.at_us + ttl_ms as i64 * 1000),
            ttl_ms: card.grant_ttl_ms,
        }
    }

    /// Other inputs for the rest of the run. Never approves: everything is read, planned and asked again.
    fn edit(&mut self, gate: &GateRun, card: &Card, decision: &Decision, values: &Map<String, Json>) -> Result<(), Stop> {
        if values.is_empty() {
            return Err(Refusal::new("nothing_edited", "The edit names no input", "Give a new value for an input").into());
        }
        for (name, value) in values {
            if !card.editable.contains_key(name) {
                let editable: Vec<&str> = card.editable.keys().map(String::as_str).collect();
                return Err(Refusal::new(
                    "not_editable",
                    format!("{name} cannot be edited at {}", gate.id),
                    if editable.is_empty() {
                        "Nothing can be edited here".to_owned()
                    } else {
                        format!("These can: {}", editable.join(", "))
                    },
                )
                .into());
            }
            let definition = self.run.definition.clone();
            let schema = definition.inputs.get("properties").and_then(|properties| properties.get(name));
            let faults = schema.map(|schema| schema::validate_against(schema, value)).unwrap_or_default();
            if !faults.is_empty() {
                return Err(Refusal::new(
                    "invalid_inputs",
                    format!("{name} is not right: {}", faults.join("; ")),
                    "Give a value that the start form would take",
                )
                .into());
            }
        }
        self.decided(gate, decision, None)?;
        for (input, value) in values {
            let (gate, input, value) = (gate.id.clone(), input.clone(), Datum::Inline(value.clone()));
            self.emit(Event::InputEdited { gate, input, value })?;
        }
        self.recheck_next(&gate.id)
    }

    fn decide_after(&mut self, gate: &GateRun, decision: &Decision) -> Result<(), Stop> {
        let definition = self.run.definition.clone();
        let key = gate.id.step.clone();
        let Some(step) = definition.step(&key.id) else { return Ok(()) };
        match decision {
            Decision::Approve => {
                let (output, provenance) = self.result_at(step, &key)?;
                self.decided(gate, decision, None)?;
                self.complete(step, &key, output, provenance)
            }
            Decision::Edit { values } => {
                let Some(output) = values.get("output") else {
                    return Err(Refusal::new(
                        "nothing_edited",
                        "An edit of a result gives the whole result under the name output",
                        "Write output=<JSON>",
                    )
                    .into());
                };
                let faults = self.edited_result_faults(step, &key, output)?;
                if !faults.is_empty() {
                    return Err(Refusal::new(
                        "invalid_result",
                        format!("The edited result is not right: {}", faults.join("; ")),
                        "Keep to the step's output schema",
                    )
                    .into());
                }
                self.decided(gate, decision, None)?;
                self.complete(step, &key, output.clone(), Provenance::Person)
            }
            Decision::Drop { items } => {
                let members = self.members(&gate.id);
                if let Some(other) = items.iter().find(|item| !members.contains(item)) {
                    let sentence = format!("{other} is not on this card");
                    return Err(Refusal::new("unknown_item", sentence, "Name items as the card does").into());
                }
                self.decided(gate, decision, None)?;
                for item in items {
                    self.emit(Event::StepSkipped { step: item.clone(), why: SkipReason::Dropped })?;
                }
                let (output, provenance) = self.result_at(step, &key)?;
                self.complete(step, &key, output, provenance)
            }
            Decision::Redo { feedback } => self.redo(gate, decision, feedback),
            Decision::Reject { reason, .. } => self.reject(gate, decision, reason),
            Decision::Skip => {
                Err(Refusal::new("not_offered", "A result cannot be skipped", "Approve or reject it").into())
            }
        }
    }

    /// The result that an after-gate decides on.
    fn result_at(&self, step: &Step, key: &StepKey) -> Result<(Json, Provenance), Stop> {
        match self.run.step(key).and_then(|step| step.phase()) {
            Some(Phase::List { items, .. }) => {
                let keys: Vec<StepKey> = (0..items.len() as u32).map(|number| key.item(number)).collect();
                Ok((self.list_outputs(items, &keys)?, Provenance::Tool))
            }
            Some(Phase::Result { result: Ok(held), .. }) => {
                let provenance = if matches!(step.body, Body::Ai(_)) { Provenance::Rule } else { Provenance::Tool };
                Ok((self.load(&held.output)?, provenance))
            }
            Some(_) | None => Ok((Json::Null, Provenance::Tool)),
        }
    }

    fn edited_result_faults(&self, step: &Step, key: &StepKey, output: &Json) -> Result<Vec<String>, Stop> {
        if let Some(reason) = self.result_faults(step, key, output)? {
            return Ok(vec![reason.message]);
        }
        let spec = step.tool().and_then(|(tool, _)| self.run.definition.tools.get(tool));
        Ok(match (&step.body, spec) {
            (Body::Uses { .. }, Some(spec)) => schema::validate_against(&spec.output, output),
            _ => Vec::new(),
        })
    }

    /// Nobody answered in time. Silence never approves (I9).
    pub(super) fn expire(&mut self, gate: &GateId) -> Result<(), Stop> {
        let revision = self.run.gate(gate).map_or(0, |gate| gate.revision);
        self.emit(Event::GateExpired { gate: gate.clone(), revision })?;
        self.leave_out(gate, &SkipReason::Expired)?;
        self.emit(Event::RunStopping { why: StopReason::Expired { gate: gate.clone() } })
    }

    /// Every gate that could still matter to this step is withdrawn.
    pub(super) fn withdraw_gates_of(&mut self, key: &StepKey, why: &StopReason) -> Result<(), Stop> {
        for kind in [GateKind::Before, GateKind::After] {
            let gate = GateId { step: key.clone(), kind };
            let live = match self.run.gate(&gate).map(|gate| &gate.state) {
                Some(
                    GateState::Preparing { .. }
                    | GateState::Open { .. }
                    | GateState::Rechecking { .. }
                    | GateState::Comparing { .. }
                    | GateState::Granted { .. },
                ) => true,
                Some(GateState::Decided | GateState::Skipped | GateState::Expired | GateState::Withdrawn) | None => false,
            };
            if live {
                let revision = self.run.gate(&gate).map_or(0, |gate| gate.revision);
                self.emit(Event::GateWithdrawn { gate, revision, why: why.clone() })?;
            }
        }
        Ok(())
    }
}
