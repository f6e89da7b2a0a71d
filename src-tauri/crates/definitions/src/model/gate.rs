//! The gates of a step, and the shorthand `requires_approval`. What a gate leaves out is filled in here.

use super::checks::{bare, template};
use super::words::{DECISIONS, ON_TIMEOUT, SCOPES};
use crate::context::Context;
use crate::keys;
use crate::yaml::{Node, Value};
use serde_json::Value as Json;
use workflow::{Body, CardScope, DecisionKind, EffectClass, Gate, GateKind, Gates, OnTimeout};

/// How often a result may be redone unless the gate says otherwise.
const REDO_MAX: u32 = 3;

/// Keys that mean something only before a call.
const ONLY_BEFORE: [&str; 3] = ["editable", "recheck", "grant_ttl"];

/// The gates of a call or of an AI step.
pub(super) fn read(
    context: &mut Context<'_>,
    step: &Node,
    title: &str,
    body: &Body,
    in_list: bool,
) -> Gates {
    let mut gates = Gates::default();
    if let Some(node) = step.get("gate")
        && context.map(node, "gate", &keys::GATES)
    {
        if node.entries().is_empty() {
            context.error(
                node.place,
                "empty",
                "gate is empty",
                "write `gate: { before: { … } }` or `after`",
            );
        }
        if let Some(before) = node.get("before") {
            if step.get("ai").is_some() {
                let what = "a question to a model has no gate before it: it changes nothing";
                context.error(
                    node.key_place("before"),
                    "misplaced_gate",
                    what,
                    "write `gate.after`: it decides on the result",
                );
            }
            gates.before = gate(context, before, GateKind::Before, title, in_list);
        }
        if let Some(after) = node.get("after") {
            gates.after = gate(context, after, GateKind::After, title, in_list);
        }
    }
    shorthand(context, step, title, body, in_list, &mut gates);
    gates
}

/// `requires_approval: true`: before anything that changes or spends a credential, after a read or an AI result.
fn shorthand(
    context: &mut Context<'_>,
    step: &Node,
    title: &str,
    body: &Body,
    in_list: bool,
    gates: &mut Gates,
) {
    let Some(node) = step.get("requires_approval") else {
        return;
    };
    if context.flag(node, "requires_approval") != Some(true) {
        return;
    }
    let before = match body {
        Body::Uses { tool, .. } => {
            let effect = context.catalogue.tools.get(tool).map(|tool| tool.effect);
            effect.is_some_and(|effect| effect.changes() || effect == EffectClass::Credential)
        }
        Body::Ai(_) | Body::Undo | Body::Steps { .. } | Body::Parallel { .. } => false,
    };
    let (kind, place) = if before {
        (GateKind::Before, &mut gates.before)
    } else {
        (GateKind::After, &mut gates.after)
    };
    if place.is_some() {
        let what = format!(
            "`requires_approval` says again what `gate.{}` says",
            kind.word()
        );
        context.error(
            step.key_place("requires_approval"),
            "misplaced_key",
            what,
            "take it out",
        );
        return;
    }
    *place = Some(Gate {
        title: question(kind, title),
        show: Vec::new(),
        decisions: usual_decisions(kind, in_list, false, None),
        editable: Vec::new(),
        recheck: Vec::new(),
        grant_ttl_ms: None,
        scope: CardScope::AllItems,
        skip_when: None,
        wait_ms: None,
        remind_ms: None,
        on_timeout: OnTimeout::Hold,
        redo_step: None,
        redo_max: REDO_MAX,
    });
}

fn question(kind: GateKind, title: &str) -> Json {
    Json::String(match kind {
        GateKind::Before => format!("{title}?"),
        GateKind::After => format!("Accept the result of: {title}?"),
        GateKind::Failure => format!("{title} failed. What now?"),
    })
}

/// The answers that a gate offers when the file names none.
fn usual_decisions(
    kind: GateKind,
    one_card_for_a_list: bool,
    editable: bool,
    redo: Option<&str>,
) -> Vec<DecisionKind> {
    let mut decisions = vec![DecisionKind::Approve];
    match kind {
        GateKind::Before => {
            decisions.extend(editable.then_some(DecisionKind::Edit));
            decisions.push(DecisionKind::Skip);
            decisions.extend(one_card_for_a_list.then_some(DecisionKind::Drop));
            decisions.extend(redo.map(|_| DecisionKind::Redo));
        }
        GateKind::After => decisions.extend([DecisionKind::Edit, DecisionKind::Redo]),
        GateKind::Failure => {}
    }
    decisions.push(DecisionKind::Reject);
    decisions
}

fn gate(
    context: &mut Context<'_>,
    node: &Node,
    kind: GateKind,
    title: &str,
    in_list: bool,
) -> Option<Gate> {
    let what = format!("gate.{}", kind.word());
    if !context.map(node, &what, &keys::GATE) {
        return None;
    }
    if kind == GateKind::After {
        for key in ONLY_BEFORE.iter().filter(|key| node.get(key).is_some()) {
            let what =
                format!("`{key}` has no meaning after a result: there is no call left to run");
            context.error(
                node.key_place(key),
                "misplaced_key",
                what,
                "take it out, or move it to `gate.before`",
            );
        }
    }
    let scope = scope(context, node, in_list);
    let editable = names(context, node, "editable");
    let (redo_step, redo_max) = redo(context, node);
    let one_card = in_list && scope == CardScope::AllItems;
    let decisions = match node.get("decisions") {
        None => usual_decisions(kind, one_card, !editable.is_empty(), redo_step.as_deref()),
        Some(list) => context
            .words(list, "decisions", |context, item| {
                context.choice(item, "a decision", &DECISIONS)
            })
            .unwrap_or_default(),
    };
    let wait_ms = node.get("wait").and_then(|n| context.some_time(n, "wait"));
    let on_timeout = node
        .get("on_timeout")
        .and_then(|n| on_timeout(context, n))
        .unwrap_or_default();
    if let Some(key) = node
        .get("on_timeout")
        .filter(|_| node.get("wait").is_none())
    {
        context.error(
            key.place,
            "misplaced_key",
            "`on_timeout` stands without `wait`",
            "write how long: `wait: 4h`, or take it out",
        );
    }
    Some(Gate {
        title: node
            .get("title")
            .and_then(|n| template(context, n, "the gate's title"))
            .unwrap_or_else(|| question(kind, title)),
        show: show(context, node),
        recheck: names(context, node, "recheck"),
        grant_ttl_ms: node
            .get("grant_ttl")
            .and_then(|n| context.some_time(n, "grant_ttl")),
        skip_when: node
            .get("skip_when")
            .and_then(|n| bare(context, n, "skip_when")),
        remind_ms: node
            .get("remind")
            .and_then(|n| context.some_time(n, "remind")),
        decisions,
        editable,
        scope,
        wait_ms,
        on_timeout,
        redo_step,
        redo_max,
    })
}

fn scope(context: &mut Context<'_>, node: &Node, in_list: bool) -> CardScope {
    let Some(scope) = node.get("scope") else {
        return CardScope::AllItems;
    };
    if !in_list {
        context.error(
            node.key_place("scope"),
            "misplaced_key",
            "`scope` stands on a step without `foreach`",
            "take it out",
        );
        return CardScope::AllItems;
    }
    context.choice(scope, "scope", &SCOPES).unwrap_or_default()
}

fn names(context: &mut Context<'_>, node: &Node, key: &str) -> Vec<String> {
    let Some(list) = node.get(key) else {
        return Vec::new();
    };
    context
        .words(list, key, |context, item| context.text(item, key))
        .unwrap_or_default()
}

fn show(context: &mut Context<'_>, node: &Node) -> Vec<String> {
    let Some(list) = node.get("show") else {
        return Vec::new();
    };
    let entry = |context: &mut Context<'_>, item: &Node| {
        bare(context, item, "show").map(|expression| expression.0)
    };
    context.words(list, "show", entry).unwrap_or_default()
}

fn on_timeout(context: &mut Context<'_>, node: &Node) -> Option<OnTimeout> {
    if node
        .text()
        .is_some_and(|word| matches!(word, "approve" | "approved" | "continue" | "skip"))
    {
        context.error(
            node.place,
            "silence_approves",
            "silence never approves",
            "write `reject`, or `hold`: the gate stays open until a person answers",
        );
        return None;
    }
    context.choice(node, "on_timeout", &ON_TIMEOUT)
}

fn redo(context: &mut Context<'_>, node: &Node) -> (Option<String>, u32) {
    let Some(redo) = node.get("redo") else {
        return (None, REDO_MAX);
    };
    if !context.map(redo, "redo", &keys::REDO) {
        return (None, REDO_MAX);
    }
    if matches!(&redo.value, Value::Map(entries) if entries.is_empty()) {
        context.error(
            redo.place,
            "empty",
            "redo is empty",
            "write `redo: { max: 3 }`",
        );
    }
    let step = redo.get("step").and_then(|n| context.text(n, "redo.step"));
    let max = redo
        .get("max")
        .and_then(|n| context.small(n, "redo.max", 1..=100))
        .unwrap_or(REDO_MAX);
    (step, max)
}
