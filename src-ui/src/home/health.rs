//! The last health check: how far it is while one runs, its report when it is done, why it failed when it did.

use leptos::prelude::*;
use workflow::{RunId, RunState, RunSummary, StepStatus};

use super::HEALTH_CHECK;
use crate::{
    kit::{
        Card, EmptyState, Escaped, Intent, Memo, MessageBar, Progress, Skeleton, dynamic, icons,
    },
    live::{Fetched, Live},
    parts::{ReportView, TileFault, fault::sentence, report, say},
};

/// What is known of health checks.
#[derive(Clone, PartialEq, Debug)]
struct Checks {
    /// The newest, if it is not the one whose report is shown.
    newest: Option<RunSummary>,
    /// The newest that completed.
    reported: Option<RunId>,
}

impl Checks {
    fn of(rows: &[RunSummary]) -> Self {
        let mut checks = rows.iter().filter(|row| row.workflow == HEALTH_CHECK);
        let newest = checks.next();
        let completed = |row: &&RunSummary| row.state == RunState::Completed;
        let reported = newest.filter(completed).or_else(|| checks.find(completed));
        Self {
            newest: newest
                .filter(|row| row.state != RunState::Completed)
                .cloned(),
            reported: reported.map(|row| row.run.clone()),
        }
    }
}

/// The tile.
#[component]
pub fn HealthTile() -> impl IntoView {
    let live = Live::expect();
    let checks = Memo::new(move |_| {
        live.board
            .with(|board| board.here().map(|board| Checks::of(&board.rows)))
    });
    let fault = Memo::new(move |_| live.board.with(|board| board.fault().cloned()));
    let reported = Memo::new(move |_| {
        checks.with(|checks| checks.as_ref().and_then(|checks| checks.reported.clone()))
    });
    let newest = Memo::new(move |_| {
        checks.with(|checks| checks.as_ref().and_then(|checks| checks.newest.clone()))
    });
    view! {
        <Card title="Last health check" aside=move || reported.get().map(|run| view! { <a href=format!("#/run/{run}")>"Open its run"</a> })>
            {dynamic(move || fault.get().map(|fault| view! { <TileFault fault on_retry=Callback::new(move |()| live.retry_board())/> }))}
            {dynamic(move || (checks.with(Option::is_none) && fault.with(Option::is_none)).then(|| view! { <Skeleton what="the last report" lines=5/> }))}
            {dynamic(move || newest.get().map(newest_line))}
            {dynamic(move || match (reported.get(), newest.with(Option::is_some)) {
                (Some(run), _) => view! { <Reported run/> }.into_any(),
                (None, false) if checks.with(Option::is_some) => view! {
                    <EmptyState icon=icons::PULSE title="No health check yet">
                        <p>"It reads load, memory, disks, services and the clock of every host you manage, and changes nothing."</p>
                    </EmptyState>
                }.into_any(),
                (None, _) => ().into_any(),
            })}
        </Card>
    }
}

/// The check that is under way, or that did not end well.
fn newest_line(row: RunSummary) -> AnyView {
    let href = format!("#/run/{}", row.run);
    match row.state {
        RunState::Pending | RunState::Running | RunState::Waiting | RunState::RollingBack => {
            let (done, now) = how_far(&row);
            view! {
                <div class="check-now" data-testid="health-running">
                    <Progress label=now value=done/>
                </div>
            }
            .into_any()
        }
        RunState::Failed | RunState::Cancelled | RunState::Completed | RunState::RolledBack => {
            let why = row.message.unwrap_or_else(|| say(row.state).to_owned());
            view! {
                <MessageBar intent=Intent::Warning title="The newest check did not finish." actions=move || view! { <a href=href.clone()>"Look at it"</a> }>
                    <Escaped text=sentence(&why)/>
                </MessageBar>
            }
            .into_any()
        }
    }
}

/// How far a run is, from 0 to 1, and what it is doing.
fn how_far(row: &RunSummary) -> (f64, String) {
    let done = |status| matches!(status, StepStatus::Completed | StepStatus::Skipped);
    let ended = row.stages.iter().filter(|stage| done(stage.status)).count();
    let now = row.stages.iter().find(|stage| !done(stage.status));
    let all = row.stages.len().max(1);
    #[expect(clippy::cast_precision_loss, reason = "a handful of stages")]
    let share = ended as f64 / all as f64;
    let words = now.map_or_else(
        || "Finishing".to_owned(),
        |stage| crate::kit::escape::escaped(&stage.title),
    );
    (share, words)
}

#[component]
fn Reported(run: RunId) -> impl IntoView {
    let live = Live::expect();
    let feed = RwSignal::from(live.watch(&run).run);
    dynamic(move || match feed.get() {
        Fetched::Fetching => view! { <Skeleton what="the last report" lines=5/> }.into_any(),
        Fetched::Failed(fault) => {
            let run = run.clone();
            view! { <TileFault fault on_retry=Callback::new(move |()| live.retry_run(&run))/> }
                .into_any()
        }
        Fetched::Here(run) => match report::report_of(&run) {
            Some(report) => view! { <ReportView report/> }.into_any(),
            None => view! { <p class="quiet">"The last check gave no report."</p> }.into_any(),
        },
    })
}

/// What stands here before the first run.
#[component]
pub fn FirstStart(
    /// The one next action.
    #[prop(into)]
    action: ViewFn,
) -> impl IntoView {
    view! {
        <Card>
            <EmptyState icon=icons::BRAND title="Run a health check of this computer" action>
                <p>
                    "Countersign runs operations workflows on the hosts you manage. Whatever changes something waits for you, and what you approve is exactly what runs."
                </p>
                <p>"The health check only reads: load, memory, disks, services, clock. It takes a few seconds and ends with a report."</p>
            </EmptyState>
        </Card>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use workflow::StageLine;

    fn row(run: &str, workflow: &str, state: RunState) -> RunSummary {
        RunSummary {
            run: RunId(run.into()),
            workflow: workflow.into(),
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
    fn the_report_shown_is_of_the_newest_that_completed() {
        let rows = [
            row("d", "other", RunState::Completed),
            row("c", HEALTH_CHECK, RunState::Running),
            row("b", HEALTH_CHECK, RunState::Completed),
            row("a", HEALTH_CHECK, RunState::Completed),
        ];
        let of = |rows: &[RunSummary]| {
            let checks = Checks::of(rows);
            (
                checks.newest.map(|row| row.run.0),
                checks.reported.map(|run| run.0),
            )
        };
        assert_eq!(of(&rows), (Some("c".into()), Some("b".into())));
        assert_eq!(of(&rows[2..]), (None, Some("b".into())));
        assert_eq!(of(&rows[..1]), (None, None));
    }

    #[test]
    fn how_far_counts_stages() {
        let mut row = row("a", HEALTH_CHECK, RunState::Running);
        assert_eq!(how_far(&row), (0.0, "Finishing".to_owned()));
        let stage = |title: &str, status| StageLine {
            title: title.into(),
            status,
        };
        row.stages = vec![
            stage("One", StepStatus::Completed),
            stage("Two", StepStatus::InProgress),
        ];
        assert_eq!(how_far(&row), (0.5, "Two".to_owned()));
    }
}
