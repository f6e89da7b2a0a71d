//! Gates on a real file: what was approved is exactly what is written, and nothing else ever is.

use crate::bench::{Bench, WRITE_NOTE, edit, open_card, reject};
use serde_json::json;
use workflow::{Decision, RunState};

#[tokio::test(flavor = "multi_thread")]
async fn approved_and_written() {
    let bench = Bench::new(&[WRITE_NOTE]).await;
    let (run, path) = bench.note("a.txt", "hello\n").await;
    let waiting = bench.waits(&run).await;
    assert!(!path.exists(), "nothing is written before the approval");
    bench.decide(&waiting, Decision::Approve).await.unwrap();
    let run = bench.ends(&run).await;
    assert_eq!(run.state(), RunState::Completed, "{:?}", run.status());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "hello\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn edited_asks_again_and_writes_the_edit() {
    let bench = Bench::new(&[WRITE_NOTE]).await;
    let (run, path) = bench.note("a.txt", "hello\n").await;
    let waiting = bench.waits(&run).await;
    let before = open_card(&waiting);
    bench
        .decide(&waiting, edit("text", json!("goodbye\n")))
        .await
        .unwrap();
    let waiting = bench
        .until(&run, |run| run.open_gates().any(|gate| gate.revision == 2))
        .await;
    assert!(!path.exists(), "an edit never approves");
    let late = api::Decide {
        run: run.clone(),
        gate: before.0,
        revision: before.1,
        digest: before.2,
        decision: Decision::Approve,
        token: None,
    };
    assert_eq!(bench.call(late).await.unwrap_err().code, "stale_card");
    bench.decide(&waiting, Decision::Approve).await.unwrap();
    bench.ends(&run).await;
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "goodbye\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_or_skipped_and_not_written() {
    let bench = Bench::new(&[WRITE_NOTE]).await;
    for (decision, state) in [
        (reject("not today"), RunState::Failed),
        (Decision::Skip, RunState::Completed),
    ] {
        let (run, path) = bench.note("a.txt", "hello\n").await;
        let waiting = bench.waits(&run).await;
        bench.decide(&waiting, decision).await.unwrap();
        assert_eq!(bench.ends(&run).await.state(), state);
        assert!(!path.exists());
        let again = bench.decide(&waiting, Decision::Approve).await.unwrap_err();
        assert_eq!(again.code, "already_decided");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changed_since_is_asked_about_again() {
    let bench = Bench::new(&[WRITE_NOTE]).await;
    let (run, path) = bench.note("a.txt", "mine\n").await;
    let waiting = bench.waits(&run).await;
    std::fs::write(&path, "somebody else's\n").unwrap();
    bench.decide(&waiting, Decision::Approve).await.unwrap();
    let waiting = bench
        .until(&run, |run| run.open_gates().any(|gate| gate.revision == 2))
        .await;
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "somebody else's\n");
    let card = waiting.open_gates().next().unwrap().card.clone().unwrap();
    assert!(
        card.reopened.is_some() && !card.changed.is_empty(),
        "{card:?}"
    );
    bench.decide(&waiting, Decision::Approve).await.unwrap();
    bench.ends(&run).await;
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_big_value_is_approved_and_written_whole() {
    let bench = Bench::new(&[WRITE_NOTE]).await;
    let text = "0123456789abcdef\n".repeat(20_000);
    let (run, path) = bench.note("big.txt", &text).await;
    let waiting = bench.waits(&run).await;
    bench.decide(&waiting, Decision::Approve).await.unwrap();
    assert_eq!(bench.ends(&run).await.state(), RunState::Completed);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_while_a_person_is_asked() {
    let bench = Bench::new(&[WRITE_NOTE]).await;
    let (run, path) = bench.note("a.txt", "hello\n").await;
    bench.waits(&run).await;
    bench
        .call(api::CancelRun { run: run.clone() })
        .await
        .unwrap();
    assert_eq!(bench.ends(&run).await.state(), RunState::Cancelled);
    assert!(!path.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_and_opened_again_the_same_card_waits() {
    let mut bench = Bench::new(&[WRITE_NOTE]).await;
    let (run, path) = bench.note("a.txt", "hello\n").await;
    let card = open_card(&bench.waits(&run).await);
    bench.reopen().await;
    let waiting = bench.waits(&run).await;
    assert_eq!(open_card(&waiting), card);
    bench.decide(&waiting, Decision::Approve).await.unwrap();
    assert_eq!(bench.ends(&run).await.state(), RunState::Completed);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "hello\n");
}
