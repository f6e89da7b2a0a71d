//! The first day: twelve entries of an ssh config and an Ansible inventory become healthy agents with three decisions.

use super::{
    Person, agents,
    hosts::{Hosts, MOTD, public},
};
use loopback::SshdSetup;
use std::{fs, time::Instant};

/// The operator's files; gives the ssh config and the inventory.
fn files(hosts: &mut Hosts) -> Option<(String, String)> {
    let own = hosts.key("own");
    let (port, bastion_port) = (hosts.servers[0].port, hosts.servers[1].port);
    let only_own = SshdSetup {
        addresses: vec!["127.0.0.1".to_owned()],
        authorized: vec![loopback::key_words(&public(&own))],
        ..SshdSetup::default()
    };
    let own_port = hosts.also(only_own)?.port;
    let usual = hosts.usual();
    let mut config = String::new();
    for (number, name) in ["web-01", "web-02", "db-01", "cache-01", "prod_web"]
        .iter()
        .enumerate()
    {
        config.push_str(&format!(
            "Host {name}\n  HostName 127.0.0.{}\n  Port {port}\n{usual}\n",
            number + 1
        ));
    }
    config.push_str(&format!(
        "Host bastion\n  HostName 127.0.0.9\n  Port {bastion_port}\n{usual}\n\
         Host inner-01\n  HostName 127.0.0.6\n  Port {port}\n  ProxyJump bastion\n{usual}\n\
         Host odd-01\n  HostName 127.0.0.7\n  Port {port}\n  ProxyCommand bash -c 'exec 3<>/dev/tcp/%h/%p; cat <&3 & cat >&3; kill $!'\n{usual}\n\
         Host own-key\n  HostName 127.0.0.1\n  Port {own_port}\n  IdentityFile {}\n  IdentitiesOnly yes\n{}\n\
         Host dead-01\n  HostName 127.0.0.1\n  Port 1\n{usual}\n\
         Host github.com\n  User git\n\
         Host *\n  ServerAliveInterval 30\n",
        own.display(),
        usual.replace(&hosts.key("operator").display().to_string(), &own.display().to_string()),
    ));
    let inventory = format!(
        "[production]\nnode-01 ansible_host=127.0.0.10 ansible_port={bastion_port} ansible_user={user} ansible_ssh_private_key_file={key}\n\
         node-02 ansible_host=127.0.0.11 ansible_port={bastion_port} ansible_user={user} ansible_ssh_private_key_file={key}\n\
         web-01\n\n[web]\nweb-01\nnode-01\n",
        user = loopback::user(),
        key = hosts.key("operator").display(),
    );
    let config = hosts.write("config", &config);
    let inventory = hosts.write("inventory.ini", &inventory);
    Some((
        config.display().to_string(),
        inventory.display().to_string(),
    ))
}

#[test]
fn an_ssh_config_and_an_inventory_become_agents_with_three_decisions() {
    let Some(mut hosts) = Hosts::start(2, 8) else {
        return;
    };
    let Some((config, inventory)) = files(&mut hosts) else {
        return;
    };
    // The host in between is known already, as to everybody who uses it: nobody is asked about its key.
    hosts.write(
        "known_hosts",
        &format!(
            "[127.0.0.9]:{} {}\n",
            hosts.servers[1].port, hosts.servers[1].host_key
        ),
    );
    let desk = hosts.desk();
    let import = [
        "agents",
        "import",
        "--ssh-config",
        &config,
        "--ansible",
        &inventory,
    ];
    let preview = desk.run(&[import.as_slice(), &["--dry-run"]].concat());
    assert_eq!(preview.code, 0, "{preview:?}");
    for word in ["web-01", "prod-web", "github.com", "bastion", "node-02"] {
        assert!(preview.stdout.contains(word), "{word}: {}", preview.stdout);
    }

    let began = Instant::now();
    let mut person = Person::new(&desk);
    let run = person.starts(&[import.as_slice(), &["--detach"]].concat());
    let card = person.card(&run);
    assert!(card.contains("SHA256:"), "{card}");
    let run = person.approves_all(run);
    assert_eq!(run["state"], "completed", "{run:#}\n{}", person.card(&run));
    assert_eq!(
        person.answered,
        [
            "trust_host_key.before",
            "register.before",
            "apply_config.before"
        ]
    );
    println!("imported in {:?}", began.elapsed());

    let agents = agents(&desk);
    let names: Vec<&str> = agents.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "cache-01",
            "db-01",
            "dead-01",
            "inner-01",
            "node-01",
            "node-02",
            "odd-01",
            "own-key",
            "prod-web",
            "this-computer",
            "web-01",
            "web-02"
        ]
    );
    for (name, info) in &agents {
        let state = if name == "dead-01" {
            "candidate"
        } else {
            "registered"
        };
        assert_eq!(info["agent"]["state"], state, "{name}");
        let asked = info["last"].is_object();
        assert_eq!(
            asked,
            !["dead-01", "this-computer"].contains(&name.as_str()),
            "{name}"
        );
    }
    let web = &agents["web-01"]["agent"];
    assert_eq!(
        (&web["environment"], &web["labels"]["web"]),
        (&"production".into(), &"true".into())
    );
    assert_eq!(
        agents["odd-01"]["agent"]["transport"]["via"]["by"],
        "openssh"
    );
    assert_eq!(
        agents["inner-01"]["agent"]["transport"]["jumps"][0]["ssh_alias"],
        "bastion"
    );

    // What has no key yet is not called this computer.
    let shown = person.card(&run);
    assert!(!shown.contains("dead-01 (this"), "{shown}");

    // Every one has its file.
    for name in agents.keys() {
        let file = hosts.on_host(name, "motd");
        match ["dead-01", "this-computer"].contains(&name.as_str()) {
            true => assert!(!file.exists(), "{name}"),
            false => assert_eq!(fs::read_to_string(file).unwrap(), MOTD, "{name}"),
        }
    }

    // Again: everything is known, nobody is asked anything.
    let again = person.starts(&import);
    assert_eq!(
        again["state"],
        "completed",
        "{again:#}\n{}",
        person.card(&again)
    );

    // They are agents like this computer.
    let (code, check) = desk.json(&["run", "health_check"]);
    assert_eq!(code, 0, "{check:#}");
}
