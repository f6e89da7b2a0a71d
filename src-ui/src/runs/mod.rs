//! Every run, the newest first, by state.

use leptos::prelude::*;
use workflow::RunState;

use crate::{
    kit::{Button, EmptyState, PageHead, Skeleton, dynamic, icons},
    live::{Fetched, Live},
    parts::{RunRows, TileFault},
};

/// So many rows are shown before more are asked for.
const PAGE: usize = 60;

/// Which runs are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Filter {
    All,
    Open,
    Failed,
    Completed,
}

impl Filter {
    const ALL: [(Self, &str); 4] = [
        (Self::All, "All"),
        (Self::Open, "Under way"),
        (Self::Failed, "Failed or cancelled"),
        (Self::Completed, "Completed"),
    ];

    fn takes(self, state: RunState) -> bool {
        match state {
            RunState::Pending | RunState::Running | RunState::Waiting => {
                matches!(self, Self::All | Self::Open)
            }
            RunState::Failed | RunState::Cancelled => matches!(self, Self::All | Self::Failed),
            RunState::Completed => matches!(self, Self::All | Self::Completed),
        }
    }
}

/// The screen.
#[component]
pub fn Runs() -> impl IntoView {
    let live = Live::expect();
    let filter = RwSignal::new(Filter::All);
    let limit = RwSignal::new(PAGE);
    let found = Memo::new(move |_| {
        live.board.with(|board| {
            let rows = board
                .here()
                .map(|board| board.rows.as_slice())
                .unwrap_or_default();
            rows.iter()
                .filter(|row| filter.get().takes(row.state))
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    let shown = Signal::derive(move || {
        found.with(|found| found.iter().take(limit.get()).cloned().collect::<Vec<_>>())
    });
    let fault = Memo::new(move |_| live.board.with(|board| board.fault().cloned()));
    let here = Memo::new(move |_| live.board.with(|board| matches!(board, Fetched::Here(_))));
    view! {
        <PageHead title="Runs" meta="Every run of a workflow, the newest first. Each is kept and can be proven."/>
        <div class="row filters" role="group" aria-label="Which runs">
            {Filter::ALL.map(|(of, words)| view! {
                <button
                    type="button"
                    class="chip"
                    aria-pressed=move || if filter.get() == of { "true" } else { "false" }
                    on:click=move |_| { filter.set(of); limit.set(PAGE); }
                >{words}</button>
            })}
        </div>
        {dynamic(move || fault.get().map(|fault| view! { <TileFault fault on_retry=Callback::new(move |()| live.retry_board())/> }))}
        {dynamic(move || (!here.get() && fault.with(Option::is_none)).then(|| view! { <Skeleton what="the runs" lines=8/> }))}
        {dynamic(move || (here.get() && found.with(Vec::is_empty)).then(|| view! {
            <EmptyState icon=icons::HISTORY title="No such runs">
                <p>"Start a workflow in the workflow panel at the right: its run appears here."</p>
            </EmptyState>
        }))}
        <div class="card card-flush" hidden=move || found.with(Vec::is_empty)>
            <RunRows label="Runs" rows=shown/>
        </div>
        {dynamic(move || found.with(|found| found.len() > limit.get()).then(|| view! {
            <div class="row more"><Button on_press=move |()| limit.update(|limit| *limit += PAGE)>"Show more"</Button></div>
        }))}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_in_one_filter_and_in_all() {
        for state in [
            RunState::Pending,
            RunState::Running,
            RunState::Waiting,
            RunState::Completed,
            RunState::Failed,
            RunState::Cancelled,
        ] {
            let takes = Filter::ALL.iter().filter(|(filter, _)| filter.takes(state));
            assert_eq!(takes.count(), 2, "{}", state.word());
        }
    }
}
