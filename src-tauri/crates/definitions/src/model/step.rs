//! One step: its keys beside its body and its gates, each with what the file may leave out.

use super::{Item, Plan, body, gate, header, in_words};
use crate::context::{Context, is_identifier};
use crate::finding::Place;
use crate::keys;
use crate::suggest;
use crate::yaml::{Node, Value};
use workflow::{Assert, Body, ErrorClass, ExitStatus, ExitWhen, Expr, ForEach, Gates, OnItemError, Poll, Retry, Step};

/// Steps a file may have in all (workflow-format.md, rule 8).
const STEPS: usize = 256;
/// How deep groups may be nested.
const DEPTH: usize = 8;

pub(crate) const ERROR_CLASSES: [(&str, ErrorClass); 8] = [
    ("network", ErrorClass::Network),
    ("timeout", ErrorClass::Timeout),
    ("auth", ErrorClass::Auth),
    ("invalid", ErrorClass::Invalid),
    ("not_found", ErrorClass::NotFound),
    ("precondition", ErrorClass::Precondition),
    ("io", ErrorClass::Io),
    ("internal", ErrorClass::Internal),
];

/// Keys that mean something only where there is a call or a model.
const ONLY_ON_CALLS: [&str; 8] =
    ["timeout", "retry", "poll", "assert", "exit_when", "gate", "requires_approval", "irreversible"];
/// Keys that mean something only beside `foreach`.
const ONLY_ON_LISTS: [&str; 3] = ["as", "max_parallel", "on_item_error"];
/// Names that an item cannot take.
const TAKEN: [&str; 16] = [
    "inputs", "steps", "self", "output", "run", "true", "false", "none", "and", "or", "not", "in", "is", "if", "else", "loop",
];

/// Reads a list of steps; gives their indices.
pub(super) fn list<'n>(
    context: &mut Context<'_>,
    plan: &mut Plan<'n>,
    node: &'n Node,
    parent: Option<usize>,
    depth: usize,
) -> Vec<usize> {
    let Some(items) = context.list(node, "steps", "write `steps:` and below it `- id: name`") else { return Vec::new() };
    if items.is_empty() {
        context.error(node.place, "empty", "there are no steps here", "write at least one");
    }
    if depth > DEPTH {
        context.error(node.place, "too_deep", format!("steps are nested deeper than {DEPTH}"), "flatten this part");
        return Vec::new();
    }
    let mut indices = Vec::new();
    for item in items {
        if plan.items.len() >= STEPS {
            if plan.items.len() == STEPS && depth == 1 {
                context.error(item.place, "too_many_steps", format!("there are more than {STEPS} steps"), "split the workflow");
            }
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
    let title = node.get("title").and_then(|title| context.text(title, "the title")).unwrap_or_else(|| in_words(&id));
    let foreach = foreach(context, node);
    let body = body::read(context, node, &id);
    let group = matches!(body, Body::Steps { .. } | Body::Parallel { .. });
    if group {
        for key in ONLY_ON_CALLS.iter().filter(|key| node.get(key).is_some()) {
            let what = format!("`{key}` has no meaning on a group of steps");
            context.error(node.key_place(key), "misplaced_key", what, "write it at the steps inside");
        }
    }
    let gate = if group { Gates::default() } else { gate::read(context, node, &title, &body, foreach.is_some()) };
    let step = Step {
        timeout_ms: node.get("timeout").and_then(|timeout| context.some_time(timeout, "timeout")),
        retry: node.get("retry").and_then(|node| retry(context, node)),
        poll: node.get("poll").and_then(|node| poll(context, node)),
        asserts: node.get("assert").map(|node| asserts(context, node)).unwrap_or_default(),
        exit_when: node.get("exit_when").and_then(|node| exit_when(context, node)),
        irreversible: node.get("irreversible").and_then(|node| context.text(node, "irreversible")),
        when: node.get("when").and_then(|node| bare(context, node, "when")),
        stage: 0,
        needs: Vec::new(),
        id,
        title,
        foreach,
        gate,
        body,
    };
    let needs = node.get("needs").and_then(|needs| context.list(needs, "needs", "write `needs: [step]`, or `needs: []` to start at once"));
    let index = plan.items.len();
    let needs = needs.map(|needs| needs.iter().collect());
    plan.items.push(Item { step, node, parent, children: Vec::new(), needs, stage: node.get("stage") });
    if let Some(inside) = body::steps_inside(context, node) {
        plan.items[index].children = list(context, plan, inside, Some(index), depth + 1);
    }
    index
}

fn identity(context: &mut Context<'_>, plan: &Plan<'_>, node: &Node) -> String {
    let Some(id_node) = context.required(node, "id", "a step", "write `id: name_of_the_step`") else { return String::new() };
    let Some(id) = context.identifier(id_node, "the step's id") else { return String::new() };
    if let Some(first) = plan.index_of(&id) {
        let place = plan.items[first].node.get("id").map_or(Place::START, |node| node.place);
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
            context.error(node.key_place(key), "misplaced_key", what, "write `foreach: ${{ … }}`, or take it out");
        }
        return None;
    };
    match &list.value {
        Value::Text(text) if text.contains("${{") => {}
        Value::List(items) => {
            if items.len() > 10_000 {
                context.error(list.place, "too_many_items", "a list has at most 10,000 items", "split it");
            }
        }
        Value::Text(_) => context.wrong_kind(list, "foreach", "a list", "write an expression: `foreach: ${{ steps.x.output.y }}`"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Map(_) => {
            context.wrong_kind(list, "foreach", "a list", "write `foreach: ${{ steps.x.output.y }}` or [a, b]");
        }
    }
    header::no_template_keys(context, list);
    Some(ForEach {
        list: list.to_json(),
        name: node.get("as").and_then(|name| item_name(context, name)).unwrap_or_else(|| "item".to_owned()),
        max_parallel: node.get("max_parallel").and_then(|n| context.small(n, "max_parallel", 1..=256)).unwrap_or(4),
        on_item_error: node
            .get("on_item_error")
            .and_then(|n| context.choice(n, "on_item_error", &ON_ITEM_ERROR))
            .unwrap_or_default(),
    })
}

pub(crate) const ON_ITEM_ERROR: [(&str, OnItemError); 2] =
    [("stop", OnItemError::Stop), ("continue", OnItemError::Continue)];
pub(crate) const EXIT_STATUS: [(&str, ExitStatus); 2] =
    [("completed", ExitStatus::Completed), ("failed", ExitStatus::Failed)];

fn item_name(context: &mut Context<'_>, node: &Node) -> Option<String> {
    let name = context.identifier(node, "the item's name")?;
    if TAKEN.contains(&name.as_str()) {
        let what = format!("an item cannot be called `{name}`: expressions use that word");
        context.error(node.place, "taken_name", what, "write another name, as `as: host`");
        return None;
    }
    debug_assert!(is_identifier(&name));
    Some(name)
}

/// A condition: an expression without braces, or true or false.
pub(super) fn bare(context: &mut Context<'_>, node: &Node, what: &str) -> Option<Expr> {
    match &node.value {
        Value::Bool(value) => Some(Expr(value.to_string())),
        Value::Text(text) if text.contains("${{") => {
            let place = node.place_of("${{", context.text);
            context.error(place, "braces", format!("{what} is an expression already"), "write it without `${{ }}`");
            None
        }
        Value::Text(text) if !text.trim().is_empty() => Some(Expr(text.trim().to_owned())),
        Value::Text(_) | Value::Null | Value::Number(_) | Value::List(_) | Value::Map(_) => {
            context.wrong_kind(node, what, "an expression", "write a condition, as `output.found`");
            None
        }
    }
}

/// Text that may hold `${{ }}`.
pub(super) fn template(context: &mut Context<'_>, node: &Node, what: &str) -> Option<serde_json::Value> {
    if node.text().is_some_and(|text| !text.trim().is_empty()) {
        return Some(node.to_json());
    }
    context.wrong_kind(node, what, "text", "write words; `${{ }}` may stand inside");
    None
}

pub(super) fn retry(context: &mut Context<'_>, node: &Node) -> Option<Retry> {
    if !context.map(node, "retry", &keys::RETRY) {
        return None;
    }
    let max = context.required(node, "max", "retry", "write how many further tries: `max: 2`")?;
    let factor = node.get("factor").map_or(Some(2.0), |factor| self::factor(context, factor))?;
    Some(Retry {
        max: context.small(max, "retry.max", 0..=100)?,
        backoff_ms: node.get("backoff").map_or(Some(1_000), |n| context.duration(n, "retry.backoff"))?,
        factor,
        classes: match node.get("for") {
            None => vec![ErrorClass::Network, ErrorClass::Timeout],
            Some(list) => context.words(list, "retry.for", |c, item| c.choice(item, "retry.for", &ERROR_CLASSES))?,
        },
    })
}

fn factor(context: &mut Context<'_>, node: &Node) -> Option<f64> {
    if let Value::Number(number) = &node.value
        && let Some(factor) = number.as_f64().filter(|factor| (1.0..=10.0).contains(factor))
    {
        return Some(factor);
    }
    context.error(node.place, "wrong_kind", "retry.factor must be a number from 1 to 10", "");
    None
}

fn poll(context: &mut Context<'_>, node: &Node) -> Option<Poll> {
    if !context.map(node, "poll", &keys::POLL) {
        return None;
    }
    let every = context.required(node, "every", "poll", "write the pause between reads: `every: 5s`");
    let until = context.required(node, "until", "poll", "write the condition: `until: output.ready`");
    let timeout = context.required(node, "timeout", "poll", "write the longest it may take: `timeout: 10m`");
    let every_ms = every.and_then(|n| context.some_time(n, "poll.every"));
    let until = until.and_then(|n| bare(context, n, "poll.until"));
    let for_ms = node.get("for").map_or(Some(0), |n| context.duration(n, "poll.for"));
    let timeout_ms = timeout.and_then(|n| context.some_time(n, "poll.timeout"));
    let poll = Poll { every_ms: every_ms?, until: until?, for_ms: for_ms?, timeout_ms: timeout_ms? };
    if poll.for_ms >= poll.timeout_ms || poll.every_ms >= poll.timeout_ms {
        context.error(node.key_place("timeout"), "poll_timeout", "the poll would end before its condition could hold", "make `timeout` longer than `every` and `for`");
    }
    Some(poll)
}

fn asserts(context: &mut Context<'_>, node: &Node) -> Vec<Assert> {
    let hint = "write `assert: [{ that: output.ok, message: What is wrong }]`";
    let Some(items) = context.list(node, "assert", hint) else { return Vec::new() };
    let mut asserts = Vec::new();
    for item in items {
        if !context.map(item, "an assert", &keys::ASSERT) {
            continue;
        }
        let that = context.required(item, "that", "an assert", hint).and_then(|n| bare(context, n, "assert.that"));
        let message = context.required(item, "message", "an assert", hint).and_then(|n| template(context, n, "assert.message"));
        if let (Some(that), Some(message)) = (that, message) {
            asserts.push(Assert { that, message });
        }
    }
    asserts
}

fn exit_when(context: &mut Context<'_>, node: &Node) -> Option<ExitWhen> {
    if !context.map(node, "exit_when", &keys::EXIT_WHEN) {
        return None;
    }
    let hint = "write `exit_when: { that: …, status: completed, message: Why }`";
    let that = context.required(node, "that", "exit_when", hint).and_then(|n| bare(context, n, "exit_when.that"));
    let status = context
        .required(node, "status", "exit_when", hint)
        .and_then(|n| context.choice(n, "exit_when.status", &EXIT_STATUS));
    let message = context.required(node, "message", "exit_when", hint).and_then(|n| template(context, n, "exit_when.message"));
    Some(ExitWhen { that: that?, status: status?, message: message? })
}

/// For messages about a tool's name.
pub(super) fn unknown_tool(context: &mut Context<'_>, node: &Node, name: &str) {
    let known = context.catalogue.tools.keys().map(String::as_str);
    let mut hint = suggest::one_of(known.clone());
    if let Some(near) = suggest::nearest(name, known) {
        hint = format!("did you mean `{near}`?");
    }
    context.error(node.place, "unknown_tool", format!("there is no tool `{name}`"), hint);
}
