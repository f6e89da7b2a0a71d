//! Which run the rail shows: those that wait first, then those under way, then the newest of the rest.

use leptos::prelude::*;
use workflow::{RunId, RunState, RunSummary};

use crate::{
    kit::{Choice, Field, Memo, Select, dynamic},
    live::{Live, local_point},
    parts::say,
};

/// So many runs that are over are offered.
const ENDED: usize = 8;

/// The choice of the run; nothing while there is at most one.
#[component]
pub fn RunSwitcher() -> impl IntoView {
    let live = Live::expect();
    let value = RwSignal::new(String::new());
    let rows = Memo::new(move |_| {
        let selected = live.selected.get();
        live.board
            .with(|board| {
                board
                    .here()
                    .map(|board| order(&board.rows, selected.as_ref()))
            })
            .unwrap_or_default()
    });
    Effect::new(move |_| {
        let selected = live
            .selected
            .with(|selected| selected.as_ref().map(|run| run.0.clone()));
        value.set(selected.unwrap_or_default());
    });
    Effect::new(move |_| {
        let value = value.get();
        let selected = live
            .selected
            .with_untracked(|selected| selected.as_ref().map(|run| run.0.clone()));
        if !value.is_empty() && selected.as_deref() != Some(value.as_str()) {
            live.selected.set(Some(RunId(value)));
        }
    });
    let choices = Signal::derive(move || {
        rows.with(|rows| {
            let of = rows
                .iter()
                .map(|row| Choice::new(row.run.0.clone(), words(row)));
            of.collect::<Vec<_>>()
        })
    });
    let several = Memo::new(move |_| rows.with(|rows| rows.len() > 1));
    dynamic(move || {
        several.get().then(|| {
            view! {
                <Field label="Run"><Select value choices test_id="run-switcher"/></Field>
            }
        })
    })
}

fn words(row: &RunSummary) -> String {
    format!(
        "{} · {} · {}",
        say(row.state),
        row.title,
        local_point(row.started_at_us)
    )
}

fn order(rows: &[RunSummary], selected: Option<&RunId>) -> Vec<RunSummary> {
    let rank = |row: &RunSummary| match row.state {
        RunState::Waiting => 0,
        RunState::Running | RunState::Pending | RunState::RollingBack => 1,
        RunState::Completed | RunState::Failed | RunState::Cancelled | RunState::RolledBack => 2,
    };
    // The board is ordered by time, and each rank keeps that.
    let of = |wanted| rows.iter().filter(move |row| rank(row) == wanted);
    let is_selected = |row: &RunSummary| Some(&row.run) == selected;
    let ended = of(2).zip(0..);
    let ended = ended.filter(|(row, place)| *place < ENDED || is_selected(row));
    of(0)
        .chain(of(1))
        .chain(ended.map(|(row, _)| row))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(run: &str, state: RunState) -> RunSummary {
        RunSummary {
            run: RunId(run.into()),
            workflow: String::new(),
            title: String::new(),
            state,
            stopping: false,
            started_by: String::new(),
            started_at_us: 0,
            ended_at_us: None,
            seq: 1,
            open_gates: Vec::new(),
            in_doubt: Vec::new(),
            message: None,
            stages: Vec::new(),
        }
    }

    #[test]
    fn what_waits_is_first_and_old_ends_are_left_out() {
        let mut rows = vec![
            row("a", RunState::Completed),
            row("b", RunState::Running),
            row("c", RunState::Waiting),
        ];
        rows.extend((0..20).map(|number| row(&format!("old{number}"), RunState::Failed)));
        let selected = RunId("old19".into());
        let order = order(&rows, Some(&selected));
        let names: Vec<_> = order.iter().map(|row| row.run.0.as_str()).collect();
        assert_eq!(names[..4], ["c", "b", "a", "old0"]);
        assert_eq!(names.len(), 2 + ENDED + 1);
        assert_eq!(names.last(), Some(&"old19"));
    }
}
