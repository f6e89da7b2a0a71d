//! How long a list takes from its start to its end, through the whole engine. A measurement for people: it judges
//! nothing, and runs only when asked for (`cargo test -p engine -- --ignored --nocapture measure`).

use crate::bench::Bench;
use serde_json::json;
use std::time::Instant;
use workflow::{Decision, RunState};

const LISTS: &str = r#"
apiVersion: countersign/v1
kind: Workflow
id: plain
title: A list of reads
version: 1.0.0
inputs: { type: object, required: [items], properties: { items: { type: array } } }
steps:
  - id: all
    foreach: ${{ inputs.items }}
    max_parallel: 16
    uses: core.value
    with: { a: "${{ item }}" }
"#;

const CARD: &str = r#"
apiVersion: countersign/v1
kind: Workflow
id: common
title: A list of changes with one card
version: 1.0.0
inputs: { type: object, required: [items], properties: { items: { type: array } } }
steps:
  - id: all
    foreach: ${{ inputs.items }}
    max_parallel: 16
    uses: file.write
    with: { path: "${{ item }}", content: "x" }
    gate: { before: { title: "All of them?" } }
"#;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
#[expect(clippy::print_stderr, reason = "a measurement for people")]
async fn measure_long_lists() {
    let bench = Bench::new(&[LISTS, CARD]).await;
    let most = std::env::var("ITEMS").ok().and_then(|n| n.parse().ok());
    for items in [250, 500, 1_000, 2_000, 4_000, 10_000u32]
        .into_iter()
        .take_while(|items| *items <= most.unwrap_or(1_000))
    {
        let numbers: Vec<u32> = (0..items).collect();
        let begun = Instant::now();
        let run = bench.start("plain", json!({ "items": numbers })).await;
        bench.ends(&run).await;
        eprintln!("{items:>6} reads            {:>8.2?}", begun.elapsed());
        let paths: Vec<String> = numbers
            .iter()
            .map(|n| {
                bench
                    .dir
                    .path()
                    .join(format!("{items}-{n}"))
                    .display()
                    .to_string()
            })
            .collect();
        let begun = Instant::now();
        let run = bench.start("common", json!({ "items": paths })).await;
        let waiting = bench.waits(&run).await;
        let asked = begun.elapsed();
        bench.decide(&waiting, Decision::Approve).await.unwrap();
        let run = bench.ends(&run).await;
        assert_eq!(run.state(), RunState::Completed, "{:?}", run.status());
        eprintln!(
            "{items:>6} changes, one card {asked:>8.2?} to the card, {:>8.2?} in all",
            begun.elapsed()
        );
    }
}
