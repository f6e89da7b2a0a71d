//! What a measure is called among people: `Disk usage of /var` for `system.filesystem.utilization` of a mountpoint. Its
//! value is said by `say`.

/// The name of a metric in words. `part` is what it is about where a host has several: a mountpoint, an interface, a
/// resource under pressure; metrics of the whole host do without. A metric that nobody has named keeps its own name.
pub fn name(metric: &str, part: Option<&str>) -> String {
    let (words, between) = match metric {
        "system.cpu.utilization" => ("Processor usage", None),
        "system.cpu.steal" => ("Processor time taken by other guests", None),
        "system.cpu.load_average.1m" => ("Load over 1 minute", None),
        "system.cpu.load_average.5m" => ("Load over 5 minutes", None),
        "system.cpu.load_average.15m" => ("Load over 15 minutes", None),
        "system.cpu.load_per_core" => ("Load for each processor", None),
        "system.memory.utilization" => ("Memory usage", None),
        "system.memory.available" => ("Memory available", None),
        "system.memory.oom_kills" => ("Processes killed for want of memory", None),
        "system.paging.utilization" => ("Swap usage", None),
        "system.pressure.some" => ("Time in which some work waited", Some("for")),
        "system.pressure.full" => ("Time in which all work waited", Some("for")),
        "system.filesystem.utilization" => ("Disk usage", Some("of")),
        "system.filesystem.available" => ("Disk space available", Some("on")),
        "system.filesystem.inodes.utilization" => ("Inode usage", Some("of")),
        "system.filesystem.read_only" => ("Read-only filesystem", Some("at")),
        "system.file_handles.utilization" => ("File handle usage", None),
        "system.network.errors" => ("Network errors", Some("of")),
        "system.services.failed" => ("Failed services", None),
        "system.processes.zombies" => ("Zombie processes", None),
        "system.processes.uninterruptible" => ("Processes waiting for a device", None),
        "system.clock.offset" => ("Clock offset", None),
        "system.clock.skew" => ("Clock difference to this computer", None),
        "system.clock.synchronised" => ("Clock synchronisation", None),
        "system.reboot_required" => ("Restart required", None),
        other => (other, Some("of")),
    };
    match (between, part) {
        (Some(between), Some(part)) => format!("{words} {between} {part}"),
        (None | Some(_), _) => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_named_where_there_are_several() {
        for (metric, part, said) in [
            (
                "system.filesystem.utilization",
                Some("/"),
                "Disk usage of /",
            ),
            ("system.filesystem.utilization", None, "Disk usage"),
            (
                "system.pressure.full",
                Some("memory"),
                "Time in which all work waited for memory",
            ),
            // A finding's subject says nothing new here.
            ("system.memory.utilization", Some("memory"), "Memory usage"),
            ("my.own", Some("disk"), "my.own of disk"),
            ("my.own", None, "my.own"),
        ] {
            assert_eq!(name(metric, part), said);
        }
    }
}
