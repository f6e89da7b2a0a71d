//! What a repository says it has: its branches, tags and other refs with their objects, and its default branch
//! (gitprotocol-v2(5), `ls-refs`). Names are the other side's bytes: data, never a part of a command.

use super::run::{self, Ask, End};
use super::{Git, RepositoryUrl, words};
use crate::Context;
use crate::fault::fault;
use std::collections::BTreeMap;
use std::time::Duration;
use workflow::{ErrorClass, ToolError};

const TIMEOUT: Duration = Duration::from_secs(45);
/// About 300,000 refs.
const CAP_BYTES: usize = 32 * 1024 * 1024;

/// The refs of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    /// The commit of HEAD.
    pub(crate) head: Option<String>,
    /// The full name of the default branch: where HEAD points.
    pub(crate) default_branch: Option<String>,
    /// By full name.
    pub(crate) refs: BTreeMap<String, RemoteRef>,
}

/// One ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemoteRef {
    /// What it points to: a commit, or the tag object of an annotated tag.
    pub(crate) object: String,
    /// What an annotated tag points to in the end.
    pub(crate) peeled: Option<String>,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Branch,
    AnnotatedTag,
    LightweightTag,
    /// Some other ref, such as refs/pull/1/head.
    Other,
    /// No ref: a commit by its id.
    Commit,
}

impl Kind {
    pub(crate) const ALL: [Kind; 5] = [
        Kind::Branch,
        Kind::AnnotatedTag,
        Kind::LightweightTag,
        Kind::Other,
        Kind::Commit,
    ];

    /// The word in files and records.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Kind::Branch => "branch",
            Kind::AnnotatedTag => "annotated_tag",
            Kind::LightweightTag => "lightweight_tag",
            Kind::Other => "other",
            Kind::Commit => "commit",
        }
    }
}

impl RemoteRef {
    /// Its commit. Whether it really is one, only the repository's objects tell.
    pub(crate) fn commit(&self) -> &str {
        self.peeled.as_ref().unwrap_or(&self.object)
    }

    /// What it is under that full name.
    pub(crate) fn kind(&self, name: &str) -> Kind {
        match (
            name.starts_with("refs/heads/"),
            name.starts_with("refs/tags/"),
        ) {
            (true, _) => Kind::Branch,
            (_, true) if self.peeled.is_some() => Kind::AnnotatedTag,
            (_, true) => Kind::LightweightTag,
            (false, false) => Kind::Other,
        }
    }
}

/// The name as people say it: without refs/heads/ and refs/tags/.
pub(crate) fn short(name: &str) -> &str {
    let short = name.strip_prefix("refs/heads/");
    short.or(name.strip_prefix("refs/tags/")).unwrap_or(name)
}

/// Is this an object's whole id (SHA-1 or SHA-256, in lower case)?
pub(crate) fn is_object(text: &str) -> bool {
    matches!(text.len(), 40 | 64)
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

impl Listing {
    /// Asks the repository.
    pub(crate) async fn of(
        git: &Git,
        url: &RepositoryUrl,
        context: &Context,
    ) -> Result<Listing, ToolError> {
        let mut command = git.away(url, None).await;
        command.args(["ls-remote", "--quiet", "--symref", "--", url.as_str()]);
        let ask = Ask {
            input: b"",
            timeout: TIMEOUT,
            cap_bytes: CAP_BYTES,
        };
        let said = run::run(command, ask, context).await?;
        match said.end {
            End::Exited(Some(0)) => Ok(Listing::parse(&said.stdout)),
            End::Capped => Err(fault(
                "too_many_refs",
                format!(
                    "{} has more refs than are read here ({} MiB).",
                    url.shown(),
                    CAP_BYTES >> 20
                ),
                "Ask whoever runs the repository to remove old refs.",
            )
            .not_done(ErrorClass::Io)),
            End::TimedOut | End::Over => Err(too_slow(url, TIMEOUT)),
            End::Exited(_) => Err(words::failed(url, &said.stderr)),
        }
    }

    /// Lines of `object TAB name`, `ref: name TAB HEAD`, and for annotated tags `object TAB name^{}`. What is none of
    /// these is left out.
    pub(crate) fn parse(said: &[u8]) -> Listing {
        let mut listing = Listing::default();
        for line in said.split(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(line);
            let Some((object, name)) = line.split_once('\t') else {
                continue;
            };
            if let Some(branch) = object.strip_prefix("ref: ") {
                if name == "HEAD" {
                    listing.default_branch = Some(branch.to_owned());
                }
            } else if !is_object(object) {
            } else if name == "HEAD" {
                listing.head = Some(object.to_owned());
            } else if let Some(tag) = name.strip_suffix("^{}") {
                if let Some(tag) = listing.refs.get_mut(tag) {
                    tag.peeled = Some(object.to_owned());
                }
            } else if name.starts_with("refs/") {
                let found = RemoteRef {
                    object: object.to_owned(),
                    peeled: None,
                };
                listing.refs.insert(name.to_owned(), found);
            }
        }
        // A branch that is not born yet.
        listing.default_branch = listing
            .default_branch
            .filter(|branch| listing.refs.contains_key(branch));
        listing
    }

    /// Branches and tags, in the order of their names.
    pub(crate) fn branches_and_tags(&self) -> impl Iterator<Item = (&str, &RemoteRef)> {
        self.refs
            .iter()
            .map(|(name, found)| (name.as_str(), found))
            .filter(|(name, found)| found.kind(name) != Kind::Other)
    }
}

/// The repository did not answer in time.
pub(super) fn too_slow(url: &RepositoryUrl, limit: Duration) -> ToolError {
    fault(
        "git_timeout",
        format!("{} did not answer git within {} s.", url.shown(), limit.as_secs()),
        "Look at the network between and at the load of the host; a helper that waits for somebody counts too.",
    )
    .not_done(ErrorClass::Timeout)
}

#[cfg(test)]
mod tests {
    use super::{Kind, Listing, is_object, short};

    #[test]
    fn lines_become_refs_and_hostile_ones_stay_data() {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let said = format!(
            "ref: refs/heads/main\tHEAD\n{a}\tHEAD\n{a}\trefs/heads/-u\n{a}\trefs/heads/<b>\u{202e}\n{a}\trefs/heads/main\n\
             {a}\trefs/pull/1/head\n{b}\trefs/tags/v1\n{a}\trefs/tags/v1^{{}}\n{a}\trefs/tags/v2\nnonsense\n{a}\tname\nxyz\trefs/heads/x\n{a}\trefs/tags/none^{{}}\n"
        );
        let listing = Listing::parse(said.as_bytes());
        assert_eq!(listing.default_branch.as_deref(), Some("refs/heads/main"));
        assert_eq!(listing.head.as_ref(), Some(&a));
        let kinds: Vec<(&str, &str, &str)> = listing
            .refs
            .iter()
            .map(|(name, found)| (short(name), found.kind(name).word(), &found.commit()[..1]))
            .collect();
        assert_eq!(
            kinds,
            [
                ("-u", "branch", "a"),
                ("<b>\u{202e}", "branch", "a"),
                ("main", "branch", "a"),
                ("refs/pull/1/head", "other", "a"),
                ("v1", "annotated_tag", "a"),
                ("v2", "lightweight_tag", "a"),
            ]
        );
        assert_eq!(listing.refs["refs/tags/v1"].object, b);
        assert_eq!(listing.branches_and_tags().count(), 5);
        assert_eq!(Kind::ALL.len(), 5);
        let unborn = Listing::parse(b"ref: refs/heads/none\tHEAD\n");
        assert_eq!(unborn, Listing::default());
    }

    #[test]
    fn an_id_is_told_from_a_name() {
        for (text, expected) in [
            ("a".repeat(40), true),
            ("0".repeat(64), true),
            ("a".repeat(39), false),
            ("A".repeat(40), false),
            ("g".repeat(40), false),
        ] {
            assert_eq!(is_object(&text), expected, "{text}");
        }
    }
}
