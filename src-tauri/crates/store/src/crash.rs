//! Named places at which a test may kill the process: `COUNTERSIGN_CRASH=<name>:<n>` aborts at the n-th passage.
//! Compiles to nothing without the feature `crash-points`; a release never has it.

/// Aborts the process here when a test asks for it.
#[cfg(any(test, feature = "crash-points"))]
pub fn crash_point(name: &str) {
    use std::sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    };
    static PLAN: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let plan = PLAN.get_or_init(|| {
        let text = std::env::var("COUNTERSIGN_CRASH").ok()?;
        let (name, n) = text.rsplit_once(':')?;
        Some((name.to_owned(), n.parse().ok()?))
    });
    if let Some((wanted, n)) = plan
        && wanted == name
        && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *n
    {
        std::process::abort();
    }
}

/// Nothing: this build has no crash points.
#[cfg(not(any(test, feature = "crash-points")))]
#[inline(always)]
pub fn crash_point(_name: &str) {}
