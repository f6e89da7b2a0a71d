//! One step: its keys beside its body and its gates, each with what the file may leave out.

use super::checks::{asserts, bare, exit_when, poll, retry};
use super::words::ON_ITEM_ERROR;
use super::{Item, Plan, body, gate, header, in_words};
use crate::context::{Context, is_identifier};
use crate::expression;
use crate::finding::Place;
use crate::keys;
use crate::suggest;
use crate::yaml::{Node, Value};
use workflow::{Body, ForEach, Gates, Step};

/// Steps a file may have in all (workflow-format.md, rule 8).
const STEPS: usize = 256;
/// How deep groups may be nested.
const DEPTH: usize = 8;

/// Keys that mean something only where there is a call or a model.
const ONLY_ON_CALLS: [&str; 9] = [
    "timeout",
    "retry",
    "poll",
    "assert",
    "exit_when",
    "gate",
    "requires_approval",
    "irreversible",
    "rollback",
];
/// Keys that mean something only beside `foreach`.
const ONLY_ON_LISTS: [&str; 3] = ["as", "max_parallel", "on_item_error"];
/// Names that an item cannot take.
const TAKEN: [&str; 16] = [
    "inputs", "steps", "self", "output", "run", "true", "false", "none", "and", "or", "not", "in",
    "is", "if", "else", "loop",
];

/// Reads a list of steps; gives their indices.
pub(super) fn list<'n>(
    context: &mut Context<'_>,
    plan: &mut Plan<'n>,
    node: &'n Node,
    parent: Option<usize>,
    depth: usize,
) -> Vec<usize> {
    let Some(items) = context.list(node, "steps", "write `steps:` and below it `- id: name`")
    else {
        return Vec::new();
    };
    if items.is_empty() {
        context.error(
            node.place,
            "empty",
            "there are no steps here",
            "write at least one",
        );
    }
    if depth > DEPTH {
        context.error(
            node.place,
            "too_deep",
            format!("steps are nested deeper than {DEPTH}"),
            "flatten this part",
        );
        return Vec::new();
    }
    let mut indices = Vec::new();
    for item in items {
        if plan.items.len() >= STEPS {
            if !plan.is_full {
                context.error(
                    item.place,
                    "too_many_steps",
                    format!("there are more than {STEPS} steps"),
                    "split the workflow",
                );
            }
            plan.is_full = true;
            break;
        }
        if context.map(item, "a step", &keys::STEP) {
            indices.push(step(context, plan, item, parent, depth));
        }
    }
    indices
}

fn step<'n>(
    context: &mut Context<'_>,
    plan: &mut Plan<'n>,
    node: &'n Node,
    parent: Option<usize>,
    depth: usize,
) -> usize {
    let id = identity(context, plan, node);
    let title = node
        .get("title")
        .and_then(|title| context.text(title, "the title"))
        .unwrap_or_else(|| in_words(&id));
    let foreach = foreach(context, node);
    if let (Some(list), Some(parent)) = (&foreach, parent)
        && plan.chain(parent).any(|outer| {
            plan.items[outer]
                .step
                .foreach
                .as_ref()
                .is_some_and(|outer| outer.name == list.name)
        })
    {
        let what = format!(
            "the list around this one calls its item `{}` too",
            list.name
        );
        context.error(
            node.key_place("foreach"),
            "taken_name",
            what,
            "give it another name, as `as: inner`",
        );
    }
    let body = body::read(context, node, &id);
    let group = matches!(body, Body::Steps { .. } | Body::Parallel { .. });
    if group {
        for key in ONLY_ON_CALLS.iter().filter(|key| node.get(key).is_some()) {
            let what = format!("`{key}` has no meaning on a group of steps");
            context.error(
                node.key_place(key),
                "misplaced_key",
                what,
                "write it at the steps inside",
            );
        }
    }
    let gate = if group {
        Gates::default()
    } else {
        gate::read(context, node, &title, &body, foreach.is_some())
    };
    let step = Step {
        timeout_ms: node
            .get("timeout")
            .and_then(|timeout| context.some_time(timeout, "timeout")),
        retry: node.get("retry").and_then(|node| retry(context, node)),
        poll: node.get("poll").and_then(|node| poll(context, node)),
        asserts: node
            .get("assert")
            .map(|node| asserts(context, node))
            .unwrap_or_default(),
        exit_when: node
            .get("exit_when")
            .and_then(|node| exit_when(context, node)),
        irreversible: node
            .get("irreversible")
            .and_then(|node| context.text(node, "irreversible")),
        rollback: node
            .get("rollback")
            .and_then(|node| body::rollback(context, node)),
        when: node
            .get("when")
            .and_then(|node| bare(context, node, "when")),
        stage: 0,
        needs: Vec::new(),
        id,
        title,
        foreach,
        gate,
        body,
    };
    let needs = node.get("needs").and_then(|needs| {
        context.list(
            needs,
            "needs",
            "write `needs: [step]`, or `needs: []` to start at once",
        )
    });
    let index = plan.items.len();
    let needs = needs.map(|needs| needs.iter().collect());
    plan.items.push(Item {
        step,
        node,
        parent,
        children: Vec::new(),
        needs,
        stage: node.get("stage"),
    });
    if let Some(inside) = body::steps_inside(context, node) {
        plan.items[index].children = list(context, plan, inside, Some(index), depth + 1);
    }
    index
}

fn identity(context: &mut Context<'_>, plan: &Plan<'_>, node: &Node) -> String {
    let Some(id_node) = context.required(node, "id", "a step", "write `id: name_of_the_step`")
    else {
        return String::new();
    };
    let Some(id) = context.identifier(id_node, "the step's id") else {
        return String::new();
    };
    if let Some(first) = plan.index_of(&id) {
        let place = plan.items[first]
            .node
            .get("id")
            .map_or(Place::START, |node| node.place);
        context.error(
            id_node.place,
            "duplicate_id",
            format!("the id `{id}` stands here a second time"),
            format!("the first is at {place}; ids are unique in the file, nested steps included"),
        );
    }
    id
}

fn foreach(context: &mut Context<'_>, node: &Node) -> Option<ForEach> {
    let Some(list) = node.get("foreach") else {
        for key in ONLY_ON_LISTS.iter().filter(|key| node.get(key).is_some()) {
            let what = format!("`{key}` stands without `foreach`");
            context.error(
                node.key_place(key),
                "misplaced_key",
                what,
                "write `foreach: ${{ … }}`, or take it out",
            );
        }
        return None;
    };
    match &list.value {
        Value::Text(text) if expression::is_alone(text) => {}
        Value::List(items) => {
            if items.len() > 10_000 {
                context.error(
                    list.place,
                    "too_many_items",
                    "a list has at most 10,000 items",
                    "split it",
                );
            }
        }
        Value::Text(_) => context.wrong_kind(
            list,
            "foreach",
            "a list",
            "write an expression: `foreach: ${{ steps.x.output.y }}`",
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Map(_) => {
            context.wrong_kind(
                list,
                "foreach",
                "a list",
                "write `foreach: ${{ steps.x.output.y }}` or [a, b]",
            );
        }
    }
    header::no_template_keys(context, list);
    Some(ForEach {
        list: list.to_json(),
        name: node
            .get("as")
            .and_then(|name| item_name(context, name))
            .unwrap_or_else(|| "item".to_owned()),
        max_parallel: node
            .get("max_parallel")
            .and_then(|n| context.small(n, "max_parallel", 1..=256))
            .unwrap_or(4),
        on_item_error: node
            .get("on_item_error")
            .and_then(|n| context.choice(n, "on_item_error", &ON_ITEM_ERROR))
            .unwrap_or_default(),
    })
}

fn item_name(context: &mut Context<'_>, node: &Node) -> Option<String> {
    let name = context.identifier(node, "the item's name")?;
    if TAKEN.contains(&name.as_str()) {
        let what = format!("an item cannot be called `{name}`: expressions use that word");
        context.error(
            node.place,
            "taken_name",
            what,
            "write another name, as `as: host`",
        );
        return None;
    }
    debug_assert!(is_identifier(&name));
    Some(name)
}

/// For messages about a tool's name.
pub(super) fn unknown_tool(context: &mut Context<'_>, node: &Node, name: &str) {
    let known = context.catalogue.tools.keys().map(String::as_str);
    let mut hint = suggest::one_of(known.clone());
    if let Some(near) = suggest::nearest(name, known) {
        hint = format!("did you mean `{near}`?");
    }
    context.error(
        node.place,
        "unknown_tool",
        format!("there is no tool `{name}`"),
        hint,
    );
}
