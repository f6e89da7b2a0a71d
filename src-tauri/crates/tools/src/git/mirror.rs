//! What is kept of a repository on this computer: a bare one in `cache/` of the data folder, a folder for each address.
//! Only a copy: it may be removed at any time, and is made anew when it is broken. Nothing is ever checked out of it.

mod fetch;
mod lock;
mod lookup;
mod sweep;

pub(super) use lookup::LOOKUP;

use super::listing::is_object;
use super::{Git, Listing, RepositoryUrl};
use crate::Context;
use crate::fault::fault;
use lock::Lock;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use workflow::{ErrorClass, ToolError};

/// The most that one repository may take here.
const LIMIT_BYTES: u64 = 4 << 30;

/// A repository's copy. While it lives, nobody removes it.
#[derive(Debug)]
pub(crate) struct Mirror {
    pub(super) git: Git,
    pub(super) url: RepositoryUrl,
    /// The bare repository.
    pub(super) folder: PathBuf,
    limit_bytes: u64,
    lock: Lock,
}

impl Mirror {
    /// A copy that holds these commits and all that came before them; what is missing is fetched.
    pub(crate) async fn holding(
        git: &Git,
        url: &RepositoryUrl,
        commits: &[&str],
        context: &Context,
    ) -> Result<Mirror, ToolError> {
        for commit in commits {
            check_id(commit)?;
        }
        let is_sha256 = commits.iter().any(|commit| commit.len() == 64);
        Mirror::with(
            git,
            url,
            Wanted::Commits(commits),
            is_sha256,
            LIMIT_BYTES,
            context,
        )
        .await
    }

    /// A copy that holds everything that a branch or a tag leads to.
    pub(crate) async fn whole(
        git: &Git,
        url: &RepositoryUrl,
        listing: &Listing,
        context: &Context,
    ) -> Result<Mirror, ToolError> {
        let is_sha256 = listing.refs.values().any(|found| found.object.len() == 64);
        Mirror::with(
            git,
            url,
            Wanted::Everything,
            is_sha256,
            LIMIT_BYTES,
            context,
        )
        .await
    }

    /// A copy that holds this tag object.
    pub(crate) async fn with_tag(
        git: &Git,
        url: &RepositoryUrl,
        tag: &str,
        context: &Context,
    ) -> Result<Mirror, ToolError> {
        check_id(tag)?;
        let wanted = Wanted::Tags(&[tag]);
        Mirror::with(git, url, wanted, tag.len() == 64, LIMIT_BYTES, context).await
    }

    pub(super) async fn with(
        git: &Git,
        url: &RepositoryUrl,
        wanted: Wanted<'_>,
        is_sha256: bool,
        limit_bytes: u64,
        context: &Context,
    ) -> Result<Mirror, ToolError> {
        let cache = context.data_dir.join("cache").join("repositories");
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&cache)
            .map_err(|error| unkept(&cache, &error))?;
        let format = if is_sha256 { "sha256" } else { "sha1" };
        let name = format!("{}-{format}", &url.digest().to_string()[..32]);
        let lock = Lock::open(cache.join(format!("{name}.lock")))?;
        let now = sweep::time(context.now_us());
        lock.used(now);
        if !cache.join(&name).exists() {
            let cache = cache.clone();
            crate::blocking(move || {
                sweep::sweep(&cache, now);
                Ok(())
            })
            .await?;
        }
        let fetching = Lock::open(cache.join(format!("{name}.fetching")))?;
        let mirror = Mirror {
            git: git.clone(),
            url: url.clone(),
            folder: cache.join(name),
            limit_bytes,
            lock,
        };
        mirror.lock.shared(context).await?;
        if mirror.has(wanted, context).await? {
            return Ok(mirror);
        }
        fetching.alone(context).await?;
        // Somebody else may have fetched it meanwhile.
        if !mirror.has(wanted, context).await? {
            mirror.fetched(wanted, format, context).await?;
        }
        Ok(mirror)
    }

    async fn has(&self, wanted: Wanted<'_>, context: &Context) -> Result<bool, ToolError> {
        if !self.folder.exists() {
            return Ok(false);
        }
        let commits = match wanted {
            Wanted::Everything => return Ok(false),
            Wanted::Commits(commits) => commits,
            Wanted::Tags(tags) => {
                for tag in tags {
                    let said = self.quietly(&["cat-file", "tag", tag], context).await?;
                    if !said.is_well() {
                        return Ok(false);
                    }
                }
                return Ok(true);
            }
        };
        for commit in commits {
            // An object alone may be what a fetch left that was cut off: only a ref stands for all that came before.
            let contains = format!("--contains={commit}");
            let said = self
                .quietly(&["for-each-ref", "--count=1", &contains], context)
                .await?;
            if !said.is_well() || said.stdout.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// What a mirror is to hold.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted<'a> {
    Everything,
    Commits(&'a [&'a str]),
    /// Tag objects.
    Tags(&'a [&'a str]),
}

fn unkept(path: &Path, error: &std::io::Error) -> ToolError {
    fault(
        "cache_unusable",
        format!(
            "{} cannot be used: {error}.",
            fleet::visible(&path.to_string_lossy(), 300)
        ),
        "Look at the rights and the space of the data folder; its folder cache may be removed.",
    )
    .not_done(ErrorClass::Io)
}

/// Only whole ids come here; this is the last look before they stand in a command.
fn check_id(id: &str) -> Result<(), ToolError> {
    match is_object(id) {
        true => Ok(()),
        false => Err(fault(
            "invalid_commit",
            format!("{:?} is not a commit's whole id.", fleet::visible(id, 100)),
            "Resolve the name with repository.resolve_ref first.",
        )
        .not_started(ErrorClass::Invalid)),
    }
}
