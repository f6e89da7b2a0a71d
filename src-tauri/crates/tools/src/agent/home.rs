//! The tools that change the fleet's home: the inventory and the trusted host keys. They have no effect of their own:
//! what they give becomes a record in the append of their result (semantics.md 18), so they happen exactly once, and
//! a call without that record did not happen. What each one changes is in `register`, `labels`, `state` and `keys`.

use crate::{Asked, BoxFuture, ChangeTool, Context, Inverse, fault::fault};
use serde_json::{Value as Json, json};
use similar::TextDiff;
use std::collections::BTreeMap;
use workflow::{
    Change, Digest, EffectClass, ErrorClass, FleetChange, Observation, Permit, Preview, Recovery,
    Target, ToolError, ToolOutput, ToolSpec, UndoPlan,
};

/// What one call would change, found out from the inventory alone.
pub(super) struct Planned {
    /// The agent it is about, with the host key it has.
    pub(super) target: Target,
    /// What must still hold when it is carried out.
    pub(super) facts: BTreeMap<String, Json>,
    /// What a person sees; empty: nothing would change.
    pub(super) changes: Vec<Change>,
    /// Who and what is affected, as one sentence.
    pub(super) blast_radius: String,
    /// What undoing would do, as one sentence.
    pub(super) undo_says: String,
    /// The arguments of the inverse.
    pub(super) undo_args: Json,
    /// The records; empty: nothing would change.
    pub(super) fleet: Vec<FleetChange>,
    /// The call's result.
    pub(super) output: Json,
}

/// Finds out what a call would change.
pub(super) type Plan =
    for<'a> fn(&'a Json, &'a Context) -> BoxFuture<'a, Result<Planned, ToolError>>;

/// A tool that changes the fleet's home.
pub(crate) struct HomeTool {
    spec: ToolSpec,
    plan: Plan,
}

/// The record of such a tool, without what all of them have in common.
pub(super) struct HomeSpec {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) inverse: &'static str,
    pub(super) input: Json,
    pub(super) output: Json,
    pub(super) plan: Plan,
}

impl HomeTool {
    pub(super) fn new(spec: HomeSpec) -> HomeTool {
        HomeTool {
            spec: ToolSpec {
                name: spec.name.to_owned(),
                version: 1,
                title: spec.title.to_owned(),
                description: spec.description.to_owned(),
                effect: EffectClass::Write,
                recovery: Recovery::Idempotent,
                input: spec.input,
                output: spec.output,
                inverse: Some(spec.inverse.to_owned()),
                timeout_ms: 10_000,
            },
            plan: spec.plan,
        }
    }
}

impl ChangeTool for HomeTool {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn preview<'a>(
        &'a self,
        args: &'a Json,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Preview, ToolError>> {
        Box::pin(async move {
            let planned = (self.plan)(args, context).await?;
            Ok(Preview {
                targets: vec![planned.target],
                facts: planned.facts,
                changes: planned.changes,
                blast_radius: planned.blast_radius,
                undo: self.spec.inverse.clone().map(|tool| UndoPlan {
                    tool,
                    says: planned.undo_says,
                }),
            })
        })
    }

    fn apply<'a>(
        &'a self,
        permit: Permit,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        Box::pin(async move {
            let planned = (self.plan)(permit.args(), context).await?;
            if planned.facts != permit.call().facts {
                return Err(fault(
                    "precondition_changed",
                    "The inventory is not as it was when this was approved.",
                    "Look at what changed meanwhile; the card opens again with the difference.",
                )
                .not_done(ErrorClass::Precondition));
            }
            Ok(ToolOutput {
                fleet: planned.fleet,
                ..ToolOutput::changed(planned.output, json!({ "undo": planned.undo_args }))
            })
        })
    }

    /// Had it happened, its record would stand beside its result, and nobody would ask.
    fn observe<'a>(&'a self, _: Asked<'a>, _: &'a Context) -> BoxFuture<'a, Observation> {
        Box::pin(async { Observation::NotDone })
    }

    fn undo(&self, receipt: &Json) -> Result<Inverse, ToolError> {
        match (receipt.get("undo"), &self.spec.inverse) {
            (Some(args), Some(tool)) => Ok(Inverse {
                tool: tool.clone(),
                args: args.clone(),
            }),
            (_, _) => Err(fault(
                "not_a_receipt",
                format!("This is not a receipt of {}.", self.spec.name),
                "Report this as a bug, with the run's export.",
            )
            .not_started(ErrorClass::Internal)),
        }
    }
}

/// A row as lines for a difference: one `key: value` each, in order, nested keys with dots.
pub(super) fn lines(row: &Json) -> String {
    fn put(prefix: &str, value: &Json, out: &mut String) {
        match value {
            Json::Object(map) => {
                for (key, value) in map {
                    let name = if prefix.is_empty() {
                        key.clone()
                    } else {
                        format!("{prefix}.{key}")
                    };
                    put(&name, value, out);
                }
            }
            Json::Array(items) if items.iter().any(Json::is_object) => {
                for (number, value) in items.iter().enumerate() {
                    put(&format!("{prefix}[{number}]"), value, out);
                }
            }
            Json::String(text) => out.push_str(&format!("{prefix}: {text}\n")),
            other @ (Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_)) => {
                out.push_str(&format!("{prefix}: {other}\n"));
            }
        }
    }
    let mut text = String::new();
    put("", row, &mut text);
    text
}

/// What changes between two rows, line by line; all lines, as rows are short.
pub(super) fn difference(before: Option<&Json>, after: Option<&Json>) -> String {
    let (old, new) = (
        before.map(lines).unwrap_or_default(),
        after.map(lines).unwrap_or_default(),
    );
    let diff = TextDiff::from_lines(&old, &new);
    diff.iter_all_changes()
        .map(|change| format!("{}{}", change.tag(), change))
        .collect()
}

/// A row as a fact: its digest, or that there is none.
pub(super) fn row_fact(row: Option<&Json>) -> Json {
    match row {
        Some(row) => json!(Digest::of(lines(row).as_bytes())),
        None => json!("absent"),
    }
}

#[cfg(test)]
mod tests;
