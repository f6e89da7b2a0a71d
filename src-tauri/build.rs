//! build script
fn main() {}
