//! Effects: a change stands behind a gate and has an inverse, or a reason why not; what the file promises holds;
//! polls, fallbacks and models only read (workflow-format.md, rules 2, 3 and 5).

use super::Sheet;
use crate::context::Context;
use crate::model::Item;
use crate::suggest;
use crate::yaml::Node;
use workflow::{EffectClass, ToolSpec};

pub(super) fn check(
    context: &mut Context<'_>,
    sheet: &Sheet<'_, '_>,
    promised: Option<&[EffectClass]>,
) {
    let catalogue = context.catalogue;
    for item in &sheet.plan.items {
        if let Some(ai) = item.node.get("ai") {
            model(context, item, ai, promised);
        }
        let Some(node) = item.node.get("uses") else {
            continue;
        };
        let Some(spec) = node.text().and_then(|name| catalogue.tools.get(name)) else {
            continue;
        };
        promise(context, promised, spec, node);
        if let Some(undo) = item.node.get("rollback") {
            rollback(context, promised, item, spec, undo);
        }
        if spec.effect.changes() {
            change(context, item, spec, node);
        } else if item.step.irreversible.is_some() {
            let what = format!("`{}` changes nothing that could be irreversible", spec.name);
            context.findings.warning(
                item.node.key_place("irreversible"),
                "needless",
                what,
                "take `irreversible` out",
            );
        }
    }
}

fn change(context: &mut Context<'_>, item: &Item<'_>, spec: &ToolSpec, node: &Node) {
    let (step, name, effect) = (&item.step, &spec.name, spec.effect.word());
    let gates = item.node.get("gate");
    // A gate that is there but wrong was reported.
    let tried = gates.is_some_and(|gates| gates.get("before").is_some());
    if step.gate.before.is_none() && !tried {
        context.error(
            node.place,
            "ungated_change",
            format!(
                "the step `{}` changes something (`{name}` is {effect}) and has no gate before it",
                step.id
            ),
            "write `requires_approval: true`, or `gate: { before: { title: … } }`",
        );
    }
    if step.gate.after.is_some() {
        let place = gates.map_or(node.place, |gates| gates.key_place("after"));
        let what = "a change is decided on before it runs, not after";
        context.error(
            place,
            "misplaced_gate",
            what,
            "write `gate.before`; put `gate.after` on a read that checks the result",
        );
    }
    if spec.inverse.is_none()
        && step.irreversible.is_none()
        && item.node.get("irreversible").is_none()
        && item.node.get("rollback").is_none()
    {
        context.error(
            node.place,
            "no_inverse",
            format!("`{name}` changes something and no tool undoes it"),
            "write `rollback: { uses: … }` with the call that undoes it, or `irreversible: <why that is acceptable>`",
        );
    }
    if let Some(skip) = gates
        .and_then(|gates| gates.get("before"))
        .filter(|gate| gate.get("skip_when").is_some())
    {
        let what = "a gate before a change cannot be skipped by a condition";
        context.error(
            skip.key_place("skip_when"),
            "skipped_gate",
            what,
            "take `skip_when` out; `when` at the step decides whether it runs at all",
        );
    }
    if step.poll.is_some() {
        let what = format!("`poll` repeats `{name}`, which changes something");
        context.error(
            item.node.key_place("poll"),
            "poll_of_a_change",
            what,
            "poll a read in a step after it",
        );
    }
}

/// What undoes a step changes something itself, and there must be something to undo.
fn rollback(
    context: &mut Context<'_>,
    promised: Option<&[EffectClass]>,
    item: &Item<'_>,
    spec: &ToolSpec,
    node: &Node,
) {
    let place = item.node.key_place("rollback");
    if !spec.effect.changes() {
        let what = format!("`{}` changes nothing that could be rolled back", spec.name);
        context.error(place, "misplaced_key", what, "take `rollback` out");
    }
    if item.node.get("irreversible").is_some() {
        context.error(
            place,
            "two_answers",
            "the step says `irreversible` and how it is rolled back",
            "keep the one that is true",
        );
    }
    let catalogue = context.catalogue;
    let Some(uses) = node.get("uses") else { return };
    let Some(undo) = uses.text().and_then(|name| catalogue.tools.get(name)) else {
        return;
    };
    promise(context, promised, undo, uses);
    if !undo.effect.changes() {
        context.error(
            uses.place,
            "rollback_reads",
            format!("`{}` changes nothing, so it undoes nothing", undo.name),
            "name a tool that changes something",
        );
    }
}

fn model(
    context: &mut Context<'_>,
    item: &Item<'_>,
    node: &Node,
    promised: Option<&[EffectClass]>,
) {
    let catalogue = context.catalogue;
    for key in ["poll", "irreversible", "rollback"] {
        if item.node.get(key).is_some() {
            let what = format!("`{key}` has no meaning for a model");
            context.error(
                item.node.key_place(key),
                "misplaced_key",
                what,
                "take it out",
            );
        }
    }
    for listed in node.get("tools").map(Node::items).unwrap_or_default() {
        let Some(spec) = listed.text().and_then(|name| catalogue.tools.get(name)) else {
            continue;
        };
        promise(context, promised, spec, listed);
        if spec.effect.changes() {
            let what = format!(
                "a model may not call `{}`: it changes something ({})",
                spec.name,
                spec.effect.word()
            );
            context.error(
                listed.place,
                "model_changes",
                what,
                "list reads; make the change in a step of its own, with a gate",
            );
        } else if let Some(permitted) = &catalogue.for_models
            && !permitted.contains(&spec.name)
        {
            let what = format!(
                "a model may not call `{}`: it reaches whatever its arguments name",
                spec.name
            );
            context.error(
                listed.place,
                "not_for_models",
                what,
                suggest::one_of(permitted.iter().map(String::as_str)),
            );
        }
    }
    let Some(uses) = node
        .get("fallback")
        .and_then(|fallback| fallback.get("uses"))
    else {
        return;
    };
    let Some(spec) = uses.text().and_then(|name| catalogue.tools.get(name)) else {
        return;
    };
    promise(context, promised, spec, uses);
    if spec.effect.changes() {
        let what = format!(
            "a fallback only reads; `{}` changes something ({})",
            spec.name,
            spec.effect.word()
        );
        context.error(
            uses.place,
            "fallback_changes",
            what,
            "name a tool that gives the result by rule",
        );
    }
}

/// `effects:` at the top of the file holds for every tool.
fn promise(
    context: &mut Context<'_>,
    promised: Option<&[EffectClass]>,
    spec: &ToolSpec,
    node: &Node,
) {
    let Some(promised) = promised.filter(|promised| !promised.contains(&spec.effect)) else {
        return;
    };
    let words: Vec<&str> = promised.iter().map(|effect| effect.word()).collect();
    let what = format!(
        "the file promises `effects: [{}]`, and `{}` is {}",
        words.join(", "),
        spec.name,
        spec.effect.word()
    );
    context.error(
        node.place,
        "broken_promise",
        what,
        format!(
            "add `{}` to `effects`, or take this out",
            spec.effect.word()
        ),
    );
}
