//! This computer as an agent. One process group for each script; the environment is not inherited. A process that
//! leaves its group on purpose (setsid) is out of reach; the scripts that ship do not.

use super::{Answer, End, Script, lines::Lines, script::bare};
use crate::{Context, fault::fault};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::{process::Stdio, time::Duration};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use workflow::{ErrorClass, Outcome, ToolError};

/// Between the polite signal and the other.
const GRACE: Duration = Duration::from_millis(500);
/// How long output may still come after the script itself has ended, from what it left running.
const DRAIN: Duration = Duration::from_millis(200);
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Kills the group when the future that owns it is dropped. The leader is not reaped before, so its number is still
/// ours and cannot mean a stranger.
pub(crate) struct Group(pub(crate) Pid);

impl Group {
    pub(crate) fn signal(&self, signal: Signal) {
        // ESRCH: nobody is left, which is what is wanted.
        let _ = kill_process_group(self.0, signal);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

pub(super) async fn run(script: Script<'_>, context: &Context) -> Result<Answer, ToolError> {
    context.still_owed(Outcome::NotStarted)?;
    let unreachable = |what: String| {
        fault(
            "agent_unreachable",
            format!("This computer cannot run /bin/sh: {what}."),
            "Look whether /bin/sh exists and processes can be started.",
        )
        .not_started(ErrorClass::Network)
    };
    let mut child = Command::new("/bin/sh")
        .arg("-s")
        .env_clear()
        .env("PATH", PATH)
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| unreachable(error.to_string()))?;
    let number = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw);
    let (Some(number), Some(stdin), Some(stdout), Some(stderr)) = (
        number,
        child.stdin.take(),
        child.stdout.take(),
        child.stderr.take(),
    ) else {
        return Err(unreachable("it was started without pipes".to_owned()));
    };
    let group = Group(number);
    let gone = ended(number);
    let mut output = Vec::new();
    let talk = async {
        // Broken pipe: the script ended before it was read to its end.
        let feed = async {
            let mut stdin = stdin;
            // The arguments too: a command line is seen by everybody on this computer.
            let text = bare(script.text, script.args);
            let _ = stdin.write_all(text.as_bytes()).await;
            Ok(())
        };
        tokio::try_join!(
            feed,
            read_capped(stdout, &mut output, script.cap_bytes),
            log_lines(stderr, context)
        )
        .is_err()
    };
    let conversation = async {
        tokio::pin!(talk);
        tokio::select! {
            capped = &mut talk => {
                if !capped {
                    gone.cancelled().await;
                }
                capped
            }
            () = gone.cancelled() => timeout(DRAIN, &mut talk).await.unwrap_or(false),
        }
    };
    let ending = tokio::select! {
        biased;
        () = context.cancel.cancelled() => None,
        result = timeout(script.timeout, conversation) => Some(result),
    };
    if !gone.is_cancelled() {
        group.signal(Signal::TERM);
        let _ = timeout(GRACE, gone.cancelled()).await;
    }
    drop(group);
    let status = child
        .wait()
        .await
        .map_err(|error| unreachable(error.to_string()))?;
    let Some(result) = ending else {
        context.still_owed(Outcome::NotDone)?;
        return Err(unreachable("it was stopped".to_owned()));
    };
    use std::os::unix::process::ExitStatusExt;
    let end = match result {
        Err(_) => End::TimedOut,
        Ok(true) => End::Capped,
        Ok(false) => match (status.code(), status.signal()) {
            (Some(code), _) => End::Exited(code),
            (None, signal) => End::Signalled(signal.unwrap_or(0)),
        },
    };
    Ok(Answer {
        stdout: output,
        end,
    })
}

/// Cancelled when the process has ended. It is not reaped: its number stays taken.
pub(crate) fn ended(number: Pid) -> CancellationToken {
    let gone = CancellationToken::new();
    let told = gone.clone();
    tokio::task::spawn_blocking(move || {
        while let Err(rustix::io::Errno::INTR) = waitid(
            WaitId::Pid(number),
            WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
        ) {}
        told.cancel();
    });
    gone
}

/// Reads to the end, or to the cap: that is the error, so that it ends the conversation at once.
async fn read_capped(
    mut from: impl AsyncRead + Unpin,
    into: &mut Vec<u8>,
    cap_bytes: usize,
) -> Result<(), ()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return Ok(()),
            Ok(count) => {
                let room = cap_bytes - into.len();
                into.extend_from_slice(&buffer[..count.min(room)]);
                if count > room {
                    return Err(());
                }
            }
        }
    }
}

/// Hands each line to the call's log.
async fn log_lines(mut from: impl AsyncRead + Unpin, context: &Context) -> Result<(), ()> {
    let (mut buffer, mut lines) = (vec![0; 8 * 1024], Lines::new(context));
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        lines.take(&buffer[..count]);
    }
    lines.end();
    Ok(())
}
