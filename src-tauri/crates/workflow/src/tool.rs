//! What the core knows of a tool: its record in the catalogue, the exact call of it, and the answers it gives.
//! Not the tools themselves: the crate `tools` performs.

use crate::{Datum, Digest, FleetChange};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What a tool does to the world, and so what a person must approve (semantics.md, `effect:`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectClass {
    /// Changes nothing.
    Read,
    /// Changes nothing, but spends a secret on the way.
    Credential,
    /// Changes something and can be undone.
    Write,
    /// Changes something that cannot simply be undone.
    Destructive,
    /// Reaches somebody outside: a message, a paid call.
    External,
}

impl EffectClass {
    /// Does it change anything? Such a call runs only under a spent grant.
    pub fn changes(self) -> bool {
        match self {
            EffectClass::Read | EffectClass::Credential => false,
            EffectClass::Write | EffectClass::Destructive | EffectClass::External => true,
        }
    }

    /// The word in files, on cards and in the journal.
    pub fn word(self) -> &'static str {
        match self {
            EffectClass::Read => "read",
            EffectClass::Credential => "credential",
            EffectClass::Write => "write",
            EffectClass::Destructive => "destructive",
            EffectClass::External => "external",
        }
    }
}

/// What resuming may do with a call that started and did not end (semantics.md 8, engine.md "Effects").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recovery {
    /// No effect: run it again.
    Pure,
    /// Running it twice is running it once: run it again.
    Idempotent,
    /// The tool remembers the idempotency key: run it again with the same key.
    Keyed,
    /// The tool can tell whether it happened: ask it first.
    Probeable,
    /// Only a person can tell.
    Manual,
}

/// A tool's record in the catalogue (shaped like an MCP tool).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// `noun.verb`.
    pub name: String,
    /// Raised by hand whenever the tool's meaning changes; checked again at dispatch.
    pub version: u32,
    /// A few words for lists and cards.
    pub title: String,
    /// What it does, for people and models.
    pub description: String,
    /// The approval class.
    pub effect: EffectClass,
    /// What resume may do.
    pub recovery: Recovery,
    /// JSON Schema (2020-12) of the arguments.
    pub input: Json,
    /// JSON Schema of the output.
    pub output: Json,
    /// The tool that undoes it, given its receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inverse: Option<String>,
    /// The time one call may take unless the step says otherwise, in milliseconds.
    pub timeout_ms: u64,
}

/// A host that a call touches, with the host key it was shown with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    /// The agent's id.
    pub agent: String,
    /// Fingerprint of its host key; `None` for this computer.
    pub host_key: Option<String>,
}

/// How a change would be undone: the inverse tool and a sentence for the card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoPlan {
    /// The inverse tool.
    pub tool: String,
    /// What undoing would do, as one sentence.
    pub says: String,
}

/// The exact call that a person approves and that runs. Its digest binds every field (semantics.md 1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The tool's name.
    pub tool: String,
    /// The tool's version at the time of planning.
    pub tool_version: u32,
    /// The resolved arguments.
    pub args: Datum,
    /// The hosts it touches.
    pub targets: Vec<Target>,
    /// The preconditions that the tool's preview names (a file's hash, a release), never measures or times.
    pub facts: BTreeMap<String, Json>,
    /// The approval class.
    pub effect: EffectClass,
    /// How it would be undone.
    pub undo: Option<UndoPlan>,
}

/// One thing that a call would change, for the card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// create, modify, delete, …: the verb.
    pub verb: String,
    /// What is changed: a path, a row.
    pub subject: String,
    /// A unified diff or another exact rendering; plain text.
    pub diff: String,
}

/// What a changing tool says it would do, found out without any side effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// The hosts it would touch.
    pub targets: Vec<Target>,
    /// The preconditions to hold at dispatch; part of the call's digest.
    pub facts: BTreeMap<String, Json>,
    /// What would change. Empty: nothing would.
    pub changes: Vec<Change>,
    /// Who and what is affected, as one sentence.
    pub blast_radius: String,
    /// How it would be undone; `None` when it cannot be.
    pub undo: Option<UndoPlan>,
}

/// What is known of a failed call (semantics.md 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing was attempted.
    NotStarted,
    /// Attempted, and certainly without effect.
    NotDone,
    /// It may have happened.
    Unknown,
}

/// The kind of a tool's error, by which `retry.for` chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// The network or the host did not answer.
    Network,
    /// It took too long.
    Timeout,
    /// Not permitted, or wrong credentials.
    Auth,
    /// The arguments are wrong.
    Invalid,
    /// What it names does not exist.
    NotFound,
    /// The world is not as it was when the call was approved.
    Precondition,
    /// Reading or writing failed.
    Io,
    /// The tool is at fault.
    Internal,
}

/// A tool's error: a value, never a panic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolError {
    /// A stable word for machines, snake_case.
    pub code: String,
    /// What happened and why, as one sentence.
    pub message: String,
    /// What to do next.
    pub hint: String,
    /// By which a retry is chosen.
    pub class: ErrorClass,
    /// Did it happen?
    pub outcome: Outcome,
}

/// A tool's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolOutput {
    /// The typed result; matches the tool's output schema.
    pub output: Datum,
    /// What the inverse needs to undo it; changing tools only.
    pub receipt: Option<Datum>,
    /// What it changes in the fleet's home, with the record of this result; changing tools only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fleet: Vec<FleetChange>,
}

impl ToolOutput {
    /// The result of a read.
    pub fn read(output: impl Into<Datum>) -> ToolOutput {
        ToolOutput {
            output: output.into(),
            receipt: None,
            fleet: Vec::new(),
        }
    }

    /// The result of a change, with what undoing it needs.
    pub fn changed(output: impl Into<Datum>, receipt: impl Into<Datum>) -> ToolOutput {
        ToolOutput {
            receipt: Some(receipt.into()),
            ..ToolOutput::read(output)
        }
    }
}

/// The answer to "did it happen?".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Observation {
    /// It happened, with this result.
    Done(ToolOutput),
    /// It certainly did not happen.
    NotDone,
    /// Nobody can tell from here.
    Unknown {
        /// Why it cannot be told.
        why: String,
    },
}

/// Where a call's log lines stand in the log store: byte offsets of that call's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRange {
    /// First byte.
    pub from: u64,
    /// One past the last byte.
    pub to: u64,
}

impl Call {
    /// The idempotency key of one try: `sha256(run | step | attempt | n)`, the parts length-prefixed.
    pub fn idempotency_key(
        run: &crate::RunId,
        step: &crate::StepKey,
        attempt: u32,
        n: u32,
    ) -> Digest {
        let mut text = Vec::new();
        for part in [
            run.0.clone(),
            step.to_string(),
            attempt.to_string(),
            n.to_string(),
        ] {
            text.extend_from_slice(&(part.len() as u64).to_be_bytes());
            text.extend_from_slice(part.as_bytes());
        }
        Digest::of(&text)
    }
}
