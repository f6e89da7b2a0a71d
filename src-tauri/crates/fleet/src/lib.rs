//! The nouns of the fleet: agent, connection, snapshot, measure, threshold, finding, job, series, label, selector; and the
//! judging of a snapshot.
//! Pure: no IO, no clock, no randomness, no environment. Reaching a host is the crate `tools`, keeping is `store`.

mod agent;
mod connection;
mod finding;
mod job;
mod judge;
mod label;
mod measure;
mod name;
mod selector;
mod series;
mod snapshot;
mod text;
mod threshold;

pub use agent::{Agent, AgentState, Transport};
pub use connection::{Connection, Credential, CredentialFault, Hop, Via};
pub use finding::{Finding, Severity};
pub use job::{Job, JobState};
pub use judge::{judge, judge_measures, sort, unjudged};
pub use label::{LABEL_CHARS, is_dns_name, is_label_name, is_label_value};
pub use measure::{Measure, UseClass, say};
pub use name::name;
pub use selector::{Selector, SelectorFault};
pub use series::{Series, Trend};
pub use snapshot::{
    Clock, CpuTime, FileHandles, Filesystem, Gap, Host, Interface, KernelLine, Load, Memory,
    Pressure, Process, Processes, Services, Snapshot, SnapshotFault, Why,
};
pub use text::{is_hidden, visible};
pub use threshold::{Check, INPUT_LIMITS, Limits, Threshold, thresholds};
