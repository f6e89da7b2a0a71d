//! The tools about agents: which there are, what one says of itself, and how well it is. All of them read.

mod health;
mod list;
mod snapshot;
#[cfg(test)]
mod tests;

use crate::{Context, fault::fault};
use fleet::Agent;
use serde_json::{Value as Json, json};
use workflow::{ErrorClass, ToolError};

pub(crate) use health::AgentHealth;
pub(crate) use list::AgentList;
pub(crate) use snapshot::AgentSnapshot;

/// The agent of that id.
async fn find(agent_id: &str, context: &Context) -> Result<Agent, ToolError> {
    let agents = context.ports.inventory.agents().await?;
    let names: Vec<&str> = agents.iter().map(|agent| agent.agent_id.as_str()).collect();
    let known = match names.len() {
        0 => "No agent is registered yet.".to_owned(),
        1..=10 => format!("Registered: {}.", names.join(", ")),
        count => format!("{count} agents are registered; list them with agent.list."),
    };
    agents
        .iter()
        .find(|agent| agent.agent_id == agent_id)
        .cloned()
        .ok_or_else(|| {
            fault(
                "agent_not_found",
                format!("There is no agent {:?}.", fleet::visible(agent_id, 80)),
                known,
            )
            .not_started(ErrorClass::NotFound)
        })
}

/// The schema of one measure.
fn measure_schema() -> Json {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["metric", "value", "unit", "class"],
        "properties": {
            "metric": { "type": "string" },
            "attributes": { "type": "object", "additionalProperties": { "type": "string" } },
            "value": { "type": "number" },
            "unit": { "type": "string" },
            "class": { "enum": ["utilization", "saturation", "errors"] },
        },
    })
}

/// The schema of the list of checks.
fn checks_schema(description: &str) -> Json {
    json!({
        "type": "array",
        "description": description,
        "uniqueItems": true,
        "items": { "enum": fleet::Check::ALL.map(fleet::Check::word) },
    })
}
