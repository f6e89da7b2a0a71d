//! agent.update_labels, agent.drain and agent.undrain: one field of an agent's row becomes another one. Nothing is
//! changed on the host.

use super::home::{HomeSpec, HomeTool, Plan, Planned, difference, row_fact};
use super::register::target;
use crate::{BoxFuture, Context, fault::arguments};
use fleet::{Agent, AgentState, Transport};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use workflow::{Change, FleetChange, ToolError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateLabels {
    agent_id: String,
    environment: Option<String>,
    #[serde(default)]
    set: BTreeMap<String, String>,
    #[serde(default)]
    remove: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    agent_id: String,
}

/// agent.update_labels.
pub(crate) fn update_labels() -> HomeTool {
    HomeTool::new(HomeSpec {
        name: "agent.update_labels",
        title: "Change an agent's labels",
        description: "Sets and removes labels of an agent, and its environment. Nothing is changed on the host.",
        inverse: "agent.update_labels",
        input: json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["agent_id"],
            "properties": {
                "agent_id": { "type": "string", "minLength": 1, "maxLength": 255 },
                "environment": super::nullable(&super::environment_schema()),
                "set": super::labels_schema(),
                "remove": { "type": "array", "items": { "type": "string" }, "uniqueItems": true },
            },
        }),
        output: output(),
        plan: |args, context| {
            Box::pin(async move {
                let asked: UpdateLabels = arguments("agent.update_labels", args)?;
                for (name, value) in &asked.set {
                    super::check_label(name, value)?;
                }
                let before = ours(&asked.agent_id, context).await?;
                let mut after = before.clone();
                for name in &asked.remove {
                    after.labels.remove(name);
                }
                after.labels.extend(asked.set);
                if let Some(environment) = asked.environment {
                    after.environment = environment;
                }
                let put_back: BTreeMap<_, _> = before
                    .labels
                    .iter()
                    .filter(|(name, value)| after.labels.get(*name) != Some(value))
                    .collect();
                let take_out: Vec<_> = after
                    .labels
                    .keys()
                    .filter(|name| !before.labels.contains_key(*name))
                    .collect();
                let undo = json!({
                    "agent_id": before.agent_id,
                    "environment": before.environment,
                    "set": put_back,
                    "remove": take_out,
                });
                changed(
                    &before,
                    &after,
                    "label",
                    "its labels are as they were",
                    undo,
                )
            })
        },
    })
}

/// agent.drain.
pub(crate) fn drain() -> HomeTool {
    moved(
        "agent.drain",
        "Drain an agent",
        "Nothing new is started on the agent; what runs there goes on. Nothing is changed on the host.",
        "agent.undrain",
        |args, context| move_to(args, context, "agent.drain", AgentState::Draining),
    )
}

/// agent.undrain.
pub(crate) fn undrain() -> HomeTool {
    moved(
        "agent.undrain",
        "Take an agent into use again",
        "The agent may be chosen for new work again. Nothing is changed on the host.",
        "agent.drain",
        |args, context| move_to(args, context, "agent.undrain", AgentState::Registered),
    )
}

fn moved(
    name: &'static str,
    title: &'static str,
    description: &'static str,
    inverse: &'static str,
    plan: Plan,
) -> HomeTool {
    HomeTool::new(HomeSpec {
        name,
        title,
        description,
        inverse,
        input: json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["agent_id"],
            "properties": { "agent_id": { "type": "string", "minLength": 1, "maxLength": 255 } },
        }),
        output: output(),
        plan,
    })
}

fn output() -> Json {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["agent_id", "environment", "labels", "state"],
        "properties": {
            "agent_id": { "type": "string" },
            "environment": { "type": "string" },
            "labels": super::labels_schema(),
            "state": { "type": "string" },
        },
    })
}

fn move_to<'a>(
    args: &'a Json,
    context: &'a Context,
    tool: &'static str,
    to: AgentState,
) -> BoxFuture<'a, Result<Planned, ToolError>> {
    Box::pin(async move {
        let asked: Named = arguments(tool, args)?;
        super::find_in_use(&asked.agent_id, context).await?;
        let before = ours(&asked.agent_id, context).await?;
        let after = Agent {
            state: to,
            ..before.clone()
        };
        let undo = json!({ "agent_id": before.agent_id });
        let says = format!("it is {} again", before.state.word());
        let verb = if to == AgentState::Draining {
            "drain"
        } else {
            "undrain"
        };
        changed(&before, &after, verb, &says, undo)
    })
}

/// An agent with a row of its own: this computer has none.
async fn ours(agent_id: &str, context: &Context) -> Result<Agent, ToolError> {
    let agent = super::find(agent_id, context).await?;
    match agent.transport {
        Transport::Ssh(_) => Ok(agent),
        Transport::Local => Err(super::is_this_computer()),
    }
}

/// The plan that makes one row another one.
fn changed(
    before: &Agent,
    after: &Agent,
    verb: &str,
    undo_says: &str,
    undo_args: Json,
) -> Result<Planned, ToolError> {
    let (old, new) = (super::row_of(before)?, super::row_of(after)?);
    let same = before == after;
    Ok(Planned {
        target: target(before),
        facts: BTreeMap::from([("row_before".to_owned(), row_fact(Some(&old)))]),
        changes: if same {
            Vec::new()
        } else {
            vec![Change {
                verb: verb.to_owned(),
                subject: format!("agent {}", before.agent_id),
                diff: difference(Some(&old), Some(&new)),
            }]
        },
        blast_radius: "One row of the inventory. Nothing is changed on the host.".to_owned(),
        undo_says: undo_says.to_owned(),
        undo_args,
        fleet: if same {
            Vec::new()
        } else {
            vec![FleetChange::AgentChanged {
                agent_id: after.agent_id.clone(),
                row: new,
            }]
        },
        output: json!({
            "agent_id": after.agent_id,
            "environment": after.environment,
            "labels": after.labels,
            "state": after.state.word(),
        }),
    })
}
