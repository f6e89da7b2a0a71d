//! A change that is killed or runs out of disk at any point: it must be known whether it happened.

use super::{args, left_over, look, write};
use crate::file::replace::{Hook, Point};
use crate::file::{FileRestore, FileWrite};
use crate::testing::{Approved, Stage, World};
use crate::{ChangeTool, Tool};
use rustix::io::Errno;
use serde_json::json;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
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
        "file.write" => Arc::new(FileWrite {
            hook,
            ..FileWrite::new()
        }),
        _ => Arc::new(FileRestore {
            hook,
            ..FileRestore::new()
        }),
    };
    Tool::Change(tool)
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
            let killed = Approved::new(
                &stage,
                stopping("file.write", point, None),
                args(&stage, name, "new\n"),
                "run",
            )
            .await
            .unwrap();
            assert_eq!(
                killed.apply(&stage).await.unwrap_err().outcome,
                Outcome::Unknown,
                "{point:?}"
            );
            let observed = killed.observe(&stage).await;
            assert_eq!(
                matches!(observed, Observation::Done(_)),
                has_happened(point),
                "{point:?}: {observed:?}"
            );
            assert_eq!(
                observed == Observation::NotDone,
                !has_happened(point),
                "{point:?}: {observed:?}"
            );
            if !has_happened(point) {
                assert_eq!(look(&stage), before, "{point:?}: nothing is left behind");
            }
            let again = Approved {
                tool: write(),
                ..killed
            };
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
        let killed = Approved::new(
            &stage,
            stopping("file.write", point, None),
            args(&stage, "a.conf", "new\n"),
            "run",
        )
        .await
        .unwrap();
        killed.apply(&stage).await.unwrap_err();
        let again = Approved {
            tool: write(),
            ..killed
        };
        again.apply(&stage).await.unwrap();
        assert_eq!(
            std::fs::read_to_string(stage.path("a.conf")).unwrap(),
            "new\n",
            "{point:?}"
        );
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
            let first = Approved::new(&stage, write(), args(&stage, name, "new\n"), "first")
                .await
                .unwrap();
            let output = first.apply(&stage).await.unwrap();
            let backup = json!({ "backup_id": output.output.inline().unwrap()["backup_id"] });
            let killed = Approved::new(
                &stage,
                stopping("file.restore", point, None),
                backup,
                "undo",
            )
            .await
            .unwrap();
            assert_eq!(
                killed.apply(&stage).await.unwrap_err().outcome,
                Outcome::Unknown,
                "{point:?}"
            );
            let observed = killed.observe(&stage).await;
            assert_eq!(
                matches!(observed, Observation::Done(_)),
                has_happened(point),
                "{point:?}: {observed:?}"
            );
            let again = Approved {
                tool: Tool::Change(Arc::new(FileRestore::new())),
                ..killed
            };
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
        let approved = Approved::new(
            &stage,
            stopping("file.write", point, Some(Errno::NOSPC)),
            args(&stage, "a.conf", "new\n"),
            "run",
        )
        .await
        .unwrap();
        match approved.apply(&stage).await {
            Ok(_) => assert!(has_happened(point), "{point:?}"),
            Err(error) => {
                assert_eq!(
                    (error.code.as_str(), error.outcome),
                    ("disk_full", Outcome::NotDone),
                    "{point:?}"
                );
                assert!(!has_happened(point));
                assert_eq!(look(&stage), before, "{point:?}");
                assert_eq!(approved.observe(&stage).await, Observation::NotDone);
            }
        }
    }
}

/// Killed right after the rename, and then somebody else replaces the file: nobody can tell any more.
#[tokio::test]
async fn what_cannot_be_known_is_said() {
    let stage = Stage::new();
    std::fs::write(stage.path("a.conf"), "old\n").unwrap();
    let killed = Approved::new(
        &stage,
        stopping("file.write", Point::Renamed, None),
        args(&stage, "a.conf", "new\n"),
        "run",
    )
    .await
    .unwrap();
    killed.apply(&stage).await.unwrap_err();
    std::fs::write(stage.path("other"), "theirs\n").unwrap();
    std::fs::rename(stage.path("other"), stage.path("a.conf")).unwrap();
    assert!(matches!(
        killed.observe(&stage).await,
        Observation::Unknown { .. }
    ));
    let error = Approved {
        tool: write(),
        ..killed
    }
    .apply(&stage)
    .await
    .unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.outcome),
        ("in_doubt", Outcome::Unknown)
    );
    assert_eq!(
        std::fs::read_to_string(stage.path("a.conf")).unwrap(),
        "theirs\n"
    );
}

/// Where the process that is to be killed finds its folder and its point.
const FOLDER: &str = "TOOLS_TEST_KILLED_IN";
const POINT: &str = "TOOLS_TEST_KILLED_AT";

/// A real kill -9 of another process at every point, not a panic that stands for it.
#[tokio::test]
async fn killed_for_real_it_is_known_whether_it_happened() {
    for (number, point) in POINTS.into_iter().enumerate() {
        let stage = Stage::new();
        std::fs::write(stage.path("a.conf"), "old\n").unwrap();
        let before = look(&stage);
        let approved = Approved::new(&stage, write(), args(&stage, "a.conf", "new\n"), "run")
            .await
            .unwrap();
        let ended = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "file::tests::killed::the_process_that_is_killed"])
            .env(FOLDER, stage.path(""))
            .env(POINT, number.to_string())
            .output()
            .unwrap();
        assert_eq!(ended.status.signal(), Some(9), "{point:?}: {ended:?}");
        let observed = approved.observe(&stage).await;
        assert_eq!(
            matches!(observed, Observation::Done(_)),
            has_happened(point),
            "{point:?}: {observed:?}"
        );
        if !has_happened(point) {
            assert_eq!(
                (observed, look(&stage)),
                (Observation::NotDone, before),
                "{point:?}"
            );
        }
        approved.apply(&stage).await.unwrap();
        assert_eq!(
            std::fs::read_to_string(stage.path("a.conf")).unwrap(),
            "new\n"
        );
        assert_eq!(left_over(&stage), Vec::<String>::new(), "{point:?}");
    }
}

/// The same call as its parent's; kills itself at the point. Does nothing when nobody asked for it.
#[tokio::test]
async fn the_process_that_is_killed() {
    let (Ok(folder), Ok(point)) = (std::env::var(FOLDER), std::env::var(POINT)) else {
        return;
    };
    let stage = Stage::at(PathBuf::from(folder), World::default());
    let at = POINTS[point.parse::<usize>().unwrap()];
    let hook = Hook {
        at: Some(Arc::new(move |point| {
            if point == at {
                rustix::process::kill_process(
                    rustix::process::getpid(),
                    rustix::process::Signal::KILL,
                )?;
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
    let _ = approved.apply(&stage).await;
    unreachable!("the point was not reached");
}

/// Killed right after the rename, and then the new file is edited in place: it happened, whatever it holds now.
#[tokio::test]
async fn what_happened_stays_so_when_the_file_is_edited_after() {
    let stage = Stage::new();
    std::fs::write(stage.path("a.conf"), "old\n").unwrap();
    let tool = stopping("file.write", Point::Renamed, None);
    let killed = Approved::new(&stage, tool, args(&stage, "a.conf", "new\n"), "run")
        .await
        .unwrap();
    killed.apply(&stage).await.unwrap_err();
    std::fs::write(stage.path("a.conf"), "edited\n").unwrap();
    assert!(matches!(killed.observe(&stage).await, Observation::Done(_)));
}
