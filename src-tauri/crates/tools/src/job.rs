//! Jobs: scripts that go on on an agent when the program is closed or the network is cut. A supervisor in a session of its
//! own runs the script once and says how it ended; nothing is installed, only the job's folder is kept on the host.
//! `host` has the functions, the tools stand on them. Not what a deployment does: that is a script of a job.

mod answer;
mod cancel;
mod fault;
mod host;
mod list;
mod log;
mod start;
mod status;
#[cfg(test)]
mod tests;

use fleet::{Agent, visible};
use serde_json::{Value as Json, json};
use workflow::{Digest, ErrorClass, ToolError};

pub(crate) use cancel::JobCancel;
pub(crate) use list::JobList;
pub(crate) use log::JobLog;
pub(crate) use start::JobStart;
pub(crate) use status::JobStatus;

fn agent_id_schema() -> Json {
    json!({ "type": "string", "minLength": 1, "maxLength": 200 })
}

fn job_id_schema() -> Json {
    json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
}

fn job_not_found(agent: &Agent, id: Digest) -> ToolError {
    crate::fault::fault(
        "job_not_found",
        format!("There is no job {id} on {}.", visible(&agent.title, 200)),
        "Look at the step that started it; its output names agent and job.",
    )
    .not_started(ErrorClass::NotFound)
}

fn no_inverse(what: &str) -> ToolError {
    crate::fault::fault(
        "no_inverse",
        format!("{what} cannot be undone from here."),
        "Look at what it has done, and put it right by a step of its own.",
    )
    .not_started(ErrorClass::Invalid)
}
