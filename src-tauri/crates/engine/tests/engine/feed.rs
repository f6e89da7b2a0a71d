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
