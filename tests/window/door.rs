//! Another door to the same data folder, as a second program of the same person opens it.

use engine::{OpenOptions, Origin};
use serde_json::Value as Json;

use crate::stage::Stage;

/// One call through a door of its own, beside the window that owns the folder.
pub(crate) fn call(stage: &Stage, name: &str, args: Json) -> Json {
    let data_dir = stage.data();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let program = "test".to_owned();
        let door = engine::open(OpenOptions { data_dir, program })
            .await
            .unwrap();
        assert!(door.is_remote(), "the window does not own the folder");
        let answer = door.dispatch(name, args, Origin::Terminal).await.unwrap();
        door.close().await;
        answer
    })
}
