//! semantics.md 1: the two digests.

use crate::bench::*;
use serde_json::{Value as Json, json};
use workflow::{Command, Decision, Digest, call_digest, canonical_json, digest_of_json};

fn approved_write() -> Vec<crate::bench::build::S> {
    vec![
        call("look", "read").with(json!({ "value": 1 })),
        call("write", "write")
            .with(json!({ "text": "x" }))
            .before(gate()),
    ]
}

#[test]
fn s01_a_call_digest_covers_every_field_that_matters() {
    let bench = check(Case {
        run: "waiting",
        ..case(approved_write())
    });
    let card = bench.card("write.before");
    let call = card.calls[0].call.clone();
    let args = call.args.inline().unwrap().clone();
    let own = card.calls[0].digest;
    assert_eq!(own, call_digest(&call, &args));
    let target = workflow::Target {
        agent: "a".to_owned(),
        host_key: None,
    };
    let others = [
        call_digest(
            &workflow::Call {
                tool: "keyed".to_owned(),
                ..call.clone()
            },
            &args,
        ),
        call_digest(
            &workflow::Call {
                tool_version: 2,
                ..call.clone()
            },
            &args,
        ),
        call_digest(&call, &json!({ "text": "y" })),
        call_digest(
            &workflow::Call {
                targets: vec![target],
                ..call.clone()
            },
            &args,
        ),
        call_digest(
            &workflow::Call {
                facts: [("hash".to_owned(), json!(1))].into(),
                ..call.clone()
            },
            &args,
        ),
        call_digest(
            &workflow::Call {
                effect: workflow::EffectClass::External,
                ..call.clone()
            },
            &args,
        ),
        call_digest(
            &workflow::Call {
                undo: None,
                ..call.clone()
            },
            &args,
        ),
    ];
    let all: std::collections::BTreeSet<Digest> = others.into_iter().chain([own]).collect();
    assert_eq!(all.len(), 8);
}

#[test]
fn s01_measures_are_no_part_of_the_call() {
    let radius = |words: &str| {
        let one = workflow::Preview {
            blast_radius: words.to_owned(),
            ..preview_of(json!(1))
        };
        vec![("write", vec![Reply::Preview(Ok(one))])]
    };
    let digest = |world| {
        let bench = check(Case {
            world,
            run: "waiting",
            ..case(approved_write())
        });
        bench.card("write.before").calls[0].digest
    };
    assert_eq!(
        digest(radius("3 hosts at 12:00")),
        digest(radius("3 hosts at 12:01"))
    );
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
        let bench = check(Case {
            run: "waiting",
            ..case(flow_of())
        });
        bench.gate("write.before").card_digest.unwrap()
    };
    let one = |gate: crate::bench::build::G| {
        move || {
            vec![
                call("look", "read"),
                call("write", "write")
                    .with(json!({ "text": "x" }))
                    .before(gate.clone()),
            ]
        }
    };
    let plain = card(&one(gate()));
    assert_eq!(plain, card(&one(gate())));
    let others = [
        card(&one(gate().show(&["steps.look.output"]))),
        card(&one(gate().wait(1000))),
        card(&|| {
            vec![
                call("look", "read"),
                call("write", "write")
                    .with(json!({ "text": "y" }))
                    .before(gate()),
            ]
        }),
    ];
    for other in others {
        assert_ne!(plain, other);
    }
    // The same card shown again is another card.
    let mut bench = check(Case {
        run: "waiting",
        ..case(one(gate().redo(None, 3))())
    });
    let first = bench.gate("write.before").card_digest.unwrap();
    bench
        .decide(
            "write.before",
            Decision::Redo {
                feedback: String::new(),
            },
        )
        .unwrap();
    bench.work();
    let second = bench.gate("write.before");
    assert_eq!(second.revision, 2);
    assert_ne!(second.card_digest, Some(first));
}

#[test]
fn s01_a_decision_quotes_the_card_it_saw() {
    let mut bench = check(Case {
        run: "waiting",
        ..case(approved_write())
    });
    let gate: workflow::GateId = "write.before".parse().unwrap();
    let right = bench.gate("write.before").card_digest.unwrap();
    let wrong = [(1, Digest::of(b"other")), (2, right), (0, right)];
    for (revision, digest) in wrong {
        let command = Command::Decide {
            gate: gate.clone(),
            revision,
            digest,
            decision: Decision::Approve,
        };
        assert_eq!(bench.ask(me(), command).unwrap_err().code, "stale_card");
    }
    let command = Command::Decide {
        gate,
        revision: 1,
        digest: right,
        decision: Decision::Approve,
    };
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
    assert_eq!(
        canonical_json(&json!({ "b": 1e21, "a": [4.5, 2e-3, 1e30] })),
        br#"{"a":[4.5,0.002,1e+30],"b":1e+21}"#
    );
}
