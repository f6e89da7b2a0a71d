//! agent.health: one agent, asked and judged. An agent that does not answer is an answer (`unreachable`), so that a
//! report says so; a wrong id is an error.

use super::snapshot::{host, measures_for, not_permitted, take};
use crate::{BoxFuture, Context, MissedAgent, ReadTool, fault::arguments};
use fleet::{Agent, Check, Finding, Limits, Severity};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use workflow::{EffectClass, ErrorClass, Recovery, ToolError, ToolOutput, ToolSpec};

/// agent.health.
pub(crate) struct AgentHealth {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    agent_id: String,
    checks: Option<Vec<Check>>,
    limits: Option<Limits>,
}

impl AgentHealth {
    pub(crate) fn new() -> AgentHealth {
        let nullable = |kind: &str| json!({ "type": [kind, "null"] });
        let strings = json!({ "type": "array", "items": { "type": "string" } });
        let finding = json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["severity", "check", "subject", "what", "metric", "value", "unit", "threshold", "origin", "evidence"],
            "properties": {
                "severity": { "enum": ["info", "warning", "critical"] },
                "check": { "enum": Check::ALL.map(Check::word) },
                "subject": { "type": "string" },
                "what": { "type": "string" },
                "metric": { "type": "string" },
                "value": { "type": "number" },
                "unit": { "type": "string" },
                "threshold": nullable("number"),
                "origin": { "type": "string" },
                "evidence": { "type": "array", "minItems": 1, "items": { "type": "string" } },
            },
        });
        AgentHealth {
            spec: ToolSpec {
                name: "agent.health".to_owned(),
                version: 1,
                title: "Check the health of an agent".to_owned(),
                description: "Takes a snapshot of an agent and judges it by thresholds whose origin is named. What could not be asked is listed, never taken as healthy. An agent that does not answer gives the status unreachable.".to_owned(),
                effect: EffectClass::Read,
                recovery: Recovery::Pure,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["agent_id"],
                    "properties": {
                        "agent_id": { "type": "string", "minLength": 1, "maxLength": 200 },
                        "checks": super::checks_schema("What to check; all when left out"),
                        "limits": crate::health::limits_schema(),
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": [
                        "agent_id", "title", "environment", "reachable", "status", "partial", "snapshot_id", "host",
                        "measures", "findings", "not_checked", "not_permitted", "evidence",
                    ],
                    "properties": {
                        "agent_id": { "type": "string" },
                        "title": { "type": "string" },
                        "environment": { "type": "string" },
                        "reachable": { "type": "boolean" },
                        "status": { "enum": ["healthy", "warning", "critical", "unreachable", "unknown"] },
                        "partial": { "type": "boolean" },
                        "snapshot_id": nullable("string"),
                        "host": { "type": ["object", "null"] },
                        "measures": { "type": "array", "items": super::measure_schema() },
                        "findings": { "type": "array", "items": finding },
                        "not_checked": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "additionalProperties": false,
                                "required": ["check", "why"],
                                "properties": { "check": { "enum": Check::ALL.map(Check::word) }, "why": { "type": "string" } },
                            },
                        },
                        "not_permitted": strings,
                        "evidence": strings,
                    },
                }),
                inverse: None,
                timeout_ms: 30_000,
            },
        }
    }
}

impl ReadTool for AgentHealth {
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
            let agent = super::find_in_use(&arguments.agent_id, context).await?;
            let checks = arguments.checks.unwrap_or_else(|| Check::ALL.to_vec());
            let output = match take(&agent, context).await {
                Ok(kept) => judged(
                    &agent,
                    &kept,
                    &checks,
                    &arguments.limits.unwrap_or_default(),
                ),
                Err(error) if is_unreachable(&error) => {
                    let evidence =
                        fleet::visible(&format!("{}: {}", error.code, error.message), 400);
                    let missed = MissedAgent {
                        agent_id: agent.agent_id.clone(),
                        at_us: context.now_us(),
                        why: evidence.clone(),
                    };
                    context.ports.snapshots.miss(missed).await?;
                    unreachable(&agent, &evidence)
                }
                Err(error) => return Err(error),
            };
            Ok(ToolOutput::read(output))
        })
    }
}

/// Is the agent at fault, rather than this program or a person who cancelled?
fn is_unreachable(error: &ToolError) -> bool {
    matches!(
        error.class,
        ErrorClass::Network | ErrorClass::Timeout | ErrorClass::Auth
    ) || error.code == "not_a_snapshot"
}

fn judged(agent: &Agent, kept: &super::snapshot::Kept, checks: &[Check], limits: &Limits) -> Json {
    let findings = fleet::judge(&kept.snapshot, limits, checks);
    let unjudged = fleet::unjudged(&kept.snapshot, checks);
    // Every check was impossible: nothing is known. Some were: the status speaks for the others, which are named.
    let askable = checks
        .iter()
        .filter(|check| **check != Check::Reachable)
        .count();
    let status = match findings.iter().map(|finding| finding.severity).max() {
        Some(Severity::Critical) => "critical",
        Some(Severity::Warning) => "warning",
        Some(Severity::Info) | None if askable > 0 && unjudged.len() == askable => "unknown",
        Some(Severity::Info) | None => "healthy",
    };
    let not_checked: Vec<Json> = unjudged
        .iter()
        .map(|(check, why)| json!({ "check": check.word(), "why": why.says() }))
        .collect();
    let asked_as = kept.snapshot.host.user.as_deref().unwrap_or("unknown");
    json!({
        "agent_id": agent.agent_id,
        "title": agent.title,
        "environment": agent.environment,
        "reachable": true,
        "status": status,
        "partial": kept.snapshot.is_partial(),
        "snapshot_id": kept.snapshot_id,
        "host": host(&kept.snapshot),
        "measures": measures_for(&kept.measures, checks),
        "findings": findings,
        "not_checked": not_checked,
        "not_permitted": not_permitted(&kept.snapshot),
        "evidence": [format!("snapshot {} of {}, asked as user {asked_as}", kept.snapshot_id, agent.agent_id)],
    })
}

fn unreachable(agent: &Agent, evidence: &str) -> Json {
    json!({
        "agent_id": agent.agent_id,
        "title": agent.title,
        "environment": agent.environment,
        "reachable": false,
        "status": "unreachable",
        "partial": true,
        "snapshot_id": null,
        "host": null,
        "measures": [],
        "findings": [Finding::unreachable(evidence.to_owned())],
        "not_checked": [],
        "not_permitted": [],
        "evidence": [evidence],
    })
}
