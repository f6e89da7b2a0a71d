//! What tools ask the engine for (semantics.md 18): agents, jobs, telemetry, and where a snapshot is kept. The engine
//! implements these over the store; there are no implementations here but the in-memory ones of tests.

use crate::{BoxFuture, Hosts, Secrets};
use fleet::{Agent, Job, Measure, Series, Snapshot};
use std::sync::Arc;
use workflow::{Digest, ErrorClass, Outcome, ToolError};

/// The ports of one engine.
pub struct Ports {
    /// The agents.
    pub inventory: Arc<dyn Inventory>,
    /// The jobs.
    pub jobs: Arc<dyn Jobs>,
    /// Telemetry that is stored.
    pub metrics: Arc<dyn Metrics>,
    /// Where snapshots go.
    pub snapshots: Arc<dyn Snapshots>,
    /// The host keys that were trusted here.
    pub host_keys: Arc<dyn HostKeys>,
    /// Passwords and passphrases, by reference.
    pub secrets: Arc<dyn Secrets>,
    /// The ways to hosts, with the connections that are kept.
    pub hosts: Arc<Hosts>,
}

/// The agents that are registered.
pub trait Inventory: Send + Sync {
    /// All of them, in the order of their ids.
    fn agents(&self) -> BoxFuture<'_, Result<Vec<Agent>, PortError>>;

    /// One of them, by its id without regard to case.
    fn agent<'a>(&'a self, agent_id: &'a str) -> BoxFuture<'a, Result<Option<Agent>, PortError>>;
}

/// The host keys that a person trusted in this program; the files of OpenSSH are read beside them, never written.
pub trait HostKeys: Send + Sync {
    /// The keys that are trusted for this host and port, as in known_hosts: algorithm and base64.
    fn trusted<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> BoxFuture<'a, Result<Vec<String>, PortError>>;
}

/// The jobs that the store knows.
pub trait Jobs: Send + Sync {
    /// All that are kept, the newest first.
    fn jobs(&self) -> BoxFuture<'_, Result<Vec<Job>, PortError>>;
}

/// Telemetry that is stored.
pub trait Metrics: Send + Sync {
    /// The series that match, points in the order of their time; a series without a point is left out.
    fn query(&self, query: MetricsQuery) -> BoxFuture<'_, Result<Vec<Series>, PortError>>;
}

/// Which telemetry is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsQuery {
    /// The metrics by name (OpenTelemetry names, or the engine's own such as `gate_wait`); empty: all.
    pub metrics: Vec<String>,
    /// Only of this agent.
    pub agent_id: Option<String>,
    /// From this time on, in microseconds since 1970 (UTC).
    pub from_us: i64,
    /// Before this time, in microseconds since 1970 (UTC).
    pub until_us: i64,
}

/// Where snapshots go.
pub trait Snapshots: Send + Sync {
    /// Keeps a snapshot and its measures (as telemetry); gives its id. Kept once for one key.
    fn keep(&self, taken: TakenSnapshot) -> BoxFuture<'_, Result<String, PortError>>;

    /// Keeps that an agent did not answer: until the next snapshot, that is how it is.
    fn miss(&self, missed: MissedAgent) -> BoxFuture<'_, Result<(), PortError>>;
}

/// An agent that did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissedAgent {
    /// Which one.
    pub agent_id: String,
    /// When, in microseconds since 1970 (UTC), by this computer's clock.
    pub at_us: i64,
    /// Why, safe to show.
    pub why: String,
}

/// A snapshot to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct TakenSnapshot {
    /// The key of the call that took it: the same key is the same snapshot.
    pub key: Digest,
    /// Of which agent.
    pub agent_id: String,
    /// When, in microseconds since 1970 (UTC), by this computer's clock.
    pub taken_at_us: i64,
    /// What the host said.
    pub snapshot: Snapshot,
    /// What was measured, to be stored as telemetry.
    pub measures: Vec<Measure>,
}

/// A port could not answer: the store is at fault, not the tool.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PortError(pub String);

impl From<PortError> for ToolError {
    fn from(error: PortError) -> ToolError {
        ToolError {
            code: "store_unavailable".to_owned(),
            message: format!("The data folder could not answer: {error}."),
            hint: "Look at the notice about the data folder (disk full, read-only), then run it again.".to_owned(),
            class: ErrorClass::Io,
            outcome: Outcome::NotDone,
        }
    }
}
