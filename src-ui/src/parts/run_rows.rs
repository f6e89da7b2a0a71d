//! Runs in rows: state, title, when, by whom, how long. A row is a link to the run.

use leptos::prelude::*;
use workflow::{RunState, RunSummary};

use super::RunStateMark;
use crate::{
    kit::Escaped,
    live::{Live, local_point, words},
};

/// The rows.
#[component]
pub fn RunRows(
    /// What they are, for assistive technology.
    label: &'static str,
    /// The runs.
    #[prop(into)]
    rows: Signal<Vec<RunSummary>>,
) -> impl IntoView {
    view! {
        <ul class="run-rows" aria-label=label>
            <For each=move || rows.get() key=|row| (row.run.clone(), row.seq) let:row>
                <Row row/>
            </For>
        </ul>
    }
}

#[component]
fn Row(row: RunSummary) -> impl IntoView {
    let live = Live::expect();
    let id = row.run.clone();
    let over = row.ended_at_us;
    let started = row.started_at_us;
    let took = move || -> AnyView {
        match over {
            Some(ended) => words::took(ended - started).into_any(),
            None => {
                let now = live.clock.ticking();
                (move || words::counting(now.get() - started)).into_any()
            }
        }
    };
    let failed = (row.state == RunState::Failed)
        .then(|| row.message.clone())
        .flatten();
    view! {
        <li class="run-row" data-testid="run-row" data-run=row.run.0.clone() data-state=row.state.word()>
            <a href=format!("#/run/{}", row.run) on:click=move |_| live.selected.set(Some(id.clone()))>
                <RunStateMark state=row.state/>
                <span class="run-row-title">
                    <Escaped text=row.title/>
                    {failed.map(|message| view! { <span class="quiet run-row-message"><Escaped text=message/></span> })}
                </span>
                <span class="quiet">{local_point(started)}</span>
                <span class="quiet run-row-by"><Escaped text=row.started_by/></span>
                <span class="quiet run-row-took">{took()}</span>
            </a>
        </li>
    }
}
