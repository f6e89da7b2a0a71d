//! Whoever reads the result of a step that may be skipped says what holds then (semantics.md 16).

use super::Sheet;
use super::names::{Fault, fault};
use super::readings::{Reading, Role};
use crate::expression;
use std::collections::BTreeSet;
use workflow::DecisionKind;

/// A result that may be missing, read without a guard.
pub(super) fn unguarded(
    sheet: &Sheet<'_, '_>,
    reading: &Reading<'_>,
    root: &str,
    rest: &[&str],
) -> Option<Fault> {
    let ("steps", [id, "output" | "outputs", ..]) = (root, rest) else {
        return None;
    };
    let (plan, named, reader) = (sheet.plan, sheet.plan.index_of(id)?, reading.step?);
    let around: Vec<usize> = plan.chain(reader).collect();
    // What is around both ran for the reader too.
    let parts: Vec<usize> = plan
        .chain(named)
        .filter(|part| !around.contains(part))
        .collect();
    let skippable = parts.iter().copied().find(|part| {
        let step = &plan.items[*part].step;
        let skip = step
            .gate
            .before
            .as_ref()
            .is_some_and(|gate| gate.decisions.contains(&DecisionKind::Skip));
        step.when.is_some() || skip
    })?;
    let tests_state = |names: &BTreeSet<String>| {
        parts
            .iter()
            .any(|part| names.contains(&format!("steps.{}.state", plan.items[*part].step.id)))
    };
    if tests_state(&reading.names) || expression::minds_missing(&reading.source) {
        return None;
    }
    let mut conditions = sheet.readings.iter().filter(|other| {
        other.role == Role::When && other.step.is_some_and(|step| around.contains(&step))
    });
    if conditions.any(|condition| tests_state(&condition.names)) {
        return None;
    }
    let cause = if plan.items[skippable].step.when.is_some() {
        "it has `when`"
    } else {
        "its gate offers skip"
    };
    let skipped = &plan.items[skippable].step.id;
    let what = if skippable == named {
        format!("`{id}` may be skipped ({cause}) and then has no result")
    } else {
        format!("`{skipped}` may be skipped ({cause}), and then `{id}` has no result")
    };
    fault(
        "unguarded",
        what,
        format!(
            "write `… | default(…)`, `… or …`, or give this step `when: \"steps.{skipped}.state == 'completed'\"`"
        ),
    )
}
