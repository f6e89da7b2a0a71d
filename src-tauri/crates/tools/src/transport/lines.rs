//! Cuts a program's standard error into log lines, the same for every transport and for git. Bytes stay bytes: nothing is decoded
//! or escaped here.

use crate::{Context, Stream};

const LOG_LINE_BYTES: usize = 4096;
const LOG_BYTES: usize = 256 * 1024;

/// Hands each line to the call's log; long lines are cut into pieces, and after a limit the rest is left out with a
/// note.
pub(crate) struct Lines<'a> {
    context: &'a Context,
    line: Vec<u8>,
    logged_bytes: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(context: &'a Context) -> Lines<'a> {
        Lines {
            context,
            line: Vec::new(),
            logged_bytes: 0,
        }
    }

    /// Takes what came.
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\n' || self.line.len() == LOG_LINE_BYTES {
                self.log();
            }
            if *byte != b'\n' {
                self.line.push(*byte);
            }
        }
    }

    /// The end: what is left is a line too.
    pub(crate) fn end(&mut self) {
        if !self.line.is_empty() {
            self.log();
        }
    }

    fn log(&mut self) {
        if self.logged_bytes <= LOG_BYTES {
            self.logged_bytes += self.line.len() + 1;
            let line = std::mem::take(&mut self.line);
            self.context.log.line(Stream::Stderr, line);
            if self.logged_bytes > LOG_BYTES {
                self.context.log.note(format!(
                    "Further lines are left out: the limit is {LOG_BYTES} bytes."
                ));
            }
        }
        self.line.clear();
    }
}
