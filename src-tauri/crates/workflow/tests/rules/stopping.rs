//! semantics.md 9 and 10: quiesce, and failure beside open gates.

use crate::bench::*;
use serde_json::json;
use workflow::{ErrorClass::*, Fail, Outcome::*, SkipReason, StepState, StopReason};

/// Branches beside each other, one in each condition: a gate open, a read and a change under way, one in doubt, one in
/// backoff, one that is not started.
fn everything() -> Vec<build::S> {
    vec![
        call("asked", "write").before(gate()).needs(&[]),
        call("approved", "write")
            .before(gate().recheck(&["slow"]))
            .needs(&["slow"]),
        call("slow", "read").needs(&[]),
        call("reading", "read").needs(&[]),
        call("changing", "write").before(gate()).needs(&[]),
        call("doubted", "manual").before(gate()).needs(&[]),
        call("retried", "read").retry(1).needs(&[]),
        call("later", "read").needs(&["asked"]),
        call("trigger", "read")
            .before(gate().wait(9_000))
            .needs(&[]),
        call("bad", "read").needs(&[]),
    ]
}

fn world() -> Vec<(&'static str, Vec<Reply>)> {
    vec![
        ("doubted", vec![fails(Timeout, Unknown)]),
        ("retried", vec![fails(Network, NotDone)]),
        ("bad", vec![fails(Auth, NotDone)]),
    ]
}

fn before_the_stop() -> Vec<Act> {
    vec![
        Answer("slow"),
        Work,
        Approve("doubted.before"),
        Approve("changing.before"),
        Approve("approved.before"),
        Answer("doubted"),
    ]
}

#[test]
fn s09_quiesce_is_the_same_for_cancel_reject_expiry_and_failure() {
    let stops = [
        (Cancel, "cancelled"),
        (Reject("trigger.before"), "failed"),
        (Pass(9_000), "failed"),
        (Answer("bad"), "failed"),
    ];
    for (stop, end) in stops {
        let acts = before_the_stop()
            .into_iter()
            .chain([stop.clone()])
            .collect();
        let run = "running";
        let hold = vec!["reading", "changing", "slow", "bad"];
        let mut bench = check(Case {
            world: world(),
            hold,
            acts,
            run,
            ..case(everything())
        });
        let stopping = bench.run.stopping().expect("it is stopping");
        assert_eq!(bench.run.summary().message, Some(stopping.why.sentence()));
        // (a) nothing new; (b) gates withdrawn, grants void; (c) reads aborted.
        assert_eq!(bench.run.open_gates().count(), 0, "{stop:?}");
        assert!(
            bench
                .run
                .gates()
                .values()
                .all(|gate| gate.id.step.id.as_ref() == "changing"
                    || gate.id.step.id.as_ref() == "doubted"
                    || gate.grant().is_none())
        );
        for step in ["asked", "approved", "reading", "retried", "trigger"] {
            assert_eq!(bench.status(step), "skipped", "{step} after {stop:?}");
        }
        // (d) the change is owed as "stop it, then say whether it happened"; (e) the doubt stays open.
        let owed: Vec<_> = bench.run.outstanding().values().collect();
        assert!(
            matches!(
                owed.as_slice(),
                [workflow::Effect::Observe { stop: true, .. }]
            ),
            "{owed:?}"
        );
        assert!(bench.run.timers().is_empty());
        assert_eq!(bench.status("doubted"), "waiting");
        let refused = bench.ask(me(), workflow::Command::Cancel).unwrap_err();
        assert_eq!(refused.code, "stopping");
        let refused = bench
            .resolve("doubted", workflow::DoubtAnswer::RunAgain)
            .unwrap_err();
        assert_eq!(refused.code, "stopping");
        // The tool stopped it before it did anything.
        bench.world.script(
            "changing",
            [Reply::Observed(workflow::Observation::NotDone)],
        );
        let (id, _) = bench.owed_to("changing").unwrap();
        bench.answer(&id);
        assert_eq!(bench.status("changing"), "failed");
        assert_eq!(
            bench.run.state().word(),
            "running",
            "(e) it waits for the person"
        );
        bench
            .resolve("doubted", workflow::DoubtAnswer::ItHappened)
            .unwrap();
        // (f)
        assert_eq!(bench.run.state().word(), end, "{stop:?}");
        assert_eq!(bench.status("doubted"), "completed");
        assert_eq!(bench.status("later"), "skipped");
        assert!(
            bench
                .world
                .changes
                .iter()
                .all(|(step, ..)| step == "doubted"),
            "a stop starts no inverse"
        );
    }
}

#[test]
fn s09_a_change_that_was_made_before_the_stop_reached_it_is_completed() {
    let bench = check(Case {
        world: vec![("write", vec![fails(Timeout, Unknown)])],
        acts: vec![Work, Approve("write.before"), Answer("write"), Cancel, Work],
        run: "cancelled",
        steps: "write completed, more skipped",
        journal: vec![
            "call_interrupted write",
            "run_stopping",
            "call_interrupted write",
            "call_finished write",
        ],
        ..case(vec![
            call("write", "write").before(gate()),
            call("more", "read"),
        ])
    });
    assert_eq!(bench.world.changes.len(), 1);
}

#[test]
fn s09_a_change_nobody_can_observe_is_told_to_stop_before_a_person_is_asked() {
    let bench = check(Case {
        hold: vec!["write"],
        acts: vec![Work, Approve("write.before"), Work, Cancel],
        run: "running",
        journal: vec!["run_stopping", "call_interrupted write"],
        never: vec!["doubt_opened write"],
        ..case(vec![call("write", "manual").before(gate())])
    });
    assert!(matches!(
        bench.owed_to("write"),
        Some((_, workflow::Effect::Observe { stop: true, .. }))
    ));
}

#[test]
fn s09_stopping_survives_a_crash() {
    let mut bench = check(Case {
        hold: vec!["write"],
        acts: vec![
            Work,
            Approve("write.before"),
            Work,
            Cancel,
            Crash,
            Crash,
            Free("write"),
            Work,
        ],
        run: "cancelled",
        steps: "write failed",
        ..case(vec![call("write", "write").before(gate())])
    });
    let refused = bench.ask(me(), workflow::Command::Cancel).unwrap_err();
    assert_eq!(refused.code, "run_is_over");
    let StepState::Failed { reason } = &bench.run.step(&"write".parse().unwrap()).unwrap().state
    else {
        panic!()
    };
    assert_eq!(reason.code, "cancelled");
}

#[test]
fn s09_fail_fast_settles_the_changes_of_its_group_alone() {
    let mut bench = check(Case {
        world: vec![("bad", vec![fails(Auth, NotDone)])],
        hold: vec!["bad", "write", "beside"],
        acts: vec![Work, Approve("write.before"), Answer("bad")],
        run: "running",
        steps: "fast in-progress, bad failed, asked skipped, beside in-progress",
        journal: vec![
            "group_stopping fast",
            "gate_withdrawn asked.before",
            "call_interrupted write",
        ],
        never: vec!["run_stopping"],
        ..case(vec![
            parallel(
                "fast",
                Fail::Fast,
                vec![
                    call("bad", "read"),
                    call("write", "write").before(gate()),
                    call("asked", "write").before(gate()),
                ],
            ),
            call("beside", "read").needs(&[]),
        ])
    });
    assert!(bench.run.stopping().is_none());
    bench.world.held.clear();
    bench.work();
    assert_eq!(
        (bench.status("write"), bench.run.state().word()),
        ("failed", "failed")
    );
}

#[test]
fn s10_the_top_level_and_fail_fast_quiesce_their_siblings() {
    let branches = || {
        vec![
            call("bad", "read"),
            call("asked", "write").before(gate()),
            call("reading", "read"),
        ]
    };
    let world = || vec![("bad", vec![fails(Auth, NotDone)])];
    let top = branches().into_iter().map(|step| step.needs(&[])).collect();
    for steps in [top, vec![parallel("all", Fail::Fast, branches())]] {
        check(Case {
            world: world(),
            hold: vec!["bad", "reading"],
            acts: vec![Work, Answer("bad")],
            run: "failed",
            steps: "bad failed, asked skipped, reading skipped",
            journal: vec![
                "gate_opened asked.before",
                "step_failed bad",
                "gate_withdrawn asked.before",
            ],
            ..case(steps)
        });
    }
}

#[test]
fn s10_fail_all_lets_reads_finish_but_withdraws_gates_on_changes() {
    let mut bench = check(Case {
        world: vec![("bad", vec![fails(Auth, NotDone)])],
        hold: vec!["bad", "reading"],
        acts: vec![Work, Answer("bad")],
        run: "running",
        steps: "all in-progress, bad failed, asked skipped, listed skipped, reading in-progress, next pending, judged waiting",
        journal: vec![
            "step_failed bad",
            "gate_withdrawn asked.before",
            "gate_withdrawn listed.before",
        ],
        ..case(vec![parallel(
            "all",
            Fail::All,
            vec![
                call("bad", "read"),
                call("asked", "write").before(gate()),
                call("listed", "write")
                    .foreach(json!([1, 2]))
                    .before(gate()),
                call("reading", "read"),
                call("next", "write").needs(&["reading"]).before(gate()),
                call("judged", "read").after(gate()),
            ],
        )])
    });
    let step = bench.run.step(&"asked".parse().unwrap()).unwrap();
    let why = StopReason::Failed {
        step: "bad".parse().unwrap(),
    };
    assert_eq!(
        step.state,
        StepState::Skipped {
            why: SkipReason::Stopped { why }
        },
        "it says which branch failed"
    );
    bench.world.held.clear();
    bench.approve("judged.after").work();
    assert_eq!(bench.run.state().word(), "failed");
    assert_eq!(
        (
            bench.status("reading"),
            bench.status("judged"),
            bench.status("next")
        ),
        ("completed", "completed", "skipped")
    );
}

#[test]
fn s10_a_failing_group_starts_no_change_again() {
    let steps = || {
        vec![parallel(
            "all",
            Fail::All,
            vec![
                call("bad", "read"),
                call("write", "write").before(gate()),
                call("other", "manual").before(gate()),
            ],
        )]
    };
    let bench = check(Case {
        world: vec![("bad", vec![fails(Auth, NotDone)])],
        hold: vec!["bad", "write", "other"],
        acts: vec![
            Work,
            Approve("write.before"),
            Approve("other.before"),
            Work,
            Crash,
            Answer("bad"),
            Refused("stopping", Box::new(Again("other"))),
            Answer("write"),
            Happened("other"),
        ],
        run: "failed",
        steps: "bad failed, write failed, other completed",
        never: vec!["call_continued write"],
        ..case(steps())
    });
    assert!(bench.world.changes.is_empty());
}

#[test]
fn s10_in_doubt_holds_only_its_dependents() {
    check(Case {
        world: vec![("write", vec![fails(Timeout, Unknown)])],
        acts: vec![Work, Approve("write.before"), Work],
        run: "waiting",
        steps: "write waiting, after pending, beside completed, more completed",
        ..case(vec![
            call("write", "manual").before(gate()).needs(&[]),
            call("after", "read").needs(&["write"]),
            call("beside", "read").needs(&[]),
            call("more", "read").needs(&["beside"]),
        ])
    });
}
