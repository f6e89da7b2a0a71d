//! Lines typed by a person. Read on a thread of its own, because a read of a terminal cannot be given up: a question
//! can end without an answer (decided elsewhere, Ctrl-C), and the program must not hang on it.

use std::io::{self, BufRead as _};
use tokio::sync::mpsc;

/// Standard input, line by line.
#[derive(Debug, Default)]
pub(crate) struct Keyboard {
    lines: Option<mpsc::UnboundedReceiver<String>>,
}

impl Keyboard {
    /// The next line without its end; `None` when the input has ended (Ctrl-D). Cancel safe.
    pub(crate) async fn line(&mut self) -> Option<String> {
        self.lines.get_or_insert_with(read).recv().await
    }

    /// Forgets what was typed before the question was there: it cannot be an answer to it.
    pub(crate) fn forget_typed(&mut self) {
        // Where it cannot be done (no terminal), nothing was typed.
        let _ = rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush);
        if let Some(lines) = &mut self.lines {
            while lines.try_recv().is_ok() {}
        }
    }
}

fn read() -> mpsc::UnboundedReceiver<String> {
    let (typed, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if typed.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// A terminal that does not show what is typed, until this is dropped (also when a question is given up).
#[derive(Debug)]
pub(crate) struct Quiet(Option<rustix::termios::Termios>);

impl Quiet {
    /// Begins now. Where it cannot be done (no terminal), nothing is shown anyway.
    pub(crate) fn begin() -> Quiet {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let Ok(shown) = tcgetattr(io::stdin()) else {
            return Quiet(None);
        };
        let mut quiet = shown.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        // The end of the line is shown, so that the next output begins on one of its own.
        quiet.local_modes.insert(LocalModes::ECHONL);
        match tcsetattr(io::stdin(), OptionalActions::Flush, &quiet) {
            Ok(()) => Quiet(Some(shown)),
            Err(_) => Quiet(None),
        }
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        if let Some(shown) = &self.0 {
            // The terminal may be gone.
            let _ = rustix::termios::tcsetattr(
                io::stdin(),
                rustix::termios::OptionalActions::Now,
                shown,
            );
        }
    }
}
