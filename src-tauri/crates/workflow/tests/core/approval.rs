//! semantics.md 1-5: identity and approval.

use crate::bench::*;
use serde_json::{Value as Json, json};
use workflow::{Command, Datum, Decision, Digest, Event, Permit, call_digest, canonical_json, digest_of_json};

fn approved_write() -> Vec<crate::bench::build::S> {
    vec![call("look", "read").with(json!({ "value": 1 })), call("write", "write").with(json!({ "text": "x" })).before(gate())]
}

#[test]
fn s01_a_call_digest_covers_every_field_that_matters() {
    let bench = check(Case { run: "waiting", ..case(approved_write()) });
    let card = bench.card("write.before");
    let call = card.calls[0].call.clone();
    let args = call.args.inline().unwrap().clone();
    let own = card.calls[0].digest;
    assert_eq!(own, call_digest(&call, &args));
    let target = workflow::Target { agent: "a".to_owned(), host_key: None };
    let others = [
        call_digest(&workflow::Call { tool: "keyed".to_owned(), ..call.clone() }, &args),
        call_digest(&workflow::Call { tool_version: 2, ..call.clone() }, &args),
        call_digest(&call, &json!({ "text": "y" })),
        call_digest(&workflow::Call { targets: vec![target], ..call.clone() }, &args),
        call_digest(&workflow::Call { facts: [("hash".to_owned(), json!(1))].into(), ..call.clone() }, &args),
        call_digest(&workflow::Call { effect: workflow::EffectClass::External, ..call.clone() }, &args),
        call_digest(&workflow::Call { undo: None, ..call.clone() }, &args),
    ];
    let all: std::collections::BTreeSet<Digest> = others.into_iter().chain([own]).collect();
    assert_eq!(all.len(), 8);
}

#[test]
fn s01_measures_are_no_part_of_the_call() {
    let radius = |words: &str| {
        let one = workflow::Preview { blast_radius: words.to_owned(), ..preview_of(json!(1)) };
        vec![("write", vec![Reply::Preview(Ok(one))])]
    };
    let digest = |world| {
        let bench = check(Case { world, run: "waiting", ..case(approved_write()) });
        bench.card("write.before").calls[0].digest
    };
    assert_eq!(digest(radius("3 hosts at 12:00")), digest(radius("3 hosts at 12:01")));
}

fn preview_of(fact: Json) -> workflow::Preview {
    match preview(fact) {
        Reply::Preview(Ok(preview)) => preview,
        other => panic!("{other:?}"),
    }
}

#[test]
fn s01_a_card_digest_covers_run_gate_revision_calls_definition_proposer_evidence_and_expiry() {
    let card = |flow_of: &dyn Fn() -> Vec<crate::bench::build::S>| {
        let bench = check(Case { run: "waiting", ..case(flow_of()) });
        bench.gate("write.before").card_digest.unwrap()
    };
    let one = |gate: crate::bench::build::G| {
        move || vec![call("look", "read"), call("write", "write").with(json!({ "text": "x" })).before(gate.clone())]
    };
    let plain = card(&one(gate()));
    assert_eq!(plain, card(&one(gate())));
    let others = [
        card(&one(gate().show(&["steps.look.output"]))),
        card(&one(gate().wait(1000))),
        card(&|| vec![call("look", "read"), call("write", "write").with(json!({ "text": "y" })).before(gate())]),
    ];
    for other in others {
        assert_ne!(plain, other);
    }
    // The same card shown again is another card.
    let mut bench = check(Case { run: "waiting", ..case(one(gate().redo(None, 3))()) });
    let first = bench.gate("write.before").card_digest.unwrap();
    bench.decide("write.before", Decision::Redo { feedback: String::new() }).unwrap();
    bench.work();
    let second = bench.gate("write.before");
    assert_eq!(second.revision, 2);
    assert_ne!(second.card_digest, Some(first));
}

#[test]
fn s01_a_decision_quotes_the_card_it_saw() {
    let mut bench = check(Case { run: "waiting", ..case(approved_write()) });
    let gate: workflow::GateId = "write.before".parse().unwrap();
    let right = bench.gate("write.before").card_digest.unwrap();
    let wrong = [(1, Digest::of(b"other")), (2, right), (0, right)];
    for (revision, digest) in wrong {
        let command = Command::Decide { gate: gate.clone(), revision, digest, decision: Decision::Approve };
        assert_eq!(bench.ask(me(), command).unwrap_err().code, "stale_card");
    }
    let command = Command::Decide { gate, revision: 1, digest: right, decision: Decision::Approve };
    assert_eq!(bench.ask(me(), command), Ok(None));
}

#[test]
fn s01_numbers_keep_their_value_in_a_digest() {
    let digests: std::collections::BTreeSet<Digest> = [
        json!(9_007_199_254_740_992_u64),
        json!(9_007_199_254_740_993_u64),
        json!("9007199254740993"),
        json!({ "\0integer": "9007199254740993" }),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(i64::MIN + 1),
    ]
    .iter()
    .map(|value| digest_of_json(&json!({ "id": value })))
    .collect();
    assert_eq!(digests.len(), 7);
    // RFC 8785 where it has something to say (its own examples, section 3.2.3).
    assert_eq!(canonical_json(&json!({ "b": 1e21, "a": [4.5, 2e-3, 1e30] })), br#"{"a":[4.5,0.002,1e+30],"b":1e+21}"#);
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
    assert_eq!(decision, ["gate_decided write.before", "grant_spent write.before", "call_started write"]);
}

#[test]
fn s02_spending_and_starting_are_one_transaction_after_a_recheck() {
    let mut bench = check(Case {
        acts: vec![Work, Approve("write.before"), Answer("look")],
        run: "running",
        ..case(vec![call("look", "read"), call("write", "write").before(gate().recheck(&["look"]))])
    });
    assert_eq!(bench.last(), ["recheck_read write.before", "comparing_started write.before", "call_planned write"]);
    bench.work();
    let spend: Vec<String> = bench.verdicts[bench.verdicts.len() - 2].iter().map(words).collect();
    let expected =
        ["call_previewed write", "grant_confirmed write.before", "grant_spent write.before", "call_started write"];
    assert_eq!(spend, expected);
}

#[test]
fn s02_a_reject_a_cancel_and_an_expiry_before_the_spend_void_the_grant() {
    for act in [Cancel, Reject("other.before"), Pass(5000)] {
        let slow = call("write", "write").before(gate().recheck(&["look"])).needs(&["look"]);
        let other = call("other", "write").before(gate().wait(4000)).needs(&[]);
        let bench = check(Case {
            acts: vec![Work, Approve("write.before"), act.clone(), Work],
            run: if matches!(act, Cancel) { "cancelled" } else { "failed" },
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
        journal: vec!["gate_decided write.before", "grant_voided write.before", "gate_opened write.before"],
        never: vec!["grant_spent write.before"],
        ..case(vec![call("look", "read"), call("write", "write").before(gate().ttl(1000).recheck(&["look"]))])
    });
    assert_eq!(bench.gate("write.before").revision, 2);
    assert!(bench.card("write.before").reopened.as_ref().unwrap().contains("time to live"));
}

#[test]
fn s03_an_expression_is_evaluated_once() {
    // After the card is shown, nothing in the journal depends on the expressions of the file any more.
    let bench = check(Case { acts: vec![Work, Approve("write.before"), Work], ..case(approved_write()) });
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
        call("write", "write").with(json!({ "text": "${{ steps.look.output.text }}" })).before(gate()),
    ]));
    bench.world.script("look", [succeeds(json!({ "text": big }))]);
    bench.start(json!({})).unwrap();
    bench.work();
    let card = bench.card("write.before");
    let blob = card.calls[0].call.args.blob().expect("the arguments are a blob");
    // Without the body there is neither a decision nor a permit.
    bench.approve("write.before");
    let write = "write".parse().unwrap();
    assert!(matches!(Permit::redeem(&bench.run, &write, &()), Err(workflow::PermitFault::Needs { digest, .. }) if digest == blob));
    let (id, _) = bench.owed_to("write").unwrap();
    bench.answer(&id);
    assert_eq!(bench.world.changes[0].2["text"], json!(big));
    let input = workflow::Input { command: Command::Start { inputs: Default::default() }, actor: me(), at_us: 0, entropy: 0 };
    assert!(workflow::decide(&bench.run, &input, &()).is_err());
}

#[test]
fn s03_decide_says_which_blob_it_needs() {
    let mut bench = Bench::new(flow(vec![
        call("look", "read").needs(&[]),
        call("two", "read").with(json!({ "text": "${{ steps.look.output.text }}" })),
    ]));
    bench.world.script("look", [succeeds(json!({ "text": "x".repeat(10_000) }))]);
    bench.start(json!({})).unwrap();
    // The answer is journaled as a blob; a resume that sweeps on from there needs its body.
    let (id, _) = bench.owed_to("look").unwrap();
    let answer = workflow::Answer::Finished(Ok(workflow::ToolOutput {
        output: Datum::Blob { sha256: Digest::of(b"elsewhere"), size_bytes: 10_000, excerpt: String::new() },
        receipt: None,
    }));
    let command = Command::Answered { effect: id, answer, log: None };
    let input = workflow::Input { command, actor: workflow::Actor::engine(), at_us: 0, entropy: 0 };
    let needs = workflow::decide(&bench.run, &input, &()).unwrap_err();
    assert_eq!(needs, workflow::Stop::Needs(vec![Digest::of(b"elsewhere")]));
}

#[test]
fn s04_an_edit_opens_again_and_never_approves() {
    let mut workflow = flow(vec![
        call("look", "read").with(json!({ "value": "${{ inputs.name }}" })),
        call("write", "write")
            .with(json!({ "text": "${{ inputs.name }}", "seen": "${{ steps.look.output.value }}" }))
            .before(gate().editable(&["name"]).recheck(&["look"])),
    ]);
    workflow.inputs = json!({ "type": "object", "properties": { "name": { "type": "string", "minLength": 1 } } });
    let bench = check(Case {
        workflow,
        inputs: json!({ "name": "a" }),
        acts: vec![
            Work,
            Refused("not_editable", Box::new(Edit("write.before", json!({ "other": 1 })))),
            Refused("invalid_inputs", Box::new(Edit("write.before", json!({ "name": "" })))),
            Refused("nothing_edited", Box::new(Edit("write.before", json!({})))),
            Edit("write.before", json!({ "name": "b" })),
            Work,
        ],
        run: "waiting",
        journal: vec![
            "gate_opened write.before",
            "gate_decided write.before",
            "input_edited write.before",
            "recheck_started write.before",
            "recheck_read write.before",
            "call_planned write",
            "call_previewed write",
            "grant_voided write.before",
            "gate_opened write.before",
        ],
        never: vec!["grant_spent write.before", "call_started write"],
        ..case(Vec::new())
    });
    let card = bench.card("write.before");
    assert_eq!(card.calls[0].call.args, Datum::Inline(json!({ "text": "b", "seen": "b" })));
    assert_eq!(bench.output("look")["value"], "b", "the step that read the input before the gate has the new value");
    let changed: Vec<&str> = card.changed.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(changed, ["write.args.seen", "write.args.text"]);
    assert_eq!(bench.run.inputs()["name"], Datum::Inline(json!("b")));
}

#[test]
fn s04_an_edited_result_is_accepted_at_once_by_a_person() {
    let schema = json!({ "type": "object", "required": ["pick"], "properties": { "pick": { "type": "string" } } });
    let bench = check(Case {
        world: vec![("choose", vec![succeeds(json!({ "pick": "a" }))])],
        acts: vec![
            Work,
            Refused("invalid_result", Box::new(Edit("choose.after", json!({ "output": { "pick": 1 } })))),
            Refused("nothing_edited", Box::new(Edit("choose.after", json!({ "pick": "b" })))),
            Edit("choose.after", json!({ "output": { "pick": "b" } })),
        ],
        steps: "choose completed",
        ..case(vec![ai("choose", schema, json!({})).after(gate())])
    });
    assert_eq!(bench.output("choose"), json!({ "pick": "b" }));
    let state = &bench.run.step(&"choose".parse().unwrap()).unwrap().state;
    let by_person = matches!(state, workflow::StepState::Completed { provenance: workflow::Provenance::Person, .. });
    assert!(by_person, "{state:?}");
}

fn rechecked() -> Vec<crate::bench::build::S> {
    vec![
        call("look", "read"),
        call("plan", "read").with(json!({ "value": "${{ steps.look.output.commit }}" })).assert("output.value != 'bad'", "bad commit"),
        call("write", "write")
            .with(json!({ "text": "${{ steps.plan.output.value }}" }))
            .before(gate().recheck(&["look", "plan"])),
    ]
}

#[test]
fn s05_a_recheck_that_reads_the_same_keeps_the_recorded_outputs() {
    let seen = |note: &str| succeeds(json!({ "commit": "c1", "note": note }));
    let bench = check(Case {
        world: vec![("look", vec![seen("first"), seen("second")])],
        acts: vec![Work, Approve("write.before"), Work],
        journal: vec!["recheck_read write.before", "recheck_read write.before", "grant_confirmed write.before"],
        never: vec!["grant_voided write.before"],
        ..case(rechecked())
    });
    assert_eq!(bench.output("look")["note"], "first", "the overlay is dropped");
    assert_eq!(bench.world.changes[0].2, json!({ "text": "c1" }));
}

#[test]
fn s05_a_recheck_that_reads_otherwise_voids_and_its_outputs_stand() {
    let bench = check(Case {
        world: vec![("look", vec![succeeds(json!({ "commit": "c1" })), succeeds(json!({ "commit": "c2" }))])],
        acts: vec![Work, Approve("write.before"), Work],
        run: "waiting",
        journal: vec!["gate_decided write.before", "grant_voided write.before", "gate_opened write.before"],
        never: vec!["grant_spent write.before"],
        ..case(rechecked())
    });
    assert_eq!(bench.output("look")["commit"], "c2");
    assert_eq!(bench.output("plan")["value"], "c2", "the second read was made on the outputs of the first");
    let card = bench.card("write.before");
    let changed: Vec<(&str, &str, &str)> =
        card.changed.iter().map(|one| (one.path.as_str(), one.before.as_str(), one.after.as_str())).collect();
    assert_eq!(changed, [("write.args.text", "c1", "c2")]);
}

#[test]
fn s05_a_recheck_whose_assert_fails_or_that_fails_asks_again() {
    let bad = vec![succeeds(json!({ "commit": "c1" })), succeeds(json!({ "commit": "bad" }))];
    let gone = vec![succeeds(json!({ "commit": "c1" })), fails(workflow::ErrorClass::Network, workflow::Outcome::NotStarted)];
    for world in [bad, gone] {
        check(Case {
            world: vec![("look", world)],
            acts: vec![Work, Approve("write.before"), Work],
            run: "waiting",
            journal: vec!["grant_voided write.before", "gate_opened write.before"],
            never: vec!["grant_spent write.before"],
            ..case(rechecked())
        });
    }
}

#[test]
fn s05_a_preview_that_names_another_fact_voids() {
    let bench = check(Case {
        world: vec![
            ("look", vec![succeeds(json!({ "commit": "c" })); 3]),
            ("write", vec![preview(json!("hash-1")), preview(json!("hash-2"))]),
        ],
        acts: vec![Work, Approve("write.before"), Work, Approve("write.before"), Work],
        run: "waiting",
        journal: vec!["grant_voided write.before", "gate_opened write.before", "grant_voided write.before"],
        never: vec!["grant_spent write.before"],
        ..case(rechecked())
    });
    // The third preview names no fact at all: that is a difference as well.
    assert_eq!(bench.gate("write.before").revision, 3);
}
