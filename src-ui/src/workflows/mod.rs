//! The workflows that can be started, and what is wrong with files that cannot: cards here, and a page for each with
//! its form, its stages and its text.

pub mod one;
pub mod source;

use api::{Finding, WorkflowInfo};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    form::marks,
    kit::{
        Button, Card, CollectParts, EmptyState, Escaped, Intent, Memo, MessageBar, PageHead,
        Skeleton, TextInput, dynamic, icons,
    },
    live::{Live, call},
    parts::{FaultBar, TileFault},
};

/// The screen of a path below `/workflows`.
pub fn screen(rest: &str) -> AnyView {
    if let Some(file) = rest.strip_prefix("/file/") {
        let (file, line) = match file.rsplit_once('/') {
            Some((file, line)) => (file, line.parse().ok()),
            None => (file, None),
        };
        let name =
            js_sys::decode_uri_component(file).map_or_else(|_| file.to_owned(), String::from);
        return view! { <source::SourcePage name line/> }.into_any();
    }
    match rest.strip_prefix('/') {
        Some(id) => view! { <one::WorkflowPage id=id.to_owned()/> }.into_any(),
        None => view! { <Workflows/> }.into_any(),
    }
}

#[component]
fn Workflows() -> impl IntoView {
    let live = Live::expect();
    let words = RwSignal::new(String::new());
    let shown = Memo::new(move |_| {
        live.workflows.with(|list| {
            let list = list.here()?;
            let words = words.get().to_lowercase();
            let of = list.workflows.iter().filter(|info| {
                let text =
                    format!("{} {} {}", info.title, info.id, info.description).to_lowercase();
                words.split_whitespace().all(|word| text.contains(word))
            });
            Some(of.cloned().collect::<Vec<_>>())
        })
    });
    let fault = Memo::new(move |_| live.workflows.with(|list| list.fault().cloned()));
    let not_opened = RwSignal::new(None);
    let open_folder = move |()| {
        spawn_local(async move {
            let folder = api::Folder::Definitions;
            let answer = call(api::OpenFolder { folder }).await;
            let _ = not_opened.try_set(answer.err());
        });
    };
    let folder = Signal::derive(move || {
        live.workflows.with(|list| {
            list.here().map(|list| {
                format!(
                    "YAML files in {} stand beside the built-in ones, and are read again as soon as they change.",
                    crate::kit::escape::escaped(&list.folder)
                )
            })
        })
    });
    view! {
        <PageHead
            title="Workflows"
            meta=folder
            actions=move || view! { <Button icon=icons::DOCUMENT on_press=open_folder attr:data-testid="workflows-folder">"Open the folder"</Button> }
        />
        <FaultBar fault=not_opened/>
        {dynamic(move || fault.get().map(|fault| view! { <TileFault fault on_retry=Callback::new(move |()| live.fetch_workflows())/> }))}
        <Findings/>
        <div class="row filters">
            <TextInput value=words kind="search" label="Find workflows" placeholder="Find a workflow" test_id="workflows-find"/>
        </div>
        {dynamic(move || match shown.get() {
            None if fault.with(Option::is_none) => view! { <Skeleton what="the workflows" lines=6/> }.into_any(),
            None => ().into_any(),
            Some(shown) if shown.is_empty() => view! {
                <EmptyState icon=icons::FLOW title="No such workflow"><p>"No title, name or description has these words."</p></EmptyState>
            }.into_any(),
            Some(shown) => view! { <div class="tiles">{shown.into_iter().map(card).collect_parts()}</div> }.into_any(),
        })}
    }
}

fn card(info: WorkflowInfo) -> AnyView {
    let href = format!("#/workflows/{}", info.id);
    let title = crate::kit::escape::escaped(&info.title);
    let origin = match info.origin.as_str() {
        "built-in" => "built-in".to_owned(),
        file => file.to_owned(),
    };
    let link = href.clone();
    view! {
        <Card title>
            <div class="tile" data-testid="workflow-card" data-workflow=info.id.clone()>
                <p class="tile-words"><Escaped text=info.description.clone()/></p>
                {marks(&info)}
                <p class="quiet"><Escaped text=format!("{origin} · version {} · risk {}", info.version, risk(info.risk))/></p>
                <div class="row"><a class="btn btn-primary" href=link>"Start…"</a></div>
            </div>
        </Card>
    }
    .into_any()
}

/// How much can go wrong, in the words of the files.
fn risk(risk: workflow::Risk) -> &'static str {
    match risk {
        workflow::Risk::Low => "low",
        workflow::Risk::Medium => "medium",
        workflow::Risk::High => "high",
    }
}

/// What is wrong with files: each a link to its line.
#[component]
fn Findings() -> impl IntoView {
    let live = Live::expect();
    let findings = Memo::new(move |_| {
        live.workflows.with(|list| {
            let list = list.here();
            list.map(|list| list.findings.clone()).unwrap_or_default()
        })
    });
    dynamic(move || {
        let findings = findings.get();
        let errors = findings
            .iter()
            .filter(|one| one.severity == "error")
            .count();
        (!findings.is_empty()).then(|| {
            let (intent, title) = match errors {
                0 => (Intent::Info, "Something in workflow files could be better.".to_owned()),
                1 => (Intent::Warning, "1 error in a workflow file.".to_owned()),
                many => (Intent::Warning, format!("{many} errors in workflow files.")),
            };
            view! {
                <div class="workflow-findings" data-testid="workflow-findings">
                    <MessageBar intent title>
                        {(errors > 0).then_some("A file with an error is not used; its last good version stays in use.")}
                        <ul class="plain-list findings">{findings.iter().map(finding).collect_parts()}</ul>
                    </MessageBar>
                </div>
            }
        })
    })
}

fn finding(finding: &Finding) -> AnyView {
    let href = format!(
        "#/workflows/file/{}/{}",
        String::from(js_sys::encode_uri_component(&finding.file)),
        finding.line
    );
    // The folder stands at the head of the screen; the whole path is the link's title.
    let file = finding
        .file
        .rsplit_once('/')
        .map_or(finding.file.as_str(), |(_, name)| name);
    let place = format!("{file}:{}:{}", finding.line, finding.column);
    view! {
        <li>
            <a href=href title=crate::kit::escape::escaped(&finding.file)><code><Escaped text=place/></code></a>
            " " <Escaped text=finding.what.clone()/>
            {(!finding.hint.is_empty()).then(|| view! { <p class="quiet"><Escaped text=finding.hint.clone()/></p> })}
        </li>
    }
    .into_any()
}
