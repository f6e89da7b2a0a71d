//! The run that the rail shows: its state, failure first, card, stages, end, Cancel.

use leptos::prelude::*;
use workflow::{Run, RunId};

use std::sync::Arc;

use super::stage_lines::StageLines;
use crate::{
    card::Cards,
    kit::{Escaped, Memo, Skeleton, dynamic},
    live::{Fetched, Live, local_point},
    parts::{CancelRun, FailureNote, Outcome, RunStateMark, TileFault},
};

/// The run.
#[component]
pub fn RunPanel(
    /// Which.
    run: RunId,
    /// Its own page is open: only the stage lines here.
    #[prop(into)]
    folded: Signal<bool>,
) -> impl IntoView {
    let live = Live::expect();
    let watched = RwSignal::from(live.watch(&run).run);
    let run_now = Signal::derive(move || watched.with(|watched| watched.here().cloned()));
    let here = Memo::new(move |_| watched.with(|watched| watched.here().is_some()));
    let id = run.clone();
    view! {
        <section class="rail-run stack" aria-label="Run">
            {dynamic(move || watched.with(|watched| match watched {
                Fetched::Fetching => Some(view! { <Skeleton what="the run" lines=4/> }.into_any()),
                Fetched::Failed(fault) => {
                    let id = id.clone();
                    let retry = Callback::new(move |()| live.retry_run(&id));
                    Some(view! { <TileFault fault=fault.clone() on_retry=retry/> }.into_any())
                }
                Fetched::Here(_) => None,
            }))}
            {dynamic(move || here.get().then(|| view! {
                {move || (!folded.get()).then(|| view! {
                    <Head run=run_now/>
                    <FailureNote run=run_now/>
                    <Cards run=run_now compact=true/>
                })}
                <StageLines run=run_now steps=Signal::derive(move || !folded.get())/>
                {dynamic(move || (!folded.get()).then(|| view! {
                    <Outcome run=run_now report_link=true/>
                    <CancelRun run=run_now/>
                }))}
            }))}
        </section>
    }
}

#[component]
fn Head(run: Signal<Option<Arc<Run>>>) -> impl IntoView {
    let about = Memo::new(move |_| {
        run.with(|run| {
            let run = run.as_ref()?;
            let started = run.started().map_or(0, |started| started.at_us);
            Some((
                run.id().0.clone(),
                run.definition().title.clone(),
                run.state(),
                started,
            ))
        })
    });
    dynamic(move || {
        about.get().map(|(id, title, state, started)| view! {
            <div class="rail-run-head">
                <h3><a href=format!("#/run/{id}")><Escaped text=title/></a></h3>
                <p class="row quiet">
                    <span data-testid="run-state" data-state=state.word() data-run=id><RunStateMark state/></span>
                    <span>{format!("started {}", local_point(started))}</span>
                </p>
            </div>
        })
    })
}
