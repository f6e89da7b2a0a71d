//! Filling a copy: made when there is none, fetched into, and made anew when it cannot be used any more. Only by who holds
//! the lock for it.

use super::lookup::{BROKEN, LOOKUP};
use super::{Mirror, Wanted, unkept};
use crate::Context;
use crate::fault::fault;
use crate::git::listing::too_slow;
use crate::git::run::{self, Ask, End};
use crate::git::words;
use std::future::pending;
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;
use workflow::{ErrorClass, ToolError};

/// How long fetching may take. A call's own time is usually shorter.
const FETCH: Duration = Duration::from_secs(30 * 60);
/// Between two looks at the size of what is fetched.
const LOOK: Duration = Duration::from_millis(200);

const TOO_LARGE: &str = "repository_too_large";
/// After these the copy may be at fault.
const ANEW: [&str; 3] = [BROKEN, TOO_LARGE, words::UNKNOWN];

impl Mirror {
    /// Fetches; what cannot be used any more is made anew, once.
    pub(super) async fn fetched(
        &self,
        wanted: Wanted<'_>,
        format: &str,
        context: &Context,
    ) -> Result<(), ToolError> {
        let is_new = !self.folder.exists();
        if is_new {
            self.made(format, context).await?;
        }
        let result = match self.fetch(wanted, context).await {
            Err(error) if !is_new && ANEW.contains(&error.code.as_str()) => {
                context.log.note("The copy of the repository is made anew.");
                self.lock.alone(context).await?;
                self.removed()?;
                self.made(format, context).await?;
                self.lock.shared(context).await?;
                self.fetch(wanted, context).await
            }
            result => result,
        };
        if result.as_ref().is_err_and(|error| error.code == TOO_LARGE) {
            // What is half there is of no use to anybody.
            self.lock.alone(context).await?;
            self.removed()?;
        }
        result
    }

    async fn fetch(&self, wanted: Wanted<'_>, context: &Context) -> Result<(), ToolError> {
        let everything =
            ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"].map(str::to_owned);
        let (ids, are_commits) = match wanted {
            Wanted::Everything => return self.fetch_refs(&everything, context).await,
            Wanted::Commits(ids) => (ids, true),
            Wanted::Tags(ids) => (ids, false),
        };
        let each: Vec<String> = ids
            .iter()
            .map(|id| format!("+{id}:refs/keep/{id}"))
            .collect();
        match self.fetch_refs(&each, context).await {
            // Some servers give away only what is at the tip of a branch or tag.
            Err(error) if error.code == words::NO_SUCH_COMMIT => {
                self.fetch_refs(&everything, context).await?;
                if self.has(wanted, context).await? {
                    Ok(())
                } else {
                    Err(error)
                }
            }
            Err(error) => Err(error),
            Ok(()) => {
                for id in ids.iter().filter(|_| are_commits) {
                    self.is_commit(id, context).await?;
                }
                Ok(())
            }
        }
    }

    async fn fetch_refs(&self, refs: &[String], context: &Context) -> Result<(), ToolError> {
        context
            .log
            .note(format!("Fetching from {}.", self.url.shown()));
        let mut command = self.git.away(&self.url, Some(&self.folder)).await;
        command.args([
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-recurse-submodules",
            "--update-shallow",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
        ]);
        // A branch that is gone may stand in the way of another: `a` of `a/b`. What is kept by its id is never pruned.
        if refs.iter().any(|name| name.contains('*')) {
            command.arg("--prune");
        }
        command.arg("--").arg(self.url.as_str()).args(refs);
        let ask = Ask {
            input: b"",
            timeout: FETCH,
            cap_bytes: 1024 * 1024,
        };
        let mut nothing = tokio::io::sink();
        let (end, stderr) =
            run::run_into(command, ask, &mut nothing, self.grown(), context).await?;
        match end {
            End::Exited(Some(0)) if !self.is_over().await => Ok(()),
            End::TimedOut => Err(too_slow(&self.url, FETCH)),
            End::Over | End::Exited(Some(0)) => Err(self.too_large()),
            End::Exited(_) | End::Capped => Err(words::failed(&self.url, &stderr)),
        }
    }

    /// Comes when the copy takes more than it may.
    async fn grown(&self) {
        while !self.is_over().await {
            let _ = timeout(LOOK, pending::<()>()).await;
        }
    }

    async fn is_over(&self) -> bool {
        let (folder, limit) = (self.folder.clone(), self.limit_bytes);
        let look = tokio::task::spawn_blocking(move || size_bytes(&folder) > limit);
        look.await.unwrap_or(false)
    }

    async fn is_commit(&self, id: &str, context: &Context) -> Result<(), ToolError> {
        let said = self.here(&["cat-file", "-t", id], b"", context).await?;
        let kind = String::from_utf8_lossy(&said.stdout).trim().to_owned();
        if kind == "commit" {
            return Ok(());
        }
        // Kept, it would be taken for a commit the next time.
        let name = format!("refs/keep/{id}");
        self.here(&["update-ref", "-d", &name], b"", context)
            .await?;
        Err(fault(
            "not_a_commit",
            format!(
                "{} in {} is a {kind}, not a commit.",
                &id[..12],
                self.url.shown()
            ),
            "Name a branch, a tag of a commit, or a commit.",
        )
        .not_done(ErrorClass::Invalid))
    }

    /// An empty one, whole or not at all.
    async fn made(&self, format: &str, context: &Context) -> Result<(), ToolError> {
        let new = self.folder.with_extension("new");
        removed(&new)?;
        let mut command = self.git.here(&new);
        command
            .args([
                "init",
                "--quiet",
                "--bare",
                "--template=",
                "--object-format",
                format,
                "--",
            ])
            .arg(&new);
        let ask = Ask {
            input: b"",
            timeout: LOOKUP,
            cap_bytes: 64 * 1024,
        };
        let said = run::run(command, ask, context).await?;
        if !said.is_well() {
            return Err(self.broken(&said.stderr));
        }
        std::fs::rename(&new, &self.folder).map_err(|error| unkept(&self.folder, &error))
    }

    fn removed(&self) -> Result<(), ToolError> {
        removed(&self.folder)
    }

    fn too_large(&self) -> ToolError {
        fault(
            TOO_LARGE,
            format!(
                "{} takes more than {} MiB here, which is the limit for one repository.",
                self.url.shown(),
                self.limit_bytes >> 20
            ),
            "Remove large files from its history, or deploy from a smaller repository.",
        )
        .not_done(ErrorClass::Io)
    }
}

fn removed(folder: &Path) -> Result<(), ToolError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unkept(folder, &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// What the files of a folder take, without following links.
fn size_bytes(folder: &Path) -> u64 {
    let (mut open, mut bytes) = (vec![folder.to_owned()], 0);
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(data) if data.is_dir() => open.push(entry.path()),
                Ok(data) => bytes += data.len(),
                Err(_) => {}
            }
        }
    }
    bytes
}
