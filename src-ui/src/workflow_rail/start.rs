//! "Select a workflow" and "Start workflow", with the form of its inputs between them.

use std::{collections::BTreeMap, time::Duration};

use api::{Fault, WorkflowInfo};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    browser,
    form::{Drafts, SchemaFields, schema},
    kit::{
        Appearance, Badge, Button, Choice, Escaped, Field, Intent, MessageBar, Select, Skeleton,
        Tone, dynamic, icons,
    },
    live::{Fetched, Live},
    parts::{FaultBar, TileFault},
};

/// Choosing and starting.
#[component]
pub fn StartWorkflow(
    /// A run was started.
    on_started: Callback<()>,
) -> impl IntoView {
    let live = Live::expect();
    let chosen = RwSignal::new(String::new());
    let choices = Signal::derive(move || {
        live.workflows.with(|list| {
            let of = list
                .here()
                .map(|list| list.workflows.as_slice())
                .unwrap_or_default();
            of.iter()
                .map(|workflow| Choice::new(workflow.id.clone(), workflow.title.clone()))
                .collect::<Vec<_>>()
        })
    });
    // The form is built anew only when the workflow itself is another.
    let info = Memo::new(move |_| {
        let id = chosen.get();
        live.workflows.with(|list| {
            let of = list.here()?;
            of.workflows
                .iter()
                .find(|workflow| workflow.id == id)
                .cloned()
        })
    });
    view! {
        <div class="start stack">
            {dynamic(move || live.workflows.with(|list| match list {
                Fetched::Fetching => Some(view! { <Skeleton what="the workflows" lines=2/> }.into_any()),
                Fetched::Failed(fault) => Some(view! {
                    <TileFault fault=fault.clone() on_retry=Callback::new(move |()| live.fetch_workflows())/>
                }.into_any()),
                Fetched::Here(_) => None,
            }))}
            <Findings/>
            <div hidden=move || live.workflows.with(|list| list.here().is_none())>
                <Field label="Workflow">
                    <Select value=chosen choices placeholder="Select a workflow" test_id="workflow-select"/>
                </Field>
            </div>
            {dynamic(move || match info.get() {
                Some(info) => view! { <Form info chosen on_started/> }.into_any(),
                None => view! {
                    <div hidden=move || live.workflows.with(|list| list.here().is_none())>
                        <Button appearance=Appearance::Primary icon=icons::PLAY disabled=true attr:data-testid="start-workflow">"Start workflow"</Button>
                    </div>
                }.into_any(),
            })}
        </div>
    }
}

#[component]
fn Form(info: WorkflowInfo, chosen: RwSignal<String>, on_started: Callback<()>) -> impl IntoView {
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
                Ok(_) => {
                    let _ = chosen.try_set(String::new());
                    set_timeout(|| browser::focus_if_lost("rail"), Duration::ZERO);
                    on_started.run(());
                }
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
            <div class="row">
                {info.reads_only.then(|| view! { <Badge tone=Tone::Success>"reads only"</Badge> })}
                {(!info.reads_only).then(|| view! { <Badge tone=Tone::Warning>"asks before it changes anything"</Badge> })}
                {info.shadows_builtin.then(|| view! { <Badge tone=Tone::Brand>"your file stands in for the built-in"</Badge> })}
            </div>
            {asks.then(|| view! { <SchemaFields drafts/> })}
            <FaultBar fault/>
            <div class="row">
                <Button appearance=Appearance::Primary icon=icons::PLAY busy submit=true attr:data-testid="start-workflow">"Start workflow"</Button>
            </div>
        </form>
    }
}

/// Files of the definitions folder that could not be used.
#[component]
fn Findings() -> impl IntoView {
    let live = Live::expect();
    let findings = Memo::new(move |_| {
        live.workflows.with(|list| {
            let of = list
                .here()
                .map(|list| list.findings.as_slice())
                .unwrap_or_default();
            let errors = of.iter().filter(|finding| finding.severity == "error");
            errors.map(ToString::to_string).collect::<Vec<_>>()
        })
    });
    dynamic(move || {
        let findings = findings.get();
        (!findings.is_empty()).then(|| {
            let title = match findings.len() {
                1 => "1 error in a workflow file.".to_owned(),
                many => format!("{many} errors in workflow files."),
            };
            view! {
                <MessageBar intent=Intent::Warning title>
                    "The last good versions stay in use."
                    <ul class="plain-list findings">
                        {findings.into_iter().map(|finding| view! { <li><code><Escaped text=finding/></code></li> }).collect_view()}
                    </ul>
                </MessageBar>
            }
        })
    })
}
