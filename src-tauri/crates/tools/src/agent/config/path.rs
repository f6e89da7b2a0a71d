//! Which paths may be configured on a host. Only the text of a path is judged here; what stands there, and where links
//! lead, is asked of the host.

use crate::fault::fault;
use workflow::{ErrorClass, ToolError};

/// Kernel interfaces: writing there is not configuration.
const REFUSED: [&str; 3] = ["/proc", "/sys", "/dev"];

/// Why a path of a profile may not be used: absolute or `~/…` (the home of the user who logs in).
pub(super) fn fault_of(path: &str) -> Option<(&'static str, &'static str)> {
    let rest = match path.strip_prefix("~/") {
        Some(rest) => rest,
        None => match path.strip_prefix('/') {
            Some(rest) => rest,
            None => {
                return Some((
                    "it is neither absolute nor below the home folder",
                    "begin it with / or with ~/",
                ));
            }
        },
    };
    if path.len() > 4096 {
        return Some(("it is longer than 4096 bytes", "choose a shorter one"));
    }
    if path.chars().any(fleet::is_hidden) {
        return Some((
            "it holds characters that cannot be seen",
            "remove control characters and line ends",
        ));
    }
    if rest
        .split('/')
        .any(|part| matches!(part, "" | "." | "..") || part.len() > 255)
    {
        return Some((
            "it has empty parts, . or .. in it, or a part of more than 255 bytes",
            "write the plain path, without a slash at the end",
        ));
    }
    if rest
        .rsplit('/')
        .next()
        .is_some_and(|name| name.starts_with(".countersign-"))
    {
        return Some((
            "names that begin with .countersign- are those of new files on their way",
            "choose another name",
        ));
    }
    if is_kernel(path) {
        return Some((
            "/proc, /sys and /dev are not configured by files",
            "use sysctl.d, udev or tmpfiles.d below /etc",
        ));
    }
    let own = |folder: &str| {
        path.strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if own("~/.countersign/backups") || own("~/.countersign/jobs") {
        return Some((
            "backups and jobs of this program are kept there",
            "choose another folder",
        ));
    }
    None
}

/// Is it a kernel interface?
pub(super) fn is_kernel(path: &str) -> bool {
    REFUSED.iter().any(|folder| {
        path.strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Checks a path that was resolved on the host.
///
/// # Errors
/// `invalid_path`, with the reason.
pub(super) fn check_resolved(path: &str) -> Result<(), ToolError> {
    let why = match fault_of(path) {
        None if path.starts_with('/') => return Ok(()),
        None => (
            "~ is resolved by agent.plan_config",
            "take the path from its output",
        ),
        Some(why) => why,
    };
    Err(fault(
        "invalid_path",
        format!("{:?} cannot be used: {}.", fleet::visible(path, 300), why.0),
        format!("To repair it, {}.", why.1),
    )
    .not_started(ErrorClass::Invalid))
}

/// The folder of a path.
pub(super) fn folder(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((folder, _)) => folder,
    }
}
