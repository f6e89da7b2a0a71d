//! `countersign runs`: what has been run, the newest first. Looks without the lock, so it works beside the window.

use crate::{
    console::Console,
    exit::{Exit, Outcome, TABLE},
    line::{Line, Style, table},
    phrases,
};
use serde_json::json;
use workflow::{RunState, RunSummary};

/// List the runs, the newest first
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
List the runs, the newest first.

Works beside the window and beside other commands: it only reads. With --json: {runs: [row]}, each row with run, \
workflow, title, state, stopping, started_by, started_at_us, ended_at_us, open_gates, in_doubt, message, stages.

Examples:
  countersign runs
  countersign runs --waiting
  countersign runs --limit 200 --json")]
pub(crate) struct Runs {
    /// At most so many [default: 20; with --json all]
    #[arg(long)]
    limit: Option<u32>,

    /// Only those that wait for a person
    #[arg(long)]
    waiting: bool,
}

impl Runs {
    pub(crate) async fn perform(self, console: &Console) -> Outcome {
        // A script must not take the first page for everything.
        let usual = if console.screen.json() { u32::MAX } else { 20 };
        let most = self.limit.unwrap_or(usual);
        let rows = match console.open_for_reading().await {
            Ok(door) => {
                // Those that wait are few among many: look further back for them.
                let limit = if self.waiting { u32::MAX } else { most };
                door.call(api::Runs { limit }, console.origin()).await?
            }
            // Nobody has run anything in this folder yet.
            Err(fault) if fault.code == "no_data" => Vec::new(),
            Err(fault) => return Err(fault.into()),
        };
        let rows: Vec<RunSummary> = rows
            .into_iter()
            .filter(|row| !self.waiting || row.state == RunState::Waiting)
            .take(most as usize)
            .collect();
        let screen = &console.screen;
        if screen.json() {
            screen.object(&json!({ "runs": rows }));
        } else if rows.is_empty() {
            screen.result(&Line::of("No runs yet."));
            let command = console.command("run health_check");
            screen.result(&Line::default().dim("a first one  ").plain(command));
        } else {
            let heads = ["RUN", "WORKFLOW", "STATE", "STARTED", "TOOK", ""];
            screen.results(&table(&heads, rows.iter().map(row).collect()));
        }
        Ok(Exit::Done)
    }
}

fn row(summary: &RunSummary) -> Vec<Line> {
    let style = match summary.state {
        RunState::Pending | RunState::Cancelled => Style::Dim,
        RunState::Running => Style::Bold,
        RunState::Waiting => Style::Warn,
        RunState::Completed => Style::Good,
        RunState::Failed => Style::Bad,
    };
    let state = if summary.stopping {
        "stopping"
    } else {
        summary.state.word()
    };
    let took = summary
        .ended_at_us
        .map(|ended| phrases::elapsed(ended - summary.started_at_us));
    let questions: Vec<&str> = summary
        .open_gates
        .iter()
        .map(|gate| gate.title.as_str())
        .collect();
    let more = match (questions.is_empty(), &summary.message) {
        (false, _) => format!("✋ {}", questions.join(" · ")),
        (true, Some(message)) => message.clone(),
        (true, None) if !summary.in_doubt.is_empty() => "✋ in doubt".to_owned(),
        (true, None) => String::new(),
    };
    vec![
        Line::of(summary.run.to_string()),
        Line::of(&summary.workflow),
        Line::default().and(style, state),
        Line::of(phrases::moment(summary.started_at_us)),
        Line::of(took.unwrap_or_default()),
        Line::of(more).cut(60),
    ]
}
