//! Servers that misbehave, spoken in this process: each may spoil its own call and nothing else, in bounded time, and
//! whatever they say is shown escaped.

mod server;

use super::{CAP, agent, script};
use crate::SecretFault;
use crate::testing::{Stage, World};
use crate::transport::{End, run};
use fleet::Connection;
use server::{Evil, Server};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use workflow::{ErrorClass, Outcome};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_misbehaves_spoils_its_own_call_only() {
    for (evil, code, outcome, words) in [
        (
            Evil::Silent,
            "connect_timeout",
            Outcome::NotStarted,
            vec!["SSH"],
        ),
        (
            Evil::Http,
            "not_ssh",
            Outcome::NotStarted,
            vec!["Bad <U+001B>[31mRequest<script>"],
        ),
        (Evil::HangUp, "connection_lost", Outcome::NotStarted, vec![]),
        (
            Evil::SilentAfterBanner,
            "connect_timeout",
            Outcome::NotStarted,
            vec!["key exchange"],
        ),
        (
            Evil::NoiseAfterBanner,
            "connection_lost",
            Outcome::NotStarted,
            vec![],
        ),
        (
            Evil::SilentLogin,
            "connect_timeout",
            Outcome::NotStarted,
            vec!["login"],
        ),
        (
            Evil::Refuse,
            "auth_failed",
            Outcome::NotStarted,
            vec!["password", "somebody"],
        ),
        (
            Evil::PartInLogin,
            "connection_lost",
            Outcome::NotStarted,
            vec![],
        ),
        (Evil::NoSession, "connection_lost", Outcome::NotDone, vec![]),
        (
            Evil::RefuseExec,
            "no_shell",
            Outcome::NotDone,
            vec!["refused"],
        ),
        (
            Evil::CutInOutput,
            "connection_lost",
            Outcome::Unknown,
            vec!["cut <U+001B>]0;x<U+0007>"],
        ),
    ] {
        let server = Server::start(evil).await;
        let stage = server.stage();
        let began = Instant::now();
        let error = server.run(&stage).await.unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.outcome),
            (code, outcome),
            "{evil:?} {error:?}"
        );
        let all = format!("{} {}", error.message, error.hint);
        assert!(all.contains(&server.port.to_string()), "{evil:?} {error:?}");
        for word in words {
            assert!(all.contains(word), "{evil:?}: {word} in {error:?}");
        }
        assert!(
            !all.contains("the-password") && !all.chars().any(fleet::is_hidden),
            "{error:?}"
        );
        assert!(
            began.elapsed() < Duration::from_secs(15),
            "{evil:?} took {:?}",
            began.elapsed()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn output_without_end_is_cut_and_silence_has_its_time() {
    for (evil, end) in [
        (Evil::FloodBefore, End::Capped),
        (Evil::Flood, End::Capped),
        (Evil::Drip, End::TimedOut),
        (Evil::SilentAfterExec, End::TimedOut),
        (Evil::HalfEnd, End::Exited(0)),
    ] {
        let server = Server::start(evil).await;
        let stage = server.stage();
        let began = Instant::now();
        let answer = server.run(&stage).await.unwrap();
        assert_eq!(answer.end, end, "{evil:?}");
        assert!(answer.stdout.len() <= CAP);
        assert_eq!(evil == Evil::Flood, answer.stdout.len() == CAP, "{evil:?}");
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "{evil:?} took {:?}",
            began.elapsed()
        );
    }
}

#[tokio::test]
async fn passwords_log_in_as_password_and_as_the_answer_to_a_question() {
    for evil in [Evil::Good, Evil::Ask] {
        let server = Server::start(evil).await;
        let stage = server.stage();
        assert_eq!(
            server.run(&stage).await.unwrap().stdout,
            b"ok\n",
            "{:?}",
            server.evil
        );
        for (secret, code) in [
            (Some(Ok("another-one".to_owned())), "auth_failed"),
            (None, "secret_missing"),
            (Some(Err(SecretFault::Locked)), "keychain_locked"),
        ] {
            let mut world = World::default();
            world.host_keys.insert(
                ("127.0.0.1".to_owned(), server.port),
                vec![server.key.clone()],
            );
            if let Some(secret) = secret {
                world.secrets.insert("keychain:ssh/evil".to_owned(), secret);
            }
            let error = server.run(&Stage::with(world)).await.unwrap_err();
            assert_eq!(
                (error.code.as_str(), error.class),
                (code, ErrorClass::Auth),
                "{error:?}"
            );
            assert!(!format!("{error:?}").contains("another-one"));
        }
    }
}

#[tokio::test]
async fn a_wrong_key_gets_no_password() {
    let server = Server::start(Evil::Good).await;
    let other = Server::start(Evil::Good).await;
    for (known, code) in [
        (None, "host_key_unknown"),
        (Some(&other.key), "host_key_changed"),
    ] {
        let mut world = World::default();
        if let Some(known) = known {
            world
                .host_keys
                .insert(("127.0.0.1".to_owned(), server.port), vec![known.clone()]);
        }
        // No secret is stored: had the key been gone on with, the error would be that.
        let error = server.run(&Stage::with(world)).await.unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.class),
            (code, ErrorClass::Auth),
            "{error:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_host_is_tried_once_for_all_who_wait() {
    let server = Server::start(Evil::SilentAfterBanner).await;
    let stage = Arc::new(server.stage());
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let (stage, connection) = (Arc::clone(&stage), server.connection());
            tokio::spawn(async move {
                let error = run(&agent(connection), script("true", &[]), &stage.context)
                    .await
                    .unwrap_err();
                assert_eq!(error.code, "connect_timeout");
            })
        })
        .collect();
    let began = Instant::now();
    for call in calls {
        call.await.unwrap();
    }
    assert!(began.elapsed() < Duration::from_secs(8));
    assert!(server.connections.load(Ordering::SeqCst) <= 2);
    let cancelled = server.stage();
    cancelled.context.cancel.cancel();
    assert_eq!(server.run(&cancelled).await.unwrap_err().code, "cancelled");
}

#[tokio::test]
async fn what_is_not_there_is_told_apart() {
    let server = Server::start(Evil::Good).await;
    let stage = server.stage();
    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    for (address, port, code) in [
        ("127.0.0.1", free, "connection_refused"),
        ("no-such-host.invalid", 22, "name_not_found"),
        ("255.255.255.255", 22, "host_unreachable"),
    ] {
        let connection = Connection {
            address: address.to_owned(),
            port,
            ..server.connection()
        };
        let error = run(&agent(connection), script("true", &[]), &stage.context)
            .await
            .unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.class, error.outcome),
            (code, ErrorClass::Network, Outcome::NotStarted),
            "{error:?}"
        );
        assert!(!error.message.chars().any(fleet::is_hidden));
    }
}
