//! All agents with how they are: to be searched, sorted and opened.

use std::{cmp::Ordering, sync::Arc};

use api::AgentInfo;
use leptos::prelude::*;
use serde_json::Map;

use super::{model, path_of};
use crate::{
    kit::{
        Appearance, Badge, Button, Column, EmptyState, Escaped, Grid, Memo, PageHead, Skeleton,
        Sort, TextInput, dynamic, grid, icons,
    },
    live::{Live, words},
    parts::{FaultBar, Health, Starting, TileFault},
    shell::Route,
};

/// The screen.
#[component]
pub fn Agents() -> impl IntoView {
    let live = Live::expect();
    live.keep_agents_fresh();
    let starting = Starting::default();
    let words_typed = RwSignal::new(String::new());
    let sort = RwSignal::new(Sort::default());
    let selected = RwSignal::new(None::<String>);
    let fault = Memo::new(move |_| live.agents.with(|list| list.fault().cloned()));
    let total = Memo::new(move |_| {
        live.agents
            .with(|list| list.here().map(|list| list.agents.len()))
    });
    let keys = Memo::new(move |_| {
        live.agents.with(|list| {
            let Some(list) = list.here() else {
                return Vec::new();
            };
            let mut found: Vec<&AgentInfo> = list.agents.iter().collect();
            words_typed.with(|words| found.retain(|info| model::is_found(info, words)));
            let sort = sort.get();
            found.sort_by(|one, other| {
                let order = compare(one, other, sort.column);
                if sort.descending {
                    order.reverse()
                } else {
                    order
                }
            });
            found
                .into_iter()
                .map(|info| info.agent.agent_id.clone())
                .collect()
        })
    });
    let cells = Arc::new(move |id: &str| {
        live.agents.with(|list| {
            let of = list
                .here()
                .and_then(|list| list.agents.iter().find(|info| info.agent.agent_id == id));
            of.map(|info| cells(live, info)).unwrap_or_default()
        })
    });
    let check = move |()| starting.start(live, super::HEALTH_CHECK, Map::new());
    view! {
        <PageHead
            title="Agents"
            meta="The hosts you manage. Nothing is installed on them; they are reached with ssh."
            actions=move || view! {
                <Button icon=icons::PULSE busy=starting.busy on_press=check attr:data-testid="agents-check">"Check all"</Button>
                <a class="btn" href="#/agents/import" data-testid="agents-import">"Import…"</a>
                <a class="btn btn-primary" href="#/agents/add" data-testid="agents-add">"Add agent…"</a>
            }
        />
        <FaultBar fault=starting.fault/>
        {dynamic(move || fault.get().map(|fault| view! { <TileFault fault on_retry=Callback::new(move |()| live.fetch_agents())/> }))}
        {dynamic(move || (total.get().is_none() && fault.with(Option::is_none)).then(|| view! { <Skeleton what="the agents" lines=6/> }))}
        {dynamic(move || (total.get() == Some(1)).then(|| view! {
            <EmptyState
                icon=icons::SERVER
                title="Only this computer yet"
                action=move || view! { <a class="btn btn-primary" href="#/agents/import">"Import from your ssh config…"</a> }
            >
                <p>"The hosts of your ssh config or an Ansible inventory come in with at most three decisions."</p>
            </EmptyState>
        }))}
        <div class="grid-page" hidden=move || total.get().is_none()>
            <div class="row filters">
                <TextInput value=words_typed kind="search" label="Find agents" placeholder="Find by name, label, state…" test_id="agents-find"/>
                <span class="quiet" role="status">{dynamic(move || {
                    let shown = keys.with(Vec::len);
                    match total.get() {
                        Some(total) if total != shown => format!("{shown} of {total}"),
                        Some(total) => total.to_string(),
                        None => String::new(),
                    }
                })}</span>
            </div>
            {dynamic(move || (keys.with(Vec::is_empty) && total.get().is_some()).then(|| view! {
                <p class="quiet">"No agent has these words. "<Button appearance=Appearance::Subtle small=true on_press=move |()| words_typed.set(String::new())>"Show all"</Button></p>
            }))}
            <div class="card card-flush">{grid(Grid {
                label: "Agents",
                columns: vec![
                    Column::sorted("Agent", "col-grow"),
                    Column::sorted("Health", "col-m"),
                    Column::sorted("Environment", "col-s"),
                    Column::plain("Labels", "col-l col-wide"),
                    Column::sorted("Address", "col-m col-wide"),
                    Column::sorted("Last checked", "col-s"),
                ],
                keys: keys.into(),
                cells,
                selected,
                sort,
                on_open: Callback::new(|id: String| Route::go(&path_of(&id))),
                click_opens: true,
                more: None,
            })}</div>
        </div>
    }
}

fn compare(one: &AgentInfo, other: &AgentInfo, column: usize) -> Ordering {
    let checked = |info: &AgentInfo| info.last.as_ref().map(|last| last.taken_at_us);
    let name = |info: &AgentInfo| info.agent.title.to_lowercase();
    match column {
        1 => Health::of(one).cmp(&Health::of(other)),
        2 => one.agent.environment.cmp(&other.agent.environment),
        4 => model::place(&one.agent).cmp(&model::place(&other.agent)),
        5 => checked(other).cmp(&checked(one)),
        _ => name(one).cmp(&name(other)),
    }
}

fn cells(live: Live, info: &AgentInfo) -> Vec<AnyView> {
    let agent = &info.agent;
    let health = Health::of(info);
    let worst = info.last.as_ref().and_then(|last| last.findings.first());
    let worst = worst.map(|finding| crate::kit::escape::escaped(&finding.what));
    let labels = model::labels_text(&agent.labels).replace('\n', ", ");
    let last = info.last.as_ref().map(|last| last.taken_at_us);
    let state = (agent.state != fleet::AgentState::Registered).then(|| agent.state.word());
    vec![
        view! {
            <a class="grid-link" href=format!("#{}", path_of(&agent.agent_id)) tabindex="-1"><Escaped text=agent.title.clone()/></a>
            {state.map(|state| view! { " "<Badge>{state}</Badge> })}
        }
        .into_any(),
        view! { <span title=worst><Badge tone=health.tone() icon=health.icon()>{health.word()}</Badge></span> }.into_any(),
        view! { <Escaped text=agent.environment.clone()/> }.into_any(),
        view! { <span class="quiet"><Escaped text=labels/></span> }.into_any(),
        view! { <span class="quiet"><Escaped text=model::place(agent)/></span> }.into_any(),
        match last {
            Some(at) => {
                let now = live.clock.ticking();
                dynamic(move || words::ago(at, now.get()))
            }
            None => view! { <span class="quiet">"never"</span> }.into_any(),
        },
    ]
}
