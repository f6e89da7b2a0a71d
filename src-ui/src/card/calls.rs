//! The calls of a card: each exactly as it is stored, with what it would change and how it would be undone.

use std::collections::BTreeSet;

use leptos::prelude::*;
use serde_json::Value as Json;
use workflow::{Call, CardCall, Change, Datum, EffectClass, StepKey, Target};

use super::model::{Asked, DiffLine, call_name, diff_lines, summary};
use crate::{
    kit::{Badge, Checkbox, CollectParts, Disclosure, Escaped, Fact, Facts, Tone},
    parts::{DatumView, datum::exact},
};

/// All calls; with several, each has its own tick where the gate lets a person leave some out.
#[component]
pub fn Calls(
    /// The question.
    #[prop(into)]
    asked: Signal<Asked>,
    /// The items that the person leaves out.
    dropped: RwSignal<BTreeSet<StepKey>>,
) -> impl IntoView {
    let asked = asked.get_untracked();
    let droppable = asked.droppable();
    match asked.card.calls.as_slice() {
        [] => ().into_any(),
        [one] => view! { <CallView call=one.clone()/> }.into_any(),
        many => {
            let of = many
                .iter()
                .map(|call| view! { <Item call=call.clone() droppable dropped/> });
            view! {
                <ul class="call-list" aria-label="What would run">{of.collect_parts()}</ul>
            }
            .into_any()
        }
    }
}

#[component]
fn Item(call: CardCall, droppable: bool, dropped: RwSignal<BTreeSet<StepKey>>) -> impl IntoView {
    let step = call.step.clone();
    let name = crate::kit::escape::escaped(&call_name(&call));
    let what = summary(&call);
    let left_out = call.left_out.clone();
    let ticked = RwSignal::new(left_out.is_none());
    let cannot = left_out.is_some();
    Effect::new(move |_| {
        let wanted = ticked.get();
        if !cannot {
            dropped.update(|dropped| {
                if wanted {
                    dropped.remove(&step);
                } else {
                    dropped.insert(step.clone());
                }
            });
        }
    });
    let label = if what.is_empty() || cannot {
        name.clone()
    } else {
        format!("{name}: {what}")
    };
    let shown = crate::kit::escape::escaped(&label);
    let item = call.step.to_string();
    let exact = format!("Exact call of {name}");
    view! {
        <li class="call-item" data-item=item>
            {if droppable {
                view! { <Checkbox checked=ticked label=shown disabled=cannot test_id="card-drop"/> }.into_any()
            } else {
                view! { <p class="call-item-name">{shown}</p> }.into_any()
            }}
            {left_out.map(|why| view! { <p class="quiet call-left-out">"Left out: "<Escaped text=why/></p> })}
            <Disclosure summary=exact><CallView call/></Disclosure>
        </li>
    }
}

/// One call, whole.
#[component]
pub fn CallView(
    /// The call.
    call: CardCall,
) -> impl IntoView {
    let undo = call.undo.clone();
    let changes = call.changes.clone();
    let changing = call.call.effect.changes();
    let radius = call.blast_radius.clone();
    view! {
        <CallFacts call=call.call>
            {(!radius.is_empty()).then(|| view! { <Fact name="Affects"><Escaped text=radius/></Fact> })}
            {changing.then(|| view! {
                <Fact name="Undo">
                    {match undo {
                        Some(undo) => view! { <Escaped text=undo.says/>" "<code>{undo.tool}</code> }.into_any(),
                        None => view! { <Badge tone=Tone::Danger>"cannot be undone"</Badge> }.into_any(),
                    }}
                </Fact>
            })}
        </CallFacts>
        {changes.into_iter().map(change_view).collect_parts()}
        {(changing && call.changes.is_empty()).then(|| view! { <p class="quiet">"Nothing would change."</p> })}
    }
}

/// The call itself: tool, targets, arguments, preconditions.
#[component]
pub fn CallFacts(
    /// The call.
    call: Call,
    /// Further facts.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let facts = call.facts.clone();
    view! {
        <Facts>
            <Fact name="Will run">
                <code>{call.tool.clone()}</code>" "
                <Badge tone=effect_tone(call.effect)>{effect_words(call.effect)}</Badge>
            </Fact>
            {(!call.targets.is_empty()).then(|| view! { <Fact name="On">{targets(&call.targets)}</Fact> })}
            {arguments(call.args.clone())}
            {(!facts.is_empty()).then(|| view! {
                <Fact name="Only if">
                    {facts.into_iter().map(|(name, value)| view! {
                        <div class="condition"><code><Escaped text=format!("{name} = {}", exact(&value))/></code></div>
                    }).collect_parts()}
                </Fact>
            })}
            {children.map(|children| children())}
        </Facts>
    }
}

fn targets(targets: &[Target]) -> AnyView {
    targets
        .iter()
        .map(|target| {
            let key = target.host_key.clone();
            let here = target.agent == fleet::Agent::THIS_COMPUTER;
            view! {
                <span class="target">
                    <strong><Escaped text=target.agent.clone()/></strong>
                    {key.map(|key| view! { " "<code><Escaped text=key/></code> })}
                    {here.then_some(" (this computer)")}
                </span>
            }
        })
        .collect_parts()
        .into_any()
}

/// Every argument under its name; long and nested ones as a block of text.
fn arguments(args: Datum) -> AnyView {
    let fields = match args {
        Datum::Inline(Json::Object(fields)) => fields,
        other @ (Datum::Inline(_) | Datum::Blob { .. }) => return view! { <Fact name="Arguments"><DatumView datum=other label="Arguments"/></Fact> }.into_any(),
    };
    fields
        .into_iter()
        .map(|(name, value)| {
            let line = exact(&value);
            let lines = value.as_str().is_some_and(|text| text.contains('\n'));
            let long = lines || value.is_object() || value.is_array() || line.chars().count() > 96;
            view! {
                <Fact name=crate::kit::escape::escaped(&name)>
                    {if long {
                        view! { <DatumView datum=Datum::Inline(value) label=name/> }.into_any()
                    } else {
                        view! { <code><Escaped text=line/></code> }.into_any()
                    }}
                </Fact>
            }
        })
        .collect_parts()
        .into_any()
}

fn change_view(change: Change) -> AnyView {
    let label = format!("{} {}", change.verb, change.subject);
    let shown = crate::kit::escape::escaped(&label);
    view! {
        <div class="change">
            <p class="change-head"><Badge tone=Tone::Brand>{change.verb}</Badge>" "<code><Escaped text=change.subject/></code></p>
            {(!change.diff.is_empty()).then(|| view! {
                <pre class="diff" tabindex="0" role="group" aria-label=format!("What changes: {shown}")>
                    {diff_lines(&change.diff).into_iter().map(|(kind, line)| {
                        let class = match kind {
                            DiffLine::Added => "diff-line diff-added",
                            DiffLine::Removed => "diff-line diff-removed",
                            DiffLine::Place => "diff-line diff-place",
                            DiffLine::Same => "diff-line",
                        };
                        view! { <span class=class><Escaped text=line.to_owned()/>"\n"</span> }
                    }).collect_parts()}
                </pre>
            })}
        </div>
    }
    .into_any()
}

fn effect_words(effect: EffectClass) -> &'static str {
    match effect {
        EffectClass::Read => "reads only",
        EffectClass::Credential => "spends a secret",
        EffectClass::Write => "writes",
        EffectClass::Destructive => "destructive",
        EffectClass::External => "reaches somebody outside",
    }
}

fn effect_tone(effect: EffectClass) -> Tone {
    match effect {
        EffectClass::Read => Tone::Neutral,
        EffectClass::Credential | EffectClass::Write => Tone::Warning,
        EffectClass::Destructive | EffectClass::External => Tone::Danger,
    }
}
