//! The feed: what a subscriber folds is what the journal says; the board tells of every change.

use crate::bench::{Bench, WRITE_NOTE};
use api::{Notice, Topic};
use serde_json::json;
use workflow::RunState;

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_folds_what_the_journal_says() {
    let bench = Bench::new(&[WRITE_NOTE]).await;
    let run = bench.start("health_check", json!({})).await;
    let followed = bench.ends(&run).await;
    let stored = bench
        .call(api::ShowRun { run: run.0.clone() })
        .await
        .unwrap();
    assert_eq!(followed, stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_tells_of_a_waiting_run() {
    let bench = Bench::new(&[WRITE_NOTE]).await;
    let mut board = bench.door.follow(Topic::Board).await.unwrap();
    assert!(matches!(board.recv().await, Some(Notice::Board { rows, .. }) if rows.is_empty()));
    let (run, _) = bench.note("a.txt", "x").await;
    bench.waits(&run).await;
    let mut last = 0;
    loop {
        match board.recv().await.expect("the board goes on") {
            Notice::Row { seq, row } => {
                assert!(seq > last);
                last = seq;
                assert_eq!(row.run, run);
                if row.state == RunState::Waiting {
                    assert_eq!(row.open_gates.len(), 1);
                    return;
                }
            }
            other => drop(other),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_waits_on_the_board_however_old_it_is() {
    let bench = Bench::new(&[WRITE_NOTE]).await;
    let (old, _) = bench.note("old.txt", "x").await;
    bench.waits(&old).await;
    let (over, _) = bench.note("over.txt", "x").await;
    let run = over.clone();
    bench.call(api::CancelRun { run }).await.unwrap();
    bench.ends(&over).await;
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..500 {
        let path = bench.dir.path().join(number.to_string());
        let inputs = json!({ "path": path, "text": "x" });
        let start = api::StartRun {
            workflow: "write_note".into(),
            inputs: inputs.as_object().unwrap().clone(),
        };
        let door = bench.door.clone();
        asking.spawn(async move { door.call(start, engine::Origin::Terminal).await });
    }
    for started in asking.join_all().await {
        started.unwrap();
    }
    let mut board = bench.door.follow(Topic::Board).await.unwrap();
    let Some(Notice::Board { rows, .. }) = board.recv().await else {
        panic!("the board comes first");
    };
    assert_eq!(rows.len(), 501);
    assert_eq!(rows[500].run, old, "the oldest is the last");
    assert!(
        rows.iter().all(|row| row.run != over),
        "what has ended may be out of sight"
    );
}
