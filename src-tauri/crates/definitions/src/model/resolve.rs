//! What the file leaves out across steps: the defaults of calls, and the stage that each step is shown under.

use super::{Plan, checks};
use crate::context::Context;
use crate::keys;
use crate::yaml::{Node, Value};
use workflow::Body;

/// Gives `defaults` to the calls and AI steps that do not say otherwise.
pub(super) fn defaults(context: &mut Context<'_>, plan: &mut Plan<'_>, root: &Node) {
    let Some(node) = root.get("defaults") else {
        return;
    };
    if !context.map(node, "defaults", &keys::DEFAULTS) {
        return;
    }
    let timeout_ms = node
        .get("timeout")
        .and_then(|n| context.some_time(n, "timeout"));
    let retry = node.get("retry").and_then(|n| checks::retry(context, n));
    for item in &mut plan.items {
        if matches!(item.step.body, Body::Steps { .. } | Body::Parallel { .. }) {
            continue;
        }
        // A key that is there but wrong was reported; it does not fall back to the default.
        if item.node.get("timeout").is_none() {
            item.step.timeout_ms = timeout_ms;
        }
        if item.node.get("retry").is_none() {
            item.step.retry.clone_from(&retry);
        }
    }
}

/// Numbers the stages of all steps; gives the stages' lines.
pub(super) fn stages(
    context: &mut Context<'_>,
    plan: &mut Plan<'_>,
    root: &Node,
    named: Option<Vec<String>>,
) -> Vec<String> {
    let stages = match named {
        Some(stages) => {
            stages_of_roots(context, plan, root, stages.len());
            stages
        }
        None => {
            for (number, root) in (1..).zip(plan.roots.clone()) {
                if let Some(stage) = plan.items[root].stage {
                    let hint = "write `stages: [First, Second]` at the top, or take it out: each top-level step is a stage";
                    context.error(
                        stage.place,
                        "bad_stage",
                        "`stage` stands here, but the file has no `stages`",
                        hint,
                    );
                }
                plan.items[root].step.stage = number;
            }
            plan.roots
                .iter()
                .map(|root| plan.items[*root].step.title.clone())
                .collect()
        }
    };
    for index in 0..plan.items.len() {
        let Some(parent) = plan.items[index].parent else {
            continue;
        };
        // Parents stand before their children.
        plan.items[index].step.stage = plan.items[parent].step.stage;
        if let Some(stage) = plan.items[index].stage {
            let what = "a nested step is shown under the stage of the step around it";
            context.error(stage.place, "bad_stage", what, "take `stage` out here");
        }
    }
    stages
}

fn stages_of_roots(context: &mut Context<'_>, plan: &mut Plan<'_>, root: &Node, count: usize) {
    let roots = plan.roots.clone();
    let none_named = roots.iter().all(|root| plan.items[*root].stage.is_none());
    if none_named && roots.len() == count {
        for (number, root) in (1..).zip(&roots) {
            plan.items[*root].step.stage = number;
        }
        return;
    }
    let mut used = vec![false; count];
    for index in roots {
        let item = &mut plan.items[index];
        let Some(stage) = item.stage else {
            let what = format!("the step `{}` does not say its stage", item.step.id);
            context.error(
                item.node.place,
                "bad_stage",
                what,
                format!("write `stage:` with a number from 1 to {count}"),
            );
            continue;
        };
        let number = match &stage.value {
            Value::Number(number) => number
                .as_u64()
                .and_then(|number| usize::try_from(number).ok()),
            Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => None,
        };
        match number.filter(|number| (1..=count).contains(number)) {
            Some(number) => {
                used[number - 1] = true;
                item.step.stage = u32::try_from(number).unwrap_or(u32::MAX);
            }
            None => context.error(
                stage.place,
                "bad_stage",
                "there is no such stage",
                format!("write a number from 1 to {count}"),
            ),
        }
    }
    let Some(list) = root.get("stages") else {
        return;
    };
    for (line, used) in list.items().iter().zip(used) {
        if !used {
            context.findings.warning(
                line.place,
                "empty_stage",
                "no step stands under this stage",
                "give it a step, or take it out",
            );
        }
    }
}
