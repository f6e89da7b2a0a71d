//! The schema for editors agrees with the reader.

use crate::catalogue::catalogue;
use definitions::{read, schema};
use serde_json::{Value as Json, json};

fn step(step: Json) -> Json {
    json!({ "apiVersion": "countersign/v1", "kind": "Workflow", "id": "t", "steps": [step] })
}

/// JSON is YAML: the same file through both.
fn check(file: &Json, fits: bool) {
    let validator = jsonschema::draft202012::options().build(&schema()).unwrap();
    let faults: Vec<String> = validator
        .iter_errors(file)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(faults.is_empty(), fits, "{file}: {faults:?}");
    let reading = read("t.yaml", &file.to_string(), &catalogue());
    assert_eq!(
        reading.document.is_some(),
        fits,
        "{file}: {:?}",
        reading.findings
    );
}

#[test]
fn the_schema_is_a_schema() {
    let schema = schema();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
}

#[test]
fn the_schema_and_the_reader_agree() {
    check(&step(json!({ "id": "a", "uses": "core.value" })), true);
    check(
        &step(
            json!({ "id": "a", "uses": "core.value", "timeout": "5m", "retry": { "max": 1, "for": ["network"] } }),
        ),
        true,
    );
    check(
        &step(json!({ "id": "a", "parallel": { "steps": [{ "id": "b", "uses": "core.value" }] } })),
        true,
    );
    check(
        &step(
            json!({ "id": "a", "uses": "core.value", "gate": { "after": { "decisions": ["approve", "reject"], "on_timeout": "hold", "wait": "1h" } } }),
        ),
        true,
    );
    check(&step(json!({ "id": "a" })), false);
    check(&step(json!({ "id": "A", "uses": "core.value" })), false);
    check(
        &step(json!({ "id": "a", "uses": "core.value", "ai": {} })),
        false,
    );
    check(
        &step(json!({ "id": "a", "uses": "core.value", "rollback": {} })),
        false,
    );
    check(
        &step(
            json!({ "id": "a", "uses": "file.delete", "with": { "path": "x" }, "requires_approval": true, "rollback": { "uses": "file.write", "with": { "path": "x", "content": "" } } }),
        ),
        true,
    );
    check(
        &step(json!({ "id": "a", "uses": "core.value", "timeout": "fast" })),
        false,
    );
    check(
        &step(json!({ "id": "a", "uses": "core.value", "when": "${{ true }}" })),
        false,
    );
    check(
        &step(
            json!({ "id": "a", "uses": "core.value", "gate": { "before": { "wait": "1h", "on_timeout": "approve" } } }),
        ),
        false,
    );
    check(
        &step(
            json!({ "id": "a", "uses": "core.value", "gate": { "before": { "approvers": ["me"] } } }),
        ),
        false,
    );
    let mut file = step(json!({ "id": "a", "uses": "core.value" }));
    file["on_failure"] = json!("rollback");
    file["undo"] = json!({ "window": "7d" });
    check(&file, true);
    file["on_failure"] = json!("retry");
    check(&file, false);
}
