//! "Select a workflow" and "Start workflow", with the form of its inputs between them.

use std::time::Duration;

use leptos::prelude::*;

use crate::{
    browser,
    form::StartForm,
    kit::{
        Appearance, Button, Choice, Field, Intent, Memo, MessageBar, Select, Skeleton, dynamic,
        icons,
    },
    live::{Fetched, Live},
    parts::TileFault,
    shell::RailState,
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
    let started = Callback::new(move |_| {
        let _ = chosen.try_set(String::new());
        on_started.run(());
    });
    // Asked for by a key or a command: the form takes the focus, with the workflow chosen if one was named.
    let rail = expect_context::<RailState>();
    Effect::new(move |_| {
        let Some(workflow) = rail.take_start() else {
            return;
        };
        if !workflow.is_empty() {
            chosen.set(workflow);
        }
        // Without workflows there is no control yet: the panel itself then.
        set_timeout(
            || {
                browser::focus_id("rail");
                browser::focus_first_control("start");
            },
            Duration::ZERO,
        );
    });
    view! {
        <div id="start" class="start stack">
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
                Some(info) => view! { <StartForm info on_started=started/> }.into_any(),
                None => view! {
                    <div hidden=move || live.workflows.with(|list| list.here().is_none())>
                        <Button appearance=Appearance::Primary icon=icons::PLAY disabled=true attr:data-testid="start-workflow">"Start workflow"</Button>
                    </div>
                }.into_any(),
            })}
        </div>
    }
}

/// Files of the definitions folder that could not be used: that there are some. What is wrong stands on their screen.
#[component]
fn Findings() -> impl IntoView {
    let live = Live::expect();
    let errors = Memo::new(move |_| {
        live.workflows.with(|list| {
            let list = list.here()?;
            let of = list.findings.iter();
            Some(of.filter(|finding| finding.severity == "error").count())
        })
    });
    dynamic(move || {
        let title = match errors.get()? {
            0 => return None,
            1 => "1 error in a workflow file.".to_owned(),
            many => format!("{many} errors in workflow files."),
        };
        Some(view! {
            <MessageBar intent=Intent::Warning title>
                "The last good version stays in use. " <a href="#/workflows">"See what is wrong"</a>
            </MessageBar>
        })
    })
}
