//! The states of steps and runs as icon, word and colour. A run has states that no step has: cancelled,
//! rolling back, rolled back.

use leptos::prelude::*;
use workflow::{RunState, StepStatus};

use crate::kit::{Icon, Status, dynamic, icons};

/// The kit's state for the core's.
pub fn status_of(status: StepStatus) -> Status {
    match status {
        StepStatus::Pending => Status::Pending,
        StepStatus::InProgress => Status::InProgress,
        StepStatus::Waiting => Status::Waiting,
        StepStatus::Completed => Status::Completed,
        StepStatus::Failed => Status::Failed,
        StepStatus::Skipped => Status::Skipped,
    }
}

fn looks(state: RunState) -> (&'static str, &'static str) {
    match state {
        RunState::Pending => ("pending", icons::STATUS_PENDING),
        RunState::Running => ("in-progress", icons::STATUS_IN_PROGRESS),
        RunState::Waiting => ("waiting", icons::HAND_FILLED),
        RunState::Completed => ("completed", icons::STATUS_COMPLETED),
        RunState::Failed => ("failed", icons::STATUS_FAILED),
        RunState::Cancelled => ("skipped", icons::STATUS_SKIPPED),
        RunState::RollingBack => ("in-progress", icons::UNDO),
        RunState::RolledBack => ("failed", icons::UNDO),
    }
}

/// The mark of a run's state, with its word.
#[component]
pub fn RunStateMark(
    /// The state.
    #[prop(into)]
    state: Signal<RunState>,
) -> impl IntoView {
    dynamic(move || {
        let state = state.get();
        let (class, icon) = looks(state);
        view! {
            <span class=format!("status status-{class}")>
                <Icon path=icon/>
                <span class="status-word">{say(state)}</span>
            </span>
        }
    })
}

/// The state for people: the words of the journal without their underscores.
pub fn say(state: RunState) -> &'static str {
    match state {
        RunState::RollingBack => "rolling back",
        RunState::RolledBack => "rolled back",
        RunState::Pending
        | RunState::Running
        | RunState::Waiting
        | RunState::Completed
        | RunState::Failed
        | RunState::Cancelled => state.word(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_kit_are_those_of_the_core() {
        for status in [
            StepStatus::Pending,
            StepStatus::InProgress,
            StepStatus::Waiting,
            StepStatus::Completed,
            StepStatus::Failed,
            StepStatus::Skipped,
        ] {
            assert_eq!(status_of(status).word(), status.word());
            assert_eq!(status_of(status).glyph(), status.glyph());
        }
    }

    #[test]
    fn no_state_is_said_with_an_underscore() {
        for state in [
            RunState::Waiting,
            RunState::RollingBack,
            RunState::RolledBack,
        ] {
            assert_eq!(say(state), state.word().replace('_', " "));
        }
    }
}
