//! What waits for a decision, with its card beside the list, and what was decided, by whom and how long it had waited.

pub mod decided;

use leptos::prelude::*;

use crate::{
    card::Cards,
    kit::{
        EmptyState, Escaped, Icon, Memo, PageHead, Skeleton, Tab, TabList, TabPanel, dynamic, icons,
    },
    live::{Live, Waiting, words},
    parts::TileFault,
};
use decided::Decided;

/// The screen.
#[component]
pub fn Approvals() -> impl IntoView {
    let tab = RwSignal::new("approvals-waiting");
    let tabs = vec![
        Tab {
            id: "approvals-waiting",
            label: "Waiting",
            icon: Some(icons::HAND),
        },
        Tab {
            id: "approvals-decided",
            label: "Decided",
            icon: Some(icons::HISTORY),
        },
    ];
    view! {
        <PageHead title="Approvals" meta="Whatever changes something waits here. What you approve is exactly what runs."/>
        <TabList label="Approvals" tabs selected=tab/>
        <TabPanel id="approvals-waiting" selected=tab><WaitingCards/></TabPanel>
        // Asked for only when somebody looks.
        {dynamic(move || (tab.get() == "approvals-decided").then(|| view! {
            <TabPanel id="approvals-decided" selected=tab><Decided/></TabPanel>
        }))}
    }
}

/// The list of questions, and the cards of the run of the chosen one.
#[component]
fn WaitingCards() -> impl IntoView {
    let live = Live::expect();
    let waiting = Memo::new(move |_| {
        live.board
            .with(|board| board.here().map(|board| board.waiting()))
    });
    let fault = Memo::new(move |_| live.board.with(|board| board.fault().cloned()));
    let chosen = RwSignal::new(None::<String>);
    // The chosen one, while it waits; else the one that has waited longest.
    let open = Memo::new(move |_| {
        waiting.with(|waiting| {
            let waiting = waiting.as_deref().unwrap_or_default();
            let of = chosen.with(|chosen| {
                let of = chosen.as_ref()?;
                waiting.iter().find(|one| one.name() == *of)
            });
            of.or_else(|| waiting.first()).cloned()
        })
    });
    let run = Memo::new(move |_| open.with(|open| open.as_ref().map(|open| open.run.clone())));
    view! {
        {dynamic(move || fault.get().map(|fault| view! { <TileFault fault on_retry=Callback::new(move |()| live.retry_board())/> }))}
        {dynamic(move || match waiting.with(|waiting| waiting.as_ref().map(Vec::len)) {
            None if fault.with(Option::is_none) => view! { <Skeleton what="what waits" lines=4/> }.into_any(),
            Some(0) => view! {
                <EmptyState icon=icons::CHECKMARK title="Nothing waits for you">
                    <p>"When a run is about to change something, its card appears here, in the banner above every screen, and as a notification."</p>
                </EmptyState>
            }.into_any(),
            None | Some(_) => ().into_any(),
        })}
        <div class="beside" hidden=move || open.with(Option::is_none)>
            <ul class="waiting-list" aria-label="Questions">
                <For
                    each=move || waiting.get().unwrap_or_default()
                    key=|one| (one.name(), one.since_us)
                    let:one
                >
                    {row(one, open, chosen)}
                </For>
            </ul>
            <div class="beside-card">
                {dynamic(move || run.get().map(|run| {
                    live.selected.set(Some(run.clone()));
                    let feed = RwSignal::from(live.watch(&run).run);
                    let now = Signal::derive(move || feed.with(|feed| feed.here().cloned()));
                    let fault = Memo::new(move |_| feed.with(|feed| feed.fault().cloned()));
                    let (link, again) = (format!("#/run/{run}"), run);
                    view! {
                        {dynamic(move || fault.get().map(|fault| {
                            let run = again.clone();
                            view! { <TileFault fault on_retry=Callback::new(move |()| live.retry_run(&run))/> }
                        }))}
                        <Cards run=now/>
                        <p class="quiet"><a href=link>"Open the run"</a></p>
                    }
                }))}
            </div>
        </div>
    }
}

fn row(one: Waiting, open: Memo<Option<Waiting>>, chosen: RwSignal<Option<String>>) -> AnyView {
    let live = Live::expect();
    let now = live.clock.ticking();
    let (since, expires) = (one.since_us, one.expires_at_us);
    let name = one.name();
    let here = name.clone();
    let is_open = move || open.with(|open| open.as_ref().is_some_and(|open| open.name() == here));
    view! {
        <li>
            <button
                type="button"
                class="waiting-choice"
                data-testid="waiting-choice"
                aria-current=move || is_open().then_some("true")
                on:click=move |_| chosen.set(Some(name.clone()))
            >
                <Icon path=icons::HAND_FILLED/>
                <span>
                    <strong><Escaped text=one.question/></strong>
                    <span class="quiet waiting-row-more"><Escaped text=one.workflow/>" · "{dynamic(move || words::gate_words(since, expires, now.get()))}</span>
                </span>
            </button>
        </li>
    }
    .into_any()
}
