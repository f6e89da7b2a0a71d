//! The owner's socket (semantics.md 20): `<data>/countersign.sock`, 0600, for the same OS user only. One JSON object a
//! line: a call with its reply, or a topic with its notices. Not HTTP, not for other computers.
//! A named pipe on Windows comes when Windows is built.

use crate::{
    Origin,
    answer::Office,
    descent::{self, Kin},
    faults,
};
use api::{Call, Fault, Notice, Topic};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream},
    runtime::Handle,
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// The name of the socket in the data folder.
const NAME: &str = "countersign.sock";
/// The longest request, in bytes: an input of a workflow may be a file.
const REQUEST_BYTES: u64 = 8 << 20;
/// How long requests under way may take to be answered when the owner ends.
const CLOSING: Duration = Duration::from_secs(2);
/// What only a person may do, or somebody to whom a person gave a token: not a program that the owner has started.
const DECISIONS: [&str; 3] = [
    api::Decide::NAME,
    api::ResolveDoubt::NAME,
    // Who makes a token can decide with it.
    api::MakeToken::NAME,
];

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
    closing: CancellationToken,
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
        let closing = CancellationToken::new();
        let accepting = runtime.spawn(accept(listener, office, closing.clone()));
        Ok(Some(Server {
            path,
            accepting,
            closing,
        }))
    }

    /// Takes no more requests; those under way get their answers, within a bound.
    pub(crate) async fn stop(mut self) {
        // The next owner removes it as well.
        let _ = std::fs::remove_file(&self.path);
        self.closing.cancel();
        if timeout(CLOSING, &mut self.accepting).await.is_err() {
            tracing::warn!("a request was not answered in time");
            self.accepting.abort();
        }
    }
}

/// Serves clients until the owner ends, then until each has its answer.
async fn accept(listener: UnixListener, office: Arc<Office>, closing: CancellationToken) {
    let mut clients = JoinSet::new();
    loop {
        tokio::select! {
            () = closing.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let (office, closing) = (Arc::clone(&office), closing.clone());
                    clients.spawn(async move {
                        if let Err(error) = serve(stream, &office, &closing).await {
                            tracing::debug!(%error, "a client went away");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the socket does not accept any more");
                    break;
                }
            },
            Some(_) = clients.join_next() => {}
        }
    }
    drop(listener);
    while clients.join_next().await.is_some() {}
}

async fn serve(stream: UnixStream, office: &Office, closing: &CancellationToken) -> io::Result<()> {
    let peer = stream.peer_cred()?;
    if peer.uid() != rustix::process::getuid().as_raw() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "another user",
        ));
    }
    // Now, not when it decides: its parents may have ended by then.
    let kin = descent::kin(peer.pid());
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(tokio::io::AsyncReadExt::take(reader, REQUEST_BYTES));
    let mut line = String::new();
    loop {
        let read = tokio::select! {
            () = closing.cancelled() => return Ok(()),
            read = reader.read_line(&mut line) => read?,
        };
        if read == 0 {
            return Ok(());
        }
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
                let answer = match may(kin, &name) {
                    Ok(()) => office.dispatch(&name, args, origin).await,
                    Err(fault) => Err(fault),
                };
                let reply = match answer {
                    Ok(done) => Reply::Done(done),
                    Err(fault) => Reply::Fault(fault),
                };
                write(&mut writer, &reply).await?;
            }
            Ok(Request::Follow { topic }) => match office.follow(topic).await {
                Err(fault) => write(&mut writer, &Reply::Fault(fault)).await?,
                Ok(notices) => return pass_on(notices, &mut writer, closing).await,
            },
        }
        line.clear();
        reader.get_mut().set_limit(REQUEST_BYTES);
    }
}

/// May the process at the other end make this call?
fn may(kin: Kin, name: &str) -> Result<(), Fault> {
    match kin {
        _ if !DECISIONS.contains(&name) => Ok(()),
        Kin::Other => Ok(()),
        Kin::Descendant => Err(Fault::new(
            "descendant",
            "A program that Countersign has started cannot decide",
            "Decide in the window, or at a terminal that you have opened yourself",
        )),
        Kin::Gone => Err(Fault::new(
            "descendant",
            "Who asks cannot be seen, so it cannot decide: Countersign may have started it",
            "Decide in the window, or at a terminal that you have opened yourself",
        )),
    }
}

/// A connection that follows does nothing else.
async fn pass_on(
    mut notices: mpsc::Receiver<Notice>,
    writer: &mut (impl tokio::io::AsyncWrite + Unpin),
    closing: &CancellationToken,
) -> io::Result<()> {
    loop {
        let notice = tokio::select! {
            () = closing.cancelled() => return Ok(()),
            notice = notices.recv() => notice,
        };
        match notice {
            Some(notice) => write(writer, &Reply::Notice(Box::new(notice))).await?,
            None => return Ok(()),
        }
    }
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
