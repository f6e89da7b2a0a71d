//! The answers that need words or values: reject with a reason, redo with feedback, edit. Each sends once and leaves
//! the judgement to the engine.

use api::Fault;
use leptos::prelude::*;
use serde_json::Value as Json;
use workflow::{Decision, Then};

use super::model::{self, Asked};
use crate::{
    form::{Drafts, SchemaFields, schema},
    kit::{Appearance, Button, Field, Skeleton, Textarea, dynamic},
    live::{Fetched, Live},
    parts::{TileFault, datum},
};

/// No, and why.
#[component]
pub fn RejectPanel(
    /// Sends the answer.
    send: Callback<Decision>,
    /// An answer is on its way.
    busy: RwSignal<bool>,
    /// Puts the panel away.
    close: Callback<()>,
    /// What follows as the file asks for it, where the run has changed something already.
    rolls_back: Option<Then>,
) -> impl IntoView {
    let reason = RwSignal::new(String::new());
    let reject = move |then| send.run(model::rejection(&reason.get_untracked(), then));
    let usual = |then| match rolls_back {
        Some(usual) if usual != then => Appearance::Default,
        Some(_) | None => Appearance::Danger,
    };
    view! {
        <div class="answer stack">
            <Field label="Why not?" hint="Kept with the run. Nothing of this card runs.">
                <Textarea value=reason rows=2 test_id="card-reject-reason"/>
            </Field>
            <div class="row">
                <Button appearance=usual(Then::Stop) busy on_press=move |()| reject(Then::Stop) attr:data-testid="card-reject-send">"Reject and stop"</Button>
                {rolls_back.map(|_| view! {
                    <Button appearance=usual(Then::Rollback) busy on_press=move |()| reject(Then::Rollback) attr:data-testid="card-reject-rollback">"Reject and roll back"</Button>
                })}
                <Button on_press=close>"Back"</Button>
            </div>
        </div>
    }
}

/// The change stays as it is, and why.
#[component]
pub fn LeavePanel(
    /// Sends the answer.
    send: Callback<Decision>,
    /// An answer is on its way.
    busy: RwSignal<bool>,
    /// Puts the panel away.
    close: Callback<()>,
) -> impl IntoView {
    let reason = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    let leave = move |()| {
        let reason = reason.get_untracked().trim().to_owned();
        if reason.is_empty() {
            error.set(Some("Say why this change may stay".to_owned()));
        } else {
            send.run(Decision::SkipBecause { reason });
        }
    };
    view! {
        <div class="answer stack">
            <Field label="Why may this change stay?" required=true error hint="Kept with the run. The rollback goes on with the change before it.">
                <Textarea value=reason rows=2 test_id="card-skip-reason"/>
            </Field>
            <div class="row">
                <Button appearance=Appearance::Primary busy on_press=leave attr:data-testid="card-skip-send">"Skip this change"</Button>
                <Button on_press=close>"Back"</Button>
            </div>
        </div>
    }
}

/// Again, with feedback.
#[component]
pub fn RedoPanel(
    /// Sends the answer.
    send: Callback<Decision>,
    /// An answer is on its way.
    busy: RwSignal<bool>,
    /// Puts the panel away.
    close: Callback<()>,
) -> impl IntoView {
    let feedback = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    let redo = move |()| {
        let feedback = feedback.get_untracked().trim().to_owned();
        if feedback.is_empty() {
            error.set(Some("Say what should be different".to_owned()));
        } else {
            send.run(Decision::Redo { feedback });
        }
    };
    view! {
        <div class="answer stack">
            <Field label="What should be different?" required=true error hint="The step begins again with these words; this attempt is kept.">
                <Textarea value=feedback rows=2 test_id="card-redo-feedback"/>
            </Field>
            <div class="row">
                <Button appearance=Appearance::Primary busy on_press=redo attr:data-testid="card-redo-send">"Redo"</Button>
                <Button on_press=close>"Back"</Button>
            </div>
        </div>
    }
}

/// Other inputs, or another result.
#[component]
pub fn EditPanel(
    /// The question.
    asked: Signal<Asked>,
    /// Sends the answer.
    send: Callback<Decision>,
    /// An answer is on its way.
    busy: RwSignal<bool>,
    /// Puts the panel away.
    close: Callback<()>,
    /// What the engine refused, to be shown at the fields.
    fault: RwSignal<Option<Fault>>,
) -> impl IntoView {
    if asked.with_untracked(|asked| asked.card.result.is_some()) {
        view! { <EditResult asked send busy close/> }.into_any()
    } else {
        view! { <EditInputs asked send busy close fault/> }.into_any()
    }
}

#[component]
fn EditInputs(
    asked: Signal<Asked>,
    send: Callback<Decision>,
    busy: RwSignal<bool>,
    close: Callback<()>,
    fault: RwSignal<Option<Fault>>,
) -> impl IntoView {
    let drafts = asked.with_untracked(|asked| Drafts::new(asked.fields.clone(), &asked.present()));
    let same = RwSignal::new(false);
    let edit = move |()| {
        let Some(values) = drafts.read() else { return };
        match asked.with_untracked(|asked| asked.edit(values)) {
            Some(decision) => {
                same.set(false);
                send.run(decision);
            }
            None => same.set(true),
        }
    };
    Effect::new(move |_| {
        if let Some(fault) = fault.get() {
            drafts.blame(&fault.title);
        }
    });
    view! {
        <div class="answer stack">
            <SchemaFields drafts unfolded=true/>
            <p class="quiet">"An edit approves nothing: what would run is worked out again and shown as a new card."</p>
            <div role="status">{dynamic(move || same.get().then_some("Nothing was changed yet."))}</div>
            <div class="row">
                <Button appearance=Appearance::Primary busy on_press=edit attr:data-testid="card-edit-send">"Show me again with these"</Button>
                <Button on_press=close>"Back"</Button>
            </div>
        </div>
    }
}

#[component]
fn EditResult(
    asked: Signal<Asked>,
    send: Callback<Decision>,
    busy: RwSignal<bool>,
    close: Callback<()>,
) -> impl IntoView {
    let live = Live::expect();
    let result = asked.with_untracked(|asked| asked.card.result.clone())?;
    let value = datum::whole(live, &result);
    let blob = result.blob();
    let retry = Callback::new(move |()| _ = blob.map(|sha256| live.blob(sha256)));
    Some(move || match value.get() {
        Fetched::Fetching => view! { <Skeleton what="the result"/> }.into_any(),
        Fetched::Failed(fault) => view! { <TileFault fault on_retry=retry/> }.into_any(),
        Fetched::Here(value) => {
            let text = schema::json_draft(&value);
            let (draft, error) = (RwSignal::new(text), RwSignal::new(None::<String>));
            let edit =
                move |()| match draft.with_untracked(|draft| serde_json::from_str::<Json>(draft)) {
                    Ok(output) => {
                        error.set(None);
                        let mut values = serde_json::Map::new();
                        values.insert("output".to_owned(), output);
                        send.run(Decision::Edit { values });
                    }
                    Err(why) => error.set(Some(schema::not_json(&why))),
                };
            view! {
                <div class="answer stack">
                    <Field label="The result" error hint="JSON. It is accepted at once, as made by you.">
                        <Textarea value=draft rows=10 mono=true test_id="input-output"/>
                    </Field>
                    <div class="row">
                        <Button appearance=Appearance::Primary busy on_press=edit attr:data-testid="card-edit-send">"Use this result"</Button>
                        <Button on_press=close>"Back"</Button>
                    </div>
                </div>
            }
            .into_any()
        }
    })
}
