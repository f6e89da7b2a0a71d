//! The tests of the pure core in one binary: the rules of semantics.md by number, the invariants of approvals.md by
//! name, properties over random workflows and commands, and journals of earlier versions.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say where"
)]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test names the events it is about"
)]

mod approval;
mod attempts;
mod bench;
mod effects;
mod expressions;
mod failure;
mod final_answers;
mod freshness;
mod growth;
mod identity;
mod invariants;
mod journals;
mod left_behind;
mod lists;
mod previews;
mod random;
mod rollback;
mod stopping;
mod time;
mod undo;
