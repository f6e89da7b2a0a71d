//! The card of a call nobody can vouch for: only a person can say whether it happened (semantics.md 8).

use std::time::Duration;

use api::Fault;
use leptos::{prelude::*, task::spawn_local};
use workflow::DoubtAnswer;

use super::{calls::CallFacts, model::Doubt};
use crate::{
    kit::{Button, Disclosure, Escaped, Icon, icons, unique_id},
    live::Live,
    parts::{FaultBar, fault::sentence},
};

/// The card.
#[component]
pub fn DoubtCard(
    /// The question; never changes while the card stands.
    doubt: Doubt,
    /// The exact call is one press away.
    #[prop(optional)]
    compact: bool,
) -> impl IntoView {
    let live = Live::expect();
    let heading = unique_id("doubt");
    let (armed, busy) = (RwSignal::new(false), RwSignal::new(false));
    let fault = RwSignal::new(None::<Fault>);
    set_timeout(move || _ = armed.try_set(true), Duration::from_millis(400));
    let (run, step) = (doubt.run.clone(), doubt.step.clone());
    let answer = Callback::new(move |answer: DoubtAnswer| {
        if !armed.get_untracked() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        let (run, step) = (run.clone(), step.clone());
        spawn_local(async move {
            let answer = live.resolve(run, step, answer).await;
            let _ = fault.try_set(answer.err());
            let _ = busy.try_set(false);
        });
    });
    let blocked = Signal::derive(move || !armed.get() || busy.get());
    let question = view! { "Did this happen: "<Escaped text=doubt.title.clone()/>"?" };
    let id = heading.clone();
    let call = doubt.call.clone();
    view! {
        <section
            class="card card-accent tone-danger approval"
            class:approval-compact=compact
            data-testid="doubt-card"
            data-step=doubt.step.to_string()
            tabindex="-1"
            aria-labelledby=heading
        >
            <div class="card-head">
                <span class="approval-hand"><Icon path=icons::WARNING_FILLED/></span>
                {if compact { view! { <h3 id=id>{question}</h3> }.into_any() } else { view! { <h2 id=id>{question}</h2> }.into_any() }}
            </div>
            <p><Escaped text=sentence(&doubt.why)/>" Look at the host, then say."</p>
            {if compact {
                view! { <Disclosure summary="The exact call"><CallFacts call/></Disclosure> }.into_any()
            } else {
                view! { <CallFacts call/> }.into_any()
            }}
            <FaultBar fault/>
            <div class="row approval-actions">
                <Button disabled=blocked on_press=move |()| answer.run(DoubtAnswer::ItHappened) attr:data-testid="doubt-happened">"It happened"</Button>
                <Button disabled=blocked on_press=move |()| answer.run(DoubtAnswer::RunAgain) attr:data-testid="doubt-again">"Run it again"</Button>
                {doubt.can_roll_back.then(|| view! {
                    <Button disabled=blocked on_press=move |()| answer.run(DoubtAnswer::RollBack) attr:data-testid="doubt-rollback">"Roll back"</Button>
                })}
            </div>
            <p class="quiet">"“Run it again” is itself the approval of exactly this call. “Roll back” undoes what the run changed before; not this call, of which nobody knows."</p>
        </section>
    }
}
