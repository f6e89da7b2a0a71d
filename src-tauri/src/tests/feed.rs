//! Notices on their way to the page.

use std::time::{Duration, Instant};

use api::{Batch, LogLine, LogStream, Notice, Topic};
use serde_json::json;
use tauri::async_runtime::block_on;
use tokio::sync::mpsc;

use super::Stage;
use crate::follow::pass_on;

/// A notice of about so many bytes, told from others by its number.
fn notice(seq: u64, bytes: usize) -> Notice {
    let line = LogLine {
        stream: LogStream::Stdout,
        text: "x".repeat(bytes),
    };
    let run = serde_json::from_value(json!(format!("run-{seq}"))).unwrap();
    let call = serde_json::from_value(json!("0".repeat(64))).unwrap();
    Notice::Log {
        run,
        call,
        lines: vec![line],
    }
}

/// What a page would get, with the time of each batch.
fn batches(notices: Vec<Notice>) -> Vec<(Instant, Batch)> {
    let mut got = Vec::new();
    block_on(async {
        let (sender, receiver) = mpsc::channel(notices.len().max(1));
        for notice in notices {
            sender.send(notice).await.unwrap();
        }
        drop(sender);
        pass_on(receiver, |batch| {
            got.push((Instant::now(), batch));
            true
        })
        .await;
    });
    got
}

#[test]
fn nothing_is_lost_or_moved_and_batches_are_small_and_few() {
    let sent: Vec<Notice> = (0..200).map(|seq| notice(seq, 700)).collect();
    let before = Instant::now();
    let got = batches(sent.clone());
    let first = got[0].0 - before;
    assert!(
        first < Duration::from_millis(30),
        "the first took {first:?}"
    );
    for (index, (_, batch)) in got.iter().enumerate() {
        assert_eq!(batch.seq, index as u64 + 1);
        let bytes = serde_json::to_string(batch).unwrap().len();
        assert!(bytes < 8_192, "{bytes} bytes");
    }
    for pair in got.windows(2) {
        assert!(
            pair[1].0 - pair[0].0 >= Duration::from_millis(33),
            "more than 30 a second"
        );
    }
    let flat: Vec<Notice> = got
        .into_iter()
        .flat_map(|(_, batch)| batch.notices)
        .collect();
    assert_eq!(flat, sent);
}

#[test]
fn a_notice_that_is_too_big_goes_alone() {
    let got = batches(vec![notice(1, 10), notice(2, 20_000), notice(3, 10)]);
    let sizes: Vec<usize> = got.iter().map(|(_, batch)| batch.notices.len()).collect();
    assert_eq!(sizes, [1, 1, 1]);
}

#[test]
fn who_does_not_listen_is_sent_nothing_more() {
    let (sender, receiver) = mpsc::channel(4);
    let mut sent = 0;
    block_on(async {
        sender.send(notice(1, 10)).await.unwrap();
        pass_on(receiver, |_| {
            sent += 1;
            false
        })
        .await;
    });
    assert_eq!(sent, 1);
    assert!(sender.is_closed());
}

#[test]
fn the_page_hears_the_board_until_it_does_not_follow_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::on(folder.path());
    let topic = serde_json::to_value(Topic::Board).unwrap();
    let id = stage
        .invoke(
            "follow",
            json!({ "topic": topic, "channel": "__CHANNEL__:7" }),
        )
        .unwrap();
    assert!(id.is_string(), "{id}");
    let first = heard(&stage, 1);
    assert_eq!(first.seq, 1);
    assert!(
        matches!(first.notices[0], Notice::Board { .. }),
        "{first:?}"
    );
    stage
        .call(
            "start_run",
            json!({ "workflow": "health_check", "inputs": {} }),
        )
        .unwrap();
    let next = heard(&stage, 2);
    assert_eq!(next.seq, 2);
    assert!(
        next.notices
            .iter()
            .any(|notice| matches!(notice, Notice::Row { .. })),
        "{next:?}"
    );

    assert_eq!(stage.desk().following(), 1);
    stage.invoke("unfollow", json!({ "id": id })).unwrap();
    stage.invoke("unfollow", json!({ "id": "99" })).unwrap();
    until("it is over", || stage.desk().following() == 0);
}

#[test]
fn a_new_page_inherits_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::on(folder.path());
    for channel in ["__CHANNEL__:1", "__CHANNEL__:2"] {
        stage
            .invoke("follow", json!({ "topic": "board", "channel": channel }))
            .unwrap();
    }
    assert_eq!(stage.desk().following(), 2);
    stage.desk().end_all();
    until("all are over", || stage.desk().following() == 0);
}

/// The batch with this number, once it is there.
fn heard(stage: &Stage, seq: usize) -> Batch {
    until("a batch comes", || stage.heard.lock().unwrap().len() >= seq);
    serde_json::from_str(&stage.heard.lock().unwrap()[seq - 1]).unwrap()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "not within 20 s: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
