//! Host keys that are not to be trusted: changed or revoked, they are refused with file and line before anybody logs in,
//! and nobody is asked.

use super::{
    Person,
    hosts::{Hosts, fingerprint},
};
use crate::desk::Desk;
use loopback::{Sshd, SshdSetup};

/// Adds a host and expects it to be refused with these words; nobody was asked and nobody logged in.
#[track_caller]
fn refused(hosts: &Hosts, desk: &Desk, name: &str, code: &str, words: &[&str]) {
    let add = hosts.add(name);
    let add: Vec<&str> = add.iter().map(String::as_str).collect();
    let before = hosts.servers[0].logins();
    let (exit, run) = desk.json(&add);
    assert_eq!(exit, 1, "{run:#}");
    assert_eq!(run["state"], "failed", "{run:#}");
    let shown = desk.run(&["show", run["run"].as_str().unwrap()]).stdout;
    for word in [&[code], words].concat() {
        let said = run.to_string() + &shown;
        assert!(said.contains(word), "{word:?} is not in {run:#}\n{shown}");
    }
    let asked = run["answers"].as_array().map_or(0, Vec::len);
    assert_eq!((asked, hosts.servers[0].logins()), (0, before));
    assert!(!shown.contains("answer "), "{shown}");
}

#[test]
fn a_changed_or_revoked_key_of_the_operators_file_is_refused() {
    let Some(hosts) = Hosts::start(1, 1) else {
        return;
    };
    let Some(other) = Sshd::start(&SshdSetup::default()) else {
        return;
    };
    let desk = hosts.desk();
    let right = fingerprint(&hosts.servers[0].host_key);
    let wrong = fingerprint(&other.host_key);
    let place = format!("{}:2", hosts.path("known_hosts").display());

    hosts.known("", &other.host_key);
    refused(
        &hosts,
        &desk,
        "web-01",
        "host_key_changed",
        &[&place, &wrong, &right],
    );

    hosts.known("@revoked ", &hosts.servers[0].host_key);
    refused(
        &hosts,
        &desk,
        "web-01",
        "host_key_revoked",
        &[&place, &right],
    );
}

#[test]
fn a_key_that_was_trusted_here_and_has_changed_is_refused() {
    let Some(mut hosts) = Hosts::start(1, 1) else {
        return;
    };
    let desk = hosts.desk();
    let mut person = Person::new(&desk);
    let add = hosts.add("web-01");
    let add: Vec<&str> = add.iter().map(String::as_str).chain(["--detach"]).collect();
    let run = person.starts(&add);
    let run = person.approves_all(run);
    assert_eq!(run["state"], "completed", "{run:#}");

    // Somebody else answers at the same place.
    let (port, old) = (hosts.servers[0].port, hosts.servers[0].host_key.clone());
    hosts.servers[0].stop();
    let key = hosts.key("operator");
    let Some(other) = Sshd::start(&SshdSetup {
        authorized: vec![loopback::key_words(&super::hosts::public(&key))],
        port: Some(port),
        ..SshdSetup::default()
    }) else {
        return;
    };
    hosts.servers[0] = other;
    // The agent is not logged in to: that is a finding.
    let (_, check) = desk.json(&["run", "health_check"]);
    assert!(check.to_string().contains("has changed"), "{check:#}");

    // Nor is it a new host when its row is gone: what was trusted for the place stays.
    let removed = person.starts(&["agents", "remove", "web-01", "--detach"]);
    // The agent is not logged in to: that is a finding.
    let (_, check) = desk.json(&["run", "health_check"]);
    assert!(check.to_string().contains("has changed"), "{check:#}");

    // Nor is it a new host when its row is gone: what was trusted for the place stays.
    let removed = person.approves_all(removed);
    assert_eq!(removed["state"], "completed", "{removed:#}");
    refused(
        &hosts,
        &desk,
        "web-02",
        "host_key_changed",
        &[
            "Countersign",
            &fingerprint(&old),
            &fingerprint(&hosts.servers[0].host_key),
        ],
    );
    assert_eq!(hosts.servers[0].logins(), 0);
}
