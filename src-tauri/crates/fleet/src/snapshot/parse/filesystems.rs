//! The filesystems of a snapshot, put together from `df`, `/proc/mounts` and `/etc/fstab`.

use super::name;
use crate::snapshot::Filesystem;
use crate::snapshot::sections::Sections;
use std::collections::{BTreeMap, BTreeSet};

/// Filesystems that hold no data of their own, or are another's seen again.
const NOT_DATA: [&str; 26] = [
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "erofs",
    "fusectl",
    "hugetlbfs",
    "iso9660",
    "mqueue",
    "nsfs",
    "proc",
    "pstore",
    "ramfs",
    "rpc_pipefs",
    "securityfs",
    "squashfs",
    "sysfs",
    "tmpfs",
    "tracefs",
    "udf",
];

/// A line of POSIX `df -P`: names may hold spaces, so the four figures in the middle are looked for.
fn df_line(line: &str) -> Option<(String, [u64; 3], String)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = (1..words.len().saturating_sub(4)).find(|at| {
        words[*at..at + 3]
            .iter()
            .all(|word| word.parse::<u64>().is_ok())
            && words[at + 3]
                .strip_suffix('%')
                .is_some_and(|share| share.parse::<u64>().is_ok())
    })?;
    let figure = |i: usize| words[at + i].parse().ok();
    Some((
        words[..at].join(" "),
        [figure(0)?, figure(1)?, figure(2)?],
        words[at + 4..].join(" "),
    ))
}

pub(super) fn read(sections: &Sections) -> Vec<Filesystem> {
    let inodes: BTreeMap<String, (u64, u64)> = sections
        .lines("dfi")
        .filter_map(df_line)
        .filter(|(_, [all, _, _], _)| *all > 0)
        .map(|(_, [all, used, _], mountpoint)| (mountpoint, (used, all)))
        .collect();
    // A later mount covers an earlier one of the same place.
    let mounts: BTreeMap<String, (String, bool)> = sections
        .lines("mounts")
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let &[_, mountpoint, kind, mode] = words.as_slice() else {
                return None;
            };
            Some((unescape(mountpoint), (kind.to_owned(), mode == "ro")))
        })
        .collect();
    let wanted_read_only: BTreeSet<String> = sections
        .lines("fstab")
        .map(|line| unescape(line.trim()))
        .collect();
    let mut found = Vec::new();
    for (device, [size, used, available], mountpoint) in sections.lines("df").filter_map(df_line) {
        let mount = mounts.get(&mountpoint);
        let kind = mount.map(|(kind, _)| kind.as_str());
        let by_name = NOT_DATA.contains(&device.as_str()) || device == "udev" || device == "none";
        let covered = kind == Some("overlay") && mountpoint != "/";
        if size == 0 || covered || kind.map_or(by_name, |kind| NOT_DATA.contains(&kind)) {
            continue;
        }
        let keeps_data = kind.is_some_and(|kind| {
            [
                "ext", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "bcachefs",
            ]
            .iter()
            .any(|fs| kind.starts_with(fs))
        });
        let read_only = mount.is_some_and(|(_, read_only)| *read_only);
        found.push(Filesystem {
            turned_read_only: read_only && keeps_data && !wanted_read_only.contains(&mountpoint),
            device: name(&device),
            kind: kind.map(name),
            size_bytes: size.saturating_mul(1024),
            used_bytes: used.saturating_mul(1024),
            available_bytes: available.saturating_mul(1024),
            inodes: inodes.get(&mountpoint).copied(),
            mountpoint: name(&mountpoint),
        });
    }
    found
}

/// Undoes the octal escapes of /proc/mounts and /etc/fstab (`\040` is a space).
fn unescape(text: &str) -> String {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let octal = after
            .get(..3)
            .filter(|digits| *first == b'\\' && digits.iter().all(|d| (b'0'..=b'7').contains(d)));
        match octal {
            Some(digits) => {
                let value = digits
                    .iter()
                    .fold(0_u32, |value, digit| value * 8 + u32::from(digit - b'0'));
                plain.push(u8::try_from(value).unwrap_or(b'?'));
                rest = &after[3..];
            }
            None => {
                plain.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}
