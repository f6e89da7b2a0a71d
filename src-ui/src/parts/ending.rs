//! How a run ended, shown: the failure with its one line to copy, or the outcome with what the run gives.

use std::sync::Arc;

use leptos::prelude::*;
use workflow::{Run, RunState};

use super::{DatumView, fault::sentence, outcome, report};
use crate::{
    kit::{CollectParts, CopyButton, Disclosure, Escaped, Icon, Memo, dynamic, icons},
    live::words,
};

/// Why the run failed; nothing for a run that has not.
#[component]
pub fn FailureNote(
    /// The run.
    #[prop(into)]
    run: Signal<Option<Arc<Run>>>,
) -> impl IntoView {
    let failure = Memo::new(move |_| run.with(|run| outcome::failure(run.as_ref()?)));
    dynamic(move || {
        failure.get().map(|failure| {
            let copied = failure.line.clone();
            view! {
                <div class="failure" data-testid="failure" role="group" aria-label="Why it failed">
                    <Icon path=icons::STATUS_FAILED/>
                    <div class="failure-words">
                        <p class="failure-line"><Escaped text=failure.line/></p>
                        {(!failure.hint.is_empty()).then(|| view! { <p class="quiet"><Escaped text=sentence(&failure.hint)/></p> })}
                    </div>
                    <CopyButton text=copied/>
                </div>
            }
        })
    })
}

/// How a run that is over ended and what it gives; nothing for one that is not.
#[component]
pub fn Outcome(
    /// The run.
    #[prop(into)]
    run: Signal<Option<Arc<Run>>>,
    /// A link to the report, where the report is shown elsewhere.
    #[prop(optional)]
    report_link: bool,
) -> impl IntoView {
    dynamic(move || {
        let run = run.get().filter(|run| run.is_over())?;
        let summary = run.summary();
        let took = outcome::ended_at_us(&run)
            .map(|ended| words::took(ended - summary.started_at_us))
            .unwrap_or_default();
        let ended = match summary.state {
            RunState::Completed => format!("Completed in {took}."),
            RunState::Failed => format!("Failed {took} after it started."),
            RunState::Cancelled => format!("Cancelled {took} after it started."),
            RunState::RolledBack => format!("Failed and was rolled back, {took} after it started."),
            RunState::Pending | RunState::Running | RunState::Waiting | RunState::RollingBack => {
                String::new()
            }
        };
        let message = summary
            .message
            .filter(|_| summary.state == RunState::Completed);
        let changes = outcome::changes_made(&run);
        let undone = outcome::changes_undone(&run);
        let report = report::report_of(&run);
        let outputs: Vec<_> = outcome::outputs(&run)
            .into_iter()
            .filter(|(_, value)| report.as_ref().is_none_or(|report| report.datum != *value))
            .collect();
        let link = report
            .filter(|_| report_link)
            .map(|_| format!("#/run/{}", run.id()));
        Some(view! {
            <div class="outcome stack" data-testid="outcome" data-state=summary.state.word()>
                <p>{ended}{message.map(|message| view! { " "<Escaped text=sentence(&message)/> })}</p>
                {(!undone.is_empty()).then(|| view! {
                    <div>
                        <p>{if summary.state == RunState::RolledBack { "These changes were made and rolled back:" } else { "These changes were made and undone:" }}</p>
                        <ul class="plain-list">{undone.iter().cloned().map(|change| view! { <li><Escaped text=change/></li> }).collect_parts()}</ul>
                    </div>
                })}
                {(summary.state != RunState::Completed).then(|| if changes.is_empty() {
                    let none = undone.is_empty().then_some("Nothing was changed.");
                    view! { <p class="quiet">{none}</p> }.into_any()
                } else {
                    view! {
                        <div>
                            <p>"These changes were made and stay:"</p>
                            <ul class="plain-list">{changes.into_iter().map(|change| view! { <li><Escaped text=change/></li> }).collect_parts()}</ul>
                        </div>
                    }.into_any()
                })}
                {link.map(|href| view! { <p><a href=href data-testid="report-link">"Show the report"</a></p> })}
                {(!outputs.is_empty()).then(|| view! {
                    <Disclosure summary="What it gives" open=!report_link>
                        <div class="stack">
                            {outputs.into_iter().map(|(name, datum)| view! {
                                <div><p class="value-name"><Escaped text=name.clone()/></p><DatumView datum label=name/></div>
                            }).collect_parts()}
                        </div>
                    </Disclosure>
                })}
            </div>
        })
    })
}
