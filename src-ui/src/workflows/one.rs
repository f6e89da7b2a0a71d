//! The page of one workflow: its form, its stages, who may change what, and its text.

use api::{SourceText, WorkflowInfo};
use leptos::{prelude::*, task::spawn_local};
use workflow::RunId;

use super::source::lines;
use crate::{
    form::StartForm,
    kit::{
        Card, CollectParts, CopyButton, Disclosure, EmptyState, Escaped, Fact, Facts, Memo,
        PageHead, Skeleton, dynamic, icons,
    },
    live::{Fetched, Live, call},
    parts::TileFault,
    shell::Route,
};

/// The page.
#[component]
pub fn WorkflowPage(
    /// The workflow's id.
    id: String,
) -> impl IntoView {
    let live = Live::expect();
    let id = StoredValue::new(id);
    // The form is built anew only when the workflow itself is another.
    let info = Memo::new(move |_| {
        live.workflows.with(|list| {
            let list = list.here()?;
            id.with_value(|id| list.workflows.iter().find(|info| info.id == *id).cloned())
        })
    });
    let here = Memo::new(move |_| live.workflows.with(|list| list.here().is_some()));
    let fault = Memo::new(move |_| live.workflows.with(|list| list.fault().cloned()));
    let title = Signal::derive(move || {
        let title = info.with(|info| info.as_ref().map(|info| info.title.clone()));
        crate::kit::escape::escaped(&title.unwrap_or_else(|| id.get_value()))
    });
    view! {
        <nav class="crumbs" aria-label="Where you are"><a href="#/workflows">"Workflows"</a>" / "<span><Escaped text=id.get_value()/></span></nav>
        <PageHead title/>
        {dynamic(move || fault.get().map(|fault| view! { <TileFault fault on_retry=Callback::new(move |()| live.fetch_workflows())/> }))}
        {dynamic(move || match (info.get(), here.get()) {
            (Some(info), _) => whole(info),
            (None, true) => view! {
                <EmptyState icon=icons::FLOW title="There is no such workflow">
                    <p>"Its file may have been taken away, or the link names another one."</p>
                    <p><a href="#/workflows">"All workflows"</a></p>
                </EmptyState>
            }.into_any(),
            (None, false) if fault.with(Option::is_none) => view! { <Skeleton what="the workflow" lines=6/> }.into_any(),
            (None, false) => ().into_any(),
        })}
    }
}

fn whole(info: WorkflowInfo) -> AnyView {
    let started = Callback::new(|run: RunId| Route::go(&format!("/run/{run}")));
    let stages = info.stages.clone();
    let (id, origin, version, digest) = (
        info.id.clone(),
        info.origin.clone(),
        info.version.clone(),
        info.digest.to_string(),
    );
    let name = id.clone();
    view! {
        <div class="stack">
            <Card title="Start it"><div class="narrow"><StartForm info on_started=started/></div></Card>
            <Card title="What it is">
                <Facts>
                    <Fact name="Name"><code>{id}</code></Fact>
                    <Fact name="Comes from"><Escaped text=origin/></Fact>
                    <Fact name="Version"><Escaped text=version/></Fact>
                    <Fact name="Digest"><code title=digest.clone()>{digest.clone()}</code>" "<CopyButton text=digest/></Fact>
                    {(!stages.is_empty()).then(|| view! {
                        <Fact name="Stages">
                            <ol class="plain-list">{stages.into_iter().map(|stage| view! { <li><Escaped text=stage/></li> }).collect_parts()}</ol>
                        </Fact>
                    })}
                </Facts>
                <Source name/>
            </Card>
        </div>
    }
    .into_any()
}

/// The workflow's text, asked for when somebody unfolds it.
#[component]
fn Source(name: String) -> impl IntoView {
    let text = RwSignal::new(None::<Fetched<SourceText>>);
    let name = StoredValue::new(name);
    let ask = Callback::new(move |()| {
        if text.with_untracked(|text| matches!(text, Some(Fetched::Here(_)))) {
            return;
        }
        text.set(Some(Fetched::Fetching));
        spawn_local(async move {
            let name = name.get_value();
            let answer = match call(api::WorkflowSource { name }).await {
                Ok(source) => Fetched::Here(source),
                Err(fault) => Fetched::Failed(fault),
            };
            let _ = text.try_set(Some(answer));
        });
    });
    view! {
        <div on:toggle:capture=move |_| ask.run(())>
            <Disclosure summary="Its text">
                {dynamic(move || text.with(|text| match text {
                    None => ().into_any(),
                    Some(Fetched::Fetching) => view! { <Skeleton what="the text" lines=4/> }.into_any(),
                    Some(Fetched::Failed(fault)) => view! { <TileFault fault=fault.clone() on_retry=ask/> }.into_any(),
                    Some(Fetched::Here(source)) => lines(source, None),
                }))}
            </Disclosure>
        </div>
    }
}
