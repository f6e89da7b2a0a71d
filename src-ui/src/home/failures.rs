//! The runs that failed since the person was here last.

use leptos::prelude::*;
use workflow::{RunState, RunSummary};

use super::visits::LastVisit;
use crate::{
    kit::{Card, Memo, Skeleton, dynamic},
    live::{Live, local_point},
    parts::{RunRows, TileFault},
};

/// So many are shown.
const MOST: usize = 5;

/// The tile.
#[component]
pub fn FailuresTile() -> impl IntoView {
    let live = Live::expect();
    let visit = expect_context::<LastVisit>();
    let failures = Memo::new(move |_| {
        let since_us = visit.ended_us();
        live.board
            .with(|board| board.here().map(|board| failed(&board.rows, since_us)))
    });
    let fault = Memo::new(move |_| live.board.with(|board| board.fault().cloned()));
    let shown: Signal<Vec<RunSummary>> = Signal::derive(move || {
        failures.with(|all| all.iter().flatten().take(MOST).cloned().collect())
    });
    view! {
        <Card title="Failures since your last visit" aside=|| view! { <a href="#/runs">"All runs"</a> }>
            {dynamic(move || fault.get().map(|fault| view! { <TileFault fault on_retry=Callback::new(move |()| live.retry_board())/> }))}
            {dynamic(move || match failures.with(|all| all.as_ref().map(Vec::len)) {
                None if fault.with(Option::is_none) => view! { <Skeleton what="what failed"/> }.into_any(),
                Some(0) => view! { <p class="quiet">"No run has failed since "{local_point(visit.ended_us())}"."</p> }.into_any(),
                Some(many) if many > MOST => view! { <p class="quiet">{format!("The newest {MOST} of {many}:")}</p> }.into_any(),
                None | Some(_) => ().into_any(),
            })}
            <div data-testid="failures" hidden=move || shown.with(Vec::is_empty)><RunRows label="Failures since your last visit" rows=shown/></div>
        </Card>
    }
}

/// The runs that failed after this time, the last one first.
fn failed(rows: &[RunSummary], since_us: i64) -> Vec<RunSummary> {
    let mut failed: Vec<RunSummary> = rows
        .iter()
        .filter(|row| matches!(row.state, RunState::Failed | RunState::RolledBack))
        .filter(|row| row.ended_at_us > Some(since_us))
        .cloned()
        .collect();
    failed.sort_by_key(|row| std::cmp::Reverse(row.ended_at_us));
    failed
}

#[cfg(test)]
mod tests {
    use super::*;
    use workflow::RunId;

    #[test]
    fn only_what_failed_since_then_is_told_the_newest_first() {
        let row = |run: &str, state, ended_at_us| RunSummary {
            run: RunId(run.into()),
            workflow: String::new(),
            title: String::new(),
            state,
            stopping: false,
            started_by: String::new(),
            started_at_us: 0,
            ended_at_us,
            seq: 1,
            open_gates: Vec::new(),
            in_doubt: Vec::new(),
            message: None,
            stages: Vec::new(),
        };
        let rows = [
            row("going", RunState::Running, None),
            row("early", RunState::Failed, Some(11)),
            row("late", RunState::RolledBack, Some(20)),
            row("seen", RunState::Failed, Some(10)),
            row("well", RunState::Completed, Some(30)),
        ];
        let failed = failed(&rows, 10);
        let names: Vec<_> = failed.iter().map(|row| row.run.0.as_str()).collect();
        assert_eq!(names, ["late", "early"]);
    }
}
