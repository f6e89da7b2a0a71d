//! The small gated workflow that several invariants are held to.

use super::{Act::*, Bench, Case, build, call, case, check, gate};
use serde_json::json;

/// A read, an approved change that reads it again before it runs, and a step after it.
pub(crate) fn gated() -> Vec<build::S> {
    vec![
        call("look", "read"),
        call("write", "write")
            .with(json!({ "text": "x" }))
            .retry(1)
            .before(gate().recheck(&["look"])),
        call("more", "read"),
    ]
}

/// That workflow, approved and brought to its end.
pub(crate) fn finished() -> Bench {
    check(Case {
        acts: vec![Work, Approve("write.before"), Work],
        ..case(gated())
    })
}
