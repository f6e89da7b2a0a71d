//! What is known of a run, looking the same on every screen: states, steps, values, reports, endings, faults. Features
//! use these; these know no feature.

pub mod cancel;
pub mod datum;
pub mod ending;
pub mod export;
pub mod fault;
pub mod health;
pub mod outcome;
pub mod press;
pub mod report;
pub mod run_rows;
pub mod stages;
pub mod start;
pub mod status;
pub mod undo;

pub use cancel::CancelRun;
pub use datum::DatumView;
pub use ending::{FailureNote, Outcome};
pub use export::ExportReport;
pub use fault::{FaultBar, TileFault};
pub use health::Health;
pub use press::press;
pub use report::ReportView;
pub use run_rows::RunRows;
pub use start::Starting;
pub use status::{RunStateMark, say, status_of};
pub use undo::UndoRun;
