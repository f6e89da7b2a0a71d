//! The names that an expression sees: inputs, steps, self, output, item, run (semantics.md 16). Only what an
//! expression really names is loaded.

use super::{Draft, ExprFault, Stop, expr};
use crate::{Datum, Expr, GateId, GateKind, Phase, Provenance, StepKey};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// Where an expression stands.
pub(super) struct Place<'a> {
    pub(super) key: &'a StepKey,
    /// The step's result, where there is one.
    pub(super) output: Option<&'a Json>,
    pub(super) provenance: Option<Provenance>,
    /// Outputs that stand in for the recorded ones, in a recheck.
    pub(super) overlay: Option<&'a BTreeMap<StepKey, Datum>>,
}

impl<'a> Place<'a> {
    pub(super) fn of(key: &'a StepKey) -> Place<'a> {
        Place {
            key,
            output: None,
            provenance: None,
            overlay: None,
        }
    }

    pub(super) fn with_output(key: &'a StepKey, output: &'a Json) -> Place<'a> {
        Place {
            output: Some(output),
            ..Place::of(key)
        }
    }
}

impl Draft<'_> {
    pub(super) fn holds(
        &self,
        condition: &Expr,
        place: &Place<'_>,
    ) -> Result<Result<bool, ExprFault>, Stop> {
        let used = expr::names(&condition.0).unwrap_or_default();
        Ok(expr::holds(&condition.0, &self.names(&used, place)?))
    }

    pub(super) fn evaluate(
        &self,
        expression: &str,
        place: &Place<'_>,
    ) -> Result<Result<Json, ExprFault>, Stop> {
        let used = expr::names(expression).unwrap_or_default();
        Ok(expr::evaluate(expression, &self.names(&used, place)?))
    }

    pub(super) fn resolve(
        &self,
        template: &Json,
        place: &Place<'_>,
    ) -> Result<Result<Json, ExprFault>, Stop> {
        let mut used = BTreeSet::new();
        expr::template_names(template, &mut used);
        Ok(expr::resolve(template, &self.names(&used, place)?))
    }

    /// A template as text; when it has no value, the reason stands in its place.
    pub(super) fn text(&self, template: &Json, place: &Place<'_>) -> Result<String, Stop> {
        Ok(match self.resolve(template, place)? {
            Ok(value) => expr::as_text(&value),
            Err(fault) => format!("{} ({fault})", expr::as_text(template)),
        })
    }

    fn names(&self, used: &BTreeSet<String>, place: &Place<'_>) -> Result<Json, Stop> {
        let mut names = Map::new();
        let mut steps = Map::new();
        let mut inputs = Map::new();
        for path in used {
            let mut parts = path.split('.');
            match (parts.next(), parts.next()) {
                (Some("inputs"), Some(name)) => {
                    if let Some(value) = self.run.inputs.get(name) {
                        inputs.insert(name.to_owned(), self.load(value)?);
                    }
                }
                (Some("inputs"), None) => {
                    for (name, value) in &self.run.inputs {
                        inputs.insert(name.clone(), self.load(value)?);
                    }
                }
                (Some("steps"), Some(id)) if !steps.contains_key(id) => {
                    if let Some(key) = self.seen_from(place.key, id) {
                        steps.insert(id.to_owned(), self.step_names(&key, place)?);
                    }
                }
                _ => {}
            }
        }
        names.insert("inputs".to_owned(), Json::Object(inputs));
        names.insert("steps".to_owned(), Json::Object(steps));
        names.insert("run".to_owned(), self.run_names());
        if let Some(output) = place.output {
            names.insert("output".to_owned(), output.clone());
            let provenance = place.provenance.map(Provenance::word);
            names.insert(
                "self".to_owned(),
                json!({ "output": output, "provenance": provenance }),
            );
        }
        self.item_names(place.key, &mut names)?;
        Ok(Json::Object(names))
    }

    fn run_names(&self) -> Json {
        let started = self.run.started.as_ref();
        json!({
            "id": self.run.id,
            "workflow": self.run.definition.id,
            "title": self.run.definition.title,
            "started_by": started.map(|started| started.by.name.as_str()),
            "started_at_us": started.map(|started| started.at_us),
        })
    }

    /// The instance of a step that is meant at a place: in the same item, where both are in one list.
    pub(super) fn seen_from(&self, place: &StepKey, id: &str) -> Option<StepKey> {
        self.run.definition.step(id)?;
        let depth = self.run.definition.list_depth(id);
        let items = place.items.get(..depth)?.to_vec();
        Some(StepKey {
            id: id.into(),
            items,
        })
    }

    fn step_names(&self, key: &StepKey, place: &Place<'_>) -> Result<Json, Stop> {
        let is_list = self
            .run
            .definition
            .step(&key.id)
            .is_some_and(|step| step.foreach.is_some());
        let step = self.run.step(key);
        let recorded = step.and_then(|step| step.output());
        let output = match place
            .overlay
            .and_then(|overlay| overlay.get(key))
            .or(recorded)
        {
            Some(datum) => self.load(datum)?,
            None => Json::Null,
        };
        let provenance = step.and_then(|step| match &step.state {
            crate::StepState::Completed { provenance, .. } => Some(provenance.word()),
            crate::StepState::Again
            | crate::StepState::Active(_)
            | crate::StepState::Failed { .. }
            | crate::StepState::Skipped { .. } => None,
        });
        // A list that was skipped, also for having no items, has no outputs: an empty list, not a missing one.
        let skipped = matches!(
            step.map(|step| &step.state),
            Some(crate::StepState::Skipped { .. })
        );
        let (output, outputs) = match (is_list, skipped) {
            (true, true) => (Json::Null, Json::Array(Vec::new())),
            (true, false) => (Json::Null, output),
            (false, _) => (output, Json::Null),
        };
        Ok(json!({
            "output": output,
            "outputs": outputs,
            "state": self.run.step_status(key).word(),
            "provenance": provenance,
            "gate": { "before": self.gate_names(key, GateKind::Before), "after": self.gate_names(key, GateKind::After) },
        }))
    }

    fn gate_names(&self, key: &StepKey, kind: GateKind) -> Json {
        let Some(gate) = self.run.gate(&GateId {
            step: key.clone(),
            kind,
        }) else {
            return Json::Null;
        };
        let answer = gate.answers.last();
        json!({
            "revision": gate.revision,
            "open": gate.is_open(),
            "decision": answer.map(|answer| answer.decision.kind().word()),
            "by": answer.map(|answer| answer.by.name.as_str()),
            "reason": gate.card.as_ref().and_then(|card| card.reopened.as_deref()),
        })
    }

    /// The items of the enclosing lists, each under its name.
    fn item_names(&self, key: &StepKey, names: &mut Map<String, Json>) -> Result<(), Stop> {
        let Some(path) = self.run.definition.path(&key.id) else {
            return Ok(());
        };
        let mut depth = 0;
        for step in path {
            let Some(foreach) = &step.foreach else {
                continue;
            };
            let Some(number) = key.items.get(depth) else {
                break;
            };
            let list = StepKey {
                id: step.id.as_str().into(),
                items: key.items[..depth].to_vec(),
            };
            if let Some(Phase::List { items, .. }) =
                self.run.step(&list).and_then(|list| list.phase())
                && let Some(item) = items.get(*number as usize)
            {
                names.insert(foreach.name.clone(), self.load(item)?);
            }
            depth += 1;
        }
        Ok(())
    }
}
