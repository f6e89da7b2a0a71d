//! A person at a terminal: a real pseudo-terminal, so that the program sees a terminal and the kernel echoes and edits
//! lines as it does for a person. Reads until something is seen, types, waits for the end.

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

/// A slow machine under load must not fail a test; a wrong program waits this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program at a terminal.
pub(crate) struct Terminal {
    child: Child,
    keyboard: File,
    output: Receiver<Vec<u8>>,
    /// All that was printed.
    printed: Vec<u8>,
    /// How much of it was looked at.
    seen: usize,
}

impl Terminal {
    pub(crate) fn start(mut command: Command) -> Terminal {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let theirs = OpenOptions::new()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap())
            .unwrap();
        let size = rustix::termios::Winsize {
            ws_row: 50,
            ws_col: 160,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        rustix::termios::tcsetwinsize(&theirs, size).unwrap();
        command
            .stdin(Stdio::from(theirs.try_clone().unwrap()))
            .stdout(Stdio::from(theirs.try_clone().unwrap()))
            .stderr(Stdio::from(theirs));
        let child = command.spawn().unwrap();
        // The last copies of their end are the program's: its end is the end of what we read.
        drop(command);
        let keyboard = File::from(ours);
        let mut screen = keyboard.try_clone().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = screen.read(&mut buffer) {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        Terminal {
            child,
            keyboard,
            output,
            printed: Vec::new(),
            seen: 0,
        }
    }

    /// Waits until `text` is printed; gives everything since the last look, up to the end of `text`.
    #[track_caller]
    pub(crate) fn see(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let fresh = String::from_utf8_lossy(&self.printed[self.seen..]).replace("\r\n", "\n");
            if let Some(at) = fresh.find(text) {
                let upto = fresh[..at + text.len()].to_owned();
                // Counted in the bytes as they came.
                let raw = &self.printed[self.seen..];
                let length = raw
                    .windows(text.len())
                    .position(|window| window == text.as_bytes())
                    .map_or(raw.len(), |at| at + text.len());
                self.seen += length;
                return upto;
            }
            match self
                .output
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(bytes) => self.printed.extend(bytes),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("{text:?} was not printed, but:\n{}", self.everything());
                }
            }
        }
    }

    /// Types a line.
    pub(crate) fn type_line(&mut self, line: &str) {
        self.keyboard
            .write_all(format!("{line}\n").as_bytes())
            .unwrap();
    }

    /// Waits for a question and answers it.
    #[track_caller]
    pub(crate) fn answer(&mut self, question: &str, line: &str) -> String {
        let seen = self.see(question);
        self.type_line(line);
        seen
    }

    /// Approves the card that comes next: types the beginning of its digest.
    #[track_caller]
    pub(crate) fn approve(&mut self) -> String {
        let card = self.answer("later leaves it waiting): ", "approve");
        self.answer("to approve: ", &digest(&card)[..6]);
        card
    }

    /// Sends the program what Ctrl-C sends.
    pub(crate) fn interrupt(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    }

    /// Waits for the end of the program; gives its exit code.
    #[track_caller]
    pub(crate) fn end(&mut self) -> i32 {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(bytes) = self
            .output
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            self.printed.extend(bytes);
        }
        assert!(
            Instant::now() < deadline,
            "the program did not end, but printed:\n{}",
            self.everything()
        );
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    /// All that was printed.
    pub(crate) fn everything(&self) -> String {
        String::from_utf8_lossy(&self.printed).replace("\r\n", "\n")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A test that failed leaves no program behind; one that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The digest on a card.
#[track_caller]
pub(crate) fn digest(card: &str) -> String {
    let line = card.lines().rfind(|line| line.starts_with("digest"));
    let digest = line.and_then(|line| line.split_whitespace().nth(1));
    digest
        .unwrap_or_else(|| panic!("no digest in:\n{card}"))
        .to_owned()
}

/// What is printed, without the codes for styles and for drawing again (ECMA-48 CSI).
pub(crate) fn without_styles(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let end = after
            .find(|c: char| c.is_ascii_alphabetic())
            .map_or(after.len(), |at| at + 1);
        rest = &after[end..];
    }
    plain + rest
}
