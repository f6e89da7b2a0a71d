//! Every run that was ever started, the newest first: by state, by workflow, by words of its row or its logs. Pages come
//! from the engine as the list is scrolled; what moves now is taken from the board.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use api::{Fault, HistoryPage, HistoryRow, SearchRuns};
use leptos::{prelude::*, task::spawn_local};
use workflow::{RunId, RunState, RunSummary};

use crate::{
    kit::{
        Button, Choice, Column, EmptyState, Escaped, Grid, Memo, PageHead, Select, Skeleton, Sort,
        TextInput, dynamic, grid, icons, one_chip,
    },
    live::{Live, call, local_point, words},
    parts::{RunStateMark, TileFault},
    shell::Route,
};

/// So many rows are asked for at once.
const PAGE: u32 = 100;
/// Words are looked for when nobody has typed for so long.
const TYPING: Duration = Duration::from_millis(150);

/// The filter that takes every run.
const ALL: &str = "all";

/// Which runs can be shown: the filter's value, its words, the states it takes (none: all of them).
const FILTERS: [(&str, &str, &[RunState]); 4] = [
    (ALL, "All", &[]),
    (
        "open",
        "Under way",
        &[
            RunState::Pending,
            RunState::Running,
            RunState::Waiting,
            RunState::RollingBack,
        ],
    ),
    (
        "failed",
        "Failed or cancelled",
        &[RunState::Failed, RunState::RolledBack, RunState::Cancelled],
    ),
    ("completed", "Completed", &[RunState::Completed]),
];

fn states(filter: &str) -> Vec<RunState> {
    let of = FILTERS.iter().filter(|(value, ..)| *value == filter);
    of.flat_map(|(.., states)| states.iter().copied()).collect()
}

/// What was asked for; an answer to an older question is not shown.
#[derive(Clone, PartialEq)]
struct Question {
    text: String,
    filter: String,
    workflow: String,
}

/// The rows so far.
#[derive(Clone, Copy)]
struct Found {
    rows: StoredValue<BTreeMap<String, HistoryRow>>,
    keys: RwSignal<Vec<String>>,
    total: RwSignal<Option<u64>>,
    more: RwSignal<bool>,
    fault: RwSignal<Option<Fault>>,
}

impl Found {
    fn take(self, page: HistoryPage, first: bool) {
        let mut keys = if first {
            Vec::new()
        } else {
            self.keys.get_untracked()
        };
        self.rows.update_value(|rows| {
            if first {
                rows.clear();
            }
            for row in page.rows {
                let key = row.summary.run.0.clone();
                if rows.insert(key.clone(), row).is_none() {
                    keys.push(key);
                }
            }
        });
        self.more.set(page.more);
        self.total.set(Some(page.total));
        self.keys.set(keys);
    }
}

/// The screen.
#[component]
pub fn Runs() -> impl IntoView {
    let live = Live::expect();
    let typed = RwSignal::new(String::new());
    let filter = RwSignal::new(ALL.to_owned());
    let workflow = RwSignal::new(String::new());
    let found = Found {
        rows: StoredValue::new(BTreeMap::new()),
        keys: RwSignal::new(Vec::new()),
        total: RwSignal::new(None),
        more: RwSignal::new(false),
        fault: RwSignal::new(None),
    };
    let question = Memo::new(move |_| Question {
        text: typed.get().trim().to_owned(),
        filter: filter.get(),
        workflow: workflow.get(),
    });
    let ask = Callback::new(move |before: Option<String>| {
        let asked = question.get_untracked();
        found.fault.set(None);
        spawn_local(async move {
            let first = before.is_none();
            let answer = call(SearchRuns {
                text: asked.text.clone(),
                states: states(&asked.filter),
                workflow: Some(asked.workflow.clone()).filter(|of| !of.is_empty()),
                since_us: None,
                before: before.map(RunId),
                limit: PAGE,
            })
            .await;
            // The screen may be gone, or the person has asked for something else.
            if question.try_with_untracked(|now| *now == asked) != Some(true) {
                return;
            }
            match answer {
                Ok(page) => found.take(page, first),
                Err(why) => found.fault.set(Some(why)),
            }
        });
    });
    // A run that was started, or has come to its end, may belong in the list or no longer.
    let moves = Memo::new(move |_| {
        live.board.with(|board| {
            let rows = board.here().map(|board| board.rows.as_slice());
            let rows = rows.unwrap_or_default();
            let newest = rows.first().map(|row| row.run.clone());
            (newest, rows.iter().filter_map(|row| row.ended_at_us).max())
        })
    });
    let pending = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |before: Option<Question>| {
        let now = question.get();
        moves.get();
        if let Some(handle) = pending.get_value() {
            handle.clear();
        }
        let typing = before.is_some_and(|before| before.text != now.text);
        let wait = if typing { TYPING } else { Duration::ZERO };
        let handle = set_timeout_with_handle(move || ask.run(None), wait);
        pending.set_value(handle.ok());
        now
    });
    on_cleanup(move || {
        if let Some(handle) = pending.get_value() {
            handle.clear();
        }
    });
    let selected = RwSignal::new(None::<String>);
    let next = Callback::new(move |()| {
        ask.run(found.keys.with_untracked(|keys| keys.last().cloned()));
    });
    let cells = Arc::new(move |key: &str| {
        let row = found.rows.with_value(|rows| rows.get(key).cloned());
        row.map(|row| cells(live, row)).unwrap_or_default()
    });
    let choices = Signal::derive(move || {
        live.workflows.with(|list| {
            let of = list.here().map(|list| list.workflows.as_slice());
            of.unwrap_or_default()
                .iter()
                .map(|info| Choice::new(info.id.clone(), info.title.clone()))
                .collect::<Vec<_>>()
        })
    });
    let searches = Memo::new(move |_| {
        question.with(|question| {
            !question.text.is_empty() || question.filter != ALL || !question.workflow.is_empty()
        })
    });
    let empty = Memo::new(move |_| found.total.get() == Some(0));
    let filters = FILTERS
        .iter()
        .map(|(value, words, _)| Choice::new(*value, *words))
        .collect();
    view! {
        <PageHead title="Runs" meta="Every run of a workflow, the newest first. Each is kept and can be proven."/>
        <div class="row filters">
            <TextInput value=typed kind="search" label="Find runs" placeholder="Find in runs and their logs" test_id="runs-find"/>
            <Select value=workflow choices placeholder="All workflows" label="Workflow" test_id="runs-workflow"/>
            <span class="quiet" role="status" data-testid="runs-total">{dynamic(move || found.total.get().map(|total| match total {
                1 => "1 run".to_owned(),
                total => format!("{total} runs"),
            }))}</span>
        </div>
        <div class="filters">{one_chip("Which runs", filters, filter)}</div>
        {dynamic(move || found.fault.get().map(|fault| view! { <TileFault fault on_retry=Callback::new(move |()| ask.run(None))/> }))}
        {dynamic(move || (found.total.get().is_none() && found.fault.with(Option::is_none)).then(|| view! { <Skeleton what="the runs" lines=8/> }))}
        {dynamic(move || (empty.get() && !searches.get()).then(|| view! {
            <EmptyState icon=icons::HISTORY title="No runs yet" action=move || view! { <a class="btn btn-primary" href="#/workflows">"Choose a workflow"</a> }>
                <p>"Start a workflow: its run appears here and stays."</p>
            </EmptyState>
        }))}
        {dynamic(move || (empty.get() && searches.get()).then(|| view! {
            <EmptyState
                icon=icons::SEARCH
                title="No such runs"
                action=move || view! { <Button on_press=move |()| { typed.set(String::new()); filter.set(ALL.to_owned()); workflow.set(String::new()); }>"Show all runs"</Button> }
            >
                <p>"All the words must stand in what the row says, or together in one line of a log."</p>
            </EmptyState>
        }))}
        <div class="card card-flush" hidden=move || found.keys.with(Vec::is_empty)>
            {grid(Grid {
                label: "Runs",
                columns: vec![
                    Column::plain("State", "col-m"),
                    Column::plain("Workflow", "col-grow"),
                    Column::plain("Started", "col-m"),
                    Column::plain("By", "col-s col-wide"),
                    Column::plain("Took", "col-s col-end"),
                ],
                keys: found.keys.into(),
                cells,
                selected,
                sort: RwSignal::new(Sort::default()),
                on_open: Callback::new(|run: String| Route::go(&format!("/run/{run}"))),
                click_opens: true,
                more: Some((found.more.into(), next)),
            })}
        </div>
    }
}

/// A row as the board has it now, else as it was found.
fn cells(live: Live, row: HistoryRow) -> Vec<AnyView> {
    let HistoryRow { summary, line } = row;
    let (started, by) = (summary.started_at_us, summary.started_by.clone());
    let id = summary.run.0.clone();
    let now = Memo::new(move |_| {
        live.board.with(|board| {
            let rows = board.here().map(|board| board.rows.as_slice());
            let newer = rows
                .unwrap_or_default()
                .iter()
                .find(|one| one.run == summary.run);
            newer.cloned().unwrap_or_else(|| summary.clone())
        })
    });
    vec![
        dynamic(move || view! { <RunStateMark state=now.with(|row| row.state)/> }),
        dynamic(move || now.with(|row| named(row, line.as_deref(), &id))),
        view! { <span class="quiet">{local_point(started)}</span> }.into_any(),
        view! { <span class="quiet"><Escaped text=by/></span> }.into_any(),
        dynamic(move || match now.with(|row| row.ended_at_us) {
            Some(ended) => words::took(ended - started).into_any(),
            None => {
                let clock = live.clock.ticking();
                dynamic(move || words::counting(clock.get() - started))
            }
        }),
    ]
}

fn named(row: &RunSummary, line: Option<&str>, id: &str) -> AnyView {
    let failed = row.state == RunState::Failed;
    let why = row.message.clone().filter(|_| failed);
    let more = line.map(str::to_owned).or(why);
    view! {
        <a class="grid-link" href=format!("#/run/{id}") tabindex="-1" data-testid="run-row" data-run=id.to_owned() data-state=row.state.word()>
            <Escaped text=row.title.clone()/>
        </a>
        {more.map(|more| view! { <span class="quiet">" · "<Escaped text=more/></span> })}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_in_one_filter_of_its_own() {
        for state in [
            RunState::Pending,
            RunState::Running,
            RunState::Waiting,
            RunState::Completed,
            RunState::Failed,
            RunState::Cancelled,
            RunState::RollingBack,
            RunState::RolledBack,
        ] {
            let of = FILTERS
                .iter()
                .filter(|(filter, ..)| states(filter).contains(&state));
            assert_eq!(of.count(), 1, "{}", state.word());
        }
        assert!(states(ALL).is_empty(), "in any state");
    }
}
