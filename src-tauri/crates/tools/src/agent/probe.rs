//! agent.probe: the first login to a host, with a key that is trusted: what it is, and whether it is fit to be an agent.
//! Spends a credential; changes nothing.

use crate::transport::{self, End, Script};
use crate::{BoxFuture, Context, ReadTool, fault::arguments, fault::fault};
use fleet::{Agent, AgentState, Connection, Transport};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::time::Duration;
use workflow::{EffectClass, ErrorClass, Recovery, ToolError, ToolOutput, ToolSpec};

const SCRIPT: &str = include_str!("probe.sh");
const TIMEOUT: Duration = Duration::from_secs(20);
const CAP_BYTES: usize = 64 * 1024;
/// Below this a host cannot keep even a small release.
const DISK_FREE_KIB: u64 = 100 * 1024;
/// A clock further off than this spoils logs and certificates.
const CLOCK_SKEW_MS: i64 = 5_000;

/// agent.probe.
pub(crate) struct AgentProbe {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    hostname: String,
    connection: Connection,
    expect_host_key: Option<String>,
}

impl AgentProbe {
    pub(crate) fn new() -> AgentProbe {
        AgentProbe {
            spec: ToolSpec {
                name: "agent.probe".to_owned(),
                version: 1,
                title: "Log in and look".to_owned(),
                description: "Logs in to a host whose key is trusted and asks what it is: system, processors, memory, disk, clock, sudo, what services run with. Refused before any credential is sent when the key is not the expected one.".to_owned(),
                effect: EffectClass::Credential,
                recovery: Recovery::Pure,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["hostname", "connection"],
                    "properties": {
                        "hostname": super::hostname_schema(),
                        "connection": super::connection_schema(),
                        "expect_host_key": { "type": ["string", "null"], "description": "The fingerprint that was trusted" },
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["hostname", "connection", "facts", "checks"],
                    "properties": {
                        "hostname": { "type": "string" },
                        "connection": super::connection_schema(),
                        "facts": { "type": "object", "additionalProperties": { "type": "string" } },
                        "checks": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "additionalProperties": false,
                                "required": ["check", "ok", "says"],
                                "properties": {
                                    "check": { "enum": ["os", "disk", "memory", "clock", "sudo", "runtime"] },
                                    "ok": { "type": "boolean" },
                                    "says": { "type": "string" },
                                },
                            },
                        },
                    },
                }),
                inverse: None,
                timeout_ms: 60_000,
            },
        }
    }
}

impl ReadTool for AgentProbe {
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
            let connection = Connection {
                host_key: asked.expect_host_key.or(asked.connection.host_key.clone()),
                ..asked.connection
            };
            let stranger = Agent {
                agent_id: asked.hostname.clone(),
                title: asked.hostname.clone(),
                transport: Transport::Ssh(connection.clone()),
                environment: String::new(),
                labels: BTreeMap::new(),
                state: AgentState::Candidate,
                facts: BTreeMap::new(),
            };
            let script = Script {
                text: SCRIPT,
                args: &[],
                timeout: TIMEOUT,
                cap_bytes: CAP_BYTES,
            };
            let answer = transport::run(&stranger, script, context).await?;
            let said = String::from_utf8_lossy(&answer.stdout);
            let said: BTreeMap<&str, &str> = said
                .lines()
                .filter_map(|line| line.split_once('='))
                .collect();
            if said.get("end") != Some(&"ok") {
                return Err(incomplete(&asked.hostname, answer.end));
            }
            let checks = checks(&said, context.now_us());
            Ok(ToolOutput::read(json!({
                "hostname": asked.hostname,
                "connection": connection,
                "facts": facts(&said),
                "checks": checks,
            })))
        })
    }
}

fn incomplete(hostname: &str, end: End) -> ToolError {
    let name = fleet::visible(hostname, 80);
    match end {
        End::TimedOut => fault(
            "agent_timeout",
            format!("{name} did not answer within {} s.", TIMEOUT.as_secs()),
            "Look at the host's load, then run it again.",
        )
        .not_done(ErrorClass::Timeout),
        End::Exited(_) | End::Signalled(_) | End::Capped => fault(
            "not_a_shell",
            format!("{name} let us in, but did not run a POSIX shell."),
            "Look at the call's log; a forced command or a restricted shell (git, sftp only) may stand there.",
        )
        .not_done(ErrorClass::Io),
    }
}

/// What is kept with the agent's row; a number or a name each, made harmless.
fn facts(said: &BTreeMap<&str, &str>) -> BTreeMap<String, String> {
    let names = [
        "os",
        "kernel",
        "arch",
        "hostname",
        "user",
        "ncpu",
        "memory_kib",
        "sudo",
        "runtime",
    ];
    names
        .iter()
        .filter_map(|name| said.get(name).map(|value| (*name, *value)))
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), fleet::visible(value, 200)))
        .collect()
}

fn checks(said: &BTreeMap<&str, &str>, now_us: i64) -> Vec<Json> {
    let text = |name: &str| fleet::visible(said.get(name).copied().unwrap_or_default(), 200);
    let number = |name: &str| {
        said.get(name)
            .and_then(|value| value.trim().parse::<u64>().ok())
    };
    let check =
        |check: &str, ok: bool, says: String| json!({ "check": check, "ok": ok, "says": says });
    let disk = said.get("disk_kib").and_then(|line| {
        let mut words = line.split(' ').map(|word| word.parse::<u64>().ok());
        Some((words.next()??, words.next()??))
    });
    let skew_ms = said
        .get("epoch_ns")
        .and_then(|value| value.parse::<i64>().ok())
        .map(|ns| ns / 1_000_000 - now_us / 1_000);
    let kernel = text("kernel");
    vec![
        check(
            "os",
            kernel.starts_with("Linux"),
            format!("{} ({kernel}, {})", text("os"), text("arch")),
        ),
        match disk {
            Some((size, free)) => check(
                "disk",
                free >= DISK_FREE_KIB,
                format!("{} MiB of {} MiB free at home", free / 1024, size / 1024),
            ),
            None => check("disk", false, "could not be asked".to_owned()),
        },
        match number("memory_kib") {
            Some(kib) => check("memory", true, format!("{} MiB", kib / 1024)),
            None => check("memory", false, "could not be asked".to_owned()),
        },
        match skew_ms {
            Some(skew) => check(
                "clock",
                skew.abs() <= CLOCK_SKEW_MS,
                format!("{skew} ms from this computer's"),
            ),
            None => check("clock", true, "only whole seconds".to_owned()),
        },
        check(
            "sudo",
            true,
            match text("sudo").as_str() {
                "root" => "logs in as root".to_owned(),
                "yes" => "sudo without a password".to_owned(),
                "password" => "sudo asks for a password".to_owned(),
                _ => "no sudo".to_owned(),
            },
        ),
        check(
            "runtime",
            true,
            match text("runtime").as_str() {
                "" => "no systemd, docker or podman".to_owned(),
                runtime => runtime.to_owned(),
            },
        ),
    ]
}
