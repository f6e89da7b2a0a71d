//! repository.create_tag: a new tag on a commit, pushed to the repository. A tag that is there already is never moved.

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

/// repository.create_tag.
pub(crate) struct RepositoryCreateTag {
    spec: ToolSpec,
    git: Git,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    repository: String,
    tag: String,
    commit: String,
    message: Option<String>,
    tag_text: Option<String>,
}

/// What is to be pushed.
enum Wanted<'a> {
    /// The commit itself.
    Lightweight,
    /// A new tag object with this message.
    Annotated(&'a str),
    /// A tag object that was there before, byte for byte.
    Again(&'a str),
}

impl Arguments {
    fn wanted(&self, tool: &str) -> Result<Wanted<'_>, ToolError> {
        let invalid = |why: &str, hint: &str| {
            fault(
                "invalid_arguments",
                format!("The arguments of {tool} are not as it takes them: {why}."),
                hint,
            )
            .not_started(ErrorClass::Invalid)
        };
        match (&self.message, &self.tag_text) {
            (None, None) => Ok(Wanted::Lightweight),
            (Some(message), None) if message.trim().is_empty() || message.contains('\0') => {
                Err(invalid(
                    "the message says nothing",
                    "Write a message, or leave it out for a lightweight tag.",
                ))
            }
            (Some(message), None) => Ok(Wanted::Annotated(message)),
            (None, Some(text)) => {
                let head = format!("object {}\ntype commit\ntag {}\n", self.commit, self.tag);
                match text.starts_with(&head) {
                    true => Ok(Wanted::Again(text)),
                    false => Err(invalid(
                        "the text is not of this tag and commit",
                        "Give a message instead.",
                    )),
                }
            }
            (Some(_), Some(_)) => Err(invalid(
                "message and tag_text exclude each other",
                "Leave one of them out.",
            )),
        }
    }
}

impl RepositoryCreateTag {
    pub(crate) fn new(git: Git) -> RepositoryCreateTag {
        RepositoryCreateTag {
            spec: ToolSpec {
                name: "repository.create_tag".to_owned(),
                version: 1,
                title: "Create a tag".to_owned(),
                description: "Pushes a new tag on a commit to the repository: an annotated one with a message, else a lightweight one. Never moves a tag that is there. Not signed.".to_owned(),
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
                        "message": { "type": ["string", "null"], "maxLength": 16384, "description": "Makes it an annotated tag" },
                        "tag_text": { "type": ["string", "null"], "maxLength": 65536, "description": "A tag object as git keeps it, to put a deleted tag back exactly" },
                    },
                }),
                output: tag::output_schema(),
                inverse: Some("repository.delete_tag".to_owned()),
                timeout_ms: 60_000,
            },
            git,
        }
    }

    /// Is what the repository has what is wanted?
    async fn is_wanted(
        &self,
        asked: &Arguments,
        tag: &Tag,
        found: &RemoteRef,
        context: &Context,
    ) -> Result<bool, ToolError> {
        if found.commit() != asked.commit {
            return Ok(false);
        }
        let is_annotated = found.peeled.is_some();
        let wanted = asked.wanted(&self.spec.name)?;
        if matches!(wanted, Wanted::Lightweight) || !is_annotated {
            return Ok(matches!(wanted, Wanted::Lightweight) && !is_annotated);
        }
        let mirror = Mirror::with_tag(&self.git, &tag.url, &found.object, context).await?;
        let text = mirror
            .tag_text(&found.object, context)
            .await?
            .unwrap_or_default();
        Ok(match wanted {
            Wanted::Lightweight => false,
            Wanted::Annotated(message) => text
                .split_once("\n\n")
                .is_some_and(|(_, said)| said.trim_end() == message.trim_end()),
            Wanted::Again(again) => again == text,
        })
    }

    async fn create(
        &self,
        permit: &Permit,
        asked: &Arguments,
        tag: &Tag,
        context: &Context,
    ) -> Result<String, ToolError> {
        let mirror = Mirror::holding(&self.git, &tag.url, &[&asked.commit], context).await?;
        let object = match asked.wanted(&self.spec.name)? {
            Wanted::Lightweight => asked.commit.clone(),
            Wanted::Again(text) => mirror.write_tag(text, context).await?,
            Wanted::Annotated(message) => {
                let author = self.author().await?;
                let seconds = context.now_us() / 1_000_000;
                let text = format!(
                    "object {}\ntype commit\ntag {}\ntagger {author} {seconds} +0000\n\n{}\n",
                    asked.commit,
                    asked.tag,
                    message.trim_end()
                );
                mirror.write_tag(&text, context).await?
            }
        };
        let moved = Move {
            name: &tag.full,
            from: None,
            to: Some(&object),
        };
        mirror.push(permit, moved, context).await?;
        context.log.note(format!("Created {}.", tag.shown()));
        Ok(object)
    }

    /// Who signs for an annotated tag, as git writes it.
    async fn author(&self) -> Result<String, ToolError> {
        let identity = self.git.identity().await;
        let (name, address) = identity.ok_or_else(|| {
            fault(
                "identity_missing",
                "An annotated tag names who made it, and git does not know you.",
                "Run `git config --global user.name NAME` and `git config --global user.email ADDRESS`.",
            )
            .not_started(ErrorClass::Invalid)
        })?;
        Ok(format!("{name} <{address}>"))
    }
}

impl ChangeTool for RepositoryCreateTag {
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
            let wanted = asked.wanted(&self.spec.name)?;
            let found = tag.found(&self.git, context).await?;
            let mut preview = Preview {
                targets: Vec::new(),
                facts: tag::facts(found.as_ref()),
                changes: Vec::new(),
                blast_radius: format!("Nothing changes: {} is like this already.", tag.shown()),
                undo: None,
            };
            if let Some(found) = &found {
                return match self.is_wanted(&asked, &tag, found, context).await? {
                    true => Ok(preview),
                    false => Err(exists(&tag, found)),
                };
            }
            let mirror = Mirror::holding(&self.git, &tag.url, &[&asked.commit], context).await?;
            let subject = mirror.subject(&asked.commit, context).await?;
            let mut diff = format!("+ {} -> commit {} {subject}\n", tag.full, asked.commit);
            match wanted {
                Wanted::Lightweight => {
                    diff.push_str("+ a lightweight tag, without author and message\n")
                }
                Wanted::Again(text) => {
                    diff.push_str("+ the tag object as it was before:\n");
                    diff.extend(text.lines().map(|line| format!("+ {line}\n")));
                }
                Wanted::Annotated(message) => {
                    let author = self.author().await?;
                    diff.push_str(&format!(
                        "+ annotated by {author}, dated when it is pushed:\n"
                    ));
                    diff.extend(message.trim_end().lines().map(|line| format!("+ {line}\n")));
                    preview.facts.insert("author".to_owned(), json!(author));
                }
            }
            preview.changes.push(Change {
                verb: "create".to_owned(),
                subject: tag.full.clone(),
                diff,
            });
            preview.blast_radius = format!(
                "One tag at {}. Whoever fetches sees it, and what starts on new tags there starts.",
                tag.url.shown()
            );
            preview.undo = Some(UndoPlan {
                tool: "repository.delete_tag".to_owned(),
                says: "The tag is deleted from the repository; who has fetched it keeps it."
                    .to_owned(),
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
            let facts = &permit.call().facts;
            let before = tag::approved(facts)?;
            let found = tag.found(&self.git, context).await?;
            match &found {
                Some(found) if before == ABSENT => {
                    match self.is_wanted(&asked, &tag, found, context).await? {
                        true => Ok(output(&asked, &tag, &found.object, true)),
                        false => Err(tag.moved(before, Some(found))),
                    }
                }
                Some(found) if before == found.object => Ok(output(&asked, &tag, before, false)),
                None if before == ABSENT => {
                    if let Some(author) = facts.get("author").and_then(Json::as_str)
                        && author != self.author().await?
                    {
                        return Err(fault(
                            "precondition_changed",
                            format!("git would now sign with another name than {author}."),
                            "Look at your git configuration, then approve again.",
                        )
                        .not_started(ErrorClass::Precondition));
                    }
                    let object = self.create(&permit, &asked, &tag, context).await?;
                    Ok(output(&asked, &tag, &object, true))
                }
                Some(_) | None => Err(tag.moved(before, found.as_ref())),
            }
        })
    }

    fn observe<'a>(&'a self, asked: Asked<'a>, context: &'a Context) -> BoxFuture<'a, Observation> {
        Box::pin(async move {
            let looked = async {
                let args: Arguments = arguments(&self.spec.name, asked.args)?;
                let tag = Tag::of(&args.repository, &args.tag)?;
                let before = tag::approved(&asked.call.facts)?;
                let mut found = tag.found(&self.git, context).await?;
                if found.is_none() {
                    found = tag.found_at_last(&self.git, context).await?;
                }
                match found {
                    None => Ok(None),
                    Some(found) if self.is_wanted(&args, &tag, &found, context).await? => {
                        Ok(Some(output(&args, &tag, &found.object, before == ABSENT)))
                    }
                    Some(found) => Err(tag.moved(before, Some(&found))),
                }
            };
            tag::observed(looked.await, asked)
        })
    }

    fn undo(&self, receipt: &Json) -> Result<Inverse, ToolError> {
        let field = |name: &str| receipt.get(name).cloned().unwrap_or_default();
        if field("created") != json!(true) {
            return Err(fault(
                "nothing_to_undo",
                "The tag was there before; nothing was changed.",
                "Nothing to do; delete it with repository.delete_tag if it should go.",
            )
            .not_started(ErrorClass::Invalid));
        }
        Ok(Inverse {
            tool: "repository.delete_tag".to_owned(),
            args: json!({
                "repository": field("repository"),
                "tag": field("tag"),
                "commit": field("commit"),
                "object": field("object"),
            }),
        })
    }
}

fn output(asked: &Arguments, tag: &Tag, object: &str, created: bool) -> ToolOutput {
    let row = json!({
        "repository": asked.repository,
        "tag": asked.tag,
        "ref": tag.full,
        "commit": asked.commit,
        "object": object,
    });
    let mut receipt = row.clone();
    receipt["created"] = json!(created);
    ToolOutput::changed(row, receipt)
}

fn exists(tag: &Tag, found: &RemoteRef) -> ToolError {
    fault(
        "tag_exists",
        format!(
            "{} is there already and is another one: it is on commit {}.",
            tag.shown(),
            &found.commit()[..12]
        ),
        "Choose another name; a tag that people have fetched should not move.",
    )
    .not_started(ErrorClass::Precondition)
}
