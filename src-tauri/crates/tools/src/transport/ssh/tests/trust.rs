//! A real sshd on loopback: which hosts are gone on with, and what looking at a key gives away.

use super::{Host, configured, refused, says};
use crate::known_hosts::Trust;
use crate::testing::{Stage, World};
use fleet::Connection;
use loopback::{Sshd, SshdSetup, key_words, keygen};

#[tokio::test]
async fn only_a_trusted_host_is_gone_on_with() {
    let Some(host) = Host::new() else { return };
    let Some(other) = Sshd::start(&SshdSetup::default()) else {
        return;
    };
    let (right, wrong) = (host.sshd.host_key.clone(), other.host_key.clone());
    let name = format!("[127.0.0.1]:{}", host.sshd.port);
    let file = host.stage.path("known_hosts");
    let place = format!("{}:2", file.display());
    let key = host.key.display();
    let config = format!(
        "IdentityFile {key}\nIdentityAgent none\nGlobalKnownHostsFile /dev/null\nUserKnownHostsFile {}",
        file.display()
    );
    for (line, code, words) in [
        (format!("{name} {right}"), "", vec![]),
        (
            format!("other {right}"),
            "host_key_unknown",
            vec!["SHA256:", "ssh-ed25519"],
        ),
        (
            format!("{name} {wrong}"),
            "host_key_changed",
            vec!["SHA256:", place.as_str()],
        ),
        (
            format!("@revoked {name} {right}"),
            "host_key_revoked",
            vec![place.as_str()],
        ),
        (
            format!("@cert-authority {name} {wrong}"),
            "host_key_ca",
            vec![place.as_str()],
        ),
    ] {
        std::fs::write(&file, format!("# a comment\n{line}\n")).unwrap();
        let stage = Stage::with(World::default());
        let connection = configured(&host, &config);
        let scanned = stage
            .context
            .ports
            .hosts
            .scan(&connection, &stage.context)
            .await
            .unwrap();
        assert_eq!(
            (scanned.algorithm.as_str(), scanned.key.as_str()),
            ("ssh-ed25519", right.as_str())
        );
        assert_eq!(
            matches!(scanned.trust, Trust::Trusted { .. }),
            code.is_empty(),
            "{line}"
        );
        match says(&stage, connection).await {
            Ok(said) => assert_eq!((said.as_str(), code), ("in\n", "")),
            Err(error) => {
                refused(&error, code, &words);
                assert!(error.message.contains(&scanned.fingerprint), "{error:?}");
            }
        }
    }
    // An agent is reached only with the key that it was registered with, whatever else is known.
    std::fs::write(&file, format!("{name} {right}\n")).unwrap();
    let registered = |host_key: &str| Connection {
        host_key: Some(host_key.to_owned()),
        ..configured(&host, &config)
    };
    let shown = crate::known_hosts::fingerprint(&right).unwrap();
    let stage = Stage::with(World::default());
    assert_eq!(says(&stage, registered(&shown)).await.unwrap(), "in\n");
    let other_key = crate::known_hosts::fingerprint(&wrong).unwrap();
    let error = says(&stage, registered(&other_key)).await.unwrap_err();
    refused(
        &error,
        "host_key_changed",
        &[&shown, &other_key, "inventory"],
    );
    // A file that cannot be read is not a first contact.
    let folder = host.stage.path("folder");
    std::fs::create_dir(&folder).unwrap();
    let unreadable = config.replace(&file.display().to_string(), &folder.display().to_string());
    let connection = configured(&host, &unreadable);
    let error = says(&Stage::with(World::default()), connection)
        .await
        .unwrap_err();
    refused(&error, "known_hosts_unusable", &["folder"]);
    assert_eq!(
        host.sshd.logins(),
        2,
        "nobody logged in where the key is not trusted"
    );
}

#[tokio::test]
async fn scanning_says_nothing_about_the_user() {
    let Some(host) = Host::new() else { return };
    let stranger = Stage::with(World::default());
    let connection = Connection {
        user: "somebody-secret".to_owned(),
        ..host.connection()
    };
    let scanned = stranger
        .context
        .ports
        .hosts
        .scan(&connection, &stranger.context)
        .await
        .unwrap();
    assert_eq!(scanned.trust, Trust::Unknown);
    assert_eq!(scanned.key, host.sshd.host_key);
    assert!(scanned.fingerprint.starts_with("SHA256:"));
    assert!(!host.sshd.log().contains("somebody-secret"));
}

#[tokio::test]
async fn the_kind_of_key_that_is_known_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    for words in [["-t", "rsa", "-b", "2048"].as_slice(), &["-t", "ecdsa"]] {
        let second = keygen(&folder.path().join(words[1]), words);
        let setup = SshdSetup {
            extra: vec![format!("HostKey {}", second.display())],
            ..SshdSetup::default()
        };
        let Some(host) = Host::with(&setup, World::default()) else {
            return;
        };
        let mut world = World::default();
        let known = key_words(&second.with_extension("pub"));
        world.host_keys.insert(
            ("127.0.0.1".to_owned(), host.sshd.port),
            vec![known.clone()],
        );
        let stage = Stage::with(world);
        assert_eq!(says(&stage, host.connection()).await.unwrap(), "in\n");
        let scanned = stage
            .context
            .ports
            .hosts
            .scan(&host.connection(), &stage.context)
            .await
            .unwrap();
        assert_eq!(scanned.key, known);
    }
}

#[tokio::test]
async fn a_key_that_is_taken_back_holds_no_connection_open() {
    let Some(host) = Host::new() else { return };
    assert_eq!(says(&host.stage, host.connection()).await.unwrap(), "in\n");
    // The same kept connections, asked by somebody for whom nothing is trusted any more.
    let mut later = Stage::with(World::default());
    let ports = &later.context.ports;
    later.context.ports = std::sync::Arc::new(crate::Ports {
        inventory: ports.inventory.clone(),
        jobs: ports.jobs.clone(),
        metrics: ports.metrics.clone(),
        snapshots: ports.snapshots.clone(),
        host_keys: ports.host_keys.clone(),
        secrets: ports.secrets.clone(),
        hosts: host.stage.context.ports.hosts.clone(),
    });
    let error = says(&later, host.connection()).await.unwrap_err();
    refused(&error, "host_key_unknown", &[]);
    assert_eq!(host.sshd.logins(), 1);
}
