//! `countersign decisions`: what was answered at gates, the newest first. Looks without the lock, so it works beside the
//! window. The whole evidence, with hashes and signatures, is `audit export`.

use crate::{
    console::Console,
    exit::{Exit, Outcome, TABLE},
    line::{Line, Style, table},
    phrases,
};
use api::DecisionRow;
use serde_json::json;

/// How many rows are asked for at once.
const PAGE: u32 = 1000;

/// List what was decided at gates, the newest first
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
List what was decided at gates, the newest first: when, in which run, the question, the answer, and who gave it through \
which door. A gate at which nobody answered in time is listed as expired.

Works beside the window and beside other commands: it only reads. With --json: {decisions: [row]}, each row with seq, \
run, workflow, gate, revision, question, answer, words, by, opened_at_us, at_us. To prove what is listed, see \
countersign audit --help.

Examples:
  countersign decisions
  countersign decisions --limit 100
  countersign decisions --json")]
pub(crate) struct Decisions {
    /// At most so many [default: 20; with --json all]
    #[arg(long)]
    limit: Option<u32>,
}

impl Decisions {
    pub(crate) async fn perform(self, console: &Console) -> Outcome {
        // A script must not take the first page for everything.
        let usual = if console.screen.json() { u32::MAX } else { 20 };
        let rows = self.rows(console, self.limit.unwrap_or(usual)).await?;
        let screen = &console.screen;
        if screen.json() {
            screen.object(&json!({ "decisions": rows }));
        } else if rows.is_empty() {
            screen.result(&Line::of("No decisions yet."));
        } else {
            let heads = ["WHEN", "RUN", "QUESTION", "ANSWER", "BY", ""];
            screen.results(&table(&heads, rows.iter().map(row).collect()));
        }
        Ok(Exit::Done)
    }

    async fn rows(&self, console: &Console, most: u32) -> Result<Vec<DecisionRow>, api::Fault> {
        let door = match console.open_for_reading().await {
            Ok(door) => door,
            // Nobody has decided anything in this folder yet.
            Err(fault) if fault.code == "no_data" => return Ok(Vec::new()),
            Err(fault) => return Err(fault),
        };
        let (mut rows, mut before): (Vec<DecisionRow>, _) = (Vec::new(), None);
        loop {
            let left = most.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
            let limit = left.min(PAGE);
            if limit == 0 {
                return Ok(rows);
            }
            let call = api::Decisions { before, limit };
            let page = door.call(call, console.origin()).await?;
            before = page.rows.last().map(|row| row.seq);
            rows.extend(page.rows);
            if !page.more {
                return Ok(rows);
            }
        }
    }
}

fn row(decision: &DecisionRow) -> Vec<Line> {
    let style = match decision.answer.as_str() {
        "approve" => Style::Good,
        "reject" => Style::Bad,
        "expired" => Style::Warn,
        _ => Style::Plain,
    };
    let by = match decision.answer.as_str() {
        "expired" => String::new(),
        _ => format!("{} ({})", decision.by.name, decision.by.origin),
    };
    vec![
        Line::of(phrases::moment(decision.at_us)),
        Line::of(decision.run.to_string()),
        Line::of(&decision.question).cut(48),
        Line::default().and(style, &decision.answer),
        Line::of(by),
        Line::of(decision.words.as_deref().unwrap_or_default()).cut(60),
    ]
}
