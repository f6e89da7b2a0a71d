//! approvals.md I1-I4 and I6. I5 and I8 belong to the window and the engine.

use crate::bench::*;
use serde_json::json;
use workflow::{
    Actor, Command, Datum, Decision, Digest, DoubtAnswer, Effect, Event, Permit, PermitFault,
    Preview, Record, StepKey, Target, Then,
};

#[test]
fn i1_a_permit_exists_only_while_an_approved_call_is_under_way() {
    let bench = finished();
    let (mut with, mut without) = (0, 0);
    let mut under_way = false;
    for length in 0..=bench.records.len() {
        if let Some(record) = length.checked_sub(1).map(|at| &bench.records[at]) {
            match &record.event {
                Event::CallStarted { step, .. } if &*step.id == "write" => under_way = true,
                Event::CallFinished { step, .. } if &*step.id == "write" => under_way = false,
                _ => {}
            }
        }
        let run = bench.fold(length);
        for step in ["look", "write", "more", "nobody"] {
            let permit = Permit::redeem(&run, &step.parse().unwrap(), &());
            let expected = under_way && step == "write";
            assert_eq!(permit.is_ok(), expected, "{step} after {length} records");
            if expected { with += 1 } else { without += 1 }
        }
    }
    assert!(with == 1 && without > 50);
}

/// Folds as far as the tampered journal goes.
fn tampered(
    bench: &Bench,
    change: impl Fn(&mut Event),
) -> Result<workflow::Run, workflow::FoldFault> {
    let started = bench.records.iter().position(
        |record| matches!(&record.event, Event::CallStarted { step, .. } if &*step.id == "write"),
    );
    let mut records: Vec<Record> = bench.records[..=started.unwrap()].to_vec();
    records
        .iter_mut()
        .for_each(|record| change(&mut record.event));
    bench.fold(0).fold(&records)
}

#[test]
fn i2_the_executed_call_is_the_journals_and_is_hashed_again() {
    let bench = finished();
    let key: StepKey = "write".parse().unwrap();
    let run = tampered(&bench, |_| {}).unwrap();
    let permit = Permit::redeem(&run, &key, &()).unwrap();
    assert_eq!(
        (permit.args(), permit.call().tool.as_str(), permit.step()),
        (&json!({ "text": "x" }), "write", &key)
    );
    assert_eq!(
        workflow::call_digest(permit.call(), permit.args()),
        bench.card("write.before").calls[0].digest
    );

    type Tampering = fn(&mut workflow::Call);
    let changes: [(&str, Tampering); 6] = [
        ("args", |call| {
            call.args = Datum::Inline(json!({ "text": "rm" }))
        }),
        ("tool", |call| call.tool = "manual".to_owned()),
        ("version", |call| call.tool_version = 9),
        ("targets", |call| {
            call.targets.push(Target {
                agent: "other".to_owned(),
                host_key: None,
            })
        }),
        ("facts", |call| {
            drop(call.facts.insert("hash".to_owned(), json!(1)))
        }),
        ("undo", |call| call.undo = None),
    ];
    for (what, change) in changes {
        let run = tampered(&bench, |event| match event {
            Event::CallPreviewed { call, .. }
            | Event::CallPlanned {
                call,
                preview: true,
                ..
            } => change(call),
            _ => {}
        });
        let permit = Permit::redeem(&run.unwrap(), &key, &());
        assert_eq!(
            permit.unwrap_err(),
            PermitFault::Differs(key.clone()),
            "{what}"
        );
    }
    // A digest that was changed as well is not the one that was granted and spent.
    let run = tampered(&bench, |event| {
        if let Event::CallPreviewed { call, digest, .. } = event {
            call.args = Datum::Inline(json!({ "text": "rm" }));
            *digest = workflow::call_digest(call, &json!({ "text": "rm" }));
        }
    });
    assert!(run.is_err());
    // Nor may the journal say less: without the spend there is no start.
    let without: Vec<Record> = bench
        .records
        .iter()
        .filter(|record| !matches!(record.event, Event::GrantSpent { .. }))
        .zip(1..)
        .map(|(record, seq)| Record {
            seq,
            ..record.clone()
        })
        .collect();
    assert!(bench.fold(0).fold(&without).is_err());
}

#[test]
fn i2_a_run_whose_memory_was_changed_gets_no_permit() {
    let bench = check(Case {
        hold: vec!["write"],
        acts: vec![Work, Approve("write.before"), Work],
        run: "running",
        ..case(gated())
    });
    let text = serde_json::to_string(&bench.run).unwrap();
    let changed = text.replace(r#"{"text":"x"}"#, r#"{"text":"y"}"#);
    assert_ne!(text, changed);
    let run: workflow::Run = serde_json::from_str(&changed).unwrap();
    let key: StepKey = "write".parse().unwrap();
    assert_eq!(
        Permit::redeem(&run, &key, &()).unwrap_err(),
        PermitFault::Differs(key)
    );
}

#[test]
fn i3_a_grant_is_spent_once_whenever_the_program_ends() {
    for tool in ["write", "keyed", "manual"] {
        for deed_done in [true, false] {
            for crash_after in 0..30 {
                crash_once(tool, crash_after, deed_done);
            }
        }
    }
}

/// Runs to the end with a crash after so many commands; before it the world may have done the deed.
fn crash_once(tool: &str, crash_after: usize, deed_done: bool) {
    let mut bench = Bench::started(
        flow(vec![
            call("look", "read"),
            call("write", tool).before(gate().recheck(&["look"])),
            call("more", "read"),
        ]),
        json!({}),
    );
    for command in 0..200 {
        if command == crash_after {
            if deed_done && let Some((_, effect @ Effect::Change { .. })) = bench.owed_to("write") {
                let permit = Permit::redeem(&bench.run, &"write".parse().unwrap(), &()).unwrap();
                bench.world.answer(&effect, Some(&permit));
            }
            bench.crash();
        }
        let next = bench
            .run
            .outstanding()
            .iter()
            .find(|(_, effect)| !bench.world.keeps_back(effect))
            .map(|(id, _)| id.clone());
        if let Some(id) = next {
            bench.answer(&id);
        } else if bench.run.open_gates().next().is_some() {
            bench.approve("write.before");
        } else if bench.status("write") == "waiting" {
            // The person looks, and says what is the case.
            let answer = if deed_done {
                DoubtAnswer::ItHappened
            } else {
                DoubtAnswer::RunAgain
            };
            bench.resolve("write", answer).unwrap();
        }
        if bench.run.is_over() && command >= crash_after {
            break;
        }
    }
    let context = format!("{tool}, crash after {crash_after}, deed done: {deed_done}");
    assert_eq!(bench.run.state().word(), "completed", "{context}");
    assert_eq!(bench.world.changes.len(), 1, "{context}");
    assert!(bench.world.repeated.is_empty(), "{context}");
    let count = |word: &str| bench.words().iter().filter(|one| *one == word).count();
    assert_eq!(count("grant_spent write.before"), 1, "{context}");
    assert_eq!(count("gate_decided write.before"), 1, "{context}");
}

#[test]
fn i4_only_a_person_decides_cancels_and_resolves() {
    let waiting = || {
        check(Case {
            run: "waiting",
            ..case(gated())
        })
    };
    for actor in [
        Actor::engine(),
        Actor {
            name: "ada".to_owned(),
            ..Actor::engine()
        },
    ] {
        let mut bench = waiting();
        let gate = bench.gate("write.before").clone();
        let all = [
            Decision::Approve,
            Decision::Skip,
            Decision::Drop { items: vec![] },
            Decision::Edit {
                values: Default::default(),
            },
            Decision::Redo {
                feedback: String::new(),
            },
            Decision::Reject {
                reason: String::new(),
                then: Then::Stop,
            },
        ];
        for decision in all {
            let (id, digest) = (gate.id.clone(), gate.card_digest.unwrap());
            let command = Command::Decide {
                gate: id,
                revision: gate.revision,
                digest,
                decision,
            };
            assert_eq!(
                bench.ask(actor.clone(), command).unwrap_err().code,
                "not_a_person"
            );
        }
        let resolve = Command::Resolve {
            step: "write".parse().unwrap(),
            answer: DoubtAnswer::RunAgain,
        };
        for command in [Command::Cancel, resolve] {
            assert_eq!(
                bench.ask(actor.clone(), command).unwrap_err().code,
                "not_a_person"
            );
        }
        assert!(bench.gate("write.before").is_open());
    }
}

#[test]
fn i6_anything_that_differs_at_dispatch_asks_again() {
    let previews = |change: fn(&mut Preview)| {
        let Reply::Preview(Ok(first)) = preview(json!("f")) else {
            panic!()
        };
        let mut second = first.clone();
        change(&mut second);
        vec![Reply::Preview(Ok(first)), Reply::Preview(Ok(second))]
    };
    let host = |key: &str| Target {
        agent: "a".to_owned(),
        host_key: Some(key.to_owned()),
    };
    let _ = host("k");
    let differing: [fn(&mut Preview); 3] = [
        |preview| {
            preview.targets.push(Target {
                agent: "a".to_owned(),
                host_key: Some("new key".to_owned()),
            })
        },
        |preview| drop(preview.facts.insert("fact".to_owned(), json!("g"))),
        |preview| {
            preview.undo = Some(workflow::UndoPlan {
                tool: "u".to_owned(),
                says: "s".to_owned(),
            })
        },
    ];
    for change in differing {
        let bench = check(Case {
            world: vec![("write", previews(change))],
            acts: vec![Work, Approve("write.before"), Work],
            run: "waiting",
            journal: vec!["grant_voided write.before", "gate_opened write.before"],
            never: vec!["grant_spent write.before"],
            ..case(gated())
        });
        assert!(
            !bench.card("write.before").changed.is_empty(),
            "the card says what differs"
        );
    }
    check(Case {
        world: vec![(
            "write",
            previews(|preview| preview.blast_radius = "12:01".to_owned()),
        )],
        acts: vec![Work, Approve("write.before"), Work],
        ..case(gated())
    });
}

#[test]
fn i6_a_journal_belongs_to_its_definition() {
    let bench = finished();
    let other = std::sync::Arc::new(flow(vec![call("look", "read")]));
    let run = workflow::Run::new(bench.run.id().clone(), other, Digest::of(b"another"));
    assert!(
        run.fold(&bench.records)
            .unwrap_err()
            .what
            .contains("another definition")
    );
}
