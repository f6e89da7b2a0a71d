//! How a run ended, as data: the failure in one line, the changes that were made, what it gives.

use workflow::{Body, Datum, Run, RunStatus, StepKey, StepState};

use super::stages;

/// Why a run failed, for the first line that a person reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Where, what, and what came back: `copy: file.write → disk_full: No space is left`.
    pub line: String,
    /// What to do next; may be empty.
    pub hint: String,
    /// The step it began with.
    pub step: Option<StepKey>,
}

/// The failure of a run that has failed.
pub fn failure(run: &Run) -> Option<Failure> {
    let (RunStatus::Failed { reason, .. }
    | RunStatus::RollingBack { reason, .. }
    | RunStatus::RolledBack { reason, .. }) = run.status()
    else {
        return None;
    };
    // A no and a rule's own words need no tool to be understood.
    let spoken = matches!(
        reason.code.as_str(),
        "rejected" | "expired" | "cancelled" | "assert" | "exit_when"
    );
    let tool = reason
        .step
        .as_ref()
        .and_then(|key| run.definition().step(&key.id)?.tool());
    let line = match (&reason.step, tool) {
        (Some(step), Some((tool, _))) if !spoken => {
            format!("{step}: {tool} → {}: {}", reason.code, reason.message)
        }
        (Some(_) | None, Some(_) | None) => reason.message.clone(),
    };
    Some(Failure {
        line,
        hint: reason.hint.clone(),
        step: reason.step.clone(),
    })
}

/// The changes that a run has made and that stand, by the titles of its steps, each with why it was not rolled back.
pub fn changes_made(run: &Run) -> Vec<String> {
    changes(run, false)
}

/// The changes of a run that were rolled back, by the titles of its steps.
pub fn changes_undone(run: &Run) -> Vec<String> {
    changes(run, true)
}

fn changes(run: &Run, undone: bool) -> Vec<String> {
    let definition = run.definition();
    run.steps()
        .iter()
        .filter_map(|(key, step)| {
            let of = definition.step(&key.id)?;
            let changes = match of.tool() {
                Some((tool, _)) => definition.tools.get(tool)?.effect.changes(),
                None => of.body == Body::Undo,
            };
            // A list speaks through its items.
            let is_list = of.foreach.is_some() && key.items.len() == definition.list_depth(&of.id);
            let done = matches!(step.state, StepState::Completed { .. });
            let wanted = changes && done && !is_list && run.is_undone(key) == undone;
            wanted.then(|| {
                let title = match key.items.as_slice() {
                    [] => stages::title(of),
                    [.., item] => format!("{} ({})", stages::title(of), item + 1),
                };
                let inverse = run.step(&key.inverse(step.attempt)).filter(|_| !undone);
                match inverse.map(|inverse| &inverse.state) {
                    Some(StepState::Skipped { why }) => {
                        format!("{title}: {}", stages::skip_words(why))
                    }
                    Some(StepState::Failed { reason }) => format!("{title}: {}", reason.message),
                    Some(StepState::Again | StepState::Active(_) | StepState::Completed { .. })
                    | None => title,
                }
            })
        })
        .collect()
}

/// What a completed run gives, by name.
pub fn outputs(run: &Run) -> Vec<(String, Datum)> {
    match run.status() {
        RunStatus::Completed { outputs, .. } => {
            let of = outputs.iter();
            of.map(|(name, value)| (name.clone(), value.clone()))
                .collect()
        }
        RunStatus::Pending
        | RunStatus::Running { .. }
        | RunStatus::Failed { .. }
        | RunStatus::Cancelled { .. }
        | RunStatus::RollingBack { .. }
        | RunStatus::RolledBack { .. } => Vec::new(),
    }
}

/// When a run that is over ended, in microseconds since 1970 (UTC).
pub fn ended_at_us(run: &Run) -> Option<i64> {
    match run.status() {
        RunStatus::Completed { at_us, .. }
        | RunStatus::Failed { at_us, .. }
        | RunStatus::Cancelled { at_us }
        | RunStatus::RolledBack { at_us, .. } => Some(*at_us),
        RunStatus::Pending | RunStatus::Running { .. } | RunStatus::RollingBack { .. } => None,
    }
}
