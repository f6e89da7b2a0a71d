//! The only clock and the only dice of the program's core: what comes into `decide` as `at` and `entropy`.

use std::time::{SystemTime, UNIX_EPOCH};

/// The wall clock, in microseconds since 1970 (UTC).
pub fn now_us() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_micros() as i64)
}

/// A random number from the operating system.
pub(crate) fn entropy() -> u64 {
    let mut bytes = [0; 8];
    // Without randomness jitter is lost, nothing else: run names carry the time as well.
    let _ = getrandom::fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

/// A name for a run: its start in UTC, so that names sort by start, and six random digits.
pub(crate) fn run_name() -> String {
    let at = jiff::Timestamp::from_microsecond(now_us()).unwrap_or_default();
    format!(
        "{}-{:06x}",
        at.strftime("%Y%m%d-%H%M%S"),
        entropy() & 0xff_ffff
    )
}
