//! The verdict over the fleet.

use crate::testing::Stage;
use serde_json::{Value as Json, json};

fn measure(metric: &str, value: f64, unit: &str) -> Json {
    let attributes = if metric.contains("filesystem") {
        json!({ "mountpoint": "/var" })
    } else {
        json!({})
    };
    json!({ "metric": metric, "attributes": attributes, "value": value, "unit": unit, "class": "utilization" })
}

fn healthy(title: &str, measures: Vec<Json>) -> Json {
    json!({
        "item": { "agent_id": title },
        "state": "completed",
        "output": { "agent_id": title, "title": title, "reachable": true, "measures": measures, "findings": [], "snapshot_id": "s1" },
        "error": null,
    })
}

async fn judge(args: Json) -> Json {
    Stage::new().read("health.judge", args).await.unwrap()
}

#[tokio::test]
async fn the_limits_of_the_inputs_decide() {
    let agents = json!([healthy(
        "web",
        vec![measure("system.filesystem.utilization", 0.9, "1")]
    )]);
    let output = judge(json!({ "agents": agents })).await;
    assert_eq!(output, json!({ "overall": "ok", "findings": [] }));
    let output = judge(json!({ "agents": agents, "limits": { "disk_pct": 85 } })).await;
    assert_eq!(output["overall"], json!("warning"));
    assert_eq!(
        output["findings"][0],
        json!({
            "severity": "warning",
            "subject": "web: /var",
            "what": "The filesystem is 90 % full (limit 85 %).",
            "evidence": ["system.filesystem.utilization{mountpoint=/var} = 90 %", "snapshot s1"],
            "threshold": "above 85 %",
            "origin": "input limits",
        })
    );
    let relaxed = judge(json!({ "agents": [healthy("web", vec![measure("system.filesystem.utilization", 0.98, "1")])], "limits": { "disk_pct": 99 } })).await;
    assert_eq!(
        relaxed["overall"],
        json!("ok"),
        "a limit above the critical value moves that up too"
    );
}

#[tokio::test]
async fn an_agent_without_an_answer_is_critical_with_the_error_as_evidence() {
    for (error, evidence) in [
        (
            json!({ "code": "agent_timeout", "message": "It took too long.", "hint": "" }),
            "agent_timeout: It took too long.",
        ),
        (json!({ "tool": { "code": "c", "message": "m" } }), "c: m"),
        (json!("plain words"), "plain words"),
        (json!(null), "its check ended as failed without a result"),
    ] {
        let agents = json!([{ "item": { "title": "db" }, "state": "failed", "output": null, "error": error }]);
        let output = judge(json!({ "agents": agents })).await;
        assert_eq!(
            (&output["overall"], &output["findings"][0]["subject"]),
            (&json!("critical"), &json!("db"))
        );
        assert_eq!(output["findings"][0]["evidence"], json!([evidence]));
    }
}

#[tokio::test]
async fn what_was_not_checked_is_said_and_hostile_text_is_visible() {
    let mut entry = healthy("a\u{202e}b\n# c", vec![]);
    entry["output"]["not_checked"] =
        json!([{ "check": "clock", "why": "not available on this host" }]);
    let output = judge(json!({ "agents": [entry] })).await;
    assert_eq!(output["overall"], json!("ok"));
    assert_eq!(
        output["findings"][0]["what"],
        json!("Clock could not be checked: not available on this host.")
    );
    assert_eq!(
        output["findings"][0]["subject"],
        json!("a<U+202E>b<U+000A># c")
    );
}

#[tokio::test]
async fn no_agents_stuck_jobs_and_failed_deployments() {
    let output = judge(json!({
        "agents": null,
        "jobs": { "jobs": [{ "job_id": "j1", "title": "deploy shop" }], "flagged": [{ "job_id": "j1", "why": "running for 2 h" }] },
        "metrics": { "series": [{ "name": "deploy_success_rate", "latest": 0.7, "points": [] }] },
        "limits": { "failure_pct": 20 },
    }))
    .await;
    let what: Vec<&str> = output["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["what"].as_str().unwrap())
        .collect();
    assert_eq!(
        what,
        [
            "30 % of the deployments failed.",
            "The job has not moved for too long.",
            "No agent was checked."
        ]
    );
}

#[tokio::test]
async fn a_disk_that_fills_up_is_foreseen_and_noise_is_not() {
    let metrics = |values: &[f64]| {
        let points: Vec<Json> = values
            .iter()
            .enumerate()
            .map(|(i, v)| json!([i as i64 * 3_600_000_000, v]))
            .collect();
        json!({ "series": [{ "name": "agent_disk", "metric": "system.filesystem.utilization", "agent": "db", "agent_id": "db",
            "unit": "1", "attributes": { "mountpoint": "/" }, "points": points }] })
    };
    for (values, overall) in [
        (vec![0.80, 0.85, 0.90], "critical"),
        (vec![0.60, 0.63, 0.66], "warning"),
        (vec![0.10, 0.20, 0.30], "ok"),
        (vec![0.90, 0.90, 0.90], "ok"),
        (vec![0.90, 0.70, 0.95, 0.70, 0.91], "ok"),
    ] {
        let output =
            judge(json!({ "agents": [healthy("db", vec![])], "metrics": metrics(&values) })).await;
        assert_eq!(output["overall"], json!(overall), "{values:?} {output:#}");
    }
    let output = judge(
        json!({ "agents": [healthy("db", vec![])], "metrics": metrics(&[0.80, 0.85, 0.90]) }),
    )
    .await;
    assert_eq!(
        output["findings"][0]["what"],
        json!("The filesystem runs out of space in about 2 hours, if it goes on like this.")
    );
}
