//! What the command palette offers: screens, workflows, cards that wait, themes. A part of `app`, beside it because it
//! is a list of its own; nothing here decides an approval.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    app::{nav, show_card},
    kit::{Memo, escape::escaped},
    live::{Live, Waiting},
    shell::{
        AppearanceState, Command, RailState, Route, Run, Theme,
        shortcuts::{Does, WindowKey, shown},
    },
};

/// Every command, following what there is.
pub(crate) fn commands(
    live: Live,
    rail: RailState,
    appearance: AppearanceState,
    waiting: Memo<Vec<Waiting>>,
    next_approval: Callback<()>,
) -> Signal<Vec<Command>> {
    Signal::derive(move || {
        let mut all = Vec::new();
        waiting.with(|waiting| {
            if waiting.len() > 1 {
                let title = "Go to the next approval that waits".to_owned();
                let mut command = command(
                    "next",
                    title,
                    String::new(),
                    Arc::new(move || next_approval.run(())),
                );
                command.keys = shown(Does::Window(WindowKey::NextApproval));
                all.push(command);
            }
            all.extend(waiting.iter().map(|one| open_card(live, one)));
        });
        all.extend(nav(waiting).into_iter().map(|item| {
            let go = Arc::new(move || Route::go(item.path));
            command(
                item.path,
                format!("Go to {}", item.label),
                String::new(),
                go,
            )
        }));
        live.workflows.with(|list| {
            let of = list.here().map(|list| list.workflows.as_slice());
            all.extend(of.unwrap_or_default().iter().map(|workflow| {
                let id = workflow.id.clone();
                let start = Arc::new(move || rail.start(&id));
                let title = format!("Start {}", escaped(&workflow.title));
                command(&workflow.id, title, "workflow".to_owned(), start)
            }));
        });
        all.extend(Theme::ALL.map(|theme| {
            let choose = Arc::new(move || appearance.theme.choose(theme));
            command(
                theme.label(),
                format!("Theme: {}", theme.label()),
                "appearance colours".to_owned(),
                choose,
            )
        }));
        all
    })
}

fn command(id: &str, title: String, hint: String, run: Run) -> Command {
    Command {
        id: id.to_owned(),
        title,
        hint,
        keys: "",
        run,
    }
}

fn open_card(live: Live, waiting: &Waiting) -> Command {
    let title = format!("Review: {}", escaped(&waiting.question));
    let hint = format!("approval of {}", escaped(&waiting.workflow));
    let id = format!("{} {}", waiting.run, waiting.what);
    let waiting = waiting.clone();
    command(
        &id,
        title,
        hint,
        Arc::new(move || show_card(live, &waiting)),
    )
}
