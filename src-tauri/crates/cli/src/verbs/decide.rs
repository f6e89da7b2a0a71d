//! `countersign decide RUN GATE`: a person's answer at a gate, at a terminal or with a decider's token.

use crate::{
    answers,
    ask::{NoAnswer, Question},
    attend::{Left, attend},
    console::Console,
    exit::{Exit, Outcome, TABLE, Trouble},
    following::Following,
};
use engine::Door;
use std::io::{BufRead as _, IsTerminal as _};
use workflow::{Decision, Digest, GateId, Run, RunStatus, Then};

/// Answer at a gate
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Answer at a gate, and stay with what follows.

At a terminal the card is shown and the first six characters of its digest are asked for. Without an answer among the \
options you are asked for one, at this gate and at those that follow.

Without a terminal a decider's token is needed, so that a script that starts a run cannot answer its gates. Make one \
with `countersign operators token NAME`; give it in $COUNTERSIGN_TOKEN or on standard input, never as an argument.

The digest is that of the card you have seen (`countersign show RUN`). When the card has changed since, the answer is \
refused and nothing happens.

A reject may say what follows: the run stops and its changes stay, they are rolled back, or the step asks again \
(--then). Where it does not say, a workflow with `on_failure: rollback` is rolled back, any other stops. Where a step has \
failed (step.failure) the answers are --retry, --rollback and --stop; where rolling a change back has failed, --retry, \
--skip with a reason, and --stop.

Afterwards the run goes on, and the exit code says how it stands: 0 completed, 1 failed, 75 waiting again. A reject \
that ended the run as it should is 0.

Examples:
  countersign decide 20261122-1041
  countersign decide 20261122-1041 write_note.before --digest 3f9a…64 digits…c1 --approve
  countersign decide 20261122-1041 write_note.before --digest … --reject 'not on a Friday'
  countersign decide 20261122-1041 write_note.before --digest … --edit 'content=other text'
  countersign decide 20261122-1041 write_notes.before --digest … --drop 'write_notes[0]' 2
  countersign decide 20261122-1041 read_note.after --digest … --redo 'read the other file'
  countersign decide 20261122-1041 write_more.before --digest … --reject 'wrong host' --then rollback
  countersign decide 20261122-1041 check.failure --digest … --rollback
  countersign decide 20261122-1041 rollback:write_note.failure --digest … --skip 'it is correct now'
  pass countersign | countersign decide 20261122-1041 write_note.before --digest … \\
    --approve --token-stdin")]
pub(crate) struct Decide {
    /// The run, or the beginning of its name
    run: String,

    /// The gate: step.before, step.after or step.failure
    gate: Option<GateId>,

    /// The digest of the card that you have seen: 64 hexadecimal digits
    #[arg(long, value_parser = whole_digest)]
    digest: Option<Digest>,

    #[command(flatten)]
    answer: Answer,

    /// What follows a reject
    #[arg(long, value_enum, requires = "reject")]
    then: Option<AndThen>,

    /// Read a decider's token from standard input
    #[arg(long)]
    token_stdin: bool,
}

fn whole_digest(text: &str) -> Result<Digest, String> {
    text.parse().map_err(|_| {
        "a card's digest has 64 hexadecimal digits: copy it from `countersign show RUN`".to_owned()
    })
}

/// The answer, as options.
#[derive(Debug, clap::Args)]
#[group(multiple = false, requires = "digest", requires = "gate")]
struct Answer {
    /// Exactly this may run
    #[arg(long)]
    approve: bool,

    /// No, and why
    #[arg(long, value_name = "REASON")]
    reject: Option<String>,

    /// Other inputs (before a call: the card is then shown again), or another result (after it)
    #[arg(long, value_name = "KEY=VALUE", num_args = 1..)]
    edit: Option<Vec<String>>,

    /// Leave the step out and go on; a change that is not rolled back needs a reason
    #[arg(long, value_name = "REASON", num_args = 0..=1, default_missing_value = "")]
    skip: Option<String>,

    /// Approve all but these items of the list: names as on the card, or numbers
    #[arg(long, value_name = "ITEM", num_args = 1..)]
    drop: Option<Vec<String>>,

    /// Do it again, with this feedback
    #[arg(long, value_name = "FEEDBACK")]
    redo: Option<String>,

    /// Try again what has failed
    #[arg(long)]
    retry: bool,

    /// Roll back what the failed run has changed
    #[arg(long)]
    rollback: bool,

    /// Stop here, and leave everything as it is
    #[arg(long)]
    stop: bool,
}

/// What follows a reject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum AndThen {
    /// The run stops, and what it has changed stays
    Stop,
    /// What it has changed is rolled back
    Rollback,
    /// The step begins again, and asks again
    Retry,
}

impl Decide {
    pub(crate) async fn perform(self, console: &mut Console) -> Outcome {
        let token = token(self.token_stdin)?;
        if token.is_none() {
            console.only_with_a_person(
                "answer at a gate",
                "Answer at a terminal or in the window, or give a decider's token in $COUNTERSIGN_TOKEN",
            )?;
        }
        let mut door = console.open().await?;
        let outcome = self.at(console, &mut door, token).await;
        door.close().await;
        outcome
    }

    async fn at(self, console: &mut Console, door: &mut Door, token: Option<String>) -> Outcome {
        let run = super::find(console, door, &self.run).await?;
        let (Some(gate), Some(digest), true) = (self.gate, self.digest, self.answer.given()) else {
            if token.is_some() {
                return Err(Trouble::usage(
                    "Nobody sits here to be asked for an answer",
                    "Give gate, --digest and an answer, for example --approve",
                ));
            }
            let (run, left) = attend(console, door, run.id(), true).await?;
            return Ok(super::tell(console, door, &run, left).await);
        };
        let then = self.then.map_or_else(
            || answers::usual_then(&run),
            |then| match then {
                AndThen::Stop => Then::Stop,
                AndThen::Rollback => Then::Rollback,
                AndThen::Retry => Then::Retry,
            },
        );
        let decision = self.answer.decision(&run, &gate, then)?;
        let rejects = matches!(decision, Decision::Reject { .. });
        let known = run.gate(&gate);
        let revision = known.map_or(0, |known| known.revision);
        let is_shown =
            known.is_some_and(|known| known.is_open() && known.card_digest == Some(digest));
        // A card that is not shown any more is not asked about: the engine's refusal says why.
        if token.is_none() && is_shown {
            match confirmed(console, door, &run, &gate, revision, digest, &decision).await {
                Ok(true) => {}
                Ok(false) | Err(NoAnswer::Later) => return Ok(Exit::Refused),
                Err(NoAnswer::Interrupted) => return Ok(Exit::Interrupted),
                Err(NoAnswer::Fault(fault)) => return Err(fault.into()),
                // Answered elsewhere meanwhile: who and when is in the engine's refusal.
                Err(NoAnswer::Overtaken) => {}
            }
        }
        let call = api::Decide {
            run: run.id().clone(),
            gate: gate.clone(),
            revision,
            digest,
            decision,
            token,
        };
        let heard = |run: &Run| {
            run.gate(&gate)
                .is_some_and(|known| known.answers.iter().any(|one| one.revision == revision))
        };
        console.change(door, run.id(), call, heard).await?;
        let (run, left) = attend(console, door, run.id(), false).await?;
        let exit = super::tell(console, door, &run, left).await;
        Ok(
            if rejects && left == Left::Over && was_rejected(&run, &gate) {
                Exit::Done
            } else {
                exit
            },
        )
    }
}

/// Shows the card and asks for the beginning of its digest.
async fn confirmed(
    console: &mut Console,
    door: &mut Door,
    run: &Run,
    gate: &GateId,
    revision: u32,
    digest: Digest,
    decision: &Decision,
) -> Result<bool, NoAnswer> {
    let mut following = Following::start(door, run.id()).await?;
    let mut question = Question::at_gate(console, &mut following, gate, revision);
    question.show_card(door, gate).await?;
    question.six(digest, decision.kind().word()).await
}

fn was_rejected(run: &Run, gate: &GateId) -> bool {
    let rejected = |reason: &workflow::FailReason| {
        reason.code == "rejected" && reason.step.as_ref() == Some(&gate.step)
    };
    matches!(
        run.status(),
        RunStatus::Failed { reason, .. } | RunStatus::RolledBack { reason, .. } if rejected(reason)
    )
}

/// A decider's token, where one was given.
pub(super) fn token(from_stdin: bool) -> Result<Option<String>, Trouble> {
    let given = if from_stdin {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        read.map_err(|error| {
            Trouble::usage(
                format!("The token cannot be read from standard input: {error}"),
                "Write it into a pipe: … | countersign decide … --token-stdin",
            )
        })?;
        if line.trim().is_empty() && !std::io::stdin().is_terminal() {
            return Err(Trouble::usage(
                "There is no token on standard input",
                "Write it into a pipe: … | countersign decide … --token-stdin",
            ));
        }
        line
    } else {
        std::env::var("COUNTERSIGN_TOKEN").unwrap_or_default()
    };
    let token = given.trim();
    Ok((!token.is_empty()).then(|| token.to_owned()))
}

impl Answer {
    fn given(&self) -> bool {
        self.approve
            || self.skip.is_some()
            || self.retry
            || self.rollback
            || self.stop
            || self.reject.is_some()
            || self.edit.is_some()
            || self.drop.is_some()
            || self.redo.is_some()
    }

    fn decision(self, run: &Run, gate: &GateId, then: Then) -> Result<Decision, Trouble> {
        let card = run.gate(gate).and_then(|gate| gate.card.as_deref());
        Ok(if let Some(reason) = self.reject {
            Decision::Reject { reason, then }
        } else if let Some(pairs) = self.edit {
            Decision::Edit {
                values: answers::edit(run, gate, card, &pairs)?,
            }
        } else if let Some(items) = self.drop {
            Decision::Drop {
                items: answers::items(gate, &items)?,
            }
        } else if let Some(feedback) = self.redo {
            Decision::Redo { feedback }
        } else if let Some(reason) = self.skip {
            if reason.trim().is_empty() {
                Decision::Skip
            } else {
                Decision::SkipBecause { reason }
            }
        } else if self.retry {
            Decision::Retry
        } else if self.rollback {
            Decision::Rollback
        } else if self.stop {
            Decision::Stop
        } else {
            Decision::Approve
        })
    }
}
