//! `cargo xtask bench`: the engine's bars as ratios, each against a reference taken in the same minute (engine.md, E1, E6).
//! Prints figures; judges nothing, so that a busy machine fails no build.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement for people that may stop where it cannot go on"
)]

use api::{Notice, Topic};
use engine::{Door, OpenOptions, Origin};
use serde_json::json;
use std::{
    path::Path,
    time::{Duration, Instant},
};
use workflow::{Decision, Run, RunId, RunState};

const NOTE: &str = r#"
apiVersion: countersign/v1
kind: Workflow
id: bench_note
title: Four steps and a gate
version: 1.0.0
inputs: { type: object }
steps:
  - { id: one, uses: core.value, with: { a: 1 } }
  - { id: two, uses: core.value, with: { a: "${{ steps.one.output.a }}" } }
  - id: three
    uses: core.value
    with: { a: "${{ steps.two.output.a }}" }
    gate: { before: { title: "Go on?" } }
  - { id: four, uses: core.value, with: { a: "${{ steps.two.output.a }}" } }
"#;

const LIST: &str = r#"
apiVersion: countersign/v1
kind: Workflow
id: bench_list
title: A long list
version: 1.0.0
inputs: { type: object, required: [items], properties: { items: { type: array } } }
steps:
  - id: all
    foreach: ${{ inputs.items }}
    max_parallel: 16
    uses: core.value
    with: { a: "${{ item }}" }
"#;

#[tokio::main]
async fn main() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir_all(data.join("workflows")).unwrap();
    std::fs::write(data.join("workflows/note.yaml"), NOTE).unwrap();
    std::fs::write(data.join("workflows/list.yaml"), LIST).unwrap();
    let door = engine::open(OpenOptions {
        downloads: Some(data.join("downloads")),
        data_dir: data.clone(),
        program: "bench".to_owned(),
        secrets: engine::SecretSource::SessionOnly,
    })
    .await
    .unwrap();
    one_at_a_time(&door, dir.path()).await;
    a_long_run(&door, &data).await;
    door.close().await;
}

/// E1: four steps and a gate, one run after the other, each beside a one-row commit of SQLite on the same disk.
async fn one_at_a_time(door: &Door, dir: &Path) {
    let reference = rusqlite::Connection::open(dir.join("reference.db")).unwrap();
    reference
        .pragma_update(None, "journal_mode", "WAL")
        .unwrap();
    reference
        .pragma_update(None, "synchronous", "FULL")
        .unwrap();
    reference
        .execute(
            "CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT) STRICT",
            [],
        )
        .unwrap();
    let (mut commits, mut runs, mut notices) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..60 {
        for _ in 0..6 {
            let begun = Instant::now();
            reference
                .execute("INSERT INTO rows (body) VALUES ('x')", [])
                .unwrap();
            commits.push(begun.elapsed());
        }
        let begun = Instant::now();
        let run = start(door, "bench_note", json!({})).await;
        let waiting = until(door, &run, |run| run.state() == RunState::Waiting).await;
        let gate = waiting.open_gates().next().unwrap();
        let decide = api::Decide {
            run: run.clone(),
            gate: gate.id.clone(),
            revision: gate.revision,
            digest: gate.card_digest.unwrap(),
            decision: Decision::Approve,
            token: None,
        };
        let mut feed = door.follow(Topic::Run(run.clone())).await.unwrap();
        feed.recv().await;
        door.call(decide, Origin::Terminal).await.unwrap();
        // The reply is sent when the commit is durable; the notice should be here by then or a moment later.
        let answered = Instant::now();
        while !matches!(feed.recv().await, Some(Notice::Records(_))) {}
        notices.push(answered.elapsed());
        until(door, &run, Run::is_over).await;
        runs.push(begun.elapsed());
    }
    let (commit, run, notice) = (
        median(&mut commits),
        median(&mut runs),
        median(&mut notices),
    );
    let six = commit * 6;
    println!(
        "E1  4 steps + gate, p50 of 60 runs         {:>9.2} ms",
        ms(run)
    );
    println!(
        "    6 one-row SQLite commits (FULL), p50   {:>9.2} ms",
        ms(six)
    );
    println!(
        "    ratio                                  {:>9.2}     bar: <= 3",
        run.as_secs_f64() / six.as_secs_f64()
    );
    println!(
        "E6  notice after the durable commit, p50   {:>9.2} ms  bar: <= 50",
        ms(notice)
    );
}

/// E6: folding a run of ten thousand events, beside parsing the same records from JSON.
async fn a_long_run(door: &Door, data: &Path) {
    let items: Vec<u32> = (0..2_000).collect();
    let begun = Instant::now();
    let run = start(door, "bench_list", json!({ "items": items })).await;
    let ended = until(door, &run, Run::is_over).await;
    println!(
        "    a list of {} items, {} events, ran in {:.1} s",
        items.len(),
        ended.seq(),
        begun.elapsed().as_secs_f64()
    );
    let records = store::Reader::open(data).unwrap().records(&run, 1).unwrap();
    let text: Vec<String> = records
        .iter()
        .map(|record| serde_json::to_string(record).unwrap())
        .collect();
    let (mut folds, mut parses) = (Vec::new(), Vec::new());
    for _ in 0..11 {
        let begun = Instant::now();
        let parsed: Vec<workflow::Record> = text
            .iter()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        parses.push(begun.elapsed());
        let fresh = Run::new(
            run.clone(),
            ended.definition().clone(),
            ended.definition_digest(),
        );
        let begun = Instant::now();
        let folded = fresh.fold(&parsed).unwrap();
        folds.push(begun.elapsed());
        assert!(folded == ended, "the fold gives the same run");
    }
    let (fold, parse) = (median(&mut folds), median(&mut parses));
    println!(
        "E6  fold of {} events, p50             {:>9.2} ms  bar: <= 20",
        records.len(),
        ms(fold)
    );
    println!(
        "    parsing the same records, p50          {:>9.2} ms",
        ms(parse)
    );
}

async fn start(door: &Door, workflow: &str, inputs: serde_json::Value) -> RunId {
    let inputs = inputs.as_object().unwrap().clone();
    door.call(
        api::StartRun {
            workflow: workflow.to_owned(),
            inputs,
        },
        Origin::Terminal,
    )
    .await
    .unwrap()
    .run
}

async fn until(door: &Door, run: &RunId, wanted: impl Fn(&Run) -> bool) -> Run {
    loop {
        let mut notices = door.follow(Topic::Run(run.clone())).await.unwrap();
        let mut folded: Option<Run> = None;
        while let Some(notice) = notices.recv().await {
            match (notice, &mut folded) {
                (Notice::Snapshot(run), folded) => *folded = Some(*run),
                (Notice::Records(records), Some(run)) => {
                    records.iter().for_each(|record| run.apply(record).unwrap())
                }
                (_, _) => {}
            }
            if let Some(run) = folded.as_ref().filter(|run| wanted(run)) {
                return run.clone();
            }
        }
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
