//! Stopping a run. Asks first where changes were made: they stay, and the person should know which.

use std::sync::Arc;

use api::Fault;
use leptos::prelude::*;
use workflow::{Run, RunStatus};

use super::{FaultBar, outcome, press};
use crate::{
    kit::{Appearance, Button, CollectParts, Dialog, Escaped, Memo, dynamic},
    live::Live,
};

/// The button, and its question.
#[component]
pub fn CancelRun(
    /// The run; the button is there while the run is not over.
    #[prop(into)]
    run: Signal<Option<Arc<Run>>>,
    /// Puts the fault of a refusal here instead of below the button.
    #[prop(optional)]
    fault: Option<RwSignal<Option<Fault>>>,
) -> impl IntoView {
    let live = Live::expect();
    let own_fault = RwSignal::new(None);
    let asking = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let changes = Memo::new(move |_| {
        run.with(|run| run.as_ref().map(|run| outcome::changes_made(run)))
            .unwrap_or_default()
    });
    let cancel = Callback::new(move |()| {
        asking.set(false);
        let Some(id) = run.with_untracked(|run| run.as_ref().map(|run| run.id().clone())) else {
            return;
        };
        press(live.cancel(id), busy, fault.unwrap_or(own_fault), |()| {});
    });
    let pressed = move |()| {
        if changes.with_untracked(Vec::is_empty) {
            cancel.run(());
        } else {
            asking.set(true);
        }
    };
    let state = Memo::new(move |_| {
        run.with(|run| {
            // A run that has failed and asks what now is stopped at its card; a rollback is not cut short.
            let at_its_end = |run: &Arc<Run>| {
                let asks = run.stopping().is_some() && run.is_waiting();
                asks || run.is_over() || matches!(run.status(), RunStatus::RollingBack { .. })
            };
            run.as_ref()
                .map(|run| (at_its_end(run), run.stopping().is_some()))
        })
    });
    view! {
        {move || match state.get() {
            None | Some((true, _)) => ().into_any(),
            Some((false, true)) => view! {
                <p class="quiet" data-testid="stopping">"Stopping: nothing new is started; what is under way comes to a known end."</p>
            }.into_any(),
            Some((false, false)) => view! {
                <div class="row"><Button busy on_press=pressed attr:data-testid="cancel-run">"Cancel"</Button></div>
            }.into_any(),
        }}
        {fault.is_none().then(|| view! { <FaultBar fault=own_fault/> })}
        <Dialog
            open=asking
            title="Cancel this run?"
            actions=move || view! {
                <Button appearance=Appearance::Danger on_press=cancel attr:data-testid="cancel-confirm">"Cancel the run"</Button>
                <Button on_press=move |()| asking.set(false) attr:autofocus=true>"Keep it running"</Button>
            }
        >
            <p>"These changes were made. They stay: cancelling undoes nothing."</p>
            <ul class="plain-list">
                {dynamic(move || changes.get().into_iter().map(|change| view! { <li><Escaped text=change/></li> }).collect_parts())}
            </ul>
        </Dialog>
    }
}
