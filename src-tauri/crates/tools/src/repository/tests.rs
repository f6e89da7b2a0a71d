//! The tools about repositories, with the real git: on folders of this computer here, over ssh in `ssh`.

mod changes;
mod failures;
mod ssh;
mod tags;

use super::{RepositoryChangelog, RepositoryListRefs, RepositoryResolveRef};
use crate::git::testing::{Bare, git_at};
use crate::testing::Stage;
use serde_json::{Value as Json, json};
use workflow::ToolError;

/// A stage whose folder is the home of the user that git sees.
struct Desk {
    stage: Stage,
    /// Further variables for git.
    further: Vec<(String, String)>,
}

impl Desk {
    fn new() -> Desk {
        Desk {
            stage: Stage::new(),
            further: Vec::new(),
        }
    }

    async fn read(&self, tool: &str, args: Json) -> Result<Json, ToolError> {
        let further: Vec<(&str, &str)> = self
            .further
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        let git = git_at(&self.stage.path(""), &further);
        match tool {
            "list_refs" => {
                self.stage
                    .read_with(&RepositoryListRefs::new(git), args)
                    .await
            }
            "resolve_ref" => {
                self.stage
                    .read_with(&RepositoryResolveRef::new(git), args)
                    .await
            }
            "changelog" => {
                self.stage
                    .read_with(&RepositoryChangelog::new(git), args)
                    .await
            }
            other => panic!("{other}"),
        }
    }

    async fn resolve(
        &self,
        repository: &str,
        name: impl Into<Option<&str>>,
    ) -> Result<Json, ToolError> {
        let name: Option<&str> = name.into();
        self.read(
            "resolve_ref",
            json!({ "repository": repository, "ref": name }),
        )
        .await
    }
}

/// A repository with two commits on main, a branch, tags of both kinds, and a name that is a branch and a tag.
struct Sample {
    bare: Bare,
    first: String,
    second: String,
    tag_object: String,
}

impl Sample {
    fn new() -> Sample {
        let bare = Bare::new();
        let first = bare.commit_files(
            &[],
            "First\n",
            &[("deploy.yaml", "deploy_to: /srv/a\n"), ("a.txt", "one\n")],
        );
        let second = bare.commit_files(
            &[&first],
            "Second\n",
            &[("a.txt", "one\ntwo\n"), ("b.txt", "b\n")],
        );
        bare.point("refs/heads/main", &second);
        bare.point("refs/heads/release/1", &first);
        bare.point("refs/heads/both", &first);
        bare.point("refs/tags/both", &second);
        bare.point("refs/tags/light", &first);
        let tag_object = bare.tag("v1", &first, "Version 1");
        Sample {
            bare,
            first,
            second,
            tag_object,
        }
    }
}

#[tokio::test]
async fn a_name_becomes_the_commit_it_stands_for() {
    let (desk, sample) = (Desk::new(), Sample::new());
    let (first, second) = (sample.first.as_str(), sample.second.as_str());
    for (name, kind, full, commit) in [
        (None, "branch", Some("refs/heads/main"), second),
        (Some("main"), "branch", Some("refs/heads/main"), second),
        (
            Some("release/1"),
            "branch",
            Some("refs/heads/release/1"),
            first,
        ),
        (Some("v1"), "annotated_tag", Some("refs/tags/v1"), first),
        (
            Some("light"),
            "lightweight_tag",
            Some("refs/tags/light"),
            first,
        ),
        (
            Some("refs/heads/both"),
            "branch",
            Some("refs/heads/both"),
            first,
        ),
        (
            Some("tags/both"),
            "lightweight_tag",
            Some("refs/tags/both"),
            second,
        ),
        (Some(first), "commit", None, first),
        (Some(&second.to_uppercase()), "commit", None, second),
        (Some(&first[..9]), "commit", None, first),
        (Some(&sample.tag_object), "commit", None, first),
    ] {
        let output = desk.resolve(&sample.bare.url(), name).await.unwrap();
        assert_eq!(
            (&output["kind"], &output["ref"], &output["commit"]),
            (&json!(kind), &json!(full), &json!(commit)),
            "{name:?}"
        );
        let is_tag = kind == "annotated_tag";
        assert_eq!(
            output["tag_object"],
            if is_tag {
                json!(sample.tag_object)
            } else {
                Json::Null
            }
        );
        assert_eq!(
            output["is_default_branch"],
            json!(full == Some("refs/heads/main"))
        );
    }
}

#[tokio::test]
async fn a_commit_that_no_ref_points_to_is_found_and_one_that_is_not_there_is_not() {
    let (desk, sample) = (Desk::new(), Sample::new());
    let between = sample
        .bare
        .commit_files(&[&sample.second], "Third", &[("c", "c")]);
    let last = sample
        .bare
        .commit_files(&[&between], "Fourth", &[("c", "d")]);
    sample.bare.point("refs/heads/main", &last);
    let output = desk
        .resolve(&sample.bare.url(), between.as_str())
        .await
        .unwrap();
    assert_eq!(
        (&output["commit"], &output["kind"]),
        (&json!(between), &json!("commit"))
    );
    for (name, code) in [
        ("d".repeat(40), "commit_not_found"),
        ("dddddddd".to_owned(), "ref_not_found"),
        (
            sample.bare.git(&["rev-parse", &format!("{last}^{{tree}}")]),
            "not_a_commit",
        ),
    ] {
        for _ in 0..2 {
            let error = desk
                .resolve(&sample.bare.url(), name.as_str())
                .await
                .unwrap_err();
            assert_eq!(error.code, code, "{name}: {error:?}");
        }
    }
}

#[tokio::test]
async fn a_file_that_must_be_there_is_looked_for_in_the_commit() {
    let (desk, sample) = (Desk::new(), Sample::new());
    let look = async |name: &str, path: &str| {
        let args = json!({ "repository": sample.bare.url(), "ref": name, "require_file": path });
        desk.read("resolve_ref", args).await
    };
    let output = look("v1", "deploy.yaml").await.unwrap();
    let object = sample
        .bare
        .git(&["rev-parse", &format!("{}:deploy.yaml", sample.first)]);
    assert_eq!(
        output["required_file"],
        json!({ "path": "deploy.yaml", "object": object })
    );
    let link = sample.bare.tree(&[
        ("120000", "deploy.yaml", "/etc/passwd"),
        ("040000", "dir", &sample.bare.tree(&[])),
    ]);
    let link = sample.bare.commit(&link, &[], "Links");
    for (name, path, code) in [
        ("main", "deploy.yaml", "file_not_found"),
        (link.as_str(), "deploy.yaml", "file_not_found"),
        (link.as_str(), "dir", "file_not_found"),
        ("v1", "*.yaml", "file_not_found"),
        ("v1", ":/deploy.yaml", "file_not_found"),
        ("v1", "--help", "file_not_found"),
        ("v1", "../deploy.yaml", "invalid_path"),
        ("v1", "/deploy.yaml", "invalid_path"),
        ("v1", "a\u{1b}b", "invalid_path"),
    ] {
        sample.bare.point("refs/heads/link", &link);
        let error = look(name, path).await.unwrap_err();
        assert_eq!(error.code, code, "{path}: {error:?}");
    }
}

#[tokio::test]
async fn refs_are_listed_and_hostile_names_stay_data() {
    let (desk, sample) = (Desk::new(), Sample::new());
    let hostile = [
        "-u",
        "<script>alert(1)</script>",
        "a\u{202e}b",
        "$(id)",
        "quote'\"",
        "日本",
    ];
    for name in hostile {
        sample
            .bare
            .point(&format!("refs/heads/{name}"), &sample.first);
    }
    sample.bare.point("refs/pull/1/head", &sample.first);
    let list = async |further: Json| {
        let mut args = json!({ "repository": sample.bare.url() });
        args.as_object_mut()
            .unwrap()
            .extend(further.as_object().unwrap().clone());
        desk.read("list_refs", args).await.unwrap()
    };
    let all = list(json!({})).await;
    let names = |output: &Json| -> Vec<String> {
        let refs = output["refs"].as_array().unwrap();
        refs.iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect()
    };
    for name in hostile {
        assert!(names(&all).iter().any(|known| known == name), "{name}");
        let output = desk.resolve(&sample.bare.url(), name).await.unwrap();
        assert_eq!(
            (&output["name"], &output["commit"]),
            (&json!(name), &json!(sample.first))
        );
    }
    assert_eq!(
        (&all["default_branch"], &all["total"]),
        (&json!("main"), &json!(6 + 3 + 3))
    );
    assert_eq!(
        names(&list(json!({ "kinds": ["annotated_tag"] })).await),
        ["v1"]
    );
    assert_eq!(
        names(&list(json!({ "contains": "RELEASE" })).await),
        ["release/1"]
    );
    let few = list(json!({ "limit": 2 })).await;
    assert_eq!(
        (names(&few).len(), &few["truncated"], &few["total"]),
        (2, &json!(true), &json!(12))
    );
    let error = desk
        .resolve(&sample.bare.url(), "a\u{202e}c")
        .await
        .unwrap_err();
    assert!(
        error.message.contains("a<U+202E>c") && error.hint.contains("a<U+202E>b"),
        "{error:?}"
    );
}

#[tokio::test]
async fn repositories_with_sha256_are_read_too() {
    let desk = Desk::new();
    let bare = Bare::of_format("sha256");
    let first = bare.commit_files(&[], "First", &[("deploy.yaml", "a")]);
    bare.point("refs/heads/main", &first);
    let args =
        json!({ "repository": bare.url(), "ref": &first[..10], "require_file": "deploy.yaml" });
    let output = desk.read("resolve_ref", args).await.unwrap();
    assert_eq!(
        (output["commit"].as_str().unwrap(), first.len()),
        (first.as_str(), 64)
    );
}
