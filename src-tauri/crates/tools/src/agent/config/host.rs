//! Asking a host and telling it: the four scripts of configuration. What they answer is read in `answer`, what their
//! faults mean is in `fault`; which change is to be made is decided elsewhere.

use super::answer::{
    Backup, Line, Look, Record, Settled, lines, parse_backup, parse_look, parse_record, text,
};
use super::fault::{lasting, not_understood, told};
use super::state::State;
use super::{MAX_BYTES, SHOWN_BYTES, path};
use crate::Context;
use crate::fault::fault;
use crate::transport::{self, Answer, End, Script};
use fleet::Agent;
use std::time::Duration;
use workflow::{Digest, ErrorClass, Outcome, ToolError};

const LOOK: &str = concat!(
    include_str!("../../host.sh"),
    include_str!("host.sh"),
    include_str!("look.sh")
);
const RECALL: &str = concat!(
    include_str!("../../host.sh"),
    include_str!("host.sh"),
    include_str!("settle.sh"),
    include_str!("recall.sh")
);
pub(super) const CHANGE: &str = concat!(
    include_str!("../../host.sh"),
    include_str!("host.sh"),
    include_str!("settle.sh"),
    include_str!("change.sh")
);
pub(super) const OBSERVE: &str = concat!(
    include_str!("../../host.sh"),
    include_str!("host.sh"),
    include_str!("settle.sh"),
    include_str!("observe.sh")
);
/// Shorter than the call's own time, so that the fault can still be told.
const TIMEOUT: Duration = Duration::from_secs(50);
const CAP_BYTES: usize = 4 * 1024 * 1024;
/// The content of files that one look may bring, in bytes; in the answer it is twice as long.
const CONTENT_BYTES: usize = 3 * 512 * 1024;
/// The longest argument: below what systems allow for one (Linux: MAX_ARG_STRLEN, 128 KiB), and whole groups of base64.
const PIECE_BYTES: usize = 96 * 1024;

/// A change for the script.
pub(super) struct Order<'a> {
    pub(super) key: Digest,
    pub(super) verb: &'a str,
    pub(super) path: &'a str,
    pub(super) before: State,
    pub(super) after: State,
    pub(super) source: Source<'a>,
}

/// Where the content of a file comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source<'a> {
    /// It is sent along.
    Text(&'a str),
    /// It stays as it is.
    Kept,
    /// It is in the backup of that key, on the host.
    Backup(Digest),
}

/// What stands at these places.
pub(super) async fn look(
    agent: &Agent,
    paths: &[&str],
    context: &Context,
) -> Result<Look, ToolError> {
    let limits = [MAX_BYTES, SHOWN_BYTES, CONTENT_BYTES].map(|limit| limit.to_string());
    let mut args: Vec<&str> = limits.iter().map(String::as_str).collect();
    args.extend(paths);
    let lines = read(agent, LOOK, &args, context).await?;
    let (uid, seen) = parse_look(&lines).ok_or_else(|| not_understood(agent))?;
    if seen.len() != paths.len() {
        return Err(not_understood(agent));
    }
    Ok(Look { uid, seen })
}

/// The backup of that key; none when there is none.
pub(super) async fn recall(
    agent: &Agent,
    backups: &str,
    key: Digest,
    context: &Context,
) -> Result<Option<Backup>, ToolError> {
    let (most, shown, key) = (
        MAX_BYTES.to_string(),
        SHOWN_BYTES.to_string(),
        key.to_string(),
    );
    let lines = read(agent, RECALL, &[&most, &shown, backups, &key], context).await?;
    if lines.iter().any(|line| line.word == "unsettled") {
        return Err(fault(
            "in_doubt",
            format!("Whether the change of backup {key} happened is not settled."),
            "Settle the run that made the change first; it is asked when the run goes on.",
        )
        .not_started(ErrorClass::Precondition));
    }
    if !lines.iter().any(|line| line.word == "record") {
        return Ok(None);
    }
    parse_backup(&lines)
        .map(Some)
        .ok_or_else(|| not_understood(agent))
}

/// Makes a change. What is not known for certain is an error with the outcome unknown: ask `observe`.
pub(super) async fn change(
    agent: &Agent,
    backups: &str,
    order: &Order<'_>,
    context: &Context,
) -> Result<Record, ToolError> {
    let (before, after) = (order.before.words(), order.after.words());
    let mode = order.after.mode.map_or("-".to_owned(), super::state::octal);
    let (source, pieces) = match order.source {
        Source::Text(text) => ("args".to_owned(), base64_pieces(text.as_bytes())),
        Source::Kept => ("kept".to_owned(), Vec::new()),
        Source::Backup(key) => (key.to_string(), Vec::new()),
    };
    let (key, now, most) = (
        order.key.to_string(),
        context.now_us().to_string(),
        MAX_BYTES.to_string(),
    );
    let mut args = vec![
        key.as_str(),
        &now,
        backups,
        &most,
        order.verb,
        order.path,
        path::folder(order.path),
    ];
    args.extend(before.iter().chain(&after).map(String::as_str));
    args.extend([mode.as_str(), &source]);
    args.extend(pieces.iter().map(String::as_str));
    let answer = transport::run(agent, script(CHANGE, &args), context)
        .await
        .map_err(|error| match error.outcome {
            Outcome::NotStarted => error,
            // Stopped or cut off while the script ran: it may have come as far as the rename.
            Outcome::NotDone | Outcome::Unknown => ToolError {
                outcome: Outcome::Unknown,
                ..error
            },
        })?;
    let lines = lines(&answer.stdout);
    if let Some(error) = told(agent, order.path, order.before, &lines) {
        return Err(error);
    }
    let record = lines.iter().find(|line| line.word == "record");
    record.and_then(parse_record).ok_or_else(|| {
        let unknown = |code: &str, said: String, class| {
            fault(
                code,
                said,
                "Whether it happened is asked when the run goes on.",
            )
            .unknown(class)
        };
        match answer.end {
            End::TimedOut => unknown(
                "agent_timeout",
                format!(
                    "{} did not end within {} s.",
                    agent.title,
                    TIMEOUT.as_secs()
                ),
                ErrorClass::Timeout,
            ),
            End::Exited(_) | End::Signalled(_) | End::Capped => unknown(
                "no_answer",
                format!("{} did not say whether it made the change.", agent.title),
                ErrorClass::Io,
            ),
        }
    })
}

/// Did the change with this key happen? One that did not is cleared away and cannot begin any more.
pub(super) async fn observe(
    agent: &Agent,
    backups: &str,
    key: Digest,
    stop: bool,
    context: &Context,
) -> Result<Settled, ToolError> {
    let (key, now, most) = (
        key.to_string(),
        context.now_us().to_string(),
        MAX_BYTES.to_string(),
    );
    let stop = if stop { "yes" } else { "no" };
    let lines = read(agent, OBSERVE, &[&key, &now, backups, stop, &most], context).await?;
    let word = |word: &str| lines.iter().find(|line| line.word == word);
    let settled = word("settled").ok_or_else(|| not_understood(agent))?;
    match settled.rest.first().map(String::as_str) {
        Some("none" | "notdone") => Ok(Settled::NotDone),
        Some("done") => word("record")
            .and_then(parse_record)
            .map(Settled::Done)
            .ok_or_else(|| not_understood(agent)),
        Some("unknown") => Ok(Settled::Unknown(text(settled.rest.get(1)))),
        Some(_) | None => Err(not_understood(agent)),
    }
}

fn script<'a>(text: &'a str, args: &'a [&'a str]) -> Script<'a> {
    Script {
        text,
        args,
        timeout: TIMEOUT,
        cap_bytes: CAP_BYTES,
    }
}

/// Runs a script that only reads (or only clears away), to its end.
async fn read(
    agent: &Agent,
    text: &str,
    args: &[&str],
    context: &Context,
) -> Result<Vec<Line>, ToolError> {
    let Answer { stdout, end } = transport::run(agent, script(text, args), context).await?;
    let lines = lines(&stdout);
    let ended = |line: &Line| matches!(line.word.as_str(), "end" | "settled");
    if lines.iter().any(ended) {
        return Ok(lines);
    }
    if let Some(line) = lines.iter().find(|line| line.word == "fault") {
        let (fault, class) = lasting(agent, line.rest.first().map_or("", String::as_str), &[]);
        return Err(fault.not_started(class));
    }
    Err(match end {
        End::TimedOut => fault(
            "agent_timeout",
            format!(
                "{} did not answer within {} s.",
                agent.title,
                TIMEOUT.as_secs()
            ),
            "Look at the host's load and at hanging network filesystems, then run it again.",
        )
        .not_done(ErrorClass::Timeout),
        End::Exited(_) | End::Signalled(_) | End::Capped => not_understood(agent),
    })
}

/// Base64 (RFC 4648, 4) in pieces that are whole groups.
pub(super) fn base64_pieces(bytes: &[u8]) -> Vec<String> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |number: u32| char::from(LETTERS[(number & 63) as usize]);
    bytes
        .chunks(PIECE_BYTES / 4 * 3)
        .map(|piece| {
            let mut text = String::with_capacity(piece.len().div_ceil(3) * 4);
            for group in piece.chunks(3) {
                let at = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
                let number = at(0) << 16 | at(1) << 8 | at(2);
                text.extend([letter(number >> 18), letter(number >> 12)]);
                text.push(if group.len() > 1 {
                    letter(number >> 6)
                } else {
                    '='
                });
                text.push(if group.len() > 2 { letter(number) } else { '=' });
            }
            text
        })
        .collect()
}
