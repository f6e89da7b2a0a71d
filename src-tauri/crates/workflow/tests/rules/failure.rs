//! semantics.md 11, 12: what follows a failure or a reject: the run stops, asks, is rolled back or begins again. How a
//! rollback goes is in `rollback`.

use crate::bench::*;
use crate::rollback::{and, failing, message, steps, then, undone};
use serde_json::json;
use workflow::{ErrorClass::*, OnFailure, Outcome::*, Then};

#[test]
fn s12_what_follows_a_failure_is_what_the_file_asks_for() {
    for (on_failure, acts, run, first) in [
        (OnFailure::Stop, vec![], "failed", "completed"),
        (OnFailure::Ask, vec![], "waiting", "completed"),
        (
            OnFailure::Ask,
            vec![Stop("bad.failure")],
            "failed",
            "completed",
        ),
        (
            OnFailure::Ask,
            vec![Rollback("bad.failure"), Work],
            "rolled_back",
            "completed",
        ),
        (
            OnFailure::Ask,
            vec![Retry("bad.failure"), Work, Approve("never.before"), Work],
            "completed",
            "completed",
        ),
    ] {
        let bench = check(Case {
            run,
            ..and(failing(on_failure, steps()), acts)
        });
        assert_eq!(bench.status("first"), first);
        let rolled_back = run == "rolled_back";
        assert_eq!(undone(&bench).len(), if rolled_back { 2 } else { 0 });
    }
}

#[test]
fn s12_a_failure_without_a_change_is_no_reason_to_roll_back() {
    for on_failure in [OnFailure::Rollback, OnFailure::Stop] {
        check(Case {
            acts: vec![Work],
            run: "failed",
            never: vec!["rollback_started"],
            ..failing(on_failure, vec![call("bad", "read")])
        });
    }
    let bench = check(Case {
        acts: vec![Work],
        run: "waiting",
        ..failing(OnFailure::Ask, vec![call("bad", "read")])
    });
    let offered = &bench.card("bad.failure").decisions;
    assert_eq!(
        offered,
        &[workflow::DecisionKind::Retry, workflow::DecisionKind::Stop]
    );
}

#[test]
fn s11_a_reject_carries_what_follows() {
    let steps = || {
        vec![
            call("first", "write").before(gate()),
            call("second", "write").before(gate()),
        ]
    };
    for (then_word, run) in [
        (Then::Stop, "failed"),
        (Then::Rollback, "rolled_back"),
        (Then::Retry, "waiting"),
    ] {
        // The answer holds, whatever the file says of failures: no second gate asks what now.
        for on_failure in [OnFailure::Stop, OnFailure::Ask, OnFailure::Rollback] {
            let bench = check(Case {
                acts: vec![
                    Work,
                    Approve("first.before"),
                    Work,
                    RejectThen("second.before", then_word),
                    Work,
                ],
                run,
                never: vec!["gate_opened second.failure"],
                ..failing(on_failure, steps())
            });
            assert_eq!(
                bench.gate("second.before").revision,
                if run == "waiting" { 2 } else { 1 }
            );
        }
    }
    // A list is not begun twice.
    let list = vec![call("first", "write").before(gate()).foreach(json!([1, 2]))];
    check(Case {
        acts: vec![
            Work,
            Refused(
                "cannot_retry",
                Box::new(RejectThen("first.before", Then::Retry)),
            ),
        ],
        run: "waiting",
        ..failing(OnFailure::Stop, list)
    });
}

#[test]
fn s12_retry_is_offered_where_nothing_was_changed_and_no_list_is_begun_twice() {
    for (steps, offered) in [
        (
            vec![
                call("first", "write")
                    .before(gate())
                    .assert("false", "not well"),
            ],
            "rollback stop",
        ),
        (
            vec![
                call("first", "write").before(gate()),
                call("bad", "read").foreach(json!([1])),
            ],
            "rollback stop",
        ),
        (
            vec![
                call("first", "write").before(gate()),
                group("in", vec![call("bad", "read")]),
            ],
            "retry rollback stop",
        ),
    ] {
        let bench = check(Case {
            world: vec![
                ("bad", vec![fails(Auth, NotDone)]),
                ("bad[0]", vec![fails(Auth, NotDone)]),
            ],
            acts: vec![Work, Approve("first.before"), Work],
            run: "waiting",
            ..failing(OnFailure::Ask, steps)
        });
        let open = bench.run.open_gates().next().unwrap().id.to_string();
        let words: Vec<&str> = bench
            .card(&open)
            .decisions
            .iter()
            .map(|kind| kind.word())
            .collect();
        assert_eq!(words.join(" "), offered, "{open}");
    }
}

#[test]
fn s11_in_doubt_may_be_answered_with_a_rollback() {
    let steps = || {
        vec![
            call("first", "write").before(gate()),
            call("second", "manual").before(gate()),
            call("more", "read"),
        ]
    };
    for on_failure in [OnFailure::Stop, OnFailure::Ask] {
        let bench = check(Case {
            world: vec![("second", vec![fails(Timeout, Unknown)])],
            acts: vec![
                Work,
                Approve("first.before"),
                Work,
                Approve("second.before"),
                Work,
                BackFromDoubt("second"),
                Work,
            ],
            steps: "first completed, second failed, more skipped",
            ..failing(on_failure, steps())
        });
        assert_eq!(undone(&bench), ["rollback:first"]);
        assert!(message(&bench).starts_with("1 of 2 changes not rolled back. "));
    }
}

#[test]
fn s12_the_cards_before_the_first_change_show_how_all_would_be_undone() {
    let mut workflow = then(
        OnFailure::Rollback,
        vec![
            call("first", "write").before(gate()),
            call("second", "manual")
                .before(gate())
                .irreversible("it is a message"),
            call("third", "keyed")
                .before(gate())
                .rollback("write", json!({})),
        ],
    );
    workflow.steps[1].title = "Tell them".to_owned();
    let bench = check(Case {
        workflow,
        acts: vec![Work, Approve("first.before"), Work],
        run: "waiting",
        ..case(Vec::new())
    });
    let plan = bench.card("first.before").rollback.clone().unwrap();
    assert_eq!(plan.on_failure, OnFailure::Rollback);
    let said: Vec<(&str, Option<&str>, Option<&str>)> = plan
        .steps
        .iter()
        .map(|step| {
            (
                step.title.as_str(),
                step.tool.as_deref(),
                step.irreversible.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            ("first", Some("undo"), None),
            ("Tell them", None, Some("it is a message")),
            ("third", Some("write"), None),
        ]
    );
    assert_eq!(
        bench.card("second.before").rollback,
        None,
        "something has changed already"
    );
}
