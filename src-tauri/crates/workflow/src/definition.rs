//! The resolved model of a workflow file: what a run pins and what `decide` reads. Everything a file may leave
//! out is filled in here (order as `needs`, defaults, tool records). Not the YAML: see the crate `definitions`.

use crate::{EffectClass, ErrorClass, Gate, GateKind, Gates, RunId, ToolSpec};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A workflow, resolved. Its digest is what a run pins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workflow {
    /// Its name in commands and files.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// The author's version.
    pub version: String,
    /// What it is for.
    pub description: String,
    /// How much can go wrong, by the author.
    pub risk: Risk,
    /// Free labels.
    pub labels: BTreeMap<String, String>,
    /// The classes that its steps may have; `None` when the file promises nothing.
    pub effects: Option<Vec<EffectClass>>,
    /// JSON Schema of the inputs, an object schema.
    pub inputs: Json,
    /// What happens after a failure.
    pub on_failure: OnFailure,
    /// How long after its end a run may be undone, in milliseconds; `None`: [`Workflow::UNDO_WINDOW_MS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_window_ms: Option<u64>,
    /// The run whose changes this one undoes; no file says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<RunId>,
    /// The lines of the sidebar. Empty in a file means: the top-level steps' titles.
    pub stages: Vec<String>,
    /// The top-level list.
    pub steps: Vec<Step>,
    /// What the run gives at its end: a template for each name.
    pub outputs: BTreeMap<String, Json>,
    /// The records of all tools that the steps name.
    pub tools: BTreeMap<String, ToolSpec>,
}

/// How much can go wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are the documentation")]
pub enum Risk {
    #[default]
    Low,
    Medium,
    High,
}

/// What happens to the run after a step failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// Stop, and list the changes that were made.
    #[default]
    Stop,
    /// Ask a person: stop, roll back or retry.
    Ask,
    /// Roll back the changes that were made, the newest first.
    Rollback,
}

impl OnFailure {
    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            OnFailure::Stop => "stop",
            OnFailure::Ask => "ask",
            OnFailure::Rollback => "rollback",
        }
    }
}

/// A bare expression (MiniJinja), without `${{ }}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expr(pub String);

/// One part of a workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Unique in the file, `[a-z][a-z0-9_]*`.
    pub id: String,
    /// For people.
    pub title: String,
    /// The stage it is shown under, from 1; nested steps take their parent's.
    pub stage: u32,
    /// Siblings that must be completed or skipped before it starts. The loader fills in the step above.
    pub needs: Vec<String>,
    /// Skipped when this is false.
    pub when: Option<Expr>,
    /// Repeats the body over a list.
    pub foreach: Option<ForEach>,
    /// Bounds one call (not gates, not backoff), in milliseconds; `None`: the tool's own.
    pub timeout_ms: Option<u64>,
    /// When and how often a failed call is tried again.
    pub retry: Option<Retry>,
    /// Repeats a read until a condition holds.
    pub poll: Option<Poll>,
    /// Checks on the result; the first that does not hold fails the step.
    pub asserts: Vec<Assert>,
    /// Ends the run early.
    pub exit_when: Option<ExitWhen>,
    /// Where a person decides.
    pub gate: Gates,
    /// Why a change that has no inverse is acceptable.
    pub irreversible: Option<String>,
    /// What undoes it, in place of the tool's own inverse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Rollback>,
    /// What it does.
    pub body: Body,
}

/// The call that undoes a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rollback {
    /// The tool's name.
    pub tool: String,
    /// Its arguments: a template, evaluated when it is needed; `self` is the step.
    pub with: Json,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Calls a tool.
    Uses {
        /// The tool's name.
        tool: String,
        /// Its arguments: a JSON object whose strings may hold `${{ }}`.
        with: Json,
    },
    /// Asks the model for a typed result; its fallback gives the same result by rule.
    Ai(Box<Ai>),
    /// Undoes the change that its item names; only in a run that undoes another.
    Undo,
    /// A list of steps.
    Steps {
        /// The steps.
        steps: Vec<Step>,
    },
    /// Branches that run beside each other.
    Parallel {
        /// What a failed branch does to the others.
        fail: Fail,
        /// The branches.
        steps: Vec<Step>,
    },
}

/// What a failed branch does to the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fail {
    /// Stops them.
    #[default]
    Fast,
    /// Lets their reads finish, but starts no change.
    All,
}

/// A step that a model may fill in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ai {
    /// What is wanted, in words.
    pub goal: String,
    /// What it is given, each value with how far it can be trusted.
    pub context: BTreeMap<String, Context>,
    /// The tools it may call.
    pub tools: Vec<String>,
    /// JSON Schema of the result; `enum_from` holds an expression that gives the permitted values.
    pub output: Json,
    /// Its limits.
    pub budget: Budget,
    /// The rule that gives the same typed result.
    pub fallback: Fallback,
}

/// A value given to a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Context {
    /// A template.
    pub value: Json,
    /// Is it text that somebody else wrote?
    pub trust: Trust,
}

/// How far a value can be trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are the documentation")]
pub enum Trust {
    #[default]
    Trusted,
    Untrusted,
}

/// The limits of an AI step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// Turns of the conversation.
    pub turns: u32,
    /// Tokens in all.
    pub tokens: u64,
    /// Wall time in milliseconds.
    pub time_ms: u64,
}

/// The rule beside an AI step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fallback {
    /// When it is used.
    pub when: Vec<FallbackWhen>,
    /// The tool that gives the result.
    pub tool: String,
    /// Its arguments, a template.
    pub with: Json,
}

/// When a fallback is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are the documentation")]
pub enum FallbackWhen {
    NoProvider,
    ProviderError,
    InvalidOutput,
    OverBudget,
}

/// Repeats a step over a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForEach {
    /// A template that gives the list; evaluated once.
    pub list: Json,
    /// The name of the item in expressions.
    pub name: String,
    /// How many items at once.
    pub max_parallel: u32,
    /// What a failed item does to the others.
    pub on_item_error: OnItemError,
}

impl ForEach {
    /// How many items run at once; a list without a place would never end.
    pub fn places(&self) -> usize {
        self.max_parallel.max(1) as usize
    }
}

/// What a failed item does to the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are the documentation")]
pub enum OnItemError {
    #[default]
    Stop,
    Continue,
}

/// When a failed call is tried again: full jitter over an exponential backoff.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retry {
    /// Further tries after the first.
    pub max: u32,
    /// The longest wait before the second try, in milliseconds.
    pub backoff_ms: u64,
    /// By how much it grows.
    pub factor: f64,
    /// Which errors are tried again.
    pub classes: Vec<ErrorClass>,
}

/// Repeats a read until a condition holds. One effect and one record, however many reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Poll {
    /// Pause between reads, in milliseconds.
    pub every_ms: u64,
    /// The condition on `output`.
    pub until: Expr,
    /// How long it must hold, in milliseconds; 0: once is enough.
    pub for_ms: u64,
    /// The longest it may take in all, in milliseconds.
    pub timeout_ms: u64,
}

/// A check on a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assert {
    /// Must be true.
    pub that: Expr,
    /// A template, evaluated only when it is not.
    pub message: Json,
}

/// Ends the run early.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExitWhen {
    /// Ends the run when true.
    pub that: Expr,
    /// As what.
    pub status: ExitStatus,
    /// A template: why.
    pub message: Json,
}

/// As what a run ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are the documentation")]
pub enum ExitStatus {
    Completed,
    Failed,
}

impl Step {
    /// The steps inside it; empty for a call or an AI step.
    pub fn children(&self) -> &[Step] {
        match &self.body {
            Body::Uses { .. } | Body::Ai(_) | Body::Undo => &[],
            Body::Steps { steps } | Body::Parallel { steps, .. } => steps,
        }
    }

    /// The tool that a leaf calls (an AI step's: its fallback's) and the template of its arguments.
    pub fn tool(&self) -> Option<(&str, &Json)> {
        match &self.body {
            Body::Uses { tool, with } => Some((tool, with)),
            Body::Ai(ai) => Some((&ai.fallback.tool, &ai.fallback.with)),
            Body::Undo | Body::Steps { .. } | Body::Parallel { .. } => None,
        }
    }

    /// Its gate of that kind.
    pub fn gate(&self, kind: GateKind) -> Option<&Gate> {
        match kind {
            GateKind::Before => self.gate.before.as_ref(),
            GateKind::After => self.gate.after.as_ref(),
            GateKind::Failure => None,
        }
    }
}

impl Workflow {
    /// How long a run may be undone where its file does not say: 30 days. Every inverse is previewed against the present
    /// and approved, so a long window costs nothing but the sight of a button.
    pub const UNDO_WINDOW_MS: u64 = 30 * 86_400_000;

    /// The step of that id, wherever it is nested.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.path(id).and_then(|path| path.last().copied())
    }

    /// The steps from the top-level list down to the step of that id, which is the last.
    pub fn path(&self, id: &str) -> Option<Vec<&Step>> {
        fn walk<'a>(steps: &'a [Step], id: &str, path: &mut Vec<&'a Step>) -> bool {
            steps.iter().any(|step| {
                path.push(step);
                let found = step.id == id || walk(step.children(), id, path);
                if !found {
                    path.pop();
                }
                found
            })
        }
        let mut path = Vec::new();
        walk(&self.steps, id, &mut path).then_some(path)
    }

    /// All steps, parents before children, in the file's order.
    pub fn all_steps(&self) -> Vec<&Step> {
        fn walk<'a>(steps: &'a [Step], all: &mut Vec<&'a Step>) {
            for step in steps {
                all.push(step);
                walk(step.children(), all);
            }
        }
        let mut all = Vec::new();
        walk(&self.steps, &mut all);
        all
    }

    /// How many lists enclose the step, its own not counted.
    pub fn list_depth(&self, id: &str) -> usize {
        self.path(id).map_or(0, |path| {
            path.iter()
                .rev()
                .skip(1)
                .filter(|step| step.foreach.is_some())
                .count()
        })
    }
}
