//! The one way something is sent to a repository: a single ref moves from what was approved to what was approved, or not
//! at all. The other side compares (`--force-with-lease`), so nobody's change in between is overwritten.

use super::run::{self, Ask, End};
use super::{Git, Mirror, RepositoryUrl, words};
use crate::Context;
use crate::fault::fault;
use std::path::Path;
use std::time::Duration;
use workflow::{ErrorClass, Outcome, Permit, ToolError};

const TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// A ref that is to move.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Move<'a> {
    /// Its full name.
    pub(crate) name: &'a str,
    /// What it must point to before; none: it must not be there.
    pub(crate) from: Option<&'a str>,
    /// What it points to afterwards; none: it is deleted.
    pub(crate) to: Option<&'a str>,
}

impl Mirror {
    /// Moves a ref of the repository, under the permit of the call that was approved.
    pub(crate) async fn push(
        &self,
        _: &Permit,
        moved: Move<'_>,
        context: &Context,
    ) -> Result<(), ToolError> {
        push(&self.git, &self.url, &self.folder, moved, context).await
    }

    /// Writes an annotated tag into the copy; gives its id.
    pub(crate) async fn write_tag(
        &self,
        text: &str,
        context: &Context,
    ) -> Result<String, ToolError> {
        let args = ["hash-object", "-t", "tag", "-w", "--stdin"];
        let said = self.here(&args, text.as_bytes(), context).await?;
        Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
    }

    /// The subject of a commit.
    pub(crate) async fn subject(
        &self,
        commit: &str,
        context: &Context,
    ) -> Result<String, ToolError> {
        let args = [
            "log",
            "-1",
            "--no-show-signature",
            "--encoding=UTF-8",
            "--format=%s",
            commit,
            "--",
        ];
        let said = self.here(&args, b"", context).await?;
        Ok(String::from_utf8_lossy(&said.stdout).trim_end().to_owned())
    }
}

async fn push(
    git: &Git,
    url: &RepositoryUrl,
    folder: &Path,
    moved: Move<'_>,
    context: &Context,
) -> Result<(), ToolError> {
    let Move { name, from, to } = moved;
    let mut command = git.away(url, Some(folder)).await;
    command
        .args([
            "push",
            "--quiet",
            "--porcelain",
            "--no-verify",
            "--no-follow-tags",
        ])
        .arg(format!(
            "--force-with-lease={name}:{}",
            from.unwrap_or_default()
        ))
        .args(["--", url.as_str()])
        .arg(format!("{}:{name}", to.unwrap_or_default()));
    let ask = Ask {
        input: b"",
        timeout: TIMEOUT,
        cap_bytes: 1024 * 1024,
    };
    let said = run::run(command, ask, context)
        .await
        .map_err(|error| ToolError {
            // Once it was started, a call that was stopped may have come through.
            outcome: match error.outcome {
                Outcome::NotStarted => Outcome::NotStarted,
                Outcome::NotDone | Outcome::Unknown => Outcome::Unknown,
            },
            ..error
        })?;
    match said.end {
        End::Exited(Some(0)) => Ok(()),
        End::Exited(_) | End::Capped | End::Over | End::TimedOut => Err(failed(url, name, &said)),
    }
}

/// What the report of a push and its errors say (git-push(1), "OUTPUT").
fn failed(url: &RepositoryUrl, name: &str, said: &run::Said) -> ToolError {
    let report = String::from_utf8_lossy(&said.stdout);
    let line = report
        .lines()
        .find(|line| line.starts_with('!'))
        .unwrap_or_default();
    let shown = fleet::visible(name, 200);
    if line.contains("stale info")
        || line.contains("fetch first")
        || line.contains("already exists")
    {
        return fault(
            "precondition_changed",
            format!(
                "{shown} of {} is not as it was when this was approved.",
                url.shown()
            ),
            "Look at what changed meanwhile; the card opens again with the difference.",
        )
        .not_done(ErrorClass::Precondition);
    }
    if line.contains("rejected]") {
        return fault(
            "push_rejected",
            format!(
                "{} does not take {shown}; it says: {}",
                url.shown(),
                fleet::visible(line, 300)
            ),
            "Look whether the tag is protected there, and whether you may push.",
        )
        .not_done(ErrorClass::Auth);
    }
    let error = words::failed(url, &said.stderr);
    let is_before = said.end == End::Exited(Some(128))
        && error.code != words::UNKNOWN
        && error.class != ErrorClass::Timeout;
    match is_before {
        // It did not come so far that anything was sent.
        true => error,
        false => ToolError {
            outcome: Outcome::Unknown,
            ..error
        },
    }
}
