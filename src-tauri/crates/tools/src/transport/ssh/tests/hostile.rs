//! Servers that misbehave, spoken in this process: each may spoil its own call and nothing else, in bounded time, and
//! whatever they say is shown escaped.

use super::{CAP, agent, pause, script};
use crate::testing::{Stage, World};
use crate::transport::{Answer, End, Script, run};
use crate::{HostLimits, SecretFault};
use fleet::{Connection, Credential, Via};
use russh::keys::{Algorithm, PrivateKey};
use russh::server::{self, Auth, ChannelOpenHandle, Config, Handler, Msg, Session};
use russh::{Channel, ChannelId, ChannelOpenFailure, Disconnect, MethodKind, MethodSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use workflow::{ErrorClass, Outcome, ToolError};

/// What a server does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Evil {
    /// Says nothing at all.
    Silent,
    /// Answers in another protocol, and that with control characters.
    Http,
    /// Ends before anything.
    HangUp,
    /// Says that it is SSH, then no more.
    SilentAfterBanner,
    /// Says that it is SSH, then noise.
    NoiseAfterBanner,
    /// Never answers to the login.
    SilentLogin,
    /// Takes no login.
    Refuse,
    /// Ends the connection on a login, with a message that would control a terminal.
    PartInLogin,
    /// Takes the password, and only as the answer to a question.
    Ask,
    /// Takes the password.
    Good,
    /// Opens no session, ever.
    NoSession,
    /// Takes a command and never answers.
    SilentAfterExec,
    /// Refuses the command.
    RefuseExec,
    /// Cuts the connection in the middle of the output.
    CutInOutput,
    /// Prints a hundred megabytes where a script would begin.
    FloodBefore,
    /// Prints a hundred megabytes as output.
    Flood,
    /// Prints one byte now and then.
    Drip,
    /// Says how it ended and leaves the session open.
    HalfEnd,
}

/// A server, its key, and how many connections it got.
struct Server {
    evil: Evil,
    port: u16,
    key: String,
    connections: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    async fn start(evil: Evil) -> Server {
        let key =
            PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        // A second method that is never used: the library's server hangs up when none is left.
        let methods = [
            if evil == Evil::Ask {
                MethodKind::KeyboardInteractive
            } else {
                MethodKind::Password
            },
            MethodKind::PublicKey,
        ];
        let config = Arc::new(Config {
            keys: vec![key.clone()],
            auth_rejection_time: Duration::ZERO,
            methods: MethodSet::from(methods.as_slice()),
            ..Config::default()
        });
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(evil, stream, Arc::clone(&config)));
            }
        });
        Server {
            evil,
            port,
            key: key.public_key().to_openssh().unwrap(),
            connections,
            task,
        }
    }

    fn stage(&self) -> Stage {
        let mut world = World {
            limits: Some(HostLimits {
                connect: Duration::from_millis(1500),
                auth: Duration::from_millis(1500),
                ..HostLimits::default()
            }),
            ..World::default()
        };
        world
            .host_keys
            .insert(("127.0.0.1".to_owned(), self.port), vec![self.key.clone()]);
        world.secrets.insert(
            "keychain:ssh/evil".to_owned(),
            Ok("the-password".to_owned()),
        );
        Stage::with(world)
    }

    fn connection(&self) -> Connection {
        Connection {
            address: "127.0.0.1".to_owned(),
            port: self.port,
            user: "somebody".to_owned(),
            credential: Credential::Password("ssh/evil".to_owned()),
            ssh_alias: None,
            ssh_config: Some("/dev/null".to_owned()),
            host_key_alias: None,
            via: Via::Ssh,
            jumps: Vec::new(),
            host_key: None,
        }
    }

    async fn run(&self, stage: &Stage) -> Result<Answer, ToolError> {
        let short = Script {
            timeout: Duration::from_millis(2000),
            ..script("echo ok", &[])
        };
        run(&agent(self.connection()), short, &stage.context).await
    }
}

async fn serve(evil: Evil, mut stream: TcpStream, config: Arc<Config>) {
    let first: &[u8] = match evil {
        Evil::Silent => b"",
        Evil::HangUp => return,
        Evil::Http => b"HTTP/1.1 400 Bad \x1b[31mRequest<script>\r\n\r\n",
        Evil::SilentAfterBanner => b"SSH-2.0-x\r\n",
        Evil::NoiseAfterBanner => {
            b"SSH-2.0-x\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
        }
        _ => {
            if let Ok(session) = server::run_stream(config, stream, Shell { evil }).await {
                let _ = session.await;
            }
            return;
        }
    };
    let _ = stream.write_all(first).await;
    if evil != Evil::Http {
        std::future::pending::<()>().await;
    }
}

/// Serves one connection.
struct Shell {
    evil: Evil,
}

impl Handler for Shell {
    type Error = russh::Error;

    async fn auth_password(&mut self, _user: &str, password: &str) -> Result<Auth, russh::Error> {
        match self.evil {
            Evil::SilentLogin => std::future::pending().await,
            Evil::Refuse | Evil::Ask => Ok(Auth::reject()),
            Evil::PartInLogin => Err(russh::Error::Disconnect),
            _ if password == "the-password" => Ok(Auth::Accept),
            _ => Ok(Auth::reject()),
        }
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _user: &str,
        _submethods: &str,
        response: Option<server::Response<'a>>,
    ) -> Result<Auth, russh::Error> {
        match response {
            None => Ok(Auth::Partial {
                name: "".into(),
                instructions: "".into(),
                prompts: vec![("Password: ".into(), false)].into(),
            }),
            Some(mut answers) => {
                let right = answers.next().as_deref() == Some(b"the-password");
                Ok(if right { Auth::Accept } else { Auth::reject() })
            }
        }
    }

    async fn authentication_banner(&mut self) -> Result<Option<String>, russh::Error> {
        Ok(Some("\u{1b}[2J<b>banner</b>".repeat(100)))
    }

    async fn channel_open_session(
        &mut self,
        _channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        if self.evil == Evil::NoSession {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return session.disconnect(Disconnect::ByApplication, "away \u{1b}[31m\u{202e}<i>", "");
        }
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        assert_eq!(command, b"exec /bin/sh -s");
        if self.evil == Evil::RefuseExec {
            return session.channel_failure(channel);
        }
        session.channel_success(channel)
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        let text = String::from_utf8_lossy(data);
        let Some(token) = text
            .strip_prefix("printf '\\036%s %s\\n' ")
            .and_then(|rest| rest.split(' ').next())
        else {
            return Ok(());
        };
        let begin = format!("\u{1e}{token} 99999999\n");
        let handle = session.handle();
        let evil = self.evil;
        match evil {
            Evil::SilentAfterExec => return Ok(()),
            Evil::FloodBefore => {}
            Evil::CutInOutput => {
                session.data(channel, format!("{begin}half of"))?;
                return session.disconnect(Disconnect::ByApplication, "cut \u{1b}]0;x\u{7}", "");
            }
            Evil::HalfEnd => {
                session.data(channel, format!("{begin}ok\n\u{1e}{token} 0\n"))?;
                return Ok(());
            }
            Evil::Good | Evil::Ask => {
                session.data(channel, format!("{begin}ok\n\u{1e}{token} 0\n"))?;
                session.exit_status_request(channel, 0)?;
                session.eof(channel)?;
                return session.close(channel);
            }
            _ => session.data(channel, begin)?,
        }
        tokio::spawn(async move {
            let chunk = if evil == Evil::Drip {
                "."
            } else {
                &"\u{1e}x".repeat(16_000)
            };
            for _ in 0..3_200 {
                if handle.data(channel, chunk.to_owned()).await.is_err() {
                    break;
                }
                if evil == Evil::Drip {
                    pause(50).await;
                }
            }
        });
        Ok(())
    }
}

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
