//! `countersign resume`: opens the engine and lets go on what is owed, until nothing is.

use crate::{
    attend::{Left, attend},
    console::Console,
    ending::Ending,
    exit::{Exit, Outcome, TABLE},
    line::Line,
    load::Loader,
};
use engine::Door;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use workflow::{Run, RunId, RunState, RunSummary};

/// Let runs go on that were interrupted
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Let runs go on that were interrupted.

Without a run: whatever is owed goes on, shown live, until nothing goes on without a person. Those that wait are listed \
with the line that answers them.

With a run: stays with that one, and asks you at its gates when you sit at a terminal.

Nothing is repeated: a change that was cut off is looked for first; where nobody can tell, you are asked.

With --json: {runs: [object as of `run`]}, or with a run that object alone.

Examples:
  countersign resume
  countersign resume 20261122-1041")]
pub(crate) struct Resume {
    /// One run, or the beginning of its name
    run: Option<String>,
}

impl Resume {
    pub(crate) async fn perform(self, console: &mut Console) -> Outcome {
        let mut door = console.open().await?;
        let outcome = match &self.run {
            Some(run) => one(console, &mut door, run).await,
            None => all(console, &mut door).await,
        };
        door.close().await;
        outcome
    }
}

async fn one(console: &mut Console, door: &mut Door, run: &str) -> Outcome {
    let run = super::find(console, door, run).await?;
    let head = Line::default()
        .bold(&run.definition().title)
        .dim(format!("  run {}", run.id()));
    console.screen.say(&head);
    let asks = console.screen.asks();
    let (run, left) = attend(console, door, run.id(), asks).await?;
    Ok(super::tell(console, door, &run, left).await)
}

async fn all(console: &mut Console, door: &mut Door) -> Outcome {
    let mut ended: Vec<Run> = Vec::new();
    let mut seen: BTreeSet<RunId> = BTreeSet::new();
    let mut interrupted = false;
    let rows = loop {
        let rows = door
            .call(api::Runs { limit: u32::MAX }, console.origin())
            .await?;
        // The oldest first, as they were started.
        let next = rows
            .iter()
            .rev()
            .find(|row| goes_on(row) && !seen.contains(&row.run));
        let Some(next) = next else { break rows };
        seen.insert(next.run.clone());
        let head = Line::default()
            .bold(&next.title)
            .dim(format!("  run {}", next.run));
        console.screen.say(&head);
        let (run, left) = attend(console, door, &next.run, false).await?;
        if left == Left::Interrupted {
            interrupted = true;
            break rows;
        }
        if left == Left::Over {
            tell_end(console, door, &run).await;
            ended.push(run);
        }
    };
    let waiting: Vec<&RunSummary> = rows
        .iter()
        .filter(|row| row.state == RunState::Waiting)
        .collect();
    let mut objects: Vec<Json> = Vec::new();
    let mut loader = Loader::new(console, door);
    for run in &ended {
        let ending = Ending::of(run, &mut loader).await;
        objects.push(ending.json(|arguments| console.command(arguments)));
    }
    for row in &waiting {
        let run = super::find(console, door, &row.run.0).await?;
        let ending = Ending::of(&run, &mut loader).await;
        if console.screen.json() {
            objects.push(ending.json(|arguments| console.command(arguments)));
        } else {
            console
                .screen
                .results(&ending.waiting(|arguments| console.command(arguments)));
        }
    }
    if console.screen.json() {
        console.screen.object(&json!({ "runs": objects }));
    } else if seen.is_empty() && waiting.is_empty() {
        console
            .screen
            .result(&Line::of("Nothing is owed: no run can go on."));
    }
    let failed = ended.iter().any(|run| run.state() != RunState::Completed);
    Ok(match (interrupted, failed, waiting.is_empty()) {
        (true, ..) => Exit::Interrupted,
        (false, true, _) => Exit::RunFailed,
        (false, false, false) => Exit::Waiting,
        (false, false, true) => Exit::Done,
    })
}

fn goes_on(row: &RunSummary) -> bool {
    matches!(
        row.state,
        RunState::Pending | RunState::Running | RunState::RollingBack
    )
}

async fn tell_end(console: &Console, door: &mut Door, run: &Run) {
    let mut loader = Loader::new(console, door);
    let ending = Ending::of(run, &mut loader).await;
    if !console.screen.json() {
        console.screen.say_all(&ending.end());
    }
}
