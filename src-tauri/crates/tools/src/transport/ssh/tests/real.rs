//! A real sshd on loopback: arguments as data, the frame, stopping, kept connections, sessions, hosts in between.

use super::{CAP, Host, agent, comes_up, goes_away, pause, script};
use crate::testing::{Stage, World};
use crate::transport::{End, Script, run};
use crate::{HostLimits, Stream};
use fleet::{Credential, Hop};
use loopback::SshdSetup;
use std::sync::Arc;
use std::time::{Duration, Instant};
use workflow::Outcome;

#[tokio::test]
async fn arguments_are_data_and_exit_codes_come_back() {
    let Some(host) = Host::new() else { return };
    let hostile = "$(touch /tmp/never); `id` \"'\n\u{1b}[31m \\ '\\'' ÿ";
    let answer = host
        .run("printf '%s|%s' \"$1\" \"$#\"; exit 3", &[hostile, "-n", ""])
        .await
        .unwrap();
    assert_eq!(
        (String::from_utf8(answer.stdout).unwrap(), answer.end),
        (format!("{hostile}|3"), End::Exited(3))
    );
}

#[tokio::test]
async fn scripts_and_arguments_may_be_large() {
    let Some(host) = Host::new() else { return };
    let long = "x'y\n".repeat(250_000);
    let text = format!(
        "# {}\nprintf '%s' \"$1\" | wc -c",
        "comment ' ".repeat(100_000)
    );
    let answer = host.run(&text, &[&long]).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer.stdout).trim(), "1000000");
}

#[tokio::test]
async fn what_a_host_prints_before_the_script_is_dropped() {
    let noisy = SshdSetup {
        extra: vec![
            "ForceCommand printf 'Welcome!\\n\\036noise 1\\n'; eval \"$SSH_ORIGINAL_COMMAND\""
                .to_owned(),
        ],
        ..SshdSetup::default()
    };
    let Some(host) = Host::with(&noisy, World::default()) else {
        return;
    };
    let answer = host
        .run("printf 'a\\036b'; echo err >&2", &[])
        .await
        .unwrap();
    assert_eq!(
        (answer.stdout.as_slice(), answer.end),
        (b"a\x1eb".as_slice(), End::Exited(0))
    );
    let log = host.stage.log.lock().unwrap();
    assert_eq!(
        (log[0].stream, log[0].bytes.as_slice()),
        (Stream::Stderr, b"err".as_slice())
    );
}

#[tokio::test]
async fn a_host_without_a_shell_is_told_as_that() {
    let closed = SshdSetup {
        extra: vec!["ForceCommand echo 'This account is \u{1b}[31mclosed'; exit 1".to_owned()],
        ..SshdSetup::default()
    };
    let Some(host) = Host::with(&closed, World::default()) else {
        return;
    };
    let error = host.run("echo never", &[]).await.unwrap_err();
    assert_eq!(error.code, "no_shell");
    assert!(
        error.message.contains("This account is <U+001B>[31mclosed"),
        "{error:?}"
    );
}

#[tokio::test]
async fn ends_are_told_apart() {
    let Some(host) = Host::new() else { return };
    for (text, end) in [
        ("true", End::Exited(0)),
        ("exit 255", End::Exited(255)),
        ("kill -9 $$", End::Signalled(9)),
        ("kill -TERM $$", End::Signalled(15)),
        ("if then", End::Exited(2)),
        ("exec sh -c 'exit 7'", End::Exited(7)),
    ] {
        assert_eq!(host.run(text, &[]).await.unwrap().end, end, "{text}");
    }
    assert_eq!(host.sshd.logins(), 1, "all over one connection");
}

#[tokio::test]
async fn nothing_that_a_script_leaves_running_stays() {
    let Some(host) = Host::new() else { return };
    let began = Instant::now();
    let text = "sleep 41.7101 & (trap '' TERM; exec sleep 41.7102) >/dev/null 2>&1 & echo done";
    let answer = host.run(text, &[]).await.unwrap();
    assert_eq!(
        (answer.stdout.as_slice(), answer.end),
        (b"done\n".as_slice(), End::Exited(0))
    );
    assert!(began.elapsed() < Duration::from_secs(15));
    assert!(goes_away("41.7101").await && goes_away("41.7102").await);
    let answer = host
        .run("sleep 41.7103 >/dev/null 2>&1 & echo out; kill -9 $$", &[])
        .await
        .unwrap();
    assert_eq!(
        (answer.stdout.as_slice(), answer.end),
        (b"out\n".as_slice(), End::Signalled(9))
    );
    assert!(goes_away("41.7103").await);
}

#[tokio::test]
async fn too_much_output_is_cut_off_and_its_source_stopped() {
    let Some(host) = Host::new() else { return };
    let text = "dd if=/dev/zero bs=1000000 count=100 2>/dev/null; sleep 41.7201";
    let answer = host.run(text, &[]).await.unwrap();
    assert_eq!((answer.stdout.len(), answer.end), (CAP, End::Capped));
    assert!(goes_away("41.7201").await);
    let exactly = Script {
        cap_bytes: 5,
        ..script("printf 12345", &[])
    };
    assert_eq!(host.script(exactly).await.unwrap().end, End::Exited(0));
    let more = Script {
        cap_bytes: 4,
        ..exactly
    };
    let answer = host.script(more).await.unwrap();
    assert_eq!(
        (answer.stdout.as_slice(), answer.end),
        (b"1234".as_slice(), End::Capped)
    );
}

#[tokio::test]
async fn a_slow_drip_ends_at_its_time_and_takes_the_whole_group_along() {
    let Some(host) = Host::new() else { return };
    let text = "sleep 41.7301 & (trap '' TERM; sleep 41.7302) & trap '' TERM; while :; do echo drip; sleep 0.05; done";
    let drip = Script {
        timeout: Duration::from_millis(4000),
        ..script(text, &[])
    };
    let answer = host.script(drip).await.unwrap();
    assert_eq!(answer.end, End::TimedOut);
    assert!(
        answer.stdout.starts_with(b"drip\ndrip\n"),
        "what came until then is kept"
    );
    assert!(goes_away("41.7301").await && goes_away("41.7302").await);
}

#[tokio::test]
async fn cancelling_stops_it_there() {
    let Some(host) = Host::new() else { return };
    let cancel = host.stage.context.cancel.clone();
    let cancelling = async {
        assert!(comes_up("41.7401").await);
        cancel.cancel();
    };
    let (answer, ()) = tokio::join!(host.run("sleep 41.7401 & sleep 41.7401", &[]), cancelling);
    let error = answer.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.outcome),
        ("cancelled", Outcome::NotDone)
    );
    assert!(goes_away("41.7401").await);
    let again = host.run("true", &[]).await.unwrap_err();
    assert_eq!(
        (again.code.as_str(), again.outcome),
        ("cancelled", Outcome::NotStarted)
    );
}

#[tokio::test]
async fn dropping_the_call_stops_it_there() {
    let Some(host) = Host::new() else { return };
    {
        let call = host.run("sleep 41.7501 & sleep 41.7501", &[]);
        tokio::pin!(call);
        tokio::select! {
            _ = &mut call => panic!("it ended"),
            up = comes_up("41.7501") => assert!(up),
        }
    }
    assert!(goes_away("41.7501").await);
}

#[tokio::test]
async fn many_calls_at_once_share_one_connection_and_its_sessions() {
    let Some(host) = Host::new() else { return };
    let calls = (0..30).map(|number| {
        let host = &host;
        async move {
            let number = number.to_string();
            let answer = host.run("sleep 0.1; echo $1", &[&number]).await.unwrap();
            assert_eq!(String::from_utf8_lossy(&answer.stdout).trim(), number);
        }
    });
    futures_all(calls).await;
    assert_eq!(host.sshd.logins(), 1);
}

#[tokio::test]
async fn a_host_with_one_session_at_a_time_serves_them_in_turn() {
    let one = SshdSetup {
        extra: vec!["MaxSessions 1".to_owned()],
        ..SshdSetup::default()
    };
    let Some(host) = Host::with(&one, World::default()) else {
        return;
    };
    futures_all((0..5).map(|_| async {
        assert_eq!(
            host.run("sleep 0.1", &[]).await.unwrap().end,
            End::Exited(0)
        );
    }))
    .await;
    assert_eq!(host.sshd.logins(), 1);
}

#[tokio::test]
async fn a_connection_that_dropped_is_opened_anew_and_a_broken_command_is_in_doubt() {
    let Some(host) = Host::new() else { return };
    host.run("true", &[]).await.unwrap();
    host.sshd.cut();
    host.run("true", &[]).await.unwrap();
    assert_eq!(host.sshd.logins(), 2);
    let cutting = async {
        assert!(comes_up("41.7601").await);
        host.sshd.cut();
    };
    let (answer, ()) = tokio::join!(host.run("sleep 41.7601", &[]), cutting);
    let error = answer.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.outcome),
        ("connection_lost", Outcome::Unknown)
    );
    assert!(
        error.message.contains(&host.sshd.port.to_string()),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_unused_connection_is_closed() {
    let world = World {
        limits: Some(HostLimits {
            idle: Duration::from_millis(300),
            ..HostLimits::default()
        }),
        ..World::default()
    };
    let Some(host) = Host::with(&SshdSetup::default(), world) else {
        return;
    };
    let long = host.run("sleep 1; echo still here", &[]).await.unwrap();
    assert_eq!(long.stdout, b"still here\n", "one that is used stays");
    assert!(!host.sshd.serving().is_empty());
    for _ in 0..200 {
        if host.sshd.serving().is_empty() {
            break;
        }
        pause(20).await;
    }
    assert!(host.sshd.serving().is_empty());
    host.run("true", &[]).await.unwrap();
    assert_eq!(host.sshd.logins(), 2);
}

#[tokio::test]
async fn hosts_behind_another_share_the_way_to_it() {
    let Some(bastion) = Host::new() else { return };
    let addresses: Vec<String> = (1..=4).map(|last| format!("127.0.0.{last}")).collect();
    let setup = SshdSetup {
        addresses: addresses.clone(),
        ..SshdSetup::default()
    };
    let mut world = World::default();
    let place = ("127.0.0.1".to_owned(), bastion.sshd.port);
    world
        .host_keys
        .insert(place.clone(), vec![bastion.sshd.host_key.clone()]);
    let Some(host) = Host::with(&setup, world) else {
        return;
    };
    let config = host.stage.path("config");
    std::fs::write(
        &config,
        format!(
            "Host bastion\nHostName 127.0.0.1\nIdentityFile {}\n",
            bastion.key.display()
        ),
    )
    .unwrap();
    let hop = Hop {
        address: place.0,
        port: place.1,
        user: loopback::user(),
        ssh_alias: Some("bastion".to_owned()),
    };
    futures_all(addresses.iter().map(|address| {
        let mut connection = host.connection();
        connection.address.clone_from(address);
        connection.ssh_config = Some(config.display().to_string());
        connection.jumps = vec![hop.clone()];
        let stage = &host.stage;
        async move {
            let text = "set -- $SSH_CONNECTION; echo $3";
            let answer = run(&agent(connection), script(text, &[]), &stage.context)
                .await
                .unwrap();
            assert_eq!(String::from_utf8_lossy(&answer.stdout).trim(), *address);
        }
    }))
    .await;
    assert_eq!((bastion.sshd.logins(), host.sshd.logins()), (1, 4));

    // A host in between that is not trusted ends it before anything is said to it.
    let mut connection = host.connection();
    connection.jumps = vec![hop];
    let stranger = Stage::with(World::default());
    let error = run(&agent(connection), script("true", &[]), &stranger.context)
        .await
        .unwrap_err();
    assert_eq!(error.code, "host_key_unknown");
    assert!(
        error.message.contains(&bastion.sshd.port.to_string()),
        "{error:?}"
    );
    assert_eq!(bastion.sshd.logins(), 1);
}

/// A hundred hosts, one command each, cold and over the kept connections: printed, and held to generous bounds here,
/// because a debug build on a busy computer is not what the bar is measured on.
#[expect(clippy::print_stderr, reason = "a measurement is for people")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_hosts_are_reached_quickly() {
    let mut servers = Vec::new();
    let mut world = World::default();
    let mut places = Vec::new();
    let folder = tempfile::tempdir().unwrap();
    let key = loopback::keygen(&folder.path().join("key"), &["-t", "ed25519"]);
    for server in 0..7 {
        let addresses: Vec<String> = (0..16)
            .map(|last| format!("127.0.{server}.{}", last + 1))
            .take(if server == 6 { 4 } else { 16 })
            .collect();
        let setup = SshdSetup {
            addresses: addresses.clone(),
            authorized: vec![loopback::key_words(&key.with_extension("pub"))],
            ..SshdSetup::default()
        };
        let Some(sshd) = loopback::Sshd::start(&setup) else {
            return;
        };
        for address in addresses {
            world
                .host_keys
                .insert((address.clone(), sshd.port), vec![sshd.host_key.clone()]);
            places.push((address, sshd.port));
        }
        servers.push(sshd);
    }
    let stage = Arc::new(Stage::with(world));
    for (round, bound) in [("cold", 20), ("kept", 10)] {
        let (began, cpu, memory) = (Instant::now(), cpu(), resident_kib());
        let calls: Vec<_> = places
            .iter()
            .map(|(address, port)| {
                let connection = fleet::Connection {
                    address: address.clone(),
                    port: *port,
                    user: loopback::user(),
                    credential: Credential::KeyFile(key.display().to_string()),
                    ssh_alias: None,
                    ssh_config: Some("/dev/null".to_owned()),
                    host_key_alias: None,
                    via: fleet::Via::Ssh,
                    jumps: Vec::new(),
                    host_key: None,
                };
                let stage = Arc::clone(&stage);
                tokio::spawn(async move {
                    let answer =
                        run(&agent(connection), script("echo ok", &[]), &stage.context).await;
                    let answer = answer.unwrap();
                    assert_eq!(
                        (answer.stdout.as_slice(), answer.end),
                        (b"ok\n".as_slice(), End::Exited(0))
                    );
                })
            })
            .collect();
        for call in calls {
            call.await.unwrap();
        }
        eprintln!(
            "100 hosts, {round}: {:?} wall, {:?} cpu, {} KiB more",
            began.elapsed(),
            self::cpu() - cpu,
            resident_kib().saturating_sub(memory)
        );
        assert!(began.elapsed() < Duration::from_secs(bound), "{round}");
    }
}

/// The processor time this process has used.
fn cpu() -> Duration {
    // proc(5): fields 14 and 15, in hundredths of a second; the name in parentheses may hold spaces.
    let line = std::fs::read_to_string("/proc/self/stat").unwrap();
    let rest = line.rsplit_once(')').unwrap().1;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

/// The memory this process holds.
fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Runs all of them at once.
async fn futures_all<F: Future>(futures: impl Iterator<Item = F>) {
    let mut open: Vec<_> = futures.map(Box::pin).collect();
    std::future::poll_fn(move |waker| {
        open.retain_mut(|future| future.as_mut().poll(waker).is_pending());
        if open.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}
