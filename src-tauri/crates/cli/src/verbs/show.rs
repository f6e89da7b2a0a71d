//! `countersign show RUN`: a run as it is now, with the cards that wait. Looks without the lock.

use crate::{
    card::Shown,
    console::Console,
    ending::{Ending, decide_arguments},
    exit::{Exit, Outcome, TABLE},
    in_doubt::{doubt_lines, doubted},
    line::Line,
    load::Loader,
    phrases, tree, value,
};
use serde_json::{Value as Json, json};
use workflow::{ActorKind, Datum, Run, StepKey};

/// Show a run as it is now, with the cards that wait for a person
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Show a run as it is now, with the cards that wait for a person.

A run can be named by the beginning of its name when no other begins so. Works beside the window: it only reads.

With --json the object of `run` is printed, with these besides: inputs, steps (each with step, state, undone, attempt, \
started_at_us, ended_at_us), and in each entry of `waiting` the whole card.

Examples:
  countersign show 20261122-1041
  countersign show 20261122-1041 --json")]
pub(crate) struct Show {
    /// The run, or the beginning of its name
    run: String,
}

impl Show {
    pub(crate) async fn perform(self, console: &Console) -> Outcome {
        let mut door = console.open_for_reading().await?;
        let run = super::find(console, &mut door, &self.run).await?;
        let mut loader = Loader::new(console, &door);
        let ending = Ending::of(&run, &mut loader).await;
        let screen = &console.screen;
        if screen.json() {
            let mut object = ending.json(|arguments| console.command(arguments));
            more(&mut object, &run, &mut loader).await?;
            screen.object(&object);
            return Ok(Exit::Done);
        }
        screen.results(&head(&run, &mut loader).await);
        screen.result(&Line::default());
        screen.results(&tree::lines(&run, engine::now_us()));
        for gate in run.open_gates() {
            let (Some(card), Some(digest)) = (&gate.card, gate.card_digest) else {
                continue;
            };
            let card = loader.card(card).await?;
            let shown = Shown {
                run: &run,
                gate: &gate.id,
                revision: gate.revision,
                digest,
                card: &card,
                now_us: engine::now_us(),
            };
            screen.result(&Line::default());
            screen.results(&shown.lines());
            let answer = console.command(&decide_arguments(&run, &gate.id, &digest.to_string()));
            screen.result(&Line::default().dim("decide   ").plain(answer));
        }
        for step in run.summary().in_doubt {
            if let Some((calling, why)) = doubted(&run, &step) {
                let args = Datum::Inline(loader.value(&calling.planned.call.args).await?);
                screen.result(&Line::default());
                screen.results(&doubt_lines(&step, calling, why, &args));
            }
        }
        for lines in [ending.results(), ending.end()] {
            if !lines.is_empty() {
                screen.result(&Line::default());
                screen.results(&lines);
            }
        }
        Ok(Exit::Done)
    }
}

async fn head(run: &Run, loader: &mut Loader<'_>) -> Vec<Line> {
    let field = |name: &str| Line::default().dim(format!("{name:<9}"));
    let definition = run.definition();
    let mut lines = vec![
        Line::default()
            .bold(&definition.title)
            .dim(format!("  {} {}", definition.id, definition.version)),
        field("run").plain(run.id().to_string()),
    ];
    let state = match run.stopping().filter(|_| !run.is_waiting()) {
        Some(stopping) => format!("stopping: {}", stopping.why.sentence()),
        None => run.state().word().to_owned(),
    };
    lines.push(field("state").bold(state));
    if let Some(started) = run.started() {
        let who = match started.by.kind {
            ActorKind::Person => format!("{} ({})", started.by.name, started.by.origin),
            ActorKind::Engine => started.by.name.clone(),
        };
        lines.push(field("started").plain(format!("{} by {who}", phrases::moment(started.at_us))));
    }
    for (name, datum) in run.inputs() {
        let value = loader.value_or_excerpt(datum).await;
        lines.extend(
            value::named(name, &value)
                .into_iter()
                .map(|line| field("input").joined(line)),
        );
    }
    for gate in run.gates().values() {
        for answer in &gate.answers {
            let text = format!(
                "{}: {} by {} ({}) at {}",
                gate.id,
                answer.decision.kind().word(),
                answer.by.name,
                answer.by.origin,
                phrases::moment(answer.at_us)
            );
            lines.push(field("answer").plain(text));
        }
    }
    lines
}

async fn more(object: &mut Json, run: &Run, loader: &mut Loader<'_>) -> Result<(), api::Fault> {
    let mut inputs = serde_json::Map::new();
    for (name, datum) in run.inputs() {
        inputs.insert(name.clone(), loader.value_or_excerpt(datum).await);
    }
    object["inputs"] = Json::Object(inputs);
    object["steps"] = steps(run)
        .into_iter()
        .map(|key| {
            let step = run.step(&key);
            json!({
                "step": key,
                "state": run.step_status(&key),
                "undone": run.is_undone(&key),
                "attempt": step.map(|step| step.attempt),
                "started_at_us": step.map(|step| step.started_at_us),
                "ended_at_us": step.and_then(|step| step.ended_at_us),
            })
        })
        .collect();
    for (number, gate) in run.open_gates().enumerate() {
        if let Some(card) = &gate.card {
            object["waiting"][number]["card"] = json!(loader.card(card).await?);
        }
    }
    Ok(())
}

/// All step instances in the file's order, those that have not started included.
fn steps(run: &Run) -> Vec<StepKey> {
    let mut keys = Vec::new();
    for step in run.definition().all_steps() {
        let mut started: Vec<StepKey> = run
            .steps()
            .keys()
            .filter(|key| *key.id == *step.id)
            .cloned()
            .collect();
        if started.is_empty() && run.definition().list_depth(&step.id) == 0 {
            started.push(StepKey::top(&step.id));
        }
        keys.extend(started);
    }
    keys
}
