//! semantics.md 11: what is left behind, and the states that are derived from it.

use crate::bench::*;
use serde_json::json;
use workflow::{ErrorClass::*, ExitStatus, Fail, Outcome::*, SkipReason, StepState, Then};

#[test]
fn s11_what_a_reject_and_an_expiry_leave_behind() {
    let cases = [
        (Reject("write.before"), "rejected"),
        (Pass(2000), "expired"),
    ];
    for (act, code) in cases {
        let bench = check(Case {
            acts: vec![
                Work,
                act,
                Refused(
                    if code == "expired" {
                        "expired"
                    } else {
                        "already_decided"
                    },
                    Box::new(Approve("write.before")),
                ),
            ],
            run: "failed",
            steps: "look completed, write skipped, more skipped",
            ..case(vec![
                call("look", "read"),
                call("write", "write").before(gate().wait(2000)),
                call("more", "read"),
            ])
        });
        let StepState::Skipped { why } = &bench.run.step(&"write".parse().unwrap()).unwrap().state
        else {
            panic!()
        };
        match code {
            "rejected" => assert_eq!(
                *why,
                SkipReason::Rejected {
                    reason: "no".to_owned()
                }
            ),
            _ => assert_eq!(*why, SkipReason::Expired),
        }
        let workflow::RunStatus::Failed { reason, .. } = bench.run.status() else {
            panic!()
        };
        assert_eq!(reason.code, code);
        assert_eq!(reason.step, Some("write".parse().unwrap()));
        assert_eq!(bench.run.gates().size(), 1, "no second gate opens");
    }
}

#[test]
fn s11_a_skip_leaves_the_step_out_and_the_run_goes_on() {
    check(Case {
        acts: vec![Work, Skip("write.before"), Work],
        steps: "write skipped, more completed",
        never: vec!["grant_spent write.before"],
        ..case(vec![
            call("write", "write").before(gate()),
            call("more", "read"),
        ])
    });
    let _: Then = Then::Stop;
}

#[test]
fn s11_a_run_waits_when_nothing_is_in_progress_and_somebody_is_asked() {
    let mut bench = check(Case {
        world: vec![("shaky", vec![fails(Network, NotDone)])],
        hold: vec!["slow"],
        run: "running",
        steps: "write waiting, slow in-progress, shaky waiting, inner waiting, within waiting",
        ..case(vec![
            call("write", "write").before(gate()).needs(&[]),
            call("slow", "read").needs(&[]),
            call("shaky", "read").retry(1).needs(&[]),
            group("inner", vec![call("within", "write").before(gate())]).needs(&[]),
        ])
    });
    assert_eq!(
        bench.run.summary().open_gates.len(),
        2,
        "open gates are always counted"
    );
    bench.world.held.clear();
    bench.work();
    assert_eq!(bench.run.state().word(), "waiting");
    let key = "shaky".parse().unwrap();
    assert_eq!(bench.run.waits_for(&key), Some(workflow::WaitFor::Timer));
    let gate = "write.before".parse().unwrap();
    assert_eq!(
        bench.run.waits_for(&"write".parse().unwrap()),
        Some(workflow::WaitFor::Person(gate))
    );
}

#[test]
fn s11_a_stage_is_derived_from_its_steps() {
    let stage = |bench: &Bench| bench.run.stages()[0].status.word();
    let of = |steps: Vec<build::S>,
              world: Vec<(&'static str, Vec<Reply>)>,
              acts: Vec<Act>,
              run: &'static str| {
        stage(&check(Case {
            world,
            hold: vec!["held"],
            acts,
            run,
            ..case(steps)
        }))
    };
    // failed > waiting
    let steps = vec![parallel(
        "all",
        Fail::All,
        vec![call("a", "read").after(gate()), call("b", "read")],
    )];
    assert_eq!(
        of(
            steps,
            vec![("b", vec![fails(Auth, NotDone)])],
            vec![Work],
            "waiting"
        ),
        "failed"
    );
    // waiting > in-progress
    let two = |second: build::S| vec![call("held", "read").needs(&[]), second.needs(&[])];
    assert_eq!(
        of(
            two(call("b", "write").before(gate())),
            vec![],
            vec![Work],
            "running"
        ),
        "waiting"
    );
    // any in progress
    assert_eq!(
        of(two(call("b", "read")), vec![], vec![Work], "running"),
        "in-progress"
    );
    // some done and some pending
    let steps = vec![
        call("a", "read"),
        call("held", "read").stage(2),
        call("b", "read"),
    ];
    assert_eq!(of(steps, vec![], vec![Work], "running"), "in-progress");
    // at least one completed, the rest skipped
    assert_eq!(
        of(
            vec![call("a", "read"), call("b", "read").when("false")],
            vec![],
            vec![Work],
            "completed"
        ),
        "completed"
    );
    let steps = vec![
        call("a", "read"),
        group("g", vec![call("b", "read"), call("c", "read")]).when("false"),
    ];
    assert_eq!(of(steps, vec![], vec![Work], "completed"), "completed");
    // all skipped
    let steps = vec![group("g", vec![call("b", "read"), call("c", "read")]).when("false")];
    assert_eq!(of(steps, vec![], vec![Work], "completed"), "skipped");
    // nothing yet
    let steps = vec![call("held", "read").stage(2), call("a", "read")];
    assert_eq!(of(steps, vec![], vec![Work], "running"), "pending");
}

#[test]
fn s11_the_run_ends_early_by_its_own_rule() {
    for (status, run) in [
        (ExitStatus::Completed, "completed"),
        (ExitStatus::Failed, "failed"),
    ] {
        let bench = check(Case {
            hold: vec!["slow"],
            run,
            steps: "look completed, slow skipped, more skipped",
            ..case(vec![
                call("slow", "read").needs(&[]),
                call("look", "read")
                    .with(json!({ "value": 0 }))
                    .needs(&[])
                    .exit_when(
                        "output.value == 0",
                        status,
                        "nothing to do: ${{ output.value }}",
                    ),
                call("more", "read").needs(&["look"]),
            ])
        });
        assert_eq!(
            bench.run.summary().message.as_deref(),
            Some("nothing to do: 0")
        );
    }
}
