//! What can go on by itself: ready steps start, groups and lists fill up and end, the run ends. Swept until nothing
//! moves. Calls are in `call`, gates in `gate`, stopping in `stop`.

use super::{Draft, Stop, scope::Place};
use crate::{
    Body, CardScope, Datum, Event, Fail, FailReason, ForEach, GateId, GateKind, Phase, Provenance,
    RunStatus, SkipReason, Step, StepKey, StepState, StopReason,
};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The longest list, as workflow-format.md rule 8 says.
const MAX_ITEMS: usize = 10_000;

impl Draft<'_> {
    pub(super) fn advance(&mut self) -> Result<(), Stop> {
        loop {
            let before = self.events.len();
            self.sweep()?;
            if self.events.len() == before || self.run.is_over() {
                return Ok(());
            }
        }
    }

    fn sweep(&mut self) -> Result<(), Stop> {
        let stopping = match self.run.status.clone() {
            RunStatus::Running { stopping } => stopping,
            RunStatus::RollingBack { .. } => return self.roll_back(),
            RunStatus::Pending
            | RunStatus::Completed { .. }
            | RunStatus::Failed { .. }
            | RunStatus::Cancelled { .. }
            | RunStatus::RolledBack { .. } => return Ok(()),
        };
        if let Some(stopping) = stopping {
            return self.stop_run(&stopping.why);
        }
        let definition = self.run.definition.clone();
        let top: Vec<StepKey> = definition
            .steps
            .iter()
            .map(|step| StepKey::top(&step.id))
            .collect();
        self.advance_siblings(&definition.steps, &top)?;
        if self.run.stopping().is_some() {
            return Ok(());
        }
        if let Some(failed) = self.first_failed(&top) {
            return self.emit(Event::RunStopping {
                why: StopReason::Failed { step: failed },
            });
        }
        if top.iter().all(|key| self.is_done(key)) {
            match definition.undoes {
                Some(_) => self.end_undo(),
                None => self.complete_run(None),
            }
        } else {
            Ok(())
        }
    }

    /// The run gives its outputs; one that has no value is null and fails nothing.
    pub(super) fn complete_run(&mut self, message: Option<String>) -> Result<(), Stop> {
        let definition = self.run.definition.clone();
        let mut outputs = BTreeMap::new();
        for (name, template) in &definition.outputs {
            let value = self
                .resolve(template, &Place::of(&StepKey::top("")))?
                .unwrap_or(Json::Null);
            outputs.insert(name.clone(), Datum::Inline(value));
        }
        self.emit(Event::RunCompleted { outputs, message })
    }

    pub(super) fn is_done(&self, key: &StepKey) -> bool {
        self.run.step(key).is_some_and(|step| step.is_done())
    }

    pub(super) fn has_failed(&self, key: &StepKey) -> bool {
        matches!(
            self.run.step(key).map(|step| &step.state),
            Some(StepState::Failed { .. })
        )
    }

    pub(super) fn first_failed(&self, keys: &[StepKey]) -> Option<StepKey> {
        keys.iter().find(|key| self.has_failed(key)).cloned()
    }

    /// Steps of one list, in the file's order: each starts when all that it needs is completed or skipped.
    fn advance_siblings(&mut self, steps: &[Step], keys: &[StepKey]) -> Result<(), Stop> {
        for (step, key) in steps.iter().zip(keys) {
            if self.run.stopping().is_some() {
                return Ok(());
            }
            let run = self.run.steps.get(key).cloned();
            match run.as_deref().map(|run| &run.state) {
                None | Some(StepState::Again) => {
                    let ready = step.needs.iter().all(|need| {
                        matches!(
                            self.run.step(&key.beside(need)).map(|need| &need.state),
                            Some(StepState::Completed { .. } | StepState::Skipped { .. })
                        )
                    });
                    if ready {
                        self.begin(step, key)?;
                    }
                }
                Some(StepState::Active(phase)) => self.advance_active(step, key, phase)?,
                Some(
                    StepState::Completed { .. }
                    | StepState::Failed { .. }
                    | StepState::Skipped { .. },
                ) => {}
            }
        }
        Ok(())
    }

    pub(super) fn attempt_of(&self, key: &StepKey) -> u32 {
        self.run.step(key).map_or(1, |step| step.attempt)
    }

    fn begin(&mut self, step: &Step, key: &StepKey) -> Result<(), Stop> {
        if self.starts_no_change(step, key) {
            return self.skip_in_failing(step, key);
        }
        if let Some(when) = &step.when {
            match self.holds(when, &Place::of(key))? {
                Ok(true) => {}
                Ok(false) => {
                    let why = SkipReason::When {
                        condition: when.0.clone(),
                    };
                    return self.emit(Event::StepSkipped {
                        step: key.clone(),
                        why,
                    });
                }
                Err(fault) => return self.fail(key, FailReason::expression("when", &fault)),
            }
        }
        let items = match &step.foreach {
            None => None,
            Some(foreach) => match self.list_items(foreach, key)? {
                Ok(items) if items.is_empty() => {
                    return self.emit(Event::StepSkipped {
                        step: key.clone(),
                        why: SkipReason::Empty,
                    });
                }
                Ok(items) => Some(items),
                Err(reason) => return self.fail(key, reason),
            },
        };
        let attempt = self.attempt_of(key);
        self.emit(Event::StepStarted {
            step: key.clone(),
            attempt,
            items,
        })
    }

    fn list_items(
        &self,
        foreach: &ForEach,
        key: &StepKey,
    ) -> Result<Result<Vec<Datum>, FailReason>, Stop> {
        let list = match self.resolve(&foreach.list, &Place::of(key))? {
            Ok(list) => list,
            Err(fault) => return Ok(Err(FailReason::expression("foreach", &fault))),
        };
        let Json::Array(items) = list else {
            return Ok(Err(FailReason::new(
                "not_a_list",
                format!("`foreach` needs a list, and got {}", kind_of(&list)),
                "Check the expression in `foreach`",
            )));
        };
        if items.len() > MAX_ITEMS {
            return Ok(Err(FailReason::new(
                "too_many_items",
                format!(
                    "The list has {} items; {MAX_ITEMS} are permitted",
                    items.len()
                ),
                "Narrow the list",
            )));
        }
        Ok(Ok(items.into_iter().map(Datum::Inline).collect()))
    }

    pub(super) fn fail(&mut self, key: &StepKey, reason: FailReason) -> Result<(), Stop> {
        self.emit(Event::StepFailed {
            step: key.clone(),
            reason,
        })
    }

    /// In a `fail: all` group that is failing already, no change starts (semantics.md 10).
    pub(super) fn starts_no_change(&self, step: &Step, key: &StepKey) -> bool {
        let changes = step.tool().is_some_and(|(tool, _)| self.changes(tool));
        changes && self.failed_branch_around(key).is_some()
    }

    pub(super) fn changes(&self, tool: &str) -> bool {
        self.run
            .definition
            .tools
            .get(tool)
            .is_none_or(|spec| spec.effect.changes())
    }

    /// The branch that has failed in a `fail: all` group around a step.
    pub(super) fn failed_branch_around(&self, key: &StepKey) -> Option<StepKey> {
        let path = self.run.definition.path(&key.id)?;
        path.iter().rev().skip(1).find_map(|outer| {
            let Body::Parallel {
                fail: Fail::All,
                steps,
            } = &outer.body
            else {
                return None;
            };
            let depth =
                self.run.definition.list_depth(&outer.id) + usize::from(outer.foreach.is_some());
            let group = StepKey {
                id: outer.id.as_str().into(),
                items: key.items.get(..depth)?.to_vec(),
            };
            steps
                .iter()
                .map(|branch| group.beside(&branch.id))
                .find(|branch| self.has_failed(branch))
        })
    }

    pub(super) fn advance_active(
        &mut self,
        step: &Step,
        key: &StepKey,
        phase: &Phase,
    ) -> Result<(), Stop> {
        match phase {
            Phase::Group { stopping } => self.advance_group(step, key, stopping.as_ref()),
            Phase::List { items, stopping } => {
                self.advance_list(step, key, items, stopping.as_ref())
            }
            Phase::Ready => self.plan(step, key, None),
            Phase::Planned(planned) => self.advance_planned(step, key, planned),
            Phase::Result { result, planned } => self.advance_result(step, key, result, planned),
            Phase::Previewing { .. } if self.starts_no_change(step, key) => {
                self.skip_in_failing(step, key)
            }
            Phase::Backoff { .. }
                if self.waits_to_preview(key) && self.starts_no_change(step, key) =>
            {
                self.skip_in_failing(step, key)
            }
            Phase::Previewing { .. }
            | Phase::Inverting { .. }
            | Phase::Calling(_)
            | Phase::Observing { .. }
            | Phase::InDoubt { .. }
            | Phase::Backoff { .. } => Ok(()),
        }
    }

    pub(super) fn waits_to_preview(&self, key: &StepKey) -> bool {
        self.run
            .step(key)
            .is_some_and(|step| step.waits_to_preview())
    }

    /// A change that has not started does not start in a group that is failing; nobody is asked about it any more.
    pub(super) fn skip_in_failing(&mut self, step: &Step, key: &StepKey) -> Result<(), Stop> {
        let failed = self
            .failed_branch_around(key)
            .unwrap_or_else(|| key.clone());
        let why = StopReason::Failed { step: failed };
        self.withdraw_gates_of(key, &why)?;
        if let Some(gate) = self.gate_before(step, key) {
            self.withdraw_gates_of(&gate.step, &why)?;
        }
        self.emit(Event::StepSkipped {
            step: key.clone(),
            why: SkipReason::Stopped { why },
        })
    }

    fn advance_group(
        &mut self,
        step: &Step,
        key: &StepKey,
        stopping: Option<&StopReason>,
    ) -> Result<(), Stop> {
        if let Some(why) = stopping {
            return self.stop_group(key, why);
        }
        let keys: Vec<StepKey> = step
            .children()
            .iter()
            .map(|child| key.beside(&child.id))
            .collect();
        self.advance_siblings(step.children(), &keys)?;
        if self.run.stopping().is_some() {
            return Ok(());
        }
        let failed = self.first_failed(&keys);
        let waits_for_all = matches!(
            &step.body,
            Body::Parallel {
                fail: Fail::All,
                ..
            }
        );
        match failed {
            Some(failed) if !waits_for_all => self.emit(Event::GroupStopping {
                step: key.clone(),
                why: StopReason::Failed { step: failed },
            }),
            Some(failed) if self.branches_are_done(step, &keys) => {
                let reason = self.reason_of(&failed);
                self.fail(key, reason)
            }
            None if keys.iter().all(|key| self.is_done(key)) => self.emit(Event::StepCompleted {
                step: key.clone(),
                output: Datum::null(),
                provenance: Provenance::Tool,
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// In a failing group the branches that still need a failed one never start.
    fn branches_are_done(&self, step: &Step, keys: &[StepKey]) -> bool {
        let has_begun = |key: &StepKey| {
            !matches!(
                self.run.step(key).map(|step| &step.state),
                None | Some(StepState::Again)
            )
        };
        step.children().iter().zip(keys).all(|(child, key)| {
            self.is_done(key)
                || (!has_begun(key)
                    && child.needs.iter().any(|need| {
                        let need = key.beside(need);
                        self.has_failed(&need) || !has_begun(&need)
                    }))
        })
    }

    /// Why a step failed, with the step it began with.
    pub(super) fn reason_of(&self, failed: &StepKey) -> FailReason {
        match self.run.step(failed).map(|step| &step.state) {
            Some(StepState::Failed { reason }) => FailReason {
                step: reason.step.clone().or_else(|| Some(failed.clone())),
                ..reason.clone()
            },
            Some(_) | None => FailReason {
                step: Some(failed.clone()),
                ..FailReason::new(
                    "failed",
                    format!("Step {failed} failed"),
                    "Look at the step",
                )
            },
        }
    }

    /// The steps that a gate speaks for: all items of its list, or its own step.
    pub(super) fn members(&self, gate: &GateId) -> Vec<StepKey> {
        let all_items = self
            .run
            .definition
            .step(&gate.step.id)
            .filter(|step| step.foreach.is_some())
            .and_then(|step| step.gate(gate.kind))
            .is_some_and(|gate| gate.scope == CardScope::AllItems);
        match self.run.step(&gate.step).and_then(|step| step.phase()) {
            Some(Phase::List { items, .. }) if all_items => self.keys_of(&gate.step, items),
            Some(_) | None => vec![gate.step.clone()],
        }
    }

    /// The gate before a step instance: that of its list, where one card is for all items.
    pub(super) fn gate_before(&self, step: &Step, key: &StepKey) -> Option<GateId> {
        let gate = step.gate.before.as_ref()?;
        let owner = match (gate.scope, &step.foreach) {
            (CardScope::AllItems, Some(_)) => key.list()?,
            (CardScope::AllItems | CardScope::Each, _) => key.clone(),
        };
        Some(GateId {
            step: owner,
            kind: GateKind::Before,
        })
    }
}

impl FailReason {
    /// A reason without a step.
    pub(crate) fn new(
        code: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> FailReason {
        FailReason {
            code: code.to_owned(),
            message: message.into(),
            hint: hint.into(),
            step: None,
        }
    }

    /// An expression of the file has no value.
    pub(crate) fn expression(place: &str, fault: &super::ExprFault) -> FailReason {
        FailReason::new(
            "expression",
            format!("`{place}` has no value: {fault}"),
            "Check the expression in the workflow file",
        )
    }
}

pub(super) fn kind_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}
