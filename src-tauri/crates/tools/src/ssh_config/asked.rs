//! What ssh itself says (`ssh -G`): every rule of its config, `Match exec` too, as ssh understands it. Connects to
//! nothing; `Match exec` runs the commands of the user's own config.

use super::settings::Settings;
use super::{Wanted, invalid};
use crate::fault::fault;
use fleet::visible;
use rustix::process::{Pid, Signal, kill_process_group};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::time::timeout;
use workflow::{ErrorClass, ToolError};

const LIMIT: Duration = Duration::from_secs(10);
const MAX_BYTES: u64 = 1024 * 1024;
/// What ssh gets of our environment.
pub(crate) const ENVIRONMENT: &[&str] = &["HOME", "USER", "LOGNAME", "PATH", "SSH_AUTH_SOCK"];

/// The ssh program on the PATH.
pub(crate) fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join("ssh"))
        .find(|file| file.is_file())
}

/// Asks ssh for the settings of a name.
pub(super) async fn settings(
    ssh: &Path,
    wanted: &Wanted,
    config: Option<&Path>,
) -> Result<Settings, ToolError> {
    let mut command = Command::new(ssh);
    command.args(["-G", "-T"]);
    if let Some(config) = config {
        command.arg("-F").arg(config);
    }
    if let Some(user) = &wanted.user {
        command.arg("-l").arg(user);
    }
    if let Some(port) = wanted.port {
        command.arg("-p").arg(port.to_string());
    }
    command.arg("--").arg(&wanted.alias);
    let shown = visible(&wanted.alias, 80);
    let (ended_well, stdout, stderr) = ask(command, &shown).await?;
    if !ended_well {
        return Err(invalid(format!(
            "ssh cannot use its config for {shown}: {}.",
            complaint(&stderr)
        )));
    }
    let mut settings = Settings::default();
    for line in stdout.lines() {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        match key {
            "userknownhostsfile" | "globalknownhostsfile" => {
                for file in files(value) {
                    settings.add(key, file);
                }
            }
            _ => settings.add(key, value.to_owned()),
        }
    }
    Ok(settings)
}

/// Runs it and gives what it printed; no process of its group is left behind.
async fn ask(mut command: Command, shown: &str) -> Result<(bool, String, String), ToolError> {
    command.env_clear();
    for name in ENVIRONMENT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    let failed = |why: String| {
        fault(
            "ssh_unusable",
            format!("The program ssh cannot be run: {}.", visible(&why, 200)),
            "Look whether ssh works in a terminal.",
        )
        .not_started(ErrorClass::Io)
    };
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let group = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let talk = async {
        let (stdout, stderr) = tokio::join!(text(stdout), text(stderr));
        (stdout, stderr)
    };
    let said = timeout(LIMIT, talk).await;
    if let Some(group) = group {
        // Not reaped yet, so the number is still ours. What `Match exec` started may run on.
        if said.is_err() {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
    let ended = timeout(Duration::from_secs(1), child.wait()).await;
    let (Ok((stdout, stderr)), Ok(Ok(status))) = (said, ended) else {
        return Err(fault(
            "ssh_config_timeout",
            format!(
                "ssh did not say within {} seconds what its config means for {shown}.",
                LIMIT.as_secs()
            ),
            "Look at the Match exec lines of the ssh config: a command there may wait for something.",
        )
        .not_started(ErrorClass::Timeout));
    };
    Ok((status.success(), stdout, stderr))
}

async fn text(from: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        // What cannot be read any more is the end.
        let _ = from.take(MAX_BYTES).read_to_end(&mut bytes).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// ssh's own words, without the line that only counts them.
fn complaint(stderr: &str) -> String {
    let lines: Vec<String> = stderr
        .lines()
        .map(|line| line.trim_end_matches(['\r', '.']))
        .filter(|line| !line.is_empty() && !line.contains(": terminating, "))
        .take(4)
        .map(|line| visible(line, 300))
        .collect();
    match lines.is_empty() {
        true => "it does not say why".to_owned(),
        false => lines.join("; "),
    }
}

/// ssh prints a list of files without quotes: a word that does not begin like a path belongs to the one before it.
fn files(value: &str) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for word in value.split(' ') {
        match files.last_mut() {
            Some(last) if !word.starts_with(['/', '~', '%', '$']) && word != "none" => {
                last.push(' ');
                last.push_str(word);
            }
            Some(_) | None => files.push(word.to_owned()),
        }
    }
    files
}
