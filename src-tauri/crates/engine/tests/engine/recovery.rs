//! Closed in the middle of a read, of a poll, of a wait: opened again, each goes on by itself.

use crate::bench::Bench;
use serde_json::json;
use workflow::{Phase, RunState, StepKey};

const WAIT_FOR_FILE: &str = r#"
apiVersion: countersign/v1
kind: Workflow
id: wait_for_file
title: Wait for a file
version: 1.0.0
inputs:
  type: object
  required: [path]
  properties: { path: { type: string } }
steps:
  - id: look
    uses: file.read
    with: { path: "${{ inputs.path }}" }
    poll: { every: 50ms, until: "output.content == 'go'", timeout: 1m }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_goes_on_after_the_program_was_closed() {
    let mut bench = Bench::new(&[WAIT_FOR_FILE]).await;
    let path = bench.dir.path().join("sign");
    std::fs::write(&path, "wait").unwrap();
    let run = bench.start("wait_for_file", json!({ "path": path })).await;
    let step = StepKey::top("look");
    bench
        .until(&run, |run| {
            matches!(
                run.step(&step).and_then(|step| step.phase()),
                Some(Phase::Calling(_))
            )
        })
        .await;
    bench.reopen().await;
    std::fs::write(&path, "go").unwrap();
    let run = bench.ends(&run).await;
    assert_eq!(run.state(), RunState::Completed, "{:?}", run.status());
    assert_eq!(
        run.step(&step).unwrap().tries.len(),
        1,
        "a poll is one try and one record, however often it was begun"
    );
}
