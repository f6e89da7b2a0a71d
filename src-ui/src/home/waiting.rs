//! What waits for the person, each a link to its card.

use leptos::prelude::*;

use crate::{
    kit::{Card, CollectParts, Escaped, Icon, Memo, Skeleton, dynamic, icons},
    live::{Live, Waiting, words},
    parts::TileFault,
};

/// The tile.
#[component]
pub fn WaitingTile() -> impl IntoView {
    let live = Live::expect();
    let waiting = Memo::new(move |_| {
        live.board
            .with(|board| board.here().map(|board| board.waiting()))
    });
    let fault = Memo::new(move |_| live.board.with(|board| board.fault().cloned()));
    view! {
        <Card title="Waiting for you">
            {dynamic(move || fault.get().map(|fault| view! { <TileFault fault on_retry=Callback::new(move |()| live.retry_board())/> }))}
            {dynamic(move || match waiting.get() {
                None if fault.with(Option::is_none) => view! { <Skeleton what="what waits" lines=2/> }.into_any(),
                None => ().into_any(),
                Some(waiting) if waiting.is_empty() => view! { <p class="quiet">"Nothing waits. Runs go on by themselves until they need you."</p> }.into_any(),
                Some(waiting) => view! { <ul class="waiting-rows">{waiting.into_iter().map(row).collect_parts()}</ul> }.into_any(),
            })}
        </Card>
    }
}

fn row(waiting: Waiting) -> AnyView {
    let live = Live::expect();
    let now = live.clock.ticking();
    let (since, expires) = (waiting.since_us, waiting.expires_at_us);
    let run = waiting.run.clone();
    view! {
        <li>
            <a class="waiting-row" href=format!("#/run/{}", waiting.run) on:click=move |_| live.wanted.set(Some(run.clone()))>
                <Icon path=icons::HAND_FILLED/>
                <span>
                    <strong><Escaped text=waiting.question/></strong>
                    <span class="quiet waiting-row-more"><Escaped text=waiting.workflow/>" · "{dynamic(move || words::gate_words(since, expires, now.get()).to_lowercase())}</span>
                </span>
            </a>
        </li>
    }
    .into_any()
}
