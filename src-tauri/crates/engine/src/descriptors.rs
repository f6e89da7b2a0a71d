//! How many files and sockets this process may have open. Not who opens them; how many connections to hosts are kept
//! follows from it (`tools::HostLimits`).

use rustix::process::{Resource, getrlimit, setrlimit};

/// Enough for the most connections to hosts that are ever kept (2,048), the journal, and the pipes of processes.
const WANTED: u64 = 4096;

/// Raises this process's own (soft) limit of descriptors, as far as the system lets it. The usual one is 1,024, a relic
/// of `select(2)`, which cannot name more; with it a fleet of a thousand hosts would be logged in to anew for each
/// question, since their connections could not all be kept. Nothing here selects. It is not raised to the hard limit,
/// which may be a billion: programs that we start inherit it, and some of them close every number below it.
pub(crate) fn raise() {
    let mut limits = getrlimit(Resource::Nofile);
    // None is no limit at all.
    let (Some(now), most) = (limits.current, limits.maximum.unwrap_or(WANTED)) else {
        return;
    };
    let wanted = WANTED.min(most);
    if now >= wanted {
        return;
    }
    limits.current = Some(wanted);
    if let Err(error) = setrlimit(Resource::Nofile, limits) {
        tracing::warn!(%error, now, wanted, "the limit of open files stays as it is");
    }
}
