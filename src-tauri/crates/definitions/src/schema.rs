//! The JSON Schema of a workflow file, for editors. Built from the same tables as the reader, so that the two agree;
//! what a schema cannot say (order, gates, names) is found by reading the file.

use crate::keys::{self, Keys};
use crate::model::words;
use serde_json::{Map, Value as Json, json};

/// The JSON Schema (2020-12) of a workflow file in this version of the language.
pub fn schema() -> Json {
    let mut schema = object(
        &keys::WORKFLOW,
        workflow(),
        &["apiVersion", "kind", "id", "steps"],
    );
    if let Json::Object(fields) = &mut schema {
        fields.insert(
            "$schema".to_owned(),
            json!("https://json-schema.org/draft/2020-12/schema"),
        );
        fields.insert("title".to_owned(), json!("Countersign workflow"));
        fields.insert("$defs".to_owned(), definitions());
    }
    schema
}

fn workflow() -> Json {
    json!({
        "apiVersion": { "const": "countersign/v1" },
        "kind": { "const": "Workflow" },
        "id": to("id"),
        "title": text("Its name for people; default: the id in words"),
        "version": text("The author's version"),
        "description": text("What it is for"),
        "risk": choice(&words::RISKS, "How much can go wrong"),
        "labels": { "type": "object", "additionalProperties": { "type": "string" } },
        "effects": { "type": "array", "uniqueItems": true, "items": choice(&words::EFFECTS, "") , "description": "The only effects its steps may have; [read] may run unattended" },
        "inputs": { "type": "object", "description": "JSON Schema of the inputs, type: object", "properties": { "type": { "const": "object" } }, "required": ["type"] },
        "defaults": object(&keys::DEFAULTS, json!({ "timeout": to("duration"), "retry": to("retry") }), &[]),
        "on_failure": choice(&words::ON_FAILURE, "After a failure: stop, ask a person, or roll back what was changed, the newest first"),
        "undo": object(&keys::UNDO, json!({ "window": with_words(to("duration"), "How long after its end a run may be undone; default 30d") }), &["window"]),
        "stages": { "type": "array", "minItems": 1, "items": { "type": "string" }, "description": "The lines of the sidebar; default: the top-level steps" },
        "steps": to("steps"),
        "outputs": { "type": "object", "description": "What the run gives: a template for each name" },
    })
}

fn definitions() -> Json {
    let ids = || json!({ "type": "array", "uniqueItems": true, "items": to("id") });
    let retry = json!({
        "max": { "type": "integer", "minimum": 0, "maximum": 100, "description": "Further tries after the first" },
        "backoff": to("duration"),
        "factor": { "type": "number", "minimum": 1, "maximum": 10 },
        "for": { "type": "array", "uniqueItems": true, "items": choice(&words::ERROR_CLASSES, "") },
    });
    let gate = json!({
        "title": text("The question; may hold ${{ }}"),
        "show": { "type": "array", "items": to("expression"), "description": "Further evidence: expressions, or output, evidence, provenance, action, diff, blast_radius, rollback_plan, undo_plan" },
        "decisions": { "type": "array", "uniqueItems": true, "items": choice(&words::DECISIONS, "") },
        "editable": ids(),
        "recheck": ids(),
        "grant_ttl": to("duration"),
        "scope": choice(&words::SCOPES, "One card for all items of the list, or one for each"),
        "skip_when": to("expression"),
        "wait": to("duration"),
        "remind": to("duration"),
        "on_timeout": choice(&words::ON_TIMEOUT, "When wait is over; nothing approves"),
        "redo": object(&keys::REDO, json!({ "step": to("id"), "max": { "type": "integer", "minimum": 1, "maximum": 100 } }), &[]),
    });
    json!({
        "id": { "type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$" },
        "duration": { "type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$" },
        "expression": { "type": ["string", "boolean"], "not": { "pattern": "\\$\\{\\{" } },
        "retry": object(&keys::RETRY, retry, &["max"]),
        "gate": object(&keys::GATE, gate, &[]),
        "steps": { "type": "array", "minItems": 1, "maxItems": 256, "items": to("step") },
        "ai": ai(),
        "step": step(ids()),
    })
}

fn step(ids: Json) -> Json {
    let poll = json!({ "every": to("duration"), "until": to("expression"), "for": to("duration"), "timeout": to("duration") });
    let assert = json!({ "that": to("expression"), "message": text("What is wrong when it does not hold; may hold ${{ }}") });
    let exit = json!({
        "that": to("expression"),
        "status": choice(&words::EXIT_STATUS, ""),
        "message": text("Why; may hold ${{ }}"),
    });
    let parallel = json!({ "fail": choice(&words::FAILS, "What a failed branch does to the others"), "steps": to("steps") });
    let properties = json!({
        "id": to("id"),
        "title": text("For people; default: the id in words"),
        "stage": { "type": "integer", "minimum": 1, "description": "The stage it is shown under" },
        "needs": with_words(ids, "Siblings that end before it starts; default: the step above; [] starts at once"),
        "when": with_words(to("expression"), "Skipped when this is false"),
        "foreach": { "type": ["string", "array"], "description": "Repeats the body over a list" },
        "as": to("id"),
        "max_parallel": { "type": "integer", "minimum": 1, "maximum": 256, "default": 4 },
        "on_item_error": choice(&words::ON_ITEM_ERROR, "What a failed item does to the others"),
        "timeout": with_words(to("duration"), "Bounds one call, not gates"),
        "retry": to("retry"),
        "poll": object(&keys::POLL, poll, &["every", "until", "timeout"]),
        "assert": { "type": "array", "items": object(&keys::ASSERT, assert, &["that", "message"]) },
        "exit_when": object(&keys::EXIT_WHEN, exit, &["that", "status", "message"]),
        "gate": object(&keys::GATES, json!({ "before": to("gate"), "after": to("gate") }), &[]),
        "requires_approval": { "type": "boolean", "description": "Shorthand: a gate before a change, after a read" },
        "rollback": with_words(object(&keys::ROLLBACK, json!({ "uses": { "type": "string" }, "with": { "type": "object" } }), &["uses"]), "The call that undoes the step, instead of the tool's own inverse; `self` is the step"),
        "irreversible": text("Why a change that nothing undoes is acceptable"),
        "uses": { "type": "string", "pattern": "^[a-z_]+\\.[a-z_]+$", "description": "The tool it calls" },
        "with": { "type": "object", "description": "The arguments; values may hold ${{ }}" },
        "ai": to("ai"),
        "steps": to("steps"),
        "parallel": object(&keys::PARALLEL, parallel, &["steps"]),
    });
    let mut step = object(&keys::STEP, properties, &["id"]);
    if let Json::Object(fields) = &mut step {
        let bodies: Vec<Json> = keys::BODIES
            .iter()
            .map(|body| json!({ "required": [body] }))
            .collect();
        fields.insert("oneOf".to_owned(), Json::Array(bodies));
    }
    step
}

fn ai() -> Json {
    let tool = json!({ "type": "string" });
    let budget = json!({
        "turns": { "type": "integer", "minimum": 1, "maximum": 100 },
        "tokens": { "type": "integer", "minimum": 1 },
        "time": to("duration"),
    });
    let fallback = json!({
        "when": { "type": "array", "minItems": 1, "uniqueItems": true, "items": choice(&words::FALLBACK_WHEN, "") },
        "uses": tool,
        "with": { "type": "object" },
    });
    let properties = json!({
        "goal": text("What is wanted, in words"),
        "context": { "type": "object", "description": "What the model is given; `{ value, trust: untrusted }` marks text of others" },
        "tools": { "type": "array", "uniqueItems": true, "items": tool },
        "output": { "type": "object", "required": ["type"], "properties": { "type": { "const": "object" } }, "description": "JSON Schema of the result; enum_from holds an expression" },
        "budget": object(&keys::BUDGET, budget, &["turns", "tokens", "time"]),
        "fallback": object(&keys::FALLBACK, fallback, &["uses"]),
    });
    object(
        &keys::AI,
        properties,
        &["goal", "output", "budget", "fallback"],
    )
}

/// A map with exactly the known keys.
fn object(keys: &Keys, properties: Json, required: &[&str]) -> Json {
    debug_assert!(
        keys.known.iter().all(|key| properties.get(key).is_some()),
        "{:?}",
        keys.known
    );
    let known = |(key, _): &(String, Json)| keys.known.contains(&key.as_str());
    let properties: Map<String, Json> = match properties {
        Json::Object(fields) => fields.into_iter().filter(known).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
            Map::new()
        }
    };
    json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
}

fn to(name: &str) -> Json {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn text(description: &str) -> Json {
    json!({ "type": "string", "description": description })
}

fn choice<T>(table: &[(&str, T)], description: &str) -> Json {
    let words: Vec<&str> = table.iter().map(|(word, _)| *word).collect();
    let choice = json!({ "enum": words });
    if description.is_empty() {
        choice
    } else {
        with_words(choice, description)
    }
}

fn with_words(mut schema: Json, description: &str) -> Json {
    if let Json::Object(fields) = &mut schema {
        fields.insert("description".to_owned(), json!(description));
    }
    schema
}
