//! The tools, on this computer for real.

use super::{alive, comes};
use crate::testing::{Approved, Stage};
use crate::{Catalogue, Tool};
use fleet::Agent;
use serde_json::{Value as Json, json};
use workflow::{Digest, Observation, Outcome};

const AGENT: &str = Agent::THIS_COMPUTER;

fn tool(name: &str) -> Tool {
    Catalogue::builtin().get(name).unwrap().clone()
}

async fn approve(stage: &Stage, name: &str, args: Json, run: &str) -> Approved {
    Approved::new(stage, tool(name), args, run).await.unwrap()
}

async fn start(stage: &Stage, script: &str) -> (Approved, Json) {
    let marker = stage.path("ran");
    let args =
        json!({ "agent_id": AGENT, "title": "A test", "script": script, "arguments": [marker] });
    let approved = approve(stage, "job.start", args, script).await;
    let output = approved.apply(stage).await.unwrap();
    let output = output.output.inline().unwrap();
    let id = json!({ "agent_id": AGENT, "job_id": output["job_id"] });
    (approved, id)
}

async fn ended(stage: &Stage, id: &Json) -> Json {
    loop {
        let status = stage.read("job.status", id.clone()).await.unwrap();
        if status["ended"] == json!(true) {
            return status;
        }
    }
}

#[tokio::test]
async fn a_job_is_approved_started_once_and_looked_at() {
    let stage = Stage::new();
    let script = "echo run >>\"$1\"; echo one; echo 'zwei ü'; exit 3";
    let args = json!({ "agent_id": AGENT, "title": "A test", "script": script, "arguments": [stage.path("ran"), "it's"] });
    let approved = approve(&stage, "job.start", args, "run").await;
    assert!(
        !stage.context.data_dir.join("jobs").exists(),
        "a preview changes nothing"
    );
    let shown = &approved.preview.changes[0].diff;
    assert!(
        shown.ends_with(script) && shown.contains("$2 = \"it's\"\n"),
        "{shown}"
    );
    assert!(
        approved.preview.undo.is_none()
            && approved.preview.blast_radius.contains("cannot be undone")
    );
    assert_eq!(approved.observe(&stage).await, Observation::NotDone);
    let output = approved.apply(&stage).await.unwrap();
    assert_eq!(
        approved.apply(&stage).await.unwrap(),
        output,
        "the same key gives the same answer"
    );
    let id = json!({ "agent_id": AGENT, "job_id": approved.key() });
    let status = ended(&stage, &id).await;
    let expected = json!({
        "agent_id": AGENT, "job_id": approved.key(), "state": "failed", "ended": true, "exit_code": 3,
        "why": null, "began_at_us": status["began_at_us"], "size_bytes": 12,
        "last_lines": ["one", "zwei ü"],
    });
    assert_eq!(status, expected);
    assert_eq!(approved.apply(&stage).await.unwrap(), output);
    assert_eq!(approved.observe(&stage).await, Observation::Done(output));
    assert_eq!(std::fs::read_to_string(stage.path("ran")).unwrap(), "run\n");

    // The end of the log is in the middle of a character for every second offset.
    let mut text = String::new();
    let mut from = json!(0);
    loop {
        let mut args = id.clone();
        args["from"] = from;
        args["max_bytes"] = json!(16);
        let piece = stage.read("job.log", args).await.unwrap();
        text.push_str(piece["text"].as_str().unwrap());
        from = piece["next"].clone();
        if piece["is_last"] == json!(true) {
            break;
        }
    }
    assert_eq!(text, "one\nzwei ü\n");
}

#[tokio::test]
async fn a_log_is_read_in_whole_characters() {
    let stage = Stage::new();
    let (_, id) = start(
        &stage,
        "printf 'x%s' üüüüüüüüüüüüüüüüüüüüüüüü; printf '\\377'",
    )
    .await;
    ended(&stage, &id).await;
    let (mut text, mut from) = (String::new(), json!(0));
    for _ in 0..9 {
        let mut args = id.clone();
        args["from"] = from;
        args["max_bytes"] = json!(16);
        let piece = stage.read("job.log", args).await.unwrap();
        text.push_str(piece["text"].as_str().unwrap());
        from = piece["next"].clone();
    }
    assert_eq!(text, format!("x{}\u{fffd}", "ü".repeat(24)));
    assert_eq!(from, json!(50));
}

#[tokio::test]
async fn cancelling_shows_what_will_be_stopped_and_twice_is_once() {
    let stage = Stage::new();
    let (started, id) = start(&stage, "echo up; sleep 61.8001").await;
    assert!(comes(|| alive("61.8001")));
    let mut args = id.clone();
    args["grace_seconds"] = json!(1);
    let cancel = approve(&stage, "job.cancel", args.clone(), "cancel").await;
    assert!(
        cancel.preview.changes[0]
            .diff
            .starts_with("running -> cancelled")
    );
    assert!(matches!(
        cancel.observe(&stage).await,
        Observation::Unknown { .. }
    ));
    assert!(alive("61.8001"), "asking stops nothing");
    let output = cancel.apply(&stage).await.unwrap();
    assert!(!alive("61.8001"));
    assert_eq!(output.output.inline().unwrap()["state"], json!("cancelled"));
    assert_eq!(cancel.apply(&stage).await.unwrap(), output);
    assert_eq!(cancel.observe(&stage).await, Observation::Done(output));
    assert!(
        matches!(started.observe(&stage).await, Observation::Done(_)),
        "it had begun"
    );
    let again = tool("job.cancel");
    let Tool::Change(again) = &again else {
        unreachable!()
    };
    let preview = again.preview(&args, &stage.context).await.unwrap();
    assert!(preview.changes.is_empty() && preview.blast_radius.starts_with("Nothing changes"));
}

#[tokio::test]
async fn what_is_not_there_or_cannot_run_is_said() {
    let stage = Stage::new();
    let id = json!({ "agent_id": AGENT, "job_id": Digest::of(b"no job") });
    for name in ["job.status", "job.log"] {
        let error = stage.read(name, id.clone()).await.unwrap_err();
        assert_eq!(error.code, "job_not_found", "{name}");
    }
    let Tool::Change(cancel) = tool("job.cancel") else {
        unreachable!()
    };
    let error = cancel.preview(&id, &stage.context).await.unwrap_err();
    assert_eq!(error.code, "job_not_found");
    let Tool::Change(begin) = tool("job.start") else {
        unreachable!()
    };
    for (script, says) in [
        ("#!/usr/bin/env python3\nprint(1)", "another program"),
        ("#!/bin/shard\n", "another program"),
        ("a\0b", "zero byte"),
    ] {
        let args = json!({ "agent_id": AGENT, "title": "x", "script": script });
        let error = begin.preview(&args, &stage.context).await.unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.outcome),
            ("invalid_script", Outcome::NotStarted)
        );
        assert!(error.message.contains(says), "{error:?}");
    }
    let args = json!({ "agent_id": AGENT, "title": "x", "script": "#!/bin/sh -e\ntrue" });
    begin.preview(&args, &stage.context).await.unwrap();
}
