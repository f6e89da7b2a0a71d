//! Jobs on a host, over any transport: start, look, follow, cancel, settle, forget. Each is one script; what they answer is
//! read in `answer`, what their faults mean is in `fault`. A connection that breaks loses nothing: whether a job began
//! is settled by asking, and a piece of a log is taken whole or asked for again.

use super::answer::{Piece, Seen, parse_piece, parse_seen};
use super::fault;
use crate::Context;
use crate::host::lines;
use crate::transport::{self, Answer, Script, parameters, quoted};
use fleet::{Agent, Transport};
use std::time::Duration;
use workflow::{Digest, ErrorClass, Outcome, ToolError};

macro_rules! script {
    ($name:literal) => {
        concat!(
            include_str!("../host.sh"),
            include_str!("job.sh"),
            include_str!($name)
        )
    };
}

pub(super) const START: &str = script!("start.sh");
pub(super) const SUPERVISOR: &str = script!("sup.sh");
pub(super) const LOOK: &str = script!("look.sh");
pub(super) const FOLLOW: &str = script!("follow.sh");
pub(super) const CANCEL: &str = script!("cancel.sh");
pub(super) const SETTLE: &str = script!("settle.sh");
pub(super) const FORGET: &str = script!("forget.sh");

/// Shorter than a call's own time, so that the fault can still be told.
const TIMEOUT: Duration = Duration::from_secs(50);
/// What an answer has beside the bytes of a log.
const ANSWER_BYTES: usize = 64 * 1024;
/// Between TERM and KILL.
pub(crate) const GRACE: Duration = Duration::from_secs(10);

/// What a job is to do. Its surroundings are HOME, USER, LOGNAME, SHELL=/bin/sh, the login's PATH, LC_ALL=C, CS_JOB=ID
/// and what is given here; it begins in the home folder with umask 022, its standard input is empty, standard output and
/// standard error are one log. What it leaves running in its process group ends with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order<'a> {
    /// POSIX sh, run by the host's /bin/sh.
    pub(crate) script: &'a str,
    /// Its positional parameters.
    pub(crate) args: &'a [&'a str],
    /// Names of the shell, and their values.
    pub(crate) env: &'a [(&'a str, &'a str)],
}

/// How much of a log is asked for at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) bytes: usize,
    /// How long to wait for the first byte while the job runs; at most 30 s.
    pub(crate) wait: Duration,
}

/// Starts the job, or finds it started: under one id the script runs once, however often this is called. An error with
/// the outcome unknown is settled by `settle`.
pub(crate) async fn start(
    agent: &Agent,
    id: Digest,
    order: Order<'_>,
    context: &Context,
) -> Result<Seen, ToolError> {
    let text = order.script.strip_suffix('\n').unwrap_or(order.script);
    let (folder, id, sent) = (folder(agent, context), id.to_string(), time(context));
    let (run, digest) = (order.run(), order.digest()?.to_string());
    let args = [
        folder.as_str(),
        &id,
        &sent,
        &digest,
        SUPERVISOR,
        run.trim_end_matches('\n'),
        text,
    ];
    ask(agent, START, &args, Outcome::Unknown, context).await
}

/// How the job stands.
pub(crate) async fn look(agent: &Agent, id: Digest, context: &Context) -> Result<Seen, ToolError> {
    let (folder, id) = (folder(agent, context), id.to_string());
    ask(agent, LOOK, &[&folder, &id], Outcome::NotDone, context).await
}

/// Did the job begin? `State::None`: no, and no start that was sent before begins it any more. With `stop` one that runs
/// is cancelled first.
pub(crate) async fn settle(
    agent: &Agent,
    id: Digest,
    stop: bool,
    context: &Context,
) -> Result<Seen, ToolError> {
    let (folder, id, asked) = (folder(agent, context), id.to_string(), time(context));
    let (stop, grace) = (if stop { "yes" } else { "no" }, seconds(GRACE));
    let args = [folder.as_str(), &id, &asked, stop, &grace];
    ask(agent, SETTLE, &args, Outcome::Unknown, context).await
}

/// Cancels the job: TERM to its process group, `grace` for it (at most 30 s), then KILL. Gives how it stands then; one
/// that has ended stays what it was. Called again it goes on.
pub(crate) async fn cancel(
    agent: &Agent,
    id: Digest,
    grace: Duration,
    context: &Context,
) -> Result<Seen, ToolError> {
    let (folder, id, grace) = (folder(agent, context), id.to_string(), seconds(grace));
    let args = [folder.as_str(), &id, &grace];
    ask(agent, CANCEL, &args, Outcome::Unknown, context).await
}

/// A piece of the job's log from that byte on: as soon as there is one, or when the bounds are reached.
pub(crate) async fn follow(
    agent: &Agent,
    id: Digest,
    from: u64,
    bounds: Bounds,
    context: &Context,
) -> Result<Piece, ToolError> {
    let (folder, id, from) = (folder(agent, context), id.to_string(), from.to_string());
    let (most, wait) = (bounds.bytes.to_string(), seconds(bounds.wait));
    let args = [folder.as_str(), &id, &from, &most, &wait];
    let cap_bytes = bounds.bytes + ANSWER_BYTES;
    let answer = run(agent, FOLLOW, &args, cap_bytes, Outcome::NotDone, context).await?;
    if let Some(piece) = parse_piece(&answer.stdout) {
        return Ok(piece);
    }
    Err(no_answer(agent, &answer, Outcome::NotDone))
}

/// Removes what is kept of a job that has ended. After this its id is free: a start would run it again.
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "what is kept of jobs goes with the retention of deployments"
    )
)]
pub(crate) async fn forget(
    agent: &Agent,
    id: Digest,
    context: &Context,
) -> Result<Seen, ToolError> {
    let (folder, id) = (folder(agent, context), id.to_string());
    ask(agent, FORGET, &[&folder, &id], Outcome::Unknown, context).await
}

impl Order<'_> {
    /// The script that gives the body its arguments and surroundings. Nobody sees these in a command line.
    pub(super) fn run(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.env {
            text.push_str(&format!("export {name}={}\n", quoted(value)));
        }
        text + &parameters(self.args) + ". \"${0%/*}/body\"\n"
    }

    /// What tells this order from another.
    fn digest(&self) -> Result<Digest, ToolError> {
        let is_name = |name: &str| {
            let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            letters && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        };
        if let Some((name, _)) = self.env.iter().find(|(name, _)| !is_name(name)) {
            return Err(crate::fault::fault(
                "invalid_arguments",
                format!("{name:?} is no name of a variable of the shell."),
                "Use letters, digits and underlines, and no digit in the first place.",
            )
            .not_started(ErrorClass::Invalid));
        }
        Ok(Digest::of(
            format!("{}\n{}", self.run(), self.script).as_bytes(),
        ))
    }
}

/// Where the jobs of an agent are kept: on the host, in the home of the user who logs in; of this computer in the data
/// folder.
fn folder(agent: &Agent, context: &Context) -> String {
    if agent.transport != Transport::Local {
        return "~/.countersign/jobs".to_owned();
    }
    let folder = context.data_dir.join("jobs").join("agent");
    folder.to_string_lossy().into_owned()
}

/// The time in twenty digits, so that scripts can compare it as text: not every shell counts so far.
fn time(context: &Context) -> String {
    format!("{:020}", context.now_us())
}

/// Whole seconds, at most 30.
fn seconds(time: Duration) -> String {
    time.as_secs().min(30).to_string()
}

async fn ask(
    agent: &Agent,
    text: &str,
    args: &[&str],
    outcome: Outcome,
    context: &Context,
) -> Result<Seen, ToolError> {
    let answer = run(agent, text, args, ANSWER_BYTES, outcome, context).await?;
    match parse_seen(&lines(&answer.stdout)) {
        Some(seen) => Ok(seen),
        None => Err(no_answer(agent, &answer, outcome)),
    }
}

/// Runs a script. `outcome`: what is so when it was stopped or cut off after it had begun.
async fn run(
    agent: &Agent,
    text: &str,
    args: &[&str],
    cap_bytes: usize,
    outcome: Outcome,
    context: &Context,
) -> Result<Answer, ToolError> {
    let script = Script {
        text,
        args,
        timeout: TIMEOUT,
        cap_bytes,
    };
    let answer = transport::run(agent, script, context).await;
    answer.map_err(|error| match error.outcome {
        Outcome::NotStarted => error,
        Outcome::NotDone | Outcome::Unknown => ToolError { outcome, ..error },
    })
}

fn no_answer(agent: &Agent, answer: &Answer, outcome: Outcome) -> ToolError {
    fault::told(agent, &lines(&answer.stdout))
        .unwrap_or_else(|| fault::ended(agent, answer.end, TIMEOUT, outcome))
}
