//! Tests of the language as a user meets it: files in, findings and models out.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod applications;
mod built_ins;
mod catalogue;
mod editors;
mod findings;
mod folder;
mod limits;
mod models;
