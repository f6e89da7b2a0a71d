//! The simulated world: deterministic answers to what a run is owed, scripted by step. What it changed is remembered by
//! idempotency key, so that a crash can lose the answer but never the deed.

use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use workflow::{
    Answer, Call, Change, Digest, Effect, EffectClass, ErrorClass, Observation, Outcome, Permit,
    Preview, ToolError, ToolOutput, UndoPlan,
};

/// An answer that was written down beforehand.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// To a preview.
    Preview(Result<Preview, ToolError>),
    /// To a read or a change. An error with an unknown outcome has done the deed all the same.
    Result(Result<ToolOutput, ToolError>),
    /// To "what undoes it?".
    Inverse(Result<Preview, ToolError>),
    /// To "did it happen?".
    Observed(Observation),
}

/// What the world does, and what it has done.
#[derive(Default)]
pub(crate) struct World {
    script: BTreeMap<String, VecDeque<Reply>>,
    /// Steps whose reads and changes go unanswered for now.
    pub(crate) held: BTreeSet<String>,
    /// The result of each change that was made, by its key.
    pub(crate) done: BTreeMap<Digest, ToolOutput>,
    /// The changes that were made, oldest first: step, tool, arguments.
    pub(crate) changes: Vec<(String, String, Json)>,
    /// The reads that were made, oldest first.
    pub(crate) reads: Vec<(String, Json)>,
    /// Keys under which something was changed a second time: must stay empty.
    pub(crate) repeated: Vec<Digest>,
    /// Keys that were told to stop before they had done anything.
    pub(crate) stopped: BTreeSet<Digest>,
}

impl World {
    /// What comes next for a step (`write`, `write[0]`); after the last one the world answers as it does by itself.
    pub(crate) fn script(&mut self, step: &str, replies: impl IntoIterator<Item = Reply>) {
        self.script
            .entry(step.to_owned())
            .or_default()
            .extend(replies);
    }

    /// Is the answer to this kept back?
    pub(crate) fn keeps_back(&self, effect: &Effect) -> bool {
        match effect {
            Effect::Read { step, .. }
            | Effect::Change { step, .. }
            | Effect::Observe { step, .. } => self.held.contains(&step.to_string()),
            Effect::Preview { .. } | Effect::Inverse { .. } => false,
            Effect::Alert { .. } => true,
        }
    }

    fn next(&mut self, step: &str, fits: fn(&Reply) -> bool) -> Option<Reply> {
        let replies = self.script.get_mut(step)?;
        let at = replies.iter().position(fits)?;
        replies.remove(at)
    }

    /// The answer to what is owed; `None` when there is none (yet). `permit` for a change.
    pub(crate) fn answer(&mut self, effect: &Effect, permit: Option<&Permit>) -> Option<Answer> {
        match effect {
            Effect::Preview { step, call } => {
                match self.next(&step.to_string(), |one| matches!(one, Reply::Preview(_))) {
                    Some(Reply::Preview(result)) => Some(Answer::Previewed(result)),
                    _ => Some(Answer::Previewed(Ok(plain_preview(call)))),
                }
            }
            Effect::Inverse { step, receipt, .. } => {
                let call = Call {
                    tool: "undo".to_owned(),
                    tool_version: 1,
                    args: receipt.clone(),
                    targets: Vec::new(),
                    facts: BTreeMap::new(),
                    effect: EffectClass::Write,
                    undo: None,
                };
                let previewed =
                    match self.next(&step.to_string(), |one| matches!(one, Reply::Inverse(_))) {
                        Some(Reply::Inverse(result)) => result,
                        _ => Ok(plain_preview(&call)),
                    };
                Some(Answer::Inverted(
                    previewed.map(|preview| Box::new((call, preview))),
                ))
            }
            Effect::Read { step, call, .. } => {
                self.reads.push((step.to_string(), arguments(call)));
                match self.next(&step.to_string(), |one| matches!(one, Reply::Result(_))) {
                    Some(Reply::Result(result)) => Some(Answer::Finished(result)),
                    _ => Some(Answer::Finished(Ok(output(arguments(call))))),
                }
            }
            Effect::Change { step, key, .. } => {
                let permit = permit.expect("a change needs a permit");
                assert_eq!(permit.key(), *key);
                let reply = self.next(&step.to_string(), |one| matches!(one, Reply::Result(_)));
                let result = match reply {
                    Some(Reply::Result(result)) => result,
                    _ => Ok(ToolOutput::changed(
                        json!({ "done": permit.args() }),
                        json!({ "step": step.to_string() }),
                    )),
                };
                let happens = match &result {
                    Ok(_) => true,
                    Err(error) => error.outcome == Outcome::Unknown,
                };
                if happens {
                    if self.done.contains_key(key) && permit.call().tool != "keyed" {
                        self.repeated.push(*key);
                    }
                    if !self.done.contains_key(key) {
                        self.changes.push((
                            step.to_string(),
                            permit.call().tool.clone(),
                            permit.args().clone(),
                        ));
                    }
                    let done = result
                        .clone()
                        .unwrap_or_else(|_| output(json!({ "done": "after all" })));
                    self.done.insert(*key, done);
                }
                Some(Answer::Finished(result))
            }
            Effect::Observe {
                step,
                key,
                call,
                stop,
                ..
            } => {
                if let Some(Reply::Observed(observation)) =
                    self.next(&step.to_string(), |one| matches!(one, Reply::Observed(_)))
                {
                    return Some(Answer::Observed(observation));
                }
                if *stop {
                    self.stopped.insert(*key);
                }
                Some(Answer::Observed(match self.done.get(key) {
                    _ if call.tool == "manual" => Observation::Unknown {
                        why: "nobody can tell".to_owned(),
                    },
                    Some(done) => Observation::Done(done.clone()),
                    None => Observation::NotDone,
                }))
            }
            Effect::Alert { .. } => None,
        }
    }
}

fn arguments(call: &Call) -> Json {
    call.args.inline().cloned().unwrap_or(json!("elsewhere"))
}

pub(crate) fn plain_preview(call: &Call) -> Preview {
    Preview {
        targets: Vec::new(),
        facts: BTreeMap::new(),
        changes: vec![Change {
            verb: "write".to_owned(),
            subject: call.tool.clone(),
            diff: "+ x".to_owned(),
        }],
        blast_radius: "one toy".to_owned(),
        undo: Some(UndoPlan {
            tool: "undo".to_owned(),
            says: "It is taken back".to_owned(),
        }),
    }
}

pub(crate) fn output(value: Json) -> ToolOutput {
    ToolOutput::read(value)
}

/// A result.
pub(crate) fn succeeds(value: Json) -> Reply {
    Reply::Result(Ok(output(value)))
}

/// An error of that class and outcome.
pub(crate) fn fails(class: ErrorClass, outcome: Outcome) -> Reply {
    Reply::Result(Err(error(class, outcome)))
}

pub(crate) fn error(class: ErrorClass, outcome: Outcome) -> ToolError {
    ToolError {
        code: "broken".to_owned(),
        message: "It broke".to_owned(),
        hint: "Mend it".to_owned(),
        class,
        outcome,
    }
}

/// A preview that names one fact.
pub(crate) fn preview(fact: Json) -> Reply {
    let facts = BTreeMap::from([("fact".to_owned(), fact)]);
    Reply::Preview(Ok(Preview {
        targets: Vec::new(),
        facts,
        changes: Vec::new(),
        blast_radius: String::new(),
        undo: None,
    }))
}
