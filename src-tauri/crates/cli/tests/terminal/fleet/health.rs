//! The health check over twenty agents: what hosts say of themselves becomes findings with evidence and the origin of the
//! threshold, and one that does not answer is a finding too.

use super::{
    Person, agents,
    hosts::{Hosts, public},
};
use loopback::{MOST_ADDRESSES, SshdSetup};
use serde_json::Value as Json;
use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

/// A program that every command of a login goes through, with a filter over its output.
fn telling(hosts: &Hosts, name: &str, filter: &str) -> PathBuf {
    let text = format!(
        "#!/bin/sh\nup=$(cut -d. -f1 /proc/uptime)\nsh -c \"$SSH_ORIGINAL_COMMAND\" | {filter}\n"
    );
    let path = hosts.write(&format!("{name}.sh"), &text);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// The sick hosts, by name, each with the filter over what it says.
const SICK: [(&str, &str); 3] = [
    (
        "full-01",
        r#"awk '{ print } /^\036df ok/ { print "/dev/sdz9 1000000 1000000 0 100% /srv/full" }'"#,
    ),
    (
        "killed-01",
        r#"awk -v up="$up" '/^oom_kill / { print "oom_kill 7"; next }
          /^\036kernel_log / { print "\036kernel_log ok"; print "[" up - 60 ".000000] Out of memory: Killed process 4242 (java)"; next }
          { print }'"#,
    ),
    (
        "skewed-01",
        r#"awk '/^epoch_ns=/ { print "epoch_ns=" substr($0, 10, 10) + 120 substr($0, 20); next } { print }'"#,
    ),
];

/// Starts a server for each sick host and one that will go away; the ssh config of all twenty.
fn twenty(hosts: &mut Hosts) -> Option<String> {
    let usual = hosts.usual();
    let entry = |name: &str, address: &str, port: u16| {
        format!("Host {name}\n  HostName {address}\n  Port {port}\n{usual}\n")
    };
    let mut config: String = (1..=MOST_ADDRESSES)
        .map(|last| {
            entry(
                &format!("well-{last:02}"),
                &format!("127.0.0.{last}"),
                hosts.servers[0].port,
            )
        })
        .collect();
    let authorized = vec![loopback::key_words(&public(&hosts.key("operator")))];
    for (name, filter) in SICK.into_iter().chain([("gone-01", "cat")]) {
        let program = telling(hosts, name, filter);
        let server = hosts.also(SshdSetup {
            authorized: authorized.clone(),
            extra: vec![format!("ForceCommand {}", program.display())],
            ..SshdSetup::default()
        })?;
        let port = server.port;
        config.push_str(&entry(name, "127.0.0.1", port));
    }
    Some(hosts.write("config", &config).display().to_string())
}

/// What was found of an agent, but not what comes and goes with the load of this machine.
fn steady(agent: &Json) -> BTreeSet<(String, String)> {
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let findings = agent["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| !["load", "services"].contains(&finding["check"].as_str().unwrap()))
        .filter(|finding| {
            !["memory", "swap"].contains(&finding["subject"].as_str().unwrap())
                || finding["metric"] == "system.memory.oom_kills"
        })
        .map(|finding| (text(&finding["metric"]), text(&finding["subject"])))
        .collect()
}

#[test]
fn twenty_agents_with_four_that_are_not_well() {
    let Some(mut hosts) = Hosts::start(1, MOST_ADDRESSES) else {
        return;
    };
    let Some(config) = twenty(&mut hosts) else {
        return;
    };
    let desk = hosts.desk();
    let mut person = Person::new(&desk);
    let run = person.starts(&["agents", "import", "--ssh-config", &config, "--detach"]);
    let run = person.approves_all(run);
    assert_eq!(run["state"], "completed", "{run:#}");
    assert_eq!(person.answered.len(), 3);
    assert_eq!(agents(&desk).len(), 21);

    hosts.servers.last_mut().unwrap().stop();
    let (code, check) = desk.json(&["run", "health_check"]);
    assert_eq!(
        (code, &check["state"]),
        (0, &"completed".into()),
        "{check:#}"
    );
    let report = &check["outputs"]["report"];
    let answers = report["data"]["agents"].as_array().unwrap();
    assert_eq!(answers.len(), 21, "{report:#}");
    let of = |name: &str| {
        let found = answers
            .iter()
            .find(|entry| entry["output"]["agent_id"] == name);
        &found.unwrap_or_else(|| panic!("{name} is not in {report:#}"))["output"]
    };
    let usual = steady(of("this-computer"));

    for number in 1..=MOST_ADDRESSES {
        let agent = of(&format!("well-{number:02}"));
        assert_eq!(agent["reachable"], true, "{agent:#}");
        assert_eq!(steady(agent), usual, "{agent:#}");
    }
    for (name, metric, subject, severity, origin, evidence) in [
        (
            "full-01",
            "system.filesystem.utilization",
            "/srv/full",
            "critical",
            "input limits",
            "{mountpoint=/srv/full} = 100",
        ),
        (
            "killed-01",
            "system.memory.oom_kills",
            "memory",
            "warning",
            "Netdata oom_kill",
            "Killed process 4242 (java)",
        ),
        (
            "skewed-01",
            "system.clock.skew",
            "clock",
            "warning",
            "input limits",
            "system.clock.skew = ",
        ),
        (
            "gone-01",
            "agent.reachable",
            "agent",
            "critical",
            "the transport",
            "connection_refused",
        ),
    ] {
        let agent = of(name);
        let findings = agent["findings"].as_array().unwrap();
        let found = findings
            .iter()
            .find(|finding| finding["metric"] == metric && finding["subject"] == subject)
            .unwrap_or_else(|| panic!("{name}: {agent:#}"));
        assert_eq!(found["severity"], severity, "{name}: {found:#}");
        let said = found["evidence"].to_string();
        assert!(said.contains(evidence), "{name}: {found:#}");
        println!("{name}: {found:#}");

        // The verdict and the report say it of the agent.
        let verdicts = report["data"]["patterns"]["findings"].as_array().unwrap();
        let verdict = verdicts.iter().find(|verdict| {
            verdict["subject"].as_str().unwrap().contains(name) && verdict["severity"] == severity
        });
        let verdict = verdict.unwrap_or_else(|| panic!("{name} is not in {verdicts:#?}"));
        let says = verdict.to_string();
        assert!(
            says.contains(origin),
            "{name}: {origin:?} is not in {verdict:#}"
        );
        assert!(report["markdown"].as_str().unwrap().contains(name));
    }
    assert_eq!(report["data"]["patterns"]["overall"], "critical");
}
