//! The three tests of every changing tool, for those that change the fleet's home: nothing happens but the records they
//! give, undoing puts back what was, and undoing twice changes nothing. The records are carried out here as the store
//! carries them out.

use crate::testing::{Approved, Stage, World};
use crate::{Catalogue, Tool};
use fleet::{Agent, AgentState, Connection, Credential, Transport, Via};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use workflow::{FleetChange, Observation};

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBvSG1lC1sHwVVPrlcOBkVUVPLHPr0wLxfFeBpIIQbnX";

/// The fleet's home: agents and trusted keys.
#[derive(Clone, Debug, Default, PartialEq)]
struct Home {
    agents: BTreeMap<String, Agent>,
    keys: BTreeMap<(String, u16), Vec<String>>,
}

impl Home {
    fn of(agents: &[Agent]) -> Home {
        let agents = agents.iter().cloned();
        Home {
            agents: agents
                .map(|agent| (agent.agent_id.clone(), agent))
                .collect(),
            keys: BTreeMap::new(),
        }
    }

    fn stage(&self) -> Stage {
        Stage::with(World {
            agents: [Agent::this_computer()]
                .into_iter()
                .chain(self.agents.values().cloned())
                .collect(),
            host_keys: self.keys.clone(),
            ..World::default()
        })
    }

    fn after(mut self, changes: &[FleetChange]) -> Home {
        for change in changes.iter().cloned() {
            match change {
                FleetChange::AgentRegistered { agent_id, row } => {
                    let row = serde_json::from_value(row).unwrap();
                    assert!(self.agents.insert(agent_id, row).is_none());
                }
                FleetChange::AgentChanged { agent_id, row } => {
                    let row = serde_json::from_value(row).unwrap();
                    assert!(self.agents.insert(agent_id, row).is_some());
                }
                FleetChange::AgentRemoved { agent_id } => {
                    assert!(self.agents.remove(&agent_id).is_some());
                }
                FleetChange::KeyTrusted { host, port, key } => {
                    self.keys.entry((host, port)).or_default().push(key);
                }
                FleetChange::KeyUntrusted { host, port, key } => {
                    let keys = self.keys.get_mut(&(host.clone(), port)).unwrap();
                    keys.retain(|known| *known != key);
                    if keys.is_empty() {
                        self.keys.remove(&(host, port));
                    }
                }
            }
        }
        self
    }
}

fn web(state: AgentState) -> Agent {
    Agent {
        agent_id: "web-01".to_owned(),
        title: "web-01".to_owned(),
        transport: Transport::Ssh(Connection {
            address: "10.0.0.7".to_owned(),
            port: 22,
            user: "deploy".to_owned(),
            credential: Credential::SshConfig,
            ssh_alias: None,
            ssh_config: None,
            host_key_alias: None,
            via: Via::Ssh,
            jumps: Vec::new(),
            host_key: Some("SHA256:abc".to_owned()),
        }),
        environment: "staging".to_owned(),
        labels: BTreeMap::from([("role".to_owned(), "web".to_owned())]),
        state,
        facts: BTreeMap::from([("os".to_owned(), "Debian".to_owned())]),
    }
}

fn row(agent: &Agent) -> Json {
    let Transport::Ssh(connection) = &agent.transport else {
        unreachable!()
    };
    json!({
        "hostname": agent.agent_id,
        "title": agent.title,
        "connection": connection,
        "environment": agent.environment,
        "labels": agent.labels,
        "state": agent.state,
        "facts": agent.facts,
    })
}

async fn approved(home: &Home, tool: &str, args: Json) -> (Stage, Approved) {
    let stage = home.stage();
    let tool = Catalogue::builtin().get(tool).unwrap().clone();
    let approved = Approved::new(&stage, tool, args, "check").await.unwrap();
    (stage, approved)
}

/// Runs it, and its inverse twice. Gives the difference on the card.
async fn check(before: &Home, tool: &str, args: Json) -> String {
    let (stage, call) = approved(before, tool, args).await;
    assert_eq!(call.observe(&stage).await, Observation::NotDone);
    let output = call.apply(&stage).await.unwrap();
    assert_eq!(
        call.apply(&stage).await.unwrap(),
        output,
        "the same key gives the same answer"
    );
    assert!(!output.fleet.is_empty());
    let after = before.clone().after(&output.fleet);
    assert_ne!(after, *before);
    let late = call.apply(&after.stage()).await.unwrap_err();
    assert_eq!(
        late.outcome,
        workflow::Outcome::NotDone,
        "its facts no longer hold once it has happened"
    );

    let Tool::Change(change) = &call.tool else {
        unreachable!()
    };
    let receipt = output.receipt.as_ref().unwrap().inline().unwrap();
    let inverse = change.undo(receipt).unwrap();
    let (stage, undo) = approved(&after, &inverse.tool, inverse.args.clone()).await;
    let undone = undo.apply(&stage).await.unwrap();
    let back = after.after(&undone.fleet);
    assert_eq!(back, *before, "undoing puts back what was");
    let (stage, again) = approved(&back, &inverse.tool, inverse.args).await;
    assert!(again.preview.changes.is_empty());
    assert!(again.apply(&stage).await.unwrap().fleet.is_empty());
    call.preview.changes[0].diff.clone()
}

#[tokio::test]
async fn a_host_is_registered_with_its_row_and_labels() {
    let args = json!({ "row": row(&web(AgentState::Registered)), "environment": "production", "labels": { "team": "a" } });
    let diff = check(&Home::default(), "agent.register", args).await;
    assert_eq!(
        diff,
        "+agent_id: web-01
+environment: staging
+facts.os: Debian
+labels.role: web
+labels.team: a
+state: registered
+title: web-01
+transport.address: 10.0.0.7
+transport.credential: ssh:config
+transport.host_key: SHA256:abc
+transport.kind: ssh
+transport.port: 22
+transport.user: deploy
+transport.via.by: ssh
"
    );
}

#[tokio::test]
async fn an_agent_is_removed_and_registered_again_as_it_was() {
    let home = Home::of(&[web(AgentState::Draining)]);
    check(&home, "agent.unregister", json!({ "agent_id": "WEB-01" })).await;
}

#[tokio::test]
async fn labels_and_states_change() {
    let home = Home::of(&[web(AgentState::Registered)]);
    let args = json!({ "agent_id": "web-01", "environment": "production", "set": { "team": "a", "role": "db" }, "remove": ["none"] });
    let diff = check(&home, "agent.update_labels", args).await;
    for line in [
        "-environment: staging",
        "+environment: production",
        "-labels.role: web",
        "+labels.role: db",
        "+labels.team: a",
        " title: web-01",
    ] {
        assert!(diff.lines().any(|shown| shown == line), "{line}\n{diff}");
    }
    check(&home, "agent.drain", json!({ "agent_id": "web-01" })).await;
    let draining = Home::of(&[web(AgentState::Draining)]);
    check(&draining, "agent.undrain", json!({ "agent_id": "web-01" })).await;
}

#[tokio::test]
async fn a_key_is_trusted_for_a_host_and_port() {
    let args = json!({ "hostname": "web-01", "host": "10.0.0.7", "port": 2222, "key": KEY });
    let diff = check(&Home::default(), "agent.trust_key", args.clone()).await;
    assert_eq!(
        diff,
        "+ssh-ed25519 SHA256:omT+u/vL0WyuS3hANXBXr4YfqwpGhpVvNl74udIeqG0\n"
    );
    let home = Home {
        keys: BTreeMap::from([(("10.0.0.7".to_owned(), 2222), vec![KEY.to_owned()])]),
        ..Home::default()
    };
    check(&home, "agent.untrust_key", args).await;
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_anybody_is_asked() {
    let home = Home::of(&[web(AgentState::Registered)]);
    let candidate = Home::of(&[web(AgentState::Candidate)]);
    let mut other = web(AgentState::Registered);
    other.labels.clear();
    let register = json!({ "row": row(&other) });
    let cases = [
        (&home, "agent.register", register.clone(), "duplicate"),
        (
            &home,
            "agent.unregister",
            json!({ "agent_id": "this-computer" }),
            "is_this_computer",
        ),
        (
            &home,
            "agent.drain",
            json!({ "agent_id": "nobody" }),
            "agent_not_found",
        ),
        (
            &candidate,
            "agent.drain",
            json!({ "agent_id": "web-01" }),
            "not_in_use",
        ),
        (
            &home,
            "agent.update_labels",
            json!({ "agent_id": "web-01", "set": { "a b": "c" } }),
            "invalid_label",
        ),
        (
            &home,
            "agent.trust_key",
            json!({ "hostname": "web-01", "host": "h", "port": 22, "key": "ssh-ed25519 AAAAAAAAAAAAAAAAAAAA" }),
            "not_a_key",
        ),
    ];
    for (home, tool, args, code) in cases {
        let stage = home.stage();
        let catalogue = Catalogue::builtin();
        let Some(Tool::Change(change)) = catalogue.get(tool) else {
            unreachable!()
        };
        let error = change.preview(&args, &stage.context).await.unwrap_err();
        assert_eq!(error.code, code, "{tool}: {error:?}");
    }
    // A candidate's row is replaced by the one of its registration.
    let (stage, call) = approved(&candidate, "agent.register", register).await;
    let output = call.apply(&stage).await.unwrap();
    assert!(matches!(
        output.fleet.as_slice(),
        [FleetChange::AgentChanged { .. }]
    ));
}
