//! Order: what a step waits for, and what has certainly ended before it starts. Order only; what a step may
//! read of another is in `rules::names`.

use crate::context::Context;
use crate::model::Plan;
use crate::suggest;
use std::collections::BTreeSet;
use workflow::Body;

/// The order of a file's steps.
pub(crate) struct Graph {
    /// For each step the siblings it waits for directly.
    needs: Vec<Vec<usize>>,
    /// For each step all that have certainly ended before it starts, what is inside of them included.
    before: Vec<BTreeSet<usize>>,
}

impl Graph {
    /// Resolves `needs` (filling them into the steps) and reports what is not a sibling, and cycles.
    pub(crate) fn build(context: &mut Context<'_>, plan: &mut Plan<'_>) -> Graph {
        let needs: Vec<Vec<usize>> = (0..plan.items.len())
            .map(|index| needs_of(context, plan, index))
            .collect();
        for (index, needed) in needs.iter().enumerate() {
            let names = needed
                .iter()
                .map(|needed| plan.items[*needed].step.id.clone())
                .collect();
            plan.items[index].step.needs = names;
        }
        let mut graph = Graph {
            needs,
            before: Vec::new(),
        };
        graph.refuse_cycles(context, plan);
        let closures: Vec<BTreeSet<usize>> = (0..plan.items.len())
            .map(|index| graph.closure(index))
            .collect();
        graph.before = (0..plan.items.len())
            .map(|index| {
                let ended = plan
                    .chain(index)
                    .flat_map(|part| closures[part].iter().copied());
                ended
                    .flat_map(|done| std::iter::once(done).chain(plan.inside(done)))
                    .collect()
            })
            .collect();
        // In a cycle everything would stand before everything.
        for index in 0..plan.items.len() {
            graph.before[index].remove(&index);
        }
        graph
    }

    /// Has `other` certainly ended when `step` starts?
    pub(crate) fn ended_before(&self, step: usize, other: usize) -> bool {
        self.before[step].contains(&other)
    }

    /// All that have certainly ended when `step` starts.
    pub(crate) fn all_before(&self, step: usize) -> &BTreeSet<usize> {
        &self.before[step]
    }

    /// Everything that a step waits for, directly or not, among its siblings.
    fn closure(&self, index: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = self.needs[index].clone();
        while let Some(next) = open.pop() {
            if found.insert(next) {
                open.extend(&self.needs[next]);
            }
        }
        found
    }

    fn refuse_cycles(&self, context: &mut Context<'_>, plan: &Plan<'_>) {
        let mut done = BTreeSet::new();
        for start in 0..self.needs.len() {
            let Some(cycle) = self.cycle_from(start, &mut done) else {
                continue;
            };
            let ids: Vec<&str> = cycle
                .iter()
                .map(|index| plan.items[*index].step.id.as_str())
                .collect();
            let path = format!(
                "{} → {}",
                ids.join(" → "),
                ids.first().copied().unwrap_or_default()
            );
            let explicit = cycle
                .iter()
                .copied()
                .find(|index| plan.items[*index].needs.is_some());
            let node = plan.items[explicit.unwrap_or(start)].node;
            context.error(
                node.key_place("needs"),
                "cycle",
                format!("these steps wait for each other: {path}"),
                "take one of them out of `needs`; a step without `needs` waits for the one above it",
            );
        }
    }

    /// A cycle that can be reached from `start` and was not seen before.
    fn cycle_from(&self, start: usize, done: &mut BTreeSet<usize>) -> Option<Vec<usize>> {
        // Each entry: a step on the present path and how many of its needs were followed.
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((index, followed)) = path.last_mut() {
            let (index, next) = (*index, self.needs[*index].get(*followed).copied());
            *followed += 1;
            match next {
                _ if done.contains(&index) => {
                    path.pop();
                }
                None => {
                    done.insert(index);
                    path.pop();
                }
                Some(next) => match path.iter().position(|(on_path, _)| *on_path == next) {
                    Some(begin) => {
                        let cycle: Vec<usize> =
                            path[begin..].iter().map(|(index, _)| *index).collect();
                        done.extend(path.iter().map(|(index, _)| *index));
                        return Some(cycle);
                    }
                    None => path.push((next, 0)),
                },
            }
        }
        None
    }
}

/// What a step waits for: what it names, else the step above it, else (a branch, a first step) nothing.
fn needs_of(context: &mut Context<'_>, plan: &Plan<'_>, index: usize) -> Vec<usize> {
    let item = &plan.items[index];
    let siblings = plan.siblings(index);
    let Some(named) = &item.needs else {
        let branch = item
            .parent
            .is_some_and(|parent| matches!(plan.items[parent].step.body, Body::Parallel { .. }));
        let above = siblings
            .iter()
            .position(|sibling| *sibling == index)
            .and_then(|place| place.checked_sub(1));
        return above
            .filter(|_| !branch)
            .map(|above| vec![siblings[above]])
            .unwrap_or_default();
    };
    let mut needs = Vec::new();
    for node in named {
        let Some(id) = context.text(node, "needs") else {
            continue;
        };
        let Some(needed) = siblings
            .iter()
            .copied()
            .find(|sibling| plan.items[*sibling].step.id == id)
        else {
            let known = siblings
                .iter()
                .filter(|sibling| **sibling != index)
                .map(|sibling| plan.items[*sibling].step.id.as_str());
            let (what, hint) = match plan.index_of(&id) {
                Some(_) => (
                    format!("`needs` names `{id}`, which is not in the same list"),
                    format!(
                        "a step waits only for its siblings; {}",
                        suggest::one_of(known)
                    ),
                ),
                None => (
                    format!("`needs` names `{id}`, which does not exist"),
                    suggest::hint(&id, known.clone()),
                ),
            };
            context.error(node.place, "unknown_need", what, hint);
            continue;
        };
        if needs.contains(&needed) {
            context.error(
                node.place,
                "twice",
                format!("`needs` names `{id}` twice"),
                "keep one",
            );
            continue;
        }
        needs.push(needed);
    }
    needs
}
