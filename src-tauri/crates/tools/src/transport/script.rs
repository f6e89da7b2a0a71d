//! The frame in which a script travels over a shell that may print whatever it likes: a begin mark with the number of
//! the process group, the script as one word, an end mark with its code. Not how the bytes get there.

use crate::fault::fault;
use workflow::{ErrorClass, ToolError};

/// A mark is never longer: RS, token, space, number, line end.
const MARK_BYTES: usize = 64;
/// What a login shell may print before the script begins.
const NOISE_BYTES: usize = 1024 * 1024;

/// Ends the process group `$1` politely, then by force, and waits until it is gone.
pub(crate) const STOP: &str = "kill -TERM -$1 2>/dev/null
i=0
while kill -0 -$1 2>/dev/null && [ $i -lt 5 ]; do i=$((i+1)); sleep 0.1 2>/dev/null || sleep 1; done
kill -KILL -$1 2>/dev/null
i=0
while kill -0 -$1 2>/dev/null && [ $i -lt 5 ]; do i=$((i+1)); sleep 0.1 2>/dev/null || sleep 1; done";

/// What goes first to `/bin/sh -s`: the begin mark, a place and a path that do not depend on the login, and the
/// arguments as positional parameters.
pub(crate) fn prelude(args: &[&str], token: &str) -> String {
    format!(
        "printf '\\036%s %s\\n' {token} $$\n\
         cd /\n\
         PATH=\"${{PATH:+$PATH:}}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\" LC_ALL=C\n\
         export PATH LC_ALL\n\
         {}",
        parameters(args)
    )
}

/// The script after its prelude. The whole of it is one word to the shell, so that half a script, cut off with the
/// connection, is a syntax error and never runs. It runs in a subshell; then the shell tells its code and ends the
/// group it leads, and with it whatever the script left running.
pub(crate) fn body(text: &str, token: &str) -> String {
    format!(
        "( eval {} ); printf '\\036%s %s\\n' {token} $?; kill -KILL -$$ 2>/dev/null; exit\n",
        quoted(text)
    )
}

/// A script without a frame; one word too.
pub(crate) fn bare(text: &str, args: &[&str]) -> String {
    format!("{}eval {}\n", parameters(args), quoted(text))
}

/// A word that a script cannot know and login shells do not print.
pub(crate) fn token() -> Result<String, ToolError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        fault(
            "no_randomness",
            format!("This computer gives no random bytes: {error}."),
            "Restart it; if it stays so, its system is damaged.",
        )
        .not_started(ErrorClass::Internal)
    })?;
    Ok(hex::encode(bytes))
}

/// Takes the frame off again: drops everything up to the begin mark, ends at the end mark, stops at the cap.
#[derive(Debug)]
pub(crate) struct Unframe {
    token: String,
    cap_bytes: usize,
    noise: Vec<u8>,
    group: Option<i32>,
    out: Vec<u8>,
    code: Option<i32>,
}

impl Unframe {
    pub(crate) fn new(token: String, cap_bytes: usize) -> Unframe {
        Unframe {
            token,
            cap_bytes,
            noise: Vec::new(),
            group: None,
            out: Vec::new(),
            code: None,
        }
    }

    /// Takes what came; is it more than the cap?
    pub(crate) fn take(&mut self, data: &[u8]) -> bool {
        if self.code.is_some() {
            return false;
        }
        if self.group.is_some() {
            self.add(data);
        } else {
            let from = self.noise.len().saturating_sub(MARK_BYTES);
            self.noise.extend_from_slice(data);
            // A group is never 0 or 1, whatever a host says.
            if let Some((_, end, group)) = self.mark(&self.noise, from)
                && group > 1
            {
                self.group = Some(group);
                let rest = self.noise.split_off(end);
                self.noise.clear();
                self.add(&rest);
            } else if self.noise.len() > NOISE_BYTES {
                return true;
            }
        }
        self.code.is_none() && self.out.len() > self.cap_bytes.saturating_add(MARK_BYTES)
    }

    /// The process group, once the shell has said it.
    pub(crate) fn group(&self) -> Option<i32> {
        self.group
    }

    /// The script's code, once it has ended.
    pub(crate) fn code(&self) -> Option<i32> {
        self.code
    }

    /// What came instead of the begin mark.
    pub(crate) fn noise(&self) -> &[u8] {
        &self.noise
    }

    /// The output, cut at the cap; was there more?
    pub(crate) fn output(&mut self) -> (Vec<u8>, bool) {
        let capped = self.out.len() > self.cap_bytes;
        self.out.truncate(self.cap_bytes);
        (std::mem::take(&mut self.out), capped)
    }

    fn add(&mut self, data: &[u8]) {
        let from = self.out.len().saturating_sub(MARK_BYTES);
        self.out.extend_from_slice(data);
        if let Some((start, _, code)) = self.mark(&self.out, from) {
            self.code = Some(code);
            self.out.truncate(start);
        }
    }

    /// Where a whole mark begins and ends, and its number.
    fn mark(&self, bytes: &[u8], from: usize) -> Option<(usize, usize, i32)> {
        let begin = format!("\u{1e}{} ", self.token);
        let start = from
            + bytes[from..]
                .windows(begin.len())
                .position(|window| window == begin.as_bytes())?;
        let word = &bytes[start + begin.len()..];
        let length = word.iter().position(|byte| *byte == b'\n')?;
        let number = std::str::from_utf8(&word[..length]).ok()?.parse().ok()?;
        Some((start, start + begin.len() + length + 1, number))
    }
}

/// The line that makes words the positional parameters.
pub(crate) fn parameters(args: &[&str]) -> String {
    let mut line = "set --".to_owned();
    for arg in args {
        line.push(' ');
        line.push_str(&quoted(arg));
    }
    line.push('\n');
    line
}

/// One word. POSIX 2.2.2: inside single quotes nothing has a meaning but the single quote.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::{Unframe, body, prelude};
    use std::io::Write;
    use std::process::{Command, Stdio};

    /// Runs the bytes in a real shell that leads its own group, as on a host.
    fn shell(input: &str) -> Vec<u8> {
        use std::os::unix::process::CommandExt;
        let mut child = Command::new("/bin/sh")
            .arg("-s")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        child.wait_with_output().unwrap().stdout
    }

    #[test]
    fn arguments_output_and_code_come_through_in_any_pieces() {
        let hostile = "$(touch /tmp/never); `id` \"'\n\\ '\\'' ÿ";
        let input = prelude(&[hostile, "-n", ""], "t0k")
            + &body(
                "printf '%s|%s' \"$1\" \"$#\"; printf '\\036x'; exit 7",
                "t0k",
            );
        let mut bytes = b"Welcome\n\x1et0 1\n".to_vec();
        bytes.extend(shell(&input));
        for size in [1, 2, 7, 4096] {
            let mut frame = Unframe::new("t0k".to_owned(), 1000);
            assert!(bytes.chunks(size).all(|chunk| !frame.take(chunk)));
            assert!(frame.group().is_some() && frame.noise().is_empty());
            assert_eq!(frame.code(), Some(7), "in pieces of {size}");
            let expected = format!("{hostile}|3\u{1e}x").into_bytes();
            assert_eq!(frame.output(), (expected, false));
        }
    }

    #[test]
    fn half_a_script_never_runs() {
        let whole = prelude(&["a'b"], "t0k") + &body("echo one\necho two", "t0k");
        let half = whole.split_once("two").unwrap().0;
        let mut frame = Unframe::new("t0k".to_owned(), 1000);
        frame.take(&shell(half));
        assert_eq!((frame.code(), frame.output()), (None, (Vec::new(), false)));
    }

    #[test]
    fn the_cap_is_kept() {
        let mut frame = Unframe::new("t0k".to_owned(), 10);
        frame.take(b"\x1et0k 5\n0123456789");
        assert!(frame.take(&[b'x'; 200]));
        assert_eq!(frame.output(), (b"0123456789".to_vec(), true));
        let mut noisy = Unframe::new("t0k".to_owned(), 10);
        assert!(noisy.take(&vec![b'x'; 2 * 1024 * 1024]));
    }
}
