//! The sheet of all keys (Ctrl+/), straight from the table that the keys are matched against.

use leptos::prelude::*;

use super::shortcuts::{Does, SHORTCUTS};
use crate::kit::{Appearance, Button, CollectParts, modal::modal};

/// The sheet.
pub(super) fn sheet(open: RwSignal<bool>) -> AnyView {
    let content = ViewFn::from(move || {
        view! {
            <h2>"Keys"</h2>
            <div class="dialog-body">
                <table>
                    {group("Everywhere", |does| matches!(does, Does::Window(_)))}
                    {group("On the approval that has the focus", |does| matches!(does, Does::Card(_)))}
                </table>
                <p class="quiet">"Keys that decide do nothing while you type, and holding them down decides once at most."</p>
            </div>
            <div class="dialog-actions">
                <Button appearance=Appearance::Primary on_press=move |()| open.set(false)>"Close"</Button>
            </div>
        }
    });
    modal(
        "dialog sheet",
        open,
        Signal::stored("Keys".to_owned()),
        content,
        None,
    )
}

fn group(title: &'static str, of: fn(Does) -> bool) -> AnyView {
    let rows = SHORTCUTS.iter().filter(|row| of(row.does));
    view! {
        <tbody>
            <tr><th colspan="2" scope="rowgroup">{title}</th></tr>
            {rows.map(|row| view! { <tr><td>{row.words}</td><td><kbd>{row.shown}</kbd></td></tr> }).collect_parts()}
        </tbody>
    }
    .into_any()
}
