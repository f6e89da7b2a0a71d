//! The head of a workflow file: everything beside its steps.

use super::in_words;
use super::words::{EFFECTS, ON_FAILURE, RISKS};
use crate::context::Context;
use crate::finding::Place;
use crate::keys::{self, Keys};
use crate::schemas;
use crate::yaml::{Node, Value};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use workflow::{EffectClass, OnFailure, Risk};

/// Everything beside the steps.
pub(super) struct Header {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) version: String,
    pub(super) description: String,
    pub(super) risk: Risk,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) effects: Option<Vec<EffectClass>>,
    pub(super) inputs: Json,
    pub(super) on_failure: OnFailure,
    pub(super) undo_window_ms: Option<u64>,
    pub(super) stages: Option<Vec<String>>,
    pub(super) outputs: BTreeMap<String, Json>,
}

pub(super) fn read(context: &mut Context<'_>, root: &Node) -> Option<Header> {
    const KEYS: &Keys = &keys::WORKFLOW;
    if !context.map(root, "a workflow", KEYS) {
        return None;
    }
    let id = context
        .required(root, "id", "a workflow", "write `id: name_of_the_workflow`")
        .and_then(|node| context.identifier(node, "the workflow's id"))
        .unwrap_or_default();
    context.required(
        root,
        "steps",
        "a workflow",
        "write `steps:` with at least one step",
    );
    let text = |context: &mut Context<'_>, key: &str, what: &str| {
        root.get(key).and_then(|node| context.text(node, what))
    };
    let title = text(context, "title", "the title").unwrap_or_else(|| in_words(&id));
    let version = text(context, "version", "the version").unwrap_or_else(|| "0".to_owned());
    let description = text(context, "description", "the description").unwrap_or_default();
    let risk = root
        .get("risk")
        .and_then(|node| context.choice(node, "risk", &RISKS))
        .unwrap_or_default();
    let effects = root.get("effects").and_then(|node| {
        context.words(node, "effects", |context, item| {
            context.choice(item, "an effect", &EFFECTS)
        })
    });
    Some(Header {
        labels: labels(context, root),
        inputs: inputs(context, root),
        on_failure: on_failure(context, root),
        undo_window_ms: undo_window(context, root),
        stages: stages(context, root),
        outputs: outputs(context, root),
        id,
        title,
        version,
        description,
        risk,
        effects,
    })
}

fn labels(context: &mut Context<'_>, root: &Node) -> BTreeMap<String, String> {
    let Some(node) = root.get("labels") else {
        return BTreeMap::new();
    };
    if !matches!(node.value, Value::Map(_)) {
        context.wrong_kind(node, "labels", "a map", "write `labels: { area: fleet }`");
    }
    let read = |(key, value): &(crate::yaml::Key, Node)| {
        let text = context.text(value, &format!("the label `{}`", key.text))?;
        Some((key.text.clone(), text))
    };
    node.entries().iter().filter_map(read).collect()
}

fn inputs(context: &mut Context<'_>, root: &Node) -> Json {
    let none = || json!({ "type": "object", "additionalProperties": false, "properties": {} });
    let Some(node) = root.get("inputs") else {
        return none();
    };
    if !matches!(node.value, Value::Map(_)) {
        context.wrong_kind(
            node,
            "inputs",
            "a map",
            "it is a JSON Schema: `type: object` with `properties`",
        );
        return none();
    }
    schemas::object_schema(context, node, "inputs");
    schemas::declared_inputs(context, node);
    node.to_json()
}

fn on_failure(context: &mut Context<'_>, root: &Node) -> OnFailure {
    root.get("on_failure")
        .and_then(|node| context.choice(node, "on_failure", &ON_FAILURE))
        .unwrap_or_default()
}

fn undo_window(context: &mut Context<'_>, root: &Node) -> Option<u64> {
    let node = root.get("undo")?;
    if !context.map(node, "undo", &keys::UNDO) {
        return None;
    }
    let window = context.required(node, "window", "undo", "write `undo: { window: 7d }`")?;
    context.some_time(window, "undo.window")
}

fn stages(context: &mut Context<'_>, root: &Node) -> Option<Vec<String>> {
    let node = root.get("stages")?;
    let items = context.list(node, "stages", "write `stages: [First, Second]`")?;
    if items.is_empty() {
        context.error(
            node.place,
            "empty",
            "stages is empty",
            "take it out: then each top-level step is a stage",
        );
        return None;
    }
    Some(
        items
            .iter()
            .map(|item| context.text(item, "a stage").unwrap_or_default())
            .collect(),
    )
}

fn outputs(context: &mut Context<'_>, root: &Node) -> BTreeMap<String, Json> {
    let Some(node) = root.get("outputs") else {
        return BTreeMap::new();
    };
    if !matches!(node.value, Value::Map(_)) {
        context.wrong_kind(
            node,
            "outputs",
            "a map",
            "write `outputs: { name: \"${{ steps.x.output.y }}\" }`",
        );
    }
    no_template_keys(context, node);
    node.entries()
        .iter()
        .map(|(key, value)| (key.text.clone(), value.to_json()))
        .collect()
}

/// Keys are names, never templates: nothing would evaluate them.
pub(super) fn no_template_keys(context: &mut Context<'_>, node: &Node) {
    for (key, value) in node.entries() {
        if key.text.contains("${{") {
            let place: Place = key.place;
            context.error(
                place,
                "no_expression_here",
                "a key is a name, not a template",
                "write the name; only values hold `${{ }}`",
            );
        }
        no_template_keys(context, value);
    }
    for item in node.items() {
        no_template_keys(context, item);
    }
}
