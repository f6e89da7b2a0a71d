//! Judging a snapshot: findings from its measures and from what has no number. Judges only what is there; what is
//! missing is said by `unjudged`, never taken as healthy.

use crate::{
    Check, Finding, Limits, Measure, Services, Severity, Snapshot, Threshold, Why, say, thresholds,
};

/// A kill for want of memory counts as recent for so long, in seconds.
const RECENT_OOM_S: f64 = 24.0 * 3600.0;

/// Every finding of a snapshot, the worst first.
pub fn judge(snapshot: &Snapshot, limits: &Limits, checks: &[Check]) -> Vec<Finding> {
    let mut findings = judge_measures(&snapshot.measures(), &thresholds(limits));
    findings.extend(read_only(snapshot));
    findings.extend(oom(snapshot));
    findings.extend(clock(snapshot));
    findings.extend(failed_units(snapshot));
    findings.extend(reboot(snapshot));
    findings.retain(|finding| checks.contains(&finding.check));
    sort(&mut findings);
    findings
}

/// The findings of measures alone: every measure that passes its threshold.
pub fn judge_measures(measures: &[Measure], thresholds: &[Threshold]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for measure in measures {
        for threshold in thresholds
            .iter()
            .filter(|threshold| threshold.covers(measure))
        {
            // A clock may be off in both directions.
            let size = measure.value.abs();
            let (severity, limit) = match threshold.critical {
                Some(critical) if size > critical => (Severity::Critical, critical),
                _ if size > threshold.warn => (Severity::Warning, threshold.warn),
                _ => continue,
            };
            findings.push(Finding {
                severity,
                check: threshold.check,
                subject: subject(measure),
                what: sentence(measure, limit),
                metric: measure.metric.clone(),
                value: measure.value,
                unit: measure.unit.clone(),
                threshold: Some(limit),
                origin: threshold.origin.clone(),
                evidence: evidence(measure, measures),
            });
        }
    }
    findings
}

/// The checks that could not be made, each with the reason.
pub fn unjudged(snapshot: &Snapshot, checks: &[Check]) -> Vec<(Check, Why)> {
    let needs = |check| match check {
        Check::Reachable => None,
        Check::Disk => snapshot.filesystems.is_empty().then_some("df"),
        Check::Memory => snapshot.memory.is_none().then_some("meminfo"),
        Check::Load => match (&snapshot.load, snapshot.cores) {
            (None, _) => Some("loadavg"),
            (Some(_), None) => Some("ncpu"),
            (Some(_), Some(_)) => None,
        },
        Check::Clock => snapshot.clock.synchronised.is_none().then_some("time"),
        Check::Services => match snapshot.services {
            Services::Systemd { .. } => None,
            Services::NotSystemd | Services::Unknown => Some("units"),
        },
    };
    checks
        .iter()
        .filter_map(|check| {
            Some((
                *check,
                snapshot.gap(needs(*check)?).unwrap_or(Why::NotReceived),
            ))
        })
        .collect()
}

/// The worst first; among equals by check, subject and metric, so that two readings compare.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        (b.severity, a.check, &a.subject, &a.metric)
            .cmp(&(a.severity, b.check, &b.subject, &b.metric))
    });
}

impl Threshold {
    /// Is it about this measure?
    pub fn covers(&self, measure: &Measure) -> bool {
        self.metric == measure.metric
            && self
                .only
                .as_ref()
                .is_none_or(|(name, value)| measure.attribute(name) == Some(value.as_str()))
    }
}

fn subject(measure: &Measure) -> String {
    if let Some(mountpoint) = measure.attribute("mountpoint") {
        return mountpoint.to_owned();
    }
    match measure.metric.as_str() {
        "system.memory.utilization" => "memory",
        "system.paging.utilization" => "swap",
        "system.cpu.load_per_core" => "processor",
        "system.file_handles.utilization" => "file handles",
        "system.processes.zombies" => "processes",
        "system.clock.offset" | "system.clock.skew" => "clock",
        metric if metric.starts_with("system.pressure.") => {
            measure.attribute("resource").unwrap_or("pressure")
        }
        metric => metric,
    }
    .to_owned()
}

fn sentence(measure: &Measure, limit: f64) -> String {
    let (value, limit) = (measure.says(), say(limit, &measure.unit));
    match measure.metric.as_str() {
        "system.filesystem.utilization" => {
            format!("The filesystem is {value} full (limit {limit}).")
        }
        "system.filesystem.inodes.utilization" => {
            format!("{value} of the inodes are used (limit {limit}).")
        }
        "system.memory.utilization" => format!("{value} of the memory is used (limit {limit})."),
        "system.paging.utilization" => {
            format!("{value} of the swap space is used (limit {limit}).")
        }
        "system.cpu.load_per_core" => {
            format!("The load is {value} for each processor over 5 minutes (limit {limit}).")
        }
        "system.file_handles.utilization" => {
            format!("{value} of the file handles are used (limit {limit}).")
        }
        "system.processes.zombies" => format!(
            "{} zombie processes wait for their parents (limit {}).",
            measure.value,
            limit.trim_end_matches(" process")
        ),
        "system.clock.offset" => format!("The clock is off by {value} (limit {limit})."),
        "system.clock.skew" => {
            format!("The clock is {value} away from this computer's (limit {limit}).")
        }
        "system.pressure.full" => {
            format!("All work stood still for {value} of the last minute (limit {limit}).")
        }
        metric => format!("{metric} is {value} (limit {limit})."),
    }
}

fn evidence(measure: &Measure, all: &[Measure]) -> Vec<String> {
    let place = match measure.attributes.first_key_value() {
        Some((name, value)) => format!("{{{name}={value}}}"),
        None => String::new(),
    };
    let mut lines = vec![format!("{}{place} = {}", measure.metric, measure.says())];
    let beside = match measure.metric.as_str() {
        "system.filesystem.utilization" => "system.filesystem.available",
        "system.memory.utilization" => "system.memory.available",
        "system.cpu.load_per_core" => "system.cpu.utilization",
        _ => return lines,
    };
    if let Some(other) = all
        .iter()
        .find(|other| other.metric == beside && other.attributes == measure.attributes)
    {
        lines.push(format!("{beside}{place} = {}", other.says()));
    }
    lines
}

fn read_only(snapshot: &Snapshot) -> impl Iterator<Item = Finding> {
    snapshot
        .filesystems
        .iter()
        .filter(|filesystem| filesystem.turned_read_only)
        .map(|filesystem| Finding {
            severity: Severity::Critical,
            check: Check::Disk,
            subject: filesystem.mountpoint.clone(),
            what: "The filesystem is mounted read-only, and /etc/fstab does not ask for that."
                .to_owned(),
            metric: "system.filesystem.read_only".to_owned(),
            value: 1.0,
            unit: String::new(),
            threshold: None,
            origin: "Zabbix Linux: filesystem has become read-only".to_owned(),
            evidence: vec![format!(
                "/proc/mounts: {} on {} type {} (ro)",
                filesystem.device,
                filesystem.mountpoint,
                filesystem.kind.as_deref().unwrap_or("unknown"),
            )],
        })
}

/// Recent kills are a warning. Where the kernel's log may not be read, the counter since boot stands in: a warning
/// within a day of the start, else only good to know, because nobody can say when they were.
fn oom(snapshot: &Snapshot) -> Option<Finding> {
    let lines: Vec<_> = snapshot.kernel_log.iter().filter(|line| line.oom).collect();
    let is_recent = |age: Option<f64>| age.is_some_and(|age| age <= RECENT_OOM_S);
    let recent: Vec<_> = lines.iter().filter(|line| is_recent(line.age_s)).collect();
    let kills = snapshot.oom_kills.unwrap_or(0);
    if kills == 0 && recent.is_empty() {
        return None;
    }
    let told_by_log = snapshot.gap("kernel_log").is_none();
    let recent_by_counter = !told_by_log && is_recent(snapshot.uptime_s);
    let (severity, what) = if !recent.is_empty() || recent_by_counter {
        (
            Severity::Warning,
            "The kernel killed processes for want of memory within the last day.".to_owned(),
        )
    } else if told_by_log {
        (
            Severity::Info,
            "The kernel killed processes for want of memory, longer than a day ago.".to_owned(),
        )
    } else {
        (
            Severity::Info,
            "The kernel killed processes for want of memory since the start; when is not known."
                .to_owned(),
        )
    };
    let mut evidence = vec![format!("/proc/vmstat: oom_kill {kills} since the start")];
    evidence.extend(
        lines
            .iter()
            .rev()
            .take(3)
            .map(|line| format!("kernel log: {}", line.text)),
    );
    Some(Finding {
        severity,
        check: Check::Memory,
        subject: "memory".to_owned(),
        what,
        metric: "system.memory.oom_kills".to_owned(),
        value: kills.max(recent.len() as u64) as f64,
        unit: "{kill}".to_owned(),
        threshold: None,
        origin: "Netdata oom_kill".to_owned(),
        evidence,
    })
}

fn clock(snapshot: &Snapshot) -> Option<Finding> {
    if snapshot.clock.synchronised != Some(false) {
        return None;
    }
    let source = snapshot.clock.source.as_deref().unwrap_or("the host");
    Some(Finding {
        severity: Severity::Warning,
        check: Check::Clock,
        subject: "clock".to_owned(),
        what: "Nothing keeps the clock right: it is not synchronised.".to_owned(),
        metric: "system.clock.synchronised".to_owned(),
        value: 0.0,
        unit: String::new(),
        threshold: None,
        origin: "node-mixin NodeClockNotSynchronising".to_owned(),
        evidence: vec![format!("{source} says that the clock is not synchronised")],
    })
}

fn failed_units(snapshot: &Snapshot) -> impl Iterator<Item = Finding> {
    let (state, failed) = match &snapshot.services {
        Services::Systemd { state, failed } => (state.as_str(), failed.as_slice()),
        Services::NotSystemd | Services::Unknown => ("", [].as_slice()),
    };
    failed.iter().map(move |unit| Finding {
        severity: Severity::Warning,
        check: Check::Services,
        subject: unit.clone(),
        what: "The unit failed.".to_owned(),
        metric: "system.services.failed".to_owned(),
        value: failed.len() as f64,
        unit: "{unit}".to_owned(),
        threshold: None,
        origin: "node-mixin NodeSystemdServiceFailed".to_owned(),
        evidence: vec![format!(
            "systemctl --failed lists {unit}; the system is {state}"
        )],
    })
}

fn reboot(snapshot: &Snapshot) -> Option<Finding> {
    (snapshot.reboot_required == Some(true)).then(|| Finding {
        severity: Severity::Info,
        check: Check::Services,
        subject: "restart".to_owned(),
        what: "The host asks for a restart, mostly after an update of the kernel or of a library."
            .to_owned(),
        metric: "system.reboot_required".to_owned(),
        value: 1.0,
        unit: String::new(),
        threshold: None,
        origin: "Debian reboot-required".to_owned(),
        evidence: vec!["/run/reboot-required exists".to_owned()],
    })
}
