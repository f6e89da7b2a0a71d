//! What was changed in the last 24 hours: what, where, and who approved it. Every change was approved at a gate, so the
//! decisions lead to the runs, and their cards say what was to be done; the fold says what of it was.

use std::collections::BTreeSet;

use api::Fault;
use leptos::{prelude::*, task::spawn_local};
use workflow::{Decision, GateKind, GateRun, Run, RunId, StepState};

use crate::{
    card::model,
    kit::{Card, CollectParts, Escaped, Memo, Skeleton, dynamic},
    live::{Fetched, Live, browser_now_us, call, local_point},
    parts::{TileFault, stages},
};

const DAY_US: i64 = 24 * 60 * 60 * 1_000_000;
/// So many decisions are looked at, so many runs asked for, so many changes shown.
const DECISIONS: u32 = 100;
const RUNS: usize = 12;
const MOST: usize = 6;

/// A change that was made.
#[derive(Clone, PartialEq, Debug)]
struct Changed {
    run: RunId,
    what: String,
    /// The hosts; empty where the change is none of a host.
    place: String,
    by: String,
    at_us: i64,
}

/// The tile.
#[component]
pub fn ChangedTile() -> impl IntoView {
    let live = Live::expect();
    let changes = RwSignal::new(Fetched::<Vec<Changed>>::Fetching);
    let ask = Callback::new(move |()| {
        spawn_local(async move {
            let answer = match fetch(browser_now_us() - DAY_US).await {
                Ok(all) => Fetched::Here(all),
                Err(fault) => Fetched::Failed(fault),
            };
            let _ = changes.try_set(answer);
        });
    });
    // A change follows a decision, and is made when its run waits again or has come to its end.
    let moves = Memo::new(move |_| {
        live.board.with(|board| {
            let rows = board.here().map(|board| board.rows.as_slice());
            let rows = rows.unwrap_or_default();
            let waiting: usize = rows.iter().map(|row| row.open_gates.len()).sum();
            (waiting, rows.iter().filter_map(|row| row.ended_at_us).max())
        })
    });
    Effect::new(move |_| {
        moves.get();
        ask.run(());
    });
    view! {
        <Card title="Changed in 24 h" aside=|| view! { <a href="#/approvals">"All decisions"</a> }>
            {dynamic(move || changes.with(|changes| match changes {
                Fetched::Fetching => view! { <Skeleton what="what was changed"/> }.into_any(),
                Fetched::Failed(fault) => view! { <TileFault fault=fault.clone() on_retry=ask/> }.into_any(),
                Fetched::Here(all) if all.is_empty() => view! { <p class="quiet">"Nothing was changed. Whatever changes something waits for you first."</p> }.into_any(),
                Fetched::Here(all) => rows(all),
            }))}
        </Card>
    }
}

fn rows(all: &[Changed]) -> AnyView {
    let more = all.len().saturating_sub(MOST);
    view! {
        <ul class="waiting-rows" data-testid="changed">{all.iter().take(MOST).map(row).collect_parts()}</ul>
        {(more > 0).then(|| view! { <p class="quiet">{format!("and {more} more")}</p> })}
    }
    .into_any()
}

fn row(changed: &Changed) -> AnyView {
    let Changed {
        run,
        what,
        place,
        by,
        at_us,
    } = changed.clone();
    let place = match place.as_str() {
        "" => String::new(),
        place => format!("{place} · "),
    };
    view! {
        <li>
            <a class="waiting-row" href=format!("#/run/{run}")>
                <span>
                    <strong><Escaped text=what/></strong>
                    <span class="quiet waiting-row-more"><Escaped text=format!("{place}{by} · ")/>{local_point(at_us)}</span>
                </span>
            </a>
        </li>
    }
    .into_any()
}

/// The changes since then, the newest first.
async fn fetch(since_us: i64) -> Result<Vec<Changed>, Fault> {
    let decisions = call(api::Decisions {
        before: None,
        limit: DECISIONS,
    })
    .await?;
    let runs: BTreeSet<RunId> = decisions
        .rows
        .into_iter()
        .filter(|row| row.at_us >= since_us && row.gate.kind == GateKind::Before)
        .filter(|row| matches!(row.answer.as_str(), "approve" | "drop"))
        .map(|row| row.run)
        .take(RUNS)
        .collect();
    let mut all = Vec::new();
    for run in runs {
        let run = call(api::ShowRun { run: run.0 }).await?;
        all.extend(changes(&run, since_us));
    }
    all.sort_by_key(|changed| std::cmp::Reverse(changed.at_us));
    Ok(all)
}

/// What of the approved calls of a run was done since then.
fn changes(run: &Run, since_us: i64) -> Vec<Changed> {
    let gates = run.gates().values();
    let before = gates.filter(|gate| gate.id.kind == GateKind::Before);
    before.flat_map(|gate| done(run, gate, since_us)).collect()
}

fn done(run: &Run, gate: &GateRun, since_us: i64) -> Vec<Changed> {
    let approves =
        |decision: &Decision| matches!(decision, Decision::Approve | Decision::Drop { .. });
    let mut answers = gate.answers.iter().rev();
    let (Some(answer), Some(card)) = (
        answers.find(|answer| approves(&answer.decision)),
        &gate.card,
    ) else {
        return Vec::new();
    };
    let changing = card.calls.iter().filter(|call| call.call.effect.changes());
    changing
        .filter_map(|call| {
            let step = run.step(&call.step)?;
            let at_us = step.ended_at_us.filter(|at_us| *at_us >= since_us)?;
            let named = run.definition().step(&call.step.id).map(stages::title);
            let of = call.call.targets.iter().map(|target| target.agent.clone());
            matches!(step.state, StepState::Completed { .. }).then(|| Changed {
                run: run.id().clone(),
                what: match call.changes.as_slice() {
                    [] => named.unwrap_or_else(|| call.step.to_string()),
                    [..] => model::summary(call),
                },
                place: of.collect::<Vec<_>>().join(", "),
                by: answer.by.name.clone(),
                at_us,
            })
        })
        .collect()
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    reason = "a test whose fixture is wrong has failed"
)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use workflow::{Record, Workflow};

    /// A journal in which one change was edited, approved twice, and made at the second try.
    fn run(upto: usize) -> Run {
        const WORKFLOW: &str = include_str!(
            "../../../src-tauri/crates/workflow/tests/rules/golden/v1-change.workflow.json"
        );
        const JOURNAL: &str =
            include_str!("../../../src-tauri/crates/workflow/tests/rules/golden/v1-change.jsonl");
        let workflow: Workflow = serde_json::from_str(WORKFLOW).unwrap();
        let lines = JOURNAL.lines().take(upto);
        let records: Vec<Record> = lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let workflow::Event::RunStarted { definition, .. } = records[0].event else {
            panic!("a journal begins with its start")
        };
        Run::new(records[0].run.clone(), Arc::new(workflow), definition)
            .fold(&records)
            .unwrap()
    }

    #[test]
    fn a_change_is_told_with_who_approved_it_once_it_is_made() {
        let made = changes(&run(usize::MAX), 0);
        assert_eq!(made.len(), 1);
        assert_eq!((made[0].by.as_str(), made[0].at_us), ("ada", 1_001_000_000));
        assert!(!made[0].what.is_empty() && made[0].place.is_empty());
        // Approved and under way; made before the time that is asked for.
        assert_eq!(changes(&run(40), 0), []);
        assert_eq!(changes(&run(usize::MAX), 1_001_000_001), []);
    }
}
