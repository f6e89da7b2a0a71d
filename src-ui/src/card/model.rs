//! What a card says, as data out of the fold. Nothing is summarised away: the exact call is always part of it.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use workflow::{
    Call, Card, CardCall, Datum, Decision, DecisionKind, Digest, GateId, GateKind, GateState,
    OnFailure, OnTimeout, Phase, Provenance, Run, RunId, StepKey, Then,
};

use crate::{
    form::schema::{self, FieldSpec},
    live::words,
    parts::stages,
};

/// A person is asked at a gate.
#[derive(Clone, PartialEq, Debug)]
pub struct Asked {
    /// The run.
    pub run: RunId,
    /// The workflow's title.
    pub workflow: String,
    /// The gate.
    pub gate: GateId,
    /// Which card of it.
    pub revision: u32,
    /// The digest of what is shown: the answer quotes it.
    pub digest: Digest,
    /// Since when, in microseconds since 1970 (UTC).
    pub opened_at_us: i64,
    /// The name of the step.
    pub step: String,
    /// What happens when nobody answers.
    pub holds: bool,
    /// The card.
    pub card: Card,
    /// The inputs that may be edited.
    pub fields: Vec<FieldSpec>,
    /// The run has changed something: a reject says whether it is rolled back.
    pub changed: bool,
    /// What follows a reject, as the file asks for after a failure.
    pub usual_then: Then,
}

/// Nobody but a person can say whether a call happened.
#[derive(Clone, PartialEq, Debug)]
pub struct Doubt {
    /// The run.
    pub run: RunId,
    /// The step.
    pub step: StepKey,
    /// The name of the step.
    pub title: String,
    /// The key of the call.
    pub key: Digest,
    /// The call.
    pub call: Call,
    /// Why it cannot be told.
    pub why: String,
    /// The run may be rolled back because of it.
    pub can_roll_back: bool,
}

/// The open gates of a run, the one that has waited longest first.
pub fn asked(run: &Run) -> Vec<Asked> {
    let mut asked: Vec<Asked> = run
        .open_gates()
        .filter_map(|gate| {
            let GateState::Open { opened_at_us, .. } = gate.state else {
                return None;
            };
            let card = gate.card.as_deref()?.clone();
            let step = run.definition().step(&gate.id.step.id);
            let asks = step.and_then(|step| step.gate(gate.id.kind));
            Some(Asked {
                run: run.id().clone(),
                workflow: run.definition().title.clone(),
                gate: gate.id.clone(),
                revision: gate.revision,
                digest: gate.card_digest?,
                opened_at_us,
                step: step.map_or_else(|| gate.id.step.to_string(), stages::title),
                changed: run.made().next().is_some(),
                usual_then: match run.definition().on_failure {
                    OnFailure::Rollback => Then::Rollback,
                    OnFailure::Stop | OnFailure::Ask => Then::Stop,
                },
                holds: asks.is_none_or(|asks| asks.on_timeout == OnTimeout::Hold),
                fields: fields(&run.definition().inputs, &card),
                card,
            })
        })
        .collect();
    asked.sort_by_key(|asked| asked.opened_at_us);
    asked
}

/// What is in doubt in a run.
pub fn doubts(run: &Run) -> Vec<Doubt> {
    let of = run.steps().iter().filter_map(|(key, step)| {
        let Some(Phase::InDoubt { calling, why }) = step.phase() else {
            return None;
        };
        let title = run.definition().step(&key.id).map(stages::title);
        Some(Doubt {
            run: run.id().clone(),
            step: key.clone(),
            title: title.unwrap_or_else(|| key.to_string()),
            key: calling.key,
            call: calling.planned.call.clone(),
            why: why.clone(),
            can_roll_back: !key.is_inverse() && run.stopping().is_none(),
        })
    });
    of.collect()
}

fn fields(inputs: &Json, card: &Card) -> Vec<FieldSpec> {
    let mut fields = schema::fields(inputs);
    fields.retain(|field| card.editable.contains_key(&field.name));
    fields
}

impl Asked {
    /// Whether this answer is offered.
    pub fn offers(&self, kind: DecisionKind) -> bool {
        self.card.decisions.contains(&kind)
    }

    /// The items that may be left out: more than one call, and the gate lets a person drop some.
    pub fn droppable(&self) -> bool {
        self.offers(DecisionKind::Drop) && self.card.calls.len() > 1
    }

    /// How many calls would run if nothing is left out.
    pub fn runnable(&self) -> usize {
        self.card
            .calls
            .iter()
            .filter(|call| call.left_out.is_none())
            .count()
    }

    /// The words of the button that approves.
    pub fn approve_words(&self, dropped: usize) -> String {
        let all = self.runnable();
        match dropped {
            0 => "Approve and continue".to_owned(),
            dropped if dropped >= all => "Leave all out and continue".to_owned(),
            dropped => format!("Approve {} of {all}", all - dropped),
        }
    }

    /// The answer of that button.
    pub fn approval(&self, dropped: Vec<StepKey>) -> Decision {
        if dropped.is_empty() {
            Decision::Approve
        } else {
            Decision::Drop { items: dropped }
        }
    }

    /// The present values of the inputs that may be edited.
    pub fn present(&self) -> BTreeMap<String, Json> {
        let of = self.card.editable.iter();
        of.filter_map(|(name, value)| Some((name.clone(), value.inline()?.clone())))
            .collect()
    }

    /// The edit that these values are: only what differs from what is on the card; nothing when nothing does.
    pub fn edit(&self, mut values: serde_json::Map<String, Json>) -> Option<Decision> {
        let present = self.present();
        values.retain(|name, value| present.get(name) != Some(value));
        (!values.is_empty()).then_some(Decision::Edit { values })
    }

    /// Whether the gate asks again after this answer.
    pub fn shown_again_after(&self, decision: &Decision) -> bool {
        match decision {
            Decision::Redo { .. } => true,
            Decision::Edit { .. } => self.gate.kind == GateKind::Before,
            Decision::Approve
            | Decision::Drop { .. }
            | Decision::Skip
            | Decision::SkipBecause { .. }
            | Decision::Retry
            | Decision::Rollback
            | Decision::Stop
            | Decision::Reject { .. } => false,
        }
    }

    /// Who proposed it, and who asks.
    pub fn proposer(&self) -> &'static str {
        match (self.card.provenance, self.gate.kind) {
            (Provenance::Tool, GateKind::Before) => {
                "The workflow file; it asks before every such change"
            }
            (Provenance::Tool, GateKind::After) => "The tool that the workflow file names",
            (Provenance::Tool, GateKind::Failure) => "Nobody: something has failed",
            (Provenance::Rule, _) => "A rule, no model",
            (Provenance::Model, _) => "A model (AI)",
            (Provenance::Person, _) => "A person",
        }
    }

    /// What one approval covers, where it is more than one call made once.
    pub fn covers(&self) -> Option<String> {
        let tries = (self.card.tries > 1).then(|| format!("up to {} tries", self.card.tries));
        let good = self.card.grant_ttl_ms.map(|ms| {
            let us = i64::try_from(ms)
                .unwrap_or(i64::MAX / 1_000)
                .saturating_mul(1_000);
            format!("good for {} after you approve", words::counting(us))
        });
        let both: Vec<String> = [tries, good].into_iter().flatten().collect();
        (!both.is_empty()).then(|| both.join(", "))
    }

    /// What happens when nobody answers.
    pub fn silence(&self) -> &'static str {
        if self.holds || self.card.expires_at_us.is_none() {
            "It stays open; nothing runs"
        } else {
            "It rejects itself; nothing runs"
        }
    }
}

/// A no, with its reason and what follows.
pub fn rejection(reason: &str, then: Then) -> Decision {
    Decision::Reject {
        reason: reason.trim().to_owned(),
        then,
    }
}

/// What a call is about, in one line: the subjects it would change, or its targets.
pub fn summary(call: &CardCall) -> String {
    match call.changes.as_slice() {
        [] if call.call.effect.changes() => "nothing would change".to_owned(),
        [] => String::new(),
        [one] => format!("{} {}", one.verb, one.subject),
        [first, rest @ ..] => format!("{} {} and {} more", first.verb, first.subject, rest.len()),
    }
}

/// The name of a call on a card of several: its item, or its step.
pub fn call_name(call: &CardCall) -> String {
    call.item
        .as_ref()
        .and_then(Datum::inline)
        .and_then(stages::item_name)
        .unwrap_or_else(|| call.step.to_string())
}

/// What a line of a diff does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DiffLine {
    /// It comes.
    Added,
    /// It goes.
    Removed,
    /// Where it is.
    Place,
    /// It stays.
    Same,
}

/// The lines of a unified diff, each with what it does; a text that is none is all `Same`.
pub fn diff_lines(diff: &str) -> Vec<(DiffLine, &str)> {
    diff.lines()
        .map(|line| {
            let kind = match line.as_bytes() {
                [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] | [b'@', b'@', ..] => {
                    DiffLine::Place
                }
                [b'+', ..] => DiffLine::Added,
                [b'-', ..] => DiffLine::Removed,
                _ => DiffLine::Same,
            };
            (kind, line)
        })
        .collect()
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
