//! The agents in a line: how many are how.

use leptos::prelude::*;

use crate::{
    kit::{Badge, Card, CollectParts, Memo, Skeleton, dynamic},
    live::Live,
    parts::{Health, TileFault},
};

/// In this order, the worst first.
const ORDER: [Health; 6] = [
    Health::Critical,
    Health::Warning,
    Health::Partial,
    Health::Unknown,
    Health::Healthy,
    Health::OutOfUse,
];

/// The tile.
#[component]
pub fn FleetTile() -> impl IntoView {
    let live = Live::expect();
    live.keep_agents_fresh();
    let counts = Memo::new(move |_| {
        live.agents.with(|list| {
            let list = list.here()?;
            let health: Vec<Health> = list.agents.iter().map(Health::of).collect();
            Some(ORDER.map(|one| health.iter().filter(|of| **of == one).count()))
        })
    });
    let fault = Memo::new(move |_| live.agents.with(|list| list.fault().cloned()));
    view! {
        <Card title="Agents" aside=|| view! { <a href="#/agents">"All agents"</a> }>
            {dynamic(move || fault.get().map(|fault| view! { <TileFault fault on_retry=Callback::new(move |()| live.fetch_agents())/> }))}
            {dynamic(move || match counts.get() {
                None if fault.with(Option::is_none) => view! { <Skeleton what="the agents" lines=1/> }.into_any(),
                None => ().into_any(),
                Some(counts) => view! {
                    <p class="row" data-testid="fleet-strip">
                        {ORDER.into_iter().zip(counts).filter(|(_, count)| *count > 0).map(|(health, count)| view! {
                            <Badge tone=health.tone() icon=health.icon()>{format!("{count} {}", health.word())}</Badge>
                        }).collect_parts()}
                    </p>
                }.into_any(),
            })}
        </Card>
    }
}
