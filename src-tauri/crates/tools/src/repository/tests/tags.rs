//! Creating and deleting tags: the three tests of every changing tool, and everything that comes between.

use super::{Desk, Sample};
use crate::git::testing::{Bare, git_at};
use crate::repository::{RepositoryCreateTag, RepositoryDeleteTag};
use crate::testing::{Approved, Stage, check_change};
use crate::{Catalogue, Tool};
use serde_json::{Value as Json, json};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;
use workflow::{Observation, Outcome};

/// A stage whose user is known to git, or not.
fn stage(is_known: bool) -> Stage {
    let mut stage = Stage::new();
    if is_known {
        let config = "[user]\n name = Ada <Lovelace>\n email = ada@example.org\n[push]\n followTags = true\n";
        std::fs::write(stage.path(".gitconfig"), config).unwrap();
    }
    let git = git_at(&stage.path(""), &[]);
    stage.catalogue = Catalogue::empty()
        .with(Tool::Change(Arc::new(RepositoryCreateTag::new(
            git.clone(),
        ))))
        .with(Tool::Change(Arc::new(RepositoryDeleteTag::new(git))));
    stage
}

/// Every ref with its object.
fn look(bare: &Bare) -> Json {
    json!(bare.git(&["for-each-ref", "--format=%(refname) %(objectname)"]))
}

fn args(sample: &Sample, tag: &str, further: Json) -> Json {
    let mut args = json!({ "repository": sample.bare.url(), "tag": tag, "commit": sample.first });
    args.as_object_mut()
        .unwrap()
        .extend(further.as_object().unwrap().clone());
    args
}

async fn approved(stage: &Stage, tool: &str, args: Json) -> Result<Approved, workflow::ToolError> {
    let tool = stage.catalogue.get(tool).unwrap().clone();
    Approved::new(stage, tool, args, "tags").await
}

#[tokio::test]
async fn tags_are_created_and_deleted_and_put_back_exactly() {
    for (tool, tag, further) in [
        ("repository.create_tag", "v2", json!({})),
        (
            "repository.create_tag",
            "release/v2.0",
            json!({ "message": "Version 2\n\nWith <b>everything</b> \u{1b}[31m" }),
        ),
        ("repository.delete_tag", "light", json!({})),
        ("repository.delete_tag", "v1", json!({})),
    ] {
        let (stage, sample) = (stage(true), Sample::new());
        let (approved, output) = check_change(&stage, tool, args(&sample, tag, further), &|| {
            look(&sample.bare)
        })
        .await;
        assert_eq!(
            output.output.inline().unwrap()["ref"],
            json!(format!("refs/tags/{tag}"))
        );
        // The repository tells, and it says that nothing happened since all is put back.
        assert_eq!(
            approved.observe(&stage).await,
            Observation::NotDone,
            "{tool} {tag}"
        );
    }
}

#[tokio::test]
async fn a_preview_shows_what_is_pushed() {
    let (stage, sample) = (stage(true), Sample::new());
    let create = args(&sample, "v2", json!({ "message": "Two\n\nlines" }));
    let create = approved(&stage, "repository.create_tag", create)
        .await
        .unwrap();
    let change = &create.preview.changes[0];
    assert_eq!(
        (change.verb.as_str(), change.subject.as_str(), change.diff.as_str()),
        (
            "create",
            "refs/tags/v2",
            format!(
                "+ refs/tags/v2 -> commit {} First\n+ annotated by Ada Lovelace <ada@example.org>, dated when it is pushed:\n+ Two\n+ \n+ lines\n",
                sample.first
            )
            .as_str()
        )
    );
    assert_eq!(create.preview.facts["tag_before"], json!("absent"));
    create.apply(&stage).await.unwrap();
    assert_eq!(sample.bare.git(&["cat-file", "-t", "refs/tags/v2"]), "tag");
    let message = sample.bare.git(&[
        "for-each-ref",
        "--format=%(contents)%(taggername)",
        "refs/tags/v2",
    ]);
    assert_eq!(message, "Two\n\nlines\nAda Lovelace");
    let delete = approved(
        &stage,
        "repository.delete_tag",
        args(&sample, "v1", json!({})),
    )
    .await
    .unwrap();
    let diff = &delete.preview.changes[0].diff;
    assert!(
        diff.starts_with(&format!(
            "- refs/tags/v1 -> commit {} First\n",
            sample.first
        )),
        "{diff}"
    );
    assert!(diff.contains("- Version 1\n"), "{diff}");
    assert_eq!(delete.preview.facts["tag_before"], json!(sample.tag_object));
}

#[tokio::test]
async fn what_is_there_already_is_left_and_what_is_another_is_refused() {
    let (stage, sample) = (stage(true), Sample::new());
    let before = look(&sample.bare);
    for (tool, tag, further, code) in [
        ("create", "light", json!({}), None),
        ("create", "v1", json!({ "message": "Version 1" }), None),
        ("delete", "none", json!({}), None),
        ("create", "v1", json!({}), Some("tag_exists")),
        (
            "create",
            "v1",
            json!({ "message": "Another" }),
            Some("tag_exists"),
        ),
        (
            "create",
            "light",
            json!({ "message": "Annotated" }),
            Some("tag_exists"),
        ),
        ("create", "both", json!({}), Some("tag_exists")),
        (
            "create",
            "v9",
            json!({ "commit": "d".repeat(40) }),
            Some("commit_not_found"),
        ),
        (
            "create",
            "v9",
            json!({ "message": " " }),
            Some("invalid_arguments"),
        ),
        (
            "create",
            "v9",
            json!({ "tag_text": "object" }),
            Some("invalid_arguments"),
        ),
        ("delete", "both", json!({}), Some("tag_is_another")),
        (
            "delete",
            "v1",
            json!({ "object": "d".repeat(40) }),
            Some("tag_is_another"),
        ),
        ("create", "-d", json!({}), Some("invalid_tag")),
        ("create", "a.lock", json!({}), Some("invalid_tag")),
        ("create", "a/.b", json!({}), Some("invalid_tag")),
        ("create", "a\u{202e}b", json!({}), Some("invalid_tag")),
        (
            "create",
            "a:refs/heads/main",
            json!({}),
            Some("invalid_ref"),
        ),
        ("create", "v1^{}", json!({}), Some("invalid_ref")),
        ("delete", "*", json!({}), Some("invalid_ref")),
    ] {
        let name = format!("repository.{tool}_tag");
        match (
            approved(&stage, &name, args(&sample, tag, further)).await,
            code,
        ) {
            (Ok(approved), None) => {
                assert!(
                    approved.preview.changes.is_empty() && approved.preview.undo.is_none(),
                    "{tool} {tag}"
                );
                let output = approved.apply(&stage).await.unwrap();
                assert_eq!(approved.apply(&stage).await.unwrap(), output);
                let Tool::Change(tool) = &approved.tool else {
                    unreachable!()
                };
                let undo = tool.undo(output.receipt.as_ref().unwrap().inline().unwrap());
                assert_eq!(undo.unwrap_err().code, "nothing_to_undo");
            }
            (Err(error), Some(code)) => assert_eq!(error.code, code, "{tool} {tag}: {error:?}"),
            (got, _) => panic!("{tool} {tag}: {:?}", got.map(|approved| approved.preview)),
        }
        assert_eq!(look(&sample.bare), before, "{tool} {tag}");
    }
}

#[tokio::test]
async fn who_is_not_known_to_git_makes_no_annotated_tag() {
    let (stage, sample) = (stage(false), Sample::new());
    let annotated = args(&sample, "v2", json!({ "message": "Two" }));
    let error = approved(&stage, "repository.create_tag", annotated)
        .await
        .err()
        .unwrap();
    assert_eq!(error.code, "identity_missing");
    assert!(
        approved(
            &stage,
            "repository.create_tag",
            args(&sample, "v2", json!({}))
        )
        .await
        .is_ok()
    );
}

#[tokio::test]
async fn what_others_did_meanwhile_is_never_overwritten() {
    let (stage, sample) = (stage(true), Sample::new());
    let create = approved(
        &stage,
        "repository.create_tag",
        args(&sample, "v2", json!({})),
    )
    .await
    .unwrap();
    let delete = approved(
        &stage,
        "repository.delete_tag",
        args(&sample, "light", json!({})),
    )
    .await
    .unwrap();
    sample.bare.point("refs/tags/v2", &sample.second);
    sample.bare.point("refs/tags/light", &sample.second);
    let before = look(&sample.bare);
    for call in [&create, &delete] {
        let error = call.apply(&stage).await.unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.outcome),
            ("precondition_changed", Outcome::NotStarted)
        );
        assert!(matches!(
            call.observe(&stage).await,
            Observation::Unknown { .. }
        ));
        assert_eq!(look(&sample.bare), before);
    }
}

/// Between the last look and the push: the other side compares, too.
#[tokio::test]
async fn a_push_that_meets_another_state_changes_nothing() {
    use crate::git::{Mirror, Move, RepositoryUrl};
    let (stage, sample) = (stage(true), Sample::new());
    let create = approved(
        &stage,
        "repository.create_tag",
        args(&sample, "v2", json!({})),
    )
    .await
    .unwrap();
    let (git, url) = (
        git_at(&stage.path(""), &[]),
        RepositoryUrl::parse(&sample.bare.url()).unwrap(),
    );
    let commits = [sample.first.as_str(), sample.second.as_str()];
    let mirror = Mirror::holding(&git, &url, &commits, &stage.context)
        .await
        .unwrap();
    let before = look(&sample.bare);
    let (first, second) = (Some(commits[0]), Some(commits[1]));
    for (name, from, to) in [
        ("refs/tags/light", None, second),
        ("refs/tags/light", second, None),
        ("refs/tags/none", first, second),
    ] {
        let moved = Move { name, from, to };
        let error = mirror
            .push(&create.permit(), moved, &stage.context)
            .await
            .unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.outcome),
            ("precondition_changed", Outcome::NotDone),
            "{name} {error:?}"
        );
        assert_eq!(look(&sample.bare), before);
    }
}

fn hook(bare: &Bare, text: &str) {
    let hooks = bare.path().join("hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    std::fs::write(hooks.join("pre-receive"), format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(
        hooks.join("pre-receive"),
        std::fs::Permissions::from_mode(0o755),
    )
    .unwrap();
}

#[tokio::test]
async fn a_refusal_of_the_other_side_is_told_and_changed_nothing() {
    let (stage, sample) = (stage(true), Sample::new());
    hook(
        &sample.bare,
        "echo 'tags are \u{1b}[31mprotected' >&2; exit 1",
    );
    let before = look(&sample.bare);
    let create = approved(
        &stage,
        "repository.create_tag",
        args(&sample, "v2", json!({})),
    )
    .await
    .unwrap();
    let error = create.apply(&stage).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.outcome),
        ("push_rejected", Outcome::NotDone),
        "{error:?}"
    );
    assert_eq!(create.observe(&stage).await, Observation::NotDone);
    assert_eq!(look(&sample.bare), before);
}

#[tokio::test]
async fn a_push_that_is_cut_off_is_in_doubt_until_the_repository_is_asked() {
    let (mut stage, sample) = (stage(true), Sample::new());
    let create = approved(
        &stage,
        "repository.create_tag",
        args(&sample, "v2", json!({})),
    )
    .await
    .unwrap();
    hook(&sample.bare, "sleep 47.3101");
    let cancel = stage.context.cancel.clone();
    let cancelling = async {
        let soon = Duration::from_secs(2);
        let _ = tokio::time::timeout(soon, std::future::pending::<()>()).await;
        cancel.cancel();
    };
    let (result, ()) = tokio::join!(create.apply(&stage), cancelling);
    let error = result.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.outcome),
        ("cancelled", Outcome::Unknown)
    );
    assert!(crate::transport::tests::goes_away("47.3101").await);
    // The next process of the program asks.
    stage.context.cancel = tokio_util::sync::CancellationToken::new();
    assert_eq!(create.observe(&stage).await, Observation::NotDone);
    hook(&sample.bare, "exit 0");
    let output = create.apply(&stage).await.unwrap();
    assert_eq!(create.observe(&stage).await, Observation::Done(output));
}

/// The tools of the catalogue are the same.
#[tokio::test]
async fn the_catalogue_has_both() {
    let (desk, sample) = (Desk::new(), Sample::new());
    let before = look(&sample.bare);
    check_change(
        &desk.stage,
        "repository.create_tag",
        args(&sample, "v3", json!({})),
        &|| look(&sample.bare),
    )
    .await;
    assert_eq!(look(&sample.bare), before);
}
