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
