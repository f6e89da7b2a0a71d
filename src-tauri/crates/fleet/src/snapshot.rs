//! A snapshot: what a host said of itself in one round trip, typed. What a host could not or may not say is a gap with
//! its reason, never a healthy value. The script that asks is the tools'; the judging is `judge`.

mod measures;
mod parse;
mod sections;

use serde::{Deserialize, Serialize};

pub use sections::SnapshotFault;

/// What a host said of itself. Text in it is already safe to show on one line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Who answered.
    pub host: Host,
    /// Time since boot.
    pub uptime_s: Option<f64>,
    /// Load averages.
    pub load: Option<Load>,
    /// Logical processors online.
    pub cores: Option<u32>,
    /// Where the processor time went between two readings.
    pub cpu: Option<CpuTime>,
    /// Memory and swap.
    pub memory: Option<Memory>,
    /// Pressure stall information, where the kernel has it.
    pub pressure: Vec<Pressure>,
    /// Processes the kernel killed for want of memory, since boot.
    pub oom_kills: Option<u64>,
    /// Filesystems that hold data.
    pub filesystems: Vec<Filesystem>,
    /// Open file handles of the whole host.
    pub file_handles: Option<FileHandles>,
    /// Network interfaces.
    pub interfaces: Vec<Interface>,
    /// What the service manager says.
    pub services: Services,
    /// Processes by state.
    pub processes: Option<Processes>,
    /// The processes that use most.
    pub top: Vec<Process>,
    /// Serious lines of the kernel's log, the newest last.
    pub kernel_log: Vec<KernelLine>,
    /// Error lines of the journal in the last hour, the newest last.
    pub journal_errors: Vec<String>,
    /// Is the clock kept right?
    pub clock: Clock,
    /// Does the host ask for a restart?
    pub reboot_required: Option<bool>,
    /// What is missing, and why.
    pub gaps: Vec<Gap>,
}

/// Who answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// Its name for itself.
    pub hostname: Option<String>,
    /// Kernel, release and machine.
    pub kernel: Option<String>,
    /// Operating system and version.
    pub os: Option<String>,
    /// As which user the questions were asked.
    pub user: Option<String>,
    /// That user's number; 0 may read everything.
    pub uid: Option<u32>,
    /// Distinguishes this boot from the next.
    pub boot_id: Option<String>,
    /// The host's clock when it answered, in microseconds since 1970 (UTC).
    pub epoch_us: Option<i64>,
}

/// Load averages: processes that run or wait to run, over 1, 5 and 15 minutes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Over one minute.
    pub one: f64,
    /// Over five minutes.
    pub five: f64,
    /// Over fifteen minutes.
    pub fifteen: f64,
}

/// Shares of the processor time between two readings, each 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CpuTime {
    /// Working.
    pub busy: f64,
    /// Idle because of a disk.
    pub io_wait: f64,
    /// Taken by the hypervisor.
    pub steal: f64,
}

/// Memory and swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// All of it.
    pub total_bytes: u64,
    /// What new work can have without swapping.
    pub available_bytes: u64,
    /// The kernel is too old to say (before 3.14): free, buffers and cache added up.
    pub estimated: bool,
    /// Swap space.
    pub swap_total_bytes: u64,
    /// Unused swap.
    pub swap_free_bytes: u64,
}

/// The share of time in which work stood still for want of a resource (Linux PSI).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pressure {
    /// cpu, memory or io.
    pub resource: String,
    /// `some` work stood still, or all of it (`full`).
    pub kind: String,
    /// Over ten seconds, 0 to 1.
    pub avg10: f64,
    /// Over a minute, 0 to 1.
    pub avg60: f64,
    /// Over five minutes, 0 to 1.
    pub avg300: f64,
}

/// A filesystem that holds data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Filesystem {
    /// What is mounted.
    pub device: String,
    /// Where.
    pub mountpoint: String,
    /// ext4, xfs, …; `None` when the host did not say.
    pub kind: Option<String>,
    /// All of it.
    pub size_bytes: u64,
    /// Used.
    pub used_bytes: u64,
    /// What ordinary users can still have.
    pub available_bytes: u64,
    /// Used and all inodes, where the filesystem counts them.
    pub inodes: Option<(u64, u64)>,
    /// Mounted read-only although nobody asked for it in /etc/fstab.
    pub turned_read_only: bool,
}

/// Open file handles of the whole host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileHandles {
    /// In use.
    pub allocated: u64,
    /// The kernel's limit.
    pub maximum: u64,
}

/// A network interface: counters since boot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Bytes received.
    pub received_bytes: u64,
    /// Bytes sent.
    pub sent_bytes: u64,
    /// Errors while receiving and sending.
    pub errors: u64,
    /// Packets dropped while receiving and sending.
    pub dropped: u64,
}

/// What the service manager says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "known")]
pub enum Services {
    /// It was asked.
    Systemd {
        /// Its word for the whole: running, degraded, …
        state: String,
        /// Units that failed.
        failed: Vec<String>,
    },
    /// This host has no service manager that we know.
    NotSystemd,
    /// It did not say; the gap says why.
    Unknown,
}

/// Processes by state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processes {
    /// All.
    pub count: u64,
    /// Ended, but not yet collected by their parent.
    pub zombies: u64,
    /// In a wait that nothing interrupts, mostly for a disk.
    pub uninterruptible: u64,
}

/// One process of the list of the greatest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub pid: u64,
    /// Whose.
    pub user: String,
    /// Share of one processor in percent, as ps counts.
    pub cpu_pct: f64,
    /// Resident memory.
    pub rss_bytes: u64,
    /// What it calls itself.
    pub command: String,
}

/// A serious line of the kernel's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KernelLine {
    /// How long ago; `None` when the line carries no time.
    pub age_s: Option<f64>,
    /// Is it about a process killed for want of memory?
    pub oom: bool,
    /// The line.
    pub text: String,
}

/// Is the clock kept right?
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// Does something keep it right? `None`: nobody there could say.
    pub synchronised: Option<bool>,
    /// Who says so: timedatectl, chronyc.
    pub source: Option<String>,
    /// How far the time source says it is off, in seconds.
    pub offset_s: Option<f64>,
    /// How far it is at least from the clock of the computer that asked, in seconds; see [`Snapshot::compare_clock`].
    #[serde(default)]
    pub skew_s: Option<f64>,
}

impl Snapshot {
    /// Compares the host's clock with the one here: it was asked and answered at these times, in microseconds since
    /// 1970 (UTC). What the way there and back may explain is no skew, so a slow host is not taken for a wrong clock.
    pub fn compare_clock(&mut self, asked_us: i64, answered_us: i64) {
        let Some(epoch_us) = self.host.epoch_us else {
            return;
        };
        // A date without fractions may be up to a second older than the moment it was read.
        let until_us = match epoch_us % 1_000_000 {
            0 => epoch_us + 999_999,
            _ => epoch_us,
        };
        let off_us = if epoch_us > answered_us {
            epoch_us - answered_us
        } else {
            (until_us - asked_us).min(0)
        };
        self.clock.skew_s = Some(off_us as f64 / 1e6);
    }
}

/// Something that the snapshot does not hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gap {
    /// What: a section of the snapshot.
    pub section: String,
    /// Why.
    pub why: Why,
}

/// Why something is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The user who asked may not read it.
    NotPermitted,
    /// This host does not have it.
    NotAvailable,
    /// Asking failed.
    Failed,
    /// The host took too long.
    TimedOut,
    /// The answer broke off before it, or in the middle of it.
    NotReceived,
}

impl Snapshot {
    /// The largest text that is taken, in bytes.
    pub const MAX_BYTES: usize = 4 * 1024 * 1024;

    /// Reads what the snapshot script printed. Whatever stands before the first marker (a message of the day, noise of
    /// a start-up file) is left out; unknown sections are too; missing ones become gaps.
    ///
    /// # Errors
    /// When there is no marker at all, or the text is too long.
    pub fn parse(text: &[u8]) -> Result<Snapshot, SnapshotFault> {
        parse::parse(&sections::split(text)?)
    }

    /// Did the answer break off, or a question fail? What the host does not have, or does not permit, is not that.
    pub fn is_partial(&self) -> bool {
        self.gaps
            .iter()
            .any(|gap| matches!(gap.why, Why::Failed | Why::TimedOut | Why::NotReceived))
    }

    /// What the user who asked may not read.
    pub fn not_permitted(&self) -> Vec<&str> {
        self.gaps
            .iter()
            .filter(|gap| gap.why == Why::NotPermitted)
            .map(|gap| gap.section.as_str())
            .collect()
    }

    /// Why a section is missing; `None` when it is there.
    pub fn gap(&self, section: &str) -> Option<Why> {
        self.gaps
            .iter()
            .find(|gap| gap.section == section)
            .map(|gap| gap.why)
    }
}

impl Why {
    /// As the end of a sentence.
    pub fn says(self) -> &'static str {
        match self {
            Why::NotPermitted => "not permitted for this user",
            Why::NotAvailable => "not available on this host",
            Why::Failed => "asking failed",
            Why::TimedOut => "the host took too long",
            Why::NotReceived => "the answer broke off",
        }
    }
}
