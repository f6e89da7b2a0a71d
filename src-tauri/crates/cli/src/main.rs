//! The same engine in a terminal.
fn main() {}
