//! The card of an open gate: arming, buttons, what they open. Nothing is focused on Approve; the buttons arm 400 ms after another
//! card is shown; a held key never decides; decision keys are dead while somebody types.

use std::{collections::BTreeSet, time::Duration};

use api::Fault;
use leptos::{ev, html, prelude::*, task::spawn_local};
use workflow::{Decision, DecisionKind, GateKind};

use super::{
    answer::{EditPanel, LeavePanel, RedoPanel, RejectPanel},
    calls::Calls,
    compact,
    evidence::{Evidence, Reopened, Result, RollbackPlan, Terms},
    keys::take_focus,
    model::Asked,
};
use crate::{
    browser,
    kit::{Appearance, Badge, Button, CopyButton, Escaped, Icon, Tone, dynamic, icons, unique_id},
    live::{Live, words},
    parts::FaultBar,
    shell::shortcuts::{CardKey, Pressed, card_key},
};

/// How long a card must be seen before it can be answered.
const ARMING: Duration = Duration::from_millis(400);

/// What stands below the buttons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Panel {
    Closed,
    Reject,
    Redo,
    Edit,
    Leave,
}

/// The card.
#[component]
pub fn ApprovalCard(
    /// The question; never changes while the card stands.
    asked: Asked,
    /// Only what is needed to decide, with a link to the whole card.
    #[prop(optional)]
    compact: bool,
) -> impl IntoView {
    let live = Live::expect();
    let heading = unique_id("card");
    let panel_id = unique_id("panel");
    let (armed, busy) = (RwSignal::new(false), RwSignal::new(false));
    let fault = RwSignal::new(None::<Fault>);
    let panel = RwSignal::new(Panel::Closed);
    let dropped = RwSignal::new(BTreeSet::new());
    let node = NodeRef::<html::Section>::new();
    set_timeout(move || _ = armed.try_set(true), ARMING);
    let asked = Signal::stored(asked);

    let send = Callback::new(move |decision: Decision| {
        if !armed.get_untracked() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        fault.set(None);
        let asked = asked.get_untracked();
        let again = !compact && asked.shown_again_after(&decision);
        spawn_local(async move {
            let run = asked.run.clone();
            let answer = live
                .decide(
                    asked.run,
                    asked.gate,
                    asked.revision,
                    asked.digest,
                    decision,
                )
                .await;
            if again && answer.is_ok() {
                live.wanted.set(Some(run));
            }
            // The card may be gone by now: that is the usual end.
            let _ = fault.try_set(answer.err());
            let _ = busy.try_set(false);
        });
    });
    let approve = Callback::new(move |()| {
        let items = dropped.get_untracked().into_iter().collect();
        send.run(asked.with_untracked(|asked| asked.approval(items)));
    });
    let show = Callback::new({
        let panel_id = panel_id.clone();
        move |wanted: Panel| {
            panel.set(wanted);
            let id = panel_id.clone();
            set_timeout(move || browser::focus_first_control(&id), Duration::ZERO);
        }
    });
    let close = Callback::new(move |()| {
        panel.set(Panel::Closed);
        if let Some(node) = node.get_untracked() {
            browser::focus(&node);
        }
    });
    let (at_a_failure, rolls_back) = asked.with_untracked(|asked| {
        let failure = asked.gate.kind == GateKind::Failure;
        (failure, asked.changed.then_some(asked.usual_then))
    });
    let offers = move |kind| asked.with_untracked(|asked| asked.offers(kind));
    let keys = move |event: ev::KeyboardEvent| {
        let key = event.key();
        let pressed = Pressed {
            key: &key,
            code: "",
            control: event.ctrl_key(),
            shift: event.shift_key(),
            alt: false,
            repeat: event.repeat(),
            typing: browser::typing(),
        };
        match card_key(&pressed) {
            Some(CardKey::Approve) if offers(DecisionKind::Approve) => approve.run(()),
            Some(CardKey::Reject) if offers(DecisionKind::Reject) => show.run(Panel::Reject),
            Some(CardKey::Close) if panel.get_untracked() != Panel::Closed => close.run(()),
            Some(CardKey::Approve | CardKey::Reject | CardKey::Close) | None => return,
        }
        event.prevent_default();
    };
    take_focus(live, asked, node, compact);

    let blocked = Signal::derive(move || !armed.get());
    let (body, details) = if compact {
        (compact::body(asked), compact::details(asked))
    } else {
        (whole_body(asked, dropped), ().into_any())
    };
    let labelled_by = heading.clone();
    let (gate, revision) = asked.with_untracked(|asked| (asked.gate.to_string(), asked.revision));
    view! {
        <section
            node_ref=node
            class="card card-accent tone-warning approval"
            class:approval-compact=compact
            data-testid="card"
            data-gate=gate
            data-revision=revision.to_string()
            data-armed=move || if armed.get() { "true" } else { "false" }
            tabindex="-1"
            // The same card stands on the page, and there it is the landmark.
            role=compact.then_some("group")
            aria-labelledby=labelled_by
            on:keydown=keys
        >
            {head(asked, &heading, compact)}
            {body}
            <FaultBar fault/>
            <div class="row approval-actions">
                {offers(DecisionKind::Approve).then(|| view! {
                    <Button
                        appearance=Appearance::Primary
                        icon=icons::CHECKMARK
                        disabled=blocked
                        busy
                        on_press=approve
                        attr:data-testid="card-approve"
                        attr:aria-keyshortcuts="Control+Enter"
                    >
                        {dynamic(move || if compact { "Approve".to_owned() } else { asked.with(|asked| asked.approve_words(dropped.with(BTreeSet::len))) })}
                    </Button>
                })}
                {offers(DecisionKind::Reject).then(|| view! {
                    <Button
                        disabled=blocked
                        on_press=move |()| show.run(Panel::Reject)
                        attr:data-testid="card-reject"
                        attr:aria-keyshortcuts="Control+Shift+Backspace"
                    >"Reject…"</Button>
                })}
                {at_a_failure.then(|| view! {
                    {offers(DecisionKind::Retry).then(|| view! {
                        <Button appearance=Appearance::Primary icon=icons::ARROW_SYNC disabled=blocked busy on_press=move |()| send.run(Decision::Retry) attr:data-testid="card-retry">"Try again"</Button>
                    })}
                    {offers(DecisionKind::Rollback).then(|| view! {
                        <Button appearance=Appearance::Danger icon=icons::UNDO disabled=blocked busy on_press=move |()| send.run(Decision::Rollback) attr:data-testid="card-rollback">"Roll back"</Button>
                    })}
                    {offers(DecisionKind::Skip).then(|| view! {
                        <Button icon=icons::SKIP disabled=blocked on_press=move |()| show.run(Panel::Leave) attr:data-testid="card-skip">"Skip…"</Button>
                    })}
                    <Button disabled=blocked on_press=move |()| send.run(Decision::Stop) attr:data-testid="card-stop">"Stop here"</Button>
                })}
                {(!compact && !at_a_failure).then(|| view! {
                    {offers(DecisionKind::Skip).then(|| view! {
                        <Button appearance=Appearance::Subtle icon=icons::SKIP disabled=blocked on_press=move |()| send.run(Decision::Skip) attr:data-testid="card-skip">"Skip"</Button>
                    })}
                    {offers(DecisionKind::Redo).then(|| view! {
                        <Button appearance=Appearance::Subtle icon=icons::ARROW_SYNC disabled=blocked on_press=move |()| show.run(Panel::Redo) attr:data-testid="card-redo">"Redo…"</Button>
                    })}
                    {offers(DecisionKind::Edit).then(|| view! {
                        <Button appearance=Appearance::Subtle icon=icons::EDIT disabled=blocked on_press=move |()| show.run(Panel::Edit) attr:data-testid="card-edit">
                            {dynamic(move || if asked.with(|asked| asked.card.result.is_some()) { "Edit result…" } else { "Edit input…" })}
                        </Button>
                    })}
                })}
            </div>
            <div id=panel_id>
                {dynamic(move || match panel.get() {
                    Panel::Closed => ().into_any(),
                    Panel::Reject => view! { <RejectPanel send busy close rolls_back/> }.into_any(),
                    Panel::Leave => view! { <LeavePanel send busy close/> }.into_any(),
                    Panel::Redo => view! { <RedoPanel send busy close/> }.into_any(),
                    Panel::Edit => view! { <EditPanel asked send busy close fault/> }.into_any(),
                })}
            </div>
            {details}
        </section>
    }
}

fn head(asked: Signal<Asked>, heading: &str, compact: bool) -> AnyView {
    let live = Live::expect();
    let now = live.clock.ticking();
    let (opened, expires) =
        asked.with_untracked(|asked| (asked.opened_at_us, asked.card.expires_at_us));
    let waits = move || words::gate_words(opened, expires, now.get());
    let asked = asked.get_untracked();
    let title = view! { <Escaped text=asked.card.title.clone()/> };
    let id = heading.to_owned();
    let digest = asked.digest.to_string();
    let short = asked.digest.short();
    view! {
        <div class="card-head">
            <span class="approval-hand"><Icon path=icons::HAND_FILLED/></span>
            {if compact {
                view! { <h3 id=id>{title}</h3> }.into_any()
            } else {
                view! { <h2 id=id>{title}</h2> }.into_any()
            }}
            {(!compact).then(|| view! { <div class="card-aside"><Badge tone=Tone::Warning>{waits}</Badge></div> })}
        </div>
        <p class="quiet approval-place">
            {compact.then(|| view! { {dynamic(waits)}" · " })}
            <span><Escaped text=asked.step/></span>
            {(asked.revision > 1).then(|| format!(" · revision {}", asked.revision))}
            {(!compact).then(|| view! {
                " · card "
                <code data-testid="card-digest" data-digest=digest.clone() title=digest.clone()>{short}</code>
                <CopyButton text=digest label="Copy digest"/>
            })}
        </p>
    }
    .into_any()
}

fn whole_body(asked: Signal<Asked>, dropped: RwSignal<BTreeSet<workflow::StepKey>>) -> AnyView {
    view! {
        <Reopened asked/>
        <Calls asked dropped/>
        <Result asked/>
        <Evidence asked/>
        <RollbackPlan asked/>
        <Terms asked/>
    }
    .into_any()
}
