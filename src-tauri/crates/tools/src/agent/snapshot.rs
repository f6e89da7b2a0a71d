//! agent.snapshot: what a host says of itself, taken in one round trip and kept; later steps get its id and its
//! measures, not its body. Also the taking itself, for agent.health.

use crate::transport::{self, End, Script};
use crate::{BoxFuture, Context, ReadTool, TakenSnapshot, fault::arguments, fault::fault};
use fleet::{Agent, Check, Measure, Snapshot, Transport, Why, thresholds};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::time::Duration;
use workflow::{EffectClass, ErrorClass, Recovery, ToolError, ToolOutput, ToolSpec};

const SCRIPT: &str = include_str!("snapshot.sh");
/// Shorter than the call's own time, so that a slow host still gives a partial snapshot.
const TIMEOUT: Duration = Duration::from_secs(20);

/// agent.snapshot.
pub(crate) struct AgentSnapshot {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    agent_id: String,
    checks: Option<Vec<Check>>,
}

/// A snapshot that was taken and kept.
pub(super) struct Kept {
    pub(super) snapshot_id: String,
    pub(super) snapshot: Snapshot,
    pub(super) measures: Vec<Measure>,
}

/// Takes a snapshot of an agent and keeps it.
pub(super) async fn take(agent: &Agent, context: &Context) -> Result<Kept, ToolError> {
    let script = Script {
        text: SCRIPT,
        args: &[],
        timeout: TIMEOUT,
        cap_bytes: Snapshot::MAX_BYTES,
    };
    let asked_us = context.now_us();
    let answer = transport::run(agent, script, context).await?;
    let mut snapshot =
        Snapshot::parse(&answer.stdout).map_err(|error| {
            match answer.end {
        End::TimedOut => fault(
            "agent_timeout",
            format!("{} did not answer within {} s.", agent.title, TIMEOUT.as_secs()),
            "Look at the host's load and at hanging network filesystems, then run it again.",
        )
        .not_done(ErrorClass::Timeout),
        End::Exited(_) | End::Signalled(_) | End::Capped => fault(
            "not_a_snapshot",
            format!("{} did not answer with a snapshot: {error}.", agent.title),
            "Look at the call's log; a start-up file of the shell may end it or print without end.",
        )
        .not_done(ErrorClass::Io),
    }
        })?;
    if agent.transport != Transport::Local {
        snapshot.compare_clock(asked_us, context.now_us());
    }
    let measures = snapshot.measures();
    let taken = TakenSnapshot {
        key: context.key,
        agent_id: agent.agent_id.clone(),
        taken_at_us: context.now_us(),
        snapshot: snapshot.clone(),
        measures: measures.clone(),
    };
    let snapshot_id = context.ports.snapshots.keep(taken).await?;
    Ok(Kept {
        snapshot_id,
        snapshot,
        measures,
    })
}

/// The measures that belong to these checks.
pub(super) fn measures_for(measures: &[Measure], checks: &[Check]) -> Vec<Measure> {
    let table = thresholds(&fleet::Limits::default());
    let belongs = |measure: &Measure| match table
        .iter()
        .find(|threshold| threshold.metric == measure.metric)
    {
        Some(threshold) => checks.contains(&threshold.check),
        None => checks.contains(&match measure.metric.as_str() {
            metric if metric.starts_with("system.filesystem.") => Check::Disk,
            metric if metric.starts_with("system.memory.") => Check::Memory,
            metric if metric.starts_with("system.services.") => Check::Services,
            _ => Check::Load,
        }),
    };
    measures
        .iter()
        .filter(|measure| belongs(measure))
        .cloned()
        .collect()
}

/// What the user who asked may not read, in words.
pub(super) fn not_permitted(snapshot: &Snapshot) -> Vec<&'static str> {
    snapshot
        .gaps
        .iter()
        .filter(|gap| gap.why == Why::NotPermitted)
        .map(|gap| title(&gap.section))
        .collect()
}

/// A section in words.
fn title(section: &str) -> &'static str {
    match section {
        "kernel_log" => "the kernel's log",
        "journal" => "the journal",
        "processes" | "top" => "the list of processes",
        "units" => "the service manager",
        "df" | "dfi" | "mounts" | "fstab" => "the filesystems",
        "meminfo" | "vmstat" => "the memory's counters",
        "filenr" => "the count of file handles",
        _ => "a part of /proc",
    }
}

impl AgentSnapshot {
    pub(crate) fn new() -> AgentSnapshot {
        let text = json!({ "type": ["string", "null"] });
        AgentSnapshot {
            spec: ToolSpec {
                name: "agent.snapshot".to_owned(),
                version: 1,
                title: "Take a snapshot of an agent".to_owned(),
                description: "Asks an agent in one round trip for processor, memory, filesystems, services, logs and clock, keeps the answer, and gives its id with the measures. Changes nothing on the agent.".to_owned(),
                effect: EffectClass::Read,
                recovery: Recovery::Pure,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["agent_id"],
                    "properties": {
                        "agent_id": { "type": "string", "minLength": 1, "maxLength": 200 },
                        "checks": super::checks_schema("Only the measures of these checks; the snapshot itself is always whole"),
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["agent_id", "snapshot_id", "partial", "host", "measures", "gaps"],
                    "properties": {
                        "agent_id": { "type": "string" },
                        "snapshot_id": { "type": "string" },
                        "partial": { "type": "boolean", "description": "The answer broke off or a question failed" },
                        "host": {
                            "type": "object",
                            "additionalProperties": false,
                            "required": ["hostname", "os", "kernel", "uptime_s"],
                            "properties": {
                                "hostname": text,
                                "os": text,
                                "kernel": text,
                                "uptime_s": { "type": ["number", "null"] },
                            },
                        },
                        "measures": { "type": "array", "items": super::measure_schema() },
                        "gaps": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "additionalProperties": false,
                                "required": ["section", "why"],
                                "properties": {
                                    "section": { "type": "string" },
                                    "why": { "enum": ["not_permitted", "not_available", "failed", "timed_out", "not_received"] },
                                },
                            },
                        },
                    },
                }),
                inverse: None,
                timeout_ms: 30_000,
            },
        }
    }
}

impl ReadTool for AgentSnapshot {
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
            let kept = take(&agent, context).await?;
            let measures = match &arguments.checks {
                Some(checks) => measures_for(&kept.measures, checks),
                None => kept.measures,
            };
            let output = json!({
                "agent_id": agent.agent_id,
                "snapshot_id": kept.snapshot_id,
                "partial": kept.snapshot.is_partial(),
                "host": host(&kept.snapshot),
                "measures": measures,
                "gaps": kept.snapshot.gaps,
            });
            Ok(ToolOutput::read(output))
        })
    }
}

/// Who answered, for outputs.
pub(super) fn host(snapshot: &Snapshot) -> Json {
    json!({
        "hostname": snapshot.host.hostname,
        "os": snapshot.host.os,
        "kernel": snapshot.host.kernel,
        "uptime_s": snapshot.uptime_s,
    })
}
