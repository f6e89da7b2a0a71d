//! JSON Schema (2020-12) on inputs, arguments and results, and the defaults of inputs. No remote references.

use serde_json::{Map, Value as Json};

/// What is wrong with a schema itself; empty when nothing is.
pub fn schema_faults(schema: &Json) -> Vec<String> {
    match validator(schema) {
        Ok(_) => Vec::new(),
        Err(message) => vec![message],
    }
}

fn validator(schema: &Json) -> Result<jsonschema::Validator, String> {
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .build(schema)
        .map_err(|error| error.to_string())
}

/// What does not match the schema, each as `at /path: what`; empty when all does.
pub fn validate_against(schema: &Json, value: &Json) -> Vec<String> {
    match validator(schema) {
        Err(message) => vec![format!("the schema itself is wrong: {message}")],
        Ok(validator) => validator
            .iter_errors(value)
            .map(|error| {
                let path = error.instance_path().to_string();
                if path.is_empty() {
                    error.to_string()
                } else {
                    format!("at {path}: {error}")
                }
            })
            .collect(),
    }
}

/// The inputs with the schema's defaults filled in, also inside objects.
pub fn fill_defaults(schema: &Json, mut inputs: Map<String, Json>) -> Map<String, Json> {
    let Some(properties) = schema.get("properties").and_then(Json::as_object) else {
        return inputs;
    };
    for (name, property) in properties {
        match (inputs.get_mut(name), property.get("default")) {
            (None, Some(Json::Object(default))) => {
                inputs.insert(
                    name.clone(),
                    Json::Object(fill_defaults(property, default.clone())),
                );
            }
            (None, Some(default)) => {
                inputs.insert(name.clone(), default.clone());
            }
            (Some(Json::Object(given)), default) => {
                let mut merged = default
                    .and_then(Json::as_object)
                    .cloned()
                    .unwrap_or_default();
                merged.extend(std::mem::take(given));
                *given = fill_defaults(property, merged);
            }
            (Some(_), _) | (None, None) => {}
        }
    }
    inputs
}

/// Arguments that are null where the tool's schema has no null count as not given (semantics.md 16).
pub(super) fn drop_nulls(schema: &Json, args: Json) -> Json {
    let Json::Object(fields) = args else {
        return args;
    };
    let permits_null = |name: &str| match schema.pointer(&format!(
        "/properties/{}",
        name.replace('~', "~0").replace('/', "~1")
    )) {
        Some(property) => match property.get("type") {
            Some(Json::String(one)) => one == "null",
            Some(Json::Array(many)) => many.iter().any(|one| one == "null"),
            Some(_) | None => true,
        },
        None => true,
    };
    Json::Object(
        fields
            .into_iter()
            .filter(|(name, value)| !value.is_null() || permits_null(name))
            .collect(),
    )
}
