//! All expressions of a file: where each stands, what it reads, and what may be read there. Reports those that do
//! not parse; what they name is checked in `names`.

use crate::context::Context;
use crate::expression;
use crate::finding::Place;
use crate::keys::SHOW_WORDS;
use crate::model::Plan;
use crate::yaml::{Node, Value};
use std::collections::BTreeSet;
use workflow::CardScope;

/// An expression at its place.
pub(crate) struct Reading<'n> {
    /// The step it belongs to; `None` for the outputs of the file.
    pub(crate) step: Option<usize>,
    pub(crate) role: Role,
    /// Is the item of the step's own list known there?
    pub(crate) own_item: bool,
    /// Its scalar.
    pub(crate) node: &'n Node,
    pub(crate) source: String,
    /// The dotted names it uses.
    pub(crate) names: BTreeSet<String>,
    pub(crate) place: Place,
}

/// What an expression is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Decides whether the step runs.
    When,
    /// Gives the list of a `foreach`.
    List,
    /// An argument, or what a model is given.
    Call,
    /// Looks at the result.
    Result,
    /// On the card before a call.
    GateBefore,
    /// On the card after a result.
    GateAfter,
    /// An output of the file.
    Outputs,
}

impl Role {
    /// Is there a result that `output` could name?
    pub(crate) fn has_result(self) -> bool {
        match self {
            Role::Result | Role::GateAfter => true,
            Role::When | Role::List | Role::Call | Role::GateBefore | Role::Outputs => false,
        }
    }

    /// Does it have a say in what is called?
    pub(crate) fn shapes_the_call(self) -> bool {
        match self {
            Role::When | Role::List | Role::Call => true,
            Role::Result | Role::GateBefore | Role::GateAfter | Role::Outputs => false,
        }
    }
}

impl Reading<'_> {
    /// Is the scalar nothing but this expression?
    pub(crate) fn alone(&self) -> bool {
        self.node.text().is_some_and(expression::is_alone)
    }

    /// The ids of the steps it names.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &str> {
        self.names
            .iter()
            .filter_map(|name| name.strip_prefix("steps.")?.split('.').next())
    }

    /// Does it read that input?
    pub(crate) fn reads_input(&self, input: &str) -> bool {
        self.names.iter().any(|name| {
            name.strip_prefix("inputs.")
                .is_some_and(|rest| rest.split('.').next() == Some(input))
        })
    }
}

/// All expressions of a file.
pub(crate) fn all<'n>(
    context: &mut Context<'_>,
    root: &'n Node,
    plan: &Plan<'n>,
) -> Vec<Reading<'n>> {
    let mut collector = Collector {
        context,
        readings: Vec::new(),
    };
    for index in 0..plan.items.len() {
        collector.step(plan, index);
    }
    if let Some(outputs) = root.get("outputs") {
        collector.template(
            outputs,
            Site {
                step: None,
                role: Role::Outputs,
                own_item: false,
            },
        );
    }
    collector.readings
}

#[derive(Clone, Copy)]
struct Site {
    step: Option<usize>,
    role: Role,
    own_item: bool,
}

struct Collector<'c, 'x, 'n> {
    context: &'c mut Context<'x>,
    readings: Vec<Reading<'n>>,
}

impl<'n> Collector<'_, '_, 'n> {
    fn step(&mut self, plan: &Plan<'n>, index: usize) {
        let item = &plan.items[index];
        let node = item.node;
        let site = |role, own_item| Site {
            step: Some(index),
            role,
            own_item,
        };
        self.bare(node.get("when"), site(Role::When, false));
        if let Some(list) = node.get("foreach") {
            self.template(list, site(Role::List, false));
        }
        if let Some(with) = node.get("with") {
            self.template(with, site(Role::Call, true));
        }
        if let Some(ai) = node.get("ai") {
            self.ai(ai, site(Role::Call, true));
        }
        let result = site(Role::Result, true);
        self.bare(node.get("poll").and_then(|poll| poll.get("until")), result);
        for check in node
            .get("assert")
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .chain(node.get("exit_when"))
        {
            self.bare(check.get("that"), result);
            if let Some(message) = check.get("message") {
                self.template(message, result);
            }
        }
        let undoes = node.get("rollback").and_then(|undo| undo.get("with"));
        if let Some(with) = undoes {
            self.template(with, result);
        }
        for (key, role, gate) in [
            ("before", Role::GateBefore, &item.step.gate.before),
            ("after", Role::GateAfter, &item.step.gate.after),
        ] {
            // One card for the whole list has no item.
            let each = gate
                .as_ref()
                .is_some_and(|gate| gate.scope == CardScope::Each);
            if let Some(gate) = node.get("gate").and_then(|gates| gates.get(key)) {
                self.gate(gate, site(role, each));
            }
        }
    }

    fn ai(&mut self, ai: &'n Node, site: Site) {
        for (_, given) in ai.get("context").map(Node::entries).unwrap_or_default() {
            self.template(given, site);
        }
        if let Some(output) = ai.get("output") {
            self.permitted_values(output, site);
        }
        if let Some(with) = ai.get("fallback").and_then(|fallback| fallback.get("with")) {
            self.template(with, site);
        }
    }

    /// `enum_from`, wherever it stands in a schema.
    fn permitted_values(&mut self, schema: &'n Node, site: Site) {
        for (key, value) in schema.entries() {
            if key.text == "enum_from" && value.text().is_some() {
                self.bare(Some(value), site);
            } else {
                self.permitted_values(value, site);
            }
        }
        for item in schema.items() {
            self.permitted_values(item, site);
        }
    }

    fn gate(&mut self, gate: &'n Node, site: Site) {
        if let Some(title) = gate.get("title") {
            self.template(title, site);
        }
        self.bare(gate.get("skip_when"), site);
        for shown in gate.get("show").map(Node::items).unwrap_or_default() {
            let word = shown
                .text()
                .is_some_and(|text| SHOW_WORDS.contains(&text.trim()));
            if !word || (site.role == Role::GateBefore && shown.text() == Some("output")) {
                self.bare(Some(shown), site);
            }
        }
    }

    fn bare(&mut self, node: Option<&'n Node>, site: Site) {
        let Some((node, source)) = node.and_then(|node| Some((node, node.text()?.trim()))) else {
            return;
        };
        // Empty ones and ones in braces were reported where they were read.
        if !source.is_empty() && !source.contains("${{") {
            self.add(node, site, source, workflow::expression_names(source));
        }
    }

    fn template(&mut self, node: &'n Node, site: Site) {
        match &node.value {
            Value::Text(text) => {
                for found in workflow::template_expressions(text) {
                    self.add(node, site, &found.source, found.names);
                }
            }
            Value::List(items) => items.iter().for_each(|item| self.template(item, site)),
            Value::Map(entries) => entries
                .iter()
                .for_each(|(_, value)| self.template(value, site)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn add(
        &mut self,
        node: &'n Node,
        site: Site,
        source: &str,
        names: Result<BTreeSet<String>, String>,
    ) {
        let place = node.place_of(source, self.context.text);
        let shown = shorten(source);
        let names = match names {
            Ok(names) => names,
            Err(message) => {
                let what = format!("`{shown}` is not an expression: {message}");
                self.context.error(
                    place,
                    "bad_expression",
                    what,
                    "write it as in Jinja, as `inputs.name` or `output.ok and not output.late`",
                );
                return;
            }
        };
        for (what, hint) in expression::faults(source) {
            self.context.error(
                place,
                "bad_expression",
                format!("{what} in `{shown}`"),
                hint,
            );
        }
        let Site {
            step,
            role,
            own_item,
        } = site;
        self.readings.push(Reading {
            step,
            role,
            own_item,
            node,
            source: source.to_owned(),
            names,
            place,
        });
    }
}

fn shorten(source: &str) -> String {
    match source.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &source[..end]),
        None => source.to_owned(),
    }
}
