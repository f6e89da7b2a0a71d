//! Random workflow definitions, as small plain values that shrink well.

use crate::bench::{ai, build::G, build::S, call, flow, gate, group, parallel};
use proptest::prelude::*;
use serde_json::json;
use workflow::{ExitStatus, Fail, Workflow};

/// A gate of a random workflow.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    each: bool,
    ttl: bool,
    wait: bool,
    remind: bool,
    recheck: bool,
    skip_when: bool,
    redo: Option<usize>,
}

/// What stands around a step's body.
#[derive(Clone, Debug)]
pub(crate) struct Around {
    /// 0: follows the one above; else needs the one so many above it, or nothing.
    needs: usize,
    when: Option<bool>,
    foreach: Option<(usize, u32, bool)>,
    retry: u32,
    before: Option<Asked>,
    after: Option<Asked>,
    asserts: bool,
    exits: bool,
}

/// A step of a random workflow.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Leaf {
        tool: usize,
        around: Around,
    },
    Steps {
        inside: Vec<Shape>,
        around: Around,
    },
    Parallel {
        all: bool,
        inside: Vec<Shape>,
        around: Around,
    },
}

fn asked() -> impl Strategy<Value = Asked> {
    (any::<[bool; 6]>(), prop::option::weighted(0.3, 0usize..6)).prop_map(
        |([each, ttl, wait, remind, recheck, skip_when], redo)| Asked {
            each,
            ttl,
            wait: wait && remind,
            remind,
            recheck,
            skip_when,
            redo,
        },
    )
}

fn around(gates: bool) -> impl Strategy<Value = Around> {
    let weight = if gates { 0.4 } else { 0.0001 };
    (
        0usize..4,
        prop::option::weighted(0.2, prop::bool::weighted(0.5)),
        prop::option::weighted(0.3, (0usize..4, 1u32..4, any::<bool>())),
        0u32..3,
        prop::option::weighted(weight, asked()),
        prop::option::weighted(weight / 2.0, asked()),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.05),
    )
        .prop_map(
            |(needs, when, foreach, retry, before, after, asserts, exits)| Around {
                needs,
                when,
                foreach,
                retry,
                before,
                after,
                asserts,
                exits,
            },
        )
}

/// Up to some ten steps, nested at most two deep.
pub(crate) fn shapes() -> impl Strategy<Value = Vec<Shape>> {
    let leaf = (0usize..8, around(true)).prop_map(|(tool, around)| Shape::Leaf { tool, around });
    let shape = leaf.prop_recursive(2, 8, 3, |inner| {
        let inside = prop::collection::vec(inner, 1..4);
        prop_oneof![
            (inside.clone(), around(false))
                .prop_map(|(inside, around)| Shape::Steps { inside, around }),
            (any::<bool>(), inside, around(false)).prop_map(|(all, inside, around)| {
                Shape::Parallel {
                    all,
                    inside,
                    around,
                }
            }),
        ]
    });
    prop::collection::vec(shape, 1..5)
}

/// The workflow of these shapes, as the loader would pass it: a change has a gate, a recheck and a redo name earlier
/// reads, and only the steps of one list need each other.
pub(crate) fn build(shapes: &[Shape]) -> Workflow {
    let mut maker = Maker {
        next: 0,
        reads: Vec::new(),
    };
    flow(maker.list(shapes, false, false))
}

struct Maker {
    next: usize,
    /// Plain reads so far that stand in no list.
    reads: Vec<String>,
}

impl Maker {
    fn list(&mut self, shapes: &[Shape], beside: bool, in_list: bool) -> Vec<S> {
        let mut above: Vec<String> = Vec::new();
        let mut steps = Vec::new();
        for shape in shapes {
            let id = format!("s{}", self.next);
            self.next += 1;
            let around = match shape {
                Shape::Leaf { around, .. }
                | Shape::Steps { around, .. }
                | Shape::Parallel { around, .. } => around,
            };
            let needs: Vec<&str> = match (around.needs, beside) {
                (0, false) => above.last().map(String::as_str).into_iter().collect(),
                (back, _) => above
                    .iter()
                    .rev()
                    .nth(back)
                    .map(String::as_str)
                    .into_iter()
                    .collect(),
            };
            let needs: Vec<String> = needs.into_iter().map(str::to_owned).collect();
            let in_list_now = in_list || around.foreach.is_some();
            let step = match shape {
                Shape::Leaf { tool, .. } => self.leaf(&id, *tool, around, in_list_now),
                Shape::Steps { inside, .. } => group(&id, self.list(inside, false, in_list_now)),
                Shape::Parallel { all, inside, .. } => parallel(
                    &id,
                    if *all { Fail::All } else { Fail::Fast },
                    self.list(inside, true, in_list_now),
                ),
            };
            let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
            let mut step = step.needs(&needs);
            if let Some(when) = around.when {
                step = step.when(if when { "true" } else { "false" });
            }
            if let Some((length, places, go_on)) = around.foreach {
                step = step.foreach(json!(vec!["i"; length])).places(places);
                step = if go_on { step.go_on() } else { step };
            }
            above.push(id);
            steps.push(step);
        }
        steps
    }

    fn leaf(&mut self, id: &str, tool: usize, around: &Around, in_list: bool) -> S {
        let tool = [
            "read", "read", "secret", "write", "write", "keyed", "manual", "rule",
        ][tool];
        let mut step = match tool {
            "rule" => ai(id, json!({ "type": "object" }), json!({})),
            tool => call(id, tool).with(json!({ "value": id })),
        };
        let changes = matches!(tool, "write" | "keyed" | "manual");
        match (&around.before, changes) {
            (Some(asked), _) => step = step.before(self.gate(asked)),
            (None, true) => step = step.before(gate()),
            (None, false) => {}
        }
        if let Some(asked) = &around.after {
            step = step.after(self.gate(asked));
        }
        step = step.retry(around.retry);
        if around.asserts {
            step = step.assert("output.ok is undefined or output.ok", "it is not well");
        }
        if around.exits {
            step = step.exit_when("output.over is defined", ExitStatus::Completed, "over");
        }
        if tool == "read" && !in_list {
            self.reads.push(id.to_owned());
        }
        step
    }

    fn gate(&self, asked: &Asked) -> G {
        let mut made = gate().redo(
            asked
                .redo
                .and_then(|at| self.reads.get(at).map(String::as_str)),
            2,
        );
        if asked.each {
            made = made.each();
        }
        if asked.ttl {
            made = made.ttl(1500);
        }
        if asked.wait {
            made = made.wait(20_000);
        }
        if asked.remind {
            made = made.remind(7000);
        }
        if asked.recheck {
            let names: Vec<&str> = self
                .reads
                .iter()
                .rev()
                .take(2)
                .rev()
                .map(String::as_str)
                .collect();
            made = made.recheck(&names);
        }
        if asked.skip_when {
            made = made.skip_when("true");
        }
        made
    }
}
