//! repository.changelog: what lies between two commits, for people who decide whether the second should replace the first.

use crate::git::{Changed, Entry, Git, Listing, Mirror, Relation, RepositoryUrl};
use crate::{BoxFuture, Context, ReadTool, fault::arguments};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use workflow::{EffectClass, Recovery, ToolError, ToolOutput, ToolSpec};

/// How many commits of a side and how many files are listed.
const LIMIT: usize = 100;

/// repository.changelog.
pub(crate) struct RepositoryChangelog {
    spec: ToolSpec,
    git: Git,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    repository: String,
    from: String,
    to: Option<String>,
    limit: Option<usize>,
}

impl RepositoryChangelog {
    pub(crate) fn new(git: Git) -> RepositoryChangelog {
        let from = json!({ "type": "string", "description": "The branch, tag or commit that is there now", "minLength": 1, "maxLength": 1024 });
        let count = json!({ "type": "integer", "minimum": 0 });
        let commit = json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["commit", "author", "at_us", "subject"],
            "properties": {
                "commit": super::object_schema(),
                "author": { "type": "string" },
                "at_us": { "type": "integer", "description": "When it was committed, by the committer's clock" },
                "subject": { "type": "string" },
            },
        });
        let file = json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["path", "status", "lines_added", "lines_removed"],
            "properties": {
                "path": { "type": "string" },
                "status": { "enum": ["added", "modified", "deleted", "type"] },
                "lines_added": super::nullable(&count),
                "lines_removed": super::nullable(&count),
            },
        });
        RepositoryChangelog {
            spec: ToolSpec {
                name: "repository.changelog".to_owned(),
                version: 1,
                title: "List what changed".to_owned(),
                description: "The commits and the changed files between two commits of a repository, and how they stand to each other: when the second does not come after the first, it says so and lists what would be lost. A renamed file is listed as deleted and added.".to_owned(),
                effect: EffectClass::Read,
                recovery: Recovery::Pure,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["repository", "from"],
                    "properties": {
                        "repository": super::repository_schema(),
                        "from": from,
                        "to": super::ref_schema(),
                        "limit": { "type": ["integer", "null"], "minimum": 1, "maximum": 1000, "description": "The most commits of each side, and the most files, that are listed; 100 when left out" },
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["repository", "from", "to", "relation", "says", "history_complete", "commits", "commits_total", "lost", "lost_total", "files", "files_total", "lines_added", "lines_removed"],
                    "properties": {
                        "repository": { "type": "string" },
                        "from": super::object_schema(),
                        "to": super::object_schema(),
                        "relation": { "enum": Relation::ALL.map(Relation::word) },
                        "says": { "type": "string", "description": "The relation as a sentence" },
                        "history_complete": { "type": "boolean", "description": "false: the repository's own history is cut off (shallow)" },
                        "commits": { "type": "array", "items": commit, "description": "What comes, the newest first" },
                        "commits_total": count,
                        "lost": { "type": "array", "items": commit, "description": "What goes: commits that only the first has" },
                        "lost_total": count,
                        "files": { "type": "array", "items": file },
                        "files_total": count,
                        "lines_added": count,
                        "lines_removed": count,
                    },
                }),
                inverse: None,
                timeout_ms: 60_000,
            },
            git,
        }
    }
}

impl ReadTool for RepositoryChangelog {
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
            let limit = asked.limit.unwrap_or(LIMIT);
            let listing = Listing::of(&self.git, &url, context).await?;
            let named = async |name| super::resolve(&self.git, &url, &listing, name, context).await;
            let from = named(Some(&asked.from)).await?.commit;
            let to = named(asked.to.as_deref()).await?.commit;
            let mirror = Mirror::holding(&self.git, &url, &[&from, &to], context).await?;
            let (relation, is_whole) = mirror.relation(&from, &to, context).await?;
            let (commits, commits_total) = mirror.commits(&from, &to, limit, context).await?;
            let (lost, lost_total) = mirror.commits(&to, &from, limit, context).await?;
            let files = mirror.changed_files(&from, &to, context).await?;
            let sum = |which: fn((u64, u64)) -> u64| -> u64 {
                files.iter().filter_map(|file| file.lines).map(which).sum()
            };
            Ok(ToolOutput::read(json!({
                "repository": asked.repository,
                "from": from,
                "to": to,
                "relation": relation.word(),
                "says": says(relation, commits_total, lost_total),
                "history_complete": is_whole,
                "commits": commits.iter().map(row).collect::<Vec<_>>(),
                "commits_total": commits_total,
                "lost": lost.iter().map(row).collect::<Vec<_>>(),
                "lost_total": lost_total,
                "files": files.iter().take(limit).map(file).collect::<Vec<_>>(),
                "files_total": files.len(),
                "lines_added": sum(|(added, _)| added),
                "lines_removed": sum(|(_, removed)| removed),
            })))
        })
    }
}

fn says(relation: Relation, coming: u64, lost: u64) -> String {
    let commits = |count: u64| match count {
        1 => "1 commit".to_owned(),
        count => format!("{count} commits"),
    };
    match relation {
        Relation::Same => "Both are the same commit.".to_owned(),
        Relation::Forward => format!("The second comes after the first, by {}.", commits(coming)),
        Relation::Backward => format!("This goes back by {}, which would be lost.", commits(lost)),
        Relation::Diverged => format!(
            "They went apart: {} would come, and {} of the first would be lost.",
            commits(coming),
            commits(lost)
        ),
        Relation::Unrelated => "They have no commit in common: this is another history.".to_owned(),
        Relation::Unknown => {
            "The repository's history is cut off before it could tell how they stand to each other."
                .to_owned()
        }
    }
}

fn row(entry: &Entry) -> Json {
    json!({
        "commit": entry.commit,
        "author": entry.author,
        "at_us": entry.at_s.saturating_mul(1_000_000),
        "subject": entry.subject,
    })
}

fn file(changed: &Changed) -> Json {
    json!({
        "path": changed.path,
        "status": changed.status,
        "lines_added": changed.lines.map(|(added, _)| added),
        "lines_removed": changed.lines.map(|(_, removed)| removed),
    })
}
