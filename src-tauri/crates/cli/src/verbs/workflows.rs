//! `countersign workflows`: what can be run, and what is wrong with files that cannot.

use crate::{
    console::Console,
    exit::{Exit, Outcome, TABLE, Trouble},
    inputs::Inputs,
    line::{Line, Style, table},
    phrases,
};
use api::WorkflowInfo;
use serde_json::json;

/// List the workflows that can be run, or one of them with its inputs
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
List the workflows that can be run, or one of them with its inputs.

Workflows come with the program, and from YAML files in the folder `workflows` of the data folder. A file with the id \
of a built-in one stands in for it. What is wrong with a file is told below the list.

Examples:
  countersign workflows
  countersign workflows health_check")]
pub(crate) struct Workflows {
    /// One workflow, with its inputs and stages
    workflow: Option<String>,
}

impl Workflows {
    pub(crate) fn perform(self, console: &Console) -> Outcome {
        let list = engine::workflows(&console.data_dir());
        let screen = &console.screen;
        let Some(id) = self.workflow else {
            if screen.json() {
                screen.object(&json!(list));
                return Ok(Exit::Done);
            }
            let rows = list.workflows.iter().map(row).collect();
            screen.results(&table(&["ID", "TITLE", "RISK", "INPUTS", "FROM"], rows));
            screen.result(&Line::default());
            screen.result(&Line::default().dim(format!("Your own files go into {}", list.folder)));
            for finding in &list.findings {
                screen.result(&Line::default().and(Style::Bad, finding.to_string()));
            }
            return Ok(Exit::Done);
        };
        let Some(info) = list.workflows.iter().find(|info| info.id == id) else {
            return Err(unknown(&id, &list.workflows));
        };
        if screen.json() {
            screen.object(&json!(info));
        } else {
            screen.results(&whole(info));
            let command = console.command(&format!("run {}{}", info.id, example(info)));
            screen.result(&Line::default().dim("start it  ").plain(command));
        }
        Ok(Exit::Done)
    }
}

/// There is no such workflow; says which there are.
pub(super) fn unknown(id: &str, known: &[WorkflowInfo]) -> Trouble {
    let known: Vec<&str> = known.iter().map(|info| info.id.as_str()).collect();
    api::Fault::new(
        "unknown_workflow",
        format!("There is no workflow {id}"),
        format!("There are: {}", known.join(", ")),
    )
    .into()
}

fn row(info: &WorkflowInfo) -> Vec<Line> {
    let inputs = Inputs(&info.inputs);
    let missing = inputs.missing(&serde_json::Map::new());
    let required: Vec<&str> = missing.iter().map(|input| input.name).collect();
    let optional = inputs.all().count() - required.len();
    let inputs = match (required.is_empty(), optional) {
        (true, 0) => "none".to_owned(),
        (true, more) => format!("{more} optional"),
        (false, 0) => required.join(", "),
        (false, more) => format!("{} (+{more} optional)", required.join(", ")),
    };
    vec![
        Line::default().bold(&info.id),
        Line::of(&info.title),
        risk(info),
        Line::of(inputs),
        Line::of(&info.origin),
    ]
}

fn risk(info: &WorkflowInfo) -> Line {
    let word = match info.risk {
        workflow::Risk::Low => Line::of("low"),
        workflow::Risk::Medium => Line::default().and(Style::Warn, "medium"),
        workflow::Risk::High => Line::default().and(Style::Bad, "high"),
    };
    if info.reads_only {
        word.dim(", only reads")
    } else {
        word
    }
}

fn whole(info: &WorkflowInfo) -> Vec<Line> {
    let field = |name: &str| Line::default().dim(format!("{name:<10}"));
    let mut lines = vec![
        Line::default()
            .bold(&info.title)
            .dim(format!("  {} {}", info.id, info.version)),
        Line::of(&info.description),
        field("risk").joined(risk(info)),
        field("from").plain(&info.origin),
    ];
    if info.shadows_builtin {
        lines.push(field("").plain("stands in for the built-in of the same id"));
    }
    for (number, stage) in info.stages.iter().enumerate() {
        let name = if number == 0 { "stages" } else { "" };
        lines.push(field(name).plain(format!("{} {stage}", number + 1)));
    }
    let inputs = Inputs(&info.inputs);
    let count = inputs.all().count();
    lines.push(field("inputs").plain(phrases::count(count, "input")));
    for input in inputs.all() {
        let mut line = Line::default()
            .bold(format!("  {}", input.name))
            .plain(format!("  {}", input.takes()));
        if let Some(default) = input.schema.get("default") {
            line = line.dim(format!("  [default: {default}]"));
        }
        let words = ["title", "description"]
            .map(|key| input.schema.get(key).and_then(|text| text.as_str()));
        for text in words.into_iter().flatten() {
            line = line.dim(format!("  {text}"));
        }
        lines.push(line);
    }
    lines
}

fn example(info: &WorkflowInfo) -> String {
    let missing = Inputs(&info.inputs).missing(&serde_json::Map::new());
    missing
        .iter()
        .map(|input| {
            let pair = format!("{}={}", input.name, input.example());
            format!(" -i {}", crate::console::quoted(&pair))
        })
        .collect()
}
