//! Hearing a person's answer at a gate (semantics.md 2, 4; approvals.md). Asking is in `gate`, sending back in `redo`.

use super::{Draft, Stop, schema};
use crate::{
    Body, Card, Datum, Decision, Digest, Event, GateId, GateKind, GateRun, GateState, Grant, Phase,
    Provenance, Refusal, SkipReason, Step, StepKey, StepState, StopReason, Then,
};
use serde_json::{Map, Value as Json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

impl Draft<'_> {
    pub(super) fn not_open(&self, gate: &GateId) -> Refusal {
        let Some(known) = self.run.gate(gate) else {
            let open: Vec<String> = self
                .run
                .open_gates()
                .map(|gate| gate.id.to_string())
                .collect();
            let hint = match open.as_slice() {
                [] => "No gate of this run is waiting".to_owned(),
                open => format!("Waiting: {}", open.join(", ")),
            };
            return Refusal::new("unknown_gate", format!("This run has no gate {gate}"), hint);
        };
        match (&known.state, known.answers.last()) {
            (GateState::Expired, _) => Refusal::new(
                "expired",
                format!("Nobody answered at {gate} in time"),
                "Start the workflow again",
            ),
            (GateState::Withdrawn, _) => Refusal::new(
                "withdrawn",
                format!("The run stopped before {gate} was answered"),
                "Look at the run",
            ),
            (_, Some(answer)) => Refusal::new(
                "already_decided",
                format!(
                    "{} answered {gate} with {} already",
                    answer.by.name,
                    answer.decision.kind().word()
                ),
                "Look at the run: nothing more is needed here",
            ),
            (_, None) => Refusal::new(
                "not_open",
                format!("{gate} is not waiting for an answer"),
                "Look at the run",
            ),
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
        let Some(card) = known.card.clone() else {
            return Err(self.not_open(gate).into());
        };
        if card
            .expires_at_us
            .is_some_and(|expires| self.at_us >= expires)
        {
            self.expire(gate)?;
            return Ok(Some(self.not_open(gate)));
        }
        if known.revision != revision || known.card_digest != Some(digest) {
            return Err(Refusal::new(
                "stale_card",
                format!(
                    "The card of {gate} is not the one you saw: it is shown for the {}. time now",
                    known.revision
                ),
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
            GateKind::Failure => self.decide_failure(&known, decision)?,
        }
        Ok(None)
    }

    pub(super) fn decided(
        &mut self,
        gate: &GateRun,
        decision: &Decision,
        grant: Option<Grant>,
    ) -> Result<(), Stop> {
        let card_digest = gate.card_digest.unwrap_or(Digest::from_bytes([0; 32]));
        let decision = decision.clone();
        self.emit(Event::GateDecided {
            gate: gate.id.clone(),
            revision: gate.revision,
            card_digest,
            decision,
            grant,
        })
    }

    fn decide_before(
        &mut self,
        gate: &GateRun,
        card: &Card,
        decision: &Decision,
    ) -> Result<(), Stop> {
        match decision {
            Decision::Approve => {
                let grant = self.grant(card, Vec::new());
                self.decided(gate, decision, Some(grant))
            }
            Decision::Drop { items } => {
                let known: BTreeSet<&StepKey> = card.calls.iter().map(|call| &call.step).collect();
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
                    if self.is_left_over(&gate.id, item) {
                        self.emit(Event::StepSkipped {
                            step: item.clone(),
                            why: SkipReason::Dropped,
                        })?;
                    }
                }
                Ok(())
            }
            Decision::Edit { values } => self.edit(gate, card, decision, values),
            Decision::Skip | Decision::SkipBecause { .. } => {
                self.decided(gate, decision, None)?;
                self.leave_out(&gate.id, &SkipReason::Skipped)
            }
            Decision::Redo { feedback } => self.redo(gate, decision, feedback),
            Decision::Reject { reason, then } => self.reject(gate, decision, reason, *then),
            Decision::Retry | Decision::Rollback | Decision::Stop => Err(only_at_a_failure()),
        }
    }

    fn reject(
        &mut self,
        gate: &GateRun,
        decision: &Decision,
        reason: &str,
        then: Then,
    ) -> Result<(), Stop> {
        self.may_follow_reject(&gate.id, then)?;
        self.decided(gate, decision, None)?;
        self.leave_out(
            &gate.id,
            &SkipReason::Rejected {
                reason: reason.to_owned(),
            },
        )?;
        let why = StopReason::Rejected {
            gate: gate.id.clone(),
            reason: reason.to_owned(),
        };
        self.emit(Event::RunStopping { why })
    }

    /// The gate's steps do not run; of a list, the list itself neither, unless some of its items ran before the gate
    /// opened again. What is at work is not on the card: it comes to its own end.
    pub(super) fn leave_out(&mut self, gate: &GateId, why: &SkipReason) -> Result<(), Stop> {
        let members = self.members(gate);
        for key in &members {
            if self.is_left_over(gate, key) {
                self.emit(Event::StepSkipped {
                    step: key.clone(),
                    why: why.clone(),
                })?;
            }
        }
        let all_skipped = members.iter().all(|key| {
            matches!(
                self.run.step(key).map(|step| &step.state),
                Some(StepState::Skipped { .. })
            )
        });
        let is_asked = all_skipped || gate.kind == GateKind::After;
        if is_asked && !self.is_done(&gate.step) {
            self.emit(Event::StepSkipped {
                step: gate.step.clone(),
                why: why.clone(),
            })?;
        }
        Ok(())
    }

    /// Is this what the gate asks about: a call that has not started, or the result behind an after-gate?
    fn is_left_over(&self, gate: &GateId, key: &StepKey) -> bool {
        match self.run.step(key).map(|step| &step.state) {
            None | Some(StepState::Again) => true,
            Some(StepState::Active(
                Phase::Calling(_)
                | Phase::Observing { .. }
                | Phase::InDoubt { .. }
                | Phase::Backoff { .. },
            )) => false,
            Some(StepState::Active(Phase::Result { .. })) => gate.kind == GateKind::After,
            Some(StepState::Active(_)) => true,
            Some(
                StepState::Completed { .. } | StepState::Failed { .. } | StepState::Skipped { .. },
            ) => false,
        }
    }

    /// One approval covers 1 + retry.max tries of each call that is not left out (semantics.md 8).
    fn grant(&self, card: &Card, dropped: Vec<StepKey>) -> Grant {
        let mut tries: BTreeMap<Digest, u32> = BTreeMap::new();
        let left_out: BTreeSet<&StepKey> = dropped.iter().collect();
        for call in card
            .calls
            .iter()
            .filter(|call| call.left_out.is_none() && !left_out.contains(&call.step))
        {
            *tries.entry(call.digest).or_insert(0) += card.tries;
        }
        Grant {
            tries: tries.into_iter().collect(),
            dropped: Arc::new(dropped),
            valid_until_us: card
                .grant_ttl_ms
                .map(|ttl_ms| crate::value::after_ms(self.at_us, ttl_ms)),
            ttl_ms: card.grant_ttl_ms,
        }
    }

    /// Other inputs for the rest of the run. Never approves: everything is read, planned and asked again.
    fn edit(
        &mut self,
        gate: &GateRun,
        card: &Card,
        decision: &Decision,
        values: &Map<String, Json>,
    ) -> Result<(), Stop> {
        if values.is_empty() {
            return Err(Refusal::new(
                "nothing_edited",
                "The edit names no input",
                "Give a new value for an input",
            )
            .into());
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
            let schema = definition
                .inputs
                .get("properties")
                .and_then(|properties| properties.get(name));
            let faults = schema
                .map(|schema| schema::validate_against(schema, value))
                .unwrap_or_default();
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
            let (gate, input, value) =
                (gate.id.clone(), input.clone(), Datum::Inline(value.clone()));
            self.emit(Event::InputEdited { gate, input, value })?;
        }
        self.recheck_next(&gate.id)
    }

    fn decide_after(&mut self, gate: &GateRun, decision: &Decision) -> Result<(), Stop> {
        let definition = self.run.definition.clone();
        let key = gate.id.step.clone();
        let Some(step) = definition.step(&key.id) else {
            return Ok(());
        };
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
                let known: BTreeSet<&StepKey> = members.iter().collect();
                if let Some(other) = items.iter().find(|item| !known.contains(item)) {
                    let sentence = format!("{other} is not on this card");
                    return Err(Refusal::new(
                        "unknown_item",
                        sentence,
                        "Name items as the card does",
                    )
                    .into());
                }
                self.decided(gate, decision, None)?;
                for item in items {
                    if !matches!(
                        self.run.step(item).map(|step| &step.state),
                        Some(StepState::Skipped { .. })
                    ) {
                        self.emit(Event::StepSkipped {
                            step: item.clone(),
                            why: SkipReason::Dropped,
                        })?;
                    }
                }
                if self.is_done(&key) {
                    return Ok(());
                }
                let skipped = |key| {
                    matches!(
                        self.run.step(key).map(|step| &step.state),
                        Some(StepState::Skipped { .. })
                    )
                };
                if members.iter().all(skipped) {
                    return self.emit(Event::StepSkipped {
                        step: key,
                        why: SkipReason::Empty,
                    });
                }
                let (output, provenance) = self.result_at(step, &key)?;
                self.complete(step, &key, output, provenance)
            }
            Decision::Redo { feedback } => self.redo(gate, decision, feedback),
            Decision::Reject { reason, then } => self.reject(gate, decision, reason, *then),
            Decision::Retry | Decision::Rollback | Decision::Stop => Err(only_at_a_failure()),
            Decision::Skip | Decision::SkipBecause { .. } => Err(Refusal::new(
                "not_offered",
                "A result cannot be skipped",
                "Approve or reject it",
            )
            .into()),
        }
    }

    /// The result that an after-gate decides on.
    fn result_at(&self, step: &Step, key: &StepKey) -> Result<(Json, Provenance), Stop> {
        match self.run.step(key).and_then(|step| step.phase()) {
            Some(Phase::List { items, .. }) => {
                let keys: Vec<StepKey> = (0..items.len() as u32)
                    .map(|number| key.item(number))
                    .collect();
                Ok((self.list_outputs(items, &keys)?, Provenance::Tool))
            }
            Some(Phase::Result {
                result: Ok(held), ..
            }) => Ok((self.load(&held.output)?, step.provenance(held))),
            Some(_) | None => Ok((Json::Null, Provenance::Tool)),
        }
    }

    fn edited_result_faults(
        &self,
        step: &Step,
        key: &StepKey,
        output: &Json,
    ) -> Result<Vec<String>, Stop> {
        if let Some(reason) = self.result_faults(step, key, output)? {
            return Ok(vec![reason.message]);
        }
        let spec = step
            .tool()
            .and_then(|(tool, _)| self.run.definition.tools.get(tool));
        Ok(match (&step.body, spec) {
            (Body::Uses { .. }, Some(spec)) => schema::validate_against(&spec.output, output),
            _ => Vec::new(),
        })
    }
}

fn only_at_a_failure() -> Stop {
    Refusal::new(
        "not_offered",
        "Nothing has failed here",
        "Answer one of what the card offers",
    )
    .into()
}
