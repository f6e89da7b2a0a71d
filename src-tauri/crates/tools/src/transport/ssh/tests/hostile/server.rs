//! The server that misbehaves, each time in one way.

use crate::HostLimits;
use crate::testing::{Stage, World};
use crate::transport::ssh::tests::{agent, pause, script};
use crate::transport::{Answer, Script, run};
use fleet::{Connection, Credential, Via};
use russh::keys::{Algorithm, PrivateKey};
use russh::server::{self, Auth, ChannelOpenHandle, Config, Handler, Msg, Session};
use russh::{Channel, ChannelId, ChannelOpenFailure, Disconnect, MethodKind, MethodSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use workflow::ToolError;
/// What a server does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evil {
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
pub(super) struct Server {
    pub(super) evil: Evil,
    pub(super) port: u16,
    pub(super) key: String,
    pub(super) connections: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(super) async fn start(evil: Evil) -> Server {
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

    pub(super) fn stage(&self) -> Stage {
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

    pub(super) fn connection(&self) -> Connection {
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

    pub(super) async fn run(&self, stage: &Stage) -> Result<Answer, ToolError> {
        let short = Script {
            timeout: Duration::from_millis(2000),
            ..script("echo ok", &[])
        };
        run(&agent(self.connection()), short, &stage.context).await
    }
}

async fn serve(evil: Evil, mut stream: TcpStream, config: Arc<Config>) {
    let first: &[u8] = if evil == Evil::Silent {
        b""
    } else if evil == Evil::HangUp {
        return;
    } else if evil == Evil::Http {
        b"HTTP/1.1 400 Bad \x1b[31mRequest<script>\r\n\r\n"
    } else if evil == Evil::SilentAfterBanner {
        b"SSH-2.0-x\r\n"
    } else if evil == Evil::NoiseAfterBanner {
        b"SSH-2.0-x\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
    } else {
        if let Ok(session) = server::run_stream(config, stream, Shell { evil }).await {
            let _ = session.await;
        }
        return;
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
        if self.evil == Evil::SilentLogin {
            std::future::pending().await
        } else if self.evil == Evil::PartInLogin {
            Err(russh::Error::Disconnect)
        } else if !matches!(self.evil, Evil::Refuse | Evil::Ask) && password == "the-password" {
            Ok(Auth::Accept)
        } else {
            Ok(Auth::reject())
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
        if evil == Evil::SilentAfterExec {
            return Ok(());
        } else if evil == Evil::CutInOutput {
            session.data(channel, format!("{begin}half of"))?;
            return session.disconnect(Disconnect::ByApplication, "cut \u{1b}]0;x\u{7}", "");
        } else if matches!(evil, Evil::HalfEnd | Evil::Good | Evil::Ask) {
            session.data(channel, format!("{begin}ok\n\u{1e}{token} 0\n"))?;
            if evil == Evil::HalfEnd {
                return Ok(());
            }
            session.exit_status_request(channel, 0)?;
            session.eof(channel)?;
            return session.close(channel);
        } else if evil != Evil::FloodBefore {
            session.data(channel, begin)?;
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
