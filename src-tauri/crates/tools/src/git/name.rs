//! From what a person writes (a branch, a tag, a commit) to what it is in a repository. A name that means two things is
//! refused with both; git itself would take one of them with a warning (gitrevisions(7)).

use super::RepositoryUrl;
use super::listing::{Kind, Listing, RemoteRef, is_object, short};
use crate::fault::fault;
use workflow::{ErrorClass, ToolError};

/// How many names are suggested.
const SUGGESTED: usize = 3;
/// Shorter beginnings of an id are names.
const SHORTEST_ID: usize = 7;

/// What a name is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// The ref's full name; none for a commit.
    pub(crate) full: Option<String>,
    pub(crate) kind: Kind,
    /// The commit's whole id.
    pub(crate) commit: String,
    /// The tag object of an annotated tag.
    pub(crate) tag_object: Option<String>,
}

/// What the listing alone tells of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// It is this.
    Is(Resolved),
    /// It is a commit's whole id that no ref points to: the objects tell whether it exists.
    Commit(String),
    /// It may begin a commit's id: the objects tell which.
    Begins(String),
}

impl Listing {
    /// What this name stands for; none: the default branch.
    pub(crate) fn named(
        &self,
        url: &RepositoryUrl,
        name: Option<&str>,
    ) -> Result<Named, ToolError> {
        if self.refs.is_empty() && self.head.is_none() {
            return Err(fault(
                "repository_empty",
                format!("{} is empty: it has no branch and no tag.", url.shown()),
                "Push something to it first.",
            )
            .not_done(ErrorClass::NotFound));
        }
        let Some(name) = name.filter(|name| *name != "HEAD") else {
            return self.default_commit(url);
        };
        check_name(name)?;
        let full = |prefix: &str| format!("{prefix}{name}");
        // As `refs/heads/x` it is what it says; `heads/x` could also be a branch of that name.
        let candidates = match name.starts_with("refs/") {
            true => vec![name.to_owned()],
            false => vec![full("refs/heads/"), full("refs/tags/"), full("refs/")],
        };
        let found: Vec<String> = candidates
            .into_iter()
            .filter(|full| self.refs.contains_key(full))
            .collect();
        match found.as_slice() {
            [full] => return Ok(Named::Is(self.resolved(full))),
            [_, ..] => {
                return Err(fault(
                    "ref_ambiguous",
                    format!(
                        "{:?} means more than one thing in {}: {}.",
                        fleet::visible(name, 200),
                        url.shown(),
                        self.told(&found)
                    ),
                    format!("Write the one you mean: {}.", listed(&found, " or ")),
                )
                .not_done(ErrorClass::Invalid));
            }
            [] => {}
        }
        let id = name.to_ascii_lowercase();
        if is_object(&id) {
            return Ok(self.of_object(&id).map_or(Named::Commit(id), Named::Is));
        }
        let is_hex = id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hex && (SHORTEST_ID..64).contains(&id.len()) {
            return Ok(Named::Begins(id));
        }
        Err(self.not_found(url, name))
    }

    /// There is nothing of that name; the nearest ones are suggested.
    pub(crate) fn not_found(&self, url: &RepositoryUrl, name: &str) -> ToolError {
        let wanted = short(name).to_lowercase();
        let near = 1 + wanted.chars().count() / 3;
        let mut names: Vec<(usize, &str)> = self
            .branches_and_tags()
            .map(|(full, _)| short(full))
            .map(|known| {
                let known_lower = known.to_lowercase();
                // `1.2` for `v1.2`, `login` for `feature/login`.
                let is_part = !wanted.is_empty() && known_lower.ends_with(&wanted);
                let distance = strsim::osa_distance(&wanted, &known_lower);
                (if is_part { distance.min(1) } else { distance }, known)
            })
            .filter(|(distance, _)| *distance <= near)
            .collect();
        names.sort();
        names.dedup();
        let names: Vec<String> = names
            .into_iter()
            .take(SUGGESTED)
            .map(|(_, name)| name.to_owned())
            .collect();
        let hint = match (names.is_empty(), &self.default_branch) {
            (false, _) => format!("Did you mean {}?", listed(&names, " or ")),
            (true, Some(branch)) => format!(
                "Its default branch is {}; list the others with repository.list_refs.",
                fleet::visible(short(branch), 200)
            ),
            (true, None) => "List what there is with repository.list_refs.".to_owned(),
        };
        fault(
            "ref_not_found",
            format!(
                "{} has no branch, tag or commit {:?}.",
                url.shown(),
                fleet::visible(name, 200)
            ),
            hint,
        )
        .not_done(ErrorClass::NotFound)
    }

    /// The ref of that full name, which must be there.
    fn resolved(&self, full: &str) -> Resolved {
        let found = &self.refs[full];
        Resolved {
            full: Some(full.to_owned()),
            kind: found.kind(full),
            commit: found.commit().to_owned(),
            tag_object: found.peeled.is_some().then(|| found.object.clone()),
        }
    }

    fn default_commit(&self, url: &RepositoryUrl) -> Result<Named, ToolError> {
        match (&self.default_branch, &self.head) {
            (Some(branch), _) => Ok(Named::Is(self.resolved(branch))),
            // HEAD is a commit and no branch there.
            (None, Some(head)) => Ok(Named::Is(commit(head))),
            (None, None) => Err(fault(
                "no_default_branch",
                format!("{} does not say which branch is its default.", url.shown()),
                "Name the branch; list what there is with repository.list_refs.",
            )
            .not_done(ErrorClass::NotFound)),
        }
    }

    /// Whatever has this object at its tip.
    fn of_object(&self, id: &str) -> Option<Resolved> {
        let is_tip = |found: &&RemoteRef| found.object == id || found.commit() == id;
        let found = self.refs.values().find(is_tip)?;
        Some(commit(found.commit()))
    }

    fn told(&self, names: &[String]) -> String {
        let words = names.iter().map(|full| {
            let found = &self.refs[full];
            format!(
                "the {} {} at {}",
                found.kind(full).word().replace('_', " "),
                fleet::visible(full, 200),
                &found.commit()[..12]
            )
        });
        words.collect::<Vec<_>>().join(" and ")
    }
}

/// A commit by its id.
pub(crate) fn commit(id: &str) -> Resolved {
    Resolved {
        full: None,
        kind: Kind::Commit,
        commit: id.to_owned(),
        tag_object: None,
    }
}

fn listed(names: &[String], between: &str) -> String {
    let shown: Vec<String> = names.iter().map(|name| fleet::visible(name, 200)).collect();
    shown.join(between)
}

/// Could a ref be called like this (git-check-ref-format(1))? Names are looked up, never handed to git, so this is only
/// to say early what is meant by an expression.
pub(crate) fn check_name(name: &str) -> Result<(), ToolError> {
    let is_expression =
        name.contains("..") || name.contains("@{") || name.contains(['~', '^', ':']);
    let is_none = name.is_empty()
        || name.len() > 1024
        || name.contains("//")
        || name.starts_with('/')
        || name.ends_with(['/', '.'])
        || name.contains(['?', '*', '[', '\\', ' '])
        || name.chars().any(char::is_control);
    let (why, hint) = match (is_expression, is_none) {
        (true, _) => (
            "it is an expression",
            "Write a branch, a tag or a commit's id; expressions such as main~1 are not taken.",
        ),
        (_, true) => (
            "no ref is called like this",
            "Write a branch, a tag or a commit's id.",
        ),
        (false, false) => return Ok(()),
    };
    Err(fault(
        "invalid_ref",
        format!(
            "{:?} is not taken as a ref: {why}.",
            fleet::visible(name, 200)
        ),
        hint,
    )
    .not_started(ErrorClass::Invalid))
}

#[cfg(test)]
mod tests {
    use super::super::RepositoryUrl;
    use super::{Kind, Listing, Named};
    use proptest::prelude::*;

    fn listing(text: &str) -> Listing {
        let lines: String = text
            .split_whitespace()
            .map(|word| {
                let (object, name) = word.split_once('=').unwrap();
                let object = match object.strip_prefix('@') {
                    Some(branch) => format!("ref: {branch}"),
                    None => object.repeat(40),
                };
                format!("{object}\t{name}\n")
            })
            .collect();
        Listing::parse(lines.as_bytes())
    }

    /// `expected`: kind, first letter of the commit and full name; or the error's code and a part of its hint.
    fn check(name: Option<&str>, expected: Result<(Kind, &str, &str), (&str, &str)>) {
        let listing = listing(
            "@refs/heads/main=HEAD a=HEAD a=refs/heads/main b=refs/heads/release/2 b=refs/heads/v1 c=refs/tags/v1 d=refs/tags/v1^{} \
             e=refs/tags/v1.2 e=refs/heads/beef b=refs/heads/heads/main b=refs/pull/7/head b=refs/heads/-u f=refs/tags/<i>",
        );
        let url = RepositoryUrl::parse("https://host/a").unwrap();
        match (listing.named(&url, name), expected) {
            (Ok(Named::Is(found)), Ok((kind, commit, full))) => {
                assert_eq!(found.kind, kind, "{name:?}");
                assert!(found.commit.starts_with(commit), "{name:?}");
                assert_eq!(found.full.as_deref().unwrap_or_default(), full);
                assert_eq!(found.tag_object.is_some(), kind == Kind::AnnotatedTag);
            }
            (Ok(Named::Commit(id) | Named::Begins(id)), Ok((Kind::Commit, commit, "?"))) => {
                assert!(id.starts_with(commit), "{name:?}");
            }
            (Err(error), Err((code, hint))) => {
                assert_eq!(error.code, code, "{name:?}");
                assert!(error.hint.contains(hint), "{name:?}: {}", error.hint);
            }
            (got, expected) => panic!("{name:?}: {got:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn names_stand_for_one_thing_or_are_refused() {
        check(None, Ok((Kind::Branch, "a", "refs/heads/main")));
        for (name, expected) in [
            ("main", Ok((Kind::Branch, "a", "refs/heads/main"))),
            ("release/2", Ok((Kind::Branch, "b", "refs/heads/release/2"))),
            ("-u", Ok((Kind::Branch, "b", "refs/heads/-u"))),
            ("<i>", Ok((Kind::LightweightTag, "f", "refs/tags/<i>"))),
            ("v1.2", Ok((Kind::LightweightTag, "e", "refs/tags/v1.2"))),
            (
                "tags/v1.2",
                Ok((Kind::LightweightTag, "e", "refs/tags/v1.2")),
            ),
            (
                "refs/tags/v1",
                Ok((Kind::AnnotatedTag, "d", "refs/tags/v1")),
            ),
            ("refs/heads/v1", Ok((Kind::Branch, "b", "refs/heads/v1"))),
            ("pull/7/head", Ok((Kind::Other, "b", "refs/pull/7/head"))),
            ("beef", Ok((Kind::Branch, "e", "refs/heads/beef"))),
            ("BEEF123", Ok((Kind::Commit, "beef123", "?"))),
            ("HEAD", Ok((Kind::Branch, "a", "refs/heads/main"))),
            ("beef1", Err(("ref_not_found", "beef"))),
            (&"9".repeat(40), Ok((Kind::Commit, "9", "?"))),
            (&"A".repeat(40), Ok((Kind::Commit, "a", ""))),
            // The id of a tag object stands for its commit.
            (&"c".repeat(40), Ok((Kind::Commit, "d", ""))),
            (
                "v1",
                Err(("ref_ambiguous", "refs/heads/v1 or refs/tags/v1")),
            ),
            (
                "heads/main",
                Err(("ref_ambiguous", "refs/heads/heads/main or refs/heads/main")),
            ),
            ("mian", Err(("ref_not_found", "Did you mean main"))),
            ("1.2", Err(("ref_not_found", "v1.2"))),
            ("refs/heads/mainn", Err(("ref_not_found", "main"))),
            (
                "nothing-like-it",
                Err(("ref_not_found", "default branch is main")),
            ),
            ("Main", Err(("ref_not_found", "Did you mean main"))),
            ("main~1", Err(("invalid_ref", "main~1"))),
            ("a..b", Err(("invalid_ref", "expressions"))),
            ("v1^{}", Err(("invalid_ref", "expressions"))),
            ("HEAD:file", Err(("invalid_ref", "expressions"))),
            ("a b", Err(("invalid_ref", "branch"))),
            ("a\nb", Err(("invalid_ref", "branch"))),
            ("", Err(("invalid_ref", "branch"))),
            ("feature/", Err(("invalid_ref", "branch"))),
        ] {
            check(Some(name), expected);
        }
    }

    #[test]
    fn a_repository_without_anything_or_without_a_default_says_so() {
        let url = RepositoryUrl::parse("https://host/a").unwrap();
        let code = |text: &str| {
            listing(text)
                .named(&url, None)
                .err()
                .map(|error| error.code)
        };
        assert_eq!(code("").as_deref(), Some("repository_empty"));
        assert_eq!(code("a=refs/heads/x").as_deref(), Some("no_default_branch"));
        assert_eq!(code("a=HEAD a=refs/heads/x"), None);
    }

    proptest! {
        /// Whatever is asked of whatever is there: an answer that is there, or an error that can be shown.
        #[test]
        fn any_name_is_answered(name in "(refs/|heads/|tags/)?[a-f\u{202e}/.~ -]{0,9}") {
            let listing = listing("a=refs/heads/a a=refs/tags/a b=refs/heads/b c=refs/tags/c b=refs/tags/c^{} a=refs/heads/heads/b");
            let url = RepositoryUrl::parse("https://host/a").unwrap();
            match listing.named(&url, Some(&name)) {
                Ok(Named::Is(found)) => {
                    let full = found.full.unwrap();
                    let ending = format!("/{name}");
                    prop_assert!(full == name || full.ends_with(&ending));
                    prop_assert_eq!(listing.refs[&full].commit(), found.commit);
                }
                Ok(Named::Begins(id) | Named::Commit(id)) => prop_assert_eq!(id, name),
                Err(error) => {
                    let text = format!("{}{}", error.message, error.hint);
                    prop_assert!(!text.chars().any(fleet::is_hidden) && !error.hint.is_empty());
                }
            }
        }
    }
}
