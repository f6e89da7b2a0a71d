//! Undoing a run that is over (semantics.md 12): a run of its own, with one card for all inverses. Here is what may be
//! undone, until when, and the workflow of that run; the inverses themselves are planned in `decide` like those of a
//! rollback.

use crate::{
    Body, CardScope, Datum, DecisionKind, Expr, ForEach, Gate, Gates, Made, OnFailure, OnItemError,
    OnTimeout, Refusal, Risk, Run, RunId, RunStatus, Step, StepKey, UndoPlan, Undoing, Workflow,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// A change that is to be undone, as an item of the undo's list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UndoItem {
    /// The name on the card: the step's title, with its item.
    pub title: String,
    /// The step that made the change.
    pub step: StepKey,
    /// The tool that made it.
    pub tool: String,
    /// Its version then.
    pub tool_version: u32,
    /// How it would be undone.
    pub undo: Option<UndoPlan>,
    /// What the tool gave.
    pub receipt: Option<Json>,
    /// The arguments of the step's own `rollback`.
    pub own: Option<Json>,
    /// Why it cannot be undone.
    pub not_possible: Option<String>,
}

/// A later run has undone changes of this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoneBy {
    /// That run.
    pub run: RunId,
    /// When, in microseconds since 1970 (UTC).
    pub at_us: i64,
    /// The steps whose changes are undone.
    pub steps: Vec<StepKey>,
}

impl Run {
    /// The id of the step in a run that undoes another, and of its workflow.
    pub const UNDO: &str = "undo";

    /// When it ended, in microseconds since 1970 (UTC).
    pub fn ended_at_us(&self) -> Option<i64> {
        match self.status() {
            RunStatus::Completed { at_us, .. }
            | RunStatus::Failed { at_us, .. }
            | RunStatus::Cancelled { at_us }
            | RunStatus::RolledBack { at_us, .. } => Some(*at_us),
            RunStatus::Pending | RunStatus::Running { .. } | RunStatus::RollingBack { .. } => None,
        }
    }

    /// Until when it may be undone, in microseconds since 1970 (UTC); `None`: it is not over.
    pub fn undo_until_us(&self) -> Option<i64> {
        let window_ms = self.definition().undo_window_ms;
        let window_ms = window_ms.unwrap_or(Workflow::UNDO_WINDOW_MS);
        Some(crate::value::after_ms(self.ended_at_us()?, window_ms))
    }

    /// The changes that still stand, oldest first.
    pub fn standing_changes(&self) -> impl DoubleEndedIterator<Item = &Made> {
        self.made().filter(|made| {
            made.changed && !matches!(self.undoing(made), Undoing::Done | Undoing::AlreadyBack)
        })
    }

    /// The workflow and the inputs of the run that undoes this one: its changes that still stand, the newest first; with
    /// `from` only those of that step and after it. `load` gives big values.
    ///
    /// # Errors
    /// It is not over, its time is over, or there is nothing to undo.
    pub fn undo(
        &self,
        from: Option<&str>,
        now_us: i64,
        load: impl Fn(&Datum) -> Option<Json>,
    ) -> Result<(Workflow, Map<String, Json>), Refusal> {
        let until = self.undo_until_us().ok_or_else(|| {
            Refusal::new(
                "not_over",
                "A run that is not over cannot be undone",
                "Wait for its end, or cancel it first",
            )
        })?;
        if now_us >= until {
            return Err(Refusal::new(
                "undo_window_over",
                "The time in which this run could be undone is over",
                "Undo it by hand, or start a workflow that does; `undo: { window: … }` in the file gives more time",
            ));
        }
        let mut changes: Vec<&Made> = self.standing_changes().collect();
        if changes.is_empty() {
            let by = self.undone_by.last().map(|by| by.run.0.as_str());
            return Err(match by {
                Some(by) => Refusal::new(
                    "already_undone",
                    format!("All that this run had changed was undone by run {by}"),
                    "Look at that run",
                ),
                None => Refusal::new(
                    "nothing_to_undo",
                    "This run has changed nothing that still stands",
                    "Look at the run: it lists what it changed",
                ),
            });
        }
        if let Some(from) = from {
            let first = changes
                .iter()
                .position(|made| *made.step.id == *from || made.step.to_string() == from);
            let Some(first) = first else {
                let mut known: Vec<&str> = changes.iter().map(|made| &*made.step.id).collect();
                known.dedup();
                return Err(Refusal::new(
                    "unknown_step",
                    format!("No change of a step {from} stands"),
                    format!("Changes stand of: {}", known.join(", ")),
                ));
            };
            changes.drain(..first);
        }
        let items: Vec<UndoItem> = changes
            .iter()
            .rev()
            .map(|made| self.item(made, &load))
            .collect();
        if let Some(first) = items.first()
            && items.iter().all(|item| item.not_possible.is_some())
        {
            return Err(Refusal::new(
                "cannot_be_undone",
                "None of these changes can be undone",
                format!(
                    "{}: {}",
                    first.title,
                    first.not_possible.as_deref().unwrap_or_default()
                ),
            ));
        }
        let inputs =
            json!({ "run": self.id(), "title": self.definition().title, "changes": items });
        let Json::Object(inputs) = inputs else {
            return Ok((self.undo_workflow(), Map::new()));
        };
        Ok((self.undo_workflow(), inputs))
    }

    fn item(&self, made: &Made, load: impl Fn(&Datum) -> Option<Json>) -> UndoItem {
        let definition = self.definition();
        let step = definition.step(&made.step.id);
        let title = step.map_or(&*made.step.id, |step| &step.title);
        let title = match made.step.items.as_slice() {
            [] => title.to_owned(),
            _ => format!("{title} ({})", made.step),
        };
        let receipt = made.receipt.as_ref().and_then(&load);
        let own = match &made.own {
            Some(Ok(args)) => load(args),
            Some(Err(_)) | None => None,
        };
        let not_possible = match (&made.undo, &made.own) {
            (None, _) => {
                let why = step.and_then(|step| step.irreversible.as_deref());
                Some(why.unwrap_or("no tool undoes it").to_owned())
            }
            (Some(_), Some(Err(why))) => Some(why.clone()),
            (Some(_), _) if own.is_none() && receipt.is_none() => {
                Some("nothing is kept that an inverse would need".to_owned())
            }
            (Some(_), _) => None,
        };
        UndoItem {
            title,
            step: made.step.clone(),
            tool: made.tool.clone(),
            tool_version: made.tool_version,
            undo: made.undo.clone(),
            receipt,
            own,
            not_possible,
        }
    }

    /// One list with one card; the changes come in as data, so that nothing a host has said is read as an expression.
    fn undo_workflow(&self) -> Workflow {
        let old = self.definition();
        let gate = Gate {
            title: json!("Undo ${{ inputs.title }}, run ${{ inputs.run }}?"),
            show: Vec::new(),
            decisions: vec![
                DecisionKind::Approve,
                DecisionKind::Drop,
                DecisionKind::Reject,
            ],
            editable: Vec::new(),
            recheck: Vec::new(),
            grant_ttl_ms: None,
            scope: CardScope::AllItems,
            skip_when: None::<Expr>,
            wait_ms: None,
            remind_ms: None,
            on_timeout: OnTimeout::Hold,
            redo_step: None,
            redo_max: 0,
        };
        let step = Step {
            id: Run::UNDO.to_owned(),
            title: "Undo the changes".to_owned(),
            stage: 1,
            needs: Vec::new(),
            when: None,
            foreach: Some(ForEach {
                list: json!("${{ inputs.changes }}"),
                name: "change".to_owned(),
                // Newest first: one after the other.
                max_parallel: 1,
                on_item_error: OnItemError::Continue,
            }),
            timeout_ms: None,
            retry: None,
            poll: None,
            asserts: Vec::new(),
            exit_when: None,
            gate: Gates {
                before: Some(gate),
                after: None,
            },
            irreversible: None,
            rollback: None,
            body: Body::Undo,
        };
        Workflow {
            id: Run::UNDO.to_owned(),
            title: format!("Undo: {}", old.title),
            version: old.version.clone(),
            description: format!("Undoes what run {} has changed.", self.id()),
            risk: Risk::default(),
            labels: BTreeMap::new(),
            effects: None,
            inputs: json!({ "type": "object" }),
            on_failure: OnFailure::Stop,
            undo_window_ms: None,
            undoes: Some(self.id().clone()),
            stages: vec![step.title.clone()],
            steps: vec![step],
            outputs: BTreeMap::new(),
            tools: old.tools.clone(),
        }
    }

    /// Of a run that undoes another: the steps of that run whose changes are undone now.
    pub fn undid(&self, load: impl Fn(&Datum) -> Option<Json>) -> Vec<StepKey> {
        let changes = self.inputs().get("changes").and_then(load);
        let items =
            changes.and_then(|changes| serde_json::from_value::<Vec<UndoItem>>(changes).ok());
        let list = StepKey::top(Run::UNDO);
        let undone = |number: u32| {
            let step = self.step(&list.item(number));
            matches!(
                step.map(|step| &step.state),
                Some(
                    crate::StepState::Completed { .. }
                        | crate::StepState::Skipped {
                            why: crate::SkipReason::AlreadyBack
                        }
                )
            )
        };
        items
            .unwrap_or_default()
            .into_iter()
            .zip(0..)
            .filter(|(_, number)| undone(*number))
            .map(|(item, _)| item.step)
            .collect()
    }

    /// The later runs that have undone changes of this one.
    pub fn undone_by(&self) -> &[UndoneBy] {
        &self.undone_by
    }
}
