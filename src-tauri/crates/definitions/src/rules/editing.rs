//! Editing at a gate and rechecking before the call (semantics.md 4 and 5): what can be edited reaches the call and
//! nothing that was decided before; what is read again is closed, so that nothing old mixes with something new.
//! A path between two steps is a chain of readings; `needs` alone carries no value.

use super::Sheet;
use super::readings::{Reading, Role};
use crate::context::Context;
use crate::finding::Place;
use crate::suggest;
use crate::yaml::Node;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use workflow::{Body, Gate};

pub(super) fn check(context: &mut Context<'_>, sheet: &Sheet<'_, '_>) {
    for (index, item) in sheet.plan.items.iter().enumerate() {
        let node = item.node.get("gate").and_then(|gates| gates.get("before"));
        if let (Some(gate), Some(node)) = (&item.step.gate.before, node) {
            let rechecked = recheck(context, sheet, index, gate, node);
            editable(context, sheet, index, gate, node, &rechecked);
        }
    }
}

/// The place of a name in a list of the gate.
fn place_in(node: &Node, list: &str, name: &str) -> Place {
    let items = node.get(list).map(Node::items).unwrap_or_default();
    items
        .iter()
        .find(|item| item.text() == Some(name))
        .map_or(node.place, |item| item.place)
}

/// Checks `recheck`; gives the steps that it names.
fn recheck(
    context: &mut Context<'_>,
    sheet: &Sheet<'_, '_>,
    index: usize,
    gate: &Gate,
    node: &Node,
) -> BTreeSet<usize> {
    let plan = sheet.plan;
    let mut named = BTreeSet::new();
    for id in &gate.recheck {
        let place = place_in(node, "recheck", id);
        let Some(step) = plan.index_of(id) else {
            let known = sheet
                .graph
                .all_before(index)
                .iter()
                .map(|before| plan.items[*before].step.id.as_str());
            let hint = suggest::hint(id, known.collect::<Vec<_>>());
            context.error(
                place,
                "unknown_step",
                format!("there is no step `{id}`"),
                hint,
            );
            continue;
        };
        match not_again(context, sheet, index, step) {
            Some(why) => {
                let what = format!("`{id}` cannot be read again before the call: {why}");
                context.error(
                    place,
                    "bad_recheck",
                    what,
                    "name earlier reads without a gate",
                );
            }
            None => {
                named.insert(step);
            }
        }
    }
    for between in left_out(sheet, index, &named) {
        let id = &plan.items[between].step.id;
        context.error(
            node.key_place("recheck"),
            "open_recheck",
            format!(
                "`recheck` leaves `{id}` out, which reads what is read again and feeds this call"
            ),
            format!("add `{id}` to `recheck`"),
        );
    }
    named
}

/// Why a step cannot be read again before this call.
fn not_again(
    context: &Context<'_>,
    sheet: &Sheet<'_, '_>,
    index: usize,
    step: usize,
) -> Option<&'static str> {
    let item = &sheet.plan.items[step];
    let Body::Uses { tool, .. } = &item.step.body else {
        return Some("it is not a call of a tool");
    };
    if context
        .catalogue
        .tools
        .get(tool)
        .is_some_and(|tool| tool.effect.changes())
    {
        return Some("it changes something");
    }
    if item.step.gate.before.is_some() || item.step.gate.after.is_some() {
        return Some("it has a gate of its own");
    }
    if item.step.foreach.is_some() {
        return Some("it is a list");
    }
    if item.step.poll.is_some() {
        return Some("it is a poll");
    }
    let around: Vec<usize> = sheet.plan.chain(index).collect();
    if sheet
        .plan
        .chain(step)
        .skip(1)
        .any(|outer| sheet.plan.items[outer].step.foreach.is_some() && !around.contains(&outer))
    {
        return Some("it is inside another list");
    }
    (!sheet.graph.ended_before(index, step)).then_some("it has not ended before this gate")
}

/// The readings that have a say in a step's call: its own, and those of the groups and lists around it.
fn shaping<'s, 'n>(
    sheet: &'s Sheet<'s, 'n>,
    index: usize,
) -> impl Iterator<Item = &'s Reading<'n>> {
    let around: Vec<usize> = sheet.plan.chain(index).collect();
    sheet.readings.iter().filter(move |reading| {
        reading.role.shapes_the_call() && reading.step.is_some_and(|step| around.contains(&step))
    })
}

/// The calls whose results a step's call is made from, directly.
fn sources(sheet: &Sheet<'_, '_>, index: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for id in shaping(sheet, index).flat_map(Reading::steps) {
        let Some(step) = sheet.plan.index_of(id) else {
            continue;
        };
        let inside = sheet.plan.inside(step);
        found.extend(
            inside
                .into_iter()
                .filter(|step| sheet.plan.items[*step].children.is_empty()),
        );
        if sheet.plan.items[step].children.is_empty() {
            found.insert(step);
        }
    }
    found.remove(&index);
    found
}

/// All calls whose results a step's call is made from, through any number of steps.
fn all_sources(direct: &[BTreeSet<usize>], index: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut open: Vec<usize> = direct[index].iter().copied().collect();
    while let Some(next) = open.pop() {
        if found.insert(next) {
            open.extend(&direct[next]);
        }
    }
    found
}

/// Steps on a path between a rechecked one and the gate that `recheck` does not name.
fn left_out(sheet: &Sheet<'_, '_>, index: usize, named: &BTreeSet<usize>) -> Vec<usize> {
    if named.is_empty() {
        return Vec::new();
    }
    let direct: Vec<BTreeSet<usize>> = (0..sheet.plan.items.len())
        .map(|step| sources(sheet, step))
        .collect();
    all_sources(&direct, index)
        .into_iter()
        .filter(|step| !named.contains(step) && *step != index)
        .filter(|step| !all_sources(&direct, *step).is_disjoint(named))
        .collect()
}

fn editable(
    context: &mut Context<'_>,
    sheet: &Sheet<'_, '_>,
    index: usize,
    gate: &Gate,
    node: &Node,
    rechecked: &BTreeSet<usize>,
) {
    let declared = sheet.inputs.get("properties").and_then(Json::as_object);
    for input in &gate.editable {
        let place = place_in(node, "editable", input);
        if !declared.is_some_and(|declared| declared.contains_key(input)) {
            let known: Vec<&str> = declared
                .into_iter()
                .flat_map(|declared| declared.keys())
                .map(String::as_str)
                .collect();
            context.error(
                place,
                "unknown_input",
                format!("there is no input `{input}` to edit"),
                suggest::hint(input, known),
            );
            continue;
        }
        let own: Vec<&Reading<'_>> = sheet
            .readings
            .iter()
            .filter(|reading| reading.step == Some(index))
            .collect();
        let argument = own.iter().any(|reading| {
            reading.role == Role::Call
                && reading.alone()
                && reading.source == format!("inputs.{input}")
        });
        if !argument {
            let what = format!(
                "`{input}` cannot be edited here: no argument of this call is exactly that input"
            );
            context.error(
                place,
                "not_an_argument",
                what,
                format!("pass it as `${{{{ inputs.{input} }}}}`, or take it out"),
            );
        }
        let decided = shaping(sheet, index)
            .any(|reading| reading.role != Role::Call && reading.reads_input(input));
        if decided {
            let what = format!(
                "`{input}` cannot be edited here: `when` or `foreach` have used it already"
            );
            context.error(place, "used_before", what, "take it out of `editable`");
        }
        for earlier in sheet.graph.all_before(index) {
            let reads = shaping_alone(sheet, *earlier).any(|reading| reading.reads_input(input));
            if reads && !rechecked.contains(earlier) {
                let id = &sheet.plan.items[*earlier].step.id;
                let what = format!(
                    "`{id}` has used `{input}` before this gate and is not read again after an edit"
                );
                context.error(
                    place,
                    "used_before",
                    what,
                    format!("add `{id}` to `recheck`, or take `{input}` out of `editable`"),
                );
            }
        }
    }
}

/// The readings of a step itself that have a say in its call.
fn shaping_alone<'s, 'n>(
    sheet: &'s Sheet<'s, 'n>,
    index: usize,
) -> impl Iterator<Item = &'s Reading<'n>> {
    sheet
        .readings
        .iter()
        .filter(move |reading| reading.role.shapes_the_call() && reading.step == Some(index))
}
