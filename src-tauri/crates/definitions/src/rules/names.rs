//! Expressions name only what there is: declared inputs, steps that have certainly ended, the result where there is
//! one, the item of a list. And whoever reads the result of a step that may be skipped says what holds then.

use super::Sheet;
use super::guards::unguarded;
use super::readings::{Reading, Role};
use crate::context::Context;
use crate::suggest;
use serde_json::Value as Json;
use workflow::Body;

/// What can be read of a step (semantics.md 16).
const OF_A_STEP: [&str; 5] = ["output", "outputs", "state", "provenance", "gate"];
const OF_SELF: [&str; 2] = ["output", "provenance"];
const OF_THE_RUN: [&str; 5] = ["id", "workflow", "title", "started_by", "started_at_us"];

pub(super) fn check(context: &mut Context<'_>, sheet: &Sheet<'_, '_>) {
    for reading in sheet.readings {
        for name in &reading.names {
            let parts: Vec<&str> = name.split('.').collect();
            let (root, rest) = parts
                .split_first()
                .map_or(("", [].as_slice()), |(root, rest)| (*root, rest));
            let fault = match root {
                "inputs" => input(sheet, rest),
                "steps" => step(sheet, reading, rest),
                "output" if reading.role.has_result() => own_output(context, sheet, reading, rest),
                "self" if reading.role.has_result() => own(context, sheet, reading, rest),
                "run" => one_of("run", rest, &OF_THE_RUN),
                _ => item(sheet, reading, root),
            };
            let fault = fault
                .or_else(|| result_of(context, sheet, root, rest))
                .or_else(|| unguarded(sheet, reading, root, rest));
            if let Some(Fault { code, what, hint }) = fault {
                context.error(reading.place, code, what, hint);
            }
        }
    }
}

pub(super) struct Fault {
    code: &'static str,
    what: String,
    hint: String,
}

pub(super) fn fault(
    code: &'static str,
    what: impl Into<String>,
    hint: impl Into<String>,
) -> Option<Fault> {
    Some(Fault {
        code,
        what: what.into(),
        hint: hint.into(),
    })
}

fn input(sheet: &Sheet<'_, '_>, rest: &[&str]) -> Option<Fault> {
    let properties = sheet.inputs.get("properties").and_then(Json::as_object);
    let declared = || {
        properties
            .into_iter()
            .flat_map(|properties| properties.keys())
            .map(String::as_str)
    };
    let Some(name) = rest.first() else {
        return fault(
            "bare_name",
            "`inputs` is used as a whole or with [ ]",
            "name one: `inputs.name`",
        );
    };
    if !declared().any(|known| known == *name) {
        let known: Vec<&str> = declared().collect();
        return fault(
            "unknown_input",
            format!("there is no input `{name}`"),
            suggest::hint(name, known),
        );
    }
    unknown_part(sheet.inputs, sheet.inputs, rest, "inputs")
}

fn step(sheet: &Sheet<'_, '_>, reading: &Reading<'_>, rest: &[&str]) -> Option<Fault> {
    let Some((id, rest)) = rest.split_first() else {
        return fault(
            "bare_name",
            "`steps` is used as a whole or with [ ]",
            "name one: `steps.id.output`",
        );
    };
    let Some(named) = sheet.plan.index_of(id) else {
        let known: Vec<&str> = sheet
            .plan
            .items
            .iter()
            .map(|item| item.step.id.as_str())
            .collect();
        return fault(
            "unknown_step",
            format!("there is no step `{id}`"),
            suggest::hint(id, known),
        );
    };
    if let Some(fault) = readable(sheet, reading, named, id) {
        return Some(fault);
    }
    let Some(part) = rest.first() else {
        return fault(
            "bare_name",
            format!("`steps.{id}` is used as a whole or with [ ]"),
            format!("name a part: `steps.{id}.output`"),
        );
    };
    let item = &sheet.plan.items[named];
    let (group, list) = (!item.children.is_empty(), item.step.foreach.is_some());
    match *part {
        "output" if list => fault(
            "list_output",
            format!("`{id}` is a list: it has outputs"),
            format!("write `steps.{id}.outputs`; each has item, state, output, error"),
        ),
        "output" if group => fault(
            "group_output",
            format!("`{id}` is a group: it has no result of its own"),
            "read the steps inside it",
        ),
        "outputs" if !list => fault(
            "no_outputs",
            format!("`{id}` is not a list: it has one output"),
            format!("write `steps.{id}.output`"),
        ),
        "gate" => rest
            .get(1)
            .and_then(|kind| one_of(&format!("steps.{id}.gate"), &[kind], &["before", "after"])),
        _ => one_of(&format!("steps.{id}"), rest, &OF_A_STEP),
    }
}

/// Has the named step certainly ended, and can it be seen from here?
fn readable(sheet: &Sheet<'_, '_>, reading: &Reading<'_>, named: usize, id: &str) -> Option<Fault> {
    let plan = sheet.plan;
    let around: Vec<usize> = reading
        .step
        .map(|step| plan.chain(step).collect())
        .unwrap_or_default();
    let list = plan
        .chain(named)
        .skip(1)
        .find(|outer| plan.items[*outer].step.foreach.is_some() && !around.contains(outer));
    if let Some(list) = list {
        let list = &plan.items[list].step.id;
        let what = format!("`{id}` is inside the list `{list}` and cannot be read from outside");
        return fault(
            "inside_a_list",
            what,
            format!("read `steps.{list}.outputs`"),
        );
    }
    let reader = reading.step?;
    if named == reader {
        let hint = if reading.role.has_result() {
            "write `output`"
        } else {
            "it has no result yet"
        };
        return fault("own_step", format!("`steps.{id}` is the step itself"), hint);
    }
    if around.contains(&named) {
        return fault(
            "own_step",
            format!("`steps.{id}` is around this step and has not ended"),
            "read the steps above this one",
        );
    }
    if sheet.graph.ended_before(reader, named) {
        return None;
    }
    let reader_id = &plan.items[reader].step.id;
    let what = format!("`{id}` has not ended when `{reader_id}` starts");
    let beside = around.iter().find_map(|part| {
        let sibling = plan
            .chain(named)
            .find(|outer| plan.siblings(*part).contains(outer))?;
        Some((*part, sibling))
    });
    let hint = match beside {
        Some((part, sibling)) if sheet.graph.ended_before(sibling, part) => {
            format!(
                "it comes later: it waits for `{}`",
                plan.items[part].step.id
            )
        }
        Some((part, sibling)) => {
            format!(
                "add `{}` to the `needs` of `{}`",
                plan.items[sibling].step.id, plan.items[part].step.id
            )
        }
        None => "read only steps that come before".to_owned(),
    };
    fault("later_step", what, hint)
}

fn own(
    context: &Context<'_>,
    sheet: &Sheet<'_, '_>,
    reading: &Reading<'_>,
    rest: &[&str],
) -> Option<Fault> {
    if rest.is_empty() {
        return fault(
            "bare_name",
            "`self` is used as a whole or with [ ]",
            "name a part: `self.output`",
        );
    }
    one_of("self", rest, &OF_SELF).or_else(|| {
        if rest.first() == Some(&"output") {
            own_output(context, sheet, reading, &rest[1..])
        } else {
            None
        }
    })
}

fn own_output(
    context: &Context<'_>,
    sheet: &Sheet<'_, '_>,
    reading: &Reading<'_>,
    rest: &[&str],
) -> Option<Fault> {
    let item = &sheet.plan.items[reading.step?];
    // The result on a card for the whole list is the list.
    if item.step.foreach.is_some() && !reading.own_item {
        return None;
    }
    let schema = output_schema(context, &item.step.body)?;
    unknown_part(schema, schema, rest, "output")
}

fn item(sheet: &Sheet<'_, '_>, reading: &Reading<'_>, root: &str) -> Option<Fault> {
    let plan = sheet.plan;
    let lists = reading
        .step
        .map(|step| plan.chain(step).collect::<Vec<_>>())
        .unwrap_or_default();
    let names: Vec<&str> = lists
        .into_iter()
        .filter(|part| Some(*part) != reading.step || reading.own_item)
        .filter_map(|part| {
            plan.items[part]
                .step
                .foreach
                .as_ref()
                .map(|list| list.name.as_str())
        })
        .collect();
    if names.contains(&root) {
        return None;
    }
    let own = reading
        .step
        .and_then(|step| plan.items[step].step.foreach.as_ref());
    match root {
        "output" | "self" => fault(
            "no_result",
            format!("there is no result here that `{root}` could name"),
            "it is known in assert, exit_when, poll.until and gate.after; of another step write `steps.id.output`",
        ),
        _ if own.is_some_and(|list| list.name == root)
            && matches!(reading.role, Role::GateBefore | Role::GateAfter) =>
        {
            fault(
                "no_item",
                format!("one card for all items has no `{root}`"),
                "write `scope: each`, or take it out: the card lists the items",
            )
        }
        _ if own.is_some_and(|list| list.name == root) => fault(
            "no_item",
            format!("`{root}` is not known here: this is decided once for the whole list"),
            "use it in `with`, or filter the list in `foreach`",
        ),
        "item" => match names.first() {
            Some(name) => fault(
                "no_item",
                format!("the item is called `{name}` here"),
                format!("write `{name}`"),
            ),
            None => fault(
                "no_item",
                "there is no list here whose `item` could be meant",
                "it is known inside `foreach`",
            ),
        },
        _ => {
            let mut known = vec!["inputs", "steps", "run"];
            known.extend(
                reading
                    .role
                    .has_result()
                    .then_some(["output", "self"])
                    .into_iter()
                    .flatten(),
            );
            known.extend(names);
            fault(
                "unknown_name",
                format!("expressions do not know `{root}`"),
                suggest::hint(root, known),
            )
        }
    }
}

fn one_of(what: &str, rest: &[&str], known: &[&str]) -> Option<Fault> {
    let part = rest.first()?;
    if known.contains(part) {
        return None;
    }
    fault(
        "unknown_name",
        format!("`{what}` has no `{part}`"),
        suggest::hint(part, known.iter().copied()),
    )
}

/// A result that does not have the named part, where the schema says so for certain.
fn result_of(
    context: &Context<'_>,
    sheet: &Sheet<'_, '_>,
    root: &str,
    rest: &[&str],
) -> Option<Fault> {
    let ("steps", [id, "output", path @ ..]) = (root, rest) else {
        return None;
    };
    let named = sheet.plan.index_of(id)?;
    let schema = output_schema(context, &sheet.plan.items[named].step.body)?;
    unknown_part(schema, schema, path, &format!("steps.{id}.output"))
}

fn output_schema<'s>(context: &'s Context<'_>, body: &'s Body) -> Option<&'s Json> {
    match body {
        Body::Uses { tool, .. } => context.catalogue.tools.get(tool).map(|tool| &tool.output),
        Body::Ai(ai) => Some(&ai.output),
        Body::Undo | Body::Steps { .. } | Body::Parallel { .. } => None,
    }
}

/// Follows a path through closed object schemas (`additionalProperties: false`).
fn unknown_part(whole: &Json, schema: &Json, path: &[&str], what: &str) -> Option<Fault> {
    let (part, rest) = path.split_first()?;
    let schema = match schema
        .get("$ref")
        .and_then(Json::as_str)
        .and_then(|target| target.strip_prefix('#'))
    {
        Some(pointer) => whole.pointer(pointer)?,
        None => schema,
    };
    let properties = schema.get("properties")?.as_object()?;
    match properties.get(*part) {
        Some(next) => unknown_part(whole, next, rest, &format!("{what}.{part}")),
        None if schema.get("additionalProperties") == Some(&Json::Bool(false)) => {
            let hint = suggest::hint(part, properties.keys().map(String::as_str));
            fault("unknown_name", format!("`{what}` has no `{part}`"), hint)
        }
        None => None,
    }
}
