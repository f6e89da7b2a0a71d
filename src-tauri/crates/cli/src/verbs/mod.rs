//! The verbs, a file for each, called like it.

mod agents;
mod app;
mod apps;
mod audit;
mod backup;
mod cancel;
mod decide;
mod decisions;
mod diagnostics;
mod doubt;
mod export;
mod log;
mod operators;
mod restore;
mod resume;
mod run;
mod runs;
mod schema;
mod secrets;
mod show;
mod undo;
mod validate;
mod workflows;

use crate::{
    attend::Left,
    console::Console,
    ending::Ending,
    exit::{Exit, Outcome, Trouble},
    line::Line,
    load::Loader,
};
use api::{Fault, FileMade};
use clap::Subcommand;
use engine::Door;
use serde_json::json;
use workflow::Run;

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Workflows(workflows::Workflows),
    Validate(validate::Validate),
    Schema(schema::Schema),
    Run(run::Run),
    Runs(runs::Runs),
    Agents(agents::Agents),
    Apps(apps::Apps),
    App(app::App),
    Show(show::Show),
    Decide(decide::Decide),
    Doubt(doubt::Doubt),
    Operators(operators::Operators),
    Secrets(secrets::Secrets),
    Cancel(cancel::Cancel),
    Undo(undo::Undo),
    Resume(resume::Resume),
    Log(log::Log),
    Decisions(decisions::Decisions),
    Audit(audit::Audit),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Diagnostics(diagnostics::Diagnostics),
}

impl Verb {
    /// Does it. The verbs that stay with a run hear Ctrl-C themselves; the others end at it.
    pub(crate) async fn perform(self, console: &mut Console) -> Outcome {
        match self {
            Verb::Run(run) => return run.perform(console).await,
            Verb::Agents(agents) => return agents.perform(console).await,
            Verb::Decide(decide) => return decide.perform(console).await,
            Verb::Doubt(doubt) => return doubt.perform(console).await,
            Verb::Cancel(cancel) => return cancel.perform(console).await,
            Verb::Undo(undo) => return undo.perform(console).await,
            Verb::Resume(resume) => return resume.perform(console).await,
            Verb::Secrets(secrets) => {
                let mut interrupt = console.interrupt.clone();
                return tokio::select! {
                    outcome = secrets.perform(console) => outcome,
                    () = interrupt.pressed() => Ok(Exit::Interrupted),
                };
            }
            Verb::Workflows(_)
            | Verb::Apps(_)
            | Verb::App(_)
            | Verb::Validate(_)
            | Verb::Schema(_)
            | Verb::Runs(_)
            | Verb::Show(_)
            | Verb::Operators(_)
            | Verb::Log(_)
            | Verb::Decisions(_)
            | Verb::Audit(_)
            | Verb::Backup(_)
            | Verb::Restore(_)
            | Verb::Diagnostics(_) => {}
        }
        let mut interrupt = console.interrupt.clone();
        tokio::select! {
            outcome = self.perform_short(console) => outcome,
            () = interrupt.pressed() => Ok(Exit::Interrupted),
        }
    }

    async fn perform_short(self, console: &Console) -> Outcome {
        match self {
            Verb::Workflows(workflows) => workflows.perform(console),
            Verb::Apps(apps) => apps.perform(console),
            Verb::App(app) => app.perform(console).await,
            Verb::Validate(validate) => validate.perform(console),
            Verb::Schema(schema) => schema.perform(console),
            Verb::Runs(runs) => runs.perform(console).await,
            Verb::Show(show) => show.perform(console).await,
            Verb::Operators(operators) => operators.perform(console).await,
            Verb::Log(log) => log.perform(console).await,
            Verb::Decisions(decisions) => decisions.perform(console).await,
            Verb::Audit(audit) => audit.perform(console).await,
            Verb::Backup(backup) => backup.perform(console).await,
            Verb::Restore(restore) => restore.perform(console).await,
            Verb::Diagnostics(diagnostics) => diagnostics.perform(console).await,
            Verb::Run(_)
            | Verb::Agents(_)
            | Verb::Decide(_)
            | Verb::Doubt(_)
            | Verb::Cancel(_)
            | Verb::Undo(_)
            | Verb::Resume(_)
            | Verb::Secrets(_) => Ok(Exit::Done),
        }
    }
}

/// Does what waits for the disk beside the threads that must not wait.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        Fault::new(
            "internal",
            "Something went wrong inside Countersign",
            "Report this as a bug, with the detail",
        )
        .with_detail(error.to_string())
    })?
}

/// Tells of a file that was written: where it is as the result, what is in it beside.
fn tell_made(console: &Console, made: &FileMade) {
    let screen = &console.screen;
    if screen.json() {
        screen.object(&json!(made));
        return;
    }
    screen.result(&Line::of(&made.path));
    for sentence in &made.says {
        screen.say(&Line::default().dim(sentence));
    }
}

/// The run of that name, or of the only name that begins so.
async fn find(console: &Console, door: &mut Door, run: &str) -> Result<Run, Trouble> {
    let call = api::ShowRun {
        run: run.to_owned(),
    };
    Ok(console.look(door, call).await?)
}

/// Tells how a run stands after a verb that stayed with it; gives the exit code that says so.
async fn tell(console: &Console, door: &Door, run: &Run, left: Left) -> Exit {
    let screen = &console.screen;
    let mut loader = Loader::new(console, door);
    let ending = Ending::of(run, &mut loader).await;
    let exit = match left {
        Left::Interrupted => Exit::Interrupted,
        Left::Over | Left::Waiting => ending.exit(),
    };
    if screen.json() {
        screen.object(&ending.json(|arguments| console.command(arguments)));
        return exit;
    }
    match left {
        Left::Over => {
            let results = ending.results();
            if !results.is_empty() {
                screen.say(&Line::default());
                screen.results(&results);
            }
            screen.say(&Line::default());
            screen.say_all(&ending.end());
        }
        Left::Waiting => screen.results(&ending.waiting(|arguments| console.command(arguments))),
        Left::Interrupted => {
            let (what, verb) = if door.is_remote() {
                (
                    "Left. The run goes on where the data folder is open.",
                    "look again",
                )
            } else {
                (
                    "Interrupted. The run stays as it is and can go on.",
                    "go on",
                )
            };
            screen.say(&Line::of(what));
            for (verb, arguments) in [(verb, "resume"), ("stop it", "cancel")] {
                let command = console.command(&format!("{arguments} {}", run.id()));
                screen.say(&Line::default().dim(format!("  {verb:<11}")).plain(command));
            }
        }
    }
    exit
}
