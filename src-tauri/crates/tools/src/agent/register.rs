//! agent.register and agent.unregister: a host becomes an agent, or is none any more. The row that a person approves is
//! the row that is written; a candidate's row is replaced by the one of its registration.

use super::home::{HomeSpec, HomeTool, Planned, difference, row_fact};
use crate::{BoxFuture, Context, fault::arguments, fault::fault};
use fleet::{Agent, AgentState, Connection, Transport};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use workflow::{Change, ErrorClass, FleetChange, Target, ToolError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Register {
    row: Row,
    /// For a row that does not say one.
    environment: Option<String>,
    /// Beside the labels of the row; they win.
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

/// What is to be registered.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    hostname: String,
    title: Option<String>,
    connection: Connection,
    environment: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    state: AgentState,
    #[serde(default)]
    facts: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unregister {
    agent_id: String,
}

/// agent.register.
pub(crate) fn register() -> HomeTool {
    let labels = super::labels_schema();
    HomeTool::new(HomeSpec {
        name: "agent.register",
        title: "Register an agent",
        description: "Takes a host into the fleet: writes its row into the inventory. Nothing is changed on the host. Refused when the name is taken.",
        inverse: "agent.unregister",
        input: json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["row"],
            "properties": {
                "row": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["hostname", "connection"],
                    "properties": {
                        "hostname": super::hostname_schema(),
                        "title": { "type": ["string", "null"], "maxLength": 200 },
                        "connection": super::connection_schema(),
                        "environment": super::nullable(&super::environment_schema()),
                        "labels": labels.clone(),
                        "state": { "enum": AgentState::ALL.map(AgentState::word) },
                        "facts": { "type": "object", "additionalProperties": { "type": "string" } },
                    },
                },
                "environment": super::nullable(&super::environment_schema()),
                "labels": labels,
            },
        }),
        output: json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["agent_id", "hostname", "environment", "labels", "state"],
            "properties": {
                "agent_id": { "type": "string" },
                "hostname": { "type": "string" },
                "environment": { "type": "string" },
                "labels": super::labels_schema(),
                "state": { "type": "string" },
            },
        }),
        plan: plan_register,
    })
}

/// agent.unregister.
pub(crate) fn unregister() -> HomeTool {
    HomeTool::new(HomeSpec {
        name: "agent.unregister",
        title: "Remove an agent",
        description: "Takes an agent out of the fleet: removes its row from the inventory. Nothing is changed on the host; its history stays in the journal.",
        inverse: "agent.register",
        input: json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["agent_id"],
            "properties": { "agent_id": { "type": "string", "minLength": 1, "maxLength": 255 } },
        }),
        output: json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["agent_id", "removed"],
            "properties": { "agent_id": { "type": "string" }, "removed": { "type": "boolean" } },
        }),
        plan: plan_unregister,
    })
}

fn plan_register<'a>(
    args: &'a Json,
    context: &'a Context,
) -> BoxFuture<'a, Result<Planned, ToolError>> {
    Box::pin(async move {
        let Register {
            row,
            environment,
            labels,
        } = arguments("agent.register", args)?;
        let mut all = row.labels;
        all.extend(labels);
        for (name, value) in &all {
            super::check_label(name, value)?;
        }
        let agent = Agent {
            agent_id: row.hostname.to_ascii_lowercase(),
            title: row.title.unwrap_or_else(|| row.hostname.clone()),
            transport: Transport::Ssh(row.connection),
            environment: row
                .environment
                .or(environment)
                .unwrap_or_else(|| "development".to_owned()),
            labels: all,
            state: row.state,
            facts: row.facts,
        };
        let before = context.ports.inventory.agent(&agent.agent_id).await?;
        let after = super::row_of(&agent)?;
        let old = before.as_ref().map(super::row_of).transpose()?;
        let id = agent.agent_id.clone();
        let (fleet, verb) = match &before {
            None => (
                vec![FleetChange::AgentRegistered {
                    agent_id: id.clone(),
                    row: after.clone(),
                }],
                "register",
            ),
            Some(same) if *same == agent => (Vec::new(), "register"),
            Some(known) if known.state == AgentState::Candidate => (
                vec![FleetChange::AgentChanged {
                    agent_id: id.clone(),
                    row: after.clone(),
                }],
                "register",
            ),
            Some(known) => {
                return Err(fault(
                    "duplicate",
                    format!(
                        "There is an agent {} already ({}, {}).",
                        fleet::visible(&known.agent_id, 80),
                        known.state.word(),
                        known.environment
                    ),
                    "Choose another name, change its labels with update_labels, or remove it first.",
                )
                .not_done(ErrorClass::Precondition));
            }
        };
        let changes = if fleet.is_empty() {
            Vec::new()
        } else {
            vec![Change {
                verb: verb.to_owned(),
                subject: format!("agent {id}"),
                diff: difference(old.as_ref(), Some(&after)),
            }]
        };
        Ok(Planned {
            target: target(&agent),
            facts: BTreeMap::from([("row_before".to_owned(), row_fact(old.as_ref()))]),
            changes,
            blast_radius: format!(
                "One row of the inventory, {}. Nothing is changed on the host.",
                agent.environment
            ),
            undo_says: format!("{id} is taken out of the inventory again"),
            undo_args: json!({ "agent_id": id }),
            fleet,
            output: json!({
                "agent_id": id,
                "hostname": row.hostname,
                "environment": agent.environment,
                "labels": agent.labels,
                "state": agent.state.word(),
            }),
        })
    })
}

fn plan_unregister<'a>(
    args: &'a Json,
    context: &'a Context,
) -> BoxFuture<'a, Result<Planned, ToolError>> {
    Box::pin(async move {
        let Unregister { agent_id } = arguments("agent.unregister", args)?;
        let known = context.ports.inventory.agent(&agent_id).await?;
        let Some(agent) = known else {
            return Ok(nothing_to_remove(&agent_id));
        };
        let Transport::Ssh(connection) = &agent.transport else {
            return Err(super::is_this_computer());
        };
        let row = super::row_of(&agent)?;
        Ok(Planned {
            target: target(&agent),
            facts: BTreeMap::from([("row_before".to_owned(), row_fact(Some(&row)))]),
            changes: vec![Change {
                verb: "remove".to_owned(),
                subject: format!("agent {}", agent.agent_id),
                diff: difference(Some(&row), None),
            }],
            blast_radius: "One row of the inventory. Nothing is changed on the host.".to_owned(),
            undo_says: format!("{} is registered again as it was", agent.agent_id),
            undo_args: json!({
                "row": {
                    "hostname": agent.agent_id,
                    "title": agent.title,
                    "connection": connection,
                    "environment": agent.environment,
                    "labels": agent.labels,
                    "state": agent.state,
                    "facts": agent.facts,
                },
            }),
            fleet: vec![FleetChange::AgentRemoved {
                agent_id: agent.agent_id.clone(),
            }],
            output: json!({ "agent_id": agent.agent_id, "removed": true }),
        })
    })
}

/// It is not there: removing it again changes nothing.
fn nothing_to_remove(agent_id: &str) -> Planned {
    Planned {
        target: Target {
            agent: agent_id.to_owned(),
            host_key: None,
        },
        facts: BTreeMap::from([("row_before".to_owned(), row_fact(None))]),
        changes: Vec::new(),
        blast_radius: "Nothing: there is no such agent.".to_owned(),
        undo_says: "Nothing to put back".to_owned(),
        undo_args: json!({ "agent_id": agent_id }),
        fleet: Vec::new(),
        output: json!({ "agent_id": agent_id, "removed": false }),
    }
}

/// The agent as a call's target, with the host key it was registered with.
pub(super) fn target(agent: &Agent) -> Target {
    let host_key = match &agent.transport {
        Transport::Ssh(connection) => connection.host_key.clone(),
        Transport::Local => None,
    };
    Target {
        agent: agent.agent_id.clone(),
        host_key,
    }
}
