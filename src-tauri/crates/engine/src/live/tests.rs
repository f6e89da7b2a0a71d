//! What the loop does with many answers at once, with a tool that counts how often it is asked.

use crate::{Origin, door};
use api::{Notice, Topic};
use serde_json::{Value as Json, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use store::{Options, Store};
use tokio::runtime::Handle;
use tools::{BoxFuture, Catalogue, Context, ReadTool, Tool};
use workflow::{EffectClass, Recovery, Run, RunState, ToolError, ToolOutput, ToolSpec};

const LIST: &str = r#"
apiVersion: countersign/v1
kind: Workflow
id: counted
title: Many at once
version: 1.0.0
inputs: { type: object, required: [items], properties: { items: { type: array } } }
steps:
  - id: all
    foreach: ${{ inputs.items }}
    max_parallel: 64
    uses: test.count
    with: { a: "${{ item }}" }
"#;

/// Gives its arguments back and counts how often it was asked for each.
struct Counting {
    spec: ToolSpec,
    asked: Arc<Mutex<BTreeMap<String, u32>>>,
}

impl ReadTool for Counting {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn read<'a>(
        &'a self,
        args: &'a Json,
        _: &'a Context,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        *self
            .asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(args.to_string())
            .or_default() += 1;
        Box::pin(async move { Ok(ToolOutput::read(args.clone())) })
    }
}

/// While one answer is made durable many others wait for their turn: none of those is asked for again.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_waits_for_its_turn_is_not_performed_again() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir_all(data.join("workflows")).unwrap();
    std::fs::write(data.join("workflows/list.workflow.yaml"), LIST).unwrap();
    let asked = Arc::new(Mutex::new(BTreeMap::new()));
    let counting = Counting {
        spec: ToolSpec {
            name: "test.count".to_owned(),
            version: 1,
            title: "Count".to_owned(),
            description: "Counts.".to_owned(),
            effect: EffectClass::Read,
            recovery: Recovery::Pure,
            input: json!({ "type": "object" }),
            output: json!({ "type": "object" }),
            inverse: None,
            timeout_ms: 1_000,
        },
        asked: Arc::clone(&asked),
    };
    let catalogue = Catalogue::builtin().with(Tool::Read(Arc::new(counting)));
    let store = Store::open(&data, Options::default()).unwrap();
    let (folder, runtime) = (data.clone(), Handle::current());
    let door = tokio::task::spawn_blocking(move || {
        let keychain = Arc::new(keychain::Keychain::session_only());
        door::own(folder.clone(), folder, store, runtime, catalogue, keychain)
    })
    .await
    .unwrap()
    .unwrap();
    let items: Vec<u32> = (0..200).collect();
    let start = api::StartRun {
        workflow: "counted".to_owned(),
        inputs: json!({ "items": items }).as_object().cloned().unwrap(),
    };
    let run = door.call(start, Origin::Terminal).await.unwrap().run;
    let mut notices = door.follow(Topic::Run(run)).await.unwrap();
    let mut folded: Option<Run> = None;
    let ends = async {
        while !folded.as_ref().is_some_and(Run::is_over) {
            match notices.recv().await.expect("the feed goes on") {
                Notice::Snapshot(run) => folded = Some(*run),
                Notice::Records(records) => {
                    let run = folded.as_mut().unwrap();
                    records.iter().for_each(|record| run.apply(record).unwrap());
                }
                _ => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), ends)
        .await
        .expect("the run ends");
    assert_eq!(folded.unwrap().state(), RunState::Completed);
    door.close().await;
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), items.len());
    let twice: Vec<_> = asked.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "performed again: {twice:?}");
}
