//! agent.scan_keys reads a host's key without logging in; agent.trust_key and agent.untrust_key keep which key a person
//! trusts for a host. A key that changed or was revoked is an error with file and line: nobody is asked to trust it.

use super::home::{HomeSpec, HomeTool, Plan, Planned};
use crate::known_hosts::{self, Trust};
use crate::{BoxFuture, Context, ReadTool, fault::arguments, fault::fault, transport};
use fleet::Connection;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use workflow::{
    Change, EffectClass, ErrorClass, FleetChange, Recovery, Target, ToolError, ToolOutput, ToolSpec,
};

/// agent.scan_keys.
pub(crate) struct AgentScanKeys {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scan {
    hostname: String,
    connection: Connection,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    hostname: String,
    host: String,
    port: u16,
    key: String,
}

impl AgentScanKeys {
    pub(crate) fn new() -> AgentScanKeys {
        let text = json!({ "type": "string" });
        AgentScanKeys {
            spec: ToolSpec {
                name: "agent.scan_keys".to_owned(),
                version: 1,
                title: "Read a host's key".to_owned(),
                description: "Reads the key that a host shows before anybody logs in; no user name and no secret is sent to it. Says whether the key is known already (here, or in the files of OpenSSH). A changed or revoked key is an error with file and line.".to_owned(),
                effect: EffectClass::Read,
                recovery: Recovery::Pure,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["hostname", "connection"],
                    "properties": {
                        "hostname": super::hostname_schema(),
                        "connection": super::connection_schema(),
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["hostname", "connection", "host", "port", "algorithm", "fingerprint", "key", "trust", "known_by"],
                    "properties": {
                        "hostname": text,
                        "connection": super::connection_schema(),
                        "host": text,
                        "port": { "type": "integer" },
                        "algorithm": text,
                        "fingerprint": text,
                        "key": text,
                        "trust": { "enum": ["trusted", "unknown"] },
                        "known_by": { "type": ["string", "null"], "description": "Where the key is known: Countersign, or a file and line" },
                    },
                }),
                inverse: None,
                timeout_ms: 30_000,
            },
        }
    }
}

impl ReadTool for AgentScanKeys {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn read<'a>(
        &'a self,
        args: &'a Json,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        Box::pin(async move {
            let Scan {
                hostname,
                connection,
            } = arguments(&self.spec.name, args)?;
            let scanned = transport::scan(&connection, context).await?;
            let (host, port) = connection.key_host();
            let (host, known_by) = (
                host.to_owned(),
                match &scanned.trust {
                    Trust::Trusted { by } => Some(by.clone()),
                    // An authority vouches for other keys than this one: a person may still trust it.
                    Trust::Unknown | Trust::CaSigned { .. } => None,
                    Trust::Changed { .. } | Trust::Revoked { .. } | Trust::StoreUnusable { .. } => {
                        return Err(transport::refusal(&connection, &scanned));
                    }
                },
            );
            let connection = Connection {
                host_key: Some(scanned.fingerprint.clone()),
                ..connection
            };
            Ok(ToolOutput::read(json!({
                "hostname": hostname,
                "connection": connection,
                "host": host,
                "port": port,
                "algorithm": scanned.algorithm,
                "fingerprint": scanned.fingerprint,
                "key": scanned.key,
                "trust": if known_by.is_some() { "trusted" } else { "unknown" },
                "known_by": known_by,
            })))
        })
    }
}

/// agent.trust_key.
pub(crate) fn trust_key() -> HomeTool {
    key_tool(
        "agent.trust_key",
        "Trust a host key",
        "From now on this key is trusted for this host and port, here only: the files of OpenSSH are not changed. Compare the fingerprint with one that you have from elsewhere.",
        "agent.untrust_key",
        |args, context| plan(args, context, "agent.trust_key", true),
    )
}

/// agent.untrust_key.
pub(crate) fn untrust_key() -> HomeTool {
    key_tool(
        "agent.untrust_key",
        "Trust a host key no longer",
        "The key is no longer trusted here for this host and port; nobody logs in there until it is again. The files of OpenSSH are not changed.",
        "agent.trust_key",
        |args, context| plan(args, context, "agent.untrust_key", false),
    )
}

fn key_tool(
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
            "required": ["hostname", "host", "port", "key"],
            "properties": {
                "hostname": json!({ "type": "string", "minLength": 1, "maxLength": 255 }),
                "host": { "type": "string", "minLength": 1, "maxLength": 255, "description": "Address or name, as it is connected to" },
                "port": { "type": "integer", "minimum": 1, "maximum": 65535 },
                "key": {
                    "type": "string",
                    "description": "Algorithm and base64, as in known_hosts",
                    "pattern": "^[a-z0-9@.-]{1,64} [A-Za-z0-9+/]{16,8192}={0,2}$",
                },
            },
        }),
        output: json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["hostname", "host", "port", "fingerprint", "trusted"],
            "properties": {
                "hostname": { "type": "string" },
                "host": { "type": "string" },
                "port": { "type": "integer" },
                "fingerprint": { "type": "string" },
                "trusted": { "type": "boolean" },
            },
        }),
        plan,
    })
}

fn plan<'a>(
    args: &'a Json,
    context: &'a Context,
    tool: &'static str,
    trust: bool,
) -> BoxFuture<'a, Result<Planned, ToolError>> {
    Box::pin(async move {
        let Key {
            hostname,
            host,
            port,
            key,
        } = arguments(tool, args)?;
        let Some(fingerprint) = known_hosts::fingerprint(&key) else {
            return Err(fault(
                "not_a_key",
                format!(
                    "What is given for {} is not a public key.",
                    fleet::visible(&host, 80)
                ),
                "Take the key as agent.scan_keys gives it.",
            )
            .not_started(ErrorClass::Invalid));
        };
        let trusted = context.ports.host_keys.trusted(&host, port).await?;
        let is_trusted = trusted.contains(&key);
        let place = host_and_port(&host, port);
        let algorithm = key.split(' ').next().unwrap_or_default();
        let changes = if is_trusted == trust {
            Vec::new()
        } else {
            vec![Change {
                verb: if trust { "trust" } else { "untrust" }.to_owned(),
                subject: format!("host key of {hostname} ({place})"),
                diff: format!(
                    "{}{algorithm} {fingerprint}\n",
                    if trust { '+' } else { '-' }
                ),
            }]
        };
        let (host_of, key_of) = (host.clone(), key.clone());
        let change = match trust {
            true => FleetChange::KeyTrusted {
                host: host_of,
                port,
                key: key_of,
            },
            false => FleetChange::KeyUntrusted {
                host: host_of,
                port,
                key: key_of,
            },
        };
        Ok(Planned {
            target: Target {
                agent: hostname.clone(),
                host_key: Some(fingerprint.clone()),
            },
            facts: BTreeMap::from([
                ("fingerprint".to_owned(), json!(fingerprint)),
                ("trusted".to_owned(), json!(is_trusted)),
            ]),
            fleet: if changes.is_empty() {
                Vec::new()
            } else {
                vec![change]
            },
            changes,
            blast_radius: format!(
                "Logins to {place} by Countersign; nothing is changed on the host."
            ),
            undo_says: if trust {
                format!("{fingerprint} is no longer trusted for {place}")
            } else {
                format!("{fingerprint} is trusted again for {place}")
            },
            undo_args: json!({ "hostname": hostname, "host": host, "port": port, "key": key }),
            output: json!({
                "hostname": hostname,
                "host": host,
                "port": port,
                "fingerprint": fingerprint,
                "trusted": trust,
            }),
        })
    })
}

/// `host` or `[host]:port`, as in known_hosts.
fn host_and_port(host: &str, port: u16) -> String {
    match port {
        22 => host.to_owned(),
        port => format!("[{host}]:{port}"),
    }
}
