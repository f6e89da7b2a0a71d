//! The tools that read and change files of this computer. Only whole regular files in UTF-8, at most 1 MiB, by absolute
//! path; a symbolic link in the last place is never followed.

mod diff;
mod fault;
mod place;
mod read;
mod record;
mod replace;
mod restore;
mod settle;
mod state;
#[cfg(test)]
mod tests;
mod write;

use serde_json::{Value as Json, json};
use workflow::Target;

pub(crate) use diff::difference;
pub(crate) use read::FileRead;
pub(crate) use restore::FileRestore;
pub(crate) use write::FileWrite;

/// The largest file, in bytes.
pub(crate) const MAX_BYTES: usize = 1024 * 1024;

/// The word for "there is no such file" where otherwise a hash stands.
const ABSENT: &str = "absent";

/// The schema of a path.
fn path_schema() -> Json {
    json!({
        "type": "string",
        "description": "Absolute, without . and .. in it",
        "pattern": "^/",
        "minLength": 2,
        "maxLength": 4096,
    })
}

/// The schema of a hash.
fn sha256_schema() -> Json {
    json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
}

/// What these tools touch.
fn this_computer() -> Vec<Target> {
    vec![Target {
        agent: fleet::Agent::THIS_COMPUTER.to_owned(),
        host_key: None,
    }]
}
