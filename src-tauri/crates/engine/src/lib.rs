//! The engine: one loop that turns commands into records and keeps the world busy with what runs are owed. Also the
//! doors' way in: a data folder opened here, by another process (over its socket), or only for reading.
//! Not a decision of its own (see `workflow::decide`), not SQL (`store`), not a tool (`tools`), no window, no terminal.

mod answer;
mod applications;
mod auditing;
mod backup;
mod clock;
mod descent;
mod descriptors;
mod diagnostics;
mod door;
mod export;
mod faults;
mod feed;
mod history;
mod invert;
mod live;
mod logs;
mod made;
mod mailbox;
mod main_loop;
mod options;
mod people;
mod perform;
mod ports;
mod reading;
mod report;
mod secrets;
mod signing;
mod socket;
mod values;
mod workflows;

pub use applications::{apps, keep_app, propose_app};
pub use auditing::{audit_file, audit_folder};
pub use backup::{back_up, restore};
pub use clock::now_us;
pub use diagnostics::diagnostics;
pub use door::{Door, Origin, open, open_for_reading, open_for_secrets};
pub use export::{Bound, ExportFormat, ExportReport, export};
pub use made::{backups_dir, downloads_dir};
pub use options::OpenOptions;
pub use secrets::SecretSource;
pub use workflows::{application_schema, schema, validate, workflows};
