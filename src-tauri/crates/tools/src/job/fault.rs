//! What the faults of the scripts of jobs mean, as a tool's error with a hint.

use crate::fault::{Fault, fault};
use crate::host::{Line, failure, text};
use crate::transport::End;
use fleet::{Agent, visible};
use std::time::Duration;
use workflow::{ErrorClass, Outcome, ToolError};

/// The fault that the script told, when it told one.
pub(super) fn told(agent: &Agent, lines: &[Line]) -> Option<ToolError> {
    let line = lines.iter().find(|line| line.word == "fault")?;
    let [code, outcome, doing, said] = line.rest.as_slice() else {
        return Some(no_answer(agent, Outcome::Unknown));
    };
    let (fault, class) = meaning(agent, code, doing, &text(Some(said)));
    Some(match outcome.as_str() {
        "not_started" => fault.not_started(class),
        "not_done" => fault.not_done(class),
        _ => fault.unknown(class),
    })
}

fn meaning(agent: &Agent, code: &str, doing: &str, said: &str) -> (Fault, ErrorClass) {
    let title = &agent.title;
    let shown = visible(said.trim(), 300);
    let (message, hint, class) = match code {
        "io" => {
            let (code, hint, class) = failure(said);
            let doing = doing.replace('_', " ");
            let message = format!("The folder of a job on {title} failed ({doing}): {shown}.");
            return (fault(code, message, hint), class);
        }
        "no_home" => (
            format!("The user who logs in to {title} has no home folder."),
            "Give the user a home folder; the jobs are kept there.",
            ErrorClass::Invalid,
        ),
        "unsafe_folder" => (
            format!(
                "{shown} on {title} cannot hold jobs: it is a link, belongs to somebody else, or others may write there."
            ),
            "Make it a folder of the user who logs in, with mode 0700.",
            ErrorClass::Precondition,
        ),
        "other_job" => (
            format!("On {title} there is another job of the same id."),
            "Start the workflow again, so that the job gets an id of its own.",
            ErrorClass::Invalid,
        ),
        "overtaken" => (
            format!(
                "{title} began to start the job only after it was asked whether it had, so it did nothing."
            ),
            "Run it again.",
            ErrorClass::Timeout,
        ),
        "not_begun" => (
            format!(
                "The job did not begin on {title}: it could not leave the login's own processes, or took more than 10 s."
            ),
            "Install setsid (util-linux or busybox) or perl there, or look at the host's load; then run it again.",
            ErrorClass::Io,
        ),
        "not_stopped" => (
            format!("Processes of the job on {title} are still there after KILL: {shown}."),
            "They wait for a disk or the network, most likely; look at them on the host, then cancel again.",
            ErrorClass::Timeout,
        ),
        "log_cut" => (
            format!("The job has cut its own log on {title}; it has {shown} bytes now."),
            "Read it from the beginning; what stood there before is gone.",
            ErrorClass::Precondition,
        ),
        "still_running" => (
            format!("The job on {title} has not ended."),
            "Cancel it first, or wait for its end.",
            ErrorClass::Precondition,
        ),
        other => {
            let message = format!("{title} answered with the fault {:?}.", visible(other, 80));
            let hint = "Report this as a bug, with the run's export.";
            return (fault("not_an_answer", message, hint), ErrorClass::Internal);
        }
    };
    (fault(code, message, hint), class)
}

/// The host answered nothing, or something else than a script of ours.
pub(super) fn no_answer(agent: &Agent, outcome: Outcome) -> ToolError {
    with(
        outcome,
        ErrorClass::Io,
        fault(
            "not_an_answer",
            format!("{} did not answer as it should.", agent.title),
            "Look at the call's log; a start-up file of the shell may end it or print without end.",
        ),
    )
}

/// How a script ended that gave no answer.
pub(super) fn ended(agent: &Agent, end: End, limit: Duration, outcome: Outcome) -> ToolError {
    match end {
        End::TimedOut => with(
            outcome,
            ErrorClass::Timeout,
            fault(
                "agent_timeout",
                format!(
                    "{} did not answer within {} s.",
                    agent.title,
                    limit.as_secs()
                ),
                "Look at the host's load and at hanging network filesystems, then run it again.",
            ),
        ),
        End::Exited(_) | End::Signalled(_) | End::Capped => no_answer(agent, outcome),
    }
}

fn with(outcome: Outcome, class: ErrorClass, fault: Fault) -> ToolError {
    match outcome {
        Outcome::NotStarted => fault.not_started(class),
        Outcome::NotDone => fault.not_done(class),
        Outcome::Unknown => fault.unknown(class),
    }
}
