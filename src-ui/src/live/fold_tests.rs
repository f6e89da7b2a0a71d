//! Tests of the folds: a gap asks for everything again, what is known already is passed over.
#![expect(
    clippy::expect_used,
    reason = "a test whose fixture is wrong has failed"
)]

use super::*;
use api::Topic;
use serde_json::json;
use workflow::{Actor, Event, GateId, OpenGate, Record, RunId, StepKey};

fn digest() -> Digest {
    Digest::of(b"definition")
}

fn run() -> Run {
    let workflow = json!({
        "id": "check", "title": "Check", "version": "1", "description": "", "risk": "low", "labels": {}, "effects": null,
        "inputs": {"type": "object"}, "on_failure": "stop", "stages": ["Look"], "outputs": {}, "tools": {},
        "steps": [{
            "id": "look", "title": "Look", "stage": 1, "needs": [], "when": null, "foreach": null, "timeout_ms": null,
            "retry": null, "poll": null, "asserts": [], "exit_when": null, "gate": {"before": null, "after": null},
            "irreversible": null, "body": {"uses": {"tool": "core.value", "with": {}}},
        }],
    });
    let workflow = serde_json::from_value(workflow).expect("a workflow");
    Run::new(RunId("r1".into()), Arc::new(workflow), digest())
}

fn record(seq: u64, event: Event) -> Record {
    Record {
        run: RunId("r1".into()),
        seq,
        at_us: 1_000_000 + i64::try_from(seq).expect("small"),
        actor: Actor::person("ada", "window"),
        event,
    }
}

fn started() -> Record {
    record(
        1,
        Event::RunStarted {
            definition: digest(),
            title: "Check".into(),
            inputs: std::collections::BTreeMap::new(),
        },
    )
}

fn step_started() -> Record {
    let step = StepKey::top("look");
    record(
        2,
        Event::StepStarted {
            step,
            attempt: 1,
            items: None,
        },
    )
}

fn taken(fold: &mut RunFold, records: Vec<Record>) -> Taken {
    fold.take(Notice::Records(records))
}

#[test]
fn a_run_is_its_snapshot_and_what_follows() {
    let mut fold = RunFold::default();
    assert_eq!(fold.take(Notice::Snapshot(Box::new(run()))), Taken::Changed);
    assert_eq!(
        taken(&mut fold, vec![started(), step_started()]),
        Taken::Changed
    );
    let run = fold.run().expect("a run");
    assert_eq!(run.seq(), 2);
    assert_eq!(run.stages()[0].status.word(), "in-progress");
}

#[test]
fn known_records_are_passed_over() {
    let mut fold = RunFold::default();
    fold.take(Notice::Snapshot(Box::new(run())));
    taken(&mut fold, vec![started()]);
    assert_eq!(taken(&mut fold, vec![started()]), Taken::Nothing);
    assert_eq!(
        taken(&mut fold, vec![started(), step_started()]),
        Taken::Changed
    );
    // A call's answer that is older than what is known changes nothing.
    assert!(!fold.adopt(run()));
    assert_eq!(fold.run().expect("a run").seq(), 2);
}

#[test]
fn a_missing_record_asks_for_everything_again() {
    let mut fold = RunFold::default();
    assert!(matches!(
        taken(&mut fold, vec![started()]),
        Taken::FollowAgain(_)
    ));
    fold.take(Notice::Snapshot(Box::new(run())));
    assert!(matches!(
        taken(&mut fold, vec![step_started()]),
        Taken::FollowAgain(_)
    ));
    assert!(fold.run().is_none(), "a run that does not fit is not shown");
    fold.take(Notice::Snapshot(Box::new(run())));
    assert_eq!(taken(&mut fold, vec![started()]), Taken::Changed);
    assert!(matches!(
        fold.take(Notice::Gap(Topic::Run(RunId("r1".into())))),
        Taken::FollowAgain(_)
    ));
}

fn row(run: &str, at: i64, state: RunState) -> RunSummary {
    RunSummary {
        run: RunId(run.into()),
        workflow: "check".into(),
        title: format!("Check {run}"),
        state,
        stopping: false,
        started_by: "ada".into(),
        started_at_us: at,
        ended_at_us: None,
        seq: 5,
        open_gates: Vec::new(),
        in_doubt: Vec::new(),
        message: None,
        stages: Vec::new(),
    }
}

fn board(rows: Vec<RunSummary>) -> Board {
    let mut board = Board::default();
    assert_eq!(board.take(Notice::Board { seq: 7, rows }), Taken::Changed);
    board
}

fn one(board: &mut Board, seq: u64, row: RunSummary) -> Taken {
    board.take(Notice::Row {
        seq,
        row: Box::new(row),
    })
}

#[test]
fn rows_are_placed_and_replaced() {
    let mut board = board(vec![row("a", 1, RunState::Completed)]);
    assert_eq!(
        one(&mut board, 8, row("b", 2, RunState::Running)),
        Taken::Changed
    );
    assert_eq!(
        one(&mut board, 9, row("a", 1, RunState::Failed)),
        Taken::Changed
    );
    let order: Vec<_> = board
        .rows
        .iter()
        .map(|row| (row.run.0.as_str(), row.state))
        .collect();
    assert_eq!(order, [("b", RunState::Running), ("a", RunState::Failed)]);
    // Late ones change nothing: of the board, and of the row itself.
    assert_eq!(
        one(&mut board, 3, row("c", 3, RunState::Running)),
        Taken::Nothing
    );
    let old = RunSummary {
        seq: 2,
        ..row("b", 2, RunState::Pending)
    };
    assert_eq!(one(&mut board, 10, old), Taken::Nothing);
    assert_eq!(board.rows.len(), 2);
}

#[test]
fn a_row_before_the_board_asks_for_everything_again() {
    let mut board = Board::default();
    assert!(matches!(
        one(&mut board, 1, row("a", 1, RunState::Running)),
        Taken::FollowAgain(_)
    ));
    assert!(matches!(
        board.take(Notice::Gap(Topic::Board)),
        Taken::FollowAgain(_)
    ));
}

#[test]
fn the_longest_waiting_question_is_first() {
    let gate = |step: &str, since| OpenGate {
        gate: GateId {
            step: StepKey::top(step),
            kind: workflow::GateKind::Before,
        },
        revision: 1,
        card_digest: digest(),
        title: format!("Write {step}?"),
        opened_at_us: since,
        expires_at_us: None,
    };
    let mut young = row("b", 9, RunState::Waiting);
    young.open_gates = vec![gate("x", 50), gate("y", 20)];
    let mut old = row("a", 1, RunState::Waiting);
    old.in_doubt = vec![StepKey::top("copy")];
    let board = board(vec![young, old, row("c", 99, RunState::Running)]);
    let waiting = board.waiting();
    let questions: Vec<_> = waiting.iter().map(|one| one.question.as_str()).collect();
    assert_eq!(questions, ["Did copy happen?", "Write y?", "Write x?"]);
    assert_eq!(board.foremost().map(|row| row.run.0.as_str()), Some("b"));
    assert_eq!(
        banner_words(&waiting).as_deref(),
        Some("3 approvals waiting, the longest: Check a")
    );
    assert_eq!(
        banner_words(&waiting[..1]).as_deref(),
        Some("1 approval waiting: Check a")
    );
    assert_eq!(banner_words(&[]), None);
}
