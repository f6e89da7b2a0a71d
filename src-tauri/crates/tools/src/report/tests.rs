//! The report of a health check, whole and with hostile or missing parts.

use crate::testing::Stage;
use serde_json::{Value as Json, json};

async fn markdown(data: Json) -> String {
    let args = json!({ "template": "builtin:health-report", "data": data });
    let output = Stage::new().read("report.render", args).await.unwrap();
    let artifact = &output["artifact"];
    assert_eq!(
        artifact["markdown_sha256"],
        json!(workflow::Digest::of(
            artifact["markdown"].as_str().unwrap().as_bytes()
        ))
    );
    artifact["markdown"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_report_begins_with_the_verdict_and_hides_nothing() {
    let page = markdown(json!({
        "agents": [
            { "item": { "agent_id": "web" }, "state": "completed", "error": null, "output": {
                "agent_id": "web", "title": "web-01", "environment": "production", "reachable": true, "status": "warning",
                "partial": false, "host": { "uptime_s": 93_784.0 },
                "measures": [
                    { "metric": "system.filesystem.utilization", "attributes": { "mountpoint": "/" }, "value": 0.5, "unit": "1", "class": "utilization" },
                    { "metric": "system.filesystem.utilization", "attributes": { "mountpoint": "/var" }, "value": 0.9, "unit": "1", "class": "utilization" },
                    { "metric": "system.memory.utilization", "value": 0.25, "unit": "1", "class": "utilization" },
                    { "metric": "system.cpu.load_per_core", "value": 0.4, "unit": "{load}", "class": "saturation" },
                ],
                "findings": [], "not_checked": [{ "check": "clock", "why": "not available on this host" }],
                "not_permitted": ["the kernel's log"],
            } },
            { "item": { "agent_id": "db", "title": "db-01", "environment": "production" }, "state": "failed", "output": null, "error": null },
        ],
        "jobs": { "jobs": [], "flagged": [] },
        "patterns": { "overall": "critical", "findings": [
            { "severity": "critical", "subject": "db-01", "what": "The agent could not be checked.", "evidence": ["agent_timeout: x"] },
            { "severity": "warning", "subject": "web-01: /var", "what": "The filesystem is 90 % full (limit 85 %).",
              "evidence": ["system.filesystem.utilization{mountpoint=/var} = 90 %"], "threshold": "above 85 %", "origin": "input limits" },
        ] },
        "made_by": "rule",
    }))
    .await;
    let expected = r"# System health: critical

**1 of 2 agents did not answer**: 1 critical finding, 1 warning.

Made 2026-11-22 09:27 UTC, judged by thresholds and slopes, without a model.

## Agents

| Agent | Environment | Status | Fullest disk | Memory used | Load per core | Up for |
|---|---|---|---|---|---|---|
| web-01 | production | **warning** | 90 % of /var | 25 % | 0.4 | 1 d 2 h |
| db-01 | production | **no result** (failed) | — | — | — | — |

## Findings

### Critical

- **db-01**: The agent could not be checked.
  - Evidence: `agent_timeout: x`

### Warnings

- **web-01: /var**: The filesystem is 90 % full (limit 85 %).
  - Limit: above 85 % (origin: input limits)
  - Evidence: `system.filesystem.utilization{mountpoint=/var} = 90 %`

## Jobs

None.

## What could not be checked

- web-01: clock (not available on this host)
- web-01: not permitted for the user who asked: the kernel's log
";
    assert_eq!(page, expected);
}

/// Whatever a host sends, the page has only the headings, links and table cells that the template makes.
#[tokio::test]
async fn hostile_text_from_hosts_stays_text() {
    let hostile = "x | y\n# Owned\n[click](http://evil.example) <script>alert(1)</script> ![i](http://e/x.png) \u{1b}[2J\u{202e}`**b**` www.evil.example";
    let page = markdown(json!({
        "agents": [{ "item": hostile, "state": hostile, "error": hostile, "output": {
            "title": hostile, "environment": hostile, "status": hostile, "reachable": true, "partial": true,
            "measures": [{ "metric": "system.filesystem.utilization", "attributes": { "mountpoint": hostile }, "value": 0.5, "unit": "1", "class": "utilization" }],
            "not_checked": [{ "check": hostile, "why": hostile }], "not_permitted": [hostile],
        } }],
        "jobs": { "jobs": [{}], "flagged": [{ "job_id": hostile, "why": hostile }] },
        "metrics": { "window_ms": 1000, "missing": [hostile], "series": [{ "name": hostile, "agent": hostile, "unit": hostile, "latest": 1.0, "points_total": 1 }] },
        "patterns": { "overall": "ok", "findings": [{ "severity": "warning", "subject": hostile, "what": hostile, "evidence": [hostile], "threshold": hostile, "origin": hostile }] },
        "made_by": hostile,
    }))
    .await;
    assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}'));
    // Inside code spans everything is text; outside, nothing of it is bare.
    let outside: String = page
        .lines()
        .filter(|line| !line.contains("Evidence: "))
        .collect::<Vec<_>>()
        .join("\n");
    let mut bare = outside.clone();
    for escaped in r"\`*_[]<>#&|~@$:.".chars() {
        bare = bare.replace(&format!("\\{escaped}"), "");
    }
    for markup in ["](", "<", "[", "http:", "www.", "`", "\\"] {
        assert!(!bare.contains(markup), "{markup}: {bare}");
    }
    let headings: Vec<&str> = page.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(
        headings,
        [
            "# System health: ok",
            "## Agents",
            "## Findings",
            "### Warnings",
            "## Jobs",
            "## Trends over 1 s",
            "## What could not be checked"
        ]
    );
    let columns = |line: &str| line.replace("\\|", "").matches('|').count();
    for line in page.lines().filter(|line| line.starts_with("| x")) {
        assert!([8, 6].contains(&columns(line)), "{line}");
    }
    let evidence = page
        .lines()
        .find(|line| line.contains("Evidence: "))
        .unwrap()
        .trim()
        .strip_prefix("- Evidence: ")
        .unwrap();
    assert!(
        evidence.starts_with("``x | y") && evidence.ends_with("``"),
        "{evidence}"
    );
}

#[tokio::test]
async fn missing_parts_are_said_to_be_missing() {
    let page = markdown(json!({})).await;
    for sentence in [
        "# System health: not judged",
        "No agent was checked",
        "Nobody judged the readings.",
        "Not asked.",
    ] {
        assert!(page.contains(sentence), "{sentence}: {page}");
    }
}
