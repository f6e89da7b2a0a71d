//! Hostile places, and somebody else who changes things at the same time.

use super::{args, left_over, look, write};
use crate::file::replace::{Hook, Point};
use crate::file::{FileRestore, FileWrite, MAX_BYTES};
use crate::testing::{Approved, Stage};
use crate::{ChangeTool, Tool};
use serde_json::json;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::sync::Arc;
use workflow::{Observation, Outcome};

#[tokio::test]
async fn somebody_elses_change_before_it_is_not_overwritten() {
    for point in [None, Some(Point::Prepared)] {
        let stage = Stage::new();
        let path = stage.path("a.conf");
        std::fs::write(&path, "old\n").unwrap();
        let other = path.clone();
        let hook = Hook {
            at: Some(Arc::new(move |at| {
                if Some(at) == point {
                    std::fs::write(&other, "theirs\n").unwrap();
                }
                Ok(())
            })),
        };
        let tool = Tool::Change(Arc::new(FileWrite {
            hook,
            ..FileWrite::new()
        }));
        let approved = Approved::new(&stage, tool, args(&stage, "a.conf", "new\n"), "run")
            .await
            .unwrap();
        if point.is_none() {
            std::fs::write(&path, "theirs\n").unwrap();
        }
        let error = approved.apply(&stage).await.unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.outcome),
            ("precondition_changed", Outcome::NotStarted)
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "theirs\n");
        assert_eq!(left_over(&stage), Vec::<String>::new());
    }
}

#[tokio::test]
async fn somebody_elses_change_after_it_is_not_undone() {
    let stage = Stage::new();
    std::fs::write(stage.path("a.conf"), "old\n").unwrap();
    let approved = Approved::new(&stage, write(), args(&stage, "a.conf", "new\n"), "run")
        .await
        .unwrap();
    let output = approved.apply(&stage).await.unwrap();
    std::fs::write(stage.path("a.conf"), "theirs\n").unwrap();
    let backup = json!({ "backup_id": output.output.inline().unwrap()["backup_id"] });
    let restore = Tool::Change(Arc::new(FileRestore::new()));
    let error = Approved::new(&stage, restore, backup, "undo")
        .await
        .err()
        .unwrap();
    assert_eq!(error.code, "changed_since");
    assert_eq!(
        approved.observe(&stage).await,
        Observation::Done(output),
        "that it happened does not change"
    );
}

#[tokio::test]
async fn hostile_places_are_refused_before_anything_is_approved() {
    let stage = Stage::new();
    std::fs::write(stage.path("file"), "text").unwrap();
    std::fs::create_dir(stage.path("folder")).unwrap();
    symlink(stage.path("file"), stage.path("link")).unwrap();
    symlink(stage.path("nowhere"), stage.path("dangling")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        stage.path("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    std::fs::write(stage.path("huge"), vec![b'x'; MAX_BYTES + 1]).unwrap();
    let at = |name: &str| stage.path(name).display().to_string();
    for (path, code) in [
        ("relative/file".to_owned(), "invalid_path"),
        (at("folder/../file"), "invalid_path"),
        (at("./file"), "invalid_path"),
        (at("folder//file"), "invalid_path"),
        (at("folder/"), "invalid_path"),
        (at("nul\0file"), "invalid_path"),
        (at("link"), "is_symlink"),
        (at("dangling"), "is_symlink"),
        (at("dangling/file"), "not_found"),
        (at("folder"), "not_a_file"),
        (at("pipe"), "not_a_file"),
        ("/dev/full".to_owned(), "not_a_file"),
        (at("huge"), "too_large"),
        (at("file/below"), "not_found"),
        (at("missing/file"), "not_found"),
    ] {
        let args = json!({ "path": path, "content": "new" });
        let error = FileWrite::new()
            .preview(&args, &stage.context)
            .await
            .unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.outcome),
            (code, Outcome::NotStarted),
            "{path}"
        );
        assert!(
            error.message.ends_with('.') && !error.hint.is_empty(),
            "{error:?}"
        );
    }
    let through = json!({ "path": at("dangling/file"), "content": "new", "create_parents": true });
    assert_eq!(
        FileWrite::new()
            .preview(&through, &stage.context)
            .await
            .unwrap_err()
            .code,
        "invalid_path"
    );
    let big = json!({ "path": at("file"), "content": "x".repeat(MAX_BYTES + 1) });
    assert_eq!(
        FileWrite::new()
            .preview(&big, &stage.context)
            .await
            .unwrap_err()
            .code,
        "too_large"
    );
    let unknown = json!({ "path": at("file"), "content": "", "append": true });
    assert_eq!(
        FileWrite::new()
            .preview(&unknown, &stage.context)
            .await
            .unwrap_err()
            .code,
        "invalid_arguments"
    );
    assert_eq!(std::fs::read_to_string(stage.path("file")).unwrap(), "text");
}

#[tokio::test]
async fn a_swapped_path_is_noticed() {
    let stage = Stage::new();
    std::fs::create_dir(stage.path("folder")).unwrap();
    std::fs::create_dir(stage.path("secret")).unwrap();
    let approved = Approved::new(
        &stage,
        write(),
        args(&stage, "folder/a.conf", "new\n"),
        "run",
    )
    .await
    .unwrap();
    std::fs::remove_dir(stage.path("folder")).unwrap();
    symlink(stage.path("secret"), stage.path("folder")).unwrap();
    assert_eq!(
        approved.apply(&stage).await.unwrap_err().code,
        "precondition_changed"
    );
    assert!(!stage.path("secret/a.conf").exists());
}

#[tokio::test]
async fn backups_are_for_this_user_only_and_checked() {
    let stage = Stage::new();
    std::fs::write(stage.path("a.conf"), "old\n").unwrap();
    let approved = Approved::new(&stage, write(), args(&stage, "a.conf", "new\n"), "run")
        .await
        .unwrap();
    approved.apply(&stage).await.unwrap();
    let backups = stage.context.data_dir.join("backups");
    for entry in std::fs::read_dir(&backups).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let id = approved.key();
    std::fs::write(backups.join(format!("{id}.bytes")), "damaged").unwrap();
    let restore = Tool::Change(Arc::new(FileRestore::new()));
    let error = Approved::new(&stage, restore.clone(), json!({ "backup_id": id }), "undo")
        .await
        .err()
        .unwrap();
    assert_eq!(error.code, "backup_damaged");
    let unknown = json!({ "backup_id": workflow::Digest::of(b"none") });
    assert_eq!(
        Approved::new(&stage, restore, unknown, "undo")
            .await
            .err()
            .unwrap()
            .code,
        "backup_not_found"
    );
}

#[tokio::test]
async fn text_is_read_and_nothing_else() {
    let stage = Stage::new();
    std::fs::write(stage.path("text"), "grüße\n").unwrap();
    std::fs::write(stage.path("binary"), [0xff, 0xfe, 0]).unwrap();
    let path = |name: &str| json!({ "path": stage.path(name) });
    let output = stage.read("file.read", path("text")).await.unwrap();
    assert_eq!(output["content"], json!("grüße\n"));
    for (name, code) in [("binary", "not_text"), ("missing", "not_found")] {
        assert_eq!(
            stage.read("file.read", path(name)).await.unwrap_err().code,
            code
        );
    }
}

/// As root a file keeps its owner through a change and its undo; as anybody else the change is refused.
#[tokio::test]
async fn a_file_of_somebody_else_stays_theirs() {
    let stage = Stage::new();
    if !rustix::process::geteuid().is_root() {
        let args = json!({ "path": "/etc/passwd", "content": "" });
        assert_eq!(
            FileWrite::new()
                .preview(&args, &stage.context)
                .await
                .unwrap_err()
                .code,
            "not_owner"
        );
        return;
    }
    std::fs::write(stage.path("a.conf"), "old\n").unwrap();
    chown(stage.path("a.conf"), Some(1234), Some(2345)).unwrap();
    let owner = || {
        let data = std::fs::metadata(stage.path("a.conf")).unwrap();
        (data.uid(), data.gid(), data.permissions().mode() & 0o7777)
    };
    let before = owner();
    let approved = Approved::new(&stage, write(), args(&stage, "a.conf", "new\n"), "run")
        .await
        .unwrap();
    let output = approved.apply(&stage).await.unwrap();
    assert_eq!(owner(), before);
    let backup = json!({ "backup_id": output.output.inline().unwrap()["backup_id"] });
    let restore = Tool::Change(Arc::new(FileRestore::new()));
    Approved::new(&stage, restore, backup, "undo")
        .await
        .unwrap()
        .apply(&stage)
        .await
        .unwrap();
    assert_eq!(
        (owner(), look(&stage)["a.conf"][1].clone()),
        (before, json!("old\n"))
    );
}
