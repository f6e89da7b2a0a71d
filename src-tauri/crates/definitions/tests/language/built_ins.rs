//! What ships with the app is in order, and says what the original said.

use crate::catalogue::catalogue;
use definitions::{Document, read};

#[test]
fn built_ins_have_no_findings() {
    let files = [
        (
            "health_check.workflow.yaml",
            include_str!("../../builtin/health_check.workflow.yaml"),
        ),
        (
            "health_check.test.yaml",
            include_str!("../../builtin/health_check.test.yaml"),
        ),
    ];
    for (name, text) in files {
        let reading = read(name, text, &catalogue());
        let findings: Vec<String> = reading.findings.iter().map(ToString::to_string).collect();
        assert!(findings.is_empty(), "{}", findings.join("\n"));
        assert!(reading.document.is_some());
    }
}

#[test]
fn the_health_check_keeps_its_four_stages() {
    let text = include_str!("../../builtin/health_check.workflow.yaml");
    let Some(Document::Workflow(workflow)) =
        read("health_check.workflow.yaml", text, &catalogue()).document
    else {
        panic!("not a workflow");
    };
    assert_eq!(
        workflow.stages,
        [
            "Check all agent health",
            "Review running jobs",
            "Analyze metrics and patterns",
            "Generate comprehensive report"
        ]
    );
    let shown: Vec<(&str, u32, &[String])> = workflow
        .steps
        .iter()
        .map(|step| (step.id.as_str(), step.stage, step.needs.as_slice()))
        .collect();
    let needs = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        shown,
        [
            ("list_agents", 1, needs(&[]).as_slice()),
            ("agents", 1, &needs(&["list_agents"])),
            ("jobs", 2, &needs(&[])),
            ("metrics", 3, &needs(&[])),
            ("patterns", 3, &needs(&["agents", "jobs", "metrics"])),
            ("report", 4, &needs(&["patterns"])),
        ]
    );
    assert_eq!(
        workflow
            .tools
            .keys()
            .map(String::as_str)
            .collect::<Vec<_>>(),
        [
            "agent.health",
            "agent.list",
            "health.judge",
            "job.list",
            "metrics.query",
            "report.render"
        ]
    );
}
