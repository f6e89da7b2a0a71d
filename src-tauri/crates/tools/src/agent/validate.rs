//! agent.validate: may this host come into the fleet, and how would it be reached? Looks at the name, the inventory, the
//! ssh config and the name service. Nothing is connected to.

use super::schemas::HOSTNAME_CHARS;
use crate::{BoxFuture, Context, ReadTool, fault::arguments, fault::fault, ssh_config};
use fleet::{Agent, AgentState, Connection, Credential, Transport, Via};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;
use workflow::{EffectClass, ErrorClass, Recovery, ToolError, ToolOutput, ToolSpec};

/// A name service that does not answer is no reason to wait longer.
const LOOKUP: Duration = Duration::from_secs(5);

/// agent.validate.
pub(crate) struct AgentValidate {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    hostname: String,
    address: Option<String>,
    port: Option<u16>,
    user: Option<String>,
    credential: Option<Credential>,
    ssh_alias: Option<String>,
    ssh_config: Option<String>,
    jump: Option<String>,
    needs_openssh: Option<String>,
    host_key_alias: Option<String>,
    environment: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

impl AgentValidate {
    pub(crate) fn new() -> AgentValidate {
        let text = json!({ "type": ["string", "null"], "maxLength": 4096 });
        let conflict = json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["agent_id", "why"],
            "properties": { "agent_id": { "type": "string" }, "why": { "type": "string" } },
        });
        AgentValidate {
            spec: ToolSpec {
                name: "agent.validate".to_owned(),
                version: 1,
                title: "Check a host's name and how it is reached".to_owned(),
                description: "Checks the name's format and that it is free, reads what the ssh config says about the host, and looks its address up. Connects to nothing.".to_owned(),
                effect: EffectClass::Read,
                recovery: Recovery::Pure,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["hostname"],
                    "properties": {
                        "hostname": { "type": "string", "minLength": 1, "maxLength": 255 },
                        "address": text,
                        "port": { "type": ["integer", "null"], "minimum": 1, "maximum": 65535 },
                        "user": text,
                        "credential": { "type": ["string", "null"], "description": "ssh:config, ssh:agent, key:/path/to/file or keychain:ssh/name (a password)", "maxLength": 4096 },
                        "ssh_alias": text,
                        "ssh_config": text,
                        "jump": { "type": ["string", "null"], "description": "Hosts in between, as in ProxyJump", "maxLength": 1000 },
                        "needs_openssh": { "type": ["string", "null"], "description": "Why the user's own ssh program is needed", "maxLength": 1000 },
                        "host_key_alias": { "type": ["string", "null"], "description": "The name the host key is known by", "maxLength": 255 },
                        "environment": super::nullable(&super::environment_schema()),
                        "labels": super::labels_schema(),
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["hostname", "is_candidate", "addresses", "conflicts", "connection", "notes", "environment", "labels"],
                    "properties": {
                        "hostname": { "type": "string" },
                        "is_candidate": { "type": "boolean", "description": "It is known, and did not answer before" },
                        "addresses": { "type": "array", "items": { "type": "string" } },
                        "conflicts": { "type": "array", "items": conflict },
                        "connection": super::connection_schema(),
                        "notes": { "type": "array", "items": { "type": "string" } },
                        "environment": { "type": ["string", "null"] },
                        "labels": super::labels_schema(),
                    },
                }),
                inverse: None,
                timeout_ms: 30_000,
            },
        }
    }
}

impl ReadTool for AgentValidate {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn read<'a>(
        &'a self,
        args: &'a Json,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        Box::pin(async move {
            let asked: Arguments = arguments(&self.spec.name, args)?;
            let hostname = asked.hostname.to_ascii_lowercase();
            check_name(&asked.hostname)?;
            for (name, value) in &asked.labels {
                super::check_label(name, value)?;
            }
            let (connection, notes) = connection(&asked).await?;
            let agents = context.ports.inventory.agents().await?;
            let conflicts = conflicts(&hostname, &connection, &agents);
            let is_candidate = agents.iter().any(|agent| {
                agent.state == AgentState::Candidate
                    && agent.agent_id.eq_ignore_ascii_case(&hostname)
            });
            // Behind another host or program, only that one knows the name.
            let addresses = if connection.jumps.is_empty() && connection.via == Via::Ssh {
                look_up(&connection.address, connection.port).await?
            } else {
                vec![connection.address.clone()]
            };
            Ok(ToolOutput::read(json!({
                "hostname": hostname,
                "is_candidate": is_candidate,
                "addresses": addresses,
                "conflicts": conflicts,
                "connection": connection,
                "notes": notes,
                "environment": asked.environment,
                "labels": asked.labels,
            })))
        })
    }
}

/// Is it a host name (RFC 952, RFC 1123)?
fn check_name(name: &str) -> Result<(), ToolError> {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.len() <= HOSTNAME_CHARS && name.split('.').all(label) {
        return Ok(());
    }
    let better: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    let better = better.trim_matches(['-', '.']);
    let hint = if check_better(better) {
        format!(
            "Use letters, digits, - and dots, as in {better}; what ssh calls it goes into ssh_alias."
        )
    } else {
        "Use letters, digits, - and dots, as in web-01.example.org.".to_owned()
    };
    Err(fault(
        "invalid_hostname",
        format!("{:?} is not a host name.", fleet::visible(name, 80)),
        hint,
    )
    .not_started(ErrorClass::Invalid))
}

fn check_better(name: &str) -> bool {
    !name.is_empty()
        && name
            .split('.')
            .all(|label| !label.is_empty() && label.len() <= 63)
}

/// How it would be reached: what is said here, else what the ssh config says, else what ssh does by itself.
async fn connection(asked: &Arguments) -> Result<(Connection, Vec<String>), ToolError> {
    let name = asked.ssh_alias.as_deref().unwrap_or(&asked.hostname);
    let config = asked.ssh_config.as_deref();
    let resolved = ssh_config::resolve(name, config.map(Path::new)).await?;
    let mut notes: Vec<String> = resolved
        .unsupported
        .iter()
        .map(|option| format!("{option} of the ssh config is not used"))
        .collect();
    let jumps = match &asked.jump {
        Some(jump) => ssh_config::jumps(jump, config.map(Path::new)).await?,
        None => resolved.jumps.clone(),
    };
    // An address of its own wins over the ssh config's, which then says only what is used to log in.
    let address = asked.address.clone().unwrap_or(resolved.hostname);
    // Where the name led to the address, the name is what the ssh config has keys and proofs for.
    let alias = match (&asked.ssh_alias, &asked.address) {
        (None, None) => Some(asked.hostname.clone()),
        (alias, _) => alias.clone(),
    };
    let why = asked.needs_openssh.clone().or(resolved.openssh.clone());
    let via = match why {
        Some(reason) => {
            notes.push(format!(
                "The ssh program of this computer is used: {reason}"
            ));
            Via::Openssh { reason }
        }
        None => Via::Ssh,
    };
    Ok((
        Connection {
            address,
            port: asked.port.unwrap_or(resolved.port),
            user: asked.user.clone().unwrap_or(resolved.user),
            credential: asked.credential.clone().unwrap_or_default(),
            ssh_alias: alias,
            ssh_config: asked.ssh_config.clone(),
            host_key_alias: asked.host_key_alias.clone().or(resolved.host_key_alias),
            via,
            jumps,
            host_key: None,
        },
        notes,
    ))
}

/// Agents that have the name, or are reached at the same place by the same user.
fn conflicts(hostname: &str, connection: &Connection, agents: &[Agent]) -> Vec<Json> {
    let mut found = Vec::new();
    if hostname == Agent::THIS_COMPUTER {
        found.push(json!({ "agent_id": hostname, "why": "the name is that of this computer" }));
    }
    for agent in agents {
        let Transport::Ssh(known) = &agent.transport else {
            continue;
        };
        if agent.agent_id.eq_ignore_ascii_case(hostname) {
            if agent.state != AgentState::Candidate {
                found.push(json!({
                    "agent_id": agent.agent_id,
                    "why": format!("the name is taken ({}, {})", agent.state.word(), agent.environment),
                }));
            }
        } else if (&known.address, known.port, &known.user, &known.jumps)
            == (
                &connection.address,
                connection.port,
                &connection.user,
                &connection.jumps,
            )
        {
            found.push(json!({
                "agent_id": agent.agent_id,
                "why": format!("{}@{}:{} is this agent", known.user, known.address, known.port),
            }));
        }
    }
    found
}

async fn look_up(address: &str, port: u16) -> Result<Vec<String>, ToolError> {
    let not_found = |why: String| {
        fault(
            "name_not_found",
            format!("{} has no address: {why}.", fleet::visible(address, 80)),
            "Check the spelling, or give an address.",
        )
    };
    match timeout(LOOKUP, tokio::net::lookup_host((address, port))).await {
        Ok(Ok(found)) => {
            let mut addresses: Vec<String> =
                found.map(|address| address.ip().to_string()).collect();
            addresses.dedup();
            Ok(addresses)
        }
        Ok(Err(error)) => Err(not_found(error.to_string()).not_done(ErrorClass::NotFound)),
        Err(_) => Err(
            not_found(format!("no answer within {} s", LOOKUP.as_secs()))
                .not_done(ErrorClass::Timeout),
        ),
    }
}
