//! The rows of the inventory: a host comes in once, and labels, draining and removal are one card each that says what
//! would be and how it is undone.

use super::{Person, agents, hosts::Hosts};
use crate::desk::Desk;
use serde_json::{Value as Json, json};

/// `count` registered agents, web-01 and on, at one server.
fn fleet<'a>(hosts: &Hosts, desk: &'a Desk, count: usize) -> Person<'a> {
    let port = hosts.servers[0].port;
    let rows: String = (1..=count)
        .map(|number| {
            let key = hosts.key("operator");
            format!(
                "web-{number:02},127.0.0.{number},{port},{},key:{}\n",
                loopback::user(),
                key.display()
            )
        })
        .collect();
    let csv = hosts.write(
        "hosts.csv",
        &format!("name,address,port,user,credential\n{rows}"),
    );
    let mut person = Person::new(desk);
    let csv = csv.display().to_string();
    let run = person.starts(&[
        "agents", "import", "--csv", &csv, "--label", "role=web", "--detach",
    ]);
    let run = person.approves_all(run);
    assert_eq!(run["state"], "completed", "{run:#}");
    assert_eq!(agents(desk).len(), count + 1);
    person
}

#[test]
fn a_host_is_registered_once() {
    let Some(hosts) = Hosts::start(1, 2) else {
        return;
    };
    let desk = hosts.desk();
    fleet(&hosts, &desk, 1);
    let user = loopback::user();
    for (name, words) in [
        (
            "web-01",
            vec![
                "web-01 cannot be registered",
                "the name is taken (registered, staging)",
            ],
        ),
        (
            "WEB-01",
            vec![
                "web-01 cannot be registered",
                "the name is taken (registered, staging)",
            ],
        ),
        (
            "other-01",
            vec![
                "other-01 cannot be registered",
                &user,
                "is this agent (web-01)",
            ],
        ),
        ("this-computer", vec!["the name is that of this computer"]),
    ] {
        let add = hosts.add(name);
        let add: Vec<&str> = add.iter().map(String::as_str).collect();
        let ended = desk.run(&add);
        assert_eq!(ended.code, 1, "{name}: {ended:?}");
        for word in words {
            assert!(
                format!("{ended:?}").contains(word),
                "{name}: {word:?} is not in {ended:#?}"
            );
        }
    }
    assert_eq!(agents(&desk).len(), 2);
}

/// One card, with these words and its undo; the run at its end.
#[track_caller]
fn one_card(person: &mut Person<'_>, arguments: &[&str], words: &[&str]) -> Json {
    person.answered.clear();
    let run = person.starts(&[arguments, &["--detach"]].concat());
    let card = person.card(&run);
    for word in words.iter().chain(&["undo"]) {
        assert!(
            card.contains(word),
            "{arguments:?}: {word:?} is not in:\n{card}"
        );
    }
    let run = person.approves_all(run);
    assert_eq!(run["state"], "completed", "{run:#}");
    assert_eq!(person.answered.len(), 1, "{arguments:?}");
    run
}

#[test]
fn labels_draining_and_removal_are_one_card_each() {
    let Some(hosts) = Hosts::start(1, 4) else {
        return;
    };
    let desk = hosts.desk();
    let person = &mut fleet(&hosts, &desk, 4);
    let state = |name: &str| agents(&desk)[name]["agent"]["state"].clone();

    one_card(
        person,
        &[
            "agents",
            "label",
            "web-01",
            "web-02",
            "--set",
            "role=db",
            "--environment",
            "production",
        ],
        &[
            "Change these labels?",
            "-labels.role: web",
            "+labels.role: db",
            "its labels are as they were",
        ],
    );
    let all = agents(&desk);
    for (name, role, environment) in [
        ("web-01", "db", "production"),
        ("web-02", "db", "production"),
        ("web-03", "web", "staging"),
    ] {
        let row = &all[name]["agent"];
        assert_eq!(
            (&row["labels"], &row["environment"]),
            (&json!({ "role": role }), &environment.into())
        );
    }

    one_card(
        person,
        &["agents", "drain", "-l", "role=db"],
        &["web-01", "web-02", "+state: draining"],
    );
    assert_eq!(
        (state("web-01"), state("web-02"), state("web-03")),
        ("draining".into(), "draining".into(), "registered".into())
    );
    one_card(
        person,
        &["agents", "undrain", "WEB-01"],
        &["web-01", "+state: registered"],
    );
    assert_eq!(
        (state("web-01"), state("web-02")),
        ("registered".into(), "draining".into())
    );

    one_card(
        person,
        &["agents", "remove", "web-04"],
        &["web-04 is registered again as it was"],
    );
    one_card(
        person,
        &[
            "agents",
            "remove",
            "-l",
            "role in (web),environment=staging",
        ],
        &["Remove these agents from the fleet?", "web-03"],
    );
    let left: Vec<String> = agents(&desk).into_keys().collect();
    assert_eq!(left, ["this-computer", "web-01", "web-02"]);
}
