//! The tools about agents: which there are, how well they are, and how one comes into the fleet and leaves it.

mod change;
mod config;
mod health;
mod home;
mod keys;
mod list;
mod plan_register;
mod probe;
mod read_inventory;
mod register;
mod schemas;
mod snapshot;
#[cfg(test)]
mod tests;
mod validate;

use crate::{Context, fault::fault};
use fleet::{Agent, Transport};
use schemas::{
    check_label, checks_schema, connection_schema, environment_schema, hostname_schema,
    is_this_computer, labels_schema, measure_schema, nullable, row_of,
};
use workflow::{ErrorClass, Target, ToolError};

pub(crate) use change::{drain, undrain, update_labels};
pub(crate) use config::{AgentApplyChange, AgentPlanConfig, AgentRevertChange};
pub(crate) use health::AgentHealth;
pub(crate) use keys::{AgentScanKeys, trust_key, untrust_key};
pub(crate) use list::AgentList;
pub(crate) use plan_register::AgentPlanRegister;
pub(crate) use probe::AgentProbe;
pub(crate) use read_inventory::AgentReadInventory;
pub(crate) use register::{register, unregister};
pub(crate) use snapshot::AgentSnapshot;
pub(crate) use validate::AgentValidate;

/// The agent of that id, when something may be run on it.
pub(crate) async fn find_in_use(agent_id: &str, context: &Context) -> Result<Agent, ToolError> {
    let agent = find(agent_id, context).await?;
    if agent.state.is_in_use() {
        return Ok(agent);
    }
    Err(fault(
        "not_in_use",
        format!(
            "{} is {}: nothing is run on it.",
            fleet::visible(&agent.agent_id, 80),
            agent.state.word()
        ),
        "Register it first.",
    )
    .not_started(ErrorClass::Precondition))
}

/// The agent of that id.
async fn find(agent_id: &str, context: &Context) -> Result<Agent, ToolError> {
    if let Some(agent) = context.ports.inventory.agent(agent_id).await? {
        return Ok(agent);
    }
    let agents = context.ports.inventory.agents().await?;
    let names: Vec<&str> = agents.iter().map(|agent| agent.agent_id.as_str()).collect();
    let known = match names.len() {
        0 => "No agent is registered yet.".to_owned(),
        1..=10 => format!("Registered: {}.", names.join(", ")),
        count => format!("{count} agents are registered; list them with agent.list."),
    };
    Err(fault(
        "agent_not_found",
        format!("There is no agent {:?}.", fleet::visible(agent_id, 80)),
        known,
    )
    .not_started(ErrorClass::NotFound))
}

/// What a call touches.
pub(crate) fn targets(agent: &Agent) -> Vec<Target> {
    let host_key = if let Transport::Ssh(connection) = &agent.transport {
        connection.host_key.clone()
    } else {
        None
    };
    vec![Target {
        agent: agent.agent_id.clone(),
        host_key,
    }]
}
