//! What looks at a call and its result: conditions, retry, poll, assert, exit_when; and the two kinds of text that hold
//! expressions.

use super::words::{ERROR_CLASSES, EXIT_STATUS};
use crate::context::Context;
use crate::keys;
use crate::yaml::{Node, Value};
use workflow::{Assert, ErrorClass, ExitWhen, Expr, Poll, Retry};

/// A condition: an expression without braces, or true or false.
pub(super) fn bare(context: &mut Context<'_>, node: &Node, what: &str) -> Option<Expr> {
    match &node.value {
        Value::Bool(value) => Some(Expr(value.to_string())),
        Value::Text(text) if text.contains("${{") => {
            let place = node.place_of("${{", context.text);
            context.error(
                place,
                "braces",
                format!("{what} is an expression already"),
                "write it without `${{ }}`",
            );
            None
        }
        Value::Text(text) if !text.trim().is_empty() => Some(Expr(text.trim().to_owned())),
        Value::Text(_) | Value::Null | Value::Number(_) | Value::List(_) | Value::Map(_) => {
            context.wrong_kind(
                node,
                what,
                "an expression",
                "write a condition, as `output.found`",
            );
            None
        }
    }
}

/// Text that may hold `${{ }}`.
pub(super) fn template(
    context: &mut Context<'_>,
    node: &Node,
    what: &str,
) -> Option<serde_json::Value> {
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
    let max = context
        .required(
            node,
            "max",
            "retry",
            "write how many further tries: `max: 2`",
        )
        .and_then(|max| context.small(max, "retry.max", 0..=100));
    let backoff_ms = node
        .get("backoff")
        .map_or(Some(1_000), |n| context.duration(n, "retry.backoff"));
    let factor = node
        .get("factor")
        .map_or(Some(2.0), |factor| self::factor(context, factor));
    let classes = match node.get("for") {
        None => Some(vec![ErrorClass::Network, ErrorClass::Timeout]),
        Some(list) => context.words(list, "retry.for", |c, item| {
            c.choice(item, "retry.for", &ERROR_CLASSES)
        }),
    };
    Some(Retry {
        max: max?,
        backoff_ms: backoff_ms?,
        factor: factor?,
        classes: classes?,
    })
}

fn factor(context: &mut Context<'_>, node: &Node) -> Option<f64> {
    if let Value::Number(number) = &node.value
        && let Some(factor) = number
            .as_f64()
            .filter(|factor| (1.0..=10.0).contains(factor))
    {
        return Some(factor);
    }
    context.error(
        node.place,
        "wrong_kind",
        "retry.factor must be a number from 1 to 10",
        "",
    );
    None
}

pub(super) fn poll(context: &mut Context<'_>, node: &Node) -> Option<Poll> {
    if !context.map(node, "poll", &keys::POLL) {
        return None;
    }
    let every = context.required(
        node,
        "every",
        "poll",
        "write the pause between reads: `every: 5s`",
    );
    let until = context.required(
        node,
        "until",
        "poll",
        "write the condition: `until: output.ready`",
    );
    let timeout = context.required(
        node,
        "timeout",
        "poll",
        "write the longest it may take: `timeout: 10m`",
    );
    let every_ms = every.and_then(|n| context.some_time(n, "poll.every"));
    let until = until.and_then(|n| bare(context, n, "poll.until"));
    let for_ms = node
        .get("for")
        .map_or(Some(0), |n| context.duration(n, "poll.for"));
    let timeout_ms = timeout.and_then(|n| context.some_time(n, "poll.timeout"));
    let poll = Poll {
        every_ms: every_ms?,
        until: until?,
        for_ms: for_ms?,
        timeout_ms: timeout_ms?,
    };
    if poll.for_ms >= poll.timeout_ms || poll.every_ms >= poll.timeout_ms {
        context.error(
            node.key_place("timeout"),
            "poll_timeout",
            "the poll would end before its condition could hold",
            "make `timeout` longer than `every` and `for`",
        );
    }
    Some(poll)
}

pub(super) fn asserts(context: &mut Context<'_>, node: &Node) -> Vec<Assert> {
    let hint = "write `assert: [{ that: output.ok, message: What is wrong }]`";
    let Some(items) = context.list(node, "assert", hint) else {
        return Vec::new();
    };
    let mut asserts = Vec::new();
    for item in items {
        if !context.map(item, "an assert", &keys::ASSERT) {
            continue;
        }
        let that = context
            .required(item, "that", "an assert", hint)
            .and_then(|n| bare(context, n, "assert.that"));
        let message = context
            .required(item, "message", "an assert", hint)
            .and_then(|n| template(context, n, "assert.message"));
        if let (Some(that), Some(message)) = (that, message) {
            asserts.push(Assert { that, message });
        }
    }
    asserts
}

pub(super) fn exit_when(context: &mut Context<'_>, node: &Node) -> Option<ExitWhen> {
    if !context.map(node, "exit_when", &keys::EXIT_WHEN) {
        return None;
    }
    let hint = "write `exit_when: { that: …, status: completed, message: Why }`";
    let that = context
        .required(node, "that", "exit_when", hint)
        .and_then(|n| bare(context, n, "exit_when.that"));
    let status = context
        .required(node, "status", "exit_when", hint)
        .and_then(|n| context.choice(n, "exit_when.status", &EXIT_STATUS));
    let message = context
        .required(node, "message", "exit_when", hint)
        .and_then(|n| template(context, n, "exit_when.message"));
    Some(ExitWhen {
        that: that?,
        status: status?,
        message: message?,
    })
}
