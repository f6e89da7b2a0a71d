//! Files of kind Test: cases of a workflow with canned answers of its tools, decisions at its gates, and what must
//! hold afterwards. Reads and checks them; the runner is not here.

use crate::context::Context;
use crate::expression;
use crate::keys;
use crate::model::words::{ANSWERS_AT_A_FAILURE, DECISIONS, THENS};
use crate::suggest;
use crate::yaml::{Node, Value};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use workflow::{DecisionKind, Expr, GateId, GateKind, Then};

/// Tests of a workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// The id of the workflow.
    pub workflow: String,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// One run of the workflow with mocked tools.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What is tested, in words.
    pub name: String,
    /// The inputs of the run.
    pub inputs: Map<String, Json>,
    /// The answers of each tool, for successive calls; the last one stays.
    pub tools: BTreeMap<String, Vec<Json>>,
    /// What the person answers, in order.
    pub decide: Vec<Answer>,
    /// What must hold at the end.
    pub expect: Vec<Expr>,
}

/// An answer at a gate.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// At which gate.
    pub at: GateId,
    /// What.
    pub decision: DecisionKind,
    /// How far the clock goes before it, in milliseconds.
    pub advance_ms: u64,
    /// The reason of a reject, or of leaving a change as it is.
    pub reason: Option<String>,
    /// What follows a reject.
    pub then: Then,
    /// The feedback of a redo.
    pub feedback: Option<String>,
    /// The new values of an edit.
    pub values: Map<String, Json>,
    /// The numbers of the items that a drop leaves out, from 0.
    pub items: Vec<u32>,
}

/// Names that expectations know beside the workflow's own: the journal's calls and decisions, and their order.
const EXPECT: [&str; 8] = [
    "inputs", "outputs", "steps", "run", "calls", "call", "decision", "before",
];

pub(crate) fn read(context: &mut Context<'_>, root: &Node) -> Option<Test> {
    context.map(root, "a test", &keys::TEST);
    let workflow = context
        .required(
            root,
            "workflow",
            "a test",
            "write `workflow: id_of_the_workflow`",
        )
        .and_then(|node| context.identifier(node, "the workflow's id"));
    let list = context.required(
        root,
        "cases",
        "a test",
        "write `cases:` with at least one case",
    )?;
    let items = context.list(list, "cases", "write `cases:` and below it `- name: …`")?;
    if items.is_empty() {
        context.error(
            list.place,
            "empty",
            "there are no cases",
            "write at least one",
        );
    }
    let cases = items
        .iter()
        .filter_map(|item| case(context, item))
        .collect();
    Some(Test {
        workflow: workflow?,
        cases,
    })
}

fn case(context: &mut Context<'_>, node: &Node) -> Option<Case> {
    if !context.map(node, "a case", &keys::CASE) {
        return None;
    }
    let name = context
        .required(node, "name", "a case", "say in words what is tested")
        .and_then(|n| context.text(n, "the case's name"));
    if let Some(provider) = node.get("provider") {
        provider_none(context, provider);
    }
    let inputs = node
        .get("inputs")
        .and_then(|n| object(context, n, "inputs"))
        .unwrap_or_default();
    let tools = node
        .get("tools")
        .map(|n| tools(context, n))
        .unwrap_or_default();
    let decide = node.get("decide").and_then(|n| {
        context.list(
            n,
            "decide",
            "write `decide: [{ at: step.before, decision: approve }]`",
        )
    });
    let decide = decide
        .unwrap_or_default()
        .iter()
        .filter_map(|item| answer(context, item))
        .collect();
    let expect = context.required(
        node,
        "expect",
        "a case",
        "write what must hold: `expect: [\"run.state == 'completed'\"]`",
    );
    let expect = expect.and_then(|n| {
        context.list(
            n,
            "expect",
            "write `expect: [\"run.state == 'completed'\"]`",
        )
    });
    let expect = expect
        .unwrap_or_default()
        .iter()
        .filter_map(|item| expectation(context, item))
        .collect();
    Some(Case {
        name: name?,
        inputs,
        tools,
        decide,
        expect,
    })
}

fn provider_none(context: &mut Context<'_>, node: &Node) {
    let none = matches!(&node.value, Value::Null) || node.text() == Some("none");
    if !none {
        context.error(
            node.place,
            "not_yet",
            "not available yet: a provider in tests",
            "models bring it; write `provider: none`: the fallback answers",
        );
    }
}

fn object(context: &mut Context<'_>, node: &Node, what: &str) -> Option<Map<String, Json>> {
    match node.to_json() {
        Json::Object(fields) => Some(fields),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
            context.wrong_kind(node, what, "a map", "write `{ name: value }`");
            None
        }
    }
}

fn tools(context: &mut Context<'_>, node: &Node) -> BTreeMap<String, Vec<Json>> {
    if object(context, node, "tools").is_none() {
        return BTreeMap::new();
    }
    let mut tools = BTreeMap::new();
    for (key, value) in node.entries() {
        let known = context.catalogue.tools.keys().map(String::as_str);
        if !context.catalogue.tools.contains_key(&key.text) {
            let hint = suggest::hint(&key.text, known);
            context.error(
                key.place,
                "unknown_tool",
                format!("there is no tool `{}`", key.text),
                hint,
            );
        }
        let answers = match &value.value {
            Value::List(answers) => answers.iter().map(Node::to_json).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Map(_) => {
                vec![value.to_json()]
            }
        };
        tools.insert(key.text.clone(), answers);
    }
    tools
}

fn answer(context: &mut Context<'_>, node: &Node) -> Option<Answer> {
    if !context.map(node, "a decision", &keys::DECIDE) {
        return None;
    }
    let hint = "write `{ at: step.before, decision: approve }`";
    let at = context
        .required(node, "at", "a decision", hint)
        .and_then(|n| gate(context, n));
    let decision = context
        .required(node, "decision", "a decision", hint)
        .and_then(|n| match &at {
            Some(at) if at.kind == GateKind::Failure => {
                context.choice(n, "a decision", &ANSWERS_AT_A_FAILURE)
            }
            Some(_) | None => context.choice(n, "a decision", &DECISIONS),
        });
    let advance_ms = node
        .get("advance")
        .map_or(Some(0), |n| context.duration(n, "advance"));
    let reason = node.get("reason").and_then(|n| context.text(n, "reason"));
    let then = node.get("then");
    let then = then.map_or(Some(Then::Stop), |n| context.choice(n, "then", &THENS));
    let feedback = node
        .get("feedback")
        .and_then(|n| context.text(n, "feedback"));
    let values = node
        .get("values")
        .and_then(|n| object(context, n, "values"))
        .unwrap_or_default();
    let items = node
        .get("items")
        .and_then(|n| context.words(n, "items", |c, item| c.small(item, "an item", 0..=10_000)));
    Some(Answer {
        at: at?,
        decision: decision?,
        advance_ms: advance_ms?,
        reason,
        then: then?,
        feedback,
        values,
        items: items.unwrap_or_default(),
    })
}

fn gate(context: &mut Context<'_>, node: &Node) -> Option<GateId> {
    let text = context.text(node, "at")?;
    match text.parse() {
        Ok(gate) => Some(gate),
        Err(fault) => {
            context.error(
                node.place,
                "unknown_gate",
                format!("`{text}` names no gate: {fault}"),
                "write `step.before`, `step.after` or `step.failure`",
            );
            None
        }
    }
}

fn expectation(context: &mut Context<'_>, node: &Node) -> Option<Expr> {
    let Some(source) = node.text().map(str::trim) else {
        context.wrong_kind(
            node,
            "an expectation",
            "an expression",
            "write `run.state == 'completed'`",
        );
        return None;
    };
    let place = node.place_of(source, context.text);
    let names = match workflow::expression_names(source) {
        Ok(names) => names,
        Err(message) => {
            context.error(
                place,
                "bad_expression",
                format!("`{source}` is not an expression: {message}"),
                "write it as in Jinja",
            );
            return None;
        }
    };
    for (what, hint) in expression::faults(source) {
        context.error(
            place,
            "bad_expression",
            format!("{what} in `{source}`"),
            hint,
        );
    }
    for root in names.iter().filter_map(|name| name.split('.').next()) {
        if !EXPECT.contains(&root) {
            context.error(
                place,
                "unknown_name",
                format!("expectations do not know `{root}`"),
                suggest::hint(root, EXPECT),
            );
        }
    }
    Some(Expr(source.to_owned()))
}
