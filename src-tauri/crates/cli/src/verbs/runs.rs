//! `countersign runs`: what has been run, the newest first. Looks without the lock, so it works beside the window.

use crate::{
    console::Console,
    exit::{Exit, Outcome, TABLE},
    line::{Line, Style, table},
    phrases,
};
use api::HistoryRow;
use clap::ValueEnum;
use engine::Door;
use serde_json::{Value as Json, json};
use workflow::{RunState, RunSummary};

/// How many rows are asked for at once.
const PAGE: u32 = 1000;

/// List the runs, the newest first; look for some
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
List the runs, the newest first; look for some.

The words of --search are looked for in what a row says (title, workflow, run, who started it, why it failed) and in the \
logs of its calls; all of them must be there. Upper and lower case are the same, and signs are taken as they are.

Works beside the window and beside other commands: it only reads. With --json: {runs: [row], total}, each row with run, \
workflow, title, state, stopping, started_by, started_at_us, ended_at_us, open_gates, in_doubt, message, stages, and line, \
the line of a log that has the words.

Examples:
  countersign runs
  countersign runs --waiting
  countersign runs --search 'disk full' --state failed --state cancelled
  countersign runs --workflow health_check --limit 200 --json")]
pub(crate) struct Runs {
    /// At most so many [default: 20; with --json all]
    #[arg(long)]
    limit: Option<u32>,

    /// Only those that wait for a person
    #[arg(long)]
    waiting: bool,

    /// Only those with these words in their row or in a log
    #[arg(
        long,
        value_name = "WORDS",
        default_value = "",
        hide_default_value = true
    )]
    search: String,

    /// Only those in this state; may be given more than once
    #[arg(long, value_enum)]
    state: Vec<State>,

    /// Only those of this workflow
    #[arg(long, value_name = "ID")]
    workflow: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum State {
    Pending,
    Running,
    Waiting,
    Completed,
    Failed,
    Cancelled,
    #[value(name = "rolling_back")]
    RollingBack,
    #[value(name = "rolled_back")]
    RolledBack,
}

impl State {
    fn word(self) -> RunState {
        match self {
            State::Pending => RunState::Pending,
            State::Running => RunState::Running,
            State::Waiting => RunState::Waiting,
            State::Completed => RunState::Completed,
            State::Failed => RunState::Failed,
            State::Cancelled => RunState::Cancelled,
            State::RollingBack => RunState::RollingBack,
            State::RolledBack => RunState::RolledBack,
        }
    }
}

impl Runs {
    pub(crate) async fn perform(self, console: &Console) -> Outcome {
        // A script must not take the first page for everything.
        let usual = if console.screen.json() { u32::MAX } else { 20 };
        let (rows, total) = match console.open_for_reading().await {
            Ok(door) => {
                self.found(console, &door, self.limit.unwrap_or(usual))
                    .await?
            }
            // Nobody has run anything in this folder yet.
            Err(fault) if fault.code == "no_data" => (Vec::new(), 0),
            Err(fault) => return Err(fault.into()),
        };
        let screen = &console.screen;
        if screen.json() {
            let rows: Vec<Json> = rows.iter().map(object).collect();
            screen.object(&json!({ "runs": rows, "total": total }));
        } else if rows.is_empty() && self.looks_for_some() {
            screen.result(&Line::of("No run matches."));
        } else if rows.is_empty() {
            screen.result(&Line::of("No runs yet."));
            let command = console.command("run health_check");
            screen.result(&Line::default().dim("a first one  ").plain(command));
        } else {
            let heads = ["RUN", "WORKFLOW", "STATE", "STARTED", "TOOK", ""];
            screen.results(&table(&heads, rows.iter().map(row).collect()));
            let shown = rows.len();
            if total > shown as u64 {
                let more = format!("{shown} of {total}; --limit shows more");
                screen.say(&Line::default().dim(more));
            }
        }
        Ok(Exit::Done)
    }

    fn looks_for_some(&self) -> bool {
        self.waiting
            || !self.search.trim().is_empty()
            || !self.state.is_empty()
            || self.workflow.is_some()
    }

    /// Page after page, and how many match in all.
    async fn found(
        &self,
        console: &Console,
        door: &Door,
        most: u32,
    ) -> Result<(Vec<HistoryRow>, u64), api::Fault> {
        let mut states: Vec<RunState> = self.state.iter().map(|state| state.word()).collect();
        states.extend(self.waiting.then_some(RunState::Waiting));
        let mut call = api::SearchRuns {
            text: self.search.clone(),
            states,
            workflow: self.workflow.clone(),
            since_us: None,
            before: None,
            limit: 0,
        };
        let (mut rows, mut total): (Vec<HistoryRow>, u64) = (Vec::new(), 0);
        loop {
            let left = most.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
            call.limit = left.min(PAGE);
            if call.limit == 0 {
                return Ok((rows, total));
            }
            let page = door.call(call.clone(), console.origin()).await?;
            call.before = page.rows.last().map(|row| row.summary.run.clone());
            rows.extend(page.rows);
            total = page.total;
            if !page.more {
                return Ok((rows, total));
            }
        }
    }
}

/// The row of a run with the line that was found.
fn object(row: &HistoryRow) -> Json {
    let mut object = json!(row.summary);
    if let Json::Object(fields) = &mut object {
        fields.insert("line".to_owned(), json!(row.line));
    }
    object
}

fn row(found: &HistoryRow) -> Vec<Line> {
    let summary = &found.summary;
    let style = match summary.state {
        RunState::Pending | RunState::Cancelled => Style::Dim,
        RunState::Running | RunState::RollingBack => Style::Bold,
        RunState::Waiting => Style::Warn,
        RunState::Completed => Style::Good,
        RunState::Failed | RunState::RolledBack => Style::Bad,
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
    if let Some(line) = &found.line {
        return columns(summary, Line::default().and(style, state), took, line);
    }
    let more = match (questions.is_empty(), &summary.message) {
        (false, _) => format!("✋ {}", questions.join(" · ")),
        (true, Some(message)) => message.clone(),
        (true, None) if !summary.in_doubt.is_empty() => "✋ in doubt".to_owned(),
        (true, None) => String::new(),
    };
    columns(summary, Line::default().and(style, state), took, &more)
}

fn columns(summary: &RunSummary, state: Line, took: Option<String>, more: &str) -> Vec<Line> {
    vec![
        Line::of(summary.run.to_string()),
        Line::of(&summary.workflow),
        state,
        Line::of(phrases::moment(summary.started_at_us)),
        Line::of(took.unwrap_or_default()),
        Line::of(more).cut(60),
    ]
}
