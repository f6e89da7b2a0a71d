//! Thresholds and where each comes from: alert rules that others have run for years, or the limits of a workflow's
//! inputs. A number without an origin does not stand here.

use serde::{Deserialize, Serialize};

/// From which value on a measure is a finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// Of which metric.
    pub metric: String,
    /// Only of measures with this attribute value, as `resource: memory`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<(String, String)>,
    /// Above it: a warning.
    pub warn: f64,
    /// Above it: critical; `None`: never.
    pub critical: Option<f64>,
    /// Unit of both.
    pub unit: String,
    /// Whose rule it is.
    pub origin: String,
    /// For which check.
    pub check: Check,
}

/// A check that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Does it answer?
    Reachable,
    /// Space, inodes, read-only filesystems.
    Disk,
    /// Memory, swap, killed processes.
    Memory,
    /// Load, stalls, file handles.
    Load,
    /// Is the clock right?
    Clock,
    /// Failed units, zombies, a restart that is asked for.
    Services,
}

/// The limits that an operator sets in a workflow's inputs. Each replaces the warning threshold of its metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Used space of a filesystem, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_pct: Option<f64>,
    /// Used inodes of a filesystem, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inodes_pct: Option<f64>,
    /// Used memory, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_pct: Option<f64>,
    /// Used swap, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swap_pct: Option<f64>,
    /// Load average over five minutes for each processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_per_core: Option<f64>,
    /// Failed deployments, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_pct: Option<f64>,
    /// How far a clock may be off, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_skew_ms: Option<f64>,
}

/// The origin of a threshold that an operator set.
pub const INPUT_LIMITS: &str = "input limits";

impl Check {
    /// Every check, in the order of reports.
    pub const ALL: [Check; 6] = [
        Check::Reachable,
        Check::Disk,
        Check::Memory,
        Check::Load,
        Check::Clock,
        Check::Services,
    ];

    /// The word in files and outputs.
    pub fn word(self) -> &'static str {
        match self {
            Check::Reachable => "reachable",
            Check::Disk => "disk",
            Check::Memory => "memory",
            Check::Load => "load",
            Check::Clock => "clock",
            Check::Services => "services",
        }
    }
}

/// The thresholds in force: the table, with the operator's limits put in. A limit above the critical value moves that
/// up too, so that a warning never comes after critical.
pub fn thresholds(limits: &Limits) -> Vec<Threshold> {
    let pct = |value: Option<f64>| value.map(|pct| pct / 100.0);
    let row = |check,
               metric: &str,
               only: Option<(&str, &str)>,
               warn,
               critical,
               unit: &str,
               origin: &str| Threshold {
        metric: metric.to_owned(),
        only: only.map(|(name, value)| (name.to_owned(), value.to_owned())),
        warn,
        critical,
        unit: unit.to_owned(),
        origin: origin.to_owned(),
        check,
    };
    let limited = |limit: Option<f64>, mut row: Threshold| {
        if let Some(limit) = limit.filter(|limit| limit.is_finite() && *limit >= 0.0) {
            row.warn = limit;
            row.critical = row.critical.map(|critical| critical.max(limit));
            row.origin = INPUT_LIMITS.to_owned();
        }
        row
    };
    use Check::{Clock, Disk, Load, Memory, Services};
    vec![
        limited(
            pct(limits.disk_pct),
            row(
                Disk,
                "system.filesystem.utilization",
                None,
                0.95,
                Some(0.97),
                "1",
                "node-mixin NodeFilesystemAlmostOutOfSpace",
            ),
        ),
        limited(
            pct(limits.inodes_pct),
            row(
                Disk,
                "system.filesystem.inodes.utilization",
                None,
                0.95,
                Some(0.97),
                "1",
                "node-mixin NodeFilesystemAlmostOutOfFiles",
            ),
        ),
        limited(
            pct(limits.memory_pct),
            row(
                Memory,
                "system.memory.utilization",
                None,
                0.90,
                Some(0.98),
                "1",
                "Netdata ram_available, ram_in_use",
            ),
        ),
        limited(
            pct(limits.swap_pct),
            row(
                Memory,
                "system.paging.utilization",
                None,
                0.90,
                Some(0.98),
                "1",
                "Netdata used_swap",
            ),
        ),
        row(
            Memory,
            "system.pressure.full",
            Some(("resource", "memory")),
            0.20,
            Some(0.60),
            "1",
            "systemd-oomd DefaultMemoryPressureLimit, a third of it for the warning",
        ),
        limited(
            limits.load_per_core,
            row(
                Load,
                "system.cpu.load_per_core",
                None,
                2.0,
                Some(10.0),
                "{load}",
                "node-mixin NodeSystemSaturation, Checkmk CPU load",
            ),
        ),
        row(
            Load,
            "system.pressure.full",
            Some(("resource", "io")),
            0.60,
            None,
            "1",
            "Countersign: most of a minute without progress",
        ),
        row(
            Load,
            "system.file_handles.utilization",
            None,
            0.70,
            Some(0.90),
            "1",
            "node-mixin NodeFileDescriptorLimit",
        ),
        limited(
            limits.clock_skew_ms.map(|ms| ms / 1000.0),
            row(
                Clock,
                "system.clock.offset",
                None,
                0.05,
                None,
                "s",
                "node-mixin NodeClockSkewDetected",
            ),
        ),
        limited(
            limits.clock_skew_ms.map(|ms| ms / 1000.0),
            row(
                Clock,
                "system.clock.skew",
                None,
                0.5,
                Some(300.0),
                "s",
                "Countersign: against this computer's clock; Kerberos refuses five minutes (RFC 4120)",
            ),
        ),
        row(
            Services,
            "system.processes.zombies",
            None,
            5.0,
            None,
            "{process}",
            "NRPE check_zombie_procs",
        ),
    ]
}
