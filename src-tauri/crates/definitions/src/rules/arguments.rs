//! The arguments of calls against the tools' input schemas, as far as they are literal. Where an expression stands,
//! nothing is known until the run: such a place is a hole that every check leaves out.

use super::Sheet;
use crate::context::Context;
use crate::expression;
use crate::suggest;
use crate::yaml::{Node, Value};
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value as Json;

pub(super) fn check(context: &mut Context<'_>, sheet: &Sheet<'_, '_>) {
    for item in &sheet.plan.items {
        arguments(context, item.node);
        if let Some(rollback) = item.node.get("rollback") {
            arguments(context, rollback);
        }
        if let Some(fallback) = item.node.get("ai").and_then(|ai| ai.get("fallback")) {
            arguments(context, fallback);
        }
    }
}

/// The arguments of the call that a map describes with `uses` and `with`.
fn arguments(context: &mut Context<'_>, node: &Node) {
    let Some(uses) = node.get("uses") else { return };
    let Some(spec) = uses
        .text()
        .and_then(|name| context.catalogue.tools.get(name))
    else {
        return;
    };
    let (tool, schema) = (spec.name.clone(), spec.input.clone());
    let Ok(validator) = jsonschema::draft202012::options().build(&schema) else {
        return;
    };
    let empty = Node::empty_map(uses.place);
    let arguments = node
        .get("with")
        .filter(|with| matches!(with.value, Value::Map(_)))
        .unwrap_or(&empty);
    // Nulls are dropped before the call (semantics.md 16).
    let mut given = arguments.to_json();
    if let Json::Object(fields) = &mut given {
        fields.retain(|_, value| !value.is_null());
    }
    for error in validator.iter_errors(&given) {
        one(context, &tool, &schema, arguments, &error);
    }
}

fn one(
    context: &mut Context<'_>,
    tool: &str,
    schema: &Json,
    arguments: &Node,
    error: &ValidationError<'_>,
) {
    let path = error.instance_path().as_str();
    let found = arguments.at(path);
    let name = path.trim_start_matches('/').replace('/', ".");
    let named = if name.is_empty() {
        format!("`{tool}`")
    } else {
        format!("the argument `{name}` of `{tool}`")
    };
    let permitted = || {
        let properties = schema
            .get("properties")
            .filter(|_| path.is_empty())
            .and_then(Json::as_object);
        properties
            .into_iter()
            .flat_map(|properties| properties.keys())
            .map(String::as_str)
            .collect::<Vec<_>>()
    };
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the other kinds have one message"
    )]
    match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            for argument in unexpected {
                let what = format!("{named} takes no argument `{argument}`");
                context.error(
                    found.key_place(argument),
                    "unknown_argument",
                    what,
                    suggest::hint(argument, permitted()),
                );
            }
        }
        Kind::Required { property } => {
            let argument = property.as_str().unwrap_or_default();
            let place = if path.is_empty() {
                arguments.place
            } else {
                found.place
            };
            let hint = if path.is_empty() {
                format!("write `with: {{ {argument}: … }}`")
            } else {
                String::new()
            };
            context.error(
                place,
                "missing_argument",
                format!("{named} needs `{argument}`"),
                hint,
            );
        }
        // An expression alone has any type; text around one makes it text.
        Kind::Type { .. } if !found.text().is_some_and(expression::is_alone) => {
            wrong(context, found, &named, error)
        }
        _ if !has_expression(found) => wrong(context, found, &named, error),
        _ => {}
    }
}

fn wrong(context: &mut Context<'_>, found: &Node, named: &str, error: &ValidationError<'_>) {
    let message = error.to_string();
    let message = match message.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message,
    };
    let hint = match &found.value {
        Value::Number(_) | Value::Bool(_) if message.ends_with("is not of type \"string\"") => {
            format!("write \"{}\", in quotes", found.source(context.text))
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Text(_)
        | Value::List(_)
        | Value::Map(_) => "see the tool's input schema".to_owned(),
    };
    context.error(
        found.place,
        "wrong_argument",
        format!("{named} does not fit: {message}"),
        hint,
    );
}

fn has_expression(node: &Node) -> bool {
    match &node.value {
        Value::Text(text) => text.contains("${{"),
        Value::List(items) => items.iter().any(has_expression),
        Value::Map(entries) => entries.iter().any(|(_, value)| has_expression(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
