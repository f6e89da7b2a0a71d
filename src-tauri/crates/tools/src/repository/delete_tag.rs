//! repository.delete_tag: a tag goes from the repository, if it is still the one that was approved. What it was is kept in
//! the receipt, so that it can be put back exactly.

use super::tag::{self, ABSENT, Tag};
use crate::fault::{arguments, fault};
use crate::git::{Git, Mirror, Move, RemoteRef};
use crate::{Asked, BoxFuture, ChangeTool, Context, Inverse};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use workflow::{
    Change, EffectClass, ErrorClass, Observation, Permit, Preview, Recovery, ToolError, ToolOutput,
    ToolSpec, UndoPlan,
};

/// repository.delete_tag.
pub(crate) struct RepositoryDeleteTag {
    spec: ToolSpec,
    git: Git,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    repository: String,
    tag: String,
    commit: String,
    object: Option<String>,
}

impl Arguments {
    /// Is this the tag that is meant?
    fn means(&self, found: &RemoteRef) -> bool {
        found.commit() == self.commit
            && self
                .object
                .as_ref()
                .is_none_or(|object| *object == found.object)
    }
}

impl RepositoryDeleteTag {
    pub(crate) fn new(git: Git) -> RepositoryDeleteTag {
        let mut output = tag::output_schema();
        output["properties"]["object"] = super::nullable(&super::object_schema());
        RepositoryDeleteTag {
            spec: ToolSpec {
                name: "repository.delete_tag".to_owned(),
                version: 1,
                title: "Delete a tag".to_owned(),
                description: "Deletes a tag from the repository when it is on the commit that is named. It can be put back exactly; who has fetched it keeps it.".to_owned(),
                effect: EffectClass::Write,
                recovery: Recovery::Probeable,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["repository", "tag", "commit"],
                    "properties": {
                        "repository": super::repository_schema(),
                        "tag": tag::name_schema(),
                        "commit": super::object_schema(),
                        "object": super::nullable(&super::object_schema()),
                    },
                }),
                output,
                inverse: Some("repository.create_tag".to_owned()),
                timeout_ms: 60_000,
            },
            git,
        }
    }

    /// What putting the tag back needs: its text where it is annotated, and its commit in the copy.
    async fn kept(
        &self,
        asked: &Arguments,
        tag: &Tag,
        object: &str,
        context: &Context,
    ) -> Result<(Mirror, Option<String>), ToolError> {
        if object == asked.commit {
            let mirror = Mirror::holding(&self.git, &tag.url, &[&asked.commit], context).await?;
            return Ok((mirror, None));
        }
        Mirror::holding(&self.git, &tag.url, &[&asked.commit], context).await?;
        let mirror = Mirror::with_tag(&self.git, &tag.url, object, context).await?;
        match mirror.tag_text(object, context).await? {
            Some(text) => Ok((mirror, Some(text))),
            None => Err(fault(
                "tag_not_kept",
                format!(
                    "{} could not be put back exactly: it is not text, or too long.",
                    tag.shown()
                ),
                "Delete it by hand if it should go.",
            )
            .not_started(ErrorClass::Invalid)),
        }
    }

    async fn output(
        &self,
        asked: &Arguments,
        tag: &Tag,
        before: &str,
        context: &Context,
    ) -> Result<ToolOutput, ToolError> {
        let was_there = before != ABSENT;
        let text = match was_there {
            true => self.kept(asked, tag, before, context).await?.1,
            false => None,
        };
        let row = json!({
            "repository": asked.repository,
            "tag": asked.tag,
            "ref": tag.full,
            "commit": asked.commit,
            "object": was_there.then_some(before),
        });
        let mut receipt = row.clone();
        receipt["tag_text"] = json!(text);
        Ok(ToolOutput::changed(row, receipt))
    }
}

impl ChangeTool for RepositoryDeleteTag {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn preview<'a>(
        &'a self,
        args: &'a Json,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Preview, ToolError>> {
        Box::pin(async move {
            let asked: Arguments = arguments(&self.spec.name, args)?;
            let tag = Tag::of(&asked.repository, &asked.tag)?;
            let found = tag.found(&self.git, context).await?;
            let mut preview = Preview {
                targets: Vec::new(),
                facts: tag::facts(found.as_ref()),
                changes: Vec::new(),
                blast_radius: format!("Nothing changes: there is no {}.", tag.shown()),
                undo: None,
            };
            let Some(found) = found else {
                return Ok(preview);
            };
            if !asked.means(&found) {
                return Err(another(&tag, &found));
            }
            let (mirror, text) = self.kept(&asked, &tag, &found.object, context).await?;
            let subject = mirror.subject(&asked.commit, context).await?;
            let mut diff = format!("- {} -> commit {} {subject}\n", tag.full, asked.commit);
            diff.extend(
                text.iter()
                    .flat_map(|text| text.lines())
                    .map(|line| format!("- {line}\n")),
            );
            preview.changes.push(Change {
                verb: "delete".to_owned(),
                subject: tag.full.clone(),
                diff,
            });
            preview.blast_radius = format!(
                "One tag at {}. Who has fetched it keeps it; releases that hang on it there may go.",
                tag.url.shown()
            );
            preview.undo = Some(UndoPlan {
                tool: "repository.create_tag".to_owned(),
                says: "The same tag is pushed again, byte for byte.".to_owned(),
            });
            Ok(preview)
        })
    }

    fn apply<'a>(
        &'a self,
        permit: Permit,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        Box::pin(async move {
            let asked: Arguments = arguments(&self.spec.name, permit.args())?;
            let tag = Tag::of(&asked.repository, &asked.tag)?;
            let before = tag::approved(&permit.call().facts)?;
            let found = tag.found(&self.git, context).await?;
            match &found {
                Some(found) if found.object == before && asked.means(found) => {
                    let (mirror, _) = self.kept(&asked, &tag, before, context).await?;
                    let moved = Move {
                        name: &tag.full,
                        from: Some(before),
                        to: None,
                    };
                    mirror.push(&permit, moved, context).await?;
                    context.log.note(format!("Deleted {}.", tag.shown()));
                }
                // It came through already, or there was nothing to do.
                None => {}
                Some(found) => return Err(tag.moved(before, Some(found))),
            }
            self.output(&asked, &tag, before, context).await
        })
    }

    fn observe<'a>(&'a self, asked: Asked<'a>, context: &'a Context) -> BoxFuture<'a, Observation> {
        Box::pin(async move {
            let looked = async {
                let args: Arguments = arguments(&self.spec.name, asked.args)?;
                let tag = Tag::of(&args.repository, &args.tag)?;
                let before = tag::approved(&asked.call.facts)?;
                let mut found = tag.found(&self.git, context).await?;
                if found.is_some() {
                    found = tag.found_at_last(&self.git, context).await?;
                }
                match found {
                    None => self.output(&args, &tag, before, context).await.map(Some),
                    Some(found) if found.object == before => Ok(None),
                    Some(found) => Err(tag.moved(before, Some(&found))),
                }
            };
            tag::observed(looked.await, asked)
        })
    }

    fn undo(&self, receipt: &Json) -> Result<Inverse, ToolError> {
        let field = |name: &str| receipt.get(name).cloned().unwrap_or_default();
        if !field("object").is_string() {
            return Err(fault(
                "nothing_to_undo",
                "There was no such tag; nothing was changed.",
                "Nothing to do.",
            )
            .not_started(ErrorClass::Invalid));
        }
        Ok(Inverse {
            tool: "repository.create_tag".to_owned(),
            args: json!({
                "repository": field("repository"),
                "tag": field("tag"),
                "commit": field("commit"),
                "tag_text": field("tag_text"),
            }),
        })
    }
}

fn another(tag: &Tag, found: &RemoteRef) -> ToolError {
    fault(
        "tag_is_another",
        format!(
            "{} is not on that commit: it is on {}.",
            tag.shown(),
            &found.commit()[..12]
        ),
        "Resolve the tag with repository.resolve_ref and look whether it is the one to delete.",
    )
    .not_started(ErrorClass::Precondition)
}
