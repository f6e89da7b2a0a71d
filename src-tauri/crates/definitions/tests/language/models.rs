//! What a file leaves out is filled in, and the same file is always the same model.

use crate::catalogue::catalogue;
use definitions::{Document, read};
use workflow::{
    Body, CardScope, DecisionKind, ErrorClass, GateKind, OnFailure, OnTimeout, Risk, Workflow,
    digest_of_json,
};

fn model(steps: &str) -> Workflow {
    let text = format!("apiVersion: countersign/v1\nkind: Workflow\nid: clean_the_disk\n{steps}");
    let reading = read("t.yaml", &text, &catalogue());
    match reading.document {
        Some(Document::Workflow(workflow)) => *workflow,
        Some(Document::Test(_) | Document::Application(_)) | None => {
            panic!("{:#?}", reading.findings)
        }
    }
}

#[test]
fn a_file_may_leave_out_almost_everything() {
    let workflow = model(
        "steps:\n  - { id: look_around, uses: core.value }\n  - { id: b, uses: core.value }\n",
    );
    assert_eq!(workflow.title, "Clean the disk");
    assert_eq!(workflow.risk, Risk::Low);
    assert_eq!(workflow.on_failure, OnFailure::Stop);
    assert_eq!(workflow.stages, ["Look around", "B"]);
    assert_eq!(workflow.steps[1].needs, ["look_around"]);
    assert_eq!((workflow.steps[0].stage, workflow.steps[1].stage), (1, 2));
    assert_eq!(
        workflow.inputs,
        serde_json::json!({ "type": "object", "additionalProperties": false, "properties": {} })
    );
    assert!(workflow.effects.is_none());
}

#[test]
fn defaults_reach_the_calls_and_stages_the_nested_steps() {
    let workflow = model(
        "defaults: { timeout: 5m, retry: { max: 2, backoff: 2s, factor: 3, for: [io] } }\nstages: [One, Two]\nsteps:
  - id: g
    stage: 2
    parallel:
      fail: all
      steps:
        - { id: a, uses: core.value }
        - { id: b, uses: core.value, timeout: 1s, retry: { max: 0 } }
  - id: h
    stage: 1
    needs: []
    foreach: [1, 2]
    steps: [{ id: c, uses: core.value }, { id: d, uses: core.value }]
",
    );
    let step = |id: &str| workflow.step(id).unwrap();
    assert_eq!(
        (step("g").timeout_ms, step("g").retry.clone()),
        (None, None)
    );
    assert_eq!(step("a").timeout_ms, Some(300_000));
    let retry = step("a").retry.clone().unwrap();
    assert_eq!(
        (retry.max, retry.backoff_ms, retry.factor, retry.classes),
        (2, 2_000, 3.0, vec![ErrorClass::Io])
    );
    assert_eq!(
        (step("b").timeout_ms, step("b").retry.as_ref().unwrap().max),
        (Some(1_000), 0)
    );
    assert_eq!(
        step("b").retry.as_ref().unwrap().classes,
        [ErrorClass::Network, ErrorClass::Timeout]
    );
    assert_eq!(
        (step("a").stage, step("b").stage, step("d").stage),
        (2, 2, 1)
    );
    assert_eq!(
        (step("b").needs.len(), step("d").needs.as_slice()),
        (0, ["c".to_owned()].as_slice())
    );
    let list = step("h").foreach.as_ref().unwrap();
    assert_eq!((list.name.as_str(), list.max_parallel), ("item", 4));
}

#[test]
fn stages_without_numbers_follow_the_steps() {
    let workflow = model(
        "stages: [One, Two]\nsteps:\n  - { id: a, uses: core.value }\n  - { id: b, uses: core.value }\n",
    );
    assert_eq!(workflow.stages, ["One", "Two"]);
    assert_eq!((workflow.steps[0].stage, workflow.steps[1].stage), (1, 2));
}

#[test]
fn gates_offer_what_makes_sense_there() {
    use DecisionKind::{Approve, Drop, Edit, Redo, Reject, Skip};
    let workflow = model(
        "inputs: { type: object, properties: { path: { type: string } } }\nsteps:
  - { id: a, title: Write it, uses: file.write, with: { path: x, content: x }, requires_approval: true }
  - { id: b, foreach: [1], uses: file.write, with: { path: x, content: x }, gate: { before: {} } }
  - { id: c, foreach: [1], uses: file.write, with: { path: x, content: x }, gate: { before: { scope: each } } }
  - { id: d, uses: file.write, with: { path: \"${{ inputs.path }}\", content: x }, gate: { before: { editable: [path] } } }
  - { id: e, title: Read it, uses: file.read, with: { path: x }, requires_approval: true }
  - { id: f, uses: vault.open, with: { path: x }, requires_approval: true }
  - { id: h, uses: file.write, with: { path: x, content: x }, gate: { before: { redo: { step: e }, wait: 1h, on_timeout: reject } } }
",
    );
    let decisions = |id: &str, kind| {
        workflow
            .step(id)
            .unwrap()
            .gate(kind)
            .unwrap()
            .decisions
            .clone()
    };
    assert_eq!(decisions("a", GateKind::Before), [Approve, Skip, Reject]);
    assert_eq!(
        decisions("b", GateKind::Before),
        [Approve, Skip, Drop, Reject]
    );
    assert_eq!(decisions("c", GateKind::Before), [Approve, Skip, Reject]);
    assert_eq!(
        decisions("d", GateKind::Before),
        [Approve, Edit, Skip, Reject]
    );
    assert_eq!(
        decisions("e", GateKind::After),
        [Approve, Edit, Redo, Reject]
    );
    assert_eq!(decisions("f", GateKind::Before), [Approve, Skip, Reject]);
    assert_eq!(
        decisions("h", GateKind::Before),
        [Approve, Skip, Redo, Reject]
    );
    let gate = |id: &str, kind| workflow.step(id).unwrap().gate(kind).unwrap().clone();
    assert_eq!(gate("a", GateKind::Before).title, "Write it?");
    assert_eq!(
        gate("e", GateKind::After).title,
        "Accept the result of: Read it?"
    );
    assert_eq!(gate("a", GateKind::Before).on_timeout, OnTimeout::Hold);
    assert_eq!(gate("h", GateKind::Before).on_timeout, OnTimeout::Reject);
    assert_eq!(
        (
            gate("c", GateKind::Before).scope,
            gate("b", GateKind::Before).scope
        ),
        (CardScope::Each, CardScope::AllItems)
    );
}

#[test]
fn the_model_holds_every_tool_it_may_need() {
    let workflow = model(
        "steps:
  - { id: a, uses: file.write, with: { path: x, content: x }, requires_approval: true }
  - id: b
    ai:
      goal: Look
      context: { plain: { a: 1 }, marked: { value: \"${{ run.id }}\", trust: untrusted } }
      tools: [agent.list]
      output: { type: object }
      budget: { turns: 1, tokens: 1, time: 1s }
      fallback: { uses: core.value }
",
    );
    let names: Vec<&str> = workflow.tools.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["agent.list", "core.value", "file.restore", "file.write"]
    );
    let Body::Ai(ai) = &workflow.step("b").unwrap().body else {
        panic!("not an AI step")
    };
    assert_eq!(ai.fallback.when.len(), 4);
    assert_eq!(ai.context["plain"].value, serde_json::json!({ "a": 1 }));
}

#[test]
fn a_model_survives_its_json_and_its_digest_is_stable() {
    let text = include_str!("../../builtin/health_check.workflow.yaml");
    let Some(Document::Workflow(one)) = read("a.yaml", text, &catalogue()).document else {
        panic!("not a workflow")
    };
    let reordered = text.replace("risk: low\n", "").replace(
        "on_failure: stop\n",
        "on_failure: stop\nrisk: low # moved\n",
    );
    let Some(Document::Workflow(two)) = read("b.yaml", &reordered, &catalogue()).document else {
        panic!("not a workflow")
    };
    let json = serde_json::to_value(&one).unwrap();
    assert_eq!(
        serde_json::from_value::<Workflow>(json.clone()).unwrap(),
        *one
    );
    assert_eq!(
        digest_of_json(&json),
        digest_of_json(&serde_json::to_value(&two).unwrap())
    );
}
