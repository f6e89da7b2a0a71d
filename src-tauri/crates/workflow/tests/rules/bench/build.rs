//! Builders of workflow models. Without `needs` a step follows the one above, as the loader does it; branches of a
//! `parallel` start at once.

use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use workflow::{
    Ai, Assert, Body, Budget, CardScope, DecisionKind, EffectClass, ErrorClass, ExitStatus,
    ExitWhen, Expr, Fail, Fallback, FallbackWhen, ForEach, Gate, Gates, OnFailure, OnItemError,
    OnTimeout, Poll, Recovery, Retry, Risk, Rollback, Step, ToolSpec, Workflow,
};

/// A step in the making.
pub(crate) struct S(Step, bool);

/// A gate in the making: offers every decision, holds, covers all items.
#[derive(Clone)]
pub(crate) struct G(Gate);

pub(crate) fn call(id: &str, tool: &str) -> S {
    S(
        step(
            id,
            Body::Uses {
                tool: tool.to_owned(),
                with: json!({}),
            },
        ),
        false,
    )
}

pub(crate) fn group(id: &str, steps: Vec<S>) -> S {
    S(
        step(
            id,
            Body::Steps {
                steps: in_order(steps, true),
            },
        ),
        false,
    )
}

pub(crate) fn parallel(id: &str, fail: Fail, steps: Vec<S>) -> S {
    S(
        step(
            id,
            Body::Parallel {
                fail,
                steps: in_order(steps, false),
            },
        ),
        false,
    )
}

/// An AI step whose fallback is the tool `rule` with these arguments.
pub(crate) fn ai(id: &str, output: Json, with: Json) -> S {
    let fallback = Fallback {
        when: vec![FallbackWhen::NoProvider],
        tool: "rule".to_owned(),
        with,
    };
    let budget = Budget {
        turns: 1,
        tokens: 100,
        time_ms: 1000,
    };
    let ai = Ai {
        goal: "Decide".to_owned(),
        context: BTreeMap::new(),
        tools: Vec::new(),
        output,
        budget,
        fallback,
    };
    S(step(id, Body::Ai(Box::new(ai))), false)
}

pub(crate) fn gate() -> G {
    use DecisionKind::{Approve, Drop, Edit, Redo, Reject, Skip};
    G(Gate {
        title: json!("Go on?"),
        show: Vec::new(),
        decisions: vec![Approve, Edit, Skip, Drop, Redo, Reject],
        editable: Vec::new(),
        recheck: Vec::new(),
        grant_ttl_ms: None,
        scope: CardScope::AllItems,
        skip_when: None,
        wait_ms: None,
        remind_ms: None,
        on_timeout: OnTimeout::Hold,
        redo_step: None,
        redo_max: 3,
    })
}

pub(crate) fn flow(steps: Vec<S>) -> Workflow {
    let steps = in_order(steps, true);
    let stages = steps.iter().map(|step| step.stage).max().unwrap_or(1);
    Workflow {
        id: "toy".to_owned(),
        title: "A toy".to_owned(),
        version: "1".to_owned(),
        description: String::new(),
        risk: Risk::Low,
        labels: BTreeMap::new(),
        effects: None,
        inputs: json!({ "type": "object" }),
        on_failure: OnFailure::Stop,
        undo_window_ms: None,
        undoes: None,
        stages: (1..=stages)
            .map(|number| format!("Stage {number}"))
            .collect(),
        steps,
        outputs: BTreeMap::new(),
        tools: tools(),
    }
}

fn in_order(steps: Vec<S>, follow: bool) -> Vec<Step> {
    let mut above: Option<String> = None;
    let mut done = Vec::new();
    for S(mut step, needs_given) in steps {
        if follow && !needs_given {
            step.needs = above.iter().cloned().collect();
        }
        above = Some(step.id.clone());
        done.push(step);
    }
    done
}

fn step(id: &str, body: Body) -> Step {
    Step {
        id: id.to_owned(),
        title: id.to_owned(),
        stage: 1,
        needs: Vec::new(),
        when: None,
        foreach: None,
        timeout_ms: None,
        retry: None,
        poll: None,
        asserts: Vec::new(),
        exit_when: None,
        gate: Gates::default(),
        irreversible: None,
        rollback: None,
        body,
    }
}

/// The toy tools: one of each effect and recovery that matters. Each takes `value` and `text`, and `maybe`, which may be
/// null; the change tools answer whatever the world does.
fn tools() -> BTreeMap<String, ToolSpec> {
    let kinds = [
        ("read", EffectClass::Read, Recovery::Pure),
        ("rule", EffectClass::Read, Recovery::Pure),
        ("secret", EffectClass::Credential, Recovery::Pure),
        ("write", EffectClass::Write, Recovery::Probeable),
        ("keyed", EffectClass::Write, Recovery::Keyed),
        ("manual", EffectClass::Destructive, Recovery::Manual),
        ("undo", EffectClass::Write, Recovery::Probeable),
    ];
    let input = json!({
        "type": "object",
        "properties": { "text": { "type": "string" }, "maybe": { "type": ["string", "null"] } },
    });
    kinds
        .into_iter()
        .map(|(name, effect, recovery)| {
            let spec = ToolSpec {
                name: name.to_owned(),
                version: 1,
                title: name.to_owned(),
                description: String::new(),
                effect,
                recovery,
                input: input.clone(),
                output: json!({}),
                inverse: (effect == EffectClass::Write).then(|| "undo".to_owned()),
                timeout_ms: 1000,
            };
            (name.to_owned(), spec)
        })
        .collect()
}

impl S {
    pub(crate) fn with(mut self, arguments: Json) -> S {
        match &mut self.0.body {
            Body::Uses { with, .. } => *with = arguments,
            Body::Ai(ai) => ai.fallback.with = arguments,
            Body::Undo | Body::Steps { .. } | Body::Parallel { .. } => {
                panic!("a group has no arguments")
            }
        }
        self
    }

    pub(crate) fn needs(mut self, ids: &[&str]) -> S {
        self.0.needs = ids.iter().map(|id| (*id).to_owned()).collect();
        S(self.0, true)
    }

    pub(crate) fn when(mut self, condition: &str) -> S {
        self.0.when = Some(Expr(condition.to_owned()));
        self
    }

    pub(crate) fn stage(mut self, number: u32) -> S {
        fn put(step: &mut Step, number: u32) {
            step.stage = number;
            if let Body::Steps { steps } | Body::Parallel { steps, .. } = &mut step.body {
                steps.iter_mut().for_each(|step| put(step, number));
            }
        }
        put(&mut self.0, number);
        self
    }

    pub(crate) fn foreach(mut self, list: Json) -> S {
        let on_item_error = OnItemError::Stop;
        self.0.foreach = Some(ForEach {
            list,
            name: "item".to_owned(),
            max_parallel: 10,
            on_item_error,
        });
        self
    }

    pub(crate) fn places(mut self, max_parallel: u32) -> S {
        self.0.foreach.as_mut().unwrap().max_parallel = max_parallel;
        self
    }

    pub(crate) fn go_on(mut self) -> S {
        self.0.foreach.as_mut().unwrap().on_item_error = OnItemError::Continue;
        self
    }

    /// Tries again after network errors and precondition errors, with a backoff of at most a second.
    pub(crate) fn retry(mut self, max: u32) -> S {
        let classes = vec![ErrorClass::Network, ErrorClass::Timeout];
        self.0.retry = Some(Retry {
            max,
            backoff_ms: 1000,
            factor: 2.0,
            classes,
        });
        self
    }

    pub(crate) fn poll(mut self, until: &str) -> S {
        self.0.poll = Some(Poll {
            every_ms: 100,
            until: Expr(until.to_owned()),
            for_ms: 0,
            timeout_ms: 60_000,
        });
        self
    }

    pub(crate) fn timeout(mut self, ms: u64) -> S {
        self.0.timeout_ms = Some(ms);
        self
    }

    pub(crate) fn assert(mut self, that: &str, message: &str) -> S {
        self.0.asserts.push(Assert {
            that: Expr(that.to_owned()),
            message: json!(message),
        });
        self
    }

    pub(crate) fn exit_when(mut self, that: &str, status: ExitStatus, message: &str) -> S {
        self.0.exit_when = Some(ExitWhen {
            that: Expr(that.to_owned()),
            status,
            message: json!(message),
        });
        self
    }

    pub(crate) fn before(mut self, gate: G) -> S {
        self.0.gate.before = Some(gate.0);
        self
    }

    pub(crate) fn rollback(mut self, tool: &str, with: Json) -> S {
        self.0.rollback = Some(Rollback {
            tool: tool.to_owned(),
            with,
        });
        self
    }

    pub(crate) fn irreversible(mut self, why: &str) -> S {
        self.0.irreversible = Some(why.to_owned());
        self
    }

    pub(crate) fn after(mut self, gate: G) -> S {
        self.0.gate.after = Some(gate.0);
        self
    }
}

impl G {
    pub(crate) fn title(mut self, title: &str) -> G {
        self.0.title = json!(title);
        self
    }

    pub(crate) fn recheck(mut self, ids: &[&str]) -> G {
        self.0.recheck = ids.iter().map(|id| (*id).to_owned()).collect();
        self
    }

    pub(crate) fn editable(mut self, inputs: &[&str]) -> G {
        self.0.editable = inputs.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    pub(crate) fn show(mut self, expressions: &[&str]) -> G {
        self.0.show = expressions.iter().map(|one| (*one).to_owned()).collect();
        self
    }

    pub(crate) fn ttl(mut self, ms: u64) -> G {
        self.0.grant_ttl_ms = Some(ms);
        self
    }

    pub(crate) fn each(mut self) -> G {
        self.0.scope = CardScope::Each;
        self
    }

    pub(crate) fn skip_when(mut self, condition: &str) -> G {
        self.0.skip_when = Some(Expr(condition.to_owned()));
        self
    }

    /// Closes by itself after this time, and the run fails.
    pub(crate) fn wait(mut self, ms: u64) -> G {
        self.0.wait_ms = Some(ms);
        self.0.on_timeout = OnTimeout::Reject;
        self
    }

    /// Stays open however long it takes.
    pub(crate) fn holds(mut self, ms: u64) -> G {
        self.0.wait_ms = Some(ms);
        self.0.on_timeout = OnTimeout::Hold;
        self
    }

    pub(crate) fn remind(mut self, ms: u64) -> G {
        self.0.remind_ms = Some(ms);
        self
    }

    pub(crate) fn redo(mut self, step: Option<&str>, max: u32) -> G {
        self.0.redo_step = step.map(str::to_owned);
        self.0.redo_max = max;
        self
    }
}
