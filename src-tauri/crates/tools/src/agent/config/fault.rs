//! What the faults of a host mean, as a tool's error with a hint. The scripts give a code, how far they had come, what they
//! were doing and what the command said.

use super::answer::{Line, text};
use super::state::{Kind, State};
use crate::fault::{Fault, fault};
use crate::host::failure;
use fleet::{Agent, visible};
use workflow::{ErrorClass, Outcome, ToolError};

/// The fault that the script told, when it told one.
pub(super) fn told(
    agent: &Agent,
    path: &str,
    expected: State,
    lines: &[Line],
) -> Option<ToolError> {
    let line = lines.iter().find(|line| line.word == "fault")?;
    let [code, outcome, doing, said] = line.rest.as_slice() else {
        return Some(ToolError {
            outcome: Outcome::Unknown,
            ..not_understood(agent)
        });
    };
    let said = text(Some(said));
    let (fault, class) = match code.as_str() {
        "io" => io(agent, path, doing, &said),
        "precondition_changed" => (
            changed(agent, path, expected, &said),
            ErrorClass::Precondition,
        ),
        other => lasting(agent, other, &[&said]),
    };
    Some(match outcome.as_str() {
        "not_started" => fault.not_started(class),
        "not_done" => fault.not_done(class),
        _ => fault.unknown(class),
    })
}

/// What stood there was not what was approved.
fn changed(agent: &Agent, path: &str, expected: State, said: &str) -> Fault {
    let words: Vec<&str> = said.split(' ').collect();
    let found = match words.as_slice() {
        [kind, sha256, perms] => State::parse(kind, sha256, perms).map(State::says),
        _ => None,
    };
    fault(
        "precondition_changed",
        format!(
            "{} on {} is not as it was when the call was approved: expected {}, found {}.",
            visible(path, 300),
            agent.title,
            expected.says(),
            found.unwrap_or_else(|| visible(said, 300)),
        ),
        "Look at the new difference and approve again.",
    )
}

/// A command of the script failed.
fn io(agent: &Agent, path: &str, doing: &str, said: &str) -> (Fault, ErrorClass) {
    let has = |text: &str| said.contains(text);
    let (code, hint, class) = if has("not empty") || has("File exists") {
        let hint = "Look at what is in it; only an empty folder is removed.";
        ("not_empty", hint, ErrorClass::Precondition)
    } else {
        failure(said)
    };
    let said = visible(said.trim(), 300);
    let doing = doing.replace('_', " ");
    let message = format!(
        "{} on {} was not changed ({doing}): {said}.",
        visible(path, 300),
        agent.title
    );
    (fault(code, message, hint), class)
}

/// Faults that stay until somebody does something.
pub(super) fn lasting(agent: &Agent, code: &str, said: &[&str]) -> (Fault, ErrorClass) {
    let (title, said) = (&agent.title, visible(said.first().unwrap_or(&""), 300));
    match code {
        "no_home" => (
            fault(
                code,
                format!("The user who logs in to {title} has no home folder."),
                "Give the user a home folder; the backups are kept there.",
            ),
            ErrorClass::Invalid,
        ),
        "no_hash" => (
            fault(
                code,
                format!("{title} has no program for SHA-256."),
                "Install coreutils, perl, openssl or busybox there.",
            ),
            ErrorClass::Invalid,
        ),
        "parent_missing" => (
            fault(
                code,
                format!("The folder {said} does not exist on {title}."),
                "Apply the change that creates it first, or name it under directories in the profile.",
            ),
            ErrorClass::Precondition,
        ),
        "unsafe_backups" => (
            fault(
                code,
                format!(
                    "{said} on {title} cannot hold backups: it is a link, belongs to somebody else, or others may write there."
                ),
                "Make it a folder of the user who logs in, with mode 0700.",
            ),
            ErrorClass::Precondition,
        ),
        "busy" => (
            fault(
                code,
                format!("Another process works under the same key on {title}: {said}."),
                "Wait for it, then run it again.",
            ),
            ErrorClass::Io,
        ),
        "overtaken" => (
            fault(
                code,
                format!(
                    "{title} began only after it was asked whether it had happened, so it did nothing."
                ),
                "Run it again.",
            ),
            ErrorClass::Timeout,
        ),
        "in_doubt" => (
            fault(
                code,
                format!("Whether an earlier try happened on {title} cannot be told: {said}."),
                "Look at the file; then say on the card whether it happened.",
            ),
            ErrorClass::Precondition,
        ),
        other => (
            fault(
                "not_an_answer",
                format!("{title} answered with the fault {:?}.", visible(other, 80)),
                "Report this as a bug, with the run's export.",
            ),
            ErrorClass::Internal,
        ),
    }
}

/// The host answered something else than a script of ours.
pub(super) fn not_understood(agent: &Agent) -> ToolError {
    fault(
        "not_an_answer",
        format!("{} did not answer as it should.", agent.title),
        "Look at the call's log; a start-up file of the shell may end it or print without end.",
    )
    .not_done(ErrorClass::Io)
}

/// The word for a kind that blocks, or nothing.
pub(super) fn in_the_way(kind: Kind) -> &'static str {
    match kind {
        Kind::Symlink => "a symbolic link, and links are not followed in the last place",
        Kind::Directory => "a folder",
        Kind::File => "a file",
        Kind::Other => "a device, a pipe or a socket",
        Kind::Unreadable => "something that this user may not look at",
        Kind::Absent => "nothing",
    }
}
