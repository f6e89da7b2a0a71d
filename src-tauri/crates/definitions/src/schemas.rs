//! JSON Schemas that stand in files: of inputs and of AI results. They must be valid 2020-12, mean an object, reach
//! nothing outside the file, and hold no misspelt keyword: JSON Schema itself would ignore one silently.

use crate::context::Context;
use crate::keys::Later;
use crate::suggest;
use crate::yaml::{Key, Node, Value};
use serde_json::Value as Json;

/// The keywords of 2020-12 that mean something here, and `enum_from`: an expression that gives the permitted values.
const KEYWORDS: [&str; 53] = [
    "$schema",
    "$ref",
    "$defs",
    "$comment",
    "type",
    "title",
    "description",
    "default",
    "examples",
    "enum",
    "const",
    "enum_from",
    "format",
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedProperties",
    "items",
    "prefixItems",
    "contains",
    "minContains",
    "maxContains",
    "minItems",
    "maxItems",
    "uniqueItems",
    "unevaluatedItems",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "deprecated",
    "readOnly",
    "writeOnly",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
];
const LATER: [Later; 1] = [Later {
    word: "schema_of_tool",
    hint: "troubleshooting brings it; write the properties of the object here",
}];

/// Checks a schema that must describe an object.
pub(crate) fn object_schema(context: &mut Context<'_>, node: &Node, what: &str) {
    if !matches!(node.value, Value::Map(_)) {
        context.wrong_kind(
            node,
            what,
            "a map",
            "it is a JSON Schema: `type: object` with `properties`",
        );
        return;
    }
    if node.get("type").and_then(Node::text) != Some("object") {
        let place = node.get("type").map_or(node.place, |kind| kind.place);
        context.error(
            place,
            "not_an_object",
            format!("{what} must describe an object"),
            "write `type: object`",
        );
    }
    if !keywords(context, node, what) {
        return;
    }
    let schema = node.to_json();
    let faults: Vec<(String, String)> = jsonschema::draft202012::meta::validator()
        .iter_errors(&schema)
        .map(|error| (error.instance_path().as_str().to_owned(), error.to_string()))
        .collect();
    for (path, fault) in &faults {
        let place = node.at(path).place;
        context.error(
            place,
            "bad_schema",
            format!("{what} is not a valid JSON Schema: {fault}"),
            "see JSON Schema 2020-12",
        );
    }
    if faults.is_empty()
        && let Err(error) = jsonschema::draft202012::options().build(&schema)
    {
        let place = node.at(error.instance_path().as_str()).place;
        let what = format!("{what} is not a valid JSON Schema: {error}");
        context.error(place, "bad_schema", what, "see JSON Schema 2020-12");
    }
}

/// Checks of `inputs` beyond JSON Schema: what is required is declared, and defaults match their own types.
pub(crate) fn declared_inputs(context: &mut Context<'_>, node: &Node) {
    let properties = node.get("properties");
    let declared: Vec<&str> = properties
        .map(Node::entries)
        .unwrap_or_default()
        .iter()
        .map(|(key, _)| key.text.as_str())
        .collect();
    for name in node.get("required").map(Node::items).unwrap_or_default() {
        let Some(text) = name.text() else { continue };
        if !declared.contains(&text) {
            let hint = suggest::hint(text, declared.iter().copied());
            context.error(
                name.place,
                "unknown_input",
                format!("the required input `{text}` is not declared"),
                hint,
            );
        }
    }
    let definitions = node.get("$defs").map(Node::to_json);
    for (key, property) in properties.map(Node::entries).unwrap_or_default() {
        if !crate::context::is_identifier(&key.text) {
            let what = format!("the input `{}` is not snake_case", key.text);
            context.error(
                key.place,
                "bad_id",
                what,
                "expressions name it: lowercase letters, digits and _",
            );
        }
        let Some(default) = property.get("default") else {
            continue;
        };
        let mut schema = property.to_json();
        if let (Json::Object(fields), Some(definitions)) = (&mut schema, &definitions) {
            fields.insert("$defs".to_owned(), definitions.clone());
        }
        let Ok(validator) = jsonschema::draft202012::options().build(&schema) else {
            continue;
        };
        let value = default.to_json();
        if let Err(error) = validator.validate(&value) {
            let what = format!(
                "the default of `{}` does not match its own schema: {error}",
                key.text
            );
            context.error(
                default.place,
                "bad_default",
                what,
                "change the default or the schema",
            );
        }
    }
}

/// Reports unknown keywords and references that leave the file; false when the schema should not be compiled.
fn keywords(context: &mut Context<'_>, node: &Node, what: &str) -> bool {
    let mut sound = true;
    for (key, value) in node.entries() {
        sound &= keyword(context, key, value, what);
    }
    sound
}

/// Like [`keywords`], for several schemas; none is left out because of another.
fn all_keywords<'n>(
    context: &mut Context<'_>,
    schemas: impl IntoIterator<Item = &'n Node>,
    what: &str,
) -> bool {
    let mut sound = true;
    for schema in schemas {
        sound &= keywords(context, schema, what);
    }
    sound
}

fn keyword(context: &mut Context<'_>, key: &Key, value: &Node, what: &str) -> bool {
    match key.text.as_str() {
        "$ref" => {
            if value.text().is_some_and(|target| target.starts_with('#')) {
                return true;
            }
            let hint = "write `$ref: \"#/$defs/name\"`, with the schema under `$defs`";
            context.error(
                value.place,
                "remote_reference",
                "a schema refers to something outside this file",
                hint,
            );
            false
        }
        "$schema" => {
            if value.text() == Some("https://json-schema.org/draft/2020-12/schema") {
                return true;
            }
            context.error(
                value.place,
                "bad_schema",
                "schemas are JSON Schema 2020-12",
                "take `$schema` out",
            );
            false
        }
        "$id" | "$anchor" | "$dynamicAnchor" | "$vocabulary" | "$dynamicRef" => {
            let message = format!("`{}` is not part of the format", key.text);
            context.error(
                key.place,
                "bad_schema",
                message,
                "refer with `$ref: \"#/$defs/name\"`",
            );
            false
        }
        "properties" | "patternProperties" | "$defs" | "dependentSchemas" => {
            let schemas = value.entries().iter().map(|(_, schema)| schema);
            all_keywords(context, schemas, what)
        }
        "items"
        | "additionalProperties"
        | "propertyNames"
        | "unevaluatedProperties"
        | "unevaluatedItems"
        | "contains"
        | "not"
        | "if"
        | "then"
        | "else"
        | "contentSchema" => keywords(context, value, what),
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => all_keywords(context, value.items(), what),
        word => {
            if let Some(later) = LATER.iter().find(|later| later.word == word) {
                context.not_yet(key.place, later);
                return false;
            }
            if word == "enum_from" && what == "inputs" {
                context.error(
                    key.place,
                    "unknown_keyword",
                    "`enum_from` has no meaning in inputs",
                    "write `enum: [a, b]`",
                );
            }
            if !KEYWORDS.contains(&word) && !word.starts_with("x-") {
                let near = suggest::nearest(word, KEYWORDS);
                let hint = near.map_or(
                    "see JSON Schema 2020-12; own keywords begin with x-".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                context.error(
                    key.place,
                    "unknown_keyword",
                    format!("{what}: JSON Schema has no keyword `{word}`"),
                    hint,
                );
            }
            true
        }
    }
}
