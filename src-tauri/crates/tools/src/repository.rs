//! The tools about repositories: what refs there are, what a name stands for, what lies between two commits, and tags. They
//! ask with the user's own git; nothing of a repository is run here.

mod changelog;
mod create_tag;
mod delete_tag;
mod list_refs;
mod resolve_ref;
mod tag;
#[cfg(test)]
mod tests;

use crate::Context;
use crate::fault::fault;
use crate::git::{self, Git, Listing, Mirror, Named, RepositoryUrl, Resolved};
use serde_json::{Value as Json, json};
use workflow::{ErrorClass, ToolError};

pub(crate) use changelog::RepositoryChangelog;
pub(crate) use create_tag::RepositoryCreateTag;
pub(crate) use delete_tag::RepositoryDeleteTag;
pub(crate) use list_refs::RepositoryListRefs;
pub(crate) use resolve_ref::RepositoryResolveRef;

fn repository_schema() -> Json {
    json!({
        "type": "string",
        "description": "https://host/path, ssh://user@host/path, user@host:path, or the whole path of a folder of this computer",
        "minLength": 1,
        "maxLength": 2048,
    })
}

fn ref_schema() -> Json {
    json!({
        "type": ["string", "null"],
        "description": "A branch, a tag or a commit; refs/heads/x or refs/tags/x where x alone means both. Left out: the default branch",
        "maxLength": 1024,
    })
}

fn object_schema() -> Json {
    json!({ "type": "string", "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$" })
}

fn nullable(schema: &Json) -> Json {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

/// What a name stands for; the repository's objects are fetched only where the list of refs does not tell.
async fn resolve(
    git: &Git,
    url: &RepositoryUrl,
    listing: &Listing,
    name: Option<&str>,
    context: &Context,
) -> Result<Resolved, ToolError> {
    match listing.named(url, name)? {
        Named::Is(resolved) => Ok(resolved),
        Named::Commit(id) => {
            Mirror::holding(git, url, &[&id], context).await?;
            Ok(git::commit(&id))
        }
        Named::Begins(id) => {
            let mirror = Mirror::whole(git, url, listing, context).await?;
            let commits = mirror.beginning(&id, context).await?;
            match commits.as_slice() {
                [only] => Ok(git::commit(only)),
                [] => Err(listing.not_found(url, &id)),
                [_, ..] => Err(fault(
                    "ref_ambiguous",
                    format!(
                        "{} commits of {} begin with {id}.",
                        commits.len(),
                        url.shown()
                    ),
                    format!(
                        "Write more of it: {}.",
                        commits
                            .iter()
                            .take(5)
                            .map(String::as_str)
                            .collect::<Vec<_>>()
                            .join(" or ")
                    ),
                )
                .not_done(ErrorClass::Invalid)),
            }
        }
    }
}
