//! The tools about agents, on this computer for real.

use crate::testing::{NOW_US, Stage, World};
use fleet::{Agent, Job, JobState, Series};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

#[tokio::test]
async fn the_snapshot_of_this_computer_parses_completely() {
    let stage = Stage::new();
    let output = stage
        .read(
            "agent.snapshot",
            json!({ "agent_id": Agent::THIS_COMPUTER }),
        )
        .await
        .unwrap();
    assert_eq!(output["partial"], json!(false), "{:#}", output["gaps"]);
    let kept = stage.world.kept.lock().unwrap();
    let snapshot = &kept[0].snapshot;
    assert_eq!(
        (output["snapshot_id"].as_str(), kept[0].key),
        (Some("snapshot-1"), stage.context.key)
    );
    assert!(
        snapshot.host.hostname.is_some()
            && snapshot
                .host
                .kernel
                .as_deref()
                .unwrap()
                .starts_with("Linux")
    );
    assert!(snapshot.load.is_some() && snapshot.cores.is_some() && snapshot.cpu.is_some());
    assert!(
        snapshot.memory.is_some()
            && snapshot.processes.is_some()
            && snapshot.file_handles.is_some()
    );
    assert!(!snapshot.filesystems.is_empty() && snapshot.uptime_s.unwrap() > 0.0);
    assert!(
        output["measures"]
            .as_array()
            .unwrap()
            .iter()
            .any(|measure| measure["metric"] == "system.cpu.utilization")
    );
    assert!(
        stage.log.lock().unwrap().is_empty(),
        "a snapshot is quiet: {:?}",
        stage.log.lock().unwrap()
    );
}

#[tokio::test]
async fn this_computer_is_judged() {
    let stage = Stage::new();
    let output = stage
        .read("agent.health", json!({ "agent_id": Agent::THIS_COMPUTER }))
        .await
        .unwrap();
    assert_eq!(output["reachable"], json!(true));
    assert!(["healthy", "warning", "critical"].contains(&output["status"].as_str().unwrap()));
    let only = json!({ "agent_id": Agent::THIS_COMPUTER, "checks": ["disk"], "limits": { "disk_pct": 0 } });
    let output = stage.read("agent.health", only).await.unwrap();
    let findings = output["findings"].as_array().unwrap();
    assert!(!findings.is_empty() && findings.iter().all(|finding| finding["check"] == "disk"));
    assert_eq!(findings[0]["origin"], json!("input limits"));
    let metrics = output["measures"].as_array().unwrap();
    assert!(metrics.iter().all(|measure| {
        measure["metric"]
            .as_str()
            .unwrap()
            .starts_with("system.filesystem.")
    }));
}

#[tokio::test]
async fn agents_are_listed_by_environment() {
    let other = Agent {
        agent_id: "a-web".to_owned(),
        environment: "production".to_owned(),
        ..Agent::this_computer()
    };
    let stage = Stage::with(World {
        agents: vec![Agent::this_computer(), other],
        ..World::default()
    });
    let ids = |output: Json| {
        output["agents"]
            .as_array()
            .unwrap()
            .iter()
            .map(|agent| agent["agent_id"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ids(stage.read("agent.list", json!({})).await.unwrap()),
        ["a-web", "this-computer"]
    );
    assert_eq!(
        ids(stage
            .read("agent.list", json!({ "environment": "all" }))
            .await
            .unwrap()),
        ["a-web", "this-computer"]
    );
    assert_eq!(
        ids(stage
            .read("agent.list", json!({ "environment": "production" }))
            .await
            .unwrap()),
        ["a-web"]
    );
    assert_eq!(
        ids(stage
            .read("agent.list", json!({ "environment": "qa" }))
            .await
            .unwrap()),
        Vec::<Json>::new()
    );
}

#[tokio::test]
async fn an_unknown_agent_is_an_error_that_names_the_known_ones() {
    let error = Stage::new()
        .read("agent.health", json!({ "agent_id": "web-9" }))
        .await
        .unwrap_err();
    assert_eq!(error.code, "agent_not_found");
    assert!(error.hint.contains("this-computer"), "{}", error.hint);
}

#[tokio::test]
async fn a_cancelled_check_is_an_error_and_not_an_unreachable_agent() {
    let stage = Stage::new();
    stage.context.cancel.cancel();
    let error = stage
        .read("agent.health", json!({ "agent_id": Agent::THIS_COMPUTER }))
        .await
        .unwrap_err();
    assert_eq!(error.code, "cancelled");
    assert_eq!(*stage.world.missed.lock().unwrap(), []);
}

#[tokio::test]
async fn jobs_are_listed_and_the_stuck_ones_flagged() {
    let job = |job_id: &str, state, minutes: i64| Job {
        job_id: job_id.to_owned(),
        title: format!("deploy {job_id}"),
        agent_id: "web".to_owned(),
        state,
        opened_at_us: NOW_US - minutes * 60_000_000,
        since_us: NOW_US - minutes * 60_000_000,
    };
    let jobs = vec![
        job("new", JobState::Running, 5),
        job("old", JobState::Queued, 45),
        job("over", JobState::Failed, 90),
    ];
    let stage = Stage::with(World {
        jobs,
        ..World::default()
    });
    let output = stage
        .read(
            "job.list",
            json!({ "states": ["queued", "running"], "flag_older_than": "30m" }),
        )
        .await
        .unwrap();
    assert_eq!(output["jobs"].as_array().unwrap().len(), 2);
    assert_eq!(
        output["flagged"],
        json!([{ "job_id": "old", "why": "queued for 45 m, longer than 30 m" }])
    );
    assert_eq!(
        stage.read("job.list", json!({})).await.unwrap()["jobs"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(
        Stage::new().read("job.list", json!({})).await.unwrap(),
        json!({ "jobs": [], "flagged": [] })
    );
}

#[tokio::test]
async fn series_come_with_their_slope_and_missing_ones_are_named() {
    let points = (0..5_i64)
        .map(|hour| {
            (
                NOW_US - (5 - hour) * 3_600_000_000,
                0.5 + hour as f64 / 10.0,
            )
        })
        .collect();
    let series = Series {
        name: "system.filesystem.utilization".to_owned(),
        agent_id: Some(Agent::THIS_COMPUTER.to_owned()),
        attributes: BTreeMap::from([("mountpoint".to_owned(), "/".to_owned())]),
        unit: "1".to_owned(),
        points,
    };
    let stage = Stage::with(World {
        agents: vec![Agent::this_computer()],
        series: vec![series],
        ..World::default()
    });
    let output = stage
        .read(
            "metrics.query",
            json!({ "window": "24h", "series": ["agent_disk", "gate_wait"] }),
        )
        .await
        .unwrap();
    assert_eq!(output["missing"], json!(["gate_wait"]));
    let row = &output["series"][0];
    assert_eq!(
        (&row["name"], &row["agent"]),
        (&json!("agent_disk"), &json!("This computer"))
    );
    assert!(
        (row["slope_per_hour"].as_f64().unwrap() - 0.1).abs() < 1e-9 && row["latest"] == json!(0.9)
    );
    assert_eq!(output["window_ms"], json!(86_400_000));
}

/// The health check's steps one after the other, each with the outputs of those before, as its workflow chains them.
#[tokio::test]
async fn the_health_check_of_this_computer_from_list_to_report() {
    let stage = Stage::new();
    let listed = stage
        .read("agent.list", json!({ "environment": "all" }))
        .await
        .unwrap();
    let item = &listed["agents"][0];
    let health = json!({ "agent_id": item["agent_id"], "checks": ["reachable", "disk", "memory", "load", "clock", "services"] });
    let output = stage.read("agent.health", health).await.unwrap();
    let agents = json!([{ "item": item, "state": "completed", "output": output, "error": null }]);
    let jobs = json!({ "states": ["queued", "running"], "flag_older_than": "30m" });
    let jobs = stage.read("job.list", jobs).await.unwrap();
    let metrics = json!({ "window": "24h", "series": ["deploy_success_rate", "deploy_duration", "agent_load", "agent_disk", "gate_wait"] });
    let metrics = stage.read("metrics.query", metrics).await.unwrap();
    assert_eq!(metrics["missing"].as_array().unwrap().len(), 5);
    let limits =
        json!({ "disk_pct": 85, "load_per_core": 2.0, "failure_pct": 20, "clock_skew_ms": 500 });
    let judge = json!({ "agents": agents, "jobs": jobs, "metrics": metrics, "limits": limits });
    let patterns = stage.read("health.judge", judge).await.unwrap();
    let data = json!({ "agents": agents, "jobs": jobs, "metrics": metrics, "patterns": patterns, "made_by": "rule" });
    let report = stage
        .read(
            "report.render",
            json!({ "template": "builtin:health-report", "data": data }),
        )
        .await
        .unwrap();
    let page = report["artifact"]["markdown"].as_str().unwrap();
    let verdict = format!(
        "# System health: {}\n",
        patterns["overall"].as_str().unwrap()
    );
    assert!(
        page.starts_with(&verdict) && page.contains("| This computer | development |"),
        "{page}"
    );
}
