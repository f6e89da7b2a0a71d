//! The frame of a snapshot: sections that begin with RS (0x1e), a name and a state. Knows nothing of their contents.

use super::{Gap, Snapshot, Why};
use std::collections::BTreeMap;

/// The sections that the script always prints, in its order; a missing one is a gap.
pub(super) const EXPECTED: [&str; 21] = [
    "meta",
    "uptime",
    "loadavg",
    "ncpu",
    "cpu1",
    "meminfo",
    "vmstat",
    "pressure",
    "df",
    "dfi",
    "mounts",
    "fstab",
    "filenr",
    "netdev",
    "units",
    "processes",
    "kernel_log",
    "journal",
    "time",
    "reboot",
    "cpu2",
];

/// Why a text is not a snapshot at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotFault {
    /// No marker in it.
    NoMarker {
        /// How the text begins, safe to show.
        begins: String,
    },
    /// Longer than [`Snapshot::MAX_BYTES`].
    TooLong {
        /// Its length.
        size_bytes: usize,
    },
}

impl std::fmt::Display for SnapshotFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SnapshotFault::NoMarker { begins } if begins.is_empty() => {
                f.write_str("the host answered with nothing")
            }
            SnapshotFault::NoMarker { begins } => write!(
                f,
                "the host's answer is not a snapshot; it begins with {begins:?}"
            ),
            SnapshotFault::TooLong { size_bytes } => {
                write!(
                    f,
                    "the host's answer is {size_bytes} bytes long, more than {}",
                    Snapshot::MAX_BYTES
                )
            }
        }
    }
}

impl std::error::Error for SnapshotFault {}

/// The sections by name, and what is missing.
#[derive(Debug, Default)]
pub(super) struct Sections {
    bodies: BTreeMap<String, String>,
    pub(super) gaps: Vec<Gap>,
}

impl Sections {
    /// A section's lines that say something; none when it is missing.
    pub(super) fn lines(&self, name: &str) -> impl Iterator<Item = &str> {
        self.bodies
            .get(name)
            .map_or("", String::as_str)
            .lines()
            .filter(|line| !line.trim().is_empty())
    }

    /// Is it there?
    pub(super) fn has(&self, name: &str) -> bool {
        self.bodies.contains_key(name)
    }

    /// The value of the line `key=value`.
    pub(super) fn value(&self, name: &str, key: &str) -> Option<&str> {
        self.lines(name)
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
            .map(str::trim)
    }

    /// Marks a section as missing.
    pub(super) fn gap(&mut self, section: &str, why: Why) {
        if !self.gaps.iter().any(|gap| gap.section == section) {
            self.gaps.push(Gap {
                section: section.to_owned(),
                why,
            });
        }
    }
}

/// Splits at the markers. The first section of a name counts: later ones can only come from what the host prints.
pub(super) fn split(text: &[u8]) -> Result<Sections, SnapshotFault> {
    if text.len() > Snapshot::MAX_BYTES {
        return Err(SnapshotFault::TooLong {
            size_bytes: text.len(),
        });
    }
    let mut parts = text.split(|byte| *byte == 0x1e);
    let noise = parts.next().unwrap_or_default();
    if noise.len() == text.len() {
        let begins = crate::visible(&String::from_utf8_lossy(&noise[..noise.len().min(400)]), 80);
        return Err(SnapshotFault::NoMarker { begins });
    }
    let mut sections = Sections::default();
    let mut parts = parts.peekable();
    let mut ended = false;
    while let Some(part) = parts.next() {
        let text = String::from_utf8_lossy(part);
        let (header, body) = text.split_once('\n').unwrap_or((&text, ""));
        let (name, state) = header
            .trim()
            .split_once(' ')
            .unwrap_or((header.trim(), "ok"));
        if name == "end" {
            ended = true;
            break;
        }
        if sections.has(name) || sections.gaps.iter().any(|gap| gap.section == name) {
            continue;
        }
        let cut = parts.peek().is_none();
        // The last line of an answer that broke off may be half a number.
        let body = if cut {
            body.rsplit_once('\n').map_or("", |(whole, _)| whole)
        } else {
            body
        };
        match state {
            "denied" => sections.gap(name, Why::NotPermitted),
            "missing" => sections.gap(name, Why::NotAvailable),
            "failed" => sections.gap(name, Why::Failed),
            "timeout" => sections.gap(name, Why::TimedOut),
            _ if cut => sections.gap(name, Why::NotReceived),
            _ => {}
        }
        if !body.trim().is_empty() || state == "ok" {
            sections.bodies.insert(name.to_owned(), body.to_owned());
        }
    }
    for name in EXPECTED {
        if !sections.has(name) {
            sections.gap(name, Why::NotReceived);
        }
    }
    if !ended {
        sections.gap("end", Why::NotReceived);
    }
    Ok(sections)
}
