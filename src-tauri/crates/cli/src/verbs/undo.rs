//! `countersign undo RUN`: undoes a run that is over, as a run of its own with one card.

use crate::{
    attend::attend,
    console::Console,
    exit::{Outcome, TABLE},
    line::Line,
};
use engine::Door;

/// Undo a run that is over
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Undo a run that is over: completed, failed, rolled back or cancelled.

Undoing is a run of its own. For each change that still stands, the newest first, the tool that made it is asked what \
undoes it, and that is previewed against the present. One card names them all, and those that cannot be undone with the \
reason. Nothing happens before you approve it; single ones can be dropped. What is back already is left out, so undoing \
twice changes nothing.

With --from only what that step and those after it have changed is undone. Where two changes of a run are to the same \
file, the older one fits only when the newer one is undone: undo once more for it.

A workflow says how long its runs may be undone (`undo: { window: 7d }`); where it does not, 30 days.

Examples:
  countersign undo 20261122-1041
  countersign undo 20261122-1041 --from write_config
  countersign undo 20261122-1041 --detach --json")]
pub(crate) struct Undo {
    /// The run, or the beginning of its name
    run: String,

    /// Only what this step and those after it have changed
    #[arg(long, value_name = "STEP")]
    from: Option<String>,

    /// Leave at the card, also at a terminal
    #[arg(long)]
    detach: bool,
}

impl Undo {
    pub(crate) async fn perform(self, console: &mut Console) -> Outcome {
        let mut door = console.open().await?;
        let outcome = self.start(console, &mut door).await;
        door.close().await;
        outcome
    }

    async fn start(self, console: &mut Console, door: &mut Door) -> Outcome {
        let call = api::UndoRun {
            run: self.run,
            from: self.from,
        };
        let started = door.call(call, console.origin()).await?;
        let head = Line::default()
            .bold("Undo")
            .dim(format!("  run {}", started.run));
        console.screen.say(&head);
        let asks = console.screen.asks() && !self.detach;
        let (run, left) = attend(console, door, &started.run, asks).await?;
        Ok(super::tell(console, door, &run, left).await)
    }
}
