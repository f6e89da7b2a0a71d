//! Sending back (semantics.md 14): a step and all that follows from it begin a new attempt, with the person's feedback.
//! Never over a change: what was changed is undone, not redone.

use super::{Draft, Stop};
use crate::{Decision, Event, GateRun, Refusal, Step, StepKey};
use std::collections::BTreeSet;

impl Draft<'_> {
    pub(super) fn redo(
        &mut self,
        gate: &GateRun,
        decision: &Decision,
        feedback: &str,
    ) -> Result<(), Stop> {
        let definition = self.run.definition.clone();
        let own = &gate.id.step.id;
        let target = definition
            .step(own)
            .and_then(|step| step.gate(gate.id.kind))
            .and_then(|gate| gate.redo_step.clone())
            .unwrap_or_else(|| own.to_string());
        let affected = self.redone_with(&target, &gate.id.step);
        if !affected.contains(&gate.id.step) {
            return Err(Refusal::new(
                "cannot_redo",
                format!(
                    "{} does not follow from {target}: doing that again would not ask again here",
                    gate.id.step
                ),
                "Approve or reject",
            )
            .into());
        }
        let changed = affected.iter().find(|key| {
            // A call that is under way has a key and no ended try.
            let tried = self
                .run
                .step(key)
                .is_some_and(|step| !step.tries.is_empty() || step.keys_used > 0);
            tried
                && definition
                    .step(&key.id)
                    .and_then(Step::tool)
                    .is_some_and(|(tool, _)| self.changes(tool))
        });
        if let Some(changed) = changed {
            return Err(Refusal::new(
                "cannot_redo_changes",
                format!("{changed} has changed something already, and a change is not redone"),
                "Reject, and start the workflow again",
            )
            .into());
        }
        self.emit(Event::GateDecided {
            gate: gate.id.clone(),
            revision: gate.revision,
            card_digest: gate
                .card_digest
                .unwrap_or(crate::Digest::from_bytes([0; 32])),
            decision: decision.clone(),
            grant: None,
        })?;
        for key in affected {
            let attempt = self.run.step(&key).map_or(1, |step| step.attempt) + 1;
            self.emit(Event::AttemptStarted {
                step: key,
                attempt,
                feedback: feedback.to_owned(),
            })?;
        }
        Ok(())
    }

    /// The started instances that a redo of `target` sends back: the step itself, all inside it, and all that needs it,
    /// as seen from the gate's place.
    fn redone_with(&self, target: &str, place: &StepKey) -> Vec<StepKey> {
        let definition = self.run.definition.clone();
        let mut ids: BTreeSet<String> = BTreeSet::new();
        // One item of a list is sent back alone: the list was evaluated once and the others stand.
        let one_item = *place.id == *target && place.items.len() > definition.list_depth(target);
        if one_item {
            let inside = self.run.inside(place).map(|(key, _)| key.clone());
            return inside.chain([place.clone()]).collect();
        }
        if let Some(path) = definition.path(target) {
            let gate_path: Vec<&str> = definition
                .path(&place.id)
                .unwrap_or_default()
                .iter()
                .map(|step| step.id.as_str())
                .collect();
            // From the inside out: the step, then each finished group around it, each with what needs it.
            for depth in (0..path.len()).rev() {
                let step = path[depth];
                let encloses_gate = depth + 1 < path.len() && gate_path.contains(&step.id.as_str());
                if encloses_gate {
                    break;
                }
                let siblings = if depth == 0 {
                    definition.steps.as_slice()
                } else {
                    path[depth - 1].children()
                };
                if depth + 1 == path.len() {
                    add_with_inside(step, &mut ids);
                } else {
                    ids.insert(step.id.clone());
                }
                let mut needing: BTreeSet<&str> = BTreeSet::from([step.id.as_str()]);
                loop {
                    let more: Vec<&Step> = siblings
                        .iter()
                        .filter(|one| {
                            !needing.contains(one.id.as_str())
                                && one.needs.iter().any(|need| needing.contains(need.as_str()))
                        })
                        .collect();
                    if more.is_empty() {
                        break;
                    }
                    for one in more {
                        needing.insert(&one.id);
                        add_with_inside(one, &mut ids);
                    }
                }
            }
        }
        self.run
            .steps
            .runs()
            .keys()
            .filter(|key| ids.contains(&*key.id))
            .filter(|key| {
                let shared = self
                    .run
                    .definition
                    .list_depth(&key.id)
                    .min(place.items.len())
                    .min(key.items.len());
                key.items[..shared] == place.items[..shared]
            })
            .cloned()
            .collect()
    }
}

fn add_with_inside(step: &Step, ids: &mut BTreeSet<String>) {
    ids.insert(step.id.clone());
    for child in step.children() {
        add_with_inside(child, ids);
    }
}
