//! What holds for every tool of the catalogue.

use super::Catalogue;
use crate::Tool;
use crate::testing::Stage;
use serde_json::{Value as Json, json};

#[test]
fn names_are_noun_verb_and_records_are_complete() {
    let names: Vec<String> = Catalogue::builtin()
        .specs()
        .map(|spec| spec.name.clone())
        .collect();
    assert_eq!(
        names,
        [
            "agent.apply_change",
            "agent.drain",
            "agent.health",
            "agent.list",
            "agent.plan_config",
            "agent.plan_register",
            "agent.probe",
            "agent.read_inventory",
            "agent.register",
            "agent.revert_change",
            "agent.scan_keys",
            "agent.snapshot",
            "agent.trust_key",
            "agent.undrain",
            "agent.unregister",
            "agent.untrust_key",
            "agent.update_labels",
            "agent.validate",
            "core.value",
            "file.read",
            "file.restore",
            "file.write",
            "health.judge",
            "job.cancel",
            "job.list",
            "job.log",
            "job.start",
            "job.status",
            "metrics.query",
            "report.render",
            "repository.changelog",
            "repository.create_tag",
            "repository.delete_tag",
            "repository.list_refs",
            "repository.resolve_ref",
        ]
    );
    for spec in Catalogue::builtin().specs() {
        let (noun, verb) = spec.name.split_once('.').unwrap();
        for word in [noun, verb] {
            assert!(
                !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
                "{}",
                spec.name
            );
        }
        assert!(
            spec.version > 0 && spec.timeout_ms >= 1_000 && spec.timeout_ms <= 60_000,
            "{}",
            spec.name
        );
        assert!(
            spec.description.ends_with('.') && !spec.title.ends_with('.'),
            "{}",
            spec.name
        );
    }
}

#[test]
fn the_kind_of_a_tool_agrees_with_its_record() {
    let catalogue = Catalogue::builtin();
    for spec in catalogue.specs() {
        let tool = catalogue.get(&spec.name).unwrap();
        assert!(tool.is_consistent(), "{}", spec.name);
        if let Some(inverse) = &spec.inverse {
            assert!(
                matches!(catalogue.get(inverse), Some(Tool::Change(_))),
                "{}",
                spec.name
            );
        }
    }
}

#[test]
fn schemas_are_valid_and_closed() {
    for spec in Catalogue::builtin().specs() {
        for schema in [&spec.input, &spec.output] {
            assert!(jsonschema::meta::is_valid(schema), "{}", spec.name);
            if spec.name != "core.value" {
                assert_eq!(
                    schema["additionalProperties"],
                    json!(false),
                    "{}",
                    spec.name
                );
                closed(schema, &spec.name);
            }
        }
    }
}

/// Every object with named properties says that there are no others, and requires only what it names.
fn closed(schema: &Json, tool: &str) {
    if let Some(properties) = schema.get("properties").and_then(Json::as_object) {
        assert_eq!(
            schema["additionalProperties"],
            json!(false),
            "{tool}: {schema:#}"
        );
        for name in schema
            .get("required")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
        {
            assert!(
                properties.contains_key(name.as_str().unwrap()),
                "{tool}: {name}"
            );
        }
        properties.values().for_each(|inner| closed(inner, tool));
    }
    if let Some(items) = schema.get("items") {
        closed(items, tool);
    }
}

/// semantics.md 22: what a model or a rule may invoke by name never holds a free-form tool, and here nothing changes.
#[test]
fn free_form_tools_are_not_for_models() {
    let catalogue = Catalogue::builtin();
    for name in Catalogue::FOR_MODELS {
        assert!(
            !catalogue.get(name).unwrap().spec().effect.changes(),
            "{name}"
        );
    }
    for free in [
        "agent.read_inventory",
        "agent.apply_change",
        "file.read",
        "file.write",
        "command.run",
        "job.start",
        "job.log",
        "script.run",
        "http.request",
        "repository.list_refs",
        "repository.resolve_ref",
        "repository.changelog",
        "core.value",
    ] {
        assert!(!Catalogue::FOR_MODELS.contains(&free), "{free}");
    }
}

#[tokio::test]
async fn wrong_arguments_are_an_error_with_a_hint() {
    let stage = Stage::new();
    let catalogue = Catalogue::builtin();
    for spec in catalogue.specs().filter(|spec| spec.name != "core.value") {
        for args in [
            json!({ "no_such_argument": 1 }),
            json!([]),
            json!(null),
            json!("text"),
        ] {
            let error = match catalogue.get(&spec.name).unwrap() {
                Tool::Read(tool) => tool.read(&args, &stage.context).await.unwrap_err(),
                Tool::Change(tool) => tool.preview(&args, &stage.context).await.unwrap_err(),
            };
            assert_eq!(error.code, "invalid_arguments", "{}", spec.name);
            assert!(!error.hint.is_empty());
        }
    }
}

#[tokio::test]
async fn a_value_comes_back_as_it_was() {
    let value = json!({ "any": [1, null, { "thing": "x" }] });
    assert_eq!(
        Stage::new()
            .read("core.value", value.clone())
            .await
            .unwrap(),
        value
    );
}
