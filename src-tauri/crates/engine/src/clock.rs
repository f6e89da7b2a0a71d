//! The only clock and the only dice of the program's core: what comes into `decide` as `at` and `entropy`.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

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

/// A name for a run: its start in UTC, so that names sort by start, and six digits that no other run of this program has.
/// They start at random and are counted on, spread so that neighbours do not look alike: of digits drawn anew each time,
/// two of some hundred starts a second would now and then be the same.
pub(crate) fn run_name() -> String {
    static COUNT: LazyLock<AtomicU32> = LazyLock::new(|| AtomicU32::new(entropy() as u32));
    // Odd, so that 2^24 counts give 2^24 different numbers.
    const SPREAD: u32 = 0x9e_3779;
    let number = COUNT.fetch_add(1, Ordering::Relaxed).wrapping_mul(SPREAD) & 0xff_ffff;
    let at = jiff::Timestamp::from_microsecond(now_us()).unwrap_or_default();
    format!("{}-{number:06x}", at.strftime("%Y%m%d-%H%M%S"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::run_name;

    #[test]
    fn no_two_runs_have_one_name() {
        // Drawn at random, about 150 of these would be the same.
        let names: HashSet<String> = (0..70_000).map(|_| run_name()).collect();
        assert_eq!(names.len(), 70_000);
    }
}
