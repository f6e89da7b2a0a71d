//! Tests of the language as a user meets it: files in, findings and models out.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod catalogue;
mod built_ins;
