//! The workflows that the user guide shows can be put into the definitions folder as they stand there: each is read with
//! the tools that ship, and nothing is wrong with it.

use std::fs;

#[test]
fn every_workflow_of_the_guide_can_be_used() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/guide.md");
    let guide = fs::read_to_string(file).unwrap();
    let shown = guide.split("```yaml\n").skip(1);
    let workflows: Vec<&str> = shown
        .map(|rest| rest.split_once("```").unwrap().0)
        .filter(|block| block.contains("kind: Workflow"))
        .collect();
    assert!(!workflows.is_empty(), "the guide shows a whole workflow");
    for text in workflows {
        let report = engine::validate("guide.md", text);
        let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
        assert!(report.ok && findings.is_empty(), "{}", findings.join("\n"));
    }
}
