//! Undoing a run that is over: the button. What would be undone is previewed by a run of its own, and its card says so.

use std::sync::Arc;

use api::Fault;
use leptos::prelude::*;
use workflow::Run;

use super::{FaultBar, press};
use crate::{
    kit::{Button, Memo, dynamic, icons},
    live::{Live, call},
    shell::Route,
};

/// The button; there while changes of a run that is over stand and may be undone.
#[component]
pub fn UndoRun(
    /// The run.
    #[prop(into)]
    run: Signal<Option<Arc<Run>>>,
) -> impl IntoView {
    let live = Live::expect();
    let (busy, fault) = (RwSignal::new(false), RwSignal::new(None::<Fault>));
    // The engine judges the time; here it only decides whether the button is seen.
    let opened_us = live.clock.ticking().get_untracked();
    let offered = Memo::new(move |_| {
        run.with(|run| {
            let run = run.as_ref()?;
            let within = run.undo_until_us().is_some_and(|until| opened_us < until);
            (within && run.standing_changes().next().is_some()).then(|| run.id().clone())
        })
    });
    let undo = move |()| {
        if let Some(run) = offered.get_untracked() {
            let undo = api::UndoRun {
                run: run.0,
                from: None,
            };
            let open = |started: api::Started| Route::go(&format!("/run/{}", started.run));
            press(call(undo), busy, fault, open);
        }
    };
    view! {
        {dynamic(move || offered.with(Option::is_some).then(|| view! {
            <Button icon=icons::UNDO busy on_press=undo attr:data-testid="undo-run">"Undo…"</Button>
        }))}
        <FaultBar fault/>
    }
}
