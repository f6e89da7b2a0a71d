//! Every call of the table through the commands of the window.

use std::collections::BTreeSet;

use api::{CALLS, DESKTOP_CALLS, Fault};
use serde_json::{Value as Json, json};
use tauri::WebviewWindowBuilder;
use tauri::async_runtime::block_on;

use super::{Stage, invoke};
use crate::desk::Desk;
use crate::way_in::WayIn;

const A_DIGEST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Arguments that every call can read; what they name need not exist.
fn arguments(name: &str) -> Json {
    match name {
        "start_run" => json!({ "workflow": "health_check", "inputs": {} }),
        "runs" => json!({ "limit": 10 }),
        "search_runs" => json!({
            "text": "\"%* NEAR", "states": ["failed"], "workflow": null, "since_us": 0, "before": null, "limit": 10,
        }),
        "decisions" => json!({ "before": null, "limit": 10 }),
        "agent_history" => json!({ "agent_id": "this-computer", "hours": 24 }),
        "workflow_source" => json!({ "name": "health_check" }),
        "export_report" => json!({ "run": "nothing", "form": "html" }),
        "agents" => json!({ "selector": "" }),
        "preview_import" => {
            json!({ "args": { "sources": [{ "kind": "pasted", "text": "web-01" }] } })
        }
        "show_run" => json!({ "run": "nothing-begins-so" }),
        "decide" => json!({
            "run": "nothing", "gate": "nothing", "revision": 1, "digest": A_DIGEST, "decision": "approve", "token": null,
        }),
        "resolve_doubt" => {
            json!({ "run": "nothing", "step": "nothing", "answer": "happened", "token": null })
        }
        "cancel_run" => json!({ "run": "nothing" }),
        "undo_run" => json!({ "run": "nothing" }),
        "blob" => json!({ "sha256": A_DIGEST }),
        "log" => json!({ "run": "nothing", "call": A_DIGEST, "from": 0 }),
        "validate" => json!({ "file": "a.workflow.yaml", "text": "id: [" }),
        "make_token" | "revoke_token" => json!({ "name": "ci" }),
        "set_secret" => json!({ "reference": "keychain:a", "value": "b", "session": true }),
        "delete_secret" | "test_secret" => json!({ "reference": "keychain:a" }),
        _ => json!({}),
    }
}

fn fault(answer: Json) -> Fault {
    serde_json::from_value(answer.clone()).unwrap_or_else(|why| panic!("no fault: {answer}: {why}"))
}

#[test]
fn every_call_of_the_table_is_a_command_that_the_window_may_use() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::on(folder.path());
    let mut answered = BTreeSet::new();
    for info in CALLS {
        match stage.call(info.name, arguments(info.name)) {
            Ok(_) => {
                answered.insert(info.name);
            }
            // Tauri's own refusals (not found, not allowed) are plain strings.
            Err(answer) => {
                let fault = fault(answer);
                assert!(
                    !fault.code.is_empty() && !fault.title.is_empty(),
                    "{}: {fault:?}",
                    info.name
                );
                assert!(
                    !fault.action.is_empty(),
                    "{}: says not what to do: {fault:?}",
                    info.name
                );
                assert_ne!(fault.code, "internal", "{}: {fault:?}", info.name);
            }
        }
    }
    for name in [
        "workflows",
        "start_run",
        "runs",
        "search_runs",
        "decisions",
        "agent_history",
        "workflow_source",
        "back_up",
        "diagnostics",
        "schema",
        "audit",
        "state",
        "operators",
        "validate",
    ] {
        assert!(answered.contains(name), "{name} has no answer");
    }
}

#[test]
fn a_health_check_started_by_the_page_can_be_read_by_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::on(folder.path());
    let list = stage.call("workflows", json!({})).unwrap();
    let ids: Vec<&str> = list["workflows"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["id"].as_str())
        .collect();
    assert!(ids.contains(&"health_check"), "{ids:?}");
    let started = stage
        .call(
            "start_run",
            json!({ "workflow": "health_check", "inputs": {} }),
        )
        .unwrap();
    let run = started["run"]
        .as_str()
        .expect("ids cross as strings")
        .to_owned();
    let rows = stage.call("runs", json!({ "limit": 5 })).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
    let shown = stage.call("show_run", json!({ "run": run })).unwrap();
    assert!(shown.is_object(), "{shown}");
}

#[test]
fn refusals_arrive_as_faults() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::on(folder.path());
    let unknown = json!({ "workflow": "no_such_workflow", "inputs": {} });
    let refused = fault(stage.call("start_run", unknown).unwrap_err());
    assert!(refused.title.contains("no_such_workflow"), "{refused:?}");
    // Not the words of a parser alone, and never a plain string.
    fault(stage.call("start_run", json!({ "inputs": 7 })).unwrap_err());
    fault(stage.call("runs", Json::Null).unwrap_err());
    fault(
        stage
            .invoke(
                "follow",
                json!({ "topic": "weather", "channel": "__CHANNEL__:1" }),
            )
            .unwrap_err(),
    );
}

#[test]
fn a_page_that_is_not_the_window_may_call_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::on(folder.path());
    let other = WebviewWindowBuilder::new(&stage.app, "other", Default::default())
        .build()
        .unwrap();
    for name in CALLS
        .iter()
        .chain(DESKTOP_CALLS)
        .map(|info| info.name)
        .chain(["follow", "unfollow"])
    {
        let refused = invoke(&other, name, json!({ "args": arguments(name) })).unwrap_err();
        assert!(
            refused
                .as_str()
                .is_some_and(|why| why.contains("not allowed")),
            "{name}: {refused}"
        );
    }
    // Neither is what Tauri brings along, in the window itself.
    for name in [
        "plugin:event|emit",
        "plugin:path|resolve_directory",
        "plugin:webview|create_webview_window",
    ] {
        let refused = stage.invoke(name, json!({})).unwrap_err();
        assert!(
            refused
                .as_str()
                .is_some_and(|why| why.contains("not allowed")),
            "{name}: {refused}"
        );
    }
}

#[test]
fn without_a_data_folder_every_call_says_why() {
    let why = Fault::new(
        "folder_in_use",
        "The data folder is in use",
        "Close the other program",
    );
    let stage = Stage::with(Desk::at(WayIn::given(Err(why.clone()))));
    for info in CALLS {
        assert_eq!(
            fault(stage.call(info.name, arguments(info.name)).unwrap_err()),
            why,
            "{}",
            info.name
        );
    }
    let follow = json!({ "topic": "board", "channel": "__CHANNEL__:1" });
    assert_eq!(fault(stage.invoke("follow", follow).unwrap_err()), why);
}

#[test]
fn a_closed_window_leaves_the_folder_to_the_next_program() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::on(folder.path());
    let started = stage
        .call(
            "start_run",
            json!({ "workflow": "health_check", "inputs": {} }),
        )
        .unwrap();
    drop(stage);
    let next = super::door(folder.path());
    assert!(!next.is_remote(), "the folder is still owned");
    let shown = api::ShowRun {
        run: started["run"].as_str().unwrap().to_owned(),
    };
    block_on(next.call(shown, engine::Origin::Window)).unwrap();
    block_on(next.close());
}

#[test]
fn when_the_owner_ends_the_window_takes_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let owner = super::door(folder.path());
    let data_dir = folder.path().to_owned();
    let options = engine::OpenOptions {
        downloads: Some(data_dir.join("downloads")),
        data_dir,
        program: "window".to_owned(),
        secrets: engine::SecretSource::SessionOnly,
    };
    let stage = Stage::with(Desk::at(block_on(WayIn::open(options))));
    stage.call("state", json!({})).unwrap();
    block_on(owner.close());
    // A call that changes something is not made twice; the next one finds an engine.
    let start = json!({ "workflow": "health_check", "inputs": {} });
    assert_eq!(
        fault(stage.call("start_run", start.clone()).unwrap_err()).code,
        "owner_gone"
    );
    stage.call("start_run", start).unwrap();
    assert!(
        super::door(folder.path()).is_remote(),
        "the window does not own the folder"
    );
}

#[test]
fn a_folder_that_is_free_again_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let lock = std::fs::File::create(folder.path().join("engine.lock")).unwrap();
    lock.lock().unwrap();
    let data_dir = folder.path().to_owned();
    let options = engine::OpenOptions {
        downloads: Some(data_dir.join("downloads")),
        data_dir,
        program: "window".to_owned(),
        secrets: engine::SecretSource::SessionOnly,
    };
    let stage = Stage::with(Desk::at(block_on(WayIn::open(options))));
    assert_eq!(
        fault(stage.call("state", json!({})).unwrap_err()).code,
        "folder_in_use"
    );
    drop(lock);
    stage.call("state", json!({})).unwrap();
}
