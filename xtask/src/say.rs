//! Everything these commands print, and nothing else prints: plain lines on standard output,
//! so that they read the same at a terminal and in a log. No colours, no cursor movements.
#![expect(
    clippy::print_stdout,
    reason = "a command of the project talks to a person"
)]

use std::io::Write as _;
use std::time::{Duration, Instant};

/// One line.
pub(crate) fn line(text: impl AsRef<str>) {
    if cfg!(test) {
        // Only the macro is captured by the test harness.
        println!("{}", text.as_ref());
        return;
    }
    let mut out = std::io::stdout().lock();
    // A closed pipe (`| head`) is the reader's choice and no reason to fail.
    let _ = writeln!(out, "{}", text.as_ref());
    let _ = out.flush();
}

/// A question at a terminal; `true` for yes, which an empty answer means too.
pub(crate) fn ask(question: &str) -> bool {
    print!("{question} [Y/n] ");
    let _ = std::io::stdout().flush();
    let mut answer = String::new();
    match std::io::stdin().read_line(&mut answer) {
        // End of input is not a yes.
        Ok(0) | Err(_) => false,
        Ok(_) => matches!(answer.trim(), "" | "y" | "Y" | "yes"),
    }
}

/// `48 s`, `3 min 07 s`: never a fraction somebody would compare.
pub(crate) fn time(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    if seconds == 0 {
        return format!("{:.1} s", elapsed.as_secs_f64());
    }
    if seconds < 60 {
        return format!("{seconds} s");
    }
    format!("{} min {:02} s", seconds / 60, seconds % 60)
}

/// Numbers the parts of a long command: `step 2/5: the window's code (0.2 s so far)`.
pub(crate) struct Steps {
    total: usize,
    current: usize,
    started: Instant,
}

impl Steps {
    /// A command of `total` steps, starting now.
    pub(crate) fn of(total: usize) -> Self {
        Self {
            total,
            current: 0,
            started: Instant::now(),
        }
    }

    /// Announces the next step.
    pub(crate) fn next(&mut self, what: &str) {
        self.current += 1;
        line(format!(
            "\nstep {}/{}: {what} ({} so far)",
            self.current,
            self.total,
            time(self.started.elapsed())
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_like_a_clock() {
        assert_eq!(time(Duration::from_millis(240)), "0.2 s");
        assert_eq!(time(Duration::from_secs(59)), "59 s");
        assert_eq!(time(Duration::from_secs(187)), "3 min 07 s");
    }
}
