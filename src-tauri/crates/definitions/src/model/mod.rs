//! From the tree to the resolved model: the shape of a file, what it leaves out filled in. What a file must mean
//! beyond its shape is in `rules`.

mod body;
mod checks;
mod gate;
mod header;
mod resolve;
mod step;
pub(crate) mod words;

use crate::context::Context;
use crate::graph::Graph;
use crate::rules;
use crate::yaml::Node;
use std::collections::BTreeMap;
use workflow::{Body, Step, ToolSpec, Workflow};

/// The steps of a file side by side, parents before children, each with its place in the file.
pub(crate) struct Plan<'n> {
    pub(crate) items: Vec<Item<'n>>,
    pub(crate) roots: Vec<usize>,
    /// More steps than a file may have were reported.
    is_full: bool,
}

/// A step under construction. Its `step` has no children yet; they are in `children`.
pub(crate) struct Item<'n> {
    pub(crate) step: Step,
    pub(crate) node: &'n Node,
    pub(crate) parent: Option<usize>,
    pub(crate) children: Vec<usize>,
    /// What `needs` names; `None` when the file leaves it out.
    pub(crate) needs: Option<Vec<&'n Node>>,
    /// The stage that the file names.
    pub(crate) stage: Option<&'n Node>,
}

impl Plan<'_> {
    /// The list that a step stands in.
    pub(crate) fn siblings(&self, index: usize) -> &[usize] {
        match self.items[index].parent {
            Some(parent) => &self.items[parent].children,
            None => &self.roots,
        }
    }

    /// The step and the groups around it, innermost first.
    pub(crate) fn chain(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(index), |index| self.items[*index].parent)
    }

    /// The first step of that id.
    pub(crate) fn index_of(&self, id: &str) -> Option<usize> {
        self.items
            .iter()
            .position(|item| item.step.id == id && !id.is_empty())
    }

    /// Everything inside a step, itself not counted.
    pub(crate) fn inside(&self, index: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let mut open = self.items[index].children.clone();
        while let Some(next) = open.pop() {
            found.push(next);
            open.extend(&self.items[next].children);
        }
        found
    }

    /// The steps as the tree that the model holds.
    fn assemble(&self, indices: &[usize]) -> Vec<Step> {
        let assembled = |index: &usize| {
            let item = &self.items[*index];
            let mut step = item.step.clone();
            match &mut step.body {
                Body::Steps { steps } | Body::Parallel { steps, .. } => {
                    *steps = self.assemble(&item.children)
                }
                Body::Uses { .. } | Body::Ai(_) | Body::Undo => {}
            }
            step
        };
        indices.iter().map(assembled).collect()
    }
}

/// Reads a workflow file. The result is whole only when there are no error findings.
pub(crate) fn workflow(context: &mut Context<'_>, root: &Node) -> Option<Workflow> {
    let header = header::read(context, root)?;
    let mut plan = Plan {
        items: Vec::new(),
        roots: Vec::new(),
        is_full: false,
    };
    if let Some(steps) = root.get("steps") {
        plan.roots = step::list(context, &mut plan, steps, None, 1);
    }
    resolve::defaults(context, &mut plan, root);
    let stages = resolve::stages(context, &mut plan, root, header.stages);
    let graph = Graph::build(context, &mut plan);
    rules::check(
        context,
        root,
        &plan,
        &graph,
        &header.inputs,
        header.effects.as_deref(),
    );
    Some(Workflow {
        id: header.id,
        title: header.title,
        version: header.version,
        description: header.description,
        risk: header.risk,
        labels: header.labels,
        effects: header.effects,
        inputs: header.inputs,
        on_failure: header.on_failure,
        undo_window_ms: header.undo_window_ms,
        undoes: None,
        stages,
        tools: tools(context, &plan),
        steps: plan.assemble(&plan.roots),
        outputs: header.outputs,
    })
}

/// The records of all tools that the steps name, their inverses and the models' tools included.
fn tools(context: &Context<'_>, plan: &Plan<'_>) -> BTreeMap<String, ToolSpec> {
    let mut names: Vec<&str> = Vec::new();
    for item in &plan.items {
        names.extend(item.step.tool().map(|(tool, _)| tool));
        let rollback = item.step.rollback.as_ref();
        names.extend(rollback.map(|rollback| rollback.tool.as_str()));
        if let Body::Ai(ai) = &item.step.body {
            names.extend(ai.tools.iter().map(String::as_str));
        }
    }
    let mut tools = BTreeMap::new();
    while let Some(name) = names.pop() {
        let Some(spec) = context.catalogue.tools.get(name) else {
            continue;
        };
        if tools.insert(name.to_owned(), spec.clone()).is_none() {
            names.extend(spec.inverse.as_deref());
        }
    }
    tools
}

/// `health_check` as people write it: `Health check`.
pub(crate) fn in_words(id: &str) -> String {
    let mut words = id.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}
