//! repository.list_refs: the branches and tags of a repository, asked from it now.

use crate::git::{Git, Kind, Listing, RepositoryUrl, short};
use crate::{BoxFuture, Context, ReadTool, fault::arguments};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use workflow::{EffectClass, Recovery, ToolError, ToolOutput, ToolSpec};

const LIMIT: usize = 200;

/// repository.list_refs.
pub(crate) struct RepositoryListRefs {
    spec: ToolSpec,
    git: Git,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    repository: String,
    kinds: Option<Vec<String>>,
    contains: Option<String>,
    limit: Option<usize>,
}

impl RepositoryListRefs {
    pub(crate) fn new(git: Git) -> RepositoryListRefs {
        let kinds = [Kind::Branch, Kind::AnnotatedTag, Kind::LightweightTag].map(Kind::word);
        RepositoryListRefs {
            spec: ToolSpec {
                name: "repository.list_refs".to_owned(),
                version: 1,
                title: "List branches and tags".to_owned(),
                description: "The branches and tags of a repository with their commits, in the order of their names, and its default branch.".to_owned(),
                effect: EffectClass::Read,
                recovery: Recovery::Pure,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["repository"],
                    "properties": {
                        "repository": super::repository_schema(),
                        "kinds": { "type": ["array", "null"], "uniqueItems": true, "items": { "enum": kinds }, "description": "Only these" },
                        "contains": { "type": ["string", "null"], "maxLength": 200, "description": "Only names with this text in them, without regard to case" },
                        "limit": { "type": ["integer", "null"], "minimum": 1, "maximum": 5000, "description": "The most that are listed; 200 when left out" },
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["repository", "default_branch", "refs", "total", "truncated"],
                    "properties": {
                        "repository": { "type": "string" },
                        "default_branch": { "type": ["string", "null"] },
                        "refs": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "additionalProperties": false,
                                "required": ["name", "ref", "kind", "commit"],
                                "properties": {
                                    "name": { "type": "string" },
                                    "ref": { "type": "string" },
                                    "kind": { "enum": kinds },
                                    "commit": super::object_schema(),
                                },
                            },
                        },
                        "total": { "type": "integer", "minimum": 0, "description": "How many there are of those asked for" },
                        "truncated": { "type": "boolean" },
                    },
                }),
                inverse: None,
                timeout_ms: 60_000,
            },
            git,
        }
    }
}

impl ReadTool for RepositoryListRefs {
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
            let listing = Listing::of(&self.git, &url, context).await?;
            let part = asked.contains.unwrap_or_default().to_lowercase();
            let found: Vec<Json> = listing
                .branches_and_tags()
                .map(|(full, found)| (full, found, found.kind(full).word()))
                .filter(|(full, _, kind)| {
                    let is_kind = |kinds: &Vec<String>| kinds.iter().any(|wanted| wanted == kind);
                    asked.kinds.as_ref().is_none_or(is_kind) && short(full).to_lowercase().contains(&part)
                })
                .map(|(full, found, kind)| {
                    json!({ "name": short(full), "ref": full, "kind": kind, "commit": found.commit() })
                })
                .collect();
            let (total, limit) = (found.len(), asked.limit.unwrap_or(LIMIT));
            Ok(ToolOutput::read(json!({
                "repository": asked.repository,
                "default_branch": listing.default_branch.as_deref().map(short),
                "refs": found.into_iter().take(limit).collect::<Vec<_>>(),
                "total": total,
                "truncated": total > limit,
            })))
        })
    }
}
