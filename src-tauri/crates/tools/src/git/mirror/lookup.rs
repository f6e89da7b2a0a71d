//! What a copy can be asked: nothing of it leaves this computer, and nothing is changed.

use super::Mirror;
use crate::fault::fault;
use crate::git::listing::too_slow;
use crate::git::run::{self, Ask, End, Said};
use crate::{Context, LogSink};
use std::time::Duration;
use workflow::{ErrorClass, ToolError};

/// How long looking something up may take.
pub(in crate::git) const LOOKUP: Duration = Duration::from_secs(60);
const CAP_BYTES: usize = 64 * 1024 * 1024;
/// The longest tag object that can be put back.
const TAG_BYTES: usize = 64 * 1024;

/// The code of what git says of a copy that it cannot use.
pub(super) const BROKEN: &str = "repository_copy_broken";

impl Mirror {
    /// The whole ids of the commits that begin like this.
    pub(crate) async fn beginning(
        &self,
        id: &str,
        context: &Context,
    ) -> Result<Vec<String>, ToolError> {
        let said = self
            .here(
                &["rev-parse", &format!("--disambiguate={id}")],
                b"",
                context,
            )
            .await?;
        let ids = said.stdout;
        let said = self
            .here(
                &["cat-file", "--batch-check=%(objectname) %(objecttype)"],
                &ids,
                context,
            )
            .await?;
        let lines = String::from_utf8_lossy(&said.stdout).into_owned();
        let commits = lines
            .lines()
            .filter_map(|line| line.strip_suffix(" commit"));
        Ok(commits.map(str::to_owned).collect())
    }

    /// The id of a regular file in a commit.
    pub(crate) async fn file(
        &self,
        commit: &str,
        path: &str,
        context: &Context,
    ) -> Result<Option<String>, ToolError> {
        let args = ["ls-tree", "-z", "--full-tree", commit, "--", path];
        let said = self.here(&args, b"", context).await?;
        let entry = said
            .stdout
            .split(|byte| *byte == 0)
            .next()
            .unwrap_or_default();
        let entry = String::from_utf8_lossy(entry);
        let found = entry.split_once('\t').filter(|(_, name)| *name == path);
        let mut words = found
            .map(|(words, _)| words.split(' '))
            .into_iter()
            .flatten();
        let is_file = matches!(words.next(), Some("100644" | "100755"));
        Ok(words.nth(1).filter(|_| is_file).map(str::to_owned))
    }

    /// The whole text of a tag object, or none where it is not text or too long to be kept beside a call.
    pub(crate) async fn tag_text(
        &self,
        tag: &str,
        context: &Context,
    ) -> Result<Option<String>, ToolError> {
        let said = self.here(&["cat-file", "tag", tag], b"", context).await?;
        let text = String::from_utf8(said.stdout).ok();
        Ok(text.filter(|text| text.len() <= TAG_BYTES))
    }

    /// Asks git about what is here; anything but success is an error.
    pub(in crate::git) async fn here(
        &self,
        args: &[&str],
        input: &[u8],
        context: &Context,
    ) -> Result<Said, ToolError> {
        let said = self.asked(args, input, context).await?;
        match said.end {
            End::Exited(Some(0)) => Ok(said),
            End::TimedOut | End::Over => Err(too_slow(&self.url, LOOKUP)),
            End::Exited(_) | End::Capped => Err(self.broken(&said.stderr)),
        }
    }

    /// Asks git about what is here, whatever it says.
    pub(in crate::git) async fn asked(
        &self,
        args: &[&str],
        input: &[u8],
        context: &Context,
    ) -> Result<Said, ToolError> {
        let mut command = self.git.here(&self.folder);
        command.args(args);
        let ask = Ask {
            input,
            timeout: LOOKUP,
            cap_bytes: CAP_BYTES,
        };
        run::run(command, ask, context).await
    }

    /// As `asked`, but nothing of it is worth a line in the log.
    pub(super) async fn quietly(
        &self,
        args: &[&str],
        context: &Context,
    ) -> Result<Said, ToolError> {
        let quiet = Context {
            log: LogSink::none(),
            ..context.clone()
        };
        self.asked(args, b"", &quiet).await
    }

    pub(in crate::git) fn broken(&self, said: &[u8]) -> ToolError {
        let said = String::from_utf8_lossy(said);
        let said = said
            .lines()
            .rfind(|line| !line.trim().is_empty())
            .unwrap_or("nothing");
        fault(
            BROKEN,
            format!(
                "git cannot use the copy of {} that is kept here; it says: {}",
                self.url.shown(),
                fleet::visible(said, 300)
            ),
            format!(
                "Remove {} and run it again.",
                fleet::visible(&self.folder.to_string_lossy(), 300)
            ),
        )
        .not_done(ErrorClass::Io)
    }
}
