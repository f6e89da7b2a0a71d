//! One script over one session: sent on standard input, framed in standard output, stopped with everything it started.
//! No terminal, nothing in a command line. How a session is had is `link`.

use super::fault;
use super::link::{Link, Place, Session};
use crate::context::cancelled;
use crate::transport::lines::Lines;
use crate::transport::{Answer, End, Script};
use crate::{Context, fault::fault as fault_of};
use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};
use workflow::{ErrorClass, Outcome, ToolError};

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
/// What rc files may print before the script begins.
const NOISE_BYTES: usize = 1024 * 1024;
/// The end mark is never longer: RS, token, space, code, line end.
const MARK_BYTES: usize = 64;
/// RFC 4254 section 5.2: the data type of standard error.
const STDERR: u32 = 1;

/// Ends a process group politely, then by force, and waits until it is gone.
const STOP: &str = "kill -TERM -$1 2>/dev/null
i=0
while kill -0 -$1 2>/dev/null && [ $i -lt 5 ]; do i=$((i+1)); sleep 0.1 2>/dev/null || sleep 1; done
kill -KILL -$1 2>/dev/null
i=0
while kill -0 -$1 2>/dev/null && [ $i -lt 5 ]; do i=$((i+1)); sleep 0.1 2>/dev/null || sleep 1; done";

pub(super) async fn run(
    session: Session,
    script: Script<'_>,
    context: &Context,
) -> Result<Answer, ToolError> {
    let token = token()?;
    let text = wrapped(&token, script.text, script.args);
    let (read, write) = session.channel.split();
    let mut running = Running(Some(Parts {
        read,
        write: Arc::new(write),
        place: session.place,
        output: Output::new(token, script.cap_bytes),
    }));
    let Some(parts) = &mut running.0 else {
        return Err(cancelled(Outcome::NotStarted));
    };
    let over = tokio::select! {
        biased;
        () = context.cancel.cancelled() => None,
        over = parts.converse(text, script.timeout, context) => Some(over),
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
    output: Output,
}

impl Running {
    /// Stops the script, and waits for that within limits.
    async fn stop(&mut self) -> Vec<u8> {
        let Some(mut parts) = self.0.take() else {
            return Vec::new();
        };
        let output = std::mem::take(&mut parts.output.out);
        let _ = timeout(STOPPING, tokio::spawn(stop(parts))).await;
        output
    }

    async fn stopped(mut self, end: End) -> Answer {
        Answer {
            stdout: self.stop().await,
            end,
        }
    }

    async fn ended(mut self, end: End) -> Answer {
        let stdout = match self.0.take() {
            Some(parts) => {
                let _ = parts.write.close().await;
                parts.output.out
            }
            None => Vec::new(),
        };
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
    if parts.output.group.is_none() {
        let late = async {
            while let Some(message) = parts.read.wait().await {
                if let ChannelMsg::Data { data } = message {
                    parts.output.take(&data);
                }
                if parts.output.group.is_some() {
                    break;
                }
            }
        };
        let _ = timeout(LATE_START, late).await;
    }
    // Nobody reads any more: what still comes is thrown away as it comes, or it would block the connection.
    drop(parts.read);
    let Some(group) = parts.output.group else {
        let _ = parts.write.signal(Sig::KILL).await;
        let _ = parts.write.close().await;
        return;
    };
    let group = group.to_string();
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
        channel.data_bytes(once(STOP, &[&group])).await?;
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
            if self.output.code.is_some() || status.is_some() {
                if no_more {
                    break true;
                }
                let last = if self.output.code.is_some() {
                    DRAIN
                } else {
                    LATE_OUTPUT
                };
                deadline = deadline.min(Instant::now() + last);
            }
        };
        lines.end();
        if self.output.end() {
            return Over::Capped;
        }
        match (self.output.code, status) {
            (Some(code), _) => Over::Ended(End::Exited(code)),
            (None, _) if refused => Over::NoShell(b"the request was refused".to_vec()),
            (None, Some(_)) if self.output.group.is_none() => {
                Over::NoShell(std::mem::take(&mut self.output.noise))
            }
            (None, Some(end)) => Over::Killed(end),
            (None, None) if closed => Over::Lost,
            (None, None) => Over::TimedOut,
        }
    }
}

/// Takes the frame off standard output: drops what came before the begin mark, finds the end mark.
struct Output {
    token: String,
    cap_bytes: usize,
    noise: Vec<u8>,
    /// The process group, once the shell has said it.
    group: Option<i32>,
    out: Vec<u8>,
    code: Option<i32>,
}

impl Output {
    fn new(token: String, cap_bytes: usize) -> Output {
        Output {
            token,
            cap_bytes,
            noise: Vec::new(),
            group: None,
            out: Vec::new(),
            code: None,
        }
    }

    /// Takes what came; is it too much?
    fn take(&mut self, data: &[u8]) -> bool {
        if self.code.is_some() {
            return false;
        }
        if self.group.is_some() {
            self.add(data);
        } else {
            let from = self.noise.len().saturating_sub(MARK_BYTES);
            self.noise.extend_from_slice(data);
            // A group is never 0 or 1, whatever a host says.
            if let Some((_, end, group)) = self.mark(&self.noise, from)
                && group > 1
            {
                self.group = Some(group);
                let rest = self.noise.split_off(end);
                self.noise.clear();
                self.add(&rest);
            } else if self.noise.len() > NOISE_BYTES {
                return true;
            }
        }
        self.code.is_none()
            && self.out.len() > self.cap_bytes.saturating_add(MARK_BYTES)
            && self.end()
    }

    fn add(&mut self, data: &[u8]) {
        let from = self.out.len().saturating_sub(MARK_BYTES);
        self.out.extend_from_slice(data);
        if let Some((start, _, code)) = self.mark(&self.out, from) {
            self.code = Some(code);
            self.out.truncate(start);
        }
    }

    /// Nothing more comes: cuts at the cap; was there more?
    fn end(&mut self) -> bool {
        let capped = self.out.len() > self.cap_bytes;
        self.out.truncate(self.cap_bytes);
        capped
    }

    /// Where a whole mark begins and ends, and its number.
    fn mark(&self, bytes: &[u8], from: usize) -> Option<(usize, usize, i32)> {
        let begin = format!("\u{1e}{} ", self.token);
        let start = from
            + bytes[from..]
                .windows(begin.len())
                .position(|window| window == begin.as_bytes())?;
        let word = &bytes[start + begin.len()..];
        let length = word.iter().position(|byte| *byte == b'\n')?;
        let number = std::str::from_utf8(&word[..length]).ok()?.parse().ok()?;
        Some((start, start + begin.len() + length + 1, number))
    }
}

/// The script in its frame. The whole of it is one word to the shell, so that half a script, cut off with the
/// connection, is a syntax error and never runs. It runs in a subshell; then the shell tells its code and ends the
/// group it leads, and with it whatever the script left running.
pub(super) fn wrapped(token: &str, text: &str, args: &[&str]) -> Vec<u8> {
    let mut all = format!(
        "printf '\\036%s %s\\n' {token} $$\n\
         cd /\n\
         PATH=\"${{PATH:+$PATH:}}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\" LC_ALL=C\n\
         export PATH LC_ALL\n"
    );
    all.push_str(&parameters(args));
    all.push_str("( eval ");
    quote(text, &mut all);
    all.push_str(&format!(
        " ); printf '\\036%s %s\\n' {token} $?; kill -KILL -$$ 2>/dev/null; exit\n"
    ));
    all.into_bytes()
}

/// A script without a frame.
fn once(text: &str, args: &[&str]) -> Vec<u8> {
    let mut all = parameters(args);
    all.push_str("eval ");
    quote(text, &mut all);
    all.push('\n');
    all.into_bytes()
}

fn parameters(args: &[&str]) -> String {
    let mut line = "set --".to_owned();
    for arg in args {
        line.push(' ');
        quote(arg, &mut line);
    }
    line.push('\n');
    line
}

/// POSIX 2.2.2: inside single quotes nothing has a meaning but the single quote.
fn quote(text: &str, into: &mut String) {
    into.push('\'');
    into.push_str(&text.replace('\'', r"'\''"));
    into.push('\'');
}

/// A word that a script cannot know and rc files do not print.
fn token() -> Result<String, ToolError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        fault_of(
            "no_randomness",
            format!("This computer gives no random bytes: {error}."),
            "Restart it; if it stays so, its system is damaged.",
        )
        .not_started(ErrorClass::Internal)
    })?;
    Ok(hex::encode(bytes))
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
