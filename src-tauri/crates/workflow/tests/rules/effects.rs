//! semantics.md 8: outcomes, keys and tries.

use crate::bench::*;
use serde_json::json;
use std::collections::BTreeSet;
use workflow::{Digest, ErrorClass::*, Event, Observation, Outcome::*, Provenance, StepState};

fn write_with(retry: u32, tool: &str) -> Vec<build::S> {
    vec![
        call("write", tool)
            .with(json!({ "text": "x" }))
            .retry(retry)
            .before(gate()),
    ]
}

/// Tries in order: `n` and key.
fn tries(bench: &Bench) -> Vec<(u32, Digest)> {
    let started = |event: &Event| match event {
        Event::CallStarted { n, key, .. } => Some((*n, *key)),
        _ => None,
    };
    bench
        .records
        .iter()
        .filter_map(|record| started(&record.event))
        .collect()
}

#[test]
fn s08_a_try_that_was_not_done_is_followed_by_one_under_a_new_key() {
    for outcome in [NotStarted, NotDone] {
        let bench = check(Case {
            world: vec![(
                "write",
                vec![fails(Network, outcome), fails(Timeout, outcome)],
            )],
            acts: vec![
                Work,
                Approve("write.before"),
                Work,
                Pass(1000),
                Work,
                Pass(2000),
                Work,
            ],
            journal: vec![
                "grant_spent write.before",
                "call_started write",
                "call_failed write",
                "retry_scheduled write",
                "grant_spent write.before",
                "call_started write",
                "call_failed write",
                "retry_scheduled write",
                "grant_spent write.before",
                "call_started write",
                "call_finished write",
            ],
            ..case(write_with(2, "write"))
        });
        let tries = tries(&bench);
        assert_eq!(tries.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(
            tries
                .iter()
                .map(|(_, key)| *key)
                .collect::<BTreeSet<_>>()
                .len(),
            3
        );
        assert_eq!(
            bench.card("write.before").tries,
            3,
            "the card says up to 3 tries"
        );
    }
}

#[test]
fn s08_one_approval_covers_one_and_retry_max_tries() {
    let bench = check(Case {
        world: vec![("write", vec![fails(Network, NotDone); 3])],
        acts: vec![
            Work,
            Approve("write.before"),
            Work,
            Pass(1000),
            Work,
            Pass(2000),
            Work,
        ],
        run: "failed",
        steps: "write failed",
        ..case(write_with(2, "write"))
    });
    assert_eq!(tries(&bench).len(), 3);
}

#[test]
fn s08_only_the_named_classes_are_tried_again() {
    for class in [Auth, Invalid, Internal] {
        check(Case {
            world: vec![("write", vec![fails(class, NotDone)])],
            acts: vec![Work, Approve("write.before"), Work],
            run: "failed",
            never: vec!["retry_scheduled write"],
            ..case(write_with(2, "write"))
        });
    }
}

#[test]
fn s08_an_unknown_outcome_keeps_its_key_and_is_observed() {
    for tool in ["write", "keyed"] {
        let bench = check(Case {
            world: vec![("write", vec![fails(Timeout, Unknown)])],
            acts: vec![Work, Approve("write.before"), Work],
            steps: "write completed",
            journal: vec![
                "call_started write",
                "call_interrupted write",
                "call_finished write",
            ],
            never: vec!["retry_scheduled write"],
            ..case(write_with(2, tool))
        });
        assert_eq!(tries(&bench).len(), 1);
        assert_eq!(bench.world.changes.len(), 1);
    }
}

#[test]
fn s08_a_retry_after_an_unknown_outcome_follows_only_not_done() {
    let bench = check(Case {
        world: vec![(
            "write",
            vec![
                fails(Timeout, Unknown),
                Reply::Observed(Observation::NotDone),
            ],
        )],
        acts: vec![Work, Approve("write.before"), Work, Pass(1000), Work],
        journal: vec![
            "call_interrupted write",
            "call_failed write",
            "retry_scheduled write",
            "grant_spent write.before",
        ],
        ..case(write_with(1, "write"))
    });
    assert_eq!(
        tries(&bench).iter().map(|(n, _)| *n).collect::<Vec<_>>(),
        [1, 2]
    );
}

#[test]
fn s08_a_crash_asks_what_it_cannot_know() {
    let cases = [
        // It had happened: the answer was lost, the deed was not.
        (
            "write",
            true,
            "call_interrupted write",
            "completed",
            "completed",
            1,
        ),
        // It had not: the same try goes on under the same key.
        (
            "write",
            false,
            "call_continued write",
            "completed",
            "completed",
            1,
        ),
        // The tool knows the key: it simply runs again.
        (
            "keyed",
            false,
            "call_finished write",
            "completed",
            "completed",
            1,
        ),
        // Nobody can tell.
        (
            "manual",
            false,
            "doubt_opened write",
            "waiting",
            "waiting",
            0,
        ),
    ];
    for (tool, lost, event, run, step, changes) in cases {
        let mut bench = Bench::started(flow(write_with(0, tool)), json!({}));
        bench.work();
        bench.approve("write.before");
        if lost {
            // The world does it, and the program ends before the answer is written down.
            let (_, effect) = bench.owed_to("write").unwrap();
            let permit =
                workflow::Permit::redeem(&bench.run, &"write".parse().unwrap(), &()).unwrap();
            bench.world.answer(&effect, Some(&permit));
        }
        bench.crash().work();
        assert!(
            bench.words().iter().any(|word| word == event),
            "{tool}: {:#?}",
            bench.words()
        );
        assert_eq!(
            (bench.run.state().word(), bench.status("write")),
            (run, step),
            "{tool}"
        );
        assert_eq!(bench.world.changes.len(), changes, "{tool}");
        let keys: BTreeSet<Digest> = tries(&bench).iter().map(|(_, key)| *key).collect();
        assert_eq!(keys.len(), 1, "{tool}");
        assert!(bench.world.repeated.is_empty());
    }
}

#[test]
fn s08_run_again_on_the_in_doubt_card_is_itself_the_grant() {
    let bench = check(Case {
        hold: vec!["write"],
        acts: vec![
            Work,
            Approve("write.before"),
            Work,
            Crash,
            Again("write"),
            Free("write"),
            Work,
        ],
        steps: "write completed",
        journal: vec![
            "grant_spent write.before",
            "call_started write",
            "doubt_opened write",
            "doubt_resolved write",
            "call_started write",
        ],
        ..case(write_with(0, "manual"))
    });
    let numbers: Vec<u32> = tries(&bench).iter().map(|(n, _)| *n).collect();
    assert_eq!(numbers, [1, 2]);
    let spent = bench
        .words()
        .iter()
        .filter(|word| word.starts_with("grant_spent"))
        .count();
    assert_eq!(spent, 1);
}

#[test]
fn s08_it_happened_is_a_persons_word() {
    let bench = check(Case {
        world: vec![("write", vec![fails(Timeout, Unknown)])],
        acts: vec![
            Work,
            Approve("write.before"),
            Work,
            Happened("write"),
            Refused("run_is_over", Box::new(Happened("write"))),
        ],
        steps: "write completed",
        ..case(vec![
            call("write", "manual")
                .assert("output.done", "never asked")
                .before(gate()),
        ])
    });
    let state = &bench.run.step(&"write".parse().unwrap()).unwrap().state;
    let StepState::Completed {
        output,
        provenance,
        receipt,
    } = state
    else {
        panic!("{state:?}")
    };
    assert_eq!(
        (output.inline(), *provenance, receipt),
        (Some(&json!(null)), Provenance::Person, &None)
    );
}

#[test]
fn s08_a_tool_cannot_speak_for_a_person() {
    // Error codes are the tool's words; none of them may steer the engine.
    for code in ["run_again", "cancelled", "rejected"] {
        let mut error = error(Network, NotDone);
        code.clone_into(&mut error.code);
        check(Case {
            world: vec![
                ("write", vec![Reply::Result(Err(error.clone())); 9]),
                ("look", vec![Reply::Result(Err(error)); 9]),
            ],
            acts: vec![Work, Approve("write.before"), Work],
            run: "failed",
            steps: "write failed",
            ..case(vec![call("write", "write").before(gate())])
        });
        let mut error = error_of(code);
        error.outcome = Unknown;
        let read = vec![("look", vec![Reply::Result(Err(error)); 9])];
        check(Case {
            world: read,
            run: "failed",
            steps: "look failed",
            ..case(vec![call("look", "read")])
        });
    }
}

fn error_of(code: &str) -> workflow::ToolError {
    workflow::ToolError {
        code: code.to_owned(),
        ..error(Network, NotDone)
    }
}

#[test]
fn s08_a_null_result_is_not_a_persons_word() {
    let bench = check(Case {
        world: vec![("write", vec![succeeds(json!(null))])],
        acts: vec![Work, Approve("write.before"), Work],
        run: "failed",
        ..case(vec![
            call("write", "write")
                .assert("output", "there is nothing")
                .before(gate()),
        ])
    });
    assert_eq!(bench.status("write"), "failed");
}

#[test]
fn s08_a_world_that_changed_since_the_approval_is_asked_about() {
    check(Case {
        world: vec![("write", vec![fails(Precondition, NotStarted)])],
        acts: vec![
            Work,
            Approve("write.before"),
            Work,
            Approve("write.before"),
            Work,
        ],
        journal: vec![
            "call_failed write",
            "grant_voided write.before",
            "gate_opened write.before",
            "grant_spent write.before",
        ],
        ..case(write_with(0, "write"))
    });
}

#[test]
fn s08_backoff_is_full_jitter_under_a_growing_bound() {
    for (dice, first_us, second_us) in [
        (0, 1_000, 2_000),
        (499, 500_000, 1_000_000),
        (999, 1_000_000, 2_000_000),
    ] {
        let mut bench = Bench::new(flow(vec![call("look", "read").retry(2)]));
        bench.dice = dice;
        bench.world.script("look", vec![fails(Network, NotDone); 3]);
        bench.start(json!({})).unwrap();
        bench.work();
        let due =
            |bench: &Bench| bench.run.timers().values().next().copied().unwrap() - bench.clock_us;
        assert_eq!(due(&bench), first_us);
        bench.pass(1000).work();
        assert_eq!(due(&bench), second_us);
        assert_eq!(
            bench.status("look"),
            "waiting",
            "a step in backoff waits for a timer"
        );
    }
}

#[test]
fn s08_a_credential_is_spent_again_only_under_an_approval() {
    // One item finds the world changed and voids the approval, while the other still runs and fails.
    let bench = check(Case {
        world: vec![
            ("login[0]", vec![fails(Network, NotDone)]),
            ("login[1]", vec![fails(Precondition, NotStarted)]),
        ],
        hold: vec!["login[0]", "login[1]"],
        acts: vec![
            Work,
            Approve("login.before"),
            Answer("login[1]"),
            Answer("login[0]"),
            Pass(1000),
            Work,
        ],
        run: "failed",
        ..case(vec![
            call("login", "secret")
                .foreach(json!([1, 2, 3]))
                .places(2)
                .retry(3)
                .before(gate()),
        ])
    });
    let starts = bench
        .words()
        .iter()
        .filter(|word| word.starts_with("call_started"))
        .count();
    let spends = bench
        .words()
        .iter()
        .filter(|word| *word == "grant_spent login.before")
        .count();
    assert_eq!(starts, spends, "{:#?}", bench.words());
}
