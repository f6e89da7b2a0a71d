//! The stages of a run with their steps; each step unfolds to what is known of it.

use std::sync::Arc;

use leptos::prelude::*;
use workflow::{Digest, Phase, Run, StepKey, StepRun};

use super::{Logged, step_detail::StepDetail};
use crate::{
    kit::{Card, CollectParts, Escaped, Icon, Memo, Status, StatusGlyph, dynamic, icons},
    live::{Live, browser_now_us, words},
    parts::{stages, status_of},
};

/// The list.
#[component]
pub fn StepList(
    /// The run.
    run: Signal<Option<Arc<Run>>>,
    /// Counts additions to logs.
    logged: Logged,
) -> impl IntoView {
    let titles = Memo::new(move |_| {
        run.with(|run| {
            run.as_ref()
                .map(|run| run.definition().stages.clone())
                .unwrap_or_default()
        })
    });
    view! {
        <Card title="Steps">
            <ol class="page-stages">
                {dynamic(move || titles.get().into_iter().enumerate().map(|(index, title)| view! {
                    <PageStage run logged index title/>
                }).collect_parts())}
            </ol>
        </Card>
    }
}

#[component]
fn PageStage(
    run: Signal<Option<Arc<Run>>>,
    logged: Logged,
    index: usize,
    title: String,
) -> impl IntoView {
    let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
    let status = Memo::new(move |_| {
        run.with(|run| {
            let stages = run.as_ref().map(|run| run.stages()).unwrap_or_default();
            stages
                .get(index)
                .map_or(Status::Pending, |line| status_of(line.status))
        })
    });
    // Which steps there are changes only with their items; how each stands is its own affair.
    let keys = Memo::new(move |_| {
        run.with(|run| {
            run.as_ref()
                .map(|run| keys(run, number))
                .unwrap_or_default()
        })
    });
    view! {
        <li class="page-stage" data-testid=format!("page-stage-{number}") data-status=move || status.get().word()>
            <h3><StatusGlyph status quiet=true/><span><Escaped text=title/></span></h3>
            <ul class="page-steps">
                <For each=move || keys.get() key=|key| key.clone() let:key>
                    <PageStep run logged key/>
                </For>
            </ul>
        </li>
    }
}

/// The steps of a stage in the order of the file, each list followed by its items.
fn keys(run: &Run, stage: u32) -> Vec<StepKey> {
    let mut keys = Vec::new();
    for line in stages::lines(run, stage) {
        let inside: Vec<StepKey> = run
            .steps()
            .keys()
            .filter(|key| key.id == line.key.id && !key.items.is_empty())
            .cloned()
            .collect();
        keys.push(line.key);
        keys.extend(inside);
    }
    keys
}

#[component]
fn PageStep(run: Signal<Option<Arc<Run>>>, logged: Logged, key: StepKey) -> impl IntoView {
    let own = key.clone();
    let line = Memo::new(move |_| {
        run.with(|run| {
            let run = run.as_ref()?;
            let step = run.definition().step(&own.id)?;
            let status = status_of(run.step_status(&own));
            let note = stages::note(run, &own);
            let depth = run
                .definition()
                .path(&own.id)
                .map_or(0, |path| path.len() - 1)
                + own.items.len();
            let title = match own.items.last() {
                Some(item) => format!("{} ({})", stages::title(step), item + 1),
                None => stages::title(step),
            };
            Some((title, status, note, depth > 0))
        })
    });
    let status = Signal::derive(move || {
        line.with(|line| line.as_ref().map_or(Status::Pending, |line| line.1))
    });
    let title = Signal::derive(move || {
        line.with(|line| line.as_ref().map(|line| line.0.clone()).unwrap_or_default())
    });
    let own = key.clone();
    let calling = Memo::new(move |_| run.with(|run| calling(run.as_ref()?.step(&own)?)));
    let opened = RwSignal::new(false);
    let step = key.clone();
    view! {
        <li class="page-step" class:step-nested=move || line.with(|line| line.as_ref().is_some_and(|line| line.3))>
            <details
                class="disclosure"
                data-testid=format!("step-{key}")
                data-status=move || status.get().word()
                on:toggle=move |_| opened.set(true)
            >
                <summary>
                    <Icon path=icons::CHEVRON_RIGHT size=16/>
                    <StatusGlyph status quiet=true/>
                    <span class="page-step-title"><Escaped text=title/></span>
                    {dynamic(move || line.with(|line| line.as_ref().and_then(|line| line.2.clone())).map(|note| view! {
                        <span class="quiet page-step-note"><Escaped text=note/></span>
                    }))}
                    <Silence calling logged/>
                </summary>
                {dynamic(move || opened.get().then(|| view! { <StepDetail run logged key=step.clone()/> }))}
            </details>
        </li>
    }
}

/// The key of the call that is under way.
fn calling(step: &StepRun) -> Option<Digest> {
    match step.phase()? {
        Phase::Calling(calling) => Some(calling.key),
        Phase::Group { .. }
        | Phase::List { .. }
        | Phase::Ready
        | Phase::Inverting { .. }
        | Phase::Previewing { .. }
        | Phase::Planned(_)
        | Phase::Observing { .. }
        | Phase::InDoubt { .. }
        | Phase::Backoff { .. }
        | Phase::Result { .. } => None,
    }
}

/// How long the call under way has said nothing. Lines of a log have no time of their own: what counts is when this
/// window heard of them.
#[component]
fn Silence(calling: Memo<Option<Digest>>, logged: Logged) -> impl IntoView {
    let live = Live::expect();
    dynamic(move || {
        let call = calling.get()?;
        let now = live.clock.ticking();
        let since = now.get_untracked();
        let additions = Memo::new(move |_| logged.with(|logged| logged.get(&call).copied()));
        let first = additions.get_untracked();
        let heard = Memo::new(move |before: Option<&Option<i64>>| {
            let again = additions.get() != first;
            again.then(browser_now_us).or(before.copied().flatten())
        });
        Some(dynamic(move || {
            words::silence(heard.get(), since, now.get()).map(|words| {
                view! { <span class="quiet page-step-note" data-testid="silence">{words}</span> }
            })
        }))
    })
}
