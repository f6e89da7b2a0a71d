//! The rows of an export for people: a line for each decision and each change, folded from the records as they come.
//! Only what an auditor asks for; the whole run is the business of `Run`.

use std::collections::{BTreeMap, HashMap};
use store::{JournalEntry, Reader};
use workflow::{
    Actor, Call, Card, Decision, Digest, DoubtAnswer, EffectClass, Event, GateId, RunId, StepKey,
    Then, ToolError,
};

/// A decision or a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) at_us: i64,
    /// `decision`, `change` or `doubt`.
    pub(super) what: &'static str,
    pub(super) run: String,
    pub(super) workflow: String,
    /// As it was shown: the question, or the step with its tool.
    pub(super) action: String,
    pub(super) tools: String,
    pub(super) targets: String,
    pub(super) call_digests: String,
    pub(super) proposer: String,
    pub(super) decider: String,
    pub(super) origin: String,
    pub(super) decision: String,
    pub(super) result: String,
    pub(super) seq: u64,
    pub(super) hash: String,
    /// Of the first signature that covers the record; `None` where none does.
    pub(super) public_key: Option<String>,
}

/// What the records have said so far.
pub(super) struct Table<'a> {
    reader: &'a Reader,
    workflows: HashMap<Digest, String>,
    runs: HashMap<RunId, Going>,
}

/// A run that is not over.
#[derive(Default)]
struct Going {
    workflow: String,
    started_by: String,
    cards: BTreeMap<GateId, Box<Card>>,
    decided: BTreeMap<GateId, (Actor, String)>,
    /// The call of each step as it was planned or previewed last, and the gate whose grant it has spent.
    calls: BTreeMap<StepKey, (Call, Digest)>,
    spent: BTreeMap<StepKey, GateId>,
    /// The step of each change, by the place of its record: an inverse stands on the same approval.
    changed: BTreeMap<u64, StepKey>,
}

impl<'a> Table<'a> {
    pub(super) fn new(reader: &'a Reader) -> Table<'a> {
        Table {
            reader,
            workflows: HashMap::new(),
            runs: HashMap::new(),
        }
    }

    /// Takes the next record; gives its row when it is a decision or a change.
    pub(super) fn take(&mut self, entry: &JournalEntry) -> Option<Row> {
        let record = &entry.record;
        if let Event::RunStarted {
            definition, title, ..
        } = &record.event
        {
            let going = Going {
                workflow: self.workflow(definition, title),
                started_by: record.actor.name.clone(),
                ..Going::default()
            };
            self.runs.insert(record.run.clone(), going);
        }
        let going = self.runs.entry(record.run.clone()).or_default();
        if let Event::CallFinished { step, .. } | Event::DoubtResolved { step, .. } = &record.event
        {
            going.changed.insert(record.seq, step.clone());
        }
        let row = going.row(&record.event, &record.actor).map(|row| Row {
            at_us: record.at_us,
            run: record.run.to_string(),
            workflow: going.workflow.clone(),
            seq: entry.seq,
            hash: entry.hash.to_string(),
            ..row
        });
        if matches!(
            record.event,
            Event::RunCompleted { .. }
                | Event::RunFailed { .. }
                | Event::RunCancelled
                | Event::RunRolledBack { .. }
        ) {
            self.runs.remove(&record.run);
        }
        row
    }

    /// The workflow's name in commands, from the definition that the run is pinned to; else the title.
    fn workflow(&mut self, definition: &Digest, title: &str) -> String {
        let known = self.workflows.entry(*definition).or_insert_with(|| {
            let stored = self.reader.definition(definition).ok().flatten();
            stored
                .and_then(|stored| serde_json::from_str::<serde_json::Value>(&stored.model).ok())
                .and_then(|model| Some(model.get("id")?.as_str()?.to_owned()))
                .unwrap_or_default()
        });
        if known.is_empty() {
            title.to_owned()
        } else {
            known.clone()
        }
    }
}

impl Going {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "an export of decisions and changes leaves everything else out, also what comes later"
    )]
    fn row(&mut self, event: &Event, actor: &Actor) -> Option<Row> {
        match event {
            Event::CallPlanned {
                step, call, digest, ..
            }
            | Event::CallPreviewed {
                step, call, digest, ..
            } => {
                self.calls.insert(step.clone(), (call.clone(), *digest));
                None
            }
            Event::GateOpened { gate, card, .. } => {
                self.cards.insert(gate.clone(), card.clone());
                None
            }
            Event::GrantSpent { gate, step, .. } => {
                self.spent.insert(step.clone(), gate.clone());
                None
            }
            Event::InversePermitted { step, of, .. } => {
                let gate = self.changed.get(of).and_then(|step| self.spent.get(step));
                if let Some(gate) = gate.cloned() {
                    self.spent.insert(step.clone(), gate);
                }
                None
            }
            Event::GateDecided {
                gate,
                decision,
                grant,
                ..
            } => {
                let said = said(decision);
                self.decided
                    .insert(gate.clone(), (actor.clone(), said.clone()));
                let allowed = grant.as_ref().map_or(0, |grant| grant.tries.size());
                Some(Row {
                    decision: said,
                    result: match allowed {
                        0 => "no call".to_owned(),
                        1 => "1 call may run".to_owned(),
                        more => format!("{more} calls may run"),
                    },
                    decider: actor.name.clone(),
                    origin: actor.origin.clone(),
                    ..self.asked(gate)
                })
            }
            Event::GateExpired { gate, .. } => Some(Row {
                decision: "none: nobody answered in time".to_owned(),
                result: "no call".to_owned(),
                ..self.asked(gate)
            }),
            Event::DoubtResolved { step, answer } => Some(Row {
                what: "doubt",
                decider: actor.name.clone(),
                origin: actor.origin.clone(),
                decision: match answer {
                    DoubtAnswer::ItHappened => "it happened".to_owned(),
                    DoubtAnswer::RunAgain => "run it again".to_owned(),
                    DoubtAnswer::RollBack => "roll back".to_owned(),
                },
                ..self.change(step)?
            }),
            Event::CallFinished { step, observed, .. } => Some(Row {
                result: if *observed {
                    "done, found out afterwards".to_owned()
                } else {
                    "done".to_owned()
                },
                ..self.change(step)?
            }),
            Event::CallFailed { step, error, .. } => Some(Row {
                result: failed(error),
                ..self.change(step)?
            }),
            Event::DoubtOpened { step, why } => Some(Row {
                result: format!("in doubt: {why}"),
                ..self.change(step)?
            }),
            _ => None,
        }
    }

    fn asked(&self, gate: &GateId) -> Row {
        let Some(card) = self.cards.get(gate) else {
            return Row {
                what: "decision",
                action: gate.to_string(),
                ..Row::default()
            };
        };
        let calls = card.calls.iter().filter(|call| call.left_out.is_none());
        let each = |text: fn(&Call) -> String| {
            let mut all: Vec<String> = calls.clone().map(|shown| text(&shown.call)).collect();
            all.dedup();
            all.join("; ")
        };
        let digests: Vec<String> = calls
            .clone()
            .map(|shown| shown.digest.to_string())
            .collect();
        Row {
            what: "decision",
            action: format!("{} ({gate})", card.title),
            tools: each(|call| call.tool.clone()),
            targets: each(targets),
            call_digests: digests.join("; "),
            proposer: format!(
                "{}, in a run started by {}",
                card.provenance.word(),
                self.started_by
            ),
            ..Row::default()
        }
    }

    /// The row of a change; `None` for a call that changes nothing.
    fn change(&self, step: &StepKey) -> Option<Row> {
        let (call, digest) = self.calls.get(step)?;
        let gate = self.spent.get(step);
        if gate.is_none() && matches!(call.effect, EffectClass::Read | EffectClass::Credential) {
            return None;
        }
        let by = gate.and_then(|gate| self.decided.get(gate));
        let proposer = gate
            .and_then(|gate| self.cards.get(gate))
            .map_or("tool", |card| card.provenance.word());
        Some(Row {
            what: "change",
            action: format!("{step}: {}", call.tool),
            tools: call.tool.clone(),
            targets: targets(call),
            call_digests: digest.to_string(),
            proposer: format!("{proposer}, in a run started by {}", self.started_by),
            decider: by.map(|(actor, _)| actor.name.clone()).unwrap_or_default(),
            origin: by
                .map(|(actor, _)| actor.origin.clone())
                .unwrap_or_default(),
            decision: by.map(|(_, said)| said.clone()).unwrap_or_default(),
            ..Row::default()
        })
    }
}

fn targets(call: &Call) -> String {
    let names: Vec<&str> = call
        .targets
        .iter()
        .map(|target| target.agent.as_str())
        .collect();
    names.join(", ")
}

fn said(decision: &Decision) -> String {
    let word = decision.kind().word();
    match decision {
        Decision::Approve
        | Decision::Skip
        | Decision::Retry
        | Decision::Rollback
        | Decision::Stop => word.to_owned(),
        Decision::Drop { items } => {
            let items: Vec<String> = items.iter().map(StepKey::to_string).collect();
            format!("{word}: {}", items.join(", "))
        }
        Decision::Edit { values } => {
            let names: Vec<&str> = values.keys().map(String::as_str).collect();
            format!("{word}: {}", names.join(", "))
        }
        Decision::Redo { feedback } => format!("{word}: {feedback}"),
        Decision::SkipBecause { reason } => format!("{word}: {reason}"),
        Decision::Reject { reason, then } => match then {
            Then::Stop => format!("{word}: {reason}"),
            Then::Rollback => format!("{word}, then roll back: {reason}"),
            Then::Retry => format!("{word}, then retry: {reason}"),
        },
    }
}

fn failed(error: &ToolError) -> String {
    format!("failed: {}: {}", error.code, error.message)
}
