//! The vocabulary of a file, place by place: the keys that are known, and those that a later version brings.
//! A key that is in neither list is a mistake; none is ever silently ignored.

/// The keys that may stand in one kind of map.
pub(crate) struct Keys {
    pub(crate) known: &'static [&'static str],
    pub(crate) later: &'static [Later],
}

/// A word of the language that this version does not perform.
pub(crate) struct Later {
    pub(crate) word: &'static str,
    /// What brings it, and what to write until then.
    pub(crate) hint: &'static str,
}

const fn later(word: &'static str, hint: &'static str) -> Later {
    Later { word, hint }
}

const fn keys(known: &'static [&'static str]) -> Keys {
    Keys { known, later: &[] }
}

pub(crate) const WORKFLOW: Keys = Keys {
    known: &[
        "apiVersion",
        "kind",
        "id",
        "title",
        "version",
        "description",
        "risk",
        "labels",
        "effects",
        "inputs",
        "defaults",
        "on_failure",
        "undo",
        "stages",
        "steps",
        "outputs",
    ],
    later: &[
        later(
            "triggers",
            "schedules bring it; take it out and start the run by hand",
        ),
        later(
            "locks",
            "scheduling brings it; take it out and start one run at a time",
        ),
        later(
            "concurrency",
            "scheduling brings it; take it out and start one run at a time",
        ),
        later(
            "notify",
            "integrations bring it; take it out: waiting gates notify on this desktop",
        ),
        later(
            "phrases",
            "the chat brings it; take it out and start the workflow by its id",
        ),
        later(
            "policies",
            "the team version brings it; write a gate at each step that changes something",
        ),
    ],
};

pub(crate) const STEP: Keys = Keys {
    known: &[
        "id",
        "title",
        "stage",
        "needs",
        "when",
        "foreach",
        "as",
        "max_parallel",
        "on_item_error",
        "timeout",
        "retry",
        "poll",
        "assert",
        "exit_when",
        "gate",
        "requires_approval",
        "irreversible",
        "rollback",
        "uses",
        "with",
        "ai",
        "steps",
        "parallel",
    ],
    later: &[
        later(
            "on_error",
            "branches bring it; write `on_item_error: continue` in a list, or `retry`",
        ),
        later(
            "invoke",
            "troubleshooting brings it; call the tool with `uses`",
        ),
        later("switch", "branches bring it; write steps with `when`"),
        later("ask", "forms bring it; declare an input, or ask at a gate"),
        later(
            "wait",
            "timers bring it; write `poll`, or a gate that holds",
        ),
        later("workflow", "child runs bring it; write the steps here"),
    ],
};

/// The keys that make a step's body, of which a step has exactly one.
pub(crate) const BODIES: [&str; 4] = ["uses", "ai", "steps", "parallel"];

const PEOPLE: &str =
    "the team version brings it; for now the person at this computer decides: take it out";

pub(crate) const GATES: Keys = keys(&["before", "after"]);
pub(crate) const GATE: Keys = Keys {
    known: &[
        "title",
        "show",
        "decisions",
        "editable",
        "recheck",
        "grant_ttl",
        "scope",
        "skip_when",
        "wait",
        "remind",
        "on_timeout",
        "redo",
    ],
    later: &[
        later("approvers", PEOPLE),
        later("quorum", PEOPLE),
        later("escalate", PEOPLE),
        later("exclude", PEOPLE),
    ],
};
pub(crate) const UNDO: Keys = keys(&["window"]);
pub(crate) const ROLLBACK: Keys = keys(&["uses", "with"]);
pub(crate) const REDO: Keys = keys(&["step", "max"]);
pub(crate) const DEFAULTS: Keys = keys(&["timeout", "retry"]);
pub(crate) const RETRY: Keys = keys(&["max", "backoff", "factor", "for"]);
pub(crate) const POLL: Keys = Keys {
    known: &["every", "until", "for", "timeout"],
    later: &[later("stream_logs", "deployments bring it; take it out")],
};
pub(crate) const ASSERT: Keys = keys(&["that", "message"]);
pub(crate) const EXIT_WHEN: Keys = keys(&["that", "status", "message"]);
pub(crate) const PARALLEL: Keys = keys(&["fail", "steps"]);
pub(crate) const AI: Keys = keys(&["goal", "context", "tools", "output", "budget", "fallback"]);
pub(crate) const CONTEXT: Keys = keys(&["value", "trust"]);
pub(crate) const BUDGET: Keys = keys(&["turns", "tokens", "time"]);
pub(crate) const FALLBACK: Keys = keys(&["when", "uses", "with"]);

pub(crate) const TEST: Keys = keys(&["apiVersion", "kind", "workflow", "cases"]);
pub(crate) const CASE: Keys = keys(&["name", "inputs", "provider", "tools", "decide", "expect"]);
pub(crate) const DECIDE: Keys = keys(&[
    "at", "decision", "advance", "reason", "then", "feedback", "values", "items",
]);

/// Kinds of files that a later version brings.
pub(crate) const KINDS_LATER: [Later; 1] = [later(
    "Policy",
    "the team version brings it; write a gate at each step that changes something",
)];

/// Words that a gate's `show` may name beside expressions: parts of a card.
pub(crate) const SHOW_WORDS: [&str; 8] = [
    "output",
    "evidence",
    "provenance",
    "action",
    "diff",
    "blast_radius",
    "rollback_plan",
    "undo_plan",
];
