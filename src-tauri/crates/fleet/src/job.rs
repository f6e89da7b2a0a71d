//! A job: a script that goes on on an agent by itself, such as a deployment. Only what lists and health need of it; how one
//! is started and followed is in the crate of the tools. Those that job.start began are not listed yet.

use serde::{Deserialize, Serialize};

/// A job as the store knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub job_id: String,
    /// What it deploys, for people.
    pub title: String,
    /// On which agent.
    pub agent_id: String,
    /// Where it stands.
    pub state: JobState,
    /// When it was opened, in microseconds since 1970 (UTC).
    pub opened_at_us: i64,
    /// When it came into its present state, in microseconds since 1970 (UTC).
    pub since_us: i64,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Not begun.
    Queued,
    /// Under way.
    Running,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
    /// Stopped by a person.
    Cancelled,
    /// Nobody can tell: killed, the host restarted, the process id reused.
    Lost,
}

impl JobState {
    /// Every state, in the order of a job's life.
    pub const ALL: [JobState; 6] = [
        JobState::Queued,
        JobState::Running,
        JobState::Succeeded,
        JobState::Failed,
        JobState::Cancelled,
        JobState::Lost,
    ];

    /// The word in files, outputs and on screens.
    pub fn word(self) -> &'static str {
        match self {
            JobState::Queued => "queued",
            JobState::Running => "running",
            JobState::Succeeded => "succeeded",
            JobState::Failed => "failed",
            JobState::Cancelled => "cancelled",
            JobState::Lost => "lost",
        }
    }

    /// Is it over?
    pub fn ended(self) -> bool {
        match self {
            JobState::Queued | JobState::Running => false,
            JobState::Succeeded | JobState::Failed | JobState::Cancelled | JobState::Lost => true,
        }
    }
}
