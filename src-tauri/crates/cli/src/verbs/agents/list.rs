//! `countersign agents list`: the agents, how each is reached and how it was when it was last asked.

use crate::{
    console::Console,
    exit::{Exit, Outcome, TABLE},
    line::{Line, Style, table},
    phrases,
};
use api::AgentInfo;
use fleet::{Agent, AgentState, Severity, Transport};
use serde_json::json;

/// List the agents
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
List the agents, with how each is reached and what was found when it was last asked.

A selector picks by labels, as in Kubernetes: name=value, name!=value, name in (a,b), name notin (a,b), name, !name, \
joined by commas. Beside the labels there are name, environment and state.

Works beside the window and beside other commands: it only reads. With --json: {agents: [{agent, registered_at_us, run, \
last}]}.

Examples:
  countersign agents list
  countersign agents list 'environment=production,role in (web,db)'
  countersign agents list state=candidate --json")]
pub(crate) struct List {
    /// Only those that this label selector matches
    #[arg(default_value = "")]
    selector: String,
}

impl List {
    pub(crate) async fn perform(self, console: &Console) -> Outcome {
        let call = api::Agents {
            selector: self.selector.clone(),
        };
        let list = match console.open_for_reading().await {
            Ok(door) => door.call(call, console.origin()).await?,
            // Nobody has used this folder yet: this computer is an agent all the same.
            Err(fault) if fault.code == "no_data" => {
                let door = console.open().await?;
                let list = door.call(call, console.origin()).await;
                door.close().await;
                list?
            }
            Err(fault) => return Err(fault.into()),
        };
        let screen = &console.screen;
        if screen.json() {
            screen.object(&json!(list));
            return Ok(Exit::Done);
        }
        if list.agents.is_empty() {
            screen.result(&Line::of("No agent matches."));
        } else {
            let heads = [
                "AGENT",
                "ENVIRONMENT",
                "STATE",
                "REACHED",
                "LAST ASKED",
                "HEALTH",
                "LABELS",
            ];
            screen.results(&table(&heads, list.agents.iter().map(row).collect()));
        }
        let only_this = |info: &AgentInfo| info.agent.agent_id == Agent::THIS_COMPUTER;
        if list.agents.iter().all(only_this) && self.selector.is_empty() {
            screen.result(&Line::default());
            let command = console.command("agents import --dry-run");
            let hint = Line::default().dim("what your ssh config would give  ");
            screen.result(&hint.plain(command));
        }
        Ok(Exit::Done)
    }
}

fn row(info: &AgentInfo) -> Vec<Line> {
    let agent = &info.agent;
    let state = match agent.state {
        AgentState::Registered => Line::of("registered"),
        AgentState::Draining | AgentState::Candidate => {
            Line::default().and(Style::Warn, agent.state.word())
        }
        AgentState::Quarantined => Line::default().and(Style::Bad, agent.state.word()),
        AgentState::Retired => Line::default().dim(agent.state.word()),
    };
    let reached = match &agent.transport {
        Transport::Ssh(connection) => {
            let port = match connection.port {
                22 => String::new(),
                port => format!(":{port}"),
            };
            Line::of(format!("{}@{}{port}", connection.user, connection.address))
        }
        Transport::Local => Line::default().dim("this computer"),
    };
    let labels: Vec<String> = agent
        .labels
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    vec![
        Line::default().bold(&agent.agent_id),
        Line::of(&agent.environment),
        state,
        reached.cut(40),
        info.last.as_ref().map_or_else(
            || Line::default().dim("never"),
            |last| Line::of(phrases::moment(last.taken_at_us)),
        ),
        health(info),
        Line::default().dim(labels.join(",")).cut(40),
    ]
}

fn health(info: &AgentInfo) -> Line {
    let Some(last) = &info.last else {
        return Line::default().dim("not known");
    };
    let worst = last.findings.iter().map(|finding| finding.severity).max();
    let count = |of: Severity| {
        last.findings
            .iter()
            .filter(|finding| finding.severity == of)
            .count()
    };
    match worst {
        Some(Severity::Critical) => Line::default().and(
            Style::Bad,
            format!("{} critical", count(Severity::Critical)),
        ),
        Some(Severity::Warning) => Line::default().and(
            Style::Warn,
            phrases::count(count(Severity::Warning), "warning"),
        ),
        Some(Severity::Info) | None if last.partial => Line::of("healthy, partly asked"),
        Some(Severity::Info) | None => Line::default().and(Style::Good, "healthy"),
    }
}
