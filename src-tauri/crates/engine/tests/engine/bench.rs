//! The test bench: a data folder with workflows, an engine on it, and waiting for a run by its feed.

use api::{Call, Fault, Notice, Topic};
use engine::{Door, OpenOptions, Origin};
use serde_json::{Map, Value as Json, json};
use std::{path::PathBuf, time::Duration};
use tempfile::TempDir;
use workflow::{Decision, GateId, Run, RunId, RunState};

/// Longer than anything takes on a busy machine; shorter than a person waits.
const PATIENCE: Duration = Duration::from_secs(60);

/// A workflow that reads a file and, once approved, writes another.
pub(crate) const WRITE_NOTE: &str = r#"
apiVersion: countersign/v1
kind: Workflow
id: write_note
title: Write a note
version: 1.0.0
description: Writes a text into a file, once a person has seen what changes.
inputs:
  type: object
  additionalProperties: false
  required: [path, text]
  properties:
    path: { type: string }
    text: { type: string }
steps:
  - id: compose
    title: Compose the note
    uses: core.value
    with: { text: "${{ inputs.text }}" }
  - id: write
    title: Write the note
    uses: file.write
    with: { path: "${{ inputs.path }}", content: "${{ inputs.text }}" }
    gate:
      before:
        title: Write ${{ inputs.path }}?
        decisions: [approve, edit, skip, reject]
        editable: [text]
        recheck: [compose]
outputs:
  path: ${{ inputs.path }}
"#;

pub(crate) struct Bench {
    pub(crate) dir: TempDir,
    pub(crate) door: Door,
}

impl Bench {
    pub(crate) async fn new(workflows: &[&str]) -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("data/workflows");
        std::fs::create_dir_all(&folder).unwrap();
        for (number, text) in workflows.iter().enumerate() {
            std::fs::write(folder.join(format!("{number}.workflow.yaml")), text).unwrap();
        }
        let door = open(dir.path().join("data")).await.unwrap();
        Bench { dir, door }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Ends the engine and opens the folder anew.
    pub(crate) async fn reopen(&mut self) {
        self.door.clone().close().await;
        self.door = open(self.data()).await.unwrap();
    }

    pub(crate) async fn call<C: Call>(&self, call: C) -> Result<C::Reply, Fault> {
        self.door.call(call, Origin::Terminal).await
    }

    pub(crate) async fn start(&self, workflow: &str, inputs: Json) -> RunId {
        let Json::Object(inputs) = inputs else {
            panic!("inputs are an object")
        };
        self.call(api::StartRun {
            workflow: workflow.to_owned(),
            inputs,
        })
        .await
        .unwrap()
        .run
    }

    pub(crate) async fn note(&self, name: &str, text: &str) -> (RunId, PathBuf) {
        let path = self.dir.path().join(name);
        let run = self
            .start("write_note", json!({ "path": path, "text": text }))
            .await;
        (run, path)
    }

    /// Follows a run, folding its records, until it is as wanted.
    pub(crate) async fn until(&self, run: &RunId, wanted: impl Fn(&Run) -> bool) -> Run {
        until(&self.door, run, wanted).await
    }

    pub(crate) async fn ends(&self, run: &RunId) -> Run {
        self.until(run, Run::is_over).await
    }

    pub(crate) async fn waits(&self, run: &RunId) -> Run {
        self.until(run, |run| run.state() == RunState::Waiting)
            .await
    }

    pub(crate) async fn decide(&self, run: &Run, decision: Decision) -> Result<Run, Fault> {
        let (gate, revision, digest) = open_card(run);
        let decide = api::Decide {
            run: run.id().clone(),
            gate,
            revision,
            digest,
            decision,
            token: None,
        };
        self.call(decide).await
    }
}

pub(crate) async fn open(data_dir: PathBuf) -> Result<Door, Fault> {
    engine::open(OpenOptions {
        downloads: Some(data_dir.join("downloads")),
        data_dir,
        program: "test".to_owned(),
        secrets: engine::SecretSource::SessionOnly,
    })
    .await
}

pub(crate) async fn until(door: &Door, run: &RunId, wanted: impl Fn(&Run) -> bool) -> Run {
    let mut notices = door.follow(Topic::Run(run.clone())).await.unwrap();
    let mut folded: Option<Run> = None;
    let following = async {
        while let Some(notice) = notices.recv().await {
            match notice {
                Notice::Snapshot(run) => folded = Some(*run),
                Notice::Records(records) => {
                    let run = folded.as_mut().unwrap();
                    records.iter().for_each(|record| run.apply(record).unwrap());
                }
                _ => {}
            }
            if folded.as_ref().is_some_and(&wanted) {
                return folded.unwrap();
            }
        }
        panic!(
            "the feed ended; the run is {:?}",
            folded.map(|run| run.state())
        );
    };
    match tokio::time::timeout(PATIENCE, following).await {
        Ok(run) => run,
        Err(_) => panic!("run {run} did not come there in time"),
    }
}

pub(crate) fn open_card(run: &Run) -> (GateId, u32, workflow::Digest) {
    let gate = run.open_gates().next().expect("a gate is open");
    (gate.id.clone(), gate.revision, gate.card_digest.unwrap())
}

pub(crate) fn edit(name: &str, value: Json) -> Decision {
    Decision::Edit {
        values: Map::from_iter([(name.to_owned(), value)]),
    }
}

pub(crate) fn reject(reason: &str) -> Decision {
    Decision::Reject {
        reason: reason.to_owned(),
        then: workflow::Then::Stop,
    }
}
