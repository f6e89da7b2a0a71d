//! semantics.md 8-12: a failed run is rolled back, newest change first; what cannot be undone is said; an inverse that
//! fails asks a person; nothing runs that was not on the approved card.

use crate::bench::{build::S, *};
use serde_json::json;
use workflow::{
    Datum, ErrorClass::*, Event, OnFailure, Outcome::*, Permit, Preview, Record, RunStatus,
    Undoing, Workflow,
};

/// Two changes, each approved, and a read after them that fails.
pub(crate) fn steps() -> Vec<S> {
    vec![
        call("first", "write").before(gate()),
        call("second", "keyed").before(gate()),
        call("bad", "read"),
        call("never", "write").before(gate()),
    ]
}

pub(crate) fn then(on_failure: OnFailure, steps: Vec<S>) -> Workflow {
    let mut workflow = flow(steps);
    workflow.on_failure = on_failure;
    workflow
}

/// A run of these steps whose read `bad` fails, both changes approved.
pub(crate) fn failing(on_failure: OnFailure, steps: Vec<S>) -> Case {
    Case {
        workflow: then(on_failure, steps),
        world: vec![("bad", vec![fails(Auth, NotDone)])],
        acts: vec![
            Work,
            Approve("first.before"),
            Work,
            Approve("second.before"),
            Work,
        ],
        run: "rolled_back",
        ..case(Vec::new())
    }
}

/// These acts as well, after the run has failed.
pub(crate) fn and(mut case: Case, acts: Vec<Act>) -> Case {
    case.acts.extend(acts);
    case
}

fn nothing_to_do() -> Reply {
    let mut preview = plain("undo");
    preview.changes.clear();
    Reply::Inverse(Ok(preview))
}

fn plain(tool: &str) -> Preview {
    let call = workflow::Call {
        tool: tool.to_owned(),
        tool_version: 1,
        args: Datum::Inline(json!({})),
        targets: Vec::new(),
        facts: Default::default(),
        effect: workflow::EffectClass::Write,
        undo: None,
    };
    plain_preview(&call)
}

pub(crate) fn undone(bench: &Bench) -> Vec<&str> {
    let steps = bench.world.changes.iter().map(|(step, ..)| step.as_str());
    steps.filter(|step| step.starts_with("rollback:")).collect()
}

pub(crate) fn message(bench: &Bench) -> String {
    bench.run.summary().message.unwrap()
}

#[test]
fn s12_a_failed_run_is_rolled_back_newest_change_first() {
    let bench = check(Case {
        steps: "first completed, second completed, bad failed, never skipped, rollback:first completed",
        journal: vec![
            "run_stopping",
            "step_skipped never",
            "rollback_started",
            "inverse_started rollback:second",
            "call_previewed rollback:second",
            "inverse_permitted rollback:second",
            "call_started rollback:second",
            "call_finished rollback:second",
            "step_completed rollback:second",
            "inverse_started rollback:first",
            "step_completed rollback:first",
            "run_rolled_back",
        ],
        never: vec!["gate_opened rollback:second.failure", "run_failed"],
        ..failing(OnFailure::Rollback, steps())
    });
    assert_eq!(undone(&bench), ["rollback:second", "rollback:first"]);
    assert_eq!(message(&bench), "It broke. Rolled back: 2 changes");
    assert!(bench.run.is_undone(&"first".parse().unwrap()));
    assert!(!bench.run.is_undone(&"bad".parse().unwrap()));
    let (_, _, args) = &bench.world.changes[2];
    assert_eq!(*args, json!({ "step": "second" }), "the tool's own receipt");
}

#[test]
fn s12_nothing_to_undo_makes_no_gate() {
    let bench = check(Case {
        journal: vec![
            "step_skipped rollback:second",
            "step_completed rollback:first",
        ],
        never: vec![
            "inverse_permitted rollback:second",
            "gate_opened rollback:second.failure",
        ],
        world: vec![
            ("bad", vec![fails(Auth, NotDone)]),
            ("rollback:second", vec![nothing_to_do()]),
        ],
        ..failing(OnFailure::Rollback, steps())
    });
    let second = bench.run.made().nth(1).unwrap();
    assert_eq!(bench.run.undoing(second), Undoing::AlreadyBack);
    assert_eq!(message(&bench), "It broke. Rolled back: 2 changes");
}

#[test]
fn s12_what_cannot_be_undone_is_said() {
    let steps = vec![
        call("first", "write").before(gate()),
        call("second", "manual")
            .before(gate())
            .irreversible("mail cannot be called back"),
        call("bad", "read"),
    ];
    let bench = check(Case {
        world: vec![("bad", vec![fails(Auth, NotDone)])],
        journal: vec![
            "step_skipped rollback:second",
            "step_completed rollback:first",
        ],
        ..failing(OnFailure::Rollback, steps)
    });
    let why = "mail cannot be called back".to_owned();
    let second = bench.run.made().nth(1).unwrap();
    assert_eq!(bench.run.undoing(second), Undoing::NotPossible(why));
    assert_eq!(message(&bench), "1 of 2 changes not rolled back. It broke");
}

#[test]
fn s10_it_happened_without_a_receipt_is_not_undone() {
    let steps = vec![call("first", "manual").before(gate()), call("bad", "read")];
    let bench = check(Case {
        world: vec![
            ("first", vec![fails(Timeout, Unknown)]),
            ("bad", vec![fails(Auth, NotDone)]),
        ],
        acts: vec![Work, Approve("first.before"), Work, Happened("first"), Work],
        journal: vec![
            "doubt_resolved first",
            "rollback_started",
            "step_skipped rollback:first",
        ],
        ..failing(OnFailure::Rollback, steps)
    });
    assert!(matches!(
        bench.run.undoing(bench.run.made().next().unwrap()),
        Undoing::NotPossible(_)
    ));
}

#[test]
fn s12_an_inverse_that_does_not_fit_any_more_asks() {
    let changed = || Reply::Inverse(Err(error(Precondition, NotStarted)));
    let refused = || fails(Precondition, NotStarted);
    let gate = "rollback:second.failure";
    for (world, acts, run, undone_in_the_end) in [
        (changed(), vec![], "waiting", 0),
        (refused(), vec![], "waiting", 0),
        (changed(), vec![Retry(gate), Work], "rolled_back", 2),
        (refused(), vec![Retry(gate), Work], "rolled_back", 2),
        (changed(), vec![SkipBecause(gate), Work], "rolled_back", 1),
        (refused(), vec![Act::Stop(gate)], "failed", 0),
        (
            changed(),
            vec![Act::Crash, Retry(gate), Work],
            "rolled_back",
            2,
        ),
        (
            changed(),
            vec![Refused("reason_needed", Box::new(Skip(gate)))],
            "waiting",
            0,
        ),
        (
            changed(),
            vec![Refused("not_offered", Box::new(Approve(gate)))],
            "waiting",
            0,
        ),
        (
            changed(),
            vec![Refused("rolling_back", Box::new(Cancel))],
            "waiting",
            0,
        ),
    ] {
        let bench = check(Case {
            world: vec![
                ("bad", vec![fails(Auth, NotDone)]),
                ("rollback:second", vec![world]),
            ],
            journal: vec!["gate_opened rollback:second.failure"],
            run,
            ..and(failing(OnFailure::Rollback, steps()), acts)
        });
        assert_eq!(
            undone(&bench).len(),
            undone_in_the_end,
            "{:#?}",
            bench.words()
        );
        assert_eq!(
            bench.run.summary().open_gates.len(),
            usize::from(run == "waiting")
        );
        if run == "failed" {
            let left = bench.run.made().map(|made| bench.run.undoing(made));
            let left: Vec<Undoing> = left.collect();
            assert!(
                matches!(left.as_slice(), [Undoing::Left(_), Undoing::Failed(_)]),
                "{left:?}"
            );
        }
    }
}

#[test]
fn s8_an_inverse_that_was_cut_off_is_asked_after_and_made_once() {
    let cut = |reply: Reply| {
        vec![
            ("bad", vec![fails(Auth, NotDone)]),
            ("rollback:second", vec![reply]),
        ]
    };
    // An error that says nothing: the tool is asked, and it happened.
    let bench = check(Case {
        world: cut(fails(Timeout, Unknown)),
        journal: vec![
            "call_interrupted rollback:second",
            "call_finished rollback:second",
            "run_rolled_back",
        ],
        ..failing(OnFailure::Rollback, steps())
    });
    assert_eq!(undone(&bench).len(), 2);
    // Nobody can tell: a person says.
    for (answer, count) in [
        (Happened("rollback:second"), 1),
        (Again("rollback:second"), 2),
    ] {
        let unknown = Reply::Observed(workflow::Observation::Unknown {
            why: "who knows".to_owned(),
        });
        let mut world = cut(Reply::Result(Err(error(Timeout, NotDone))));
        world[1].1 = vec![unknown];
        let bench = check(Case {
            world,
            hold: vec!["rollback:second"],
            ..and(
                failing(OnFailure::Rollback, steps()),
                vec![
                    Crash,
                    Free("rollback:second"),
                    Work,
                    Refused("not_offered", Box::new(BackFromDoubt("rollback:second"))),
                    answer,
                    Work,
                ],
            )
        });
        assert_eq!(undone(&bench).len(), count, "{:#?}", bench.words());
    }
}

#[test]
fn s12_a_steps_own_rollback_stands_in_the_place_of_the_inverse() {
    let own = |with| {
        call("first", "write")
            .with(json!({ "text": "new" }))
            .before(gate())
            .rollback("keyed", with)
    };
    let bench = check(Case {
        acts: vec![Work, Approve("first.before"), Work],
        journal: vec![
            "call_planned rollback:first",
            "inverse_permitted rollback:first",
            "run_rolled_back",
        ],
        never: vec!["inverse_started rollback:first"],
        ..failing(
            OnFailure::Rollback,
            vec![
                own(json!({ "text": "old ${{ self.output.done.text }}" })),
                call("bad", "read"),
            ],
        )
    });
    let (_, tool, args) = bench.world.changes.last().unwrap();
    assert_eq!(
        (tool.as_str(), args),
        ("keyed", &json!({ "text": "old new" }))
    );
    let undo = bench.card("first.before").calls[0].undo.clone().unwrap();
    assert!(
        undo.tool == "keyed" && undo.says.contains("old ${{"),
        "{undo:?}"
    );
    // In a list its `item` is still known; one whose arguments have no value cannot be undone, and says so.
    for (with, said) in [
        (json!({ "text": "${{ item }}" }), Undoing::Done),
        (
            json!({ "text": "${{ self.output.nothing }}" }),
            Undoing::NotPossible("`rollback` has no value".to_owned()),
        ),
    ] {
        let bench = check(Case {
            acts: vec![Work, Approve("first.before"), Work],
            ..failing(
                OnFailure::Rollback,
                vec![own(with).foreach(json!(["a"])), call("bad", "read")],
            )
        });
        match (bench.run.undoing(bench.run.made().next().unwrap()), said) {
            (Undoing::Done, Undoing::Done) => {}
            (Undoing::NotPossible(why), Undoing::NotPossible(said)) => {
                assert!(why.starts_with(&said), "{why}");
            }
            (undoing, _) => panic!("{undoing:?}"),
        }
    }
}

#[test]
fn s12_a_list_is_rolled_back_item_by_item() {
    let bench = check(Case {
        acts: vec![Work, Approve("first.before"), Work],
        ..failing(
            OnFailure::Rollback,
            vec![
                call("first", "write")
                    .before(gate())
                    .foreach(json!([1, 2, 3])),
                call("bad", "read"),
            ],
        )
    });
    let newest_first: Vec<String> = bench
        .run
        .made()
        .rev()
        .map(|made| made.inverse().to_string())
        .collect();
    assert_eq!(undone(&bench), newest_first);
    assert_eq!(newest_first.len(), 3);
}

#[test]
fn i9b_only_the_inverse_that_stood_on_the_approved_card_gets_a_permit() {
    let bench = check(failing(OnFailure::Rollback, steps()));
    let key = "rollback:second".parse().unwrap();
    let started = bench.records.iter().position(
        |record| matches!(&record.event, Event::CallStarted { step, .. } if *step == key),
    );
    let started = started.unwrap();
    let run = bench.fold(started + 1);
    assert_eq!(Permit::redeem(&run, &key, &()).unwrap().call().tool, "undo");
    assert!(
        Permit::redeem(&bench.fold(started), &key, &()).is_err(),
        "before it is durable"
    );
    assert!(
        Permit::redeem(&bench.run, &key, &()).is_err(),
        "after its end"
    );

    // The journal may not say otherwise: another tool, another record, no permission at all.
    let tampered = |change: &dyn Fn(&mut Event)| {
        let mut records: Vec<Record> = bench.records[..=started].to_vec();
        records
            .iter_mut()
            .for_each(|record| change(&mut record.event));
        bench.fold(0).fold(&records)
    };
    assert!(tampered(&|_| {}).is_ok());
    let another_tool = tampered(&|event| {
        if let Event::CallPreviewed {
            step, call, digest, ..
        } = event
            && *step == key
        {
            call.tool = "keyed".to_owned();
            *digest = workflow::call_digest(call, call.args.inline().unwrap());
        }
        if let Event::InversePermitted { call_digest, .. } = event {
            *call_digest = workflow::Digest::of(b"another");
        }
    });
    assert!(another_tool.is_err());
    let another_change = tampered(&|event| {
        if let Event::InversePermitted { of, .. } = event {
            *of -= 1;
        }
    });
    assert!(another_change.is_err());
    // Nor may it say less: no permission, or no rollback.
    for left_out in ["inverse_permitted rollback:second", "rollback_started"] {
        let without: Vec<Record> = bench.records[..=started]
            .iter()
            .filter(|record| words(&record.event) != left_out)
            .zip(1..)
            .map(|(record, seq)| Record {
                seq,
                ..record.clone()
            })
            .collect();
        assert_eq!(without.len(), started, "{left_out}");
        assert!(bench.fold(0).fold(&without).is_err(), "{left_out}");
    }
}

#[test]
fn i3_a_rollback_survives_a_crash_at_every_record() {
    for crash_after in 0..40 {
        let mut bench = Bench::started(then(OnFailure::Rollback, steps()), json!({}));
        bench.world.script("bad", [fails(Auth, NotDone)]);
        for command in 0..80 {
            if command == crash_after {
                bench.crash();
            }
            let next = bench
                .run
                .outstanding()
                .iter()
                .find(|(_, effect)| !bench.world.keeps_back(effect));
            let next = next.map(|(id, _)| id.clone());
            let open = bench
                .run
                .open_gates()
                .next()
                .map(|gate| gate.id.to_string());
            if let Some(id) = next {
                bench.answer(&id);
            } else if let Some(gate) = open {
                bench.approve(&gate);
            }
        }
        assert!(
            matches!(bench.run.status(), RunStatus::RolledBack { .. }),
            "{:#?}",
            bench.words()
        );
        assert_eq!(bench.world.changes.len(), 4, "crash after {crash_after}");
        assert!(bench.world.repeated.is_empty(), "crash after {crash_after}");
    }
}
