//! What a list shows of a run, and the stage lines of the sidebar: derived from the fold, stored beside it.

use crate::{GateId, Run, RunId, RunStatus, StepKey, StepStatus, StopReason};
use serde::{Deserialize, Serialize};

/// The states of a run in the words of product.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are the documentation")]
pub enum RunState {
    Pending,
    Running,
    Waiting,
    Completed,
    Failed,
    Cancelled,
    RollingBack,
    RolledBack,
}

impl RunState {
    /// Its spelling, the same on every surface.
    pub fn word(self) -> &'static str {
        match self {
            RunState::Pending => "pending",
            RunState::Running => "running",
            RunState::Waiting => "waiting",
            RunState::Completed => "completed",
            RunState::Failed => "failed",
            RunState::Cancelled => "cancelled",
            RunState::RollingBack => "rolling_back",
            RunState::RolledBack => "rolled_back",
        }
    }
}

/// A row of the board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// The run.
    pub run: RunId,
    /// The workflow's id.
    pub workflow: String,
    /// The workflow's title.
    pub title: String,
    /// Its state.
    pub state: RunState,
    /// It starts nothing more.
    pub stopping: bool,
    /// Who started it.
    pub started_by: String,
    /// When, in microseconds since 1970 (UTC).
    pub started_at_us: i64,
    /// When it ended.
    pub ended_at_us: Option<i64>,
    /// How many records it has.
    pub seq: u64,
    /// The gates at which a person is asked: gate, revision, question, since when.
    pub open_gates: Vec<OpenGate>,
    /// The steps nobody can vouch for.
    pub in_doubt: Vec<StepKey>,
    /// Why it failed or ended early, one sentence.
    pub message: Option<String>,
    /// The lines of the sidebar.
    pub stages: Vec<StageLine>,
}

/// A gate at which a person is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenGate {
    /// Which.
    pub gate: GateId,
    /// Which card of it.
    pub revision: u32,
    /// The card's digest, to be quoted in the answer.
    pub card_digest: crate::Digest,
    /// The question.
    pub title: String,
    /// Since when, in microseconds since 1970 (UTC).
    pub opened_at_us: i64,
    /// When it closes by itself.
    pub expires_at_us: Option<i64>,
}

/// A line of the sidebar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageLine {
    /// Its words.
    pub title: String,
    /// Derived from its steps (semantics.md 11).
    pub status: StepStatus,
}

impl Run {
    /// Its state in the words of product.md.
    pub fn state(&self) -> RunState {
        match &self.status {
            RunStatus::Pending => RunState::Pending,
            RunStatus::Running { .. } | RunStatus::RollingBack { .. } if self.is_waiting() => {
                RunState::Waiting
            }
            RunStatus::Running { .. } => RunState::Running,
            RunStatus::Completed { .. } => RunState::Completed,
            RunStatus::Failed { .. } => RunState::Failed,
            RunStatus::Cancelled { .. } => RunState::Cancelled,
            RunStatus::RollingBack { .. } => RunState::RollingBack,
            RunStatus::RolledBack { .. } => RunState::RolledBack,
        }
    }

    /// What a list shows of it.
    pub fn summary(&self) -> RunSummary {
        let (ended_at_us, message) = match &self.status {
            RunStatus::Pending => (None, None),
            RunStatus::Running { stopping } => (
                None,
                stopping.as_ref().map(|stopping| stopping.why.sentence()),
            ),
            RunStatus::Completed { at_us, message, .. } => (Some(*at_us), message.clone()),
            RunStatus::Failed { at_us, reason } => (Some(*at_us), Some(reason.message.clone())),
            RunStatus::Cancelled { at_us } => (Some(*at_us), Some("Cancelled".to_owned())),
            RunStatus::RollingBack { reason, .. } => (None, Some(reason.message.clone())),
            RunStatus::RolledBack { at_us, reason } => {
                (Some(*at_us), Some(self.rolled_back_sentence(reason)))
            }
        };
        let message = match (self.undone_by.last(), message) {
            (None, message) => message,
            (Some(by), None) => Some(format!("Undone by run {}", by.run)),
            (Some(by), Some(message)) => Some(format!("Undone by run {}. {message}", by.run)),
        };
        RunSummary {
            run: self.id.clone(),
            workflow: self.definition.id.clone(),
            title: self.definition.title.clone(),
            state: self.state(),
            stopping: self.stopping().is_some() && !self.is_waiting(),
            started_by: self
                .started
                .as_ref()
                .map(|started| started.by.name.clone())
                .unwrap_or_default(),
            started_at_us: self.started.as_ref().map_or(0, |started| started.at_us),
            ended_at_us,
            seq: self.seq,
            open_gates: self.open_gates().filter_map(OpenGate::of).collect(),
            in_doubt: self.in_doubt().cloned().collect(),
            message,
            stages: self.stages(),
        }
    }

    /// The lines of the sidebar: failed > waiting > in-progress > completed > skipped > pending.
    pub fn stages(&self) -> Vec<StageLine> {
        let titles = self.definition.stages.iter();
        titles
            .zip(1u32..)
            .map(|(title, number)| StageLine {
                title: title.clone(),
                status: self.stage_status(number),
            })
            .collect()
    }

    /// A stage's steps are those that name it: a group speaks for the steps inside it.
    fn stage_status(&self, number: u32) -> StepStatus {
        let statuses: Vec<StepStatus> = self
            .definition
            .all_steps()
            .into_iter()
            .filter(|step| step.stage == number && self.definition.list_depth(&step.id) == 0)
            .map(|step| self.step_status(&StepKey::top(&step.id)))
            .collect();
        let any = |status| statuses.contains(&status);
        let all_done = statuses
            .iter()
            .all(|status| matches!(status, StepStatus::Completed | StepStatus::Skipped));
        if any(StepStatus::Failed) {
            StepStatus::Failed
        } else if any(StepStatus::Waiting) {
            StepStatus::Waiting
        } else if any(StepStatus::InProgress) {
            StepStatus::InProgress
        } else if all_done && any(StepStatus::Completed) {
            StepStatus::Completed
        } else if all_done && any(StepStatus::Skipped) {
            StepStatus::Skipped
        } else if any(StepStatus::Completed) || any(StepStatus::Skipped) {
            StepStatus::InProgress
        } else {
            StepStatus::Pending
        }
    }
}

impl OpenGate {
    fn of(gate: &crate::GateRun) -> Option<OpenGate> {
        let crate::GateState::Open { opened_at_us, .. } = &gate.state else {
            return None;
        };
        let card = gate.card.as_ref()?;
        Some(OpenGate {
            gate: gate.id.clone(),
            revision: gate.revision,
            card_digest: gate.card_digest?,
            title: card.title.clone(),
            opened_at_us: *opened_at_us,
            expires_at_us: card.expires_at_us,
        })
    }
}

impl StopReason {
    /// One sentence for lists and logs.
    pub fn sentence(&self) -> String {
        match self {
            StopReason::Cancelled => "Cancelled".to_owned(),
            StopReason::Rejected { gate, reason } if reason.is_empty() => {
                format!("Rejected at {gate}")
            }
            StopReason::Rejected { gate, reason } => format!("Rejected at {gate}: {reason}"),
            StopReason::Expired { gate } => format!("Nobody answered at {gate} in time"),
            StopReason::Failed { step } => format!("Step {step} failed"),
            StopReason::RolledBack { step } => {
                format!("Nobody can say whether {step} happened: the run is rolled back")
            }
            StopReason::Exit { message, .. } => message.clone(),
        }
    }
}
