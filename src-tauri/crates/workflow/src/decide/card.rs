//! Making the card: what a person sees is the stored action itself, and its digest covers it (I5, semantics.md 1).

use super::{Draft, Stop, canonical, canonical::as_json, scope::Place};
use crate::value::after_ms;
use crate::{
    Body, Card, CardCall, Datum, DecisionKind, Difference, Digest, Gate, GateId, GateState, Phase,
    Planned, Provenance, Shown, Step, StepKey, StepState,
};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The longest text of a difference, in characters.
const DIFFERENCE_CHARACTERS: usize = 400;

/// Words in `show` that name parts a card always has.
const ALWAYS_SHOWN: [&str; 8] = [
    "action",
    "diff",
    "output",
    "evidence",
    "provenance",
    "blast_radius",
    "rollback_plan",
    "undo_plan",
];

impl Draft<'_> {
    /// The calls of a card: those that would run, and those that are left out because their preview failed.
    pub(super) fn card_calls(
        &self,
        gate: &GateId,
        ready: &[(StepKey, Planned)],
    ) -> Result<Vec<CardCall>, Stop> {
        let mut calls = Vec::new();
        let ready: BTreeMap<&StepKey, &Planned> =
            ready.iter().map(|(key, planned)| (key, planned)).collect();
        for member in self.members(gate) {
            if let Some(planned) = ready.get(&member) {
                calls.push(self.card_call(&member, planned, None));
            } else if let Some(StepState::Failed { reason }) =
                self.run.step(&member).map(|step| &step.state)
                && self
                    .run
                    .step(&member)
                    .is_some_and(|step| step.tries.is_empty())
                && let Some(planned) = self.unplanned(&member)?
            {
                calls.push(self.card_call(&member, &planned, Some(reason.message.clone())));
            }
        }
        Ok(calls)
    }

    pub(super) fn card_call(
        &self,
        key: &StepKey,
        planned: &Planned,
        left_out: Option<String>,
    ) -> CardCall {
        let item =
            key.list().and_then(
                |list| match self.run.step(&list).and_then(|list| list.phase()) {
                    Some(Phase::List { items, .. }) => {
                        items.get(*key.items.last()? as usize).cloned()
                    }
                    Some(_) | None => None,
                },
            );
        CardCall {
            step: key.clone(),
            item,
            call: planned.call.clone(),
            digest: planned.digest,
            changes: planned.changes.clone(),
            blast_radius: planned.blast_radius.clone(),
            undo: planned.call.undo.clone(),
            left_out,
        }
    }

    /// The call of an item whose preview failed, as far as it can be told.
    fn unplanned(&self, key: &StepKey) -> Result<Option<Planned>, Stop> {
        let step = self.run.definition.step(&key.id);
        if step.is_some_and(|step| step.body == Body::Undo)
            && let Some(item) = self.undo_item(key)?
        {
            let receipt = item.receipt.or(item.own).unwrap_or(Json::Null);
            return Ok(Some(Planned::unknown(
                item.tool,
                item.tool_version,
                receipt,
            )));
        }
        let definition = self.run.definition.clone();
        let Some((tool, with)) = definition.step(&key.id).and_then(Step::tool) else {
            return Ok(None);
        };
        let Some(spec) = definition.tools.get(tool) else {
            return Ok(None);
        };
        let args = self.resolve(with, &Place::of(key))?.unwrap_or(Json::Null);
        let call = crate::Call::unpreviewed(spec, Datum::Inline(args.clone()));
        let digest = canonical::call_digest(&call, &args);
        Ok(Some(Planned::plain(call, digest)))
    }

    pub(super) fn make_card(
        &self,
        gate: &GateId,
        definition: &Gate,
        calls: Vec<CardCall>,
        result: Option<&Json>,
        provenance: Provenance,
    ) -> Result<(Card, Digest), Stop> {
        let place = Place {
            output: result,
            provenance: Some(provenance),
            ..Place::of(&gate.step)
        };
        let known = self.run.gate(gate);
        let mut shown = Vec::new();
        for expression in definition
            .show
            .iter()
            .filter(|word| !ALWAYS_SHOWN.contains(&word.as_str()))
        {
            let value = match self.evaluate(expression, &place)? {
                Ok(value) => value,
                Err(fault) => Json::String(format!("no value: {}", fault.message)),
            };
            let digest = canonical::digest_of_json(&value);
            shown.push(Shown {
                expression: expression.clone(),
                value: Datum::Inline(value),
                digest,
            });
        }
        let editable: BTreeMap<String, Datum> = definition
            .editable
            .iter()
            .filter_map(|name| Some((name.clone(), self.run.inputs.get(name)?.clone())))
            .collect();
        let step = self.run.definition.step(&gate.step.id);
        let card = Card {
            title: self.text(&definition.title, &place)?,
            changed: match known.and_then(|known| known.card.as_ref()) {
                Some(before) => self.differences(&before.calls, &calls)?,
                None => Vec::new(),
            },
            rollback: self.rollback_plan(&calls),
            calls,
            result: result.cloned().map(Datum::Inline),
            provenance,
            shown,
            decisions: self.offered(gate, definition, provenance),
            editable,
            tries: 1 + step
                .and_then(|step| step.retry.as_ref())
                .map_or(0, |retry| retry.max),
            reopened: match known.map(|known| &known.state) {
                Some(GateState::Preparing { reopened }) => reopened.clone(),
                Some(_) | None => None,
            },
            definition: self.run.definition_digest,
            expires_at_us: match (definition.wait_ms, definition.on_timeout) {
                (Some(wait_ms), crate::OnTimeout::Reject) => Some(after_ms(self.at_us, wait_ms)),
                (Some(_), crate::OnTimeout::Hold) | (None, _) => None,
            },
            grant_ttl_ms: definition.grant_ttl_ms,
            scope: definition.scope,
        };
        let revision = known.map_or(0, |known| known.revision) + 1;
        let digest = canonical::card_digest(
            &self.run.id,
            gate,
            revision,
            &card,
            result.map(canonical::digest_of_json),
        );
        Ok((card, digest))
    }

    /// What may be answered now: a redo only as long as it is permitted, and not where the same rule would only give
    /// the same result again (semantics.md 14).
    fn offered(
        &self,
        gate: &GateId,
        definition: &Gate,
        provenance: Provenance,
    ) -> Vec<DecisionKind> {
        let is_list = matches!(
            self.run.step(&gate.step).and_then(|step| step.phase()),
            Some(Phase::List { .. })
        );
        let sent_back = definition
            .redo_step
            .as_ref()
            .and_then(|id| self.run.step(&self.seen_from(&gate.step, id)?));
        let by_rule = match sent_back.map(|step| &step.state) {
            Some(StepState::Completed { provenance, .. }) => *provenance == Provenance::Rule,
            Some(_) | None => provenance == Provenance::Rule,
        };
        let redone = self.run.gate(gate).map_or(0, |gate| gate.redone);
        definition
            .decisions
            .iter()
            .copied()
            .filter(|kind| match kind {
                DecisionKind::Redo => redone < definition.redo_max && !by_rule,
                DecisionKind::Edit if gate.kind == crate::GateKind::Before => {
                    !definition.editable.is_empty()
                }
                // The outputs of a list are a record of what its items did, not a value that somebody may write.
                DecisionKind::Edit => !is_list,
                DecisionKind::Approve
                | DecisionKind::Skip
                | DecisionKind::Drop
                | DecisionKind::Reject
                | DecisionKind::Retry
                | DecisionKind::Rollback
                | DecisionKind::Stop => true,
            })
            .collect()
    }

    /// What differs between the calls of two cards, by path.
    pub(super) fn differences(
        &self,
        before: &[CardCall],
        after: &[CardCall],
    ) -> Result<Vec<Difference>, Stop> {
        let mut flat_before = BTreeMap::new();
        let mut flat_after = BTreeMap::new();
        for (calls, flat) in [(before, &mut flat_before), (after, &mut flat_after)] {
            for card_call in calls {
                let mut call = as_json(&card_call.call);
                call["args"] = self.load(&card_call.call.args)?;
                flatten(&card_call.step.to_string(), &call, flat);
            }
        }
        let paths: std::collections::BTreeSet<&String> =
            flat_before.keys().chain(flat_after.keys()).collect();
        let text = |flat: &BTreeMap<String, String>, path: &String| {
            flat.get(path).cloned().unwrap_or_default()
        };
        Ok(paths
            .into_iter()
            .filter(|path| flat_before.get(*path) != flat_after.get(*path))
            .map(|path| Difference {
                path: path.clone(),
                before: text(&flat_before, path),
                after: text(&flat_after, path),
            })
            .collect())
    }
}

fn flatten(path: &str, value: &Json, into: &mut BTreeMap<String, String>) {
    match value {
        Json::Object(fields) => fields
            .iter()
            .for_each(|(name, field)| flatten(&format!("{path}.{name}"), field, into)),
        Json::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(number, item)| flatten(&format!("{path}.{number}"), item, into));
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
            let text: String = super::expr::as_text(value)
                .chars()
                .take(DIFFERENCE_CHARACTERS)
                .collect();
            into.insert(path.to_owned(), text);
        }
    }
}
