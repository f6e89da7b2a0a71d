//! What the scripts of jobs answer, as values. Reading only; nothing is asked here.

use crate::host::Line;

/// How a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// There is none of that id; nor will one that was asked for before begin any more, after `settle`.
    None,
    /// Its folder is there, and nobody runs it yet.
    Queued,
    /// Its supervisor is alive.
    Running,
    /// The script ended by itself, and nothing of it runs any more.
    Exited {
        /// 128 and a number: by that signal.
        code: i32,
        at_s: i64,
    },
    /// It was stopped on request; the code, when the supervisor could still tell it.
    Cancelled { code: Option<i32>, at_s: i64 },
    /// The supervisor is gone and has said nothing.
    Lost(Reason),
}

/// Why a job is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// No process has its number.
    Killed,
    /// The host has started anew since.
    Rebooted,
    /// Another process has its number.
    PidReused,
}

/// A job as a host sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) state: State,
    /// When the body was begun, in seconds since 1970 by the host's clock.
    pub(crate) since_s: Option<i64>,
    /// Of the log.
    pub(crate) size_bytes: u64,
}

/// A piece of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) from: u64,
    pub(crate) bytes: Vec<u8>,
    /// How the job stood before this was read: a log of which it had ended grows no more.
    pub(crate) seen: Seen,
}

impl Piece {
    /// From where the next piece is.
    pub(crate) fn next(&self) -> u64 {
        self.from + self.bytes.len() as u64
    }

    /// Is this the last piece?
    pub(crate) fn is_last(&self) -> bool {
        self.seen.state.is_over() && self.next() == self.seen.size_bytes
    }
}

impl State {
    /// Nothing more will happen by itself.
    pub(crate) fn is_over(&self) -> bool {
        match self {
            State::Queued | State::Running => false,
            State::None | State::Exited { .. } | State::Cancelled { .. } | State::Lost(_) => true,
        }
    }
}

/// The answer of all the scripts but `follow`; none when it is not whole.
pub(super) fn parse_seen(lines: &[Line]) -> Option<Seen> {
    lines.iter().find(|line| line.word == "end")?;
    let job = lines.iter().find(|line| line.word == "job")?;
    let [state, code, at_s, reason, since_s, size_bytes] = job.rest.as_slice() else {
        return None;
    };
    let state = match state.as_str() {
        "none" => State::None,
        "queued" => State::Queued,
        "running" => State::Running,
        "exited" => State::Exited {
            code: code.parse().ok()?,
            at_s: at_s.parse().ok()?,
        },
        "cancelled" => State::Cancelled {
            code: code.parse().ok(),
            at_s: at_s.parse().ok()?,
        },
        "lost" => State::Lost(match reason.as_str() {
            "killed" => Reason::Killed,
            "rebooted" => Reason::Rebooted,
            "pid_reused" => Reason::PidReused,
            _ => return None,
        }),
        _ => return None,
    };
    Some(Seen {
        state,
        since_s: since_s.parse().ok(),
        size_bytes: size_bytes.parse().ok()?,
    })
}

/// The answer of `follow`: a line with place and length, so many bytes whatever they are, and the lines of the others.
pub(super) fn parse_piece(stdout: &[u8]) -> Option<Piece> {
    const WORD: &[u8] = b"\x1epiece ";
    let at = stdout
        .windows(WORD.len())
        .position(|window| window == WORD)?
        + WORD.len();
    let length = stdout[at..].iter().position(|byte| *byte == b'\n')?;
    let (from, count) = std::str::from_utf8(&stdout[at..at + length])
        .ok()?
        .split_once(' ')?;
    let rest = &stdout[at + length + 1..];
    let (bytes, rest) = rest.split_at_checked(count.parse().ok()?)?;
    Some(Piece {
        from: from.parse().ok()?,
        bytes: bytes.to_vec(),
        seen: parse_seen(&crate::host::lines(rest))?,
    })
}
