//! One new host with an unknown key: what stands on its three cards, and that exactly what was approved happens.

use super::{
    Person, agents,
    hosts::{Hosts, MOTD, fingerprint},
};
use std::fs;

#[test]
fn a_person_at_a_terminal_registers_a_host() {
    let Some(hosts) = Hosts::start(1, 1) else {
        return;
    };
    let desk = hosts.desk();
    let add = hosts.add("web-01");
    let add: Vec<&str> = add.iter().map(String::as_str).collect();
    let mut terminal = desk.plain_terminal(&add);
    let trust = terminal.approve();
    for part in [
        "Trust these host keys and log in?",
        &fingerprint(&hosts.servers[0].host_key),
        &format!("[127.0.0.1]:{}", hosts.servers[0].port),
    ] {
        assert!(trust.contains(part), "{part:?} is not in:\n{trust}");
    }
    // Nobody has logged in before.
    assert_eq!(hosts.servers[0].logins(), 0);
    let register = terminal.approve();
    for part in [
        "Register 1 host(s)?",
        "register",
        "agent web-01",
        "+environment: staging",
    ] {
        assert!(register.contains(part), "{part:?} is not in:\n{register}");
    }
    let configure = terminal.approve();
    for part in [
        "Apply these changes on the hosts?",
        &hosts.on_host("web-01", "motd").display().to_string(),
        &format!("+{}", MOTD.trim()),
    ] {
        assert!(configure.contains(part), "{part:?} is not in:\n{configure}");
    }
    assert_eq!(terminal.end(), 0, "{}", terminal.everything());
    assert_eq!(agents(&desk)["web-01"]["agent"]["state"], "registered");
    let motd = hosts.on_host("web-01", "motd");
    assert_eq!(fs::read_to_string(motd).unwrap(), MOTD);
    // What was there before is kept with the host, in the home of whoever logged in.
    assert!(
        hosts.servers[0]
            .home()
            .join(".countersign/backups")
            .is_dir()
    );
}

#[test]
fn labels_are_edited_and_a_change_is_dropped() {
    let Some(hosts) = Hosts::start(1, 1) else {
        return;
    };
    let desk = hosts.desk();
    let mut person = Person::new(&desk);
    let mut add = hosts.add("web-01");
    add.extend([
        "--label".to_owned(),
        "role=db".to_owned(),
        "--detach".to_owned(),
    ]);
    let add: Vec<&str> = add.iter().map(String::as_str).collect();
    let run = person.starts(&add);
    let card = person.card(&run);
    assert!(
        card.contains(&fingerprint(&hosts.servers[0].host_key)),
        "{card}"
    );

    let run = person.answers(&run, &["--approve"]);
    let card = person.card(&run);
    assert!(card.contains("role: db"), "{card}");
    let run = person.answers(&run, &["--edit", "labels={\"role\":\"web\"}"]);
    let card = person.card(&run);
    assert!(
        card.contains("role: web") && !card.contains("role: db"),
        "{card}"
    );
    assert_eq!(agents(&desk).len(), 1, "an edit approves nothing");

    let run = person.answers(&run, &["--approve"]);
    let place = hosts.on_host("web-01", "limits");
    let shown = desk.show(run["run"].as_str().unwrap());
    let calls = shown["waiting"][0]["card"]["calls"].as_array().unwrap();
    let dropped = calls
        .iter()
        .position(|call| {
            call["call"]["args"]["inline"]["change"]["path"] == place.display().to_string()
        })
        .unwrap_or_else(|| panic!("{shown:#}"));
    let run = person.answers(&run, &["--drop", &dropped.to_string()]);
    assert_eq!(run["state"], "completed", "{run:#}");
    assert_eq!(
        person.answered,
        [
            "trust_host_key.before",
            "register.before",
            "register.before",
            "apply_config.before"
        ]
    );
    let row = &agents(&desk)["web-01"]["agent"];
    assert_eq!(row["labels"], serde_json::json!({ "role": "web" }));
    assert_eq!(row["state"], "registered");
    assert!(!place.exists(), "it was dropped");
    let motd = hosts.on_host("web-01", "motd");
    assert_eq!(fs::read_to_string(motd).unwrap(), MOTD);
}
