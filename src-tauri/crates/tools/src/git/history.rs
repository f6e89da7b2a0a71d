//! What lies between two commits of a copy: how they stand to each other, the commits on each side, the files that differ.

use super::Mirror;
use super::run::{End, Said};
use crate::Context;
use workflow::ToolError;

/// How one commit stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Same,
    /// The second came after the first.
    Forward,
    /// The second came before the first.
    Backward,
    /// Both came after a third.
    Diverged,
    /// They have no commit in common.
    Unrelated,
    /// The history that would tell is cut off in the repository itself.
    Unknown,
}

impl Relation {
    pub(crate) const ALL: [Relation; 6] = [
        Relation::Same,
        Relation::Forward,
        Relation::Backward,
        Relation::Diverged,
        Relation::Unrelated,
        Relation::Unknown,
    ];

    /// The word in records.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Relation::Same => "same",
            Relation::Forward => "forward",
            Relation::Backward => "backward",
            Relation::Diverged => "diverged",
            Relation::Unrelated => "unrelated",
            Relation::Unknown => "unknown",
        }
    }
}

/// One commit, as its author wrote it: hostile until shown escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) commit: String,
    pub(crate) author: String,
    /// When it was committed, in seconds since 1970 (UTC), by the committer's clock.
    pub(crate) at_s: i64,
    pub(crate) subject: String,
}

/// A file that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) path: String,
    /// added, modified, deleted, or type (a file became a link).
    pub(crate) status: &'static str,
    /// Lines added and removed; none where there are no lines (binary files, submodules).
    pub(crate) lines: Option<(u64, u64)>,
}

impl Mirror {
    /// How `to` stands to `from`, and whether the history here is whole.
    pub(crate) async fn relation(
        &self,
        from: &str,
        to: &str,
        context: &Context,
    ) -> Result<(Relation, bool), ToolError> {
        let said = self
            .here(&["rev-parse", "--is-shallow-repository"], b"", context)
            .await?;
        let is_whole = said.stdout != b"true\n";
        if from == to {
            return Ok((Relation::Same, is_whole));
        }
        let said = self.asked(&["merge-base", from, to], b"", context).await?;
        let base = String::from_utf8_lossy(&said.stdout).trim().to_owned();
        let relation = match said.end {
            End::Exited(Some(0)) if base == from => Relation::Forward,
            End::Exited(Some(0)) if base == to => Relation::Backward,
            End::Exited(Some(0)) => Relation::Diverged,
            End::Exited(Some(1)) if is_whole => Relation::Unrelated,
            End::Exited(Some(1)) => Relation::Unknown,
            End::Exited(_) | End::TimedOut | End::Capped | End::Over => {
                return Err(self.failed(&said));
            }
        };
        Ok((relation, is_whole))
    }

    /// The commits that `to` has and `from` has not, the newest first: the first `limit`, and how many there are.
    pub(crate) async fn commits(
        &self,
        from: &str,
        to: &str,
        limit: usize,
        context: &Context,
    ) -> Result<(Vec<Entry>, u64), ToolError> {
        let range = format!("{from}..{to}");
        let said = self
            .here(&["rev-list", "--count", &range, "--"], b"", context)
            .await?;
        let total = String::from_utf8_lossy(&said.stdout)
            .trim()
            .parse()
            .unwrap_or(0);
        let max = format!("--max-count={limit}");
        let args = [
            "log",
            "-z",
            "--encoding=UTF-8",
            "--no-show-signature",
            "--format=tformat:%H%x00%an%x00%ct%x00%s",
            &max,
            &range,
            "--",
        ];
        let said = self.here(&args, b"", context).await?;
        let text = String::from_utf8_lossy(&said.stdout);
        let fields: Vec<&str> = text.split('\0').collect();
        let entries = fields.chunks_exact(4).filter_map(|fields| match fields {
            [commit, author, at, subject] => Some(Entry {
                commit: (*commit).to_owned(),
                author: (*author).to_owned(),
                at_s: at.parse().unwrap_or(0),
                subject: (*subject).to_owned(),
            }),
            _ => None,
        });
        Ok((entries.collect(), total))
    }

    /// The files that differ between two commits, in the order of their paths. A renamed one is deleted and added.
    pub(crate) async fn changed_files(
        &self,
        from: &str,
        to: &str,
        context: &Context,
    ) -> Result<Vec<Changed>, ToolError> {
        let diff = |how: &'static str| {
            [
                "diff-tree",
                "-r",
                "-z",
                "--no-renames",
                "--no-ext-diff",
                "--no-textconv",
                how,
                from,
                to,
            ]
        };
        let raw = self.here(&diff("--raw"), b"", context).await?;
        let lines = self.here(&diff("--numstat"), b"", context).await?;
        let raw = raw.stdout.split(|byte| *byte == 0).collect::<Vec<_>>();
        let counts = lines.stdout.split(|byte| *byte == 0).map(counted);
        // Both name the same files in the same order.
        let files = raw
            .chunks_exact(2)
            .zip(counts)
            .map(|(entry, lines)| Changed {
                path: String::from_utf8_lossy(entry[1]).into_owned(),
                status: status(entry[0]),
                lines,
            });
        Ok(files.collect())
    }

    fn failed(&self, said: &Said) -> ToolError {
        match said.end {
            End::TimedOut => super::listing::too_slow(&self.url, super::mirror::LOOKUP),
            End::Exited(_) | End::Capped | End::Over => self.broken(&said.stderr),
        }
    }
}

/// The letter at the end of `:100644 100644 a b M`.
fn status(entry: &[u8]) -> &'static str {
    match entry.last() {
        Some(b'A') => "added",
        Some(b'D') => "deleted",
        Some(b'T') => "type",
        _ => "modified",
    }
}

/// `added TAB removed TAB path`, with `-` for both where there are no lines.
fn counted(line: &[u8]) -> Option<(u64, u64)> {
    let text = String::from_utf8_lossy(line);
    let mut words = text.splitn(3, '\t');
    Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}
