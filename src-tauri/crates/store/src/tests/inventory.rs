//! The fleet's home: what a record changes is there exactly once, and what does not fit refuses the whole append.

use super::{append, assert_views_follow, open, run};
use crate::{AppendFault, InventoryFault, Store};
use fleet::Agent;
use serde_json::json;
use workflow::{Event, FleetChange, StepKey};

fn registered(agent_id: &str) -> FleetChange {
    let agent = Agent {
        agent_id: agent_id.to_owned(),
        ..Agent::this_computer()
    };
    FleetChange::AgentRegistered {
        agent_id: agent_id.to_owned(),
        row: serde_json::to_value(agent).unwrap(),
    }
}

fn trusted(key: &str) -> FleetChange {
    FleetChange::KeyTrusted {
        host: "10.0.0.7".to_owned(),
        port: 22,
        key: key.to_owned(),
    }
}

/// Appends one change as the last record of an append of two.
fn put(store: &Store, number: usize, change: FleetChange) -> Result<(), AppendFault> {
    let mut append = append(&run(number), 0, 2, "x");
    append.records[1].event = Event::FleetChanged {
        step: StepKey::top("register"),
        change,
    };
    let (sender, done) = std::sync::mpsc::channel();
    store.append(append, move |result| sender.send(result).unwrap());
    done.recv().unwrap().map(|_| ())
}

fn ids(store: &Store) -> Vec<String> {
    let agents = store.read().agents().unwrap();
    agents.into_iter().map(|row| row.agent.agent_id).collect()
}

#[test]
fn an_id_is_given_once_whatever_its_case() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    put(&store, 1, registered("web-01")).unwrap();
    let fault = put(&store, 2, registered("WEB-01")).unwrap_err();
    let taken = InventoryFault::Taken {
        agent_id: "WEB-01".to_owned(),
    };
    assert_eq!(
        fault,
        AppendFault::Inventory {
            run: run(2),
            fault: taken
        }
    );
    assert_eq!(ids(&store), ["web-01"]);
    assert!(
        store.read().records(&run(2), 1).unwrap().is_empty(),
        "nothing of the refused append is there"
    );
    assert_eq!(
        store.read().agent("Web-01").unwrap().unwrap().run,
        run(1).0,
        "found without regard to case"
    );
}

#[test]
fn only_what_is_there_is_changed_or_removed() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let missing = |change| {
        matches!(
            put(&store, 9, change),
            Err(AppendFault::Inventory {
                fault: InventoryFault::Missing { .. },
                ..
            })
        )
    };
    assert!(missing(FleetChange::AgentRemoved {
        agent_id: "web-01".to_owned()
    }));
    assert!(missing(FleetChange::AgentChanged {
        agent_id: "web-01".to_owned(),
        row: json!({})
    }));
    put(&store, 1, registered("web-01")).unwrap();
    put(
        &store,
        2,
        FleetChange::AgentRemoved {
            agent_id: "web-01".to_owned(),
        },
    )
    .unwrap();
    assert!(ids(&store).is_empty());
    put(&store, 3, registered("web-01")).unwrap();
}

#[test]
fn keys_are_trusted_for_a_host_and_port() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    put(&store, 1, trusted("ssh-ed25519 AAAA")).unwrap();
    put(&store, 2, trusted("ssh-ed25519 AAAA")).unwrap();
    put(&store, 3, trusted("ssh-rsa BBBB")).unwrap();
    let keys = |place| {
        let rows = store.read().host_keys(place).unwrap();
        rows.into_iter().map(|row| row.key).collect::<Vec<_>>()
    };
    assert_eq!(
        keys(Some(("10.0.0.7", 22))),
        ["ssh-ed25519 AAAA", "ssh-rsa BBBB"]
    );
    assert!(keys(Some(("10.0.0.7", 2222))).is_empty());
    put(
        &store,
        4,
        FleetChange::KeyUntrusted {
            host: "10.0.0.7".to_owned(),
            port: 22,
            key: "ssh-rsa BBBB".to_owned(),
        },
    )
    .unwrap();
    assert_eq!(keys(None), ["ssh-ed25519 AAAA"]);
}

#[test]
fn the_inventory_can_be_rebuilt_from_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    put(&store, 1, registered("web-01")).unwrap();
    put(&store, 2, registered("web-02")).unwrap();
    put(&store, 3, trusted("ssh-ed25519 AAAA")).unwrap();
    put(
        &store,
        4,
        FleetChange::AgentRemoved {
            agent_id: "web-01".to_owned(),
        },
    )
    .unwrap();
    put(&store, 5, registered("web-01")).unwrap();
    assert_views_follow(&store);
    assert_eq!(ids(&store), ["web-01", "web-02"]);
}
