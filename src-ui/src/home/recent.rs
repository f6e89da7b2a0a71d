//! The newest runs.

use leptos::prelude::*;

use crate::{
    kit::{Card, Memo, Skeleton, dynamic},
    live::Live,
    parts::{RunRows, TileFault},
};

/// So many.
const NEWEST: usize = 6;

/// The tile.
#[component]
pub fn RecentTile() -> impl IntoView {
    let live = Live::expect();
    let rows = Memo::new(move |_| {
        live.board.with(|board| {
            board
                .here()
                .map(|board| board.rows.iter().take(NEWEST).cloned().collect::<Vec<_>>())
        })
    });
    let fault = Memo::new(move |_| live.board.with(|board| board.fault().cloned()));
    let shown = Signal::derive(move || rows.get().unwrap_or_default());
    view! {
        <Card title="Recent runs" aside=|| view! { <a href="#/runs">"All runs"</a> }>
            {dynamic(move || fault.get().map(|fault| view! { <TileFault fault on_retry=Callback::new(move |()| live.retry_board())/> }))}
            {dynamic(move || (rows.with(Option::is_none) && fault.with(Option::is_none)).then(|| view! { <Skeleton what="the runs"/> }))}
            <RunRows label="Recent runs" rows=shown/>
        </Card>
    }
}
