//! Lists: items fill the places, end, and give the list's `outputs` (semantics.md 13).

use super::{Draft, Stop, canonical::as_json};
use crate::{
    CardScope, Datum, Event, OnItemError, Phase, Provenance, SkipReason, Step, StepKey, StepState,
    StopReason,
};
use serde_json::{Value as Json, json};

impl Draft<'_> {
    pub(super) fn advance_list(
        &mut self,
        step: &Step,
        key: &StepKey,
        items: &[Datum],
        stopping: Option<&StopReason>,
    ) -> Result<(), Stop> {
        if let Some(why) = stopping {
            return self.stop_group(key, why);
        }
        let Some(foreach) = &step.foreach else {
            return Ok(());
        };
        let keys: Vec<StepKey> = (0..items.len() as u32)
            .map(|number| key.item(number))
            .collect();
        let one_card = step
            .gate
            .before
            .as_ref()
            .is_some_and(|gate| gate.scope == CardScope::AllItems);
        for item in &keys {
            if self.run.stopping().is_some() {
                return Ok(());
            }
            let run = self.run.steps.get(item).cloned();
            match run.as_deref().map(|run| &run.state) {
                None | Some(StepState::Again) => {
                    if one_card || self.busy_items(key) < foreach.places() {
                        let attempt = self.attempt_of(key).max(self.attempt_of(item));
                        self.emit(Event::StepStarted {
                            step: item.clone(),
                            attempt,
                            items: None,
                        })?;
                    }
                }
                Some(StepState::Active(phase)) => self.advance_active(step, item, phase)?,
                Some(
                    StepState::Completed { .. }
                    | StepState::Failed { .. }
                    | StepState::Skipped { .. },
                ) => {}
            }
            // Also when it failed just now: nothing more starts, and a last item's failure is not overlooked.
            if foreach.on_item_error == OnItemError::Stop && self.has_failed(item) {
                let why = StopReason::Failed { step: item.clone() };
                return self.emit(Event::GroupStopping {
                    step: key.clone(),
                    why,
                });
            }
        }
        if one_card && self.run.stopping().is_none() {
            self.advance_common_gate(step, key, &keys)?;
        }
        if keys.iter().all(|item| self.is_done(item)) {
            self.end_list(step, key, items, &keys)
        } else {
            Ok(())
        }
    }

    /// Items that take a place: everything under way, but not those that only wait for their common card.
    pub(super) fn busy_items(&mut self, list: &StepKey) -> usize {
        if let Some((counted, busy)) = &self.busy
            && counted == list
        {
            return *busy;
        }
        let items = match self.run.step(list).and_then(|step| step.phase()) {
            Some(Phase::List { items, .. }) => items.len() as u32,
            Some(_) | None => 0,
        };
        let common = self.waits_for_common_card(list);
        let busy = (0..items)
            .map(|number| list.item(number))
            .filter(
                |key| match self.run.step(key).and_then(|step| step.phase()) {
                    None => false,
                    Some(Phase::Planned(_) | Phase::Previewing { .. } | Phase::Ready) => !common,
                    Some(
                        Phase::Group { .. }
                        | Phase::List { .. }
                        | Phase::Calling(_)
                        | Phase::Observing { .. }
                        | Phase::InDoubt { .. }
                        | Phase::Backoff { .. }
                        | Phase::Result { .. },
                    ) => true,
                },
            )
            .count();
        self.busy = Some((list.clone(), busy));
        busy
    }

    pub(super) fn waits_for_common_card(&self, key: &StepKey) -> bool {
        self.run
            .definition
            .step(&key.id)
            .and_then(|step| step.gate.before.as_ref())
            .is_some_and(|gate| gate.scope == CardScope::AllItems)
    }

    fn end_list(
        &mut self,
        step: &Step,
        key: &StepKey,
        items: &[Datum],
        keys: &[StepKey],
    ) -> Result<(), Stop> {
        let all_skipped = keys.iter().all(|item| {
            matches!(
                self.run.step(item).map(|step| &step.state),
                Some(StepState::Skipped { .. })
            )
        });
        if all_skipped {
            return self.emit(Event::StepSkipped {
                step: key.clone(),
                why: SkipReason::Empty,
            });
        }
        let outputs = self.list_outputs(items, keys)?;
        if let Some(gate) = step
            .gate
            .after
            .as_ref()
            .filter(|gate| gate.scope == CardScope::AllItems)
            && !self.after_gate_is_passed(gate, key, &outputs, Provenance::Tool)?
        {
            return Ok(());
        }
        self.emit(Event::StepCompleted {
            step: key.clone(),
            output: Datum::Inline(outputs),
            provenance: Provenance::Tool,
        })
    }

    /// `outputs[i] = {item, state, output|null, error|null}` (semantics.md 13).
    pub(super) fn list_outputs(&self, items: &[Datum], keys: &[StepKey]) -> Result<Json, Stop> {
        let mut outputs = Vec::with_capacity(items.len());
        for (item, key) in items.iter().zip(keys) {
            let step = self.run.step(key);
            let output = match step.and_then(|step| step.output()) {
                Some(output) => self.load(output)?,
                None => Json::Null,
            };
            let error = match step.map(|step| &step.state) {
                Some(StepState::Failed { reason }) => as_json(reason),
                Some(_) | None => Json::Null,
            };
            outputs.push(json!({
                "item": self.load(item)?,
                "state": self.run.step_status(key).word(),
                "output": output,
                "error": error,
            }));
        }
        Ok(Json::Array(outputs))
    }
}
