//! SQLite: the journal with its views, blobs and definitions, logs, telemetry, operators, the audit of the chain.
//! The only crate that knows SQLite. Decides nothing and folds nothing: what a view shows comes with the append,
//! and what a record means is the core's. Blocking; one thread writes the journal, another the logs; no async.

mod append;
mod audit;
mod backup;
mod chain;
mod connection;
mod crash;
mod decisions;
mod export;
mod fault;
mod files;
mod inventory;
mod ledger;
mod lock;
mod log_write;
mod logs;
mod operators;
mod reader;
mod records;
mod runs;
mod schema;
mod search;
mod signing;
mod store;
mod telemetry;
mod views;
mod walk;
mod writer;

#[cfg(test)]
mod tests;

pub use append::{Ack, Append, AppendFault, Definition, ViewRows};
pub use audit::{Audit, Verdict, audit_file, verify_file};
pub use backup::{BackupReport, restore};
pub use crash::crash_point;
pub use decisions::DecisionRow;
pub use export::{Exported, audit_export, export_id, is_export};
pub use fault::{OpenFault, ReadFault, WriteFault};
pub use inventory::{AgentRow, HostKeyRow, InventoryFault};
pub use lock::Holder;
pub use log_write::{LogAck, LogChunk, LogFault};
pub use logs::{LogHit, LogSlice, LogText};
pub use operators::Operator;
pub use reader::Reader;
pub use records::JournalEntry;
pub use runs::{FoundRun, GateRow, RunFilter, RunRow, TimerRow};
pub use search::{RunSearch, RunsFound};
pub use signing::{SignedHead, Signer, database_id};
pub use store::{Options, Store};
pub use telemetry::{Miss, Point, SeriesPoint, Snapshot};
pub use writer::Health;
