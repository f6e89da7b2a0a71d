//! Programs that a test starts. Each leads a process group of its own, so that ending it also ends what it started
//! (the driver starts the window, the window starts the webview's processes), and nothing else on the machine.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// How long a program may take to say its first line, or to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program that ends when this is dropped.
pub(crate) struct Started {
    child: Child,
    name: String,
}

impl Started {
    /// Starts a program; what it says on stderr goes into a file.
    pub(crate) fn new(command: &mut Command, log: &Path) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        let log = File::options().create(true).append(true).open(log).unwrap();
        command.stdin(Stdio::null()).stderr(log).process_group(0);
        let child = command
            .spawn()
            .unwrap_or_else(|why| panic!("cannot start {name}: {why}"));
        Self { child, name }
    }

    /// Starts a program and gives the first line it prints, without which it is of no use.
    pub(crate) fn with_first_line(command: &mut Command, log: &Path) -> (Self, String) {
        let mut started = Self::new(command.stdout(Stdio::piped()), log);
        let stdout = started.child.stdout.take().unwrap();
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            // Reads on to the end: a program whose stdout is closed might end of it.
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        match receiver.recv_timeout(PATIENCE) {
            Ok(line) => (started, line.trim().to_owned()),
            Err(_) => panic!("{} said nothing within {PATIENCE:?}", started.name),
        }
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Does it still run?
    pub(crate) fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let group = Pid::from_child(&self.child);
        let _ = kill_process_group(group, Signal::TERM);
        let deadline = Instant::now() + Duration::from_secs(3);
        while self.runs() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        // Also after it has ended: what it started may live on in its group.
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
    }
}

/// Processes that a process has started and that run this program.
pub(crate) fn children(parent: u32, program: &Path) -> Vec<u32> {
    let program = program.canonicalize().unwrap();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|pid| {
        let exe = std::fs::read_link(format!("/proc/{pid}/exe")).ok();
        exe.as_deref() == Some(program.as_path()) && parent_of(*pid) == Some(parent)
    })
    .collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    stat(pid)?.split(' ').nth(1)?.parse().ok()
}

/// Has a process ended, whether or not its parent has taken note of it?
pub(crate) fn has_ended(pid: u32) -> bool {
    stat(pid).is_none_or(|stat| stat.starts_with('Z'))
}

/// `state parent …` of a process.
fn stat(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // pid (name) state parent …; the name may hold anything, also a bracket.
    Some(stat.rsplit_once(") ")?.1.to_owned())
}

/// Where a program is.
pub(crate) fn on_path(name: impl AsRef<OsStr>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(name.as_ref()))
        .find(|file| file.is_file())
}

/// Asks again and again until there is an answer; the deadline is far longer than it should take.
pub(crate) fn until<T>(what: &str, seconds: u64, ask: impl FnMut() -> Option<T>) -> T {
    until_else(seconds, ask, || what.to_owned())
}

/// The same, with words that are looked for only where they are needed.
pub(crate) fn until_else<T>(
    seconds: u64,
    mut ask: impl FnMut() -> Option<T>,
    what: impl FnOnce() -> String,
) -> T {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(
            Instant::now() < deadline,
            "not within {seconds} s: {}",
            what()
        );
        std::thread::sleep(Duration::from_millis(15));
    }
}
