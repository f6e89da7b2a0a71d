//! The configuration of an agent: a profile says which files and folders a host shall have, agent.plan_config compares it
//! with the host, agent.apply_change makes one of the differences true and agent.revert_change puts back what was. Over
//! any transport, by constant POSIX sh scripts; nothing is installed, only the backups are kept on the host.

mod answer;
mod apply;
mod built_in;
mod difference;
mod fault;
mod host;
mod path;
mod plan;
mod profile;
mod replace;
mod revert;
mod state;
#[cfg(test)]
mod tests;

use fleet::{Agent, Transport};
use serde_json::{Value as Json, json};

pub(crate) use apply::AgentApplyChange;
pub(crate) use plan::AgentPlanConfig;
pub(crate) use revert::AgentRevertChange;

/// The largest file, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// The largest file whose lines are compared, in bytes.
const SHOWN_BYTES: usize = 64 * 1024;

/// Where the backups of an agent are kept: on the host, in the home of the user who logs in; of this computer in the data
/// folder, beside those of file.write.
fn backups(agent: &Agent, context: &crate::Context) -> String {
    if agent.transport != Transport::Local {
        return "~/.countersign/backups".to_owned();
    }
    let folder = context.data_dir.join("backups").join("agent");
    folder.to_string_lossy().into_owned()
}

fn agent_id_schema() -> Json {
    json!({ "type": "string", "minLength": 1, "maxLength": 200 })
}

fn path_schema() -> Json {
    json!({
        "type": "string",
        "description": "The path on the host: absolute, without links, . and .. in it",
        "pattern": "^/",
        "minLength": 2,
        "maxLength": 4096,
    })
}

fn sha256_schema() -> Json {
    json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
}

fn mode_schema() -> Json {
    json!({ "type": "string", "pattern": "^0[0-7]{3}$", "description": "Permission bits in octal, as 0644" })
}

fn nullable(schema: Json) -> Json {
    json!({ "anyOf": [schema, { "type": "null" }] })
}
