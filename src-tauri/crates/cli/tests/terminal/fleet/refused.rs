//! What goes wrong with a host or with what was said about it, each with the message that a person reads: what, why, and
//! what to do.

use super::{
    Person, agents,
    hosts::{Hosts, public},
};
use crate::desk::{Desk, Ended};
use loopback::SshdSetup;
use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt as _, path::Path};

/// How a call ended that goes wrong: the code and what was printed.
#[track_caller]
fn check(desk: &Desk, arguments: &[&str], code: i32, words: &[&str]) {
    let ended = desk.run(arguments);
    said(&ended, arguments, code, words);
}

#[track_caller]
fn said(ended: &Ended, arguments: &[&str], code: i32, words: &[&str]) {
    let printed = format!("{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.code, code, "{arguments:?}:\n{printed}");
    for word in words {
        assert!(
            printed.contains(word),
            "{arguments:?}: {word:?} is not in:\n{printed}"
        );
    }
}

fn words(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

/// The arguments that add a host at another port, with further ones.
fn add(hosts: &Hosts, name: &str, port: u16, more: &[&str]) -> Vec<String> {
    let mut add = hosts.add(name);
    let at = add.iter().position(|word| word == "--port").unwrap() + 1;
    add[at] = port.to_string();
    add.extend(more.iter().map(|word| (*word).to_owned()));
    add
}

#[test]
fn hosts_that_cannot_be_reached() {
    let Some(hosts) = Hosts::start(1, 1) else {
        return;
    };
    let desk = hosts.desk();
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let refused = add(&hosts, "web-01", closed, &[]);
    check(
        &desk,
        &words(&refused),
        1,
        &[
            "connection_refused",
            &closed.to_string(),
            "Nothing was changed.",
        ],
    );
    // Somebody takes the connection and says nothing that is SSH.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = mute.local_addr().unwrap().port();
    let other = std::thread::spawn(move || {
        use std::io::Write as _;
        for connection in mute.incoming().take(1) {
            let _ = connection
                .unwrap()
                .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let http = add(&hosts, "web-01", port, &[]);
    check(&desk, &words(&http), 1, &["web-01", "Nothing was changed."]);
    other.join().unwrap();

    let mut nowhere = hosts.add("web-01");
    nowhere[4] = "no-such-host.invalid".to_owned();
    check(
        &desk,
        &words(&nowhere),
        1,
        &[
            "name_not_found",
            "no-such-host.invalid",
            "Check the spelling",
        ],
    );
    assert_eq!(agents(&desk).len(), 1);
}

#[test]
fn logins_that_are_not_let_in() {
    let Some(mut hosts) = Hosts::start(1, 1) else {
        return;
    };
    hosts.known("", &hosts.servers[0].host_key.clone());
    let desk = hosts.desk();
    let port = hosts.servers[0].port;

    let stranger = format!("key:{}", hosts.key("stranger").display());
    let not_his = add(&hosts, "web-01", port, &["--credential", &stranger]);
    check(
        &desk,
        &words(&not_his),
        1,
        &[
            "refused the login. Tried: key file",
            "stranger",
            "It takes: publickey.",
        ],
    );

    let open = hosts.key("open");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    let credential = format!("key:{}", open.display());
    let readable = add(&hosts, "web-01", port, &["--credential", &credential]);
    check(
        &desk,
        &words(&readable),
        1,
        &["0644", "chmod 600", &open.display().to_string()],
    );

    let absent = format!("key:{}", hosts.path("absent").display());
    let absent = add(&hosts, "web-01", port, &["--credential", &absent]);
    check(&desk, &words(&absent), 1, &["absent"]);

    let password = add(
        &hosts,
        "web-01",
        port,
        &["--credential", "keychain:ssh/web-01"],
    );
    check(
        &desk,
        &words(&password),
        1,
        &["keychain:ssh/web-01", "countersign secrets set"],
    );
    let without = hosts.profiles(Desk::without_a_keychain());
    check(&without, &words(&password), 1, &["keychain"]);

    let kind = add(&hosts, "web-01", port, &["--credential", "hunter2"]);
    let ended = desk.run(&words(&kind));
    assert!(ended.code != 0, "{ended:?}");
    assert!(format!("{ended:?}").contains("credential"), "{ended:?}");

    // A host that lets nobody run a shell.
    let key = hosts.key("operator");
    let git = hosts.also(SshdSetup {
        authorized: vec![loopback::key_words(&public(&key))],
        extra: vec![
            "ForceCommand echo 'Hi there! You have authenticated, but there is no shell.'"
                .to_owned(),
        ],
        ..SshdSetup::default()
    });
    let Some(port) = git.map(|git| git.port) else {
        return;
    };
    let mut person = Person::new(&desk);
    let git = add(&hosts, "git-01", port, &["--detach"]);
    let run = person.starts(&words(&git));
    let run = person.approves_all(run);
    assert_eq!(run["state"], "failed", "{run:#}");
    assert!(run.to_string().contains("did not run /bin/sh"), "{run:#}");
    assert_eq!(agents(&desk).len(), 1);
}

#[test]
fn what_was_said_about_a_host_is_wrong() {
    let Some(hosts) = Hosts::start(1, 1) else {
        return;
    };
    let desk = hosts.desk();
    let port = hosts.servers[0].port;
    let no_file = hosts.path("none.ini").display().to_string();
    let no_config = hosts.path("none").display().to_string();
    let odd = hosts.write("odd", "Host web-01\n  HostName 127.0.0.1\n  HostNmae web\n");
    let odd = odd.display().to_string();
    let vaulted = "[web]\nweb-01 ansible_host=192.0.2.7 ansible_password=hunter2\n\
                   [web:vars]\nansible_become_password=\"{{ vault_become }}\"\nansible_user=deploy\n";
    let vaulted = hosts.write("vaulted.ini", vaulted).display().to_string();
    let vault = "web:\n  hosts:\n    web-01:\n      ansible_host: 192.0.2.7\n      ansible_user: !vault |\n        \
                 $ANSIBLE_VAULT;1.1;AES256\n        6231\n";
    let vault = hosts.write("vault.yaml", vault).display().to_string();

    check(
        &desk,
        &words(&add(&hosts, "prod_web", port, &[])),
        1,
        &["\"prod_web\" is not a host name", "prod-web", "ssh_alias"],
    );
    check(
        &desk,
        &words(&add(&hosts, "web-01", port, &["--label", "role"])),
        2,
        &["role is not a label", "role=web"],
    );
    check(
        &desk,
        &words(&add(&hosts, "web-01", port, &["--label", "rôle=web"])),
        2,
        &["rôle=web is not a label", "at most 63"],
    );
    let bad_port = add(&hosts, "web-01", port, &["--port", "70000"]);
    said(
        &desk.run(&words(&bad_port)),
        &words(&bad_port),
        2,
        &["port"],
    );
    for (arguments, code, words) in [
        (vec!["agents", "list", "role in web"], 3, vec!["selector"]),
        (vec!["agents", "remove", "-l", "=web"], 3, vec!["selector"]),
        (
            vec!["agents", "remove", "-l", "role=none"],
            2,
            vec![
                "No agent was named, or none matches",
                "countersign agents list",
            ],
        ),
        (
            vec!["agents", "remove", "web-99"],
            2,
            vec!["There is no agent web-99", "countersign agents list"],
        ),
        (
            vec!["agents", "drain", "web-99"],
            2,
            vec!["There is no agent web-99", "countersign agents list"],
        ),
        (
            vec!["agents", "remove", "this-computer"],
            2,
            vec!["This computer is always an agent"],
        ),
        (
            vec!["agents", "label", "web-01"],
            2,
            vec!["Nothing to change was given", "--set NAME=VALUE"],
        ),
        (
            vec!["agents", "import", "--ansible", &no_file],
            2,
            vec!["There is no file", &no_file],
        ),
        (
            vec!["agents", "import", "--ssh-config", &no_config, "--dry-run"],
            3,
            vec![no_config.as_str()],
        ),
        (
            vec!["agents", "import", "--ssh-config", &no_config],
            1,
            vec![no_config.as_str()],
        ),
        (
            vec!["agents", "add", "web-01", "--ssh-config", &odd],
            1,
            vec!["hostnmae", "line 3", "IgnoreUnknown"],
        ),
        (
            vec!["agents", "import", "--ansible", &vaulted, "--dry-run"],
            0,
            vec!["web-01", "ansible_password", "ansible_become_password"],
        ),
        (
            vec!["agents", "import", "--ansible", &vault, "--dry-run"],
            0,
            vec!["web-01", "vault"],
        ),
    ] {
        let ended = desk.run(&arguments);
        println!("{arguments:?}\n{}{}", ended.stdout, ended.stderr);
        said(&ended, &arguments, code, &words);
        assert!(!format!("{ended:?}").contains("hunter2"), "{ended:?}");
    }
    assert_eq!(agents(&desk).len(), 1);
    assert!(!Path::new(&no_file).exists());
}
