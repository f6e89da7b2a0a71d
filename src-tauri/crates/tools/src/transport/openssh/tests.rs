//! The user's ssh program against a real sshd on loopback, over a ProxyCommand.

use super::{run, scan};
use crate::known_hosts::{Trust, fingerprint};
use crate::testing::{Stage, World};
use crate::transport::tests::goes_away;
use crate::transport::{Answer, End, Script};
use crate::{Stream, ssh_config};
use fleet::{Connection, Credential, Hop, Via};
use loopback::{Sshd, SshdSetup, key_words, keygen, user};
use std::path::Path;
use std::time::Duration;
use workflow::{Outcome, ToolError};

const PROXY: &str =
    "ProxyCommand bash -c 'exec 3<>/dev/tcp/%h/%p; cat <&3 & exec cat >&3' 2>/dev/null";

/// A host that runs, and how it is reached. When the server goes, so does the master connection.
struct Host {
    sshd: Sshd,
    stage: Stage,
    connection: Connection,
    folder: tempfile::TempDir,
}

/// How a host is to be.
#[derive(Default)]
struct Setup {
    /// Lines of sshd's config.
    server: Vec<String>,
    /// Lines of the ssh config, besides ProxyCommand; `DIR` is the test's folder.
    client: Vec<&'static str>,
    /// Instead of the real ProxyCommand.
    way: Option<&'static str>,
    /// Not trusted from the beginning.
    is_strange: bool,
}

impl Host {
    fn new() -> Option<Host> {
        Host::with(Setup::default())
    }

    fn with(setup: Setup) -> Option<Host> {
        if ssh_config::program().is_none() || !Path::new("/bin/bash").exists() {
            println!("SKIPPED: there is no ssh, or no bash to reach it through");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().to_str().unwrap();
        let key = keygen(&folder.path().join("key"), &["-t", "ed25519"]);
        let sshd = Sshd::start(&SshdSetup {
            authorized: vec![key_words(&key.with_extension("pub"))],
            extra: setup.server,
            ..SshdSetup::default()
        })?;
        let way = setup.way.unwrap_or(PROXY);
        let config = format!(
            "Host px\n {way}\n HostName 127.0.0.1\nHost px behind\n UserKnownHostsFile DIR/known\n GlobalKnownHostsFile none\n IdentityFile DIR/key\n \
             IdentitiesOnly yes\n SendEnv *\n LocalForward 1 localhost:1\n {}\n",
            setup.client.join("\n ")
        );
        std::fs::write(folder.path().join("config"), config.replace("DIR", dir)).unwrap();
        let mut world = World::default();
        if !setup.is_strange {
            let place = ("127.0.0.1".to_owned(), sshd.port);
            world.host_keys.insert(place, vec![sshd.host_key.clone()]);
        }
        let connection = Connection {
            address: "127.0.0.1".to_owned(),
            port: sshd.port,
            user: user(),
            credential: Credential::SshConfig,
            ssh_alias: Some("px".to_owned()),
            ssh_config: Some(format!("{dir}/config")),
            host_key_alias: None,
            via: Via::Openssh {
                reason: "ProxyCommand is set for px".to_owned(),
            },
            jumps: Vec::new(),
            host_key: None,
        };
        Some(Host {
            sshd,
            stage: Stage::with(world),
            connection,
            folder,
        })
    }

    async fn run(&self, text: &str, args: &[&str]) -> Result<Answer, ToolError> {
        run(&self.connection, script(text, args), &self.stage.context).await
    }

    /// Writes the user's known_hosts; `KEY` is the host's own, `HOST` its name there.
    fn known(&self, text: &str) {
        let name = format!("[127.0.0.1]:{}", self.sshd.port);
        let text = text
            .replace("HOST", &name)
            .replace("KEY", &self.sshd.host_key);
        std::fs::write(self.folder.path().join("known"), text).unwrap();
    }
}

fn script<'a>(text: &'a str, args: &'a [&'a str]) -> Script<'a> {
    Script {
        text,
        args,
        timeout: Duration::from_secs(30),
        cap_bytes: 100_000,
    }
}

async fn pause(duration: Duration) {
    let _ = tokio::time::timeout(duration, std::future::pending::<()>()).await;
}

#[tokio::test]
async fn scripts_run_over_one_connection() {
    let Some(host) = Host::new() else { return };
    let hostile = "$(touch /tmp/never); `id` \"'\n\u{1b}[31m \\ '\\'' ÿ";
    let text = "printf '%s|%s|%s|%s' \"$1\" \"$#\" \"$HOME\" \"$SSH_TTY\"; echo err >&2; exit 3";
    let answer = host.run(text, &[hostile, "-n", ""]).await.unwrap();
    let home = host.sshd.home();
    assert_eq!(
        (String::from_utf8(answer.stdout).unwrap(), answer.end),
        (format!("{hostile}|3|{}|", home.display()), End::Exited(3))
    );
    for (text, end) in [
        ("true", End::Exited(0)),
        ("exit 255", End::Exited(255)),
        ("kill -9 $$", End::Signalled(0)),
        ("if then", End::Exited(2)),
        ("exec sh -c 'exit 7'", End::Exited(7)),
        ("cat; exit 4", End::Exited(4)),
    ] {
        assert_eq!(host.run(text, &[]).await.unwrap().end, end, "{text}");
    }
    let many = (0..12).map(|_| host.run("echo $SSH_CONNECTION", &[]));
    for answer in join_all(many).await {
        assert_eq!(answer.unwrap().end, End::Exited(0));
    }
    assert_eq!(host.sshd.logins(), 1, "{}", host.sshd.log());
    let log = host.stage.log.lock().unwrap();
    let errors: Vec<&[u8]> = log
        .iter()
        .filter(|line| line.stream == Stream::Stderr)
        .map(|line| line.bytes.as_slice())
        .collect();
    assert_eq!(errors[0], b"err");
}

/// All at once, on this task.
async fn join_all<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut open: Vec<_> = futures.map(Box::pin).collect();
    let mut done: Vec<Option<T>> = open.iter().map(|_| None).collect();
    std::future::poll_fn(|task| {
        for (future, done) in open.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(task)
            {
                *done = Some(value);
            }
        }
        match done.iter().all(Option::is_some) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn first_calls_at_once_log_in_once() {
    let Some(host) = Host::new() else { return };
    let many = (0..6).map(|_| host.run("echo one", &[]));
    for answer in join_all(many).await {
        assert_eq!(answer.unwrap().stdout, b"one\n");
    }
    assert_eq!(host.sshd.logins(), 1, "{}", host.sshd.log());
}

#[tokio::test]
async fn what_is_stopped_leaves_nothing_on_the_host() {
    let Some(host) = Host::new() else { return };
    let (connection, context) = (&host.connection, &host.stage.context);
    let flood = "head -c 300000 /dev/zero; sleep 51.8101";
    let answer = host.run(flood, &[]).await.unwrap();
    assert_eq!((answer.stdout.len(), answer.end), (100_000, End::Capped));
    assert!(goes_away("51.8101").await);

    let slow = Script {
        timeout: Duration::from_millis(700),
        ..script("echo a; sleep 51.8102 & (trap '' TERM; sleep 51.8103)", &[])
    };
    let answer = run(connection, slow, context).await.unwrap();
    assert_eq!(
        (answer.stdout.as_slice(), answer.end),
        (b"a\n".as_slice(), End::TimedOut)
    );
    assert!(goes_away("51.8102").await && goes_away("51.8103").await);

    let dropped = host.run("sleep 51.8104", &[]);
    assert!(
        tokio::time::timeout(Duration::from_secs(1), dropped)
            .await
            .is_err()
    );
    assert!(goes_away("51.8104").await);

    let answer = host.run("sleep 51.8105 & echo done", &[]).await.unwrap();
    assert_eq!(
        (answer.stdout.as_slice(), answer.end),
        (b"done\n".as_slice(), End::Exited(0))
    );
    assert!(goes_away("51.8105").await);

    let cancelling = async {
        pause(Duration::from_secs(1)).await;
        context.cancel.cancel();
    };
    let (answer, ()) = tokio::join!(host.run("sleep 51.8106", &[]), cancelling);
    let error = answer.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.outcome),
        ("cancelled", Outcome::NotDone)
    );
    assert!(goes_away("51.8106").await);
    assert_eq!(host.sshd.logins(), 1);
}

#[tokio::test]
async fn what_a_login_prints_is_dropped_and_no_shell_is_told() {
    let noisy = Setup {
        server: vec![
            "ForceCommand printf 'Welcome!\\n\\036noise 1\\n'; eval \"$SSH_ORIGINAL_COMMAND\""
                .to_owned(),
        ],
        ..Setup::default()
    };
    let Some(host) = Host::with(noisy) else {
        return;
    };
    assert_eq!(
        host.run("printf 'a\\036b'", &[]).await.unwrap().stdout,
        b"a\x1eb"
    );
    let closed = Setup {
        server: vec!["ForceCommand echo 'This account is \u{1b}[31mclosed'; exit 1".to_owned()],
        ..Setup::default()
    };
    let Some(host) = Host::with(closed) else {
        return;
    };
    let error = host.run("echo never", &[]).await.unwrap_err();
    assert_eq!(error.code, "no_shell");
    assert!(
        error.message.contains("account is <U+001B>[31mclosed"),
        "{error:?}"
    );
}

#[tokio::test]
async fn only_keys_that_our_judge_trusts_are_taken() {
    let strange = Setup {
        is_strange: true,
        client: vec!["StrictHostKeyChecking no"],
        ..Setup::default()
    };
    let Some(host) = Host::with(strange) else {
        return;
    };
    let other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB";
    for (known, code) in [
        ("", Some("host_key_unknown")),
        ("HOST KEY\n@revoked * KEY", Some("host_key_revoked")),
        ("@cert-authority * KEY", Some("host_key_ca")),
        (&format!("HOST {other}"), Some("host_key_changed")),
        (&format!("HOST {other}\nHOST KEY"), None),
    ] {
        host.known(known);
        let result = host.run("echo in", &[]).await;
        let error = result.err();
        assert_eq!(
            error.as_ref().map(|error| error.code.as_str()),
            code,
            "{known}: {error:?}"
        );
        if let Some(error) = error {
            assert_eq!(error.outcome, Outcome::NotStarted);
        }
    }
    assert_eq!(host.sshd.logins(), 1, "only with the trusted key");
    let Some(host) = Host::with(Setup::default()) else {
        return;
    };
    std::fs::create_dir(host.folder.path().join("known")).unwrap();
    let error = host.run("echo in", &[]).await.unwrap_err();
    assert_eq!(error.code, "known_hosts_unusable");
}

#[tokio::test]
async fn a_host_behind_another_is_reached_when_both_are_known() {
    let Some(mut host) = Host::new() else { return };
    host.connection.ssh_alias = Some("behind".to_owned());
    host.connection.jumps = vec![Hop {
        address: "127.0.0.1".to_owned(),
        port: host.sshd.port,
        user: user(),
        ssh_alias: Some("px".to_owned()),
    }];
    let error = host.run("echo in", &[]).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), host.sshd.logins()),
        ("host_key_unknown", 0),
        "{error:?}"
    );
    host.known("HOST KEY");
    assert_eq!(host.run("echo in", &[]).await.unwrap().stdout, b"in\n");
    assert_eq!(host.sshd.logins(), 2);
}

#[tokio::test]
async fn a_host_key_is_scanned_without_a_login() {
    let strange = Setup {
        is_strange: true,
        ..Setup::default()
    };
    let Some(host) = Host::with(strange) else {
        return;
    };
    let context = &host.stage.context;
    let (key, trust) = scan(&host.connection, context).await.unwrap();
    assert_eq!(
        (key.as_str(), &trust),
        (host.sshd.host_key.as_str(), &Trust::Unknown)
    );
    assert!(fingerprint(&key).is_some());
    host.known("HOST KEY");
    let (_, trust) = scan(&host.connection, context).await.unwrap();
    assert!(matches!(trust, Trust::Trusted { by } if by.ends_with("known:1")));
    assert_eq!(host.sshd.logins(), 0);
    assert!(
        !host.sshd.log().contains("publickey"),
        "{}",
        host.sshd.log()
    );
}

#[tokio::test]
async fn failures_are_told_by_what_they_are() {
    let cases = [
        ("ProxyCommand false", "proxy_failed"),
        ("ProxyCommand none\n IdentityFile DIR/none", "auth_failed"),
        ("ProxyCommand none\n Bogus yes", "ssh_config_invalid"),
    ];
    for (way, code) in cases {
        let setup = Setup {
            way: Some(way),
            ..Setup::default()
        };
        let Some(host) = Host::with(setup) else {
            return;
        };
        if code == "auth_failed" {
            std::fs::remove_file(host.folder.path().join("key")).unwrap();
        }
        let error = host.run("echo never", &[]).await.unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.outcome),
            (code, Outcome::NotStarted),
            "{error:?}"
        );
    }
    let straight = Setup {
        way: Some("ProxyCommand none"),
        ..Setup::default()
    };
    let Some(host) = Host::with(straight) else {
        return;
    };
    for (address, port, code) in [
        ("127.0.0.1", 1, "connection_refused"),
        ("nowhere.invalid", 22, "name_not_found"),
        ("127.0.0.1;id", 22, "ssh_unusable"),
    ] {
        let connection = Connection {
            address: address.to_owned(),
            port,
            host_key_alias: Some("known".to_owned()),
            ..host.connection.clone()
        };
        std::fs::write(
            host.folder.path().join("known"),
            format!("known {}\n", host.sshd.host_key),
        )
        .unwrap();
        let script = script("echo never", &[]);
        let error = run(&connection, script, &host.stage.context)
            .await
            .unwrap_err();
        assert_eq!(error.code, code, "{error:?}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_told_and_made_anew() {
    let Some(host) = Host::new() else { return };
    host.run("true", &[]).await.unwrap();
    let cutting = async {
        pause(Duration::from_secs(1)).await;
        host.sshd.cut();
    };
    let (answer, ()) = tokio::join!(host.run("echo a; sleep 51.8107", &[]), cutting);
    let error = answer.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.outcome),
        ("connection_lost", Outcome::Unknown)
    );
    assert_eq!(
        host.run("echo again", &[]).await.unwrap().stdout,
        b"again\n"
    );
    assert_eq!(host.sshd.logins(), 2);
}
