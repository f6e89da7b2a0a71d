//! What is known of one step: the call, its tries, the error with what to do, the result, the log of each call.

use std::sync::Arc;

use leptos::prelude::*;
use workflow::{Datum, Digest, Phase, Provenance, Run, StepKey, StepRun, StepState, ToolError};

use super::{Logged, log::CallLog};
use crate::{
    kit::{Badge, CopyButton, Escaped, Fact, Facts, Memo, Tone, dynamic},
    live::words,
    parts::{DatumView, fault::sentence},
};

/// The detail.
#[component]
pub fn StepDetail(
    /// The run.
    run: Signal<Option<Arc<Run>>>,
    /// Counts additions to logs.
    logged: Logged,
    /// The step.
    key: StepKey,
) -> impl IntoView {
    let own = key.clone();
    let step =
        Memo::new(move |_| run.with(|run| run.as_ref().and_then(|run| run.step(&own).cloned())));
    let id = run.with_untracked(|run| run.as_ref().map(|run| run.id().clone()));
    // A log keeps its place while other records come: it depends on which calls there are, not on the step.
    let calls =
        Memo::new(move |_| step.with(|step| step.as_ref().map(calls_of).unwrap_or_default()));
    view! {
        <div class="step-detail stack">
            {dynamic(move || step.get().map_or_else(
                || view! { <p class="quiet">"It has not started."</p> }.into_any(),
                |step| facts(&key, &step),
            ))}
            <For each=move || calls.get() key=|(call, _)| *call let:call>
                {id.clone().map(|run| {
                    let call = call.0;
                    let ended = move || calls.with(|calls| calls.contains(&(call, true)));
                    view! { <CallLog run call ended=Signal::derive(ended) logged/> }
                })}
            </For>
        </div>
    }
}

/// The keys of the calls that may have a log, and whether the call has ended.
fn calls_of(step: &StepRun) -> Vec<(Digest, bool)> {
    let ended = step
        .tries
        .iter()
        .filter(|tried| tried.log.is_some())
        .map(|tried| (tried.key, true));
    let running = match step.phase() {
        Some(
            Phase::Calling(calling)
            | Phase::Observing { calling, .. }
            | Phase::InDoubt { calling, .. },
        ) => Some((calling.key, false)),
        Some(_) | None => None,
    };
    ended.chain(running).collect()
}

fn facts(key: &StepKey, step: &StepRun) -> AnyView {
    let took = step
        .ended_at_us
        .map(|ended| words::took(ended - step.started_at_us));
    let planned = step.planned().map(|planned| planned.call.clone());
    let (name, attempt, feedback) = (key.to_string(), step.attempt, step.feedback.clone());
    let tries: Vec<AnyView> = step
        .tries
        .iter()
        .filter_map(|tried| {
            tried
                .error
                .as_ref()
                .map(|error| (tried.attempt, tried.n, error))
        })
        .map(|(attempt, n, error)| failed_try(step.attempt > 1, attempt, n, error))
        .collect();
    view! {
        <Facts>
            <Fact name="Step"><code>{name}</code></Fact>
            {took.map(|took| view! { <Fact name="Took">{took}</Fact> })}
            {(attempt > 1).then(|| view! { <Fact name="Attempt">{attempt}</Fact> })}
            {feedback.map(|feedback| view! { <Fact name="Feedback"><Escaped text=feedback/></Fact> })}
            {planned.map(|call| view! { <Fact name="Call"><code>{call.tool}</code></Fact> })}
        </Facts>
        {(!tries.is_empty()).then(|| view! { <ul class="plain-list tries" aria-label="Tries that failed">{tries}</ul> })}
        {state(step)}
    }
    .into_any()
}

fn failed_try(several: bool, attempt: u32, n: u32, error: &ToolError) -> AnyView {
    let name = if several {
        format!("Attempt {attempt}, try {n}")
    } else {
        format!("Try {n}")
    };
    let line = format!("{}: {}", error.code, error.message);
    view! { <li><strong>{name}</strong>" "<Escaped text=line/>" "<span class="quiet"><Escaped text=sentence(&error.hint)/></span></li> }
        .into_any()
}

fn state(step: &StepRun) -> AnyView {
    match &step.state {
        StepState::Completed { output, provenance, receipt } => view! {
            {result(output.clone(), *provenance)}
            {receipt.clone().map(|receipt| view! {
                <div><p class="value-name">"Receipt, for undoing it"</p><DatumView datum=receipt label="Receipt"/></div>
            })}
        }
        .into_any(),
        StepState::Failed { reason } => {
            let line = format!("{}: {}", reason.code, reason.message);
            view! {
                <div class="step-error" role="group" aria-label="Why it failed">
                    <p><Escaped text=line.clone()/></p>
                    {(!reason.hint.is_empty()).then(|| view! { <p class="quiet"><Escaped text=sentence(&reason.hint)/></p> })}
                    <CopyButton text=line/>
                </div>
            }
            .into_any()
        }
        StepState::Active(Phase::Result { result: Ok(held), .. }) => result(held.output.clone(), Provenance::Tool),
        StepState::Active(_) | StepState::Skipped { .. } | StepState::Again => ().into_any(),
    }
}

fn result(output: Datum, provenance: Provenance) -> AnyView {
    let by = match provenance {
        Provenance::Tool => None,
        Provenance::Rule => Some(("made by a rule, no model", Tone::Neutral)),
        Provenance::Model => Some(("made by a model (AI)", Tone::Warning)),
        Provenance::Person => Some(("made by a person", Tone::Brand)),
    };
    view! {
        <div>
            <p class="value-name">"Result "{by.map(|(words, tone)| view! { <Badge tone>{words}</Badge> })}</p>
            <DatumView datum=output label="Result"/>
        </div>
    }
    .into_any()
}
