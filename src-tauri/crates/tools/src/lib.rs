//! The tool contract and the tools: what a step may call. The only crate that runs processes and touches files of
//! this computer on behalf of a run. Decides nothing: the engine calls a tool when a run owes it.
//!
//! The only function that causes a change is [`ChangeTool::apply`], and it takes a [`workflow::Permit`], which is made
//! only from a committed record. It cannot be made by hand:
//!
//! ```compile_fail
//! fn forged(call: workflow::Call, key: workflow::Digest) -> workflow::Permit {
//!     workflow::Permit { call, key, ..todo!() }
//! }
//! ```
//!
//! and a change cannot be made without one:
//!
//! ```compile_fail
//! async fn ungated(tool: &dyn tools::ChangeTool, args: &serde_json::Value, context: &tools::Context) {
//!     let _ = tool.apply(args, context).await;
//! }
//! ```
//!
//! With one it can (so the two above fail for the reason they give):
//!
//! ```
//! async fn gated(tool: &dyn tools::ChangeTool, permit: workflow::Permit, context: &tools::Context) {
//!     let _ = tool.apply(permit, context).await;
//! }
//! ```

mod agent;
mod catalogue;
mod context;
mod contract;
mod duration;
mod fault;
mod file;
mod git;
mod health;
mod host;
mod inventory;
mod job;
mod known_hosts;
mod metrics;
mod ports;
mod report;
mod repository;
mod secrets;
mod ssh_config;
#[cfg(test)]
mod testing;
mod transport;
mod value;

pub use catalogue::Catalogue;
pub use context::{Context, LogLine, LogSink, Stream};
pub use contract::{Asked, BoxFuture, ChangeTool, Inverse, ReadTool, Tool};
pub use known_hosts::fingerprint;
pub use ports::{
    HostKeys, Inventory, Jobs, Metrics, MetricsQuery, MissedAgent, PortError, Ports, Snapshots,
    TakenSnapshot,
};
pub use secrets::{NoSecrets, Secret, SecretFault, SecretStore, Secrets};
pub use transport::{HostLimits, Hosts};

/// Is this an address that the tools about repositories take?
///
/// # Errors
/// Why not, and what to write instead.
pub fn check_repository(address: &str) -> Result<(), workflow::ToolError> {
    git::RepositoryUrl::parse(address).map(|_| ())
}

/// Work that blocks, on a thread for it. A panic in it is this tool's error, never the program's.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, workflow::ToolError> + Send + 'static,
) -> Result<T, workflow::ToolError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(_) => Err(fault::fault(
            "tool_failed",
            "The tool broke off.",
            "Report this as a bug, with the run's export.",
        )
        .unknown(workflow::ErrorClass::Internal)),
    }
}
