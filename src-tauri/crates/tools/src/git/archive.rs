//! The files of one commit as a tar stream, for a deployment (git-archive(1)). Refused where a tar of the commit would not
//! be what the repository means (submodules, Git LFS) or would write outside the folder it is unpacked in.

use super::Mirror;
use super::run::{self, Ask, End};
use crate::Context;
use crate::fault::fault;
use std::collections::BTreeMap;
use std::future::pending;
use std::time::Duration;
use tokio::io::AsyncWrite;
use workflow::{ErrorClass, ToolError};

/// Writing the stream may take this long; who takes it may be a slow host.
const TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// An entry of a commit's tree.
struct Entry {
    mode: String,
    object: String,
}

impl Mirror {
    /// Hands the commit's files to `out` as a tar, the same bytes for the same commit and git. More than `cap_bytes` is
    /// an error, and so is a commit that cannot be deployed this way.
    pub(crate) async fn archive(
        &self,
        commit: &str,
        cap_bytes: usize,
        out: &mut (dyn AsyncWrite + Send + Unpin),
        context: &Context,
    ) -> Result<(), ToolError> {
        self.can_archive(commit, context).await?;
        let mut command = self.git.here(&self.folder);
        command.args(["-c", "tar.umask=0022", "archive", "--format=tar", commit]);
        let ask = Ask {
            input: b"",
            timeout: TIMEOUT,
            cap_bytes,
        };
        let (end, stderr) = run::run_into(command, ask, out, pending(), context).await?;
        match end {
            End::Exited(Some(0)) => Ok(()),
            End::Capped => Err(fault(
                "archive_too_large",
                format!("The files of {} take more than {} MiB.", self.of(commit), cap_bytes >> 20),
                "Take what is not needed to run it out of the archive with `export-ignore` in .gitattributes.",
            )
            .not_done(ErrorClass::Io)),
            End::TimedOut | End::Over => Err(super::listing::too_slow(&self.url, TIMEOUT)),
            End::Exited(_) => Err(self.broken(&stderr)),
        }
    }

    /// Can this commit travel as a tar? The reason when not.
    pub(crate) async fn can_archive(
        &self,
        commit: &str,
        context: &Context,
    ) -> Result<(), ToolError> {
        let args = ["ls-tree", "-r", "-z", "--full-tree", commit];
        let said = self.here(&args, b"", context).await?;
        let mut tree: BTreeMap<&[u8], Entry> = BTreeMap::new();
        for line in said
            .stdout
            .split(|byte| *byte == 0)
            .filter(|line| !line.is_empty())
        {
            let at = line
                .iter()
                .position(|byte| *byte == b'\t')
                .unwrap_or(line.len());
            let words = String::from_utf8_lossy(&line[..at]).into_owned();
            let mut words = words.split(' ').map(str::to_owned);
            let path = line.get(at + 1..).unwrap_or_default();
            let entry = Entry {
                mode: words.next().unwrap_or_default(),
                object: words.nth(1).unwrap_or_default(),
            };
            if !is_inside(path) || tree.insert(path, entry).is_some() {
                return Err(self.unsafe_path(commit, path));
            }
        }
        for (path, entry) in &tree {
            // A file where another entry needs a folder: unpacked, the second would go through the first.
            let is_below = |at: usize| tree.contains_key(&path[..at]);
            if path
                .iter()
                .enumerate()
                .any(|(at, byte)| *byte == b'/' && is_below(at))
            {
                return Err(self.unsafe_path(commit, path));
            }
            if entry.mode == "160000" || *path == b".gitmodules" {
                return Err(fault(
                    "submodules_unsupported",
                    format!(
                        "{} has submodules ({}), and their files would be missing.",
                        self.of(commit),
                        shown(path)
                    ),
                    "Put the files into the repository itself, or publish a build that holds them.",
                )
                .not_done(ErrorClass::Invalid));
            }
        }
        self.without_lfs(commit, &tree, context).await
    }

    async fn without_lfs(
        &self,
        commit: &str,
        tree: &BTreeMap<&[u8], Entry>,
        context: &Context,
    ) -> Result<(), ToolError> {
        let attributes: Vec<(&[u8], &str)> = tree
            .iter()
            .filter(|(path, _)| path.rsplit(|byte| *byte == b'/').next() == Some(b".gitattributes"))
            .map(|(path, entry)| (*path, entry.object.as_str()))
            .collect();
        for (path, object) in attributes {
            let said = self
                .here(&["cat-file", "blob", object], b"", context)
                .await?;
            let text = String::from_utf8_lossy(&said.stdout);
            let lines = text
                .lines()
                .filter(|line| !line.trim_start().starts_with('#'));
            if lines
                .into_iter()
                .any(|line| line.split_whitespace().any(|word| word == "filter=lfs"))
            {
                return Err(fault(
                    "lfs_unsupported",
                    format!(
                        "{} keeps files in Git LFS ({} says filter=lfs), and only pointers to them would arrive.",
                        self.of(commit),
                        shown(path)
                    ),
                    "Keep the files in the repository itself, or publish a build that holds them.",
                )
                .not_done(ErrorClass::Invalid));
            }
        }
        Ok(())
    }

    fn unsafe_path(&self, commit: &str, path: &[u8]) -> ToolError {
        fault(
            "unsafe_path",
            format!(
                "{} holds {:?}, which no honest tree has: unpacked, it would write where it must not.",
                self.of(commit),
                shown(path)
            ),
            "Do not deploy this commit; find out who made it.",
        )
        .not_done(ErrorClass::Invalid)
    }

    fn of(&self, commit: &str) -> String {
        format!(
            "Commit {} of {}",
            commit.get(..12).unwrap_or(commit),
            self.url.shown()
        )
    }
}

fn shown(path: &[u8]) -> String {
    fleet::visible(&String::from_utf8_lossy(path), 200)
}

/// Does it stay below the folder it is unpacked in, and out of a repository's own?
fn is_inside(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/')
        .all(|part| !matches!(part, b"" | b"." | b"..") && !part.eq_ignore_ascii_case(b".git"))
}
