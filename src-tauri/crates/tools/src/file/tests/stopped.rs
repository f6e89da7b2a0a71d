//! A call that is no longer owed while it is under way: it must not happen after all.

use super::{args, left_over, look};
use crate::Tool;
use crate::file::FileWrite;
use crate::file::replace::{Hook, Point};
use crate::testing::{Approved, Stage};
use std::sync::{Arc, Mutex};
use workflow::{Observation, Outcome};

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
    let tool = Tool::Change(Arc::new(FileWrite {
        hook,
        ..FileWrite::new()
    }));
    let before = look(&stage);
    let approved = Approved::new(&stage, tool, args(&stage, "a.conf", "new\n"), "run")
        .await
        .unwrap();
    let error = approved.apply(&stage).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.outcome),
        ("cancelled", Outcome::NotDone)
    );
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
    let tool = Tool::Change(Arc::new(FileWrite {
        hook,
        ..FileWrite::new()
    }));
    let approved = Approved::new(&stage, tool, args(&stage, "a.conf", "new\n"), "run")
        .await
        .unwrap();
    let stage = Arc::new(stage);
    let approved = Arc::new(approved);
    let call = tokio::spawn({
        let (stage, approved) = (stage.clone(), approved.clone());
        async move { approved.apply(&stage).await }
    });
    tokio::task::spawn_blocking(move || wait.recv().unwrap())
        .await
        .unwrap();
    call.abort();
    let _ = call.await;
    release.send(()).unwrap();
    assert_eq!(approved.observe(&stage).await, Observation::NotDone);
    assert_eq!(
        std::fs::read_to_string(stage.path("a.conf")).unwrap(),
        "old\n"
    );
    assert_eq!(left_over(&stage), Vec::<String>::new());
}
