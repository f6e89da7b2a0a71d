//! The contract between the doors and the engine: every call with its reply, the notices that the engine sends by
//! itself, and the faults. Data only. One table lists the calls; the window's typed call, the desktop's handlers and
//! permissions, and the engine's dispatch all come from it.

mod call;
mod desktop;
mod fault;
mod notice;
mod reply;
mod secret;
mod table;

pub use call::*;
pub use desktop::*;
pub use fault::Fault;
pub use notice::{Batch, LogLine, LogStream, Notice, Topic};
pub use reply::*;
pub use secret::{SecretPlace, SecretState, SecretText};
pub use table::{Call, CallInfo};
