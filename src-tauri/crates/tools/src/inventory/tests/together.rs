//! Several sources as one list, what is known already, and the tool.

use super::*;
use crate::testing::{Stage, World};
use fleet::{Agent, AgentState, Connection, Credential, Transport, Via};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

fn reading(format: Format, shown: &str, text: &str) -> Reading {
    read(format, &Source::typed(shown, text, None).unwrap()).unwrap()
}

#[tokio::test]
async fn the_names_of_an_ssh_config_are_rows() {
    let stage = stage();
    let config = stage.path("config");
    let text = "Host prod_web web1\n  HostName 10.0.0.7\n  User me\nHost *.internal\n  ProxyJump gate\n\
                Host gate\nHost github.com\n  User git\nHost vm\n  ProxyJump gate\n";
    std::fs::write(&config, text).unwrap();
    let sources = json!([
        { "kind": "ssh_config", "path": config, "text": null },
        { "kind": "ansible", "text": "[db]\nprod_web ansible_port=2222\n" },
    ]);
    let output = stage
        .read("agent.read_inventory", json!({ "sources": sources }))
        .await
        .unwrap();
    let expected = "gate new null false \n\
         github.com new null false \n\
         prod-web new null true \n\
         vm new null true \n\
         web1 known null false \n\
         left out: *.internal: it is a pattern and names no host\n\
         left out: gate: it is there to reach others over it\n\
         left out: github.com: it hosts git repositories, and nobody has a shell there\n\
         left out: web1: it is registered already\n\
         picked 2\n";
    let found = summary(&output);
    assert!(
        found == expected,
        "--- found\n{found}--- expected\n{expected}---"
    );
    let row = &output["hosts"][2];
    assert_eq!(row["port"], 2222);
    assert_eq!(row["ssh_alias"], "prod_web");
    assert_eq!(row["ssh_config"], json!(config));
    assert_eq!(row["labels"], json!({ "db": "true" }));
    assert_eq!(row["address"], json!(null));
}

/// What the ssh config says of an alias, as far as a row holds it.
fn alias(name: &str, line: usize) -> Found {
    let mut row = Found::new(name, format!("config:{line}"));
    row.ssh_alias = Some(name.to_owned());
    row
}

#[test]
fn one_host_in_several_sources_is_one_row() {
    let mut bastion = alias("bastion", 9);
    bastion.untick("it is only a jump host");
    let mut forge = alias("github.com", 10);
    forge.untick("it is a git forge");
    let mut prod_web = alias("prod_web", 3);
    prod_web.user = Some("me".to_owned());
    prod_web.port = Some(2222);
    let config = Reading {
        hosts: vec![prod_web, bastion, forge, alias("db.internal", 12)],
        notes: vec!["config: a note".to_owned()],
        ..Reading::default()
    };
    let ansible = reading(
        Format::Ansible,
        "hosts",
        "[web]\nprod_web ansible_host=10.0.0.1 ansible_user=deploy ansible_password=x\n[other]\nbastion\ndb1 ansible_host=db.internal\n",
    );
    let csv = reading(
        Format::Csv,
        "table",
        "name,address,environment,labels\nprod-web,10.0.0.2,production,rack=a\nnew,,,\n",
    );
    let merged = merge(vec![
        (Origin::SshConfig, config),
        (Origin::Inventory, ansible),
        (Origin::Inventory, csv),
    ]);
    let expected = "x bastion (hosts:4, config:9) alias=bastion other:true\n\
         x db1 (hosts:5, config:12) alias=db.internal other:true\n\
         - github.com (config:10) alias=github.com\n\
         \x20   why not: it is a git forge\n\
         x new (table:3)\n\
         x prod-web of \"prod_web\" (hosts:2, table:2, config:3) address=10.0.0.1 port=2222 user=deploy alias=prod_web environment=production rack:a web:true\n\
         \x20   a password stands in the inventory (ansible_password): store it in the keychain\n\
         \x20   its address is another in table:2; the one in hosts:2 is used\n\
         \x20   its user is another in config:3; the one in hosts:2, table:2 is used\n\
         note: config: a note\n";
    let found = lines(&merged);
    assert!(
        found == expected,
        "--- found\n{found}--- expected\n{expected}---"
    );
}

fn agent(name: &str, address: &str, state: AgentState) -> Agent {
    Agent {
        agent_id: name.to_owned(),
        transport: Transport::Ssh(Connection {
            address: address.to_owned(),
            port: 22,
            user: "root".to_owned(),
            credential: Credential::SshConfig,
            ssh_alias: None,
            ssh_config: None,
            host_key_alias: None,
            via: Via::Ssh,
            jumps: Vec::new(),
            host_key: None,
        }),
        state,
        facts: BTreeMap::new(),
        ..Agent::this_computer()
    }
}

fn stage() -> Stage {
    Stage::with(World {
        agents: vec![
            Agent::this_computer(),
            agent("Web1", "10.0.0.1", AgentState::Registered),
            agent("web8", "10.0.0.8", AgentState::Retired),
            agent("web9", "10.0.0.9", AgentState::Candidate),
            agent("renamed", "10.0.0.3", AgentState::Registered),
        ],
        ..World::default()
    })
}

fn summary(output: &Json) -> String {
    let hosts = output["hosts"].as_array().unwrap().iter().map(|host| {
        format!(
            "{} {} {} {} {}\n",
            host["name"].as_str().unwrap(),
            host["state"].as_str().unwrap(),
            host["environment"],
            host["picked"],
            host["notes"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Json::as_str)
                .collect::<Vec<_>>()
                .join("; ")
        )
    });
    let left = output["left_out"].as_array().unwrap().iter();
    let left = left.map(|left| {
        format!(
            "left out: {}: {}\n",
            left["name"].as_str().unwrap(),
            left["why"].as_str().unwrap()
        )
    });
    let notes = output["notes"].as_array().unwrap().iter();
    let notes = notes.map(|note| format!("note: {}\n", note.as_str().unwrap()));
    let count = format!("picked {}\n", output["picked"]);
    hosts.chain(left).chain(notes).chain([count]).collect()
}

#[tokio::test]
async fn the_tool_marks_what_is_known_and_ticks_what_is_wanted() {
    let stage = stage();
    std::fs::create_dir(stage.path("group_vars")).unwrap();
    std::fs::write(
        stage.path("hosts"),
        "[web]\nweb[1:4]\n[gpu]\nweb4\n[staging]\nweb2\n[all:vars]\nansible_connection=ssh\n[win]\nwin1 ansible_connection=winrm\n",
    )
    .unwrap();
    let output = stage
        .read(
            "agent.read_inventory",
            json!({
                "sources": [
                    { "kind": "ansible", "path": stage.path("hosts") },
                    { "kind": "pasted", "text": "web8 web9, 10.0.0.3, other" },
                    { "kind": "csv", "text": "name,labels\ncsv1,a=b" },
                    { "kind": "json", "text": "[{\"name\": \"json1\"}]" },
                ],
                "environment": "production",
                "include": ["win1", "web1", "nobody=here"],
                "exclude": ["gpu", "other", "environment=staging"],
            }),
        )
        .await
        .unwrap();
    let folder = stage.path("hosts");
    let expected = format!(
        "10.0.0.3 new \"production\" true the agent renamed has the same address and port\n\
         csv1 new \"production\" true \n\
         json1 new \"production\" true \n\
         other new \"production\" false \n\
         web1 known \"production\" false \n\
         web2 new \"staging\" false \n\
         web3 new \"production\" true \n\
         web4 new \"production\" false \n\
         web8 known \"production\" false \n\
         web9 known \"production\" true it is a candidate: it could not be reached when it was to be registered\n\
         win1 new \"production\" true ticked although Ansible reaches it by winrm, and this program by ssh\n\
         left out: other: excluded by `other`\n\
         left out: web1: it is registered already\n\
         left out: web2: excluded by `environment=staging`\n\
         left out: web4: excluded by `gpu`\n\
         left out: web8: it is known already, and retired\n\
         note: {}: the folder group_vars beside it is not read; `ansible-inventory --list` puts its values in\n\
         note: include: no host is `nobody=here`\n\
         picked 6\n",
        folder.display()
    );
    let found = summary(&output);
    assert!(
        found == expected,
        "--- found\n{found}--- expected\n{expected}---"
    );
}

#[tokio::test]
async fn wrong_arguments_say_what_to_do() {
    let stage = stage();
    let list = json!([{ "kind": "pasted", "text": "web1" }]);
    for (args, code, message) in [
        (
            json!({ "sources": [{ "kind": "pasted" }] }),
            "invalid_arguments",
            "A source has either a path or a text.",
        ),
        (
            json!({ "sources": list, "include": ["a in"] }),
            "bad_selector",
            "\"a in\" is neither the name of a host here nor a selector: column 5 of the selector: expected ( and a list of values, found the end.",
        ),
        (
            json!({ "sources": [{ "kind": "pasted", "text": "web1:x" }] }),
            "bad_inventory",
            "the pasted list:1:1: `web1:x` is no host.",
        ),
        (
            json!({ "sources": [{ "kind": "ansible", "path": "relative/hosts" }] }),
            "bad_path",
            "\"relative/hosts\" is not a full path.",
        ),
    ] {
        let error = stage.read("agent.read_inventory", args).await.unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.message.as_str()),
            (code, message)
        );
        assert!(!error.hint.is_empty() && error.outcome == workflow::Outcome::NotStarted);
    }
}
