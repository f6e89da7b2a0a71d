//! The part of the definition model that says where a person is asked, what may be answered, and what happens when
//! nobody answers. A gate in the course of a run is in `gate`.

use crate::Expr;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The gates of a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gates {
    /// Decides on the exact call.
    pub before: Option<Gate>,
    /// Decides on the result.
    pub after: Option<Gate>,
}

/// Before the action, after the result, or where something has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are the documentation")]
pub enum GateKind {
    Before,
    After,
    /// Where a step, or the inverse of one, has failed: what now? No file writes it.
    Failure,
}

impl GateKind {
    /// Its spelling.
    pub fn word(self) -> &'static str {
        match self {
            GateKind::Before => "before",
            GateKind::After => "after",
            GateKind::Failure => "failure",
        }
    }
}

/// A point where a person decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// A template: the question.
    pub title: Json,
    /// Further evidence for the card: expressions, or the words output, evidence, provenance, action, diff,
    /// blast_radius, rollback_plan, which name parts that a card always shows.
    pub show: Vec<String>,
    /// What the person may answer.
    pub decisions: Vec<DecisionKind>,
    /// The inputs that an edit may change.
    pub editable: Vec<String>,
    /// Reads that are made again before the call runs.
    pub recheck: Vec<String>,
    /// How long an approval is good for, in milliseconds.
    pub grant_ttl_ms: Option<u64>,
    /// One card for all items of the list, or one for each.
    pub scope: CardScope,
    /// No card when this is true; never on a gate before a change.
    pub skip_when: Option<Expr>,
    /// After this time on the card `on_timeout` happens, in milliseconds.
    pub wait_ms: Option<u64>,
    /// A reminder after each such time, in milliseconds.
    pub remind_ms: Option<u64>,
    /// What happens when `wait` is over. No value approves.
    pub on_timeout: OnTimeout,
    /// The step that a redo runs again; `None`: its own.
    pub redo_step: Option<String>,
    /// How often it may be redone.
    pub redo_max: u32,
}

/// One card for all items, or one for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are the documentation")]
pub enum CardScope {
    #[default]
    AllItems,
    Each,
}

/// What happens when nobody answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnTimeout {
    /// The gate stays open.
    #[default]
    Hold,
    /// The gate closes, and the run fails.
    Reject,
}

/// What a person may answer at a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are the documentation")]
pub enum DecisionKind {
    Approve,
    Edit,
    Skip,
    Drop,
    Redo,
    Reject,
    Retry,
    Rollback,
    Stop,
}

impl DecisionKind {
    /// Its spelling.
    pub fn word(self) -> &'static str {
        match self {
            DecisionKind::Approve => "approve",
            DecisionKind::Edit => "edit",
            DecisionKind::Skip => "skip",
            DecisionKind::Drop => "drop",
            DecisionKind::Redo => "redo",
            DecisionKind::Reject => "reject",
            DecisionKind::Retry => "retry",
            DecisionKind::Rollback => "rollback",
            DecisionKind::Stop => "stop",
        }
    }
}
