//! One script over the master connection: a session of its own, framed, stopped with everything it started on the host.
//! How the master connection is made is `master`.

use super::fault;
use super::master::Master;
use super::talk::code;
use crate::Context;
use crate::context::cancelled;
use crate::transport::lines::Lines;
use crate::transport::local::{Group, ended};
use crate::transport::script::{STOP, Unframe, bare, body, prelude, token};
use crate::transport::{Answer, End, Script};
use fleet::Connection;
use rustix::process::Pid;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use workflow::{ErrorClass, Outcome, ToolError};

/// The only command line there ever is.
const SHELL: &str = "exec /bin/sh -s";
/// How long output may still come after the script itself has ended, from what it left running.
const DRAIN: Duration = Duration::from_millis(200);
/// How long stopping may take in all; it goes on without us after that.
const STOPPING: Duration = Duration::from_secs(5);
/// How long a shell that is to be stopped may take to say its number, if it has not yet.
const LATE_START: Duration = Duration::from_secs(1);

pub(super) async fn run(
    master: &Master,
    connection: &Connection,
    script: Script<'_>,
    context: &Context,
) -> Result<Answer, ToolError> {
    let token = token()?;
    let input = prelude(script.args, &token) + &body(script.text, &token);
    let way = Way {
        ssh: master.ssh.clone(),
        socket: master.socket(),
    };
    let (mut child, number) = way.start(Stdio::piped())?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(mut stdin), Some(stdout), Some(mut stderr)) = pipes else {
        return Err(fault::unusable("it was started without pipes").not_started(ErrorClass::Io));
    };
    let gone = ended(number);
    let mut running = Running(Some(Parts {
        way,
        child,
        number,
        group: Some(Group(number)),
        stdout,
        frame: Unframe::new(token, script.cap_bytes),
    }));
    let Some(parts) = &mut running.0 else {
        return Err(cancelled(Outcome::NotStarted));
    };
    let feed = async move {
        // Broken pipe: the session ended before it read everything, which the reader sees too.
        let _ = stdin.write_all(input.as_bytes()).await;
        let _ = stdin.shutdown().await;
    };
    let mut lines = Lines::new(context);
    let mut said = Vec::new();
    let log = async {
        let mut buffer = vec![0; 8 * 1024];
        while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
            lines.take(&buffer[..count]);
            let room = SAID_BYTES.saturating_sub(said.len());
            said.extend_from_slice(&buffer[..count.min(room)]);
        }
        lines.end();
    };
    let talk = async {
        let others = async {
            tokio::join!(feed, log);
            std::future::pending::<Over>().await
        };
        tokio::select! {
            over = parts.read(&gone, Instant::now() + script.timeout) => over,
            over = others => over,
        }
    };
    let over = tokio::select! {
        biased;
        () = context.cancel.cancelled() => None,
        over = talk => Some(over),
    };
    match over {
        None => {
            running.stop().await;
            Err(cancelled(Outcome::NotDone))
        }
        Some(Over::Capped) => Ok(Answer {
            stdout: running.stop().await,
            end: End::Capped,
        }),
        Some(Over::TimedOut) => Ok(Answer {
            stdout: running.stop().await,
            end: End::TimedOut,
        }),
        Some(Over::Ended) => running.ended(master, connection, &said).await,
    }
}

/// What is kept of the words on standard error, for the case that there is no shell.
const SAID_BYTES: usize = 1024;

/// How a conversation ended.
enum Over {
    Ended,
    Capped,
    TimedOut,
}

/// How a session is had over a master connection.
#[derive(Clone)]
struct Way {
    ssh: PathBuf,
    socket: PathBuf,
}

impl Way {
    /// Starts a session with the shell. Without the master it fails: no other way to anywhere is given.
    fn start(&self, stdout: Stdio) -> Result<(Child, Pid), ToolError> {
        let mut command = Command::new(&self.ssh);
        command
            .env_clear()
            .env("LC_ALL", "C")
            .args(["-F", "none", "-T"])
            .args(["-o", "BatchMode=yes", "-o", "LogLevel=ERROR"])
            .args(["-o", "ForwardAgent=no", "-o", "ForwardX11=no"])
            .args(["-o", "ProxyCommand=false", "-o", "ControlMaster=no"])
            .arg("-o")
            .arg(format!("ControlPath=\"{}\"", percent(&self.socket)))
            .args(["--", "countersign", SHELL])
            .stdin(Stdio::piped())
            .stdout(stdout)
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let child = command
            .spawn()
            .map_err(|error| fault::unusable(error).not_started(ErrorClass::Io))?;
        let number = child.id().and_then(|id| i32::try_from(id).ok());
        match number.and_then(Pid::from_raw) {
            Some(number) => Ok((child, number)),
            None => Err(fault::unusable("it has no number").not_started(ErrorClass::Io)),
        }
    }

    /// Ends a process group on the host, over a session of its own.
    async fn stop(&self, group: i32) {
        let Ok((mut child, number)) = self.start(Stdio::null()) else {
            return;
        };
        let _group = Group(number);
        if let Some(mut stdin) = child.stdin.take() {
            let input = bare(STOP, &[&group.to_string()]);
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        let gone = ended(number);
        let _ = timeout(STOPPING, gone.cancelled()).await;
    }
}

fn percent(path: &Path) -> String {
    path.display().to_string().replace('%', "%%")
}

/// A script that runs on a host. Dropping it stops the script.
struct Running(Option<Parts>);

struct Parts {
    way: Way,
    child: Child,
    number: Pid,
    /// Until the child is reaped; then its number may mean a stranger.
    group: Option<Group>,
    stdout: ChildStdout,
    frame: Unframe,
}

impl Running {
    /// Stops the script, and waits for that within limits. Gives what it had printed.
    async fn stop(&mut self) -> Vec<u8> {
        let Some(mut parts) = self.0.take() else {
            return Vec::new();
        };
        let (output, _) = parts.frame.output();
        let _ = timeout(STOPPING, tokio::spawn(parts.stop())).await;
        output
    }

    async fn ended(
        mut self,
        master: &Master,
        connection: &Connection,
        said: &[u8],
    ) -> Result<Answer, ToolError> {
        let Some(mut parts) = self.0.take() else {
            return Err(cancelled(Outcome::Unknown));
        };
        let status = parts.leave().await;
        let (stdout, is_capped) = parts.frame.output();
        let end = match (parts.frame.code(), parts.frame.group()) {
            (Some(_), _) if is_capped => End::Capped,
            (Some(code), _) => End::Exited(code),
            (None, _) if !master.is_up().await => return Err(fault::lost(connection)),
            (None, None) if parts.frame.noise().trim_ascii().is_empty() => {
                return Err(fault::no_shell(connection, said));
            }
            (None, None) => return Err(fault::no_shell(connection, parts.frame.noise())),
            // ssh does not say by which signal the shell ended; its own code for that is 255.
            (None, Some(_)) => match status {
                Some(code) if code != 255 => End::Exited(code),
                Some(_) | None => End::Signalled(0),
            },
        };
        Ok(Answer { stdout, end })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let (Some(parts), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(parts.stop());
        }
    }
}

impl Parts {
    /// Reads until the end mark and a little longer, the end of the session, the cap or the deadline.
    async fn read(&mut self, gone: &CancellationToken, mut deadline: Instant) -> Over {
        let mut buffer = vec![0; 64 * 1024];
        let (mut has_ended, mut is_open) = (false, true);
        loop {
            let over = tokio::select! {
                biased;
                read = timeout_at(deadline, self.stdout.read(&mut buffer)), if is_open => match read {
                    Ok(Ok(count @ 1..)) => self.frame.take(&buffer[..count]).then_some(Over::Capped),
                    Ok(_) => {
                        is_open = false;
                        None
                    }
                    Err(_) if has_ended => Some(Over::Ended),
                    Err(_) => Some(Over::TimedOut),
                },
                () = gone.cancelled(), if !has_ended || !is_open => match is_open {
                    // What the session left in the pipe.
                    true => {
                        has_ended = true;
                        deadline = deadline.min(Instant::now() + DRAIN);
                        None
                    }
                    false => Some(Over::Ended),
                },
                _ = timeout_at(deadline, std::future::pending::<()>()), if !is_open => Some(match has_ended {
                    true => Over::Ended,
                    false => Over::TimedOut,
                }),
            };
            if let Some(over) = over {
                return over;
            }
            if self.frame.code().is_some() && !has_ended {
                has_ended = true;
                deadline = deadline.min(Instant::now() + DRAIN);
            }
        }
    }

    /// The session is over: ends what is left of ssh here, gives its code.
    async fn leave(&mut self) -> Option<i32> {
        let status = code(self.number);
        drop(self.group.take());
        let _ = self.child.wait().await;
        status
    }

    /// Ends the script's process group on the host, then the session. A host that does not let us is left alone.
    async fn stop(mut self) {
        if self.frame.group().is_none() {
            let mut buffer = vec![0; 4096];
            let late = async {
                while let Ok(count @ 1..) = self.stdout.read(&mut buffer).await {
                    self.frame.take(&buffer[..count]);
                    if self.frame.group().is_some() {
                        break;
                    }
                }
            };
            let _ = timeout(LATE_START, late).await;
        }
        if let Some(group) = self.frame.group() {
            self.way.stop(group).await;
        }
        self.leave().await;
    }
}
