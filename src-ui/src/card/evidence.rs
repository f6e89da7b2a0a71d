//! What stands around the calls of a card: why it is shown again, the result of an after-gate, evidence, and who asks.

use leptos::prelude::*;
use workflow::{Difference, OnFailure};

use super::model::Asked;
use crate::{
    kit::{
        Badge, CollectParts, Disclosure, Escaped, Fact, Facts, Intent, MessageBar, Tone, escape,
    },
    live::local_point,
    parts::{DatumView, fault::sentence},
};

/// Why the card is shown again and what differs from the one before; nothing for the first card.
#[component]
pub fn Reopened(
    /// The question.
    #[prop(into)]
    asked: Signal<Asked>,
) -> impl IntoView {
    let card = asked.get_untracked().card;
    let (reopened, changed) = (card.reopened, card.changed);
    (reopened.is_some() || !changed.is_empty()).then(|| view! {
        <div class="reopened" data-testid="card-changed">
            <MessageBar intent=Intent::Warning title="Not what was shown before:">
                {reopened.map(|why| view! { <Escaped text=sentence(&why)/> })}
            </MessageBar>
            {(!changed.is_empty()).then(|| view! {
                <div class="table-scroll" tabindex="0" role="group" aria-label="What changed since the card before">
                    <table class="changed">
                        <thead><tr><th scope="col">"What changed"</th><th scope="col">"Before"</th><th scope="col">"Now"</th></tr></thead>
                        <tbody>{changed.into_iter().map(difference).collect_parts()}</tbody>
                    </table>
                </div>
            })}
        </div>
    })
}

fn difference(difference: Difference) -> AnyView {
    let cell = |text: String| {
        if text.is_empty() {
            view! { <span class="quiet">"nothing"</span> }.into_any()
        } else {
            view! { <code><Escaped text/></code> }.into_any()
        }
    };
    view! {
        <tr>
            <th scope="row"><Escaped text=difference.path/></th>
            <td>{cell(difference.before)}</td>
            <td>{cell(difference.after)}</td>
        </tr>
    }
    .into_any()
}

/// The result that an after-gate decides on.
#[component]
pub fn Result(
    /// The question.
    #[prop(into)]
    asked: Signal<Asked>,
) -> impl IntoView {
    let result = asked.get_untracked().card.result;
    result.map(|datum| {
        view! {
            <p class="value-name">"The result"</p>
            <DatumView datum label="The result"/>
        }
    })
}

/// The evidence that the file asks for.
#[component]
pub fn Evidence(
    /// The question.
    #[prop(into)]
    asked: Signal<Asked>,
) -> impl IntoView {
    let shown = asked.get_untracked().card.shown;
    shown
        .into_iter()
        .map(|shown| {
            let name = escape::escaped(&shown.expression);
            view! {
                <Disclosure summary=format!("Evidence: {name}")>
                    <DatumView datum=shown.value label=name/>
                </Disclosure>
            }
        })
        .collect_parts()
}

/// How the whole run would be undone, and which steps cannot be; only before its first change.
#[component]
pub fn RollbackPlan(
    /// The question.
    #[prop(into)]
    asked: Signal<Asked>,
) -> impl IntoView {
    let plan = asked.get_untracked().card.rollback?;
    let head = match plan.on_failure {
        OnFailure::Stop => "If the run fails, its changes stay until somebody undoes them:",
        OnFailure::Ask => "If the run fails, you are asked whether to roll back:",
        OnFailure::Rollback => "If the run fails, this is rolled back, the newest change first:",
    };
    let steps = plan.steps.into_iter().map(|step| {
        let how = match step.tool {
            Some(tool) => view! { <span class="quiet">" · undone with "{tool}</span> }.into_any(),
            None => {
                let why = step.irreversible.unwrap_or_default();
                view! { " "<Badge tone=Tone::Danger>"cannot be undone"</Badge>" "<Escaped text=why/> }.into_any()
            }
        };
        view! { <li><Escaped text=step.title/>{how}</li> }
    });
    Some(view! {
        <div data-testid="card-rollback-plan">
            <p class="value-name">{head}</p>
            <ul class="plain-list">{steps.collect_parts()}</ul>
        </div>
    })
}

/// Who asks, what one approval covers, what silence does.
#[component]
pub fn Terms(
    /// The question.
    #[prop(into)]
    asked: Signal<Asked>,
) -> impl IntoView {
    let asked = asked.get_untracked();
    let model = asked.card.provenance == workflow::Provenance::Model;
    let until = asked
        .card
        .expires_at_us
        .map(|at| format!(", at {}", local_point(at)));
    let (proposer, covers, silence) = (asked.proposer(), asked.covers(), asked.silence());
    view! {
        <Facts>
            <Fact name="Proposed by">
                {proposer}
                {model.then(|| view! { " "<Badge tone=Tone::Warning>"AI"</Badge> })}
            </Fact>
            {covers.map(|covers| view! { <Fact name="One approval covers">{covers}</Fact> })}
            <Fact name="If nobody answers">{silence}{until}</Fact>
        </Facts>
    }
}
