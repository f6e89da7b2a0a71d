//! Another door to the same data folder, as a second program of the same person opens it.

use std::time::{Duration, Instant};

use engine::{OpenOptions, Origin};
use serde_json::{Map, Value as Json};

use crate::stage::Stage;

/// Runs that are started together: their records share commits.
const AT_ONCE: usize = 100;

/// One call through a door of its own, beside the window that owns the folder.
pub(crate) fn call(stage: &Stage, name: &str, args: Json) -> Json {
    let data_dir = stage.data();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let program = "test".to_owned();
        let door = engine::open(OpenOptions {
            downloads: Some(data_dir.join("downloads")),
            data_dir,
            program,
            secrets: engine::SecretSource::SessionOnly,
        })
        .await
        .unwrap();
        assert!(door.is_remote(), "the window does not own the folder");
        let answer = door.dispatch(name, args, Origin::Terminal).await.unwrap();
        door.close().await;
        answer
    })
}

/// Makes so many finished runs of the workflow `plain`, while no window is open.
pub(crate) fn fill(stage: &Stage, runs: usize) {
    let data_dir = stage.data();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let program = "test".to_owned();
        let door = engine::open(OpenOptions {
            downloads: Some(data_dir.join("downloads")),
            data_dir,
            program,
            secrets: engine::SecretSource::SessionOnly,
        })
        .await
        .unwrap();
        for made in (0..runs).step_by(AT_ONCE) {
            let mut starts = tokio::task::JoinSet::new();
            for _ in made..runs.min(made + AT_ONCE) {
                let (door, workflow) = (door.clone(), "plain".to_owned());
                let start = api::StartRun {
                    workflow,
                    inputs: Map::new(),
                };
                starts.spawn(async move { door.call(start, Origin::Script).await });
            }
            for started in starts.join_all().await {
                started.unwrap();
            }
        }
        let newest = api::Runs {
            limit: u32::try_from(AT_ONCE).unwrap(),
        };
        let deadline = Instant::now() + Duration::from_secs(60);
        while door
            .call(newest.clone(), Origin::Script)
            .await
            .unwrap()
            .iter()
            .any(|row| row.state.word() != "completed")
        {
            assert!(Instant::now() < deadline, "the runs do not end");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        door.close().await;
    });
}
