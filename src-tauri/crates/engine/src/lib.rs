//! The engine: one loop that turns commands into records and keeps the world busy with what runs are owed. Also the
//! doors' way in: a data folder opened here, by another process (over its socket), or only for reading.
//! Not a decision of its own (see `workflow::decide`), not SQL (`store`), not a tool (`tools`), no window, no terminal.

mod answer;
mod auditing;
mod clock;
mod descriptors;
mod door;
mod export;
mod faults;
mod feed;
mod live;
mod logs;
mod mailbox;
mod main_loop;
mod people;
mod perform;
mod ports;
mod reading;
mod secrets;
mod signing;
mod socket;
mod values;
mod workflows;

pub use auditing::{audit_file, audit_folder};
pub use clock::now_us;
pub use door::{Door, OpenOptions, Origin, open, open_for_reading, open_for_secrets};
pub use export::{Bound, ExportFormat, ExportReport, export};
pub use secrets::SecretSource;
pub use workflows::{schema, validate, workflows};
