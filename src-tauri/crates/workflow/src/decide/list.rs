//! Lists: items fill the places, end, and give the list's `outputs` (semantics.md 13).

use super::{Draft, Stop, canonical::as_json};
use crate::steps::Standing;
use crate::{
    CardScope, Datum, Event, GateId, GateKind, GateState, OnItemError, Phase, Provenance,
    SkipReason, Step, StepKey, StepState, StopReason,
};
use serde_json::{Value as Json, json};

/// What a sweep over a list needs to know of it.
struct Sweep<'a> {
    list: &'a StepKey,
    total: u32,
    /// All items have one card in common.
    one_card: bool,
    /// The group around it is failing.
    starts_no_change: bool,
    /// A failed item stops the others.
    stops: bool,
    places: usize,
}

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
        let total = items.len() as u32;
        let sweep = Sweep {
            list: key,
            total,
            one_card: self.waits_for_common_card(key),
            starts_no_change: self.starts_no_change(step, key),
            stops: foreach.on_item_error == OnItemError::Stop,
            places: foreach.places(),
        };
        let mut from = 0;
        while let Some(number) = self.next_item(&sweep, from) {
            self.visit(1);
            let item = &key.item(number);
            let run = self.run.steps.get(item).cloned();
            match run.as_deref().map(|run| &run.state) {
                None | Some(StepState::Again) => {
                    let attempt = self.attempt_of(key).max(self.attempt_of(item));
                    self.emit(Event::StepStarted {
                        step: item.clone(),
                        attempt,
                        items: None,
                    })?;
                }
                Some(StepState::Active(phase)) => self.advance_active(step, item, phase)?,
                Some(
                    StepState::Completed { .. }
                    | StepState::Failed { .. }
                    | StepState::Skipped { .. },
                ) => {}
            }
            // Also when it failed just now: nothing more starts, and a last item's failure is not overlooked.
            if sweep.stops && self.has_failed(item) {
                let why = StopReason::Failed { step: item.clone() };
                return self.emit(Event::GroupStopping {
                    step: key.clone(),
                    why,
                });
            }
            from = number + 1;
            if from < total && self.run.stopping().is_some() {
                return Ok(());
            }
        }
        if sweep.one_card && self.run.stopping().is_none() {
            self.advance_common_gate(step, key, total)?;
        }
        if self.count_items(key, &Standing::DONE, total) == total as usize {
            self.end_list(step, key, items)
        } else {
            Ok(())
        }
    }

    /// The next item with which something may happen as the run stands now. Looking at those between would change
    /// nothing: they have ended, are at work, wait for a place or for a person.
    fn next_item(&self, sweep: &Sweep<'_>, from: u32) -> Option<u32> {
        let Sweep { list, total, .. } = *sweep;
        let first = |standing| self.first_item(list, standing, from, total);
        let places = self.busy_items(list) < sweep.places;
        let (starts, next_planned) = if sweep.one_card {
            // What a person left out was skipped with the answer: the others wait for a place.
            let gate = GateId {
                step: list.clone(),
                kind: GateKind::Before,
            };
            let passed = matches!(
                self.run.gate(&gate).map(|gate| &gate.state),
                Some(GateState::Granted { .. } | GateState::Skipped)
            );
            (true, passed && places)
        } else {
            (places, true)
        };
        let mut next = [
            Standing::Ready,
            Standing::Held,
            Standing::Erred,
            Standing::Around,
        ]
        .into_iter()
        .filter_map(first)
        .min();
        let mut or = |found: Option<u32>| next = next.into_iter().chain(found).min();
        if starts {
            or(first(Standing::Again));
            or(self.run.steps.first_new(list, from, total));
        }
        if next_planned || sweep.starts_no_change {
            or(first(Standing::Planned));
        }
        if sweep.starts_no_change {
            or(first(Standing::Previewing));
        }
        if sweep.stops {
            or(first(Standing::Failed));
        }
        next
    }

    /// The first item from `from` on, before `end`, that stands so.
    pub(super) fn first_item(
        &self,
        list: &StepKey,
        standing: Standing,
        from: u32,
        end: u32,
    ) -> Option<u32> {
        let items = self.run.steps.items(list)?;
        items.first(standing, from, end)
    }

    fn count_items(&self, list: &StepKey, standings: &[Standing], end: u32) -> usize {
        let Some(items) = self.run.steps.items(list) else {
            return 0;
        };
        let counts = standings
            .iter()
            .map(|standing| items.count(*standing, end) as usize);
        counts.sum()
    }

    /// Items that take a place: everything under way, but not those that only wait for their common card.
    pub(super) fn busy_items(&self, list: &StepKey) -> usize {
        let total = match self.run.step(list).and_then(|step| step.phase()) {
            Some(Phase::List { items, .. }) => items.len() as u32,
            Some(_) | None => 0,
        };
        let standings = if self.waits_for_common_card(list) {
            &Standing::UNDER_WAY[Standing::WAITING_FOR_A_CARD..]
        } else {
            &Standing::UNDER_WAY[..]
        };
        self.count_items(list, standings, total)
    }

    /// The keys of a list's items.
    pub(super) fn keys_of(&self, list: &StepKey, items: &[Datum]) -> Vec<StepKey> {
        self.visit(items.len());
        (0..items.len() as u32)
            .map(|number| list.item(number))
            .collect()
    }

    pub(super) fn waits_for_common_card(&self, key: &StepKey) -> bool {
        self.run
            .definition
            .step(&key.id)
            .and_then(|step| step.gate.before.as_ref())
            .is_some_and(|gate| gate.scope == CardScope::AllItems)
    }

    fn end_list(&mut self, step: &Step, key: &StepKey, items: &[Datum]) -> Result<(), Stop> {
        let common = step
            .gate
            .after
            .as_ref()
            .filter(|gate| gate.scope == CardScope::AllItems);
        // While a person looks at the outputs they need not be put together again.
        if common.is_some() && self.is_asked_after(key) {
            return Ok(());
        }
        let keys = &self.keys_of(key, items);
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
        if let Some(gate) = common
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
