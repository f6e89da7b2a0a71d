//! What the window reads: an example of every reply and every notice is read by the window's own way (`workflow::Slim`)
//! as `serde_json` reads it, and says the same again when it is written.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

use api::{Batch, Call, Fault, Notice};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value as Json, json};
use std::{fmt::Debug, sync::Arc};
use workflow::{Actor, Digest, Event, FleetChange, Record, Run, RunId, StepKey, from_json};

fn same<T: DeserializeOwned + Serialize + PartialEq + Debug>(json: &Json) -> T {
    let text = json.to_string();
    let read: T = from_json(&text).unwrap_or_else(|why| panic!("{why}: {text}"));
    assert_eq!(read, serde_json::from_str(&text).unwrap());
    assert_eq!(&serde_json::to_value(&read).unwrap(), json);
    read
}

fn digest() -> Digest {
    Digest::of(b"")
}

fn run() -> Run {
    let workflow = json!({
        "id": "check", "title": "Check", "version": "1", "description": "", "risk": "low", "labels": {"a": "b"},
        "effects": null, "inputs": {"type": "object"}, "on_failure": "stop", "stages": ["Look"], "outputs": {},
        "tools": {},
        "steps": [{
            "id": "look", "title": "Look", "stage": 1, "needs": [], "when": null, "foreach": null, "timeout_ms": null,
            "retry": null, "poll": null, "asserts": [], "exit_when": null, "gate": {"before": null, "after": null},
            "irreversible": null, "body": {"uses": {"tool": "core.value", "with": {}}},
        }],
    });
    let workflow = Arc::new(serde_json::from_value(workflow).unwrap());
    Run::new(RunId("r1".to_owned()), workflow, digest())
        .fold(&records())
        .unwrap()
}

fn records() -> Vec<Record> {
    let events = [
        Event::RunStarted {
            definition: digest(),
            title: "Check".to_owned(),
            inputs: [("limit".to_owned(), json!(1.5).into())].into(),
        },
        Event::StepStarted {
            step: StepKey::top("look"),
            attempt: 1,
            items: None,
        },
    ];
    let record = |(event, seq)| Record {
        run: RunId("r1".to_owned()),
        seq,
        at_us: 1_000_000,
        actor: Actor::person("ada", "window"),
        event,
    };
    events.into_iter().zip(1..).map(record).collect()
}

fn row() -> Json {
    let mut row = serde_json::to_value(run().summary()).unwrap();
    row["open_gates"] = json!([{
        "gate": "look.before", "revision": 1, "card_digest": digest(), "title": "Look?", "opened_at_us": 5,
        "expires_at_us": null,
    }]);
    row["in_doubt"] = json!(["look", "list[3.0]"]);
    row["ended_at_us"] = json!(7);
    row
}

fn connection() -> Json {
    json!({
        "kind": "ssh", "address": "10.0.0.1", "port": 22, "user": "root", "credential": "key:/k", "ssh_alias": "web",
        "ssh_config": "/c", "host_key_alias": "w", "via": {"by": "openssh", "reason": "ProxyCommand is set"},
        "jumps": [{"address": "j", "port": 22, "user": "u"}], "host_key": "SHA256:x",
    })
}

fn agents() -> Json {
    let agent = |id: &str, transport: Json, state: &str| {
        json!({
            "agent_id": id, "title": id, "transport": transport, "environment": "development",
            "labels": {"a": "b"}, "state": state, "facts": {"os": "linux"},
        })
    };
    let plain = json!({
        "kind": "ssh", "address": "a", "port": 22, "user": "u", "credential": "ssh:config", "via": {"by": "ssh"},
    });
    let finding = json!({
        "severity": "warning", "check": "disk", "subject": "/", "what": "Full", "metric": "disk", "value": 0.93,
        "unit": "1", "threshold": 0.9, "origin": "built-in", "evidence": ["df"],
    });
    let last =
        json!({"snapshot_id": "s", "taken_at_us": -1, "partial": true, "findings": [finding]});
    json!({"agents": [
        {"agent": agent("here", json!({"kind": "local"}), "registered"), "registered_at_us": null, "run": null,
         "last": last},
        {"agent": agent("web", connection(), "quarantined"), "registered_at_us": 1, "run": "r1", "last": null},
        {"agent": agent("db", plain, "candidate"), "registered_at_us": 1, "run": "r1", "last": null},
    ]})
}

fn engine_state() -> Json {
    json!({
        "version": "1", "data_dir": "/d", "writable": false, "trouble": "The disk is full", "operator": "ada",
        "definitions_seq": u64::MAX,
    })
}

/// An example of what a call gives.
fn reply(call: &str) -> Json {
    let finding = json!({
        "file": "a.yaml", "line": 1, "column": 2, "severity": "error", "code": "c", "what": "w", "hint": "",
    });
    match call {
        "workflows" => json!({"workflows": [{
            "id": "check", "title": "Check", "description": "", "version": "1", "risk": "high", "reads_only": true,
            "inputs": {"type": "object", "properties": {"n": {"default": 1.0}}}, "stages": ["Look"],
            "origin": "built-in", "shadows_builtin": false, "digest": digest(),
        }], "findings": [finding], "folder": "/f"}),
        "start_run" | "undo_run" => json!({"run": "r1"}),
        "search_runs" => {
            json!({"rows": [{"summary": row(), "line": "a line"}, {"summary": row(), "line": null}],
            "total": u64::MAX, "more": true})
        }
        "decisions" => json!({"rows": [{
            "seq": 3, "run": "r1", "workflow": "Check", "gate": "look.before", "revision": 2, "question": "Look?",
            "answer": "reject", "words": "no", "by": {"kind": "person", "name": "ada", "origin": "window"},
            "opened_at_us": 1, "at_us": 2,
        }], "more": false}),
        "agent_history" => json!({
            "snapshot": {"load": 1.5}, "taken_at_us": -1,
            "series": [{"name": "load", "unit": "1", "points": [[1, 0.5], [2, 1.0]]}],
        }),
        "workflow_source" => json!({"origin": "a.yaml", "text": "id: a", "findings": [finding]}),
        "export_report" | "back_up" | "diagnostics" => {
            json!({"path": "/d/a.md", "bytes": u64::MAX, "says": ["It is there."]})
        }
        "runs" => json!([row()]),
        "agents" => agents(),
        "host_keys" => json!({"keys": [{
            "host": "h", "port": 65535, "key": "ssh-ed25519 AAAA", "fingerprint": "SHA256:x", "trusted_at_us": 1,
            "run": "r1",
        }]}),
        "show_run" | "decide" | "resolve_doubt" | "cancel_run" => json!(run()),
        "preview_import" | "blob" | "schema" => {
            json!({"any": [1, -1, 1.5, null, true, "text", {}]})
        }
        "log" => json!({
            "lines": [{"stream": "stdout", "text": "a"}, {"stream": "stderr", "text": ""}, {"stream": "note", "text": "b"}],
            "next": 2, "more": false,
        }),
        "validate" => json!({"findings": [finding], "ok": false, "what": null}),
        "audit" => json!({
            "state": "broken", "intact": false, "records": 3, "head": "00", "broken_at": 2, "why": "It differs",
            "signed_upto": null, "unsigned_since": 1, "public_keys": ["00"], "fingerprint": "f", "notes": ["n"],
            "says": "It says",
        }),
        "state" | "retry_writes" => engine_state(),
        "operators" | "revoke_token" => json!({"operators": [
            {"name": "ada", "proof": "os user", "since_us": null, "revoked_us": 4},
        ]}),
        "make_token" => json!({"name": "ci", "token": "t"}),
        "set_secret" | "delete_secret" | "test_secret" => {
            json!({"reference": "keychain:a", "present": true, "source": "session", "trouble": null})
        }
        "desktop_state" | "set_desktop" | "test_notification" => json!({
            "settings": {"notifications": true, "keep_in_tray": false, "autostart": true, "rendering": "compatible"},
            "notifications": {"Ok": "dunst"}, "tray": {"Err": "There is none"}, "rendering": "Without the GPU",
        }),
        "open_folder" | "painted" => Json::Null,
        "take_link" => json!("/run/r1"),
        other => panic!("no example of what {other} gives"),
    }
}

#[test]
fn every_reply_is_read_as_it_was_written() {
    macro_rules! read {
        ($name:ident, $call:ident) => {
            same::<<api::$call as Call>::Reply>(&reply(stringify!($name)))
        };
    }
    api::for_each_call!(read);
    api::for_each_desktop_call!(read);
    same::<Fault>(&json!({"code": "c", "title": "t", "detail": "", "action": "a"}));
}

#[test]
fn an_agents_row_may_be_short() {
    let mut json = agents();
    let row = json["agents"][2]["agent"].as_object_mut().unwrap();
    row.retain(|name, _| !["labels", "state", "facts"].contains(&name.as_str()));
    let text = json.to_string();
    let read: api::AgentList = from_json(&text).unwrap();
    assert_eq!(read, serde_json::from_str(&text).unwrap());
    assert_eq!(read.agents[2].agent.state, fleet::AgentState::Registered);
}

#[test]
fn every_notice_is_read_as_it_was_written() {
    let changes = [
        json!({"change": "agent_registered", "agent_id": "web", "row": connection()}),
        json!({"change": "agent_changed", "agent_id": "web", "row": null}),
        json!({"change": "agent_removed", "agent_id": "web"}),
        json!({"change": "key_trusted", "host": "h", "port": 22, "key": "k"}),
        json!({"change": "key_untrusted", "host": "h", "port": 22, "key": "k"}),
    ];
    let mut records = json!(records());
    for change in &changes {
        same::<FleetChange>(change);
        let mut record = records[1].clone();
        record["event"] = json!({"kind": "fleet_changed", "step": "look", "change": change});
        records.as_array_mut().unwrap().push(record);
    }
    let notices = [
        json!({"snapshot": run()}),
        json!({"records": records}),
        json!({"log": {"run": "r1", "call": digest(), "lines": [{"stream": "note", "text": "a"}]}}),
        json!({"board": {"seq": 1, "rows": [row()]}}),
        json!({"row": {"seq": 2, "row": row()}}),
        json!({"engine": engine_state()}),
        json!({"gap": "board"}),
        json!({"gap": {"run": "r1"}}),
    ];
    for notice in &notices {
        let name = match same::<Notice>(notice) {
            Notice::Snapshot(_) => "snapshot",
            Notice::Records(_) => "records",
            Notice::Log { .. } => "log",
            Notice::Board { .. } => "board",
            Notice::Row { .. } => "row",
            Notice::Engine(_) => "engine",
            Notice::Gap(_) => "gap",
        };
        assert!(notice.get(name).is_some());
    }
    same::<Batch>(&json!({"seq": 1, "notices": notices}));
}
