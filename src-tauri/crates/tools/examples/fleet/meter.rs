//! Reading the clock, the processor time and the memory of this process, and printing rows. Knows no hosts.

use std::fs;
use std::time::{Duration, Instant};

/// What something cost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spent {
    pub(crate) wall: Duration,
    /// Of this process and of the children that it waited for: not of the servers.
    pub(crate) cpu: Duration,
}

/// Linux tells processor time to programs in hundredths of a second, whatever the kernel counts in (proc(5), `USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

impl Spent {
    /// The processor time since the start of this process.
    pub(crate) fn so_far() -> Spent {
        let stat = fs::read_to_string("/proc/self/stat").unwrap();
        // The name before the bracket may hold anything.
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let ticks: u32 = fields
            .split_whitespace()
            .skip(11)
            .take(4)
            .map(|field| field.parse::<u32>().unwrap())
            .sum();
        Spent {
            wall: Duration::ZERO,
            cpu: TICK * ticks,
        }
    }

    /// One after the other.
    pub(crate) fn and(self, other: Spent) -> Spent {
        Spent {
            wall: self.wall + other.wall,
            cpu: self.cpu + other.cpu,
        }
    }
}

/// What doing it cost.
pub(crate) async fn timed(work: impl Future<Output = ()>) -> Spent {
    let (before, began) = (Spent::so_far(), Instant::now());
    work.await;
    Spent {
        wall: began.elapsed(),
        cpu: Spent::so_far().cpu.saturating_sub(before.cpu),
    }
}

/// The resident memory of this process, in KiB.
pub(crate) fn memory_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap()
}

/// The one in the middle by the clock; the processor time is the middle one of its own.
pub(crate) fn median(mut all: Vec<Spent>) -> Spent {
    all.sort_by_key(|spent| spent.wall);
    let wall = all[all.len() / 2].wall;
    all.sort_by_key(|spent| spent.cpu);
    Spent {
        wall,
        cpu: all[all.len() / 2].cpu,
    }
}

/// The line over the columns.
pub(crate) fn head() {
    println!(
        "{:<41} {:>8} {:>9}     bars, and ratios (wall / CPU) to what stands beside",
        "", "wall s", "CPU s"
    );
}

/// One line of the table.
pub(crate) struct Row {
    name: &'static str,
    spent: Spent,
    notes: Vec<String>,
}

impl Row {
    pub(crate) fn of(name: &'static str, spent: &Spent) -> Row {
        Row {
            name,
            spent: *spent,
            notes: Vec::new(),
        }
    }

    pub(crate) fn bar_s(self, most: f64) -> Row {
        self.note(format!("bar: <= {most} s"))
    }

    pub(crate) fn bar_cpu_s(self, most: f64) -> Row {
        self.note(format!("<= {most} s CPU"))
    }

    /// The ratio to a reference of the same minute, by the clock and by the processor.
    pub(crate) fn beside(self, name: &str, reference: &Spent) -> Row {
        let wall = self.spent.wall.as_secs_f64() / reference.wall.as_secs_f64();
        let cpu = self.spent.cpu.as_secs_f64() / reference.cpu.as_secs_f64().max(0.01);
        self.note(format!("{wall:.2} / {cpu:.2} of {name}"))
    }

    fn note(mut self, note: String) -> Row {
        self.notes.push(note);
        self
    }

    pub(crate) fn print(self) {
        let (wall, cpu) = (self.spent.wall.as_secs_f64(), self.spent.cpu.as_secs_f64());
        println!(
            "{:<41} {wall:>8.2} {cpu:>9.2}     {}",
            self.name,
            self.notes.join(", ")
        );
    }
}
