//! The first screen: what waits for the person, what failed and what was changed while they were away, the last health
//! check of this computer, the newest runs. Each tile has its own loading, empty and error state, and fails alone.

pub mod changed;
pub mod failures;
pub mod fleet;
pub mod health;
pub mod recent;
pub mod visits;
pub mod waiting;

use api::Fault;
use leptos::prelude::*;

use crate::{
    kit::{Appearance, Button, Memo, PageHead, dynamic, icons},
    live::{Fetched, Live},
    parts::{FaultBar, press},
};
use changed::ChangedTile;
use failures::FailuresTile;
use fleet::FleetTile;
use health::HealthTile;
use recent::RecentTile;
pub use visits::LastVisit;
use waiting::WaitingTile;

/// The workflow behind the button.
pub(crate) const HEALTH_CHECK: &str = "health_check";

/// The screen.
#[component]
pub fn Home(
    /// A run was started here.
    #[prop(into)]
    on_started: Callback<()>,
) -> impl IntoView {
    let live = Live::expect();
    let (busy, fault) = (RwSignal::new(false), RwSignal::new(None::<Fault>));
    let check = Callback::new(move |()| {
        let run = live.start(HEALTH_CHECK.to_owned(), serde_json::Map::new());
        press(run, busy, fault, move |_| on_started.run(()));
    });
    let first = Memo::new(move |_| {
        live.board
            .with(|board| matches!(board, Fetched::Here(board) if board.rows.is_empty()))
    });
    let meta = Signal::derive(move || {
        live.engine.with(|engine| {
            engine
                .as_ref()
                .map(|engine| format!("You decide as {}.", engine.operator))
        })
    });
    view! {
        <PageHead
            title="Home"
            meta
            actions=move || dynamic(move || (!first.get()).then(|| view! { <CheckButton check busy/> }))
        />
        <FaultBar fault/>
        <div class="home">
            {dynamic(move || if first.get() {
                view! { <health::FirstStart action=move || view! { <CheckButton check busy/> }/> }.into_any()
            } else {
                view! {
                    <div class="home-main"><HealthTile/></div>
                    <div class="home-side">
                        <WaitingTile/>
                        <FailuresTile/>
                        <ChangedTile/>
                        <FleetTile/>
                        <RecentTile/>
                    </div>
                }.into_any()
            })}
        </div>
    }
}

#[component]
fn CheckButton(check: Callback<()>, busy: RwSignal<bool>) -> impl IntoView {
    view! {
        <Button appearance=Appearance::Primary icon=icons::PULSE busy on_press=check attr:data-testid="home-run-health-check">"Run health check"</Button>
    }
}
