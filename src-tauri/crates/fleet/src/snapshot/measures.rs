//! The measures of a snapshot, under OpenTelemetry names. Whatever the host did not say has no measure.

use super::{Filesystem, Services, Snapshot};
use crate::Measure;
use crate::UseClass::{Errors, Saturation, Utilization};

impl Snapshot {
    /// Everything that was measured, in a fixed order.
    pub fn measures(&self) -> Vec<Measure> {
        let mut all = Vec::new();
        let mut add = |measure| all.push(measure);
        if let Some(cpu) = &self.cpu {
            add(Measure::new(
                "system.cpu.utilization",
                ratio(cpu.busy),
                "1",
                Utilization,
            ));
            add(Measure::new(
                "system.cpu.steal",
                ratio(cpu.steal),
                "1",
                Saturation,
            ));
        }
        if let Some(load) = &self.load {
            add(Measure::new(
                "system.cpu.load_average.1m",
                load.one,
                "{load}",
                Saturation,
            ));
            add(Measure::new(
                "system.cpu.load_average.5m",
                load.five,
                "{load}",
                Saturation,
            ));
            add(Measure::new(
                "system.cpu.load_average.15m",
                load.fifteen,
                "{load}",
                Saturation,
            ));
            if let Some(cores) = self.cores {
                let per_core = round(load.five / f64::from(cores), 3);
                add(Measure::new(
                    "system.cpu.load_per_core",
                    per_core,
                    "{load}",
                    Saturation,
                ));
            }
        }
        if let Some(memory) = &self.memory {
            let used = 1.0 - memory.available_bytes as f64 / memory.total_bytes as f64;
            add(Measure::new(
                "system.memory.utilization",
                ratio(used),
                "1",
                Utilization,
            ));
            add(Measure::new(
                "system.memory.available",
                memory.available_bytes as f64,
                "By",
                Utilization,
            ));
            if memory.swap_total_bytes > 0 {
                let used = 1.0 - memory.swap_free_bytes as f64 / memory.swap_total_bytes as f64;
                add(Measure::new(
                    "system.paging.utilization",
                    ratio(used),
                    "1",
                    Utilization,
                ));
            }
        }
        if let Some(kills) = self.oom_kills {
            add(Measure::new(
                "system.memory.oom_kills",
                kills as f64,
                "{kill}",
                Errors,
            ));
        }
        for pressure in &self.pressure {
            let metric = format!("system.pressure.{}", pressure.kind);
            add(
                Measure::new(&metric, ratio(pressure.avg60), "1", Saturation)
                    .of("resource", &pressure.resource),
            );
        }
        for filesystem in &self.filesystems {
            let here = |measure: Measure| measure.of("mountpoint", &filesystem.mountpoint);
            add(here(Measure::new(
                "system.filesystem.utilization",
                filesystem.utilization(),
                "1",
                Utilization,
            )));
            let available = filesystem.available_bytes as f64;
            add(here(Measure::new(
                "system.filesystem.available",
                available,
                "By",
                Utilization,
            )));
            if let Some((used, all_inodes)) = filesystem.inodes {
                let used = ratio(used as f64 / all_inodes as f64);
                add(here(Measure::new(
                    "system.filesystem.inodes.utilization",
                    used,
                    "1",
                    Utilization,
                )));
            }
        }
        if let Some(handles) = &self.file_handles {
            let used = ratio(handles.allocated as f64 / handles.maximum as f64);
            add(Measure::new(
                "system.file_handles.utilization",
                used,
                "1",
                Utilization,
            ));
        }
        for interface in &self.interfaces {
            if interface.received_bytes == 0 && interface.sent_bytes == 0 && interface.errors == 0 {
                continue;
            }
            let errors = Measure::new(
                "system.network.errors",
                interface.errors as f64,
                "{error}",
                Errors,
            );
            add(errors.of("interface", &interface.name));
        }
        if let Services::Systemd { failed, .. } = &self.services {
            add(Measure::new(
                "system.services.failed",
                failed.len() as f64,
                "{unit}",
                Errors,
            ));
        }
        if let Some(processes) = &self.processes {
            add(Measure::new(
                "system.processes.zombies",
                processes.zombies as f64,
                "{process}",
                Errors,
            ));
            let waiting = processes.uninterruptible as f64;
            add(Measure::new(
                "system.processes.uninterruptible",
                waiting,
                "{process}",
                Saturation,
            ));
        }
        if let Some(offset) = self.clock.offset_s {
            add(Measure::new("system.clock.offset", offset, "s", Errors));
        }
        if let Some(skew) = self.clock.skew_s {
            add(Measure::new("system.clock.skew", skew, "s", Errors));
        }
        all
    }
}

impl Filesystem {
    /// The share that is used of what ordinary users can have: the figure that df prints.
    pub fn utilization(&self) -> f64 {
        let reachable = self.used_bytes.saturating_add(self.available_bytes);
        if reachable == 0 {
            1.0
        } else {
            ratio(self.used_bytes as f64 / reachable as f64)
        }
    }
}

/// A share between 0 and 1, to four places: more would differ from reading to reading without meaning.
fn ratio(value: f64) -> f64 {
    round(value.clamp(0.0, 1.0), 4)
}

fn round(value: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    (value * scale).round() / scale
}
