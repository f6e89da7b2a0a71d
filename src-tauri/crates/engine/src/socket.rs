//! The owner's socket (semantics.md 20): `<data>/countersign.sock`, 0600, for the same OS user only. One JSON object a
//! line: a call with its reply, or a topic with its notices. Not HTTP, not for other computers.
//! A named pipe on Windows comes when Windows is built.

use crate::{Origin, answer::Office, faults};
use api::{Fault, Notice, Topic};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream},
    runtime::Handle,
    sync::mpsc,
    task::{JoinHandle, JoinSet},
};

/// The name of the socket in the data folder.
const NAME: &str = "countersign.sock";
/// The longest request, in bytes: an input of a workflow may be a file.
const REQUEST_BYTES: u64 = 8 << 20;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Call {
        name: String,
        args: Json,
        origin: Origin,
    },
    Follow {
        topic: Topic,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    Done(Json),
    Fault(Fault),
    Notice(Box<Notice>),
}

/// Serves the calls to other processes of the same user.
pub(crate) struct Server {
    path: PathBuf,
    accepting: JoinHandle<()>,
}

impl Server {
    /// `None` where the folder's path is too long for a socket (104 bytes on some systems).
    pub(crate) fn start(
        dir: &Path,
        office: Arc<Office>,
        runtime: &Handle,
    ) -> io::Result<Option<Server>> {
        let path = dir.join(NAME);
        if path.as_os_str().len() > 100 {
            tracing::warn!(path = %path.display(), "the path is too long for a socket");
            return Ok(None);
        }
        // Whoever had it before is gone: the lock is ours.
        match std::fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let _context = runtime.enter();
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        let accepting = runtime.spawn(async move {
            let mut clients = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => match accepted {
                        Ok((stream, _)) => {
                            let office = Arc::clone(&office);
                            clients.spawn(async move {
                                if let Err(error) = serve(stream, &office).await {
                                    tracing::debug!(%error, "a client went away");
                                }
                            });
                        }
                        Err(error) => {
                            tracing::warn!(%error, "the socket does not accept any more");
                            return;
                        }
                    },
                    Some(_) = clients.join_next() => {}
                }
            }
        });
        Ok(Some(Server { path, accepting }))
    }

    pub(crate) fn stop(&self) {
        self.accepting.abort();
        // The next owner removes it as well.
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn serve(stream: UnixStream, office: &Office) -> io::Result<()> {
    let peer = stream.peer_cred()?.uid();
    if peer != rustix::process::getuid().as_raw() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "another user",
        ));
    }
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(tokio::io::AsyncReadExt::take(reader, REQUEST_BYTES));
    let mut line = String::new();
    while reader.read_line(&mut line).await? > 0 {
        match serde_json::from_str(&line) {
            Err(error) => {
                let fault = Fault::new(
                    "bad_request",
                    "This request cannot be read",
                    "Use a program of the same version",
                )
                .with_detail(error.to_string());
                write(&mut writer, &Reply::Fault(fault)).await?;
            }
            Ok(Request::Call { name, args, origin }) => {
                let reply = match office.dispatch(&name, args, origin).await {
                    Ok(done) => Reply::Done(done),
                    Err(fault) => Reply::Fault(fault),
                };
                write(&mut writer, &reply).await?;
            }
            Ok(Request::Follow { topic }) => match office.follow(topic).await {
                Err(fault) => write(&mut writer, &Reply::Fault(fault)).await?,
                Ok(mut notices) => {
                    // A connection that follows does nothing else.
                    while let Some(notice) = notices.recv().await {
                        write(&mut writer, &Reply::Notice(Box::new(notice))).await?;
                    }
                    return Ok(());
                }
            },
        }
        line.clear();
        reader.get_mut().set_limit(REQUEST_BYTES);
    }
    Ok(())
}

async fn write(writer: &mut (impl tokio::io::AsyncWrite + Unpin), reply: &Reply) -> io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    writer.write_all(&line).await
}

/// Reaches the engine of another process. Each call is a connection of its own.
#[derive(Clone)]
pub(crate) struct Client {
    path: PathBuf,
}

impl Client {
    pub(crate) async fn connect(dir: &Path) -> io::Result<Client> {
        let path = dir.join(NAME);
        UnixStream::connect(&path).await?;
        Ok(Client { path })
    }

    async fn ask(&self, request: &Request) -> io::Result<BufReader<UnixStream>> {
        let mut stream = UnixStream::connect(&self.path).await?;
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        stream.write_all(&line).await?;
        Ok(BufReader::new(stream))
    }

    pub(crate) async fn call(&self, name: &str, args: Json, origin: Origin) -> Result<Json, Fault> {
        let request = Request::Call {
            name: name.to_owned(),
            args,
            origin,
        };
        let mut replies = self.ask(&request).await.map_err(|error| gone(&error))?;
        match next(&mut replies).await.map_err(|error| gone(&error))? {
            Some(Reply::Done(done)) => Ok(done),
            Some(Reply::Fault(fault)) => Err(fault),
            Some(Reply::Notice(_)) => Err(faults::internal("a notice instead of a reply")),
            None => Err(gone(&io::Error::from(io::ErrorKind::UnexpectedEof))),
        }
    }

    pub(crate) async fn follow(&self, topic: Topic) -> Result<mpsc::Receiver<Notice>, Fault> {
        let mut replies = self
            .ask(&Request::Follow { topic })
            .await
            .map_err(|error| gone(&error))?;
        let first = match next(&mut replies).await.map_err(|error| gone(&error))? {
            Some(Reply::Notice(first)) => *first,
            Some(Reply::Fault(fault)) => return Err(fault),
            Some(Reply::Done(_)) | None => return Err(faults::internal("no notice")),
        };
        let (sender, receiver) = mpsc::channel(1024);
        // The buffer is empty: there is room for the first.
        let _ = sender.try_send(first);
        tokio::spawn(async move {
            while let Ok(Some(Reply::Notice(notice))) = next(&mut replies).await {
                if sender.send(*notice).await.is_err() {
                    return;
                }
            }
        });
        Ok(receiver)
    }
}

async fn next(replies: &mut BufReader<UnixStream>) -> io::Result<Option<Reply>> {
    let mut line = String::new();
    if replies.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    Ok(Some(serde_json::from_str(&line)?))
}

fn gone(error: &io::Error) -> Fault {
    Fault::new(
        "owner_gone",
        "The program that owns the data folder does not answer any more",
        "Try again: this program takes over when it has ended",
    )
    .with_detail(error.to_string())
}
