//! What a gate may offer: answers that mean something there, a redo of an earlier read, no drop without a list.
//! Editing and rechecking are in `editing`.

use super::Sheet;
use crate::context::Context;
use crate::yaml::Node;
use workflow::{Body, CardScope, DecisionKind, Gate, GateKind};

pub(super) fn check(context: &mut Context<'_>, sheet: &Sheet<'_, '_>) {
    for (index, item) in sheet.plan.items.iter().enumerate() {
        for kind in [GateKind::Before, GateKind::After] {
            let node = item
                .node
                .get("gate")
                .and_then(|gates| gates.get(kind.word()));
            if let (Some(gate), Some(node)) = (item.step.gate(kind), node) {
                offers(context, sheet, index, kind, gate, node);
                redo(context, sheet, index, kind, gate, node);
            }
        }
    }
}

fn offers(
    context: &mut Context<'_>,
    sheet: &Sheet<'_, '_>,
    index: usize,
    kind: GateKind,
    gate: &Gate,
    node: &Node,
) {
    let in_list = sheet.plan.items[index].step.foreach.is_some();
    let list = node.get("decisions");
    let offered = |decision: DecisionKind| {
        list.map(Node::items)
            .unwrap_or_default()
            .iter()
            .find(|item| item.text() == Some(decision.word()))
            .map(|item| item.place)
    };
    if let Some(list) = list.filter(|list| matches!(list.value, crate::yaml::Value::List(_))) {
        for must in [DecisionKind::Approve, DecisionKind::Reject] {
            if !gate.decisions.contains(&must) {
                let what = format!("a gate must offer {}", must.word());
                context.error(
                    list.place,
                    "missing_decision",
                    what,
                    "offer at least [approve, reject]",
                );
            }
        }
    }
    if let Some(place) = offered(DecisionKind::Drop)
        && !(in_list && gate.scope == CardScope::AllItems)
    {
        let what = "drop leaves items out: it needs `foreach` and one card for all items";
        context.error(
            place,
            "drop_without_list",
            what,
            "write skip, or `scope: all_items`",
        );
    }
    if let Some(place) = offered(DecisionKind::Skip)
        && kind == GateKind::After
    {
        context.error(
            place,
            "skip_after",
            "skip is an answer before a call; after a result it has run",
            "offer approve, edit, redo or reject",
        );
    }
    let edits = offered(DecisionKind::Edit);
    match (kind, edits) {
        (GateKind::Before, Some(place))
            if gate.editable.is_empty() && node.get("editable").is_none() =>
        {
            context.error(
                place,
                "nothing_editable",
                "edit is offered, but nothing is editable",
                "write `editable: [input]`, or take edit out",
            );
        }
        (GateKind::Before, None) if !gate.editable.is_empty() && list.is_some() => {
            context.error(
                node.key_place("editable"),
                "edit_not_offered",
                "`editable` stands here, but edit is not offered",
                "add edit to `decisions`",
            );
        }
        (GateKind::Before | GateKind::After | GateKind::Failure, _) => {}
    }
}

fn redo(
    context: &mut Context<'_>,
    sheet: &Sheet<'_, '_>,
    index: usize,
    kind: GateKind,
    gate: &Gate,
    node: &Node,
) {
    let offered = gate.decisions.contains(&DecisionKind::Redo);
    let Some(redo) = node.get("redo") else {
        if offered && kind == GateKind::Before {
            let place = node.get("decisions").map_or(node.place, |list| list.place);
            context.error(
                place,
                "redo_what",
                "redo is offered before a call, but nothing says what is redone",
                "write `redo: { step: name }`",
            );
        }
        return;
    };
    if !offered {
        context.error(
            node.key_place("redo"),
            "redo_not_offered",
            "`redo` stands here, but redo is not offered",
            "add redo to `decisions`, or take it out",
        );
    }
    let (Some(id), Some(named)) = (&gate.redo_step, redo.get("step")) else {
        if kind == GateKind::Before && offered && redo.get("step").is_none() {
            context.error(
                redo.place,
                "redo_what",
                "before a call, redo must say what is redone",
                "write `redo: { step: name }`",
            );
        }
        return;
    };
    let Some(step) = sheet.plan.index_of(id) else {
        let known = sheet
            .graph
            .all_before(index)
            .iter()
            .map(|before| sheet.plan.items[*before].step.id.as_str());
        let hint = crate::suggest::hint(id, known.collect::<Vec<_>>());
        context.error(
            named.place,
            "unknown_step",
            format!("there is no step `{id}`"),
            hint,
        );
        return;
    };
    let item = &sheet.plan.items[step];
    let own = step == index && kind == GateKind::After;
    let reads = match &item.step.body {
        Body::Ai(_) => true,
        Body::Uses { tool, .. } => context
            .catalogue
            .tools
            .get(tool)
            .is_none_or(|tool| !tool.effect.changes()),
        Body::Undo | Body::Steps { .. } | Body::Parallel { .. } => false,
    };
    let hidden = sheet.plan.chain(step).skip(1).any(|outer| {
        sheet.plan.items[outer].step.foreach.is_some()
            && !sheet.plan.chain(index).any(|around| around == outer)
    });
    if !own && !sheet.graph.ended_before(index, step) {
        let what = format!("`{id}` cannot be redone: it has not ended before this gate");
        context.error(named.place, "redo_what", what, "name an earlier step");
    } else if !reads || hidden {
        let what =
            format!("`{id}` cannot be redone: only a read or an AI step can, outside other lists");
        context.error(
            named.place,
            "redo_what",
            what,
            "name an earlier read or AI step",
        );
    }
}
