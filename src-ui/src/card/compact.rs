//! The card in the 300 px of the rail: what must be seen before a decision above the buttons, the exact calls below.

use std::collections::BTreeSet;

use leptos::prelude::*;
use workflow::{CardCall, DecisionKind};

use super::{
    calls::Calls,
    evidence::{Reopened, Result},
    model::{self, Asked},
};
use crate::kit::{Badge, Disclosure, Escaped, Tone};

/// What stands above the buttons.
pub(super) fn body(asked: Signal<Asked>) -> AnyView {
    let of = asked.get_untracked();
    let calls = &of.card.calls;
    let lines: Vec<AnyView> = calls
        .iter()
        .map(|call| line(call, calls.len() > 1))
        .collect();
    let changing = || calls.iter().filter(|call| call.call.effect.changes());
    let undo = changing().next().map(|_| {
        if changing().any(|call| call.undo.is_none()) {
            view! { <p><Badge tone=Tone::Danger>"cannot be undone"</Badge></p> }.into_any()
        } else {
            view! { <p class="quiet">"Can be undone."</p> }.into_any()
        }
    });
    view! {
        <Reopened asked/>
        {(!lines.is_empty()).then(|| view! { <ul class="plain-list approval-lines">{lines}</ul> })}
        {undo}
        <Result asked/>
    }
    .into_any()
}

fn line(call: &CardCall, several: bool) -> AnyView {
    let what = match model::summary(call) {
        what if what.is_empty() => call.call.tool.clone(),
        what => what,
    };
    let targets: Vec<&str> = call
        .call
        .targets
        .iter()
        .map(|target| target.agent.as_str())
        .collect();
    let on = (!targets.is_empty()).then(|| format!(" on {}", targets.join(", ")));
    let name = several.then(|| format!("{}: ", model::call_name(call)));
    let what = match (&call.left_out, several) {
        (None, _) => what,
        (Some(_), true) => "left out".to_owned(),
        (Some(_), false) => format!("left out: {what}"),
    };
    let text: String = [name, Some(what), on].into_iter().flatten().collect();
    view! { <li><Escaped text/></li> }.into_any()
}

/// What stands below the buttons.
pub(super) fn details(asked: Signal<Asked>) -> AnyView {
    let of = asked.get_untracked();
    let whole = format!("#/run/{}", of.run);
    let calls = of.card.calls.len();
    // Items are left out on the whole card only.
    let mut shown = of;
    shown
        .card
        .decisions
        .retain(|kind| *kind != DecisionKind::Drop);
    let shown = Signal::stored(shown);
    view! {
        <div class="approval-details">
            {(calls > 0).then(|| view! {
                <Disclosure summary="Exactly what would run" open={calls == 1}>
                    <Calls asked=shown dropped=RwSignal::new(BTreeSet::new())/>
                </Disclosure>
            })}
            <p><a href=whole>"Open the whole card"</a></p>
        </div>
    }
    .into_any()
}
