//! What follows when a run has failed and is quiet (semantics.md 11, 12): it ends, it is rolled back, the failed steps
//! begin again, or a person says which. A reject carries its answer with it; else the file's `on_failure` holds.

use super::{Draft, Stop, canonical};
use crate::{
    Body, Card, CardCall, CardScope, Datum, Decision, DecisionKind, Event, FailReason, GateId,
    GateKind, GateRun, OnFailure, PlannedUndo, Provenance, Refusal, RollbackPlan, Shown,
    SkipReason, Step, StepKey, StepState, StopReason, Then, Undoing,
};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

impl Draft<'_> {
    /// The run has failed and nothing is under way any more.
    pub(super) fn after_failure(
        &mut self,
        why: &StopReason,
        reason: FailReason,
    ) -> Result<(), Stop> {
        let gate = GateId {
            step: reason.step.clone().unwrap_or_else(|| StepKey::top("run")),
            kind: GateKind::Failure,
        };
        let then = match why {
            StopReason::Rejected { gate, .. } => Some(self.then_of(gate)),
            StopReason::RolledBack { .. } => Some(Then::Rollback),
            StopReason::Cancelled
            | StopReason::Expired { .. }
            | StopReason::Failed { .. }
            | StopReason::Exit { .. } => match self.run.definition.on_failure {
                OnFailure::Stop => Some(Then::Stop),
                OnFailure::Rollback => Some(Then::Rollback),
                OnFailure::Ask => self.answer_at(&gate),
            },
        };
        match then {
            Some(Then::Rollback) if self.has_changed() => {
                self.skip_the_rest(why)?;
                self.emit(Event::RollbackStarted { reason })
            }
            Some(Then::Retry) if self.sent_back().is_ok() => self.begin_failed_again(),
            Some(Then::Stop | Then::Rollback | Then::Retry) => {
                self.skip_the_rest(why)?;
                self.emit(Event::RunFailed { reason })
            }
            None if self.run.gate(&gate).is_some_and(GateRun::is_open) => Ok(()),
            None => {
                let decisions = self.ways_on();
                if decisions == [DecisionKind::Stop] {
                    self.skip_the_rest(why)?;
                    return self.emit(Event::RunFailed { reason });
                }
                let title = format!("{} What now?", in_a_sentence(&reason.message));
                self.ask_what_now(&gate, title, Vec::new(), &reason, decisions)
            }
        }
    }

    /// What a person who said no asked for.
    fn then_of(&self, gate: &GateId) -> Then {
        let answer = self.run.gate(gate).and_then(|gate| gate.answers.last());
        match answer.map(|answer| &answer.decision) {
            Some(Decision::Reject { then, .. }) => *then,
            Some(_) | None => Then::Stop,
        }
    }

    /// What was answered at the gate of this failure; `None`: nobody was asked yet, or nobody has answered.
    fn answer_at(&self, gate: &GateId) -> Option<Then> {
        let known = self.run.gate(gate)?;
        if !matches!(known.state, crate::GateState::Decided) {
            return None;
        }
        match known.answers.last()?.decision {
            Decision::Rollback => Some(Then::Rollback),
            Decision::Retry => Some(Then::Retry),
            Decision::Approve
            | Decision::Drop { .. }
            | Decision::Edit { .. }
            | Decision::Skip
            | Decision::SkipBecause { .. }
            | Decision::Redo { .. }
            | Decision::Reject { .. }
            | Decision::Stop => Some(Then::Stop),
        }
    }

    /// Is there anything that a rollback would look at?
    fn has_changed(&self) -> bool {
        self.run.made().any(|made| made.changed)
    }

    /// What may be answered where the run has failed.
    fn ways_on(&self) -> Vec<DecisionKind> {
        let mut ways = Vec::new();
        if self.sent_back().is_ok() {
            ways.push(DecisionKind::Retry);
        }
        if self.has_changed() {
            ways.push(DecisionKind::Rollback);
        }
        ways.push(DecisionKind::Stop);
        ways
    }

    /// The steps that begin again when the run goes on after its failure: those that failed, and those that were
    /// stopped with them.
    pub(super) fn sent_back(&self) -> Result<Vec<StepKey>, Refusal> {
        let mut back = Vec::new();
        for (key, step) in self.run.steps() {
            let ended = match &step.state {
                StepState::Failed { .. } => true,
                StepState::Skipped { why } => matches!(
                    why,
                    SkipReason::Stopped { .. } | SkipReason::Rejected { .. } | SkipReason::Expired
                ),
                StepState::Again | StepState::Active(_) | StepState::Completed { .. } => false,
            };
            if !ended {
                continue;
            }
            let definition = self.run.definition.step(&key.id);
            if !key.items.is_empty() || definition.is_some_and(|step| step.foreach.is_some()) {
                return Err(cannot_retry(format!(
                    "{key} belongs to a list, which is not begun twice"
                )));
            }
            if self.run.made().any(|made| made.step == *key) {
                return Err(cannot_retry(format!(
                    "{key} has changed something already, and a change is not repeated"
                )));
            }
            back.push(key.clone());
        }
        Ok(back)
    }

    fn begin_failed_again(&mut self) -> Result<(), Stop> {
        let back = self.sent_back()?;
        self.emit(Event::RunContinued)?;
        for key in back {
            let attempt = self.attempt_of(&key) + 1;
            self.emit(Event::AttemptStarted {
                step: key,
                attempt,
                feedback: "Tried again after the failure".to_owned(),
            })?;
        }
        Ok(())
    }

    /// A person's answer where something has failed. What follows from it is swept up.
    pub(super) fn decide_failure(
        &mut self,
        gate: &GateRun,
        decision: &Decision,
    ) -> Result<(), Stop> {
        if *decision == Decision::Skip
            || matches!(decision, Decision::SkipBecause { reason } if reason.trim().is_empty())
        {
            return Err(Refusal::new(
                "reason_needed",
                "A change that stays as it is needs a reason",
                "Say why it may stay",
            )
            .into());
        }
        self.decided(gate, decision, None)?;
        if gate.id.step.is_inverse() {
            self.decide_inverse(&gate.id, decision)
        } else {
            Ok(())
        }
    }

    /// May what was rejected begin again?
    pub(super) fn may_follow_reject(&self, gate: &GateId, then: Then) -> Result<(), Stop> {
        match then {
            Then::Stop | Then::Rollback => Ok(()),
            Then::Retry => {
                let step = self.run.definition.step(&gate.step.id);
                let in_list =
                    !gate.step.items.is_empty() || step.is_some_and(|step| step.foreach.is_some());
                if in_list {
                    let what = format!("{} belongs to a list, which is not begun twice", gate.step);
                    return Err(cannot_retry(what).into());
                }
                self.sent_back().map(|_| ()).map_err(Stop::from)
            }
        }
    }

    /// Opens the gate where something has failed.
    pub(super) fn ask_what_now(
        &mut self,
        gate: &GateId,
        title: String,
        calls: Vec<CardCall>,
        reason: &FailReason,
        decisions: Vec<DecisionKind>,
    ) -> Result<(), Stop> {
        let evidence = [
            ("failure", canonical::as_json(reason)),
            ("changes", self.changes_as_evidence()),
        ];
        let shown = evidence.map(|(name, value)| Shown {
            expression: name.to_owned(),
            digest: canonical::digest_of_json(&value),
            value: Datum::Inline(value),
        });
        let revision = self.run.gate(gate).map_or(0, |gate| gate.revision) + 1;
        let card = Card {
            title,
            calls,
            result: None,
            provenance: Provenance::Tool,
            shown: shown.into(),
            decisions,
            editable: BTreeMap::new(),
            tries: 1,
            reopened: None,
            changed: Vec::new(),
            definition: self.run.definition_digest,
            expires_at_us: None,
            grant_ttl_ms: None,
            scope: CardScope::AllItems,
            rollback: None,
        };
        let digest = canonical::card_digest(&self.run.id, gate, revision, &card, None);
        self.emit(Event::GateOpened {
            gate: gate.clone(),
            revision,
            card: Box::new(card),
            card_digest: digest,
        })
    }

    /// The changes that the run has made, the newest first, with what undoes each.
    fn changes_as_evidence(&self) -> Json {
        let changes = self.run.made().rev().map(|made| {
            let how = match (self.run.undoing(made), &made.undo) {
                (Undoing::Done, _) => "rolled back".to_owned(),
                (Undoing::AlreadyBack, _) => "nothing to undo".to_owned(),
                (Undoing::NotPossible(why), _) => format!("cannot be undone: {why}"),
                (Undoing::Left(reason), _) => format!("left as it is: {reason}"),
                (Undoing::Failed(reason), _) => reason.message,
                (Undoing::NotBegun | Undoing::UnderWay, Some(undo)) => undo.says.clone(),
                (Undoing::NotBegun | Undoing::UnderWay, None) => "cannot be undone".to_owned(),
            };
            json!({ "step": made.step, "undo": how })
        });
        Json::Array(changes.collect())
    }

    /// What the cards before the run's first change say of undoing all of them.
    pub(super) fn rollback_plan(&self, calls: &[CardCall]) -> Option<RollbackPlan> {
        let first = self.run.made.is_empty();
        if !first || !calls.iter().any(|call| call.call.effect.changes()) {
            return None;
        }
        Some(self.run.definition.rollback_plan()).filter(|plan| !plan.steps.is_empty())
    }
}

impl crate::Workflow {
    /// How each step that changes something would be undone.
    fn rollback_plan(&self) -> RollbackPlan {
        let planned = |step: &&Step| {
            let Body::Uses { tool, .. } = &step.body else {
                return None;
            };
            let spec = self.tools.get(tool).filter(|spec| spec.effect.changes())?;
            let own = step.rollback.as_ref().map(|rollback| rollback.tool.clone());
            Some(PlannedUndo {
                step: step.id.clone(),
                title: step.title.clone(),
                tool: own
                    .or_else(|| spec.inverse.clone())
                    .filter(|_| step.irreversible.is_none()),
                irreversible: step.irreversible.clone(),
            })
        };
        RollbackPlan {
            on_failure: self.on_failure,
            steps: self.all_steps().iter().filter_map(planned).collect(),
        }
    }
}

fn cannot_retry(what: String) -> Refusal {
    Refusal::new(
        "cannot_retry",
        what,
        "Stop or roll back, and start the workflow again",
    )
}

/// A message with one full stop at its end.
fn in_a_sentence(message: &str) -> String {
    format!("{}.", message.trim_end_matches(['.', ' ']))
}
