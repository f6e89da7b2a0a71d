//! The page of one run: what it asks or why it failed first, then its report, its stages and steps with everything that
//! is known of each.

pub mod log;
pub mod step_detail;
pub mod steps;

use std::{collections::BTreeMap, sync::Arc};

use leptos::prelude::*;
use workflow::{Digest, Run, RunId, RunState};

use crate::{
    card::Cards,
    kit::{
        Card, CollectParts, CopyButton, Disclosure, Escaped, Fact, Facts, Memo, PageHead, Skeleton,
        dynamic,
    },
    live::{Live, local_point, words},
    parts::{
        CancelRun, DatumView, ExportReport, FailureNote, Outcome, ReportView, RunStateMark,
        TileFault, UndoRun, outcome, report,
    },
};
use steps::StepList;

/// How often lines were added to the log of each call.
pub(crate) type Logged = Signal<BTreeMap<Digest, u32>>;

/// The page.
#[component]
pub fn RunPage(
    /// Which run.
    run: RunId,
) -> impl IntoView {
    let live = Live::expect();
    live.selected.set(Some(run.clone()));
    let watched = live.watch(&run);
    let (feed, logged) = (RwSignal::from(watched.run), RwSignal::from(watched.logged));
    let run_now = Signal::derive(move || feed.with(|feed| feed.here().cloned()));
    let here = Memo::new(move |_| feed.with(|feed| feed.here().is_some()));
    let fault = Memo::new(move |_| feed.with(|feed| feed.fault().cloned()));
    let title = Signal::derive(move || {
        run_now.with(|run| {
            let of = run
                .as_ref()
                .map(|run| crate::kit::escape::escaped(&run.definition().title));
            of.unwrap_or_else(|| "Run".to_owned())
        })
    });
    let id = run.clone();
    view! {
        <nav class="crumbs" aria-label="Where you are"><a href="#/runs">"Runs"</a>" / "<span><Escaped text=run.0.clone()/></span></nav>
        <PageHead title actions=move || view! { <CancelRun run=run_now/><UndoRun run=run_now/> }/>
        {dynamic(move || fault.get().map(|fault| {
            let id = id.clone();
            view! { <TileFault fault on_retry=Callback::new(move |()| live.retry_run(&id))/> }
        }))}
        {dynamic(move || (!here.get() && fault.with(Option::is_none)).then(|| view! { <Skeleton what="the run" lines=6/> }))}
        {dynamic(move || here.get().then(|| view! {
            <div class="run-page stack">
                <About run=run_now/>
                <FailureNote run=run_now/>
                <Cards run=run_now/>
                <End run=run_now/>
                <StepList run=run_now logged=logged.into()/>
                <Inputs run=run_now/>
            </div>
        }))}
    }
}

/// State, name, when, by whom, how long.
#[component]
fn About(run: Signal<Option<Arc<Run>>>) -> impl IntoView {
    let live = Live::expect();
    let about = Memo::new(move |_| {
        run.with(|run| {
            let run = run.as_ref()?;
            Some((
                run.summary(),
                run.started().map(|started| started.by.clone()),
                outcome::ended_at_us(run),
            ))
        })
    });
    dynamic(move || {
        about.get().map(|(summary, by, ended)| {
            let state: RunState = summary.state;
            let started = summary.started_at_us;
            let took = match ended {
                Some(ended) => words::took(ended - started).into_any(),
                None => {
                    let now = live.clock.ticking();
                    (move || words::counting(now.get() - started)).into_any()
                }
            };
            let by = by.map(|by| format!("{} ({})", by.name, by.origin));
            view! {
                <div class="about">
                    <span data-testid="run-state" data-state=state.word() data-run=summary.run.0.clone()><RunStateMark state/></span>
                    <span class="quiet"><span>"started "{local_point(started)}{by.map(|by| view! { " by "<Escaped text=by/> })}</span></span>
                    <span class="quiet">{took}</span>
                    <span class="quiet" data-testid="run-records">{match summary.seq { 1 => "1 record".to_owned(), many => format!("{many} records") }}</span>
                    <CopyButton text=summary.run.0.clone() label="Copy run name"/>
                </div>
            }
        })
    })
}

/// The report, and how it ended.
#[component]
fn End(run: Signal<Option<Arc<Run>>>) -> impl IntoView {
    let over = Memo::new(move |_| run.with(|run| run.as_ref().is_some_and(|run| run.is_over())));
    let report =
        Memo::new(move |_| run.with(|run| run.as_ref().and_then(|run| report::report_of(run))));
    view! {
        {dynamic(move || report.get().map(|report| {
            let id = run.with_untracked(|run| run.as_ref().map(|run| run.id().clone()));
            view! {
                <Card title="Report">
                    <ReportView report/>
                    {id.map(|run| view! { <ExportReport run/> })}
                </Card>
            }
        }))}
        {dynamic(move || over.get().then(|| view! { <Card title="How it ended"><Outcome run/></Card> }))}
    }
}

#[component]
fn Inputs(run: Signal<Option<Arc<Run>>>) -> impl IntoView {
    let inputs = Memo::new(move |_| {
        run.with(|run| {
            run.as_ref()
                .map(|run| run.inputs().clone())
                .unwrap_or_default()
        })
    });
    let definition = Memo::new(move |_| {
        run.with(|run| {
            run.as_ref().map(|run| {
                (
                    run.definition().id.clone(),
                    run.definition().version.clone(),
                    run.definition_digest(),
                )
            })
        })
    });
    view! {
        <Card title="What it was started with">
            <Facts>
                {dynamic(move || definition.get().map(|(id, version, digest)| view! {
                    <Fact name="Workflow"><code><Escaped text=id/></code>" "<Escaped text=version/>", definition "<code title=digest.to_string()>{digest.short()}</code></Fact>
                }))}
            </Facts>
            {dynamic(move || {
                let inputs = inputs.get();
                if inputs.is_empty() {
                    view! { <p class="quiet">"No inputs."</p> }.into_any()
                } else {
                    view! {
                        <Disclosure summary=format!("Inputs ({})", inputs.len())>
                            <Facts>
                                {inputs.into_iter().map(|(name, datum)| view! {
                                    <Fact name=crate::kit::escape::escaped(&name)><DatumView datum label=name/></Fact>
                                }).collect_parts()}
                            </Facts>
                        </Disclosure>
                    }.into_any()
                }
            })}
        </Card>
    }
}
