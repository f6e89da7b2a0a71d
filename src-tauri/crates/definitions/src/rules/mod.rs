//! What a file must mean beyond its shape (workflow-format.md, "Rules the loader enforces"). One file a rule; each
//! only reports, none changes the plan.

mod arguments;
mod editing;
mod effects;
mod gates;
mod guards;
mod names;
pub(crate) mod readings;

use crate::context::Context;
use crate::graph::Graph;
use crate::model::Plan;
use crate::yaml::Node;
use readings::Reading;
use serde_json::Value as Json;
use workflow::EffectClass;

/// Everything a rule looks at.
pub(crate) struct Sheet<'a, 'n> {
    plan: &'a Plan<'n>,
    graph: &'a Graph,
    /// The JSON Schema of the inputs.
    inputs: &'a Json,
    readings: &'a [Reading<'n>],
}

/// Checks all rules.
pub(crate) fn check(
    context: &mut Context<'_>,
    root: &Node,
    plan: &Plan<'_>,
    graph: &Graph,
    inputs: &Json,
    promised: Option<&[EffectClass]>,
) {
    let readings = readings::all(context, root, plan);
    let sheet = Sheet {
        plan,
        graph,
        inputs,
        readings: &readings,
    };
    names::check(context, &sheet);
    arguments::check(context, &sheet);
    effects::check(context, &sheet, promised);
    gates::check(context, &sheet);
    editing::check(context, &sheet);
}
