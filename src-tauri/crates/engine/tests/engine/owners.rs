//! One folder, several programs: the second one is a client of the first; readers need nobody; strange folders are
//! refused with what to do.

use crate::bench::{Bench, WRITE_NOTE, open, open_card, until};
use engine::Origin;
use serde_json::json;
use std::collections::BTreeSet;
use workflow::{Decision, RunState};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_program_works_through_the_first() {
    let bench = Bench::new(&[WRITE_NOTE]).await;
    let second = open(bench.data()).await.unwrap();
    assert!(second.is_remote());
    let path = bench.dir.path().join("a.txt");
    let inputs = json!({ "path": path, "text": "hi\n" });
    let start = api::StartRun {
        workflow: "write_note".into(),
        inputs: inputs.as_object().unwrap().clone(),
    };
    let run = second.call(start, Origin::Terminal).await.unwrap().run;
    let waiting = until(&second, &run, |run| run.state() == RunState::Waiting).await;
    let (gate, revision, digest) = open_card(&waiting);
    let decide = api::Decide {
        run: run.clone(),
        gate,
        revision,
        digest,
        decision: Decision::Approve,
        token: None,
    };
    second.call(decide.clone(), Origin::Terminal).await.unwrap();
    assert_eq!(bench.ends(&run).await.state(), RunState::Completed);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "hi\n");
    let late = second.call(decide, Origin::Terminal).await.unwrap_err();
    assert_eq!(late.code, "already_decided");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_owner_ends_the_next_one_owns() {
    let bench = Bench::new(&[]).await;
    bench.door.clone().close().await;
    let data = bench.data();
    drop(bench.door);
    let next = open(data).await.unwrap();
    assert!(!next.is_remote());
    next.close().await;
}

/// Every run that came to be was told to who asked for it, however the end of the owner fell.
#[tokio::test(flavor = "multi_thread")]
async fn requests_under_way_are_answered_before_the_owner_ends() {
    for pause_ms in [0, 2, 5, 10, 20] {
        let bench = Bench::new(&[WRITE_NOTE]).await;
        let client = open(bench.data()).await.unwrap();
        assert!(client.is_remote());
        let inputs = json!({ "path": bench.dir.path().join("a.txt"), "text": "hi\n" });
        let mut asking = tokio::task::JoinSet::new();
        for _ in 0..40 {
            let start = api::StartRun {
                workflow: "write_note".into(),
                inputs: inputs.as_object().unwrap().clone(),
            };
            let client = client.clone();
            asking.spawn(async move { client.call(start, Origin::Terminal).await });
        }
        tokio::time::sleep(std::time::Duration::from_millis(pause_ms)).await;
        bench.door.clone().close().await;
        let mut told = BTreeSet::new();
        for answer in asking.join_all().await {
            match answer {
                Ok(started) => drop(told.insert(started.run)),
                Err(fault) => assert_eq!(fault.code, "owner_gone", "{fault}"),
            }
        }
        let reading = engine::open_for_reading(&bench.data()).await.unwrap();
        let rows = reading.call(api::Runs { limit: 100 }, Origin::Script).await;
        let there: BTreeSet<_> = rows.unwrap().into_iter().map(|row| row.run).collect();
        assert_eq!(told, there, "after {pause_ms} ms");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_work_beside_the_owner() {
    let bench = Bench::new(&[WRITE_NOTE]).await;
    let (run, _) = bench.note("a.txt", "x").await;
    let waiting = bench.waits(&run).await;
    let reading = engine::open_for_reading(&bench.data()).await.unwrap();
    let seen = reading
        .call(
            api::ShowRun {
                run: run.0[..12].to_owned(),
            },
            Origin::Script,
        )
        .await
        .unwrap();
    assert_eq!(seen, waiting);
    let refused = reading
        .call(api::CancelRun { run }, Origin::Terminal)
        .await
        .unwrap_err();
    assert_eq!(refused.code, "reading_only");
    let unknown = reading
        .call(
            api::ShowRun {
                run: "nothing".into(),
            },
            Origin::Script,
        )
        .await
        .unwrap_err();
    assert_eq!(unknown.code, "unknown_run");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_no_folder_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("countersign.db"),
        "not a database at all, but long enough to be looked at",
    )
    .unwrap();
    let fault = open(dir.path().to_owned()).await.map(drop).unwrap_err();
    assert_eq!(fault.code, "not_a_database", "{fault}");
    assert!(!fault.action.is_empty());
}
