//! The tests of the pure core in one binary: the rules of semantics.md by number, the invariants of approvals.md by
//! name, properties over random workflows and commands, and journals of earlier versions.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

mod approval;
mod attempts;
mod bench;
mod effects;
mod expressions;
mod invariants;
mod lists;
mod random;
mod stopping;
mod time;
