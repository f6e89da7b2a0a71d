//! `countersign run WORKFLOW`: starts a workflow and stays with it.

use crate::{
    attend::attend,
    console::Console,
    exit::{Exit, Outcome, TABLE, Trouble},
    inputs::{self, Input, Inputs},
    line::Line,
};
use serde_json::{Map, Value as Json};
use std::{io::Read as _, path::Path};

/// Start a workflow and stay with it
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Start a workflow and stay with it.

At a terminal the steps are shown while they run, and at a gate you are asked, with the full card before you: the exact \
calls, what they would change, and how that is undone. To approve, type the first six characters of the card's digest.

Without a terminal (or with --detach) nobody can be asked: the run is left waiting, its gate and the card's digest are \
printed with the line that answers it, and the program ends with 75.

An input has the type that the workflow's schema gives it; lists and objects are written as JSON. Inputs that are \
missing are asked for at a terminal.

Ctrl-C leaves the run as it is; it can go on with `resume`. A second Ctrl-C ends the program at once.

With --json one object is printed at the end:
  run, workflow, title, state, started_at_us, ended_at_us, message,
  outputs     the values that the workflow gives, by name
  failure     null, or {step, tool, code, message, hint}
  changed     [{step, tool, certain, changes: [{verb, subject, diff}], undo}]
  waiting     [{gate, revision, digest, title, decisions, expires_at_us, decide}]
  in_doubt    [step]

Examples:
  countersign run health_check
  countersign run health_check -i 'limits={\"disk_pct\": 90}'
  countersign run health_check --json > check.json
  countersign run write_note --inputs note.json --detach")]
pub(crate) struct Run {
    /// The workflow's id (see `countersign workflows`)
    workflow: String,

    /// An input; may be given several times
    #[arg(short, long = "input", value_name = "KEY=VALUE")]
    input: Vec<String>,

    /// A JSON object with inputs; `-` is standard input. Inputs given with -i count more
    #[arg(long, value_name = "FILE")]
    inputs: Option<String>,

    /// Ask nobody: leave the run waiting at its first gate
    #[arg(long)]
    detach: bool,
}

impl Run {
    pub(crate) async fn perform(self, console: &mut Console) -> Outcome {
        let mut given = match &self.inputs {
            None => Map::new(),
            Some(file) => from_file(file)?,
        };
        let mut door = console.open().await?;
        let outcome = self.start(console, &mut door, &mut given).await;
        door.close().await;
        outcome
    }

    async fn start(
        &self,
        console: &mut Console,
        door: &mut engine::Door,
        given: &mut Map<String, Json>,
    ) -> Outcome {
        let list = door.call(api::Workflows {}, console.origin()).await?;
        let Some(info) = list.workflows.iter().find(|info| info.id == self.workflow) else {
            // The engine knows whether there is a broken file behind it.
            let call = api::StartRun {
                workflow: self.workflow.clone(),
                inputs: Map::new(),
            };
            return match door.call(call, console.origin()).await {
                Err(fault) => Err(fault.into()),
                Ok(_) => Err(super::workflows::unknown(&self.workflow, &list.workflows)),
            };
        };
        let schema = Inputs(&info.inputs);
        for text in &self.input {
            let (name, value) = inputs::pair(text)?;
            given.insert(name.to_owned(), schema.named(name)?.value(value)?);
        }
        let missing = schema.missing(given);
        if !missing.is_empty() {
            if !console.screen.asks() {
                return Err(told(&missing));
            }
            for input in missing {
                match ask(console, input).await {
                    Some(value) => given.insert(input.name.to_owned(), value),
                    None => return Ok(Exit::Interrupted),
                };
            }
        }
        let title = info.title.clone();
        start(
            console,
            door,
            (&self.workflow, &title),
            given.clone(),
            self.detach,
        )
        .await
    }
}

/// Starts a workflow (its id and title) with inputs that have their types, and stays with the run.
pub(super) async fn start(
    console: &mut Console,
    door: &mut engine::Door,
    (workflow, title): (&str, &str),
    inputs: Map<String, Json>,
    detach: bool,
) -> Outcome {
    let call = api::StartRun {
        workflow: workflow.to_owned(),
        inputs,
    };
    let started = door.call(call, console.origin()).await?;
    let head = Line::default()
        .bold(title)
        .dim(format!("  run {}", started.run));
    console.screen.say(&head);
    let asks = console.screen.asks() && !detach;
    let (run, left) = attend(console, door, &started.run, asks).await?;
    Ok(super::tell(console, door, &run, left).await)
}

fn from_file(file: &str) -> Result<Map<String, Json>, Trouble> {
    let text = if file == "-" {
        let mut text = String::new();
        std::io::stdin()
            .lock()
            .read_to_string(&mut text)
            .map(|_| text)
    } else {
        std::fs::read_to_string(Path::new(file))
    };
    let text = text.map_err(|error| {
        Trouble::usage(
            format!("The inputs in {file} cannot be read: {error}"),
            "Name a file with a JSON object, or - for standard input",
        )
    })?;
    match serde_json::from_str(&text) {
        Ok(Json::Object(inputs)) => Ok(inputs),
        Ok(_) => Err(Trouble::usage(
            format!("The inputs in {file} are not a JSON object"),
            r#"Write {"input": value, …}"#,
        )),
        Err(error) => Err(Trouble::usage(
            format!("The inputs in {file} are not JSON: {error}"),
            r#"Write {"input": value, …}"#,
        )),
    }
}

/// The list of what is missing, where nobody can be asked.
fn told(missing: &[Input<'_>]) -> Trouble {
    let list: Vec<String> = missing
        .iter()
        .map(|input| format!("{} ({})", input.name, input.takes()))
        .collect();
    let examples: Vec<String> = missing
        .iter()
        .map(|input| {
            let pair = format!("{}={}", input.name, input.example());
            format!("-i {}", crate::console::quoted(&pair))
        })
        .collect();
    let what = if missing.len() == 1 {
        "This input is"
    } else {
        "These inputs are"
    };
    Trouble::usage(
        format!("{what} missing: {}", list.join(", ")),
        format!("For example: {}", examples.join(" ")),
    )
}

/// Asks for an input until it has its type; `None` when the person wants to stop.
async fn ask(console: &mut Console, input: Input<'_>) -> Option<Json> {
    let text = |key: &str| input.schema.get(key).and_then(Json::as_str);
    let title = text("title").or_else(|| text("description"));
    let about = title.map(|title| format!(", {title}")).unwrap_or_default();
    let prompt = Line::default()
        .bold(input.name)
        .plain(format!(" ({}{about}): ", input.takes()));
    loop {
        console.screen.prompt(&prompt);
        let typed = tokio::select! {
            line = console.keyboard.line() => line,
            () = console.interrupt.pressed() => None,
        };
        let Some(typed) = typed else {
            console.screen.say(&Line::default());
            return None;
        };
        match input.value(&typed) {
            Ok(value) => return Some(value),
            Err(trouble) => console.screen.complain(&trouble.fault),
        }
    }
}
