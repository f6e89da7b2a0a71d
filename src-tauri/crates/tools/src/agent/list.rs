//! agent.list: the agents that are registered, by environment.

use crate::{BoxFuture, Context, ReadTool, fault::arguments, fault::fault};
use fleet::{AgentState, Selector};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use workflow::{EffectClass, ErrorClass, Recovery, ToolError, ToolOutput, ToolSpec};

/// agent.list.
pub(crate) struct AgentList {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    environment: Option<String>,
    selector: Option<String>,
    #[serde(default)]
    states: Vec<AgentState>,
}

impl AgentList {
    pub(crate) fn new() -> AgentList {
        let agent = json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["agent_id", "title", "environment", "transport", "labels", "state"],
            "properties": {
                "agent_id": { "type": "string" },
                "title": { "type": "string" },
                "environment": { "type": "string" },
                "transport": { "type": "string" },
                "labels": { "type": "object", "additionalProperties": { "type": "string" } },
                "state": { "enum": AgentState::ALL.map(AgentState::word) },
            },
        });
        AgentList {
            spec: ToolSpec {
                name: "agent.list".to_owned(),
                version: 1,
                title: "List the agents".to_owned(),
                description: "The agents (managed hosts) that are registered, in the order of their ids; all of those in use, or those of one environment or with certain labels.".to_owned(),
                effect: EffectClass::Read,
                recovery: Recovery::Pure,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "environment": {
                            "type": "string",
                            "description": "all, development, staging, production, or an environment of your own",
                            "minLength": 1,
                            "maxLength": 100,
                            "default": "all",
                        },
                        "selector": {
                            "type": ["string", "null"],
                            "description": "Labels as in Kubernetes: role in (web,db),!gpu; also name, environment and state",
                            "maxLength": 2000,
                        },
                        "states": {
                            "type": "array",
                            "description": "Only these; those in use (registered, draining) when left out",
                            "items": { "enum": AgentState::ALL.map(AgentState::word) },
                        },
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["agents"],
                    "properties": { "agents": { "type": "array", "items": agent } },
                }),
                inverse: None,
                timeout_ms: 10_000,
            },
        }
    }
}

impl ReadTool for AgentList {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn read<'a>(
        &'a self,
        args: &'a Json,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        Box::pin(async move {
            let arguments: Arguments = arguments(&self.spec.name, args)?;
            let environment = arguments.environment.as_deref().unwrap_or("all");
            let mut agents = context.ports.inventory.agents().await?;
            let text = arguments.selector.as_deref().unwrap_or_default();
            let selector = Selector::parse(text).map_err(|error| {
                fault(
                    "bad_selector",
                    format!("The selector is not right: {error}."),
                    "Write labels as environment=production,role in (web,db),!gpu.",
                )
                .not_started(ErrorClass::Invalid)
            })?;
            agents.retain(|agent| {
                (environment == "all" || agent.environment == environment)
                    && selector.matches(agent)
                    && match arguments.states.as_slice() {
                        [] => agent.state.is_in_use(),
                        states => states.contains(&agent.state),
                    }
            });
            agents.sort_by(|a, b| a.agent_id.cmp(&b.agent_id));
            let agents: Vec<Json> = agents
                .iter()
                .map(|agent| {
                    json!({
                        "agent_id": agent.agent_id,
                        "title": agent.title,
                        "environment": agent.environment,
                        "transport": agent.transport.word(),
                        "labels": agent.labels,
                        "state": agent.state.word(),
                    })
                })
                .collect();
            Ok(ToolOutput::read(json!({ "agents": agents })))
        })
    }
}
