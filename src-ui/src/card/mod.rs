//! The approval card: what would run, exactly as it is stored, and the answers that the gate offers (approvals.md I5).
//! What a card says is in `model`, without a browser; the parts below it only show. Used by the rail (compact) and by
//! the page of a run (whole); it decides nothing itself.

pub mod answer;
pub mod approval;
pub mod calls;
mod compact;
pub mod doubt;
pub mod evidence;
mod keys;
pub mod model;

use std::sync::Arc;

use leptos::prelude::*;
use workflow::Run;

use crate::kit::Memo;
use approval::ApprovalCard;
use doubt::DoubtCard;

/// Every question of a run: its open gates, the oldest first, then what is in doubt.
#[component]
pub fn Cards(
    /// The run.
    #[prop(into)]
    run: Signal<Option<Arc<Run>>>,
    /// Only what is needed to decide, with a link to the whole card.
    #[prop(optional)]
    compact: bool,
) -> impl IntoView {
    // A card is built once for each revision: what is typed into it survives every other record.
    let asked = Memo::new(move |_| {
        run.with(|run| run.as_ref().map(|run| model::asked(run)))
            .unwrap_or_default()
    });
    let doubts = Memo::new(move |_| {
        run.with(|run| run.as_ref().map(|run| model::doubts(run)))
            .unwrap_or_default()
    });
    view! {
        <For each=move || asked.get() key=|asked| (asked.gate.clone(), asked.revision, asked.digest) let:asked>
            <ApprovalCard asked compact/>
        </For>
        <For each=move || doubts.get() key=|doubt| (doubt.step.clone(), doubt.key) let:doubt>
            <DoubtCard doubt compact/>
        </For>
    }
}
