//! `countersign cancel RUN`: stops a run and waits until it has come to a known end.

use crate::{
    attend::{Left, attend},
    console::Console,
    exit::{Exit, Outcome, TABLE},
};
use engine::Door;
use workflow::{Run, RunState};

/// Stop a run
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Stop a run, and wait until it has come to a known end.

Nothing new starts, open gates close, reads are broken off. A change that is under way is stopped where its tool can, \
and is waited for until it is known whether it happened. What was changed is listed; cancelling undoes nothing.

Examples:
  countersign cancel 20261122-1041")]
pub(crate) struct Cancel {
    /// The run, or the beginning of its name
    run: String,
}

impl Cancel {
    pub(crate) async fn perform(self, console: &mut Console) -> Outcome {
        let mut door = console.open().await?;
        let outcome = self.at(console, &mut door).await;
        door.close().await;
        outcome
    }

    async fn at(self, console: &mut Console, door: &mut Door) -> Outcome {
        let run = super::find(console, door, &self.run).await?;
        let call = api::CancelRun {
            run: run.id().clone(),
        };
        let heard = |run: &Run| run.is_over() || run.stopping().is_some();
        console.change(door, run.id(), call, heard).await?;
        let (run, left) = attend(console, door, run.id(), false).await?;
        let exit = super::tell(console, door, &run, left).await;
        let is_cancelled = left == Left::Over && run.state() == RunState::Cancelled;
        Ok(if is_cancelled { Exit::Done } else { exit })
    }
}
