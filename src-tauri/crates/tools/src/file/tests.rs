//! Changing files: the three tests of every changing tool, a stop at every point, and hostile places.

use super::replace::{Hook, Point};
use super::{FileRestore, FileWrite, MAX_BYTES};
use crate::testing::{Approved, Stage, check_change_tool, tree};
use crate::{ChangeTool, Tool};
use rustix::io::Errno;
use serde_json::{Value as Json, json};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::{Arc, Mutex};
use workflow::{Observation, Outcome};

const POINTS: [Point; 10] = [
    Point::Begun,
    Point::Kept,
    Point::DirectoriesMade,
    Point::Created,
    Point::Written,
    Point::Prepared,
    Point::Checked,
    Point::Renamed,
    Point::Synced,
    Point::Recorded,
];

/// At the rename it has happened.
fn has_happened(point: Point) -> bool {
    matches!(point, Point::Renamed | Point::Synced | Point::Recorded)
}

fn write() -> Tool {
    Tool::Change(Arc::new(FileWrite::new()))
}

/// The tool that stops at one point: by a panic, which like a kill runs no clean-up, or by an error of the system.
fn stopping(tool: &str, at: Point, error: Option<Errno>) -> Tool {
    let hook = Hook {
        at: Some(Arc::new(move |point| match error {
            _ if point != at => Ok(()),
            Some(errno) => Err(errno),
            None => std::panic::resume_unwind(Box::new("killed")),
        })),
    };
    let tool: Arc<dyn ChangeTool> = match tool {
        "file.write" => Arc::new(FileWrite { hook, ..FileWrite::new() }),
        _ => Arc::new(FileRestore { hook, ..FileRestore::new() }),
    };
    Tool::Change(tool)
}

fn args(stage: &Stage, name: &str, content: &str) -> Json {
    json!({ "path": stage.path(name), "content": content, "create_parents": true })
}

fn look(stage: &Stage) -> Json {
    tree(&stage.path(""))
}

#[tokio::test]
async fn a_file_is_changed_and_put_back() {
    let stage = Stage::new();
    std::fs::write(stage.path("a.conf"), "old\n").unwrap();
    std::fs::set_permissions(stage.path("a.conf"), std::fs::Permissions::from_mode(0o640)).unwrap();
    check_change_tool(&stage, "file.write", args(&stage, "a.conf", "new\n"), &|| look(&stage)).await;
}

#[tokio::test]
async fn a_file_is_created_and_removed_with_its_folders() {
    let stage = Stage::new();
    check_change_tool(&stage, "file.write", args(&stage, "one/two/a.conf", "new\n"), &|| look(&stage)).await;
    assert_eq!(look(&stage), json!({}));
}

#[tokio::test]
async fn an_undo_can_be_undone() {
    let stage = Stage::new();
    std::fs::write(stage.path("a.conf"), "old\n").unwrap();
    let first = Approved::new(&stage, write(), args(&stage, "a.conf", "new\n"), "first").await.unwrap();
    let output = first.apply(&stage).await.unwrap();
    let backup = json!({ "backup_id": output.output.inline().unwrap()["backup_id"] });
    check_change_tool(&stage, "file.restore", backup, &|| look(&stage)).await;
}

#[tokio::test]
async fn what_is_there_already_is_not_changed() {
    let stage = Stage::new();
    std::fs::write(stage.path("a.conf"), "same\n").unwrap();
    let approved = Approved::new(&stage, write(), args(&stage, "a.conf", "same\n"), "first").await.unwrap();
    assert!(approved.preview.changes.is_empty() && approved.preview.undo.is_none());
    let output = approved.apply(&stage).await.unwrap();
    assert_eq!(output.output.inline().unwrap()["changed"], json!(false));
    assert_eq!(approved.apply(&stage).await.unwrap(), output);
}

#[tokio::test]
async fn a_preview_shows_the_exact_difference_and_what_it_stands_on() {
    let stage = Stage::new();
    std::fs::write(stage.path("a.conf"), "one\ntwo\n").unwrap();
    let mut args = args(&stage, "a.conf", "one\n2\n");
    args["mode"] = json!("0600");
    let approved = Approved::new(&stage, write(), args, "first").await.unwrap();
    let change = &approved.preview.changes[0];
    let path = stage.path("a.conf").display().to_string();
    assert_eq!(change.diff, format!("--- {path}\n+++ {path}\n@@ -1,2 +1,2 @@\n one\n-two\n+2\nmode 0644 -> 0600\n"));
    assert_eq!(approved.preview.facts["expected_sha256"], json!(workflow::Digest::of(b"one\ntwo\n")));
    assert_eq!(approved.preview.facts["path"], json!(path));
    assert!(approved.preview.blast_radius.contains("1 lines added, 1 removed"));
}

/// As after kill -9: what is left must tell exactly whether it happened, and trying again must end well.
#[tokio::test]
async fn killed_at_any_point_it_is_known_whether_it_happened() {
    for replaces in [true, false] {
        for point in POINTS {
            let stage = Stage::new();
            if replaces {
                std::fs::write(stage.path("a.conf"), "old\n").unwrap();
            }
            let name = if replaces { "a.conf" } else { "new/a.conf" };
            let before = look(&stage);
            let killed = Approved::new(&stage, stopping("file.write", point, None), args(&stage, name, "new\n"), "run").await.unwrap();
            assert_eq!(killed.apply(&stage).await.unwrap_err().outcome, Outcome::Unknown, "{point:?}");
            let observed = killed.observe(&stage).await;
            assert_eq!(matches!(observed, Observation::Done(_)), has_happened(point), "{point:?}: {observed:?}");
            assert_eq!(observed == Observation::NotDone, !has_happened(point), "{point:?}: {observed:?}");
            if !has_happened(point) {
                assert_eq!(look(&stage), before, "{point:?}: nothing is left behind");
            }
            let again = Approved { tool: write(), ..killed };
            let output = again.apply(&stage).await.unwrap();
            assert_eq!(again.observe(&stage).await, Observation::Done(output));
            assert_eq!(std::fs::read_to_string(stage.path(name)).unwrap(), "new\n");
            assert_eq!(left_over(&stage), Vec::<String>::new(), "{point:?}");
        }
    }
}

/// The same without asking in between: the second try under the same key finds out by itself.
#[tokio::test]
async fn killed_at_any_point_the_same_key_ends_well() {
    for point in POINTS {
        let stage = Stage::new();
        std::fs::write(stage.path("a.conf"), "old\n").unwrap();
        let killed = Approved::new(&stage, stopping("file.write", point, None), args(&stage, "a.conf", "new\n"), "run").await.unwrap();
        killed.apply(&stage).await.unwrap_err();
        let again = Approved { tool: write(), ..killed };
        again.apply(&stage).await.unwrap();
        assert_eq!(std::fs::read_to_string(stage.path("a.conf")).unwrap(), "new\n", "{point:?}");
        assert_eq!(left_over(&stage), Vec::<String>::new(), "{point:?}");
    }
}

#[tokio::test]
async fn killed_while_putting_back_it_is_known_too() {
    for replaces in [true, false] {
        for point in POINTS {
            // Putting back "no file" makes no new file.
            if !replaces && matches!(point, Point::Created | Point::Written) {
                continue;
            }
            let stage = Stage::new();
            if replaces {
                std::fs::write(stage.path("a.conf"), "old\n").unwrap();
            }
            let before = look(&stage);
            let name = if replaces { "a.conf" } else { "new/a.conf" };
            let first = Approved::new(&stage, write(), args(&stage, name, "new\n"), "first").await.unwrap();
            let output = first.apply(&stage).await.unwrap();
            let backup = json!({ "backup_id": output.output.inline().unwrap()["backup_id"] });
            let killed = Approved::new(&stage, stopping("file.restore", point, None), backup, "undo").await.unwrap();
            assert_eq!(killed.apply(&stage).await.unwrap_err().outcome, Outcome::Unknown, "{point:?}");
            let observed = killed.observe(&stage).await;
            assert_eq!(matches!(observed, Observation::Done(_)), has_happened(point), "{point:?}: {observed:?}");
            let again = Approved { tool: Tool::Change(Arc::new(FileRestore::new())), ..killed };
            again.apply(&stage).await.unwrap();
            assert_eq!(look(&stage), before, "{replaces} {point:?}");
        }
    }
}

#[tokio::test]
async fn a_full_disk_at_any_point_leaves_nothing() {
    for point in POINTS {
        let stage = Stage::new();
        std::fs::write(stage.path("a.conf"), "old\n").unwrap();
        let before = look(&stage);
        let approved =
            Approved::new(&stage, stopping("file.write", point, Some(Errno::NOSPC)), args(&stage, "a.conf", "new\n"), "run").await.unwrap();
        match approved.apply(&stage).await {
            Ok(_) => assert!(has_happened(point), "{point:?}"),
            Err(error) => {
                assert_eq!((error.code.as_str(), error.outcome), ("disk_full", Outcome::NotDone), "{point:?}");
                assert!(!has_happened(point));
                assert_eq!(look(&stage), before, "{point:?}");
                assert_eq!(approved.observe(&stage).await, Observation::NotDone);
            }
        }
    }
}

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
        let tool = Tool::Change(Arc::new(FileWrite { hook, ..FileWrite::new() }));
        let approved = Approved::new(&stage, tool, args(&stage, "a.conf", "new\n"), "run").await.unwrap();
        if point.is_none() {
            std::fs::write(&path, "theirs\n").unwrap();
        }
        let error = approved.apply(&stage).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.outcome), ("precondition_changed", Outcome::NotStarted));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "theirs\n");
        assert_eq!(left_over(&stage), Vec::<String>::new());
    }
}

#[tokio::test]
async fn somebody_elses_change_after_it_is_not_undone() {
    let stage = Stage::new();
    std::fs::write(stage.path("a.conf"), "old\n").unwrap();
    let approved = Approved::new(&stage, write(), args(&stage, "a.conf", "new\n"), "run").await.unwrap();
    let output = approved.apply(&stage).await.unwrap();
    std::fs::write(stage.path("a.conf"), "theirs\n").unwrap();
    let backup = json!({ "backup_id": output.output.inline().unwrap()["backup_id"] });
    let restore = Tool::Change(Arc::new(FileRestore::new()));
    let error = Approved::new(&stage, restore, backup, "undo").await.err().unwrap();
    assert_eq!(error.code, "changed_since");
    assert_eq!(approved.observe(&stage).await, Observation::Done(output), "that it happened does not change");
}

/// Killed right after the rename, and then somebody else replaces the file: nobody can tell any more.
#[tokio::test]
async fn what_cannot_be_known_is_said() {
    let stage = Stage::new();
    std::fs::write(stage.path("a.conf"), "old\n").unwrap();
    let killed = Approved::new(&stage, stopping("file.write", Point::Renamed, None), args(&stage, "a.conf", "new\n"), "run").await.unwrap();
    killed.apply(&stage).await.unwrap_err();
    std::fs::write(stage.path("other"), "theirs\n").unwrap();
    std::fs::rename(stage.path("other"), stage.path("a.conf")).unwrap();
    assert!(matches!(killed.observe(&stage).await, Observation::Unknown { .. }));
    let error = Approved { tool: write(), ..killed }.apply(&stage).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.outcome), ("in_doubt", Outcome::Unknown));
    assert_eq!(std::fs::read_to_string(stage.path("a.conf")).unwrap(), "theirs\n");
}

#[tokio::test]
async fn stopped_before_the_rename_it_leaves_nothing() {
    let stage = Stage::new();
    std::fs::write(stage.path("a.conf"), "old\n").unwrap();
    let cancel = stage.context.cancel.clone();
    let hook = Hook {
        at: Some(Arc::new(move |point| {
            if point == Point::Prepared {
                cancel.cancel();
            }
            Ok(())
        })),
    };
    let tool = Tool::Change(Arc::new(FileWrite { hook, ..FileWrite::new() }));
    let before = look(&stage);
    let approved = Approved::new(&stage, tool, args(&stage, "a.conf", "new\n"), "run").await.unwrap();
    let error = approved.apply(&stage).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.outcome), ("cancelled", Outcome::NotDone));
    assert_eq!(look(&stage), before);
}

/// The engine gives up waiting; the thread goes on until it looks. Once `observe` says no, it must stay no.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_was_dropped_does_not_happen_after_all() {
    let stage = Stage::new();
    std::fs::write(stage.path("a.conf"), "old\n").unwrap();
    let (entered, wait) = std::sync::mpsc::channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = Mutex::new(released);
    let hook = Hook {
        at: Some(Arc::new(move |point| {
            if point == Point::Written {
                entered.send(()).unwrap();
                released.lock().unwrap().recv().unwrap();
            }
            Ok(())
        })),
    };
    let tool = Tool::Change(Arc::new(FileWrite { hook, ..FileWrite::new() }));
    let approved = Approved::new(&stage, tool, args(&stage, "a.conf", "new\n"), "run").await.unwrap();
    let stage = Arc::new(stage);
    let approved = Arc::new(approved);
    let call = tokio::spawn({
        let (stage, approved) = (stage.clone(), approved.clone());
        async move { approved.apply(&stage).await }
    });
    tokio::task::spawn_blocking(move || wait.recv().unwrap()).await.unwrap();
    call.abort();
    let _ = call.await;
    release.send(()).unwrap();
    assert_eq!(approved.observe(&stage).await, Observation::NotDone);
    assert_eq!(std::fs::read_to_string(stage.path("a.conf")).unwrap(), "old\n");
    assert_eq!(left_over(&stage), Vec::<String>::new());
}

#[tokio::test]
async fn hostile_places_are_refused_before_anything_is_approved() {
    let stage = Stage::new();
    std::fs::write(stage.path("file"), "text").unwrap();
    std::fs::create_dir(stage.path("folder")).unwrap();
    symlink(stage.path("file"), stage.path("link")).unwrap();
    symlink(stage.path("nowhere"), stage.path("dangling")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, stage.path("pipe"), rustix::fs::FileType::Fifo, rustix::fs::Mode::from_raw_mode(0o600), 0).unwrap();
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
        let error = FileWrite::new().preview(&args, &stage.context).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.outcome), (code, Outcome::NotStarted), "{path}");
        assert!(error.message.ends_with('.') && !error.hint.is_empty(), "{error:?}");
    }
    let through = json!({ "path": at("dangling/file"), "content": "new", "create_parents": true });
    assert_eq!(FileWrite::new().preview(&through, &stage.context).await.unwrap_err().code, "invalid_path");
    let big = json!({ "path": at("file"), "content": "x".repeat(MAX_BYTES + 1) });
    assert_eq!(FileWrite::new().preview(&big, &stage.context).await.unwrap_err().code, "too_large");
    let unknown = json!({ "path": at("file"), "content": "", "append": true });
    assert_eq!(FileWrite::new().preview(&unknown, &stage.context).await.unwrap_err().code, "invalid_arguments");
    assert_eq!(std::fs::read_to_string(stage.path("file")).unwrap(), "text");
}

#[tokio::test]
async fn a_swapped_path_is_noticed() {
    let stage = Stage::new();
    std::fs::create_dir(stage.path("folder")).unwrap();
    std::fs::create_dir(stage.path("secret")).unwrap();
    let approved = Approved::new(&stage, write(), args(&stage, "folder/a.conf", "new\n"), "run").await.unwrap();
    std::fs::remove_dir(stage.path("folder")).unwrap();
    symlink(stage.path("secret"), stage.path("folder")).unwrap();
    assert_eq!(approved.apply(&stage).await.unwrap_err().code, "precondition_changed");
    assert!(!stage.path("secret/a.conf").exists());
}

#[tokio::test]
async fn backups_are_for_this_user_only_and_checked() {
    let stage = Stage::new();
    std::fs::write(stage.path("a.conf"), "old\n").unwrap();
    let approved = Approved::new(&stage, write(), args(&stage, "a.conf", "new\n"), "run").await.unwrap();
    approved.apply(&stage).await.unwrap();
    let backups = stage.context.data_dir.join("backups");
    for entry in std::fs::read_dir(&backups).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let id = approved.key();
    std::fs::write(backups.join(format!("{id}.bytes")), "damaged").unwrap();
    let restore = Tool::Change(Arc::new(FileRestore::new()));
    let error = Approved::new(&stage, restore.clone(), json!({ "backup_id": id }), "undo").await.err().unwrap();
    assert_eq!(error.code, "backup_damaged");
    let unknown = json!({ "backup_id": workflow::Digest::of(b"none") });
    assert_eq!(Approved::new(&stage, restore, unknown, "undo").await.err().unwrap().code, "backup_not_found");
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
        assert_eq!(stage.read("file.read", path(name)).await.unwrap_err().code, code);
    }
}

/// Files of ours beside the target.
fn left_over(stage: &Stage) -> Vec<String> {
    let tree = look(stage);
    tree.as_object().unwrap().keys().filter(|name| name.contains(".countersign-")).cloned().collect()
}
