//! `countersign doubt RUN STEP`: a person's word whether a call happened that was cut off.

use crate::{
    ask::{NoAnswer, Question},
    attend::attend,
    console::Console,
    exit::{Exit, Outcome, TABLE, Trouble},
    following::Following,
    in_doubt::doubted,
};
use engine::Door;
use workflow::{DoubtAnswer, Run, StepKey};

/// Say whether a call happened that was cut off
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Say whether a call happened that was cut off.

When the program ends in the middle of a change and nothing can tell whether it happened, the step is in doubt: only a \
person can look and say so. `--run-again` is itself the permission to run the call once more. With `--roll-back` the run \
has failed, and what it changed before is rolled back; the call in doubt itself is not, for nobody knows what there is to \
undo.

At a terminal the first six characters of the call's digest are asked for; without one a decider's token is needed \
(see `countersign decide --help`).

Examples:
  countersign doubt 20261122-1041 restart --happened
  countersign doubt 20261122-1041 'restart[2]' --run-again
  countersign doubt 20261122-1041 restart --roll-back")]
pub(crate) struct Doubt {
    /// The run, or the beginning of its name
    run: String,

    /// The step, as `show` names it
    step: StepKey,

    #[command(flatten)]
    word: Word,

    /// Read a decider's token from standard input
    #[arg(long)]
    token_stdin: bool,
}

/// The answer, as options.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Word {
    /// It happened; its result is not known
    #[arg(long)]
    happened: bool,

    /// It did not happen, or may happen twice: run it again
    #[arg(long)]
    run_again: bool,

    /// Nobody knows; roll back what the run changed before
    #[arg(long)]
    roll_back: bool,
}

impl Doubt {
    pub(crate) async fn perform(self, console: &mut Console) -> Outcome {
        let token = super::decide::token(self.token_stdin)?;
        if token.is_none() {
            console.only_with_a_person(
                "say whether something happened",
                "Say it at a terminal or in the window, or give a decider's token in $COUNTERSIGN_TOKEN",
            )?;
        }
        let mut door = console.open().await?;
        let outcome = self.at(console, &mut door, token).await;
        door.close().await;
        outcome
    }

    async fn at(self, console: &mut Console, door: &mut Door, token: Option<String>) -> Outcome {
        let run = super::find(console, door, &self.run).await?;
        let answer = if self.word.run_again {
            DoubtAnswer::RunAgain
        } else if self.word.roll_back {
            DoubtAnswer::RollBack
        } else {
            DoubtAnswer::ItHappened
        };
        // What is not in doubt is not asked about: the engine's refusal says why.
        if token.is_none() && doubted(&run, &self.step).is_some() {
            let mut following = Following::start(door, run.id()).await?;
            let mut question = Question::in_doubt(console, &mut following, &self.step);
            let vouched = match question.show_doubt(door, &self.step).await {
                Ok(()) => question.vouch(&self.step, answer).await,
                Err(no_answer) => Err(no_answer),
            };
            match vouched {
                Ok(true) | Err(NoAnswer::Overtaken) => {}
                Ok(false) | Err(NoAnswer::Later) => return Ok(Exit::Refused),
                Err(NoAnswer::Interrupted) => return Ok(Exit::Interrupted),
                Err(NoAnswer::Fault(fault)) => return Err(Trouble::from(fault)),
            }
        }
        let call = api::ResolveDoubt {
            run: run.id().clone(),
            step: self.step.clone(),
            answer,
            token,
        };
        let heard = |run: &Run| doubted(run, &self.step).is_none();
        console.change(door, run.id(), call, heard).await?;
        let (run, left) = attend(console, door, run.id(), false).await?;
        Ok(super::tell(console, door, &run, left).await)
    }
}
