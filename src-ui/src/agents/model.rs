//! What the screens of agents say and ask for, without a browser: labels as text, which rows of an
//! inventory are wanted although they start unticked.

use std::collections::BTreeMap;

use api::AgentInfo;
use fleet::{Agent, AgentState, Finding, Transport};
use serde_json::{Map, Value as Json, json};

use crate::parts::Health;

/// Where an agent is reached: `deploy@10.0.0.7:2222`.
pub(super) fn place(agent: &Agent) -> String {
    match &agent.transport {
        Transport::Local => "this computer".to_owned(),
        Transport::Ssh(connection) if connection.port == 22 => {
            format!("{}@{}", connection.user, connection.address)
        }
        Transport::Ssh(connection) => format!(
            "{}@{}:{}",
            connection.user, connection.address, connection.port
        ),
    }
}

/// The command that does by hand what the program does, for a person who looks for themselves.
pub(super) fn ssh_command(agent: &Agent) -> Option<String> {
    let Transport::Ssh(connection) = &agent.transport else {
        return None;
    };
    if let Some(alias) = &connection.ssh_alias {
        return Some(format!("ssh {alias}"));
    }
    let port = match connection.port {
        22 => String::new(),
        port => format!("-p {port} "),
    };
    let jumps: Vec<String> = connection
        .jumps
        .iter()
        .map(|hop| format!("{}@{}:{}", hop.user, hop.address, hop.port))
        .collect();
    let jumps = match jumps.is_empty() {
        true => String::new(),
        false => format!("-J {} ", jumps.join(",")),
    };
    Some(format!(
        "ssh {port}{jumps}{}@{}",
        connection.user, connection.address
    ))
}

/// The name of a series in words. It comes as the metric, followed by which part of the host as JSON where there are
/// several: `system.filesystem.utilization {"mountpoint":"/"}`.
pub(super) fn measure_name(series: &str) -> String {
    let (metric, attributes) = series.split_once(' ').unwrap_or((series, "{}"));
    let attributes: BTreeMap<String, String> = workflow::from_json(attributes).unwrap_or_default();
    fleet::name(metric, attributes.values().next().map(String::as_str))
}

/// What a finding was judged by: `Disk usage of /: 91 %; the threshold is 90 % (default)`.
pub(super) fn judged_by(finding: &Finding) -> String {
    let say = |value| fleet::say(value, &finding.unit);
    let name = fleet::name(&finding.metric, Some(&finding.subject));
    let value = say(finding.value);
    match finding.threshold {
        Some(limit) => format!(
            "{name}: {value}; the threshold is {} ({})",
            say(limit),
            finding.origin
        ),
        None => format!("{name}: {value} ({})", finding.origin),
    }
}

/// Labels as people write them: `name=value`, one a line.
pub(super) fn labels_text(labels: &BTreeMap<String, String>) -> String {
    let lines: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    lines.join("\n")
}

/// Labels as written; commas and line ends divide them.
pub(super) fn read_labels(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut labels = BTreeMap::new();
    for part in text.split([',', '\n']).map(str::trim) {
        if part.is_empty() {
            continue;
        }
        let Some((name, value)) = part.split_once('=') else {
            return Err(format!("{part:?} has no =. Write name=value."));
        };
        let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
        if name.is_empty() {
            return Err(format!("{part:?} has no name before the =."));
        }
        if labels.insert(name.clone(), value).is_some() {
            return Err(format!("The label {name} stands there twice."));
        }
    }
    Ok(labels)
}

/// The inputs of `label_agents` that lead from one set of labels to another; none where nothing changes.
pub(super) fn relabelling(
    agent: &Agent,
    environment: &str,
    labels: &BTreeMap<String, String>,
) -> Option<Map<String, Json>> {
    let set: BTreeMap<&String, &String> = labels
        .iter()
        .filter(|(name, value)| agent.labels.get(*name) != Some(*value))
        .collect();
    let gone = agent
        .labels
        .keys()
        .filter(|name| !labels.contains_key(*name));
    let remove: Vec<&String> = gone.collect();
    let moves = environment != agent.environment;
    if set.is_empty() && remove.is_empty() && !moves {
        return None;
    }
    let mut inputs = Map::new();
    inputs.insert("agents".to_owned(), json!([agent.agent_id]));
    if moves {
        inputs.insert("environment".to_owned(), json!(environment));
    }
    inputs.insert("set".to_owned(), json!(set));
    inputs.insert("remove".to_owned(), json!(remove));
    Some(inputs)
}

/// Which agents a word or a part of one finds: in id, title, address, environment, labels and state.
pub(super) fn is_found(info: &AgentInfo, words: &str) -> bool {
    let agent = &info.agent;
    let labels = labels_text(&agent.labels);
    let health = Health::of(info).word();
    let text = [
        agent.agent_id.as_str(),
        &agent.title,
        &place(agent),
        &agent.environment,
        &labels,
        agent.state.word(),
        health,
    ]
    .join(" ")
    .to_lowercase();
    words
        .to_lowercase()
        .split_whitespace()
        .all(|word| text.contains(word))
}

/// The include and exclude lists by which a preview becomes what is ticked.
pub(super) fn ticks(hosts: &[Json], ticked: &[bool]) -> (Vec<Json>, Vec<Json>) {
    let (mut include, mut exclude) = (Vec::new(), Vec::new());
    for (host, ticked) in hosts.iter().zip(ticked) {
        let by_itself = host["picked"] == json!(true);
        match (by_itself, *ticked) {
            (false, true) => include.push(host["name"].clone()),
            (true, false) => exclude.push(host["name"].clone()),
            (true, true) | (false, false) => {}
        }
    }
    (include, exclude)
}

/// The states in which an agent can be drained, and brought back.
pub(super) fn can_drain(state: AgentState) -> bool {
    state == AgentState::Registered
}

#[cfg(test)]
mod tests {
    use super::*;
    use fleet::{Connection, Credential, Hop, Via};

    #[test]
    fn labels_are_read_as_they_are_written() {
        let read = read_labels("role=web, tier = 1\n\nnote=a=b").unwrap();
        assert_eq!(labels_text(&read), "note=a=b\nrole=web\ntier=1");
        assert_eq!(read_labels(&labels_text(&read)), Ok(read));
        for wrong in ["role", "=web", "a=1,a=2"] {
            assert!(read_labels(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_what_changes_is_asked_for() {
        let mut agent = Agent::this_computer();
        agent.labels = read_labels("role=web,tier=1").unwrap();
        let to = |environment: &str, labels: &str| {
            relabelling(&agent, environment, &read_labels(labels).unwrap()).map(Json::Object)
        };
        assert_eq!(to("development", "tier=1,role=web"), None);
        assert_eq!(
            to("production", "role=db"),
            Some(json!({
                "agents": ["this-computer"], "environment": "production",
                "set": { "role": "db" }, "remove": ["tier"],
            }))
        );
    }

    #[test]
    fn the_command_is_the_one_a_person_would_type() {
        let mut connection = Connection {
            address: "10.0.0.7".into(),
            port: 22,
            user: "op".into(),
            credential: Credential::SshConfig,
            ssh_alias: None,
            ssh_config: None,
            host_key_alias: None,
            via: Via::Ssh,
            jumps: Vec::new(),
            host_key: None,
        };
        let command = |connection: &Connection| {
            let mut agent = Agent::this_computer();
            agent.transport = Transport::Ssh(connection.clone());
            (place(&agent), ssh_command(&agent).unwrap_or_default())
        };
        let said = ("op@10.0.0.7".to_owned(), "ssh op@10.0.0.7".to_owned());
        assert_eq!(command(&connection), said);
        connection.port = 2222;
        connection.jumps.push(Hop {
            address: "gate".into(),
            port: 22,
            user: "op".into(),
            ssh_alias: None,
        });
        let said = "ssh -p 2222 -J op@gate:22 op@10.0.0.7";
        assert_eq!(command(&connection).1, said);
        connection.ssh_alias = Some("web".into());
        assert_eq!(command(&connection).1, "ssh web");
        assert_eq!(ssh_command(&Agent::this_computer()), None);
    }

    #[test]
    fn words_find_agents_and_ticks_become_lists() {
        let mut one = AgentInfo {
            agent: Agent::this_computer(),
            registered_at_us: None,
            run: None,
            last: None,
        };
        one.agent.labels = read_labels("role=web").unwrap();
        for (words, found) in [
            ("", true),
            ("THIS comp", true),
            ("role=web development", true),
            ("role=db", false),
            ("not checked", true),
        ] {
            assert_eq!(is_found(&one, words), found, "{words}");
        }
        let hosts = [
            json!({ "name": "a", "picked": true }),
            json!({ "name": "b", "picked": true }),
            json!({ "name": "c", "picked": false }),
            json!({ "name": "d", "picked": false }),
        ];
        assert_eq!(
            ticks(&hosts, &[true, false, true, false]),
            (vec![json!("c")], vec![json!("b")])
        );
    }

    #[test]
    fn measures_are_named_in_words() {
        let disk = "system.filesystem.utilization";
        assert_eq!(
            measure_name(&format!(r#"{disk} {{"mountpoint":"/var lib"}}"#)),
            "Disk usage of /var lib"
        );
        assert_eq!(measure_name("system.memory.utilization"), "Memory usage");
        assert_eq!(measure_name("deploy_success_rate"), "deploy_success_rate");
        let mut finding = Finding {
            severity: fleet::Severity::Warning,
            check: fleet::Check::Disk,
            subject: "/".to_owned(),
            what: String::new(),
            metric: disk.to_owned(),
            value: 0.91,
            unit: "1".to_owned(),
            threshold: Some(0.9),
            origin: "input limits".to_owned(),
            evidence: Vec::new(),
        };
        let words = "Disk usage of /: 91 %; the threshold is 90 % (input limits)";
        assert_eq!(judged_by(&finding), words);
        finding.threshold = None;
        assert_eq!(judged_by(&finding), "Disk usage of /: 91 % (input limits)");
    }
}
