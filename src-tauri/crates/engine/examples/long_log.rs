//! Adds lines to the log of a call, for tests of the window: every tool that ships stops at 256 kB for a script, far below
//! the longest log that has to be shown. Usage: `long_log FOLDER RUN CALL LINES`, while nobody has the data folder open.
#![expect(
    clippy::unwrap_used,
    reason = "a tool of tests that stops where it cannot go on"
)]

use std::{fmt::Write as _, path::PathBuf};
use store::{LogChunk, Options, Store};
use workflow::{Digest, RunId};

/// As the engine writes them (semantics.md 17).
const CHUNK_LINES: usize = 64;

fn main() {
    let mut words = std::env::args().skip(1);
    let mut word = || words.next().unwrap();
    let (folder, run) = (PathBuf::from(word()), RunId(word()));
    let (call, lines): (Digest, usize) = (word().parse().unwrap(), word().parse().unwrap());
    let store = Store::open(&folder, Options::default()).unwrap();
    let mut from_offset = store.read().durable_offset(&call).unwrap();
    for first in (0..lines).step_by(CHUNK_LINES) {
        let mut text = String::new();
        for at in first..lines.min(first + CHUNK_LINES) {
            // 1: standard output, 2: standard error, as `engine/src/logs.rs` marks them.
            let stream = if at % 10 == 3 { 2 } else { 1 };
            let (minute, second) = (at / 60 % 60, at % 60);
            writeln!(
                text,
                "{stream} 06:{minute:02}:{second:02} deploy[412]: copied part {at} of {lines} to /var/lib/app/releases, 0 errors"
            )
            .unwrap();
        }
        let chunk = LogChunk {
            run: run.clone(),
            call,
            from_offset,
            bytes: text.into_bytes(),
        };
        let last = first + CHUNK_LINES >= lines;
        if last {
            from_offset = store.append_log_blocking(chunk).unwrap().durable_offset;
        } else {
            from_offset += chunk.bytes.len() as u64;
            // Not waited for: the last one is behind them all.
            store.append_log(chunk, |stored| _ = stored.unwrap());
        }
    }
    assert_eq!(store.read().durable_offset(&call).unwrap(), from_offset);
}
