//! semantics.md 2 and 3: the order of an approval, and what is evaluated when.

use crate::bench::*;
use serde_json::json;
use workflow::{Command, Datum, Digest, Event, Permit};

fn approved_write() -> Vec<crate::bench::build::S> {
    vec![
        call("look", "read").with(json!({ "value": 1 })),
        call("write", "write")
            .with(json!({ "text": "x" }))
            .before(gate()),
    ]
}

#[test]
fn s02_order_of_a_gated_change_without_recheck() {
    let bench = check(Case {
        acts: vec![Work, Approve("write.before"), Work],
        steps: "look completed, write completed",
        journal: vec![
            "run_started",
            "step_started look",
            "call_planned look",
            "call_started look",
            "call_finished look",
            "step_completed look",
            "step_started write",
            "call_planned write",
            "call_previewed write",
            "gate_opened write.before",
            "gate_decided write.before",
            "grant_spent write.before",
            "call_started write",
            "call_finished write",
            "step_completed write",
            "run_completed",
        ],
        ..case(approved_write())
    });
    assert_eq!(bench.records.len(), 16);
    // With nothing to recheck all three share the decision's transaction.
    let decision: Vec<String> = bench.verdicts[3].iter().map(words).collect();
    assert_eq!(
        decision,
        [
            "gate_decided write.before",
            "grant_spent write.before",
            "call_started write"
        ]
    );
}

#[test]
fn s02_spending_and_starting_are_one_transaction_after_a_recheck() {
    let mut bench = check(Case {
        acts: vec![Work, Approve("write.before"), Answer("look")],
        run: "running",
        ..case(vec![
            call("look", "read"),
            call("write", "write").before(gate().recheck(&["look"])),
        ])
    });
    assert_eq!(
        bench.last(),
        [
            "recheck_read write.before",
            "comparing_started write.before",
            "call_planned write"
        ]
    );
    bench.work();
    let spend: Vec<String> = bench.verdicts[bench.verdicts.len() - 2]
        .iter()
        .map(words)
        .collect();
    let expected = [
        "call_previewed write",
        "grant_confirmed write.before",
        "grant_spent write.before",
        "call_started write",
    ];
    assert_eq!(spend, expected);
}

#[test]
fn s02_a_reject_a_cancel_and_an_expiry_before_the_spend_void_the_grant() {
    for act in [Cancel, Reject("other.before"), Pass(5000)] {
        let slow = call("write", "write")
            .before(gate().recheck(&["look"]))
            .needs(&["look"]);
        let other = call("other", "write").before(gate().wait(4000)).needs(&[]);
        let bench = check(Case {
            acts: vec![Work, Approve("write.before"), act.clone(), Work],
            run: if matches!(act, Cancel) {
                "cancelled"
            } else {
                "failed"
            },
            steps: "write skipped, other skipped",
            journal: vec!["gate_decided write.before", "gate_withdrawn write.before"],
            never: vec!["grant_spent write.before"],
            ..case(vec![call("look", "read").needs(&[]), slow, other])
        });
        assert!(bench.gate("write.before").grant().is_none());
    }
}

#[test]
fn s02_an_approval_that_is_too_old_is_asked_again() {
    let bench = check(Case {
        acts: vec![Work, Approve("write.before"), Pass(2000), Work],
        run: "waiting",
        steps: "write waiting",
        journal: vec![
            "gate_decided write.before",
            "grant_voided write.before",
            "gate_opened write.before",
        ],
        never: vec!["grant_spent write.before"],
        ..case(vec![
            call("look", "read"),
            call("write", "write").before(gate().ttl(1000).recheck(&["look"])),
        ])
    });
    assert_eq!(bench.gate("write.before").revision, 2);
    assert!(
        bench
            .card("write.before")
            .reopened
            .as_ref()
            .unwrap()
            .contains("time to live")
    );
}

#[test]
fn s03_an_expression_is_evaluated_once() {
    // After the card is shown, nothing in the journal depends on the expressions of the file any more.
    let bench = check(Case {
        acts: vec![Work, Approve("write.before"), Work],
        ..case(approved_write())
    });
    for length in 0..=bench.records.len() {
        let text = serde_json::to_string(&bench.fold(length)).unwrap();
        let back: workflow::Run = serde_json::from_str(&text).unwrap();
        assert_eq!(back, bench.fold(length));
    }
    let planned = bench.records.iter().find_map(|record| match &record.event {
        Event::CallPlanned { step, call, .. } if &*step.id == "write" => Some(call.args.clone()),
        _ => None,
    });
    assert_eq!(planned, Some(Datum::Inline(json!({ "text": "x" }))));
}

#[test]
fn s03_a_missing_blob_is_asked_for_and_then_used() {
    let big = "x".repeat(10_000);
    let mut bench = Bench::new(flow(vec![
        call("look", "read"),
        call("write", "write")
            .with(json!({ "text": "${{ steps.look.output.text }}" }))
            .before(gate()),
    ]));
    bench
        .world
        .script("look", [succeeds(json!({ "text": big }))]);
    bench.start(json!({})).unwrap();
    bench.work();
    let card = bench.card("write.before");
    let blob = card.calls[0]
        .call
        .args
        .blob()
        .expect("the arguments are a blob");
    // Without the body there is neither a decision nor a permit.
    bench.approve("write.before");
    let write = "write".parse().unwrap();
    assert!(
        matches!(Permit::redeem(&bench.run, &write, &()), Err(workflow::PermitFault::Needs { digest, .. }) if digest == blob)
    );
    let (id, _) = bench.owed_to("write").unwrap();
    bench.answer(&id);
    assert_eq!(bench.world.changes[0].2["text"], json!(big));
    let input = workflow::Input {
        command: Command::Start {
            inputs: Default::default(),
        },
        actor: me(),
        at_us: 0,
        entropy: 0,
    };
    assert!(workflow::decide(&bench.run, &input, &()).is_err());
}

#[test]
fn s03_decide_says_which_blob_it_needs() {
    let mut bench = Bench::new(flow(vec![
        call("look", "read").needs(&[]),
        call("two", "read").with(json!({ "text": "${{ steps.look.output.text }}" })),
    ]));
    bench
        .world
        .script("look", [succeeds(json!({ "text": "x".repeat(10_000) }))]);
    bench.start(json!({})).unwrap();
    // The answer is journaled as a blob; a resume that sweeps on from there needs its body.
    let (id, _) = bench.owed_to("look").unwrap();
    let answer = workflow::Answer::Finished(Ok(workflow::ToolOutput::read(Datum::Blob {
        sha256: Digest::of(b"elsewhere"),
        size_bytes: 10_000,
        excerpt: String::new(),
    })));
    let command = Command::Answered {
        effect: id,
        answer,
        log: None,
    };
    let input = workflow::Input {
        command,
        actor: workflow::Actor::engine(),
        at_us: 0,
        entropy: 0,
    };
    let needs = workflow::decide(&bench.run, &input, &()).unwrap_err();
    assert_eq!(needs, workflow::Stop::Needs(vec![Digest::of(b"elsewhere")]));
}
