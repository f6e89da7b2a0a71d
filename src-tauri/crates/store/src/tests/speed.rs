//! Figures for people: `cargo test --release -p store speed -- --ignored --nocapture --test-threads=1`. Bars that
//! are compared with others belong to the project's bench.

use super::*;
use crate::{LogChunk, LogText, verify_file};
use std::{sync::mpsc, time::Instant};

const TEXT: &str = "some text of a usual length, as a title or a reason has it";

#[test]
#[ignore = "a measurement"]
#[expect(clippy::print_stdout, reason = "a measurement is for people")]
fn audit() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (runs, each) = (1000, 300);
    for number in 0..runs {
        store.append(append(&run(number), 0, each, TEXT), |_| {});
    }
    drop(store);
    let path = dir.path().join("countersign.db");
    let began = Instant::now();
    assert!(verify_file(&path).unwrap().is_intact());
    let rows = runs as f64 * each as f64;
    println!(
        "audit: {:.0} rows/s of {} bytes",
        rows / began.elapsed().as_secs_f64(),
        path.metadata().unwrap().len() / 300_000
    );
}

/// With a decision, and so a signature, in every twenty records: a run with one gate.
#[test]
#[ignore = "a measurement"]
#[expect(clippy::print_stdout, reason = "a measurement is for people")]
fn audit_of_a_signed_journal() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.sign_with(signing::Key::new(1)).unwrap();
    let (runs, each) = (15_000, 20);
    for number in 0..runs {
        store
            .append_blocking(signing::decision(number, 0, each))
            .unwrap();
    }
    drop(store);
    let path = dir.path().join("countersign.db");
    let began = Instant::now();
    let audit = crate::audit_file(&path, None, true).unwrap();
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!(audit.signed.map(|head| head.seq), Some(300_000));
    println!(
        "audit of a signed journal: {:.0} rows/s",
        300_000.0 / seconds
    );
}

#[test]
#[ignore = "a measurement"]
#[expect(clippy::print_stdout, reason = "a measurement is for people")]
fn group_commit() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    // Turn about, so that both meet the same disk.
    let (mut alone, mut together) = (0.0, 0.0);
    let count = 200;
    for turn in 0..5 {
        let began = Instant::now();
        for number in 0..count {
            store
                .append_blocking(append(&run(turn * 1000 + number), 0, 2, TEXT))
                .unwrap();
        }
        alone += began.elapsed().as_secs_f64();
        let (sender, answers) = mpsc::channel();
        let began = Instant::now();
        for number in 0..count {
            let sender = sender.clone();
            store.append(
                append(&run(turn * 1000 + 500 + number), 0, 2, TEXT),
                move |result| {
                    sender.send(result).unwrap();
                },
            );
        }
        assert!(answers.iter().take(count).all(|answer| answer.is_ok()));
        together += began.elapsed().as_secs_f64();
    }
    let per_second = |seconds: f64| (5 * count) as f64 / seconds;
    println!(
        "appends: {:.0}/s one at a time, {:.0}/s at once: {:.1} times",
        per_second(alone),
        per_second(together),
        alone / together
    );
}

#[test]
#[ignore = "a measurement"]
#[expect(clippy::print_stdout, reason = "a measurement is for people")]
fn log_search() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (calls, chunks) = (780, 100);
    for call in 0..calls {
        let key = Digest::of(&u64::to_be_bytes(call));
        let mut offset = 0;
        for chunk in 0..chunks {
            let line = |line: u64| {
                let odd = if (call * chunks + chunk + line).is_multiple_of(9973) {
                    " needle"
                } else {
                    ""
                };
                format!(
                    "2026-01-01T00:00:{line:02} unit{} [info] request {} took {line} ms{odd}\n",
                    call % 50,
                    call * line + chunk
                )
            };
            let bytes: Vec<u8> = (0..64).map(line).collect::<String>().into_bytes();
            let end = offset + bytes.len() as u64;
            store.append_log(
                LogChunk {
                    run: run(call as usize),
                    call: key,
                    from_offset: offset,
                    bytes,
                },
                |_| {},
            );
            offset = end;
        }
        if call % 20 == 19 {
            while store.read().durable_offset(&key).unwrap() < offset {
                std::thread::yield_now();
            }
        }
    }
    let ask = |name: &str, wanted: LogText| {
        let mut times: Vec<f64> = (0..40)
            .map(|_| {
                let began = Instant::now();
                assert!(!store.read().search_logs(&wanted).unwrap().is_empty());
                began.elapsed().as_secs_f64() * 1000.0
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!(
            "log search over {} lines, {name}: p95 {:.1} ms",
            calls * chunks * 64,
            times[37]
        );
    };
    let words = |words: &str| LogText {
        words: words.to_owned(),
        ..LogText::default()
    };
    ask("a rare word", words("needle"));
    ask("a word in every line", words("request"));
    ask(
        "two words and the beginning of a third",
        words("unit7 request to"),
    );
    ask(
        "a common word in one run",
        LogText {
            run: Some(run(3)),
            ..words("request")
        },
    );
}
