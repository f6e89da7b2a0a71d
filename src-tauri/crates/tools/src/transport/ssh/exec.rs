//! One script over one session: sent on standard input, framed in standard output, stopped with everything it started.
//! No terminal, nothing in a command line. How a session is had is `link`.

use super::fault;
use super::link::{Link, Place, Session};
use crate::Context;
use crate::context::cancelled;
use crate::transport::lines::Lines;
use crate::transport::script::{self, Unframe};
use crate::transport::{Answer, End, Script};
use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};
use workflow::{Outcome, ToolError};

/// The only command line there ever is.
const SHELL: &str = "exec /bin/sh -s";
/// How long standard error may still come after the end mark in standard output.
const DRAIN: Duration = Duration::from_millis(500);
/// How long output may still come after the shell has ended without an end mark. A busy server tells the end before it
/// has read all of the output.
const LATE_OUTPUT: Duration = Duration::from_secs(5);
/// How long stopping may take in all; it goes on without us after that.
const STOPPING: Duration = Duration::from_secs(5);
/// How often a refused session for stopping is asked for again.
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// How long a shell that was told to stop may take to say its number, if it has not yet.
const LATE_START: Duration = Duration::from_secs(1);
/// RFC 4254 section 5.2: the data type of standard error.
const STDERR: u32 = 1;

pub(super) async fn run(
    session: Session,
    script: Script<'_>,
    context: &Context,
) -> Result<Answer, ToolError> {
    let token = script::token()?;
    let text = script::prelude(script.args, &token) + &script::body(script.text, &token);
    let (read, write) = session.channel.split();
    let mut running = Running(Some(Parts {
        read,
        write: Arc::new(write),
        place: session.place,
        output: Unframe::new(token, script.cap_bytes),
    }));
    let Some(parts) = &mut running.0 else {
        return Err(cancelled(Outcome::NotStarted));
    };
    let over = tokio::select! {
        biased;
        () = context.cancel.cancelled() => None,
        over = parts.converse(text.into_bytes(), script.timeout, context) => Some(over),
    };
    match over {
        None => {
            running.stop().await;
            Err(cancelled(Outcome::NotDone))
        }
        Some(Over::Capped) => Ok(running.stopped(End::Capped).await),
        Some(Over::TimedOut) => Ok(running.stopped(End::TimedOut).await),
        Some(Over::Ended(end)) => Ok(running.ended(end).await),
        // The shell could not end its group itself.
        Some(Over::Killed(end)) => Ok(running.stopped(end).await),
        Some(Over::Lost) => Err(running.lost(fault::lost_while_running)),
        Some(Over::NoShell(said)) => Err(running.lost(|link| fault::no_shell(link, &said))),
    }
}

/// How a conversation ended.
enum Over {
    /// The script is over, and its group with it.
    Ended(End),
    /// The shell is gone without having ended its group.
    Killed(End),
    Capped,
    TimedOut,
    /// The connection or the session broke.
    Lost,
    /// The host ran something else than our shell, which said this.
    NoShell(Vec<u8>),
}

/// A script that runs on a host. Dropping it stops the script.
struct Running(Option<Parts>);

struct Parts {
    read: ChannelReadHalf,
    write: Arc<ChannelWriteHalf<Msg>>,
    place: Place,
    output: Unframe,
}

impl Running {
    /// Stops the script, and waits for that within limits. Gives the output, and whether it was cut.
    async fn stop(&mut self) -> (Vec<u8>, bool) {
        let Some(mut parts) = self.0.take() else {
            return (Vec::new(), false);
        };
        let output = parts.output.output();
        let _ = timeout(STOPPING, tokio::spawn(stop(parts))).await;
        output
    }

    async fn stopped(mut self, end: End) -> Answer {
        let (stdout, capped) = self.stop().await;
        let end = if capped { End::Capped } else { end };
        Answer { stdout, end }
    }

    async fn ended(mut self, end: End) -> Answer {
        let Some(mut parts) = self.0.take() else {
            return Answer {
                stdout: Vec::new(),
                end,
            };
        };
        let _ = parts.write.close().await;
        let (stdout, capped) = parts.output.output();
        let end = if capped { End::Capped } else { end };
        Answer { stdout, end }
    }

    /// There is nothing to stop any more.
    fn lost(mut self, error: impl Fn(&Link) -> ToolError) -> ToolError {
        match self.0.take() {
            Some(parts) => error(&parts.place.link),
            None => cancelled(Outcome::Unknown),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let (Some(parts), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(stop(parts));
        }
    }
}

/// Ends the script's process group over a session of its own. Where the host allows no second session, by the signal
/// of the protocol (RFC 4254 section 6.9), which not every server carries out.
async fn stop(mut parts: Parts) {
    if parts.output.group().is_none() {
        let late = async {
            while let Some(message) = parts.read.wait().await {
                if let ChannelMsg::Data { data } = message {
                    parts.output.take(&data);
                }
                if parts.output.group().is_some() {
                    break;
                }
            }
        };
        let _ = timeout(LATE_START, late).await;
    }
    // Nobody reads any more: what still comes is thrown away as it comes, or it would block the connection.
    drop(parts.read);
    let Some(group) = parts.output.group() else {
        let _ = parts.write.signal(Sig::KILL).await;
        let _ = parts.write.close().await;
        return;
    };
    let stop = script::bare(script::STOP, &[&group.to_string()]);
    let killer = async {
        let mut channel = loop {
            match parts.place.link.try_session().await {
                Err(russh::Error::ChannelOpenFailure(_)) => {
                    let _ = parts.write.signal(Sig::KILL).await;
                    let _ = timeout(ASK_AGAIN, std::future::pending::<()>()).await;
                }
                other => break other?,
            }
        };
        channel.exec(false, SHELL).await?;
        channel.data_bytes(stop.into_bytes()).await?;
        channel.eof().await?;
        while channel.wait().await.is_some() {}
        Ok::<(), russh::Error>(())
    };
    if !matches!(timeout(STOPPING, killer).await, Ok(Ok(()))) {
        let _ = parts.write.signal(Sig::KILL).await;
    }
    let _ = parts.write.close().await;
}

impl Parts {
    async fn converse(&mut self, text: Vec<u8>, limit: Duration, context: &Context) -> Over {
        let write = Arc::clone(&self.write);
        let feed = async move {
            // An error here is seen by the reader too, as the end of everything.
            if write.exec(true, SHELL).await.is_ok() && write.data_bytes(text).await.is_ok() {
                let _ = write.eof().await;
            }
        };
        tokio::pin!(feed);
        let mut fed = false;
        let mut lines = Lines::new(context);
        let mut deadline = Instant::now() + limit;
        let (mut status, mut no_more, mut refused) = (None, false, false);
        let closed = loop {
            let message = tokio::select! {
                message = timeout_at(deadline, self.read.wait()) => message,
                () = &mut feed, if !fed => {
                    fed = true;
                    continue;
                }
            };
            let Ok(message) = message else {
                break false;
            };
            let Some(message) = message else {
                break true;
            };
            if let ChannelMsg::Data { data } = message {
                if self.output.take(&data) {
                    lines.end();
                    return Over::Capped;
                }
            } else if let ChannelMsg::ExtendedData { data, ext: STDERR } = message {
                lines.take(&data);
            } else if let ChannelMsg::ExitStatus { exit_status } = message {
                status = Some(End::Exited(i32::try_from(exit_status).unwrap_or(i32::MAX)));
            } else if let ChannelMsg::ExitSignal { signal_name, .. } = message {
                status = Some(End::Signalled(number(&signal_name)));
            } else if matches!(message, ChannelMsg::Eof) {
                no_more = true;
            } else if matches!(message, ChannelMsg::Failure) {
                refused = true;
                break true;
            } else if matches!(message, ChannelMsg::Close) {
                break true;
            }
            if self.output.code().is_some() || status.is_some() {
                if no_more {
                    break true;
                }
                let last = if self.output.code().is_some() {
                    DRAIN
                } else {
                    LATE_OUTPUT
                };
                deadline = deadline.min(Instant::now() + last);
            }
        };
        lines.end();
        match (self.output.code(), status) {
            (Some(code), _) => Over::Ended(End::Exited(code)),
            (None, _) if refused => Over::NoShell(b"the request was refused".to_vec()),
            (None, Some(_)) if self.output.group().is_none() => {
                Over::NoShell(self.output.noise().to_vec())
            }
            (None, Some(end)) => Over::Killed(end),
            (None, None) if closed => Over::Lost,
            (None, None) => Over::TimedOut,
        }
    }
}

/// The number of a signal on Linux, for the names of RFC 4254 section 6.10; 0 for others.
fn number(signal: &Sig) -> i32 {
    match signal {
        Sig::HUP => 1,
        Sig::INT => 2,
        Sig::QUIT => 3,
        Sig::ILL => 4,
        Sig::ABRT => 6,
        Sig::FPE => 8,
        Sig::KILL => 9,
        Sig::USR1 => 10,
        Sig::SEGV => 11,
        Sig::PIPE => 13,
        Sig::ALRM => 14,
        Sig::TERM => 15,
        Sig::Custom(_) => 0,
    }
}
