//! The form that starts a workflow: its inputs, what it may do, and the button. In the rail and on the workflow's page.

use std::collections::BTreeMap;

use api::{Fault, WorkflowInfo};
use leptos::{prelude::*, task::spawn_local};
use workflow::RunId;

use super::{Drafts, SchemaFields, schema};
use crate::{
    kit::{Appearance, Badge, Button, Escaped, Tone, icons},
    live::Live,
    parts::FaultBar,
};

/// The form.
#[component]
pub fn StartForm(
    /// The workflow.
    info: WorkflowInfo,
    /// Shows every input, those that few people change included.
    #[prop(optional)]
    unfolded: bool,
    /// A run was started.
    on_started: Callback<RunId>,
) -> impl IntoView {
    let live = Live::expect();
    let specs = schema::fields(&info.inputs);
    let asks = !specs.is_empty();
    let drafts = Drafts::new(specs, &BTreeMap::new());
    let fault = RwSignal::new(None::<Fault>);
    let busy = RwSignal::new(false);
    let id = info.id.clone();
    let start = Callback::new(move |()| {
        let Some(inputs) = drafts.read() else { return };
        let id = id.clone();
        busy.set(true);
        fault.set(None);
        spawn_local(async move {
            let answer = live.start(id, inputs).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(run) => on_started.run(run),
                Err(refused) => {
                    if refused.code == "invalid_inputs" {
                        drafts.blame(&refused.title);
                    }
                    let _ = fault.try_set(Some(refused));
                }
            }
        });
    });
    view! {
        <form class="stack" novalidate on:submit=move |event| { event.prevent_default(); if !busy.get_untracked() { start.run(()); } }>
            {(!info.description.is_empty()).then(|| view! { <p class="quiet"><Escaped text=info.description.clone()/></p> })}
            {marks(&info)}
            {asks.then(|| view! { <SchemaFields drafts unfolded/> })}
            <FaultBar fault/>
            <div class="row">
                <Button appearance=Appearance::Primary icon=icons::PLAY busy submit=true attr:data-testid="start-workflow">"Start workflow"</Button>
            </div>
        </form>
    }
}

/// What a workflow may do, and where it comes from, as badges.
pub fn marks(info: &WorkflowInfo) -> AnyView {
    let (tone, words) = if info.reads_only {
        (Tone::Success, "reads only")
    } else {
        (Tone::Warning, "asks before it changes anything")
    };
    view! {
        <div class="row">
            <Badge tone>{words}</Badge>
            {info.shadows_builtin.then(|| view! { <Badge tone=Tone::Brand>"your file stands in for the built-in"</Badge> })}
        </div>
    }
    .into_any()
}
