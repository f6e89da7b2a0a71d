//! One call of git: run to its end within its limits, its errors into the call's log. What its words mean is in `words`.

use super::unusable;
use crate::Context;
use crate::fault::fault;
use crate::transport::{Group, Lines, ended};
use rustix::process::{Pid, Signal};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::timeout;
use workflow::{ErrorClass, Outcome, ToolError};

/// What is kept of its words.
const SAID_BYTES: usize = 64 * 1024;
/// Between the polite signal and the other: git removes its lock files meanwhile.
const GRACE: Duration = Duration::from_secs(2);
/// How long words may still come after git has ended, from a helper that it left running.
const DRAIN: Duration = Duration::from_millis(200);

/// The limits of one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'a> {
    /// For its standard input.
    pub(crate) input: &'a [u8],
    pub(crate) timeout: Duration,
    /// The most that is taken of its output.
    pub(crate) cap_bytes: usize,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By itself, with that code; a signal has none.
    Exited(Option<i32>),
    /// It took longer than it may.
    TimedOut,
    /// It had more to say than it may.
    Capped,
    /// What was watched beside it went over its limit.
    Over,
}

/// What it said.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) end: End,
}

impl Said {
    pub(crate) fn is_well(&self) -> bool {
        self.end == End::Exited(Some(0))
    }
}

/// Runs it and keeps its output.
pub(super) async fn run(
    command: Command,
    ask: Ask<'_>,
    context: &Context,
) -> Result<Said, ToolError> {
    let mut stdout = Vec::new();
    let never = std::future::pending();
    let (end, stderr) = run_into(command, ask, &mut stdout, never, context).await?;
    Ok(Said {
        stdout,
        stderr,
        end,
    })
}

/// Runs it and hands its output on as it comes. Ends it, and everything that it started, when it is no longer owed, too
/// slow, too long, or when `over` comes first. An error of `out` is one of this computer.
pub(super) async fn run_into(
    mut command: Command,
    ask: Ask<'_>,
    out: &mut (dyn AsyncWrite + Send + Unpin),
    over: impl Future<Output = ()>,
    context: &Context,
) -> Result<(End, Vec<u8>), ToolError> {
    context.still_owed(Outcome::NotStarted)?;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| unusable(&error))?;
    let number = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw);
    let (Some(number), Some(mut stdin), Some(stdout), Some(stderr)) = (
        number,
        child.stdin.take(),
        child.stdout.take(),
        child.stderr.take(),
    ) else {
        return Err(unusable(&std::io::Error::other(
            "it was started without pipes",
        )));
    };
    let group = Group(number);
    let gone = ended(number);
    let mut said = Vec::new();
    let talk = async {
        let feed = async {
            // Broken pipe: git ended before it read to its end.
            let _ = stdin.write_all(ask.input).await;
            drop(stdin);
            Ok(())
        };
        tokio::try_join!(
            feed,
            hand_on(stdout, out, ask.cap_bytes),
            listen(stderr, &mut said, context)
        )
        .map(|_| ())
    };
    let conversation = async {
        tokio::pin!(talk);
        tokio::select! {
            result = &mut talk => {
                if result.is_ok() {
                    gone.cancelled().await;
                }
                result
            }
            () = gone.cancelled() => timeout(DRAIN, &mut talk).await.unwrap_or(Ok(())),
        }
    };
    let ending = tokio::select! {
        biased;
        () = context.cancel.cancelled() => Err(crate::context::cancelled(Outcome::NotDone)),
        () = over => Ok(Some(End::Over)),
        result = timeout(ask.timeout, conversation) => match result {
            Err(_) => Ok(Some(End::TimedOut)),
            Ok(Err(Stop::Capped)) => Ok(Some(End::Capped)),
            Ok(Err(Stop::Refused(error))) => Err(not_taken(&error)),
            Ok(Ok(())) => Ok(None),
        },
    };
    if !gone.is_cancelled() {
        group.signal(Signal::TERM);
        let _ = timeout(GRACE, gone.cancelled()).await;
    }
    drop(group);
    let status = child.wait().await.map_err(|error| unusable(&error))?;
    let end = ending?.unwrap_or(End::Exited(status.code()));
    Ok((end, said))
}

/// Why the conversation is over before its time.
enum Stop {
    Capped,
    /// Nobody takes what it says.
    Refused(std::io::Error),
}

fn not_taken(error: &std::io::Error) -> ToolError {
    fault(
        "io_error",
        format!("What git gave could not be kept: {error}."),
        "Look at the disk of this computer.",
    )
    .not_done(ErrorClass::Io)
}

/// Hands on what comes, to the end or to the cap.
async fn hand_on(
    mut from: impl AsyncRead + Unpin,
    out: &mut (dyn AsyncWrite + Send + Unpin),
    cap_bytes: usize,
) -> Result<(), Stop> {
    let (mut buffer, mut room) = (vec![0; 64 * 1024], cap_bytes);
    loop {
        match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return out.flush().await.map_err(Stop::Refused),
            Ok(count) => {
                let taken = count.min(room);
                room -= taken;
                out.write_all(&buffer[..taken])
                    .await
                    .map_err(Stop::Refused)?;
                if count > taken {
                    return Err(Stop::Capped);
                }
            }
        }
    }
}

/// Keeps the first of its errors, and hands each line to the call's log.
async fn listen(
    mut from: impl AsyncRead + Unpin,
    said: &mut Vec<u8>,
    context: &Context,
) -> Result<(), Stop> {
    let (mut buffer, mut lines) = (vec![0; 8 * 1024], Lines::new(context));
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let room = SAID_BYTES.saturating_sub(said.len());
        said.extend_from_slice(&buffer[..count.min(room)]);
        lines.take(&buffer[..count]);
    }
    lines.end();
    Ok(())
}
