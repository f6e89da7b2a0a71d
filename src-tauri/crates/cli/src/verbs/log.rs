//! `countersign log RUN [STEP]`: what the calls of a run have logged. Looks without the lock; following needs the engine.

use crate::{
    console::{Console, is_gone},
    exit::{Exit, Outcome, TABLE, Trouble},
    following::{Following, News},
    line::{Line, Style},
    view::log_line,
};
use api::{Fault, LogLine};
use engine::Door;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use workflow::{Digest, Phase, Run, StepKey, StepRun};

/// Print what the calls of a run have logged
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Print what the calls of a run have logged, step by step and try by try.

`│` marks standard output, `!` standard error, `·` a note of the tool itself. Works beside the window: it only reads. \
With --follow it stays until the run is over; that needs the engine to run somewhere (the window, `run` or `resume`).

With --json: {calls: [{step, try, error, lines: [{stream, text}]}]}.

Examples:
  countersign log 20261122-1041
  countersign log 20261122-1041 check_agent
  countersign log 20261122-1041 --follow")]
pub(crate) struct Log {
    /// The run, or the beginning of its name
    run: String,

    /// Only this step; of a list, all its items
    step: Option<StepKey>,

    /// Go on until the run is over
    #[arg(long, conflicts_with = "json")]
    follow: bool,
}

/// One try of a call.
struct Tried {
    step: StepKey,
    key: Digest,
    number: usize,
    /// `None` while it is under way.
    ended: Option<Option<String>>,
}

impl Log {
    pub(crate) async fn perform(self, console: &Console) -> Outcome {
        let mut door = console.open_for_reading().await?;
        let run = super::find(console, &mut door, &self.run).await?;
        let tries: Vec<Tried> = tries(&run)
            .into_iter()
            .filter(|tried| self.wants(&tried.step))
            .collect();
        if tries.is_empty()
            && let Some(step) = &self.step
            && run.definition().step(&step.id).is_none()
        {
            return Err(unknown_step(&run, step).into());
        }
        if self.follow && !run.is_over() {
            return self.follow(console, &run).await;
        }
        let screen = &console.screen;
        let mut objects: Vec<Json> = Vec::new();
        for tried in &tries {
            let (lines, _) = read(console, &door, &run, tried.key, 0).await?;
            if screen.json() {
                objects.push(json!({
                    "step": tried.step, "try": tried.number,
                    "error": tried.ended.as_ref().and_then(Option::as_ref), "lines": lines,
                }));
            } else {
                screen.result(&head(tried));
                lines
                    .iter()
                    .for_each(|line| screen.result(&log_line("", line)));
            }
        }
        if screen.json() {
            screen.object(&json!({ "calls": objects }));
        } else if tries.is_empty() {
            screen.result(&Line::of("Nothing has been called yet."));
        }
        Ok(Exit::Done)
    }

    fn wants(&self, step: &StepKey) -> bool {
        self.step
            .as_ref()
            .is_none_or(|wanted| wanted.id == step.id && step.items.starts_with(&wanted.items))
    }

    /// Prints what there is, and what comes, until the run is over.
    async fn follow(&self, console: &Console, run: &Run) -> Outcome {
        let mut printed = Printed::default();
        match self.follow_engine(console, run, &mut printed).await {
            Ok(()) => return Ok(Exit::Done),
            Err(fault) if is_gone(&fault) => {}
            Err(fault) => return Err(fault.into()),
        }
        // No engine runs, or no more: what is stored is all there is.
        let mut door = console.open_for_reading().await?;
        let run = super::find(console, &mut door, &run.id().0).await?;
        self.print(console, &door, &run, &mut printed).await?;
        if run.is_over() {
            return Ok(Exit::Done);
        }
        Err(Trouble::from(Fault::new(
            "engine_not_running",
            "No engine runs in this data folder, so nothing more will be logged",
            format!(
                "Let the run go on: {}",
                console.command(&format!("resume {}", run.id()))
            ),
        )))
    }

    async fn follow_engine(
        &self,
        console: &Console,
        run: &Run,
        printed: &mut Printed,
    ) -> Result<(), Fault> {
        let door = console.open().await?;
        if !door.is_remote() {
            door.close().await;
            return Err(Fault::new("engine_gone", "No engine runs here", ""));
        }
        let mut following = Following::start(&door, run.id()).await?;
        loop {
            self.print(console, &door, following.run(), printed).await?;
            if following.run().is_over() {
                return Ok(());
            }
            // Whatever happens is a reason to look: the log is read where it is kept, so nothing is missed or doubled.
            while let News::Nothing = following.next().await? {}
        }
    }

    /// Prints what was not printed yet.
    async fn print(
        &self,
        console: &Console,
        door: &Door,
        run: &Run,
        printed: &mut Printed,
    ) -> Result<(), Fault> {
        for tried in tries(run).iter().filter(|tried| self.wants(&tried.step)) {
            let from = printed.get(&tried.key).copied();
            let (lines, next) = read(console, door, run, tried.key, from.unwrap_or(0)).await?;
            if from.is_none() {
                console.screen.result(&head(tried));
            }
            for line in &lines {
                console.screen.result(&log_line("", line));
            }
            printed.insert(tried.key, next);
        }
        Ok(())
    }
}

/// How far each call's log is printed, in bytes.
type Printed = BTreeMap<Digest, u64>;

fn head(tried: &Tried) -> Line {
    let line = Line::default()
        .bold(tried.step.to_string())
        .dim(format!("  try {}", tried.number));
    match &tried.ended {
        None => line.and(Style::Bold, "  under way"),
        Some(None) => line.and(Style::Good, "  ✓"),
        Some(Some(error)) => line.and(Style::Bad, format!("  ✗ {error}")),
    }
}

/// Every try of every call, in the file's order, the one under way last.
fn tries(run: &Run) -> Vec<Tried> {
    let mut tries = Vec::new();
    for step in run.definition().all_steps() {
        for (key, step) in run.steps().iter().filter(|(key, _)| *key.id == *step.id) {
            let ended = step.tries.iter().map(|one| {
                let error = one.error.as_ref();
                (
                    one.key,
                    Some(error.map(|error| format!("{}: {}", error.code, error.message))),
                )
            });
            let under_way = under_way(step).map(|key| (key, None));
            for (number, (call, ended)) in ended.chain(under_way).enumerate() {
                tries.push(Tried {
                    step: key.clone(),
                    key: call,
                    number: number + 1,
                    ended,
                });
            }
        }
    }
    tries
}

fn under_way(step: &StepRun) -> Option<Digest> {
    match step.phase() {
        Some(
            Phase::Calling(calling)
            | Phase::Observing { calling, .. }
            | Phase::InDoubt { calling, .. },
        ) => Some(calling.key),
        Some(
            Phase::Group { .. }
            | Phase::List { .. }
            | Phase::Ready
            | Phase::Previewing { .. }
            | Phase::Inverting { .. }
            | Phase::Planned(_)
            | Phase::Backoff { .. }
            | Phase::Result { .. },
        )
        | None => None,
    }
}

/// All lines from a place on, and where the next ones begin.
async fn read(
    console: &Console,
    door: &Door,
    run: &Run,
    call: Digest,
    from: u64,
) -> Result<(Vec<LogLine>, u64), Fault> {
    let (mut lines, mut from) = (Vec::new(), from);
    loop {
        let page = api::Log {
            run: run.id().clone(),
            call,
            from,
        };
        let page = door.call(page, console.origin()).await?;
        lines.extend(page.lines);
        from = page.next;
        if !page.more {
            return Ok((lines, from));
        }
    }
}

fn unknown_step(run: &Run, step: &StepKey) -> Fault {
    let known: Vec<&str> = run
        .definition()
        .all_steps()
        .iter()
        .map(|step| step.id.as_str())
        .collect();
    Fault::new(
        "unknown_step",
        format!("This run has no step {step}"),
        format!("Its steps are: {}", known.join(", ")),
    )
}
