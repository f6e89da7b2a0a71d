//! The contract between window and engine: every call with its reply, notices, faults.
