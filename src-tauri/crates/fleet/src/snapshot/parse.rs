//! The contents of the sections, typed. Tolerant: a line that is not understood is left out, a section without any
//! understood line that should have one is a gap.

mod filesystems;

use super::sections::Sections;
use super::{
    Clock, CpuTime, FileHandles, Host, Interface, KernelLine, Load, Memory, Pressure, Process,
    Processes, Services, Snapshot, SnapshotFault, Why,
};
use crate::visible;
use std::str::FromStr;

/// The longest name and the longest log line that are kept, in characters.
const NAME_CHARS: usize = 200;
const LINE_CHARS: usize = 300;

pub(super) fn parse(sections: &Sections) -> Result<Snapshot, SnapshotFault> {
    let mut gaps = Sections::default();
    gaps.gaps.clone_from(&sections.gaps);
    let mut snapshot = Snapshot {
        host: host(sections),
        uptime_s: first_number(sections, "uptime"),
        load: load(sections),
        cores: first_number(sections, "ncpu")
            .filter(|cores| *cores >= 1.0 && *cores < 1e6)
            .map(|cores| cores as u32),
        cpu: cpu(sections),
        memory: memory(sections),
        pressure: sections.lines("pressure").filter_map(pressure).collect(),
        oom_kills: sections
            .lines("vmstat")
            .find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok()),
        filesystems: filesystems::read(sections),
        file_handles: file_handles(sections),
        interfaces: sections.lines("netdev").filter_map(interface).collect(),
        services: services(sections),
        processes: processes(sections),
        top: sections.lines("top").filter_map(process).collect(),
        kernel_log: Vec::new(),
        journal_errors: sections
            .lines("journal")
            .map(|line| visible(line, LINE_CHARS))
            .collect(),
        clock: clock(sections),
        reboot_required: match sections.value("reboot", "required") {
            Some("yes") => Some(true),
            Some("no") => Some(false),
            Some(_) | None => None,
        },
        gaps: Vec::new(),
    };
    snapshot.kernel_log = sections
        .lines("kernel_log")
        .map(|line| kernel_line(line, snapshot.uptime_s))
        .collect();
    let understood = [
        ("uptime", snapshot.uptime_s.is_some()),
        ("loadavg", snapshot.load.is_some()),
        ("ncpu", snapshot.cores.is_some()),
        ("cpu2", snapshot.cpu.is_some()),
        ("meminfo", snapshot.memory.is_some()),
        ("df", !snapshot.filesystems.is_empty()),
        ("filenr", snapshot.file_handles.is_some()),
        ("processes", snapshot.processes.is_some()),
    ];
    for (section, understood) in understood {
        if !understood {
            gaps.gap(section, Why::Failed);
        }
    }
    if snapshot.oom_kills.is_none() {
        gaps.gap("vmstat", Why::NotAvailable);
    }
    if snapshot.clock.synchronised.is_none() {
        gaps.gap("time", Why::NotAvailable);
    }
    snapshot.gaps = gaps.gaps;
    snapshot.gaps.sort();
    Ok(snapshot)
}

fn name(text: &str) -> String {
    visible(text, NAME_CHARS)
}

fn number<T: FromStr>(text: Option<&str>) -> Option<T> {
    text?.parse().ok()
}

/// A finite number that is not negative.
fn positive(text: Option<&str>) -> Option<f64> {
    number::<f64>(text).filter(|value| value.is_finite() && *value >= 0.0)
}

fn first_number(sections: &Sections, section: &str) -> Option<f64> {
    positive(sections.lines(section).next()?.split_whitespace().next())
}

fn host(sections: &Sections) -> Host {
    let text = |key| {
        sections
            .value("meta", key)
            .map(|text| name(text.trim_matches('"')))
            .filter(|text| !text.is_empty())
    };
    let nanoseconds = sections
        .value("meta", "epoch_ns")
        .and_then(|text| text.parse::<i64>().ok());
    let seconds = sections
        .value("meta", "epoch")
        .and_then(|text| text.parse::<i64>().ok());
    Host {
        hostname: text("hostname"),
        kernel: text("kernel"),
        os: text("os"),
        user: text("user"),
        uid: number(sections.value("meta", "uid")),
        boot_id: text("boot_id"),
        epoch_us: nanoseconds
            .map(|ns| ns / 1000)
            .or(seconds.and_then(|s| s.checked_mul(1_000_000))),
    }
}

fn load(sections: &Sections) -> Option<Load> {
    let mut words = sections.lines("loadavg").next()?.split_whitespace();
    Some(Load {
        one: positive(words.next())?,
        five: positive(words.next())?,
        fifteen: positive(words.next())?,
    })
}

/// user nice system idle iowait irq softirq steal, in ticks since boot (proc(5)).
fn cpu(sections: &Sections) -> Option<CpuTime> {
    let ticks = |section| -> Option<Vec<u64>> {
        let words = sections
            .lines(section)
            .next()?
            .strip_prefix("cpu ")?
            .split_whitespace();
        let ticks: Vec<u64> = words.take(8).map_while(|word| word.parse().ok()).collect();
        (ticks.len() >= 5).then_some(ticks)
    };
    let (before, after) = (ticks("cpu1")?, ticks("cpu2")?);
    let spent = |i: usize| match (before.get(i), after.get(i)) {
        (Some(before), Some(after)) => after.saturating_sub(*before) as f64,
        _ => 0.0,
    };
    let total: f64 = (0..8).map(spent).sum();
    if total <= 0.0 {
        return None;
    }
    Some(CpuTime {
        busy: 1.0 - (spent(3) + spent(4)) / total,
        io_wait: spent(4) / total,
        steal: spent(7) / total,
    })
}

fn memory(sections: &Sections) -> Option<Memory> {
    let bytes = |key: &str| -> Option<u64> {
        let line = sections
            .lines("meminfo")
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
        number::<u64>(line.split_whitespace().next())?.checked_mul(1024)
    };
    let total_bytes = bytes("MemTotal").filter(|total| *total > 0)?;
    let guess = || {
        Some(
            bytes("MemFree")?
                .saturating_add(bytes("Buffers")?)
                .saturating_add(bytes("Cached")?),
        )
    };
    let available = bytes("MemAvailable");
    Some(Memory {
        total_bytes,
        available_bytes: available.or_else(guess)?.min(total_bytes),
        estimated: available.is_none(),
        swap_total_bytes: bytes("SwapTotal").unwrap_or(0),
        swap_free_bytes: bytes("SwapFree").unwrap_or(0),
    })
}

/// `cpu some avg10=1.49 avg60=3.97 avg300=30.82 total=386722485`
fn pressure(line: &str) -> Option<Pressure> {
    let mut words = line.split_whitespace();
    let (resource, kind) = (words.next()?, words.next()?);
    if !["cpu", "memory", "io"].contains(&resource) || !["some", "full"].contains(&kind) {
        return None;
    }
    let mut share = |key: &str| Some((positive(words.next()?.strip_prefix(key))? / 100.0).min(1.0));
    Some(Pressure {
        resource: resource.to_owned(),
        kind: kind.to_owned(),
        avg10: share("avg10=")?,
        avg60: share("avg60=")?,
        avg300: share("avg300=")?,
    })
}

fn file_handles(sections: &Sections) -> Option<FileHandles> {
    let mut words = sections.lines("filenr").next()?.split_whitespace();
    let allocated = number(words.next())?;
    let maximum = number(words.nth(1)).filter(|maximum| *maximum > 0)?;
    Some(FileHandles { allocated, maximum })
}

/// `eth0: bytes packets errs drop fifo frame compressed multicast bytes packets errs drop …`
fn interface(line: &str) -> Option<Interface> {
    let (interface, counters) = line.split_once(':')?;
    let counters: Vec<u64> = counters
        .split_whitespace()
        .map_while(|word| word.parse().ok())
        .collect();
    let counter = |i: usize| counters.get(i).copied();
    Some(Interface {
        name: name(interface.trim()),
        received_bytes: counter(0)?,
        sent_bytes: counter(8)?,
        errors: counter(2)?.saturating_add(counter(10)?),
        dropped: counter(3)?.saturating_add(counter(11)?),
    })
}

fn services(sections: &Sections) -> Services {
    if sections
        .gaps
        .iter()
        .any(|gap| gap.section == "units" && gap.why == Why::NotAvailable)
    {
        return Services::NotSystemd;
    }
    if sections.gaps.iter().any(|gap| gap.section == "units") {
        return Services::Unknown;
    }
    let failed = sections
        .lines("units")
        .filter(|line| !line.starts_with("state="))
        // The first column is a bullet in some versions.
        .filter_map(|line| line.split_whitespace().find(|word| word.contains('.')))
        .map(name)
        .collect();
    Services::Systemd {
        state: name(sections.value("units", "state").unwrap_or("unknown")),
        failed,
    }
}

/// `     69 S`: how many processes are in which state.
fn processes(sections: &Sections) -> Option<Processes> {
    let mut found = Processes {
        count: 0,
        zombies: 0,
        uninterruptible: 0,
    };
    for line in sections.lines("processes") {
        let mut words = line.split_whitespace();
        let (Some(count), Some(state)) = (number::<u64>(words.next()), words.next()) else {
            continue;
        };
        found.count = found.count.saturating_add(count);
        match state {
            "Z" => found.zombies = count,
            "D" => found.uninterruptible = count,
            _ => {}
        }
    }
    (found.count > 0).then_some(found)
}

fn process(line: &str) -> Option<Process> {
    let mut words = line.split_whitespace();
    Some(Process {
        pid: number(words.next())?,
        user: name(words.next()?),
        cpu_pct: positive(words.next())?,
        rss_bytes: number::<u64>(words.next())?.saturating_mul(1024),
        command: name(&words.collect::<Vec<_>>().join(" ")),
    })
}

/// `[12345.678901] Out of memory: Killed process …`: seconds since boot, then the text.
fn kernel_line(line: &str, uptime_s: Option<f64>) -> KernelLine {
    let stamp = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .map(|(stamp, _)| stamp.trim());
    let age_s = positive(stamp)
        .zip(uptime_s)
        .map(|(at, uptime)| (uptime - at).max(0.0));
    let lower = line.to_lowercase();
    let oom = lower.contains("out of memory") || lower.contains("oom-kill");
    KernelLine {
        age_s,
        oom,
        text: visible(line, LINE_CHARS),
    }
}

fn clock(sections: &Sections) -> Clock {
    if let Some(answer) = sections.value("time", "NTPSynchronized") {
        let offset_s = chrony_offset(sections);
        return Clock {
            synchronised: Some(answer == "yes"),
            source: Some("timedatectl".to_owned()),
            offset_s,
            skew_s: None,
        };
    }
    if let Some(line) = sections
        .lines("time")
        .find(|line| line.starts_with("Leap status"))
    {
        let synchronised = Some(!line.contains("Not synchronised"));
        return Clock {
            synchronised,
            source: Some("chronyc".to_owned()),
            offset_s: chrony_offset(sections),
            skew_s: None,
        };
    }
    if let Some(line) = sections
        .lines("time")
        .find(|line| line.contains("return value"))
    {
        let synchronised = Some(!line.contains("not synchronized"));
        return Clock {
            synchronised,
            source: Some("adjtimex".to_owned()),
            offset_s: None,
            skew_s: None,
        };
    }
    Clock::default()
}

/// `System time     : 0.000012345 seconds slow of NTP time`
fn chrony_offset(sections: &Sections) -> Option<f64> {
    let line = sections
        .lines("time")
        .find(|line| line.starts_with("System time"))?;
    let (_, value) = line.split_once(':')?;
    let offset = positive(value.split_whitespace().next())?;
    Some(if value.contains("slow") {
        -offset
    } else {
        offset
    })
}
