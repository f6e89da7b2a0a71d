//! semantics.md 14: sending back.

use crate::bench::*;
use serde_json::json;
use std::collections::BTreeSet;
use workflow::{Datum, DecisionKind, Event};

#[test]
fn s14_redo_is_a_new_attempt_with_new_keys_and_the_old_one_kept() {
    let bench = check(Case {
        acts: vec![Work, Redo("pick.after"), Work, Approve("pick.after"), Work],
        steps: "look completed, pick completed, more completed",
        journal: vec![
            "gate_opened pick.after",
            "gate_decided pick.after",
            "attempt_started pick",
            "step_started pick",
            "gate_opened pick.after",
        ],
        ..case(vec![
            call("look", "read"),
            call("pick", "read").after(gate()),
            call("more", "read"),
        ])
    });
    let step = bench.run.step(&"pick".parse().unwrap()).unwrap();
    assert_eq!(
        (step.attempt, step.tries.len(), step.feedback.as_deref()),
        (2, 2, Some("better"))
    );
    let keys: BTreeSet<_> = step.tries.iter().map(|one| one.key).collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(bench.gate("pick.after").revision, 2);
    assert_eq!(
        bench
            .world
            .reads
            .iter()
            .filter(|(step, _)| step == "look")
            .count(),
        1,
        "what it stands on is not read again"
    );
}

#[test]
fn s14_redo_of_an_earlier_step_sends_back_all_that_follows() {
    let steps = || {
        vec![
            call("base", "read"),
            group(
                "inner",
                vec![call("suggest", "read"), call("note", "read").needs(&[])],
            ),
            call("apply", "write")
                .foreach(json!("${{ steps.suggest.output.list }}"))
                .with(json!({ "text": "${{ item }}" }))
                .before(gate().redo(Some("suggest"), 1)),
            call("beside", "read").needs(&["base"]),
        ]
    };
    let bench = check(Case {
        world: vec![(
            "suggest",
            vec![
                succeeds(json!({ "list": ["a", "b"] })),
                succeeds(json!({ "list": ["c"] })),
            ],
        )],
        acts: vec![
            Work,
            Redo("apply.before"),
            Work,
            Refused("not_offered", Box::new(Redo("apply.before"))),
            Approve("apply.before"),
            Work,
        ],
        steps: "apply completed, beside completed, inner completed",
        journal: vec![
            "gate_decided apply.before",
            "call_finished suggest",
            "gate_opened apply.before",
        ],
        ..case(steps())
    });
    assert_eq!(
        bench.world.changes,
        [(
            "apply[0]".to_owned(),
            "write".to_owned(),
            json!({ "text": "c" })
        )]
    );
    let reads: Vec<&str> = bench
        .world
        .reads
        .iter()
        .map(|(step, _)| step.as_str())
        .collect();
    let count = |step: &str| reads.iter().filter(|one| **one == step).count();
    assert_eq!(
        (
            count("base"),
            count("suggest"),
            count("note"),
            count("beside")
        ),
        (1, 2, 1, 1)
    );
}

#[test]
fn s14_redo_is_not_offered_on_the_word_of_a_rule() {
    let schema = json!({ "type": "object" });
    let steps = vec![
        ai("suggest", schema, json!({})).after(gate()),
        call("write", "write").before(gate().redo(Some("suggest"), 3)),
        call("other", "write")
            .needs(&["suggest"])
            .before(gate().redo(None, 3)),
    ];
    let bench = check(Case {
        acts: vec![Work, Approve("suggest.after"), Work],
        run: "waiting",
        ..case(steps)
    });
    let offers = |gate: &str| bench.card(gate).decisions.contains(&DecisionKind::Redo);
    assert!(!offers("suggest.after"));
    assert!(
        !offers("write.before"),
        "a redo would only run the rule again"
    );
    assert!(offers("other.before"));
}

#[test]
fn s14_a_change_is_never_redone() {
    // It ran, it runs, or nobody knows.
    for hold in [vec![], vec!["write"]] {
        let steps = vec![
            call("base", "read"),
            call("write", "write").before(gate()).needs(&["base"]),
            call("ask", "read")
                .after(gate().redo(Some("base"), 3))
                .needs(&["base"]),
            call("end", "read").needs(&["write", "ask"]),
        ];
        check(Case {
            hold,
            acts: vec![
                Work,
                Approve("write.before"),
                Work,
                Refused("cannot_redo_changes", Box::new(Redo("ask.after"))),
                Approve("ask.after"),
                Free("write"),
                Work,
            ],
            ..case(steps)
        });
    }
}

#[test]
fn s14_a_redo_that_would_not_come_back_here_is_refused() {
    check(Case {
        acts: vec![
            Work,
            Refused("cannot_redo", Box::new(Redo("ask.after"))),
            Approve("ask.after"),
        ],
        ..case(vec![
            call("beside", "read").needs(&[]),
            call("ask", "read")
                .after(gate().redo(Some("beside"), 3))
                .needs(&[]),
        ])
    });
}

#[test]
fn s14_a_redo_of_one_item_leaves_the_others_alone() {
    let step = call("look", "read")
        .with(json!({ "value": "${{ item }}" }))
        .foreach(json!([1, 2]))
        .after(gate().each());
    let bench = check(Case {
        acts: vec![
            Work,
            Approve("look[0].after"),
            Redo("look[1].after"),
            Work,
            Approve("look[1].after"),
            Work,
        ],
        steps: "look completed",
        ..case(vec![step])
    });
    let reads: Vec<&str> = bench
        .world
        .reads
        .iter()
        .map(|(step, _)| step.as_str())
        .collect();
    let count = |item: &str| reads.iter().filter(|one| **one == item).count();
    assert_eq!((count("look[0]"), count("look[1]")), (1, 2));
    let step = bench.run.step(&"look[1]".parse().unwrap()).unwrap();
    let keys: BTreeSet<_> = step.tries.iter().map(|one| one.key).collect();
    assert_eq!((step.attempt, keys.len()), (2, 2), "new keys");
}

#[test]
fn s14_an_approval_given_before_a_redo_covers_nothing_after_it() {
    let steps = vec![
        call("base", "read"),
        call("write", "write")
            .before(gate().recheck(&["base"]))
            .needs(&["base"]),
        call("ask", "read")
            .after(gate().redo(Some("base"), 3))
            .needs(&["base"]),
    ];
    let mut bench = check(Case {
        hold: vec!["base"],
        acts: vec![
            Answer("base"),
            Work,
            Approve("write.before"),
            Redo("ask.after"),
            Free("base"),
            Work,
        ],
        run: "waiting",
        steps: "write waiting, ask waiting",
        never: vec!["grant_spent write.before"],
        ..case(steps)
    });
    bench
        .approve("write.before")
        .work()
        .approve("ask.after")
        .work();
    assert_eq!(bench.run.state().word(), "completed");
    let spent = bench
        .records
        .iter()
        .filter(|record| matches!(record.event, Event::GrantSpent { .. }))
        .count();
    assert_eq!(spent, 1);
}

#[test]
fn s14_the_feedback_stands_in_the_journal() {
    let bench = check(Case {
        acts: vec![Work, Redo("look.after")],
        run: "running",
        ..case(vec![call("look", "read").after(gate())])
    });
    let feedback = bench.records.iter().find_map(|record| match &record.event {
        Event::AttemptStarted {
            feedback, attempt, ..
        } => Some((feedback.as_str(), *attempt)),
        _ => None,
    });
    assert_eq!(feedback, Some(("better", 2)));
    let _ = Datum::null();
}
