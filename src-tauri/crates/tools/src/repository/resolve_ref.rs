//! repository.resolve_ref: a branch, tag or commit as the exact commit it stands for now. What is approved later is that
//! commit, so a branch that moves meanwhile changes nothing silently.

use crate::fault::{arguments, fault};
use crate::git::{Git, Kind, Listing, Mirror, RepositoryUrl, short};
use crate::{BoxFuture, Context, ReadTool};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use workflow::{EffectClass, ErrorClass, Recovery, ToolError, ToolOutput, ToolSpec};

/// repository.resolve_ref.
pub(crate) struct RepositoryResolveRef {
    spec: ToolSpec,
    git: Git,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    repository: String,
    r#ref: Option<String>,
    require_file: Option<String>,
}

impl RepositoryResolveRef {
    pub(crate) fn new(git: Git) -> RepositoryResolveRef {
        let file = json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["path", "object"],
            "properties": {
                "path": { "type": "string" },
                "object": super::object_schema(),
            },
        });
        RepositoryResolveRef {
            spec: ToolSpec {
                name: "repository.resolve_ref".to_owned(),
                version: 1,
                title: "Find a branch, tag or commit".to_owned(),
                description: "The exact commit that a branch, a tag or a commit's id stands for in a repository now. A name that is both a branch and a tag is refused; nothing of that name is an error that suggests near ones.".to_owned(),
                effect: EffectClass::Read,
                recovery: Recovery::Pure,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["repository"],
                    "properties": {
                        "repository": super::repository_schema(),
                        "ref": super::ref_schema(),
                        "require_file": { "type": ["string", "null"], "minLength": 1, "maxLength": 1024, "description": "A file that the commit must have, by its path from the top" },
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["repository", "name", "ref", "kind", "commit", "tag_object", "is_default_branch", "required_file"],
                    "properties": {
                        "repository": { "type": "string" },
                        "name": { "type": "string", "description": "Short: the branch, the tag or the commit" },
                        "ref": { "type": ["string", "null"], "description": "The full name; null for a commit" },
                        "kind": { "enum": Kind::ALL.map(Kind::word) },
                        "commit": super::object_schema(),
                        "tag_object": super::nullable(&super::object_schema()),
                        "is_default_branch": { "type": "boolean" },
                        "required_file": super::nullable(&file),
                    },
                }),
                inverse: None,
                timeout_ms: 60_000,
            },
            git,
        }
    }
}

impl ReadTool for RepositoryResolveRef {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn read<'a>(
        &'a self,
        args: &'a Json,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        Box::pin(async move {
            let asked: Arguments = arguments(&self.spec.name, args)?;
            let url = RepositoryUrl::parse(&asked.repository)?;
            if let Some(path) = &asked.require_file {
                check_path(path)?;
            }
            let listing = Listing::of(&self.git, &url, context).await?;
            let name = asked.r#ref.as_deref();
            let found = super::resolve(&self.git, &url, &listing, name, context).await?;
            let file = match asked.require_file {
                None => Json::Null,
                Some(path) => {
                    let mirror =
                        Mirror::holding(&self.git, &url, &[&found.commit], context).await?;
                    let object = mirror.file(&found.commit, &path, context).await?;
                    let object = object.ok_or_else(|| missing(&url, &found.commit, &path))?;
                    json!({ "path": path, "object": object })
                }
            };
            Ok(ToolOutput::read(json!({
                "repository": asked.repository,
                "name": found.full.as_deref().map_or(&*found.commit, short),
                "ref": found.full,
                "kind": found.kind.word(),
                "commit": found.commit,
                "tag_object": found.tag_object,
                "is_default_branch": found.full.is_some() && found.full == listing.default_branch,
                "required_file": file,
            })))
        })
    }
}

/// A path as git writes it in a tree.
fn check_path(path: &str) -> Result<(), ToolError> {
    let is_plain = !path.chars().any(char::is_control)
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    match is_plain {
        true => Ok(()),
        false => Err(fault(
            "invalid_path",
            format!(
                "{:?} is not the path of a file in a repository.",
                fleet::visible(path, 200)
            ),
            "Write it from the top, without a slash in front and without . and .. in it.",
        )
        .not_started(ErrorClass::Invalid)),
    }
}

fn missing(url: &RepositoryUrl, commit: &str, path: &str) -> ToolError {
    fault(
        "file_not_found",
        format!(
            "Commit {} of {} has no file {:?}.",
            &commit[..12],
            url.shown(),
            fleet::visible(path, 200)
        ),
        "Add the file to the repository, or name the commit that has it.",
    )
    .not_done(ErrorClass::NotFound)
}
