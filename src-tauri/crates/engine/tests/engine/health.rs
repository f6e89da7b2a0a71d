//! The main job: the health check of this computer, by rule, from an empty folder.

use crate::bench::Bench;
use serde_json::json;
use workflow::{RunState, RunStatus, StepStatus};

#[tokio::test(flavor = "multi_thread")]
async fn this_computer_is_checked_from_an_empty_folder() {
    let bench = Bench::new(&[]).await;
    let run = bench.start("health_check", json!({})).await;
    let run = bench.ends(&run).await;
    assert_eq!(run.state(), RunState::Completed, "{:?}", run.status());
    assert!(
        run.stages()
            .iter()
            .all(|stage| stage.status == StepStatus::Completed),
        "{:?}",
        run.stages()
    );
    let RunStatus::Completed { outputs, .. } = run.status() else {
        panic!("completed")
    };
    assert!(
        outputs.contains_key("overall") && outputs.contains_key("report"),
        "{outputs:?}"
    );
    let audit = bench.call(api::Audit {}).await.unwrap();
    assert!(audit.intact && audit.records == run.seq(), "{audit:?}");
}

/// The fixture that the crate `definitions` tests with is made by hand; here the built-ins meet the real tools.
#[tokio::test(flavor = "multi_thread")]
async fn the_built_ins_have_no_findings() {
    let bench = Bench::new(&[]).await;
    let list = bench.call(api::Workflows {}).await.unwrap();
    assert_eq!(list.findings, []);
    assert!(
        list.workflows
            .iter()
            .any(|workflow| workflow.id == "health_check" && workflow.reads_only)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_check_knows_the_first() {
    let bench = Bench::new(&[]).await;
    for _ in 0..2 {
        let run = bench.start("health_check", json!({})).await;
        assert_eq!(bench.ends(&run).await.state(), RunState::Completed);
    }
    assert_eq!(bench.call(api::Runs { limit: 10 }).await.unwrap().len(), 2);
}
