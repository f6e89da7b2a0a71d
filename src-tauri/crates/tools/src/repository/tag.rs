//! What creating and deleting a tag have in common: its name, how it is found at the repository, and the answer to "did
//! it happen?", which the repository itself gives. Nothing is remembered here.

use crate::fault::fault;
use crate::git::{Git, Listing, RemoteRef, RepositoryUrl, check_name};
use crate::{Asked, Context};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::future::pending;
use std::time::Duration;
use tokio::time::timeout;
use workflow::{ErrorClass, Observation, ToolError, ToolOutput};

/// The word for "there is no such tag" where otherwise its object stands.
pub(super) const ABSENT: &str = "absent";
/// After this, a push that was cut off has come through at the other side or will not any more.
const SETTLED: Duration = Duration::from_secs(1);

/// A tag of a repository.
pub(super) struct Tag {
    pub(super) url: RepositoryUrl,
    /// Its full name.
    pub(super) full: String,
}

impl Tag {
    pub(super) fn of(repository: &str, name: &str) -> Result<Tag, ToolError> {
        let url = RepositoryUrl::parse(repository)?;
        check_name(name)?;
        let parts_are_plain = name
            .split('/')
            .all(|part| !part.starts_with('.') && !part.ends_with(".lock") && !part.is_empty());
        if !parts_are_plain
            || name.starts_with('-')
            || name == "@"
            || name.chars().any(fleet::is_hidden)
        {
            return Err(fault(
                "invalid_tag",
                format!("{:?} is not taken as a tag.", fleet::visible(name, 200)),
                "Write a plain name such as v1.2.0: no leading dash or dot, no hidden characters, not ending in .lock.",
            )
            .not_started(ErrorClass::Invalid));
        }
        Ok(Tag {
            url,
            full: format!("refs/tags/{name}"),
        })
    }

    /// For people.
    pub(super) fn shown(&self) -> String {
        format!(
            "{} of {}",
            fleet::visible(&self.full, 200),
            self.url.shown()
        )
    }

    /// What the repository has under that name now.
    pub(super) async fn found(
        &self,
        git: &Git,
        context: &Context,
    ) -> Result<Option<RemoteRef>, ToolError> {
        let listing = Listing::of(git, &self.url, context).await?;
        Ok(listing.refs.get(&self.full).cloned())
    }

    /// The same, after giving what may be under way there a moment to end.
    pub(super) async fn found_at_last(
        &self,
        git: &Git,
        context: &Context,
    ) -> Result<Option<RemoteRef>, ToolError> {
        let _ = timeout(SETTLED, pending::<()>()).await;
        self.found(git, context).await
    }

    /// Not what was approved.
    pub(super) fn moved(&self, expected: &str, found: Option<&RemoteRef>) -> ToolError {
        let found = found.map_or(ABSENT, |found| &found.object);
        fault(
            "precondition_changed",
            format!(
                "{} is not as it was when this was approved: expected {expected}, found {found}.",
                self.shown()
            ),
            "Look at what changed meanwhile; the card opens again with the difference.",
        )
        .not_started(ErrorClass::Precondition)
    }
}

/// The facts of a call: what the tag points to before.
pub(super) fn facts(before: Option<&RemoteRef>) -> BTreeMap<String, Json> {
    let before = before.map_or(ABSENT, |found| found.object.as_str());
    BTreeMap::from([("tag_before".to_owned(), json!(before))])
}

/// What was approved as `tag_before`.
pub(super) fn approved(facts: &BTreeMap<String, Json>) -> Result<&str, ToolError> {
    facts
        .get("tag_before")
        .and_then(Json::as_str)
        .ok_or_else(|| {
            fault(
                "not_previewed",
                "The approved call does not say what the repository had.",
                "Report this as a bug, with the run's export.",
            )
            .not_started(ErrorClass::Internal)
        })
}

/// The answer of the repository, or that it gives none.
pub(super) fn observed(
    looked: Result<Option<ToolOutput>, ToolError>,
    asked: Asked<'_>,
) -> Observation {
    match looked {
        Ok(Some(output)) => Observation::Done(output),
        Ok(None) => Observation::NotDone,
        Err(error) => Observation::Unknown {
            why: format!(
                "{} may have come through: {}",
                asked.call.tool, error.message
            ),
        },
    }
}

/// The common part of both schemas.
pub(super) fn name_schema() -> Json {
    json!({ "type": "string", "description": "Its name, without refs/tags/", "minLength": 1, "maxLength": 250 })
}

/// The output of both.
pub(super) fn output_schema() -> Json {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["repository", "tag", "ref", "commit", "object"],
        "properties": {
            "repository": { "type": "string" },
            "tag": { "type": "string" },
            "ref": { "type": "string" },
            "commit": super::object_schema(),
            "object": super::object_schema(),
        },
    })
}
