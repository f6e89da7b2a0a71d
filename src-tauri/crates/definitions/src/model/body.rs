//! The bodies of a step: a call, a question to a model, a group, branches. Exactly one a step.

use super::header::no_template_keys;
use super::step::unknown_tool;
use super::words::{FAILS, FALLBACK_WHEN, TRUSTS};
use crate::context::Context;
use crate::keys;
use crate::schemas;
use crate::yaml::{Node, Value};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use workflow::{Ai, Body, Budget, Context as Given, Fail, Fallback, Rollback, Trust};

/// The body of a step, groups still without their steps. An empty call stands in for what was reported.
pub(super) fn read(context: &mut Context<'_>, node: &Node, id: &str) -> Body {
    let given: Vec<&str> = keys::BODIES
        .into_iter()
        .filter(|key| node.get(key).is_some())
        .collect();
    let later = keys::STEP
        .later
        .iter()
        .any(|later| node.get(later.word).is_some());
    let nothing = || Body::Uses {
        tool: String::new(),
        with: json!({}),
    };
    let named = if id.is_empty() {
        "the step".to_owned()
    } else {
        format!("the step `{id}`")
    };
    if let [_, second, ..] = given.as_slice() {
        let what = format!("{named} has more than one body: {}", given.join(" and "));
        context.error(
            node.key_place(second),
            "two_bodies",
            what,
            "make a step of each",
        );
    }
    if node.get("with").is_some() && !given.contains(&"uses") {
        context.error(
            node.key_place("with"),
            "misplaced_key",
            "`with` stands without `uses`",
            "write `uses: tool.name`, or take it out",
        );
    }
    match given.first() {
        Some(&"uses") => uses(context, node).unwrap_or_else(nothing),
        Some(&"ai") => match ai(context, node) {
            Some(ai) => Body::Ai(Box::new(ai)),
            None => nothing(),
        },
        Some(&"steps") => Body::Steps { steps: Vec::new() },
        Some(&"parallel") => Body::Parallel {
            fail: fail(context, node),
            steps: Vec::new(),
        },
        Some(_) | None => {
            if !later {
                context.error(
                    node.place,
                    "no_body",
                    format!("{named} does nothing"),
                    "write one of uses, ai, steps, parallel",
                );
            }
            nothing()
        }
    }
}

/// The list of steps inside a group or branches.
pub(super) fn steps_inside<'n>(context: &mut Context<'_>, node: &'n Node) -> Option<&'n Node> {
    if node.get("uses").is_some() || node.get("ai").is_some() {
        return None;
    }
    if let Some(steps) = node.get("steps") {
        return Some(steps);
    }
    let parallel = node.get("parallel")?;
    if !matches!(parallel.value, Value::Map(_)) {
        return None;
    }
    context.required(
        parallel,
        "steps",
        "parallel",
        "write `parallel: { steps: [...] }`",
    )
}

fn fail(context: &mut Context<'_>, node: &Node) -> Fail {
    let Some(parallel) = node.get("parallel") else {
        return Fail::Fast;
    };
    if !context.map(parallel, "parallel", &keys::PARALLEL) {
        return Fail::Fast;
    }
    parallel
        .get("fail")
        .and_then(|fail| context.choice(fail, "parallel.fail", &FAILS))
        .unwrap_or_default()
}

/// The call that undoes a step.
pub(super) fn rollback(context: &mut Context<'_>, node: &Node) -> Option<Rollback> {
    if !context.map(node, "rollback", &keys::ROLLBACK) {
        return None;
    }
    let hint = "write `rollback: { uses: tool.name, with: { … } }`";
    let uses = context.required(node, "uses", "rollback", hint)?;
    let tool = tool(context, uses);
    let with = arguments(context, node);
    Some(Rollback { tool: tool?, with })
}

fn uses(context: &mut Context<'_>, node: &Node) -> Option<Body> {
    let tool = tool(context, node.get("uses")?);
    let with = arguments(context, node);
    Some(Body::Uses { tool: tool?, with })
}

fn tool(context: &mut Context<'_>, node: &Node) -> Option<String> {
    let name = context.text(node, "a tool's name")?;
    if !context.catalogue.tools.contains_key(&name) {
        unknown_tool(context, node, &name);
        return None;
    }
    Some(name)
}

fn arguments(context: &mut Context<'_>, node: &Node) -> Json {
    let Some(with) = node.get("with") else {
        return json!({});
    };
    if !matches!(with.value, Value::Map(_)) {
        context.wrong_kind(
            with,
            "with",
            "a map of arguments",
            "write `with: { name: value }`",
        );
        return json!({});
    }
    no_template_keys(context, with);
    with.to_json()
}

fn ai(context: &mut Context<'_>, node: &Node) -> Option<Ai> {
    let ai = node.get("ai")?;
    if !context.map(ai, "ai", &keys::AI) {
        return None;
    }
    let goal = context
        .required(ai, "goal", "ai", "say in words what is wanted")
        .and_then(|n| context.text(n, "ai.goal"));
    let given = ai
        .get("context")
        .map(|n| given(context, n))
        .unwrap_or_default();
    let tools = match ai.get("tools") {
        None => Some(Vec::new()),
        Some(list) => context.words(list, "ai.tools", tool),
    };
    let output = context.required(
        ai,
        "output",
        "ai",
        "write the JSON Schema of the result, `type: object`",
    );
    if let Some(output) = output {
        schemas::object_schema(context, output, "ai.output");
    }
    let budget = context
        .required(
            ai,
            "budget",
            "ai",
            "write `budget: { turns: 5, tokens: 20000, time: 60s }`",
        )
        .and_then(|n| budget(context, n));
    let fallback = context
        .required(
            ai,
            "fallback",
            "ai",
            "name the tool that gives the same result by rule: `fallback: { uses: tool.name }`",
        )
        .and_then(|n| fallback(context, n));
    Some(Ai {
        goal: goal?,
        context: given,
        tools: tools?,
        output: output?.to_json(),
        budget: budget?,
        fallback: fallback?,
    })
}

fn given(context: &mut Context<'_>, node: &Node) -> BTreeMap<String, Given> {
    if !matches!(node.value, Value::Map(_)) {
        context.wrong_kind(
            node,
            "ai.context",
            "a map",
            "write `context: { name: \"${{ … }}\" }`",
        );
    }
    let mut values = BTreeMap::new();
    for (key, value) in node.entries() {
        let marked = value.get("value").is_some() || value.get("trust").is_some();
        let (value, trust) = if marked {
            if !context.map(value, "a context value", &keys::CONTEXT) {
                continue;
            }
            let trust = value
                .get("trust")
                .and_then(|n| context.choice(n, "trust", &TRUSTS))
                .unwrap_or_default();
            let Some(value) =
                context.required(value, "value", "a context value", "write `value: ${{ … }}`")
            else {
                continue;
            };
            (value, trust)
        } else {
            (value, Trust::Trusted)
        };
        no_template_keys(context, value);
        values.insert(
            key.text.clone(),
            Given {
                value: value.to_json(),
                trust,
            },
        );
    }
    values
}

fn budget(context: &mut Context<'_>, node: &Node) -> Option<Budget> {
    if !context.map(node, "budget", &keys::BUDGET) {
        return None;
    }
    let hint = "write `budget: { turns: 5, tokens: 20000, time: 60s }`";
    let turns = context
        .required(node, "turns", "budget", hint)
        .and_then(|n| context.small(n, "budget.turns", 1..=100));
    let tokens = context
        .required(node, "tokens", "budget", hint)
        .and_then(|n| context.whole(n, "budget.tokens", 1..=10_000_000));
    let time_ms = context
        .required(node, "time", "budget", hint)
        .and_then(|n| context.some_time(n, "budget.time"));
    Some(Budget {
        turns: turns?,
        tokens: tokens?,
        time_ms: time_ms?,
    })
}

fn fallback(context: &mut Context<'_>, node: &Node) -> Option<Fallback> {
    if !context.map(node, "fallback", &keys::FALLBACK) {
        return None;
    }
    let when = match node.get("when") {
        None => Some(FALLBACK_WHEN.iter().map(|(_, when)| *when).collect()),
        Some(list) => {
            let when = context.words(list, "fallback.when", |c, item| {
                c.choice(item, "fallback.when", &FALLBACK_WHEN)
            });
            if when.as_ref().is_some_and(Vec::is_empty) && list.items().is_empty() {
                context.error(
                    list.place,
                    "empty",
                    "this fallback is never used",
                    "leave `when` out: then it always stands by",
                );
            }
            when
        }
    };
    let tool = context
        .required(node, "uses", "fallback", "write `uses: tool.name`")
        .and_then(|n| tool(context, n));
    let with = arguments(context, node);
    Some(Fallback {
        when: when?,
        tool: tool?,
        with,
    })
}
