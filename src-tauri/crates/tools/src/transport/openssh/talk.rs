//! One call of ssh that makes a connection or asks for a key: run to its end, within limits, its words kept. Not the
//! sessions over a connection.

use super::fault;
use super::master::may_ask;
use crate::Context;
use crate::context::cancelled;
use crate::transport::lines::Lines;
use crate::transport::local::{Group, ended};
use fleet::Connection;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::{Instant, timeout, timeout_at};
use workflow::{ErrorClass, Outcome, ToolError};

/// Connecting (10 s) and logging in (15 s).
const LIMIT: Duration = Duration::from_secs(25);
/// For a person to touch a key.
const TOUCH: Duration = Duration::from_secs(60);
/// What is kept of ssh's words.
const SAID_BYTES: usize = 64 * 1024;
/// How long words may still come after ssh has ended.
const DRAIN: Duration = Duration::from_millis(200);

/// How ssh ended.
pub(super) struct Said {
    pub(super) is_well: bool,
    /// What it said on standard error.
    pub(super) words: Vec<u8>,
}

/// Runs it to its end; gives what it said. When it ends badly, is too slow or is no longer owed, everything it started
/// is ended too.
pub(super) async fn talk(
    mut command: Command,
    connection: &Connection,
    context: &Context,
) -> Result<Said, ToolError> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| fault::unusable(error).not_started(ErrorClass::Io))?;
    let number = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw);
    let (Some(number), Some(mut stderr)) = (number, child.stderr.take()) else {
        return Err(fault::unusable("it was started without pipes").not_started(ErrorClass::Io));
    };
    let group = Group(number);
    let gone = ended(number);
    let began = Instant::now();
    let mut limit = if may_ask(connection) {
        LIMIT + TOUCH
    } else {
        LIMIT
    };
    let mut asked = may_ask(connection);
    let (mut said, mut buffer) = (Vec::new(), vec![0; 4096]);
    let mut log = Lines::new(context);
    let mut is_open = true;
    let over = loop {
        tokio::select! {
            biased;
            () = context.cancel.cancelled() => break Err(cancelled(Outcome::NotStarted)),
            read = stderr.read(&mut buffer), if is_open => match read {
                Ok(count @ 1..) => {
                    let room = SAID_BYTES.saturating_sub(said.len());
                    said.extend_from_slice(&buffer[..count.min(room)]);
                    log.take(&buffer[..count]);
                    if !asked && is_touch(&said) {
                        asked = true;
                        limit = began.elapsed() + TOUCH;
                        context.log.note("Touch your security key now.");
                    }
                }
                Ok(_) | Err(_) => is_open = false,
            },
            () = gone.cancelled() => break Ok(()),
            _ = timeout_at(began + limit, std::future::pending::<()>()) => {
                break Err(fault::too_slow(connection, limit.as_secs(), asked && is_touch(&said)));
            }
        }
    };
    if over.is_ok() && is_open {
        // A master in the background may keep the pipe open.
        let _ = timeout(DRAIN, async {
            while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
                said.extend_from_slice(&buffer[..count]);
                log.take(&buffer[..count]);
            }
        })
        .await;
    }
    log.end();
    let is_well = over.is_ok() && code(number) == Some(0);
    if is_well {
        // The ProxyCommand of the master in the background is of this group.
        std::mem::forget(group);
    } else {
        drop(group);
    }
    let _ = child.wait().await;
    over?;
    Ok(Said {
        is_well,
        words: said,
    })
}

fn is_touch(said: &[u8]) -> bool {
    String::from_utf8_lossy(said).contains("Confirm user presence")
}

/// The exit code of a child that has ended; it is not reaped.
pub(super) fn code(number: Pid) -> Option<i32> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    waitid(WaitId::Pid(number), options).ok()??.exit_status()
}

#[cfg(test)]
mod tests {
    use super::{super::place, talk};
    use crate::testing::Stage;
    use fleet::{Connection, Credential, Via};
    use tokio::process::Command;

    fn connection() -> Connection {
        Connection {
            address: "web".to_owned(),
            port: 22,
            user: "me".to_owned(),
            credential: Credential::SshConfig,
            ssh_alias: None,
            ssh_config: None,
            host_key_alias: None,
            via: Via::Openssh {
                reason: "ProxyCommand is set for web".to_owned(),
            },
            jumps: Vec::new(),
            host_key: None,
        }
    }

    /// A shell in the place of ssh, which calls SSH_ASKPASS as ssh does.
    fn shell(text: &str) -> Command {
        let ask = place::ask(&place::folder().unwrap()).unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", text]).env("SSH_ASKPASS", ask);
        command.process_group(0).kill_on_drop(true);
        command
    }

    #[tokio::test]
    async fn a_person_is_told_to_touch_the_key_and_nothing_is_answered() {
        let stage = Stage::new();
        let notice = "SSH_ASKPASS_PROMPT=none \"$SSH_ASKPASS\" 'Confirm user presence for key SK'";
        let said = talk(shell(notice), &connection(), &stage.context)
            .await
            .unwrap();
        assert!(said.is_well);
        let told = |text: &str| {
            let log = stage.log.lock().unwrap();
            log.iter().any(|line| line.bytes == text.as_bytes())
        };
        assert!(told("Touch your security key now.") && told("Confirm user presence for key SK"));
        let question =
            "answer=$(\"$SSH_ASKPASS\" 'The code?') && exit 0; test -z \"$answer\" && exit 9";
        let said = talk(shell(question), &connection(), &stage.context)
            .await
            .unwrap();
        assert!(!said.is_well && said.words == b"The code?\n");
    }

    #[tokio::test]
    async fn cancelling_ends_it_and_what_it_started() {
        let stage = Stage::new();
        let cancel = stage.context.cancel.clone();
        let connection = connection();
        let talking = talk(
            shell("sleep 61.9101 & echo on >&2; wait"),
            &connection,
            &stage.context,
        );
        let cancelling = async {
            let soon = std::time::Duration::from_millis(500);
            let _ = tokio::time::timeout(soon, std::future::pending::<()>()).await;
            cancel.cancel();
        };
        let (said, ()) = tokio::join!(talking, cancelling);
        assert_eq!(said.err().unwrap().code, "cancelled");
        assert!(crate::transport::tests::goes_away("61.9101").await);
    }
}
