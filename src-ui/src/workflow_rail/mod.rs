//! What stands in the right rail: choosing and starting a workflow, the run that is shown, its stages, its card, its
//! end. On the page of that run it folds to the stage lines, because the page says the rest.

pub mod run_panel;
pub mod stage_lines;
pub mod start;
pub mod switcher;

use leptos::prelude::*;

use crate::{
    kit::{Memo, dynamic},
    live::{Fetched, Live},
    parts::TileFault,
};
use run_panel::RunPanel;
use start::StartWorkflow;
use switcher::RunSwitcher;

/// The content of the right rail.
#[component]
pub fn WorkflowRail(
    /// The run whose own page is open, if one is.
    #[prop(into)]
    on_page_of: Signal<Option<String>>,
    /// A run was started here.
    #[prop(into)]
    on_started: Callback<()>,
) -> impl IntoView {
    let live = Live::expect();
    let folded = Memo::new(move |_| {
        let selected = live.selected.get();
        on_page_of.with(|page| {
            page.is_some() && page.as_deref() == selected.as_ref().map(|run| run.0.as_str())
        })
    });
    view! {
        <div class="stack">
            <StartWorkflow on_started/>
            <RunSwitcher/>
            {dynamic(move || live.board.with(|board| board.fault().cloned()).filter(|_| live.workflows.with(|list| list.fault().is_none())).map(|fault| view! {
                <TileFault fault on_retry=Callback::new(move |()| live.retry_board())/>
            }))}
            {dynamic(move || live.selected.get().map(|run| view! { <RunPanel run folded/> }))}
            {dynamic(move || (live.selected.with(Option::is_none) && live.board.with(|board| matches!(board, Fetched::Here(_)))).then(|| view! {
                <p class="quiet">"No run yet. Choose a workflow and start it: its steps appear here."</p>
            }))}
        </div>
    }
}
