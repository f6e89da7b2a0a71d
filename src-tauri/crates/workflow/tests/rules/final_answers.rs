//! approvals.md I7, I9, I10: what was decided stays decided, silence decides nothing, and a resume changes neither.

use crate::bench::*;
use serde_json::{Value as Json, json};
use workflow::{Actor, Command, Decision, Digest, Event, GateId, Record, TimerId};

#[test]
fn i7_of_a_decision_and_a_timer_exactly_one_wins() {
    for timer_first in [true, false] {
        for late in [true, false] {
            let mut bench = check(Case {
                run: "waiting",
                ..case(vec![call("write", "write").before(gate().wait(1000))])
            });
            let timer = bench.run.timers().keys().next().unwrap().clone();
            if late {
                bench.clock_us += 1_000_000;
            }
            let fire = |bench: &mut Bench| {
                bench
                    .ask(Actor::engine(), Command::Timer(timer.clone()))
                    .unwrap()
            };
            if timer_first {
                fire(&mut bench);
            }
            let answer = bench.decide("write.before", Decision::Approve);
            if !timer_first {
                fire(&mut bench);
            }
            let approved = matches!(answer, Ok(None));
            assert_eq!(approved, !late);
            bench.work();
            assert_eq!(
                bench.run.state().word(),
                if approved { "completed" } else { "failed" }
            );
            assert_eq!(bench.world.changes.len(), usize::from(approved));
        }
    }
}

#[test]
fn i7_of_two_decisions_exactly_one_wins_and_the_other_hears_who_won() {
    for (first, second) in [
        (Approve("write.before"), Reject("write.before")),
        (Reject("write.before"), Approve("write.before")),
    ] {
        let bench = check(Case {
            acts: vec![
                Work,
                first.clone(),
                Refused("already_decided", Box::new(second)),
                Work,
            ],
            run: if matches!(first, Approve(_)) {
                "completed"
            } else {
                "failed"
            },
            ..case(gated())
        });
        assert_eq!(bench.gate("write.before").answers.len(), 1);
    }
}

#[test]
fn i7_what_is_final_stays_final() {
    let ends = [Reject("write.before"), Cancel, Pass(5000)];
    for end in ends {
        let steps = vec![call("write", "write").before(gate().wait(5000))];
        let state = if matches!(end, Cancel) {
            "cancelled"
        } else {
            "failed"
        };
        let mut bench = check(Case {
            acts: vec![Work, end],
            run: state,
            ..case(steps)
        });
        let length = bench.records.len();
        let gate = bench.gate("write.before").clone();
        for decision in [
            Decision::Approve,
            Decision::Skip,
            Decision::Redo {
                feedback: String::new(),
            },
        ] {
            let digest = gate.card_digest.unwrap();
            for revision in 0..3 {
                let command = Command::Decide {
                    gate: gate.id.clone(),
                    revision,
                    digest,
                    decision: decision.clone(),
                };
                assert!(bench.ask(me(), command).is_err());
            }
        }
        let timer = TimerId::GateExpiry {
            gate: gate.id.clone(),
            revision: 1,
        };
        bench.ask(Actor::engine(), Command::Timer(timer)).unwrap();
        bench.ask(Actor::engine(), Command::Resume).unwrap();
        assert!(bench.start(json!({})).is_err());
        assert_eq!(bench.records.len(), length);
    }
}

#[test]
fn i9_silence_never_approves() {
    let gates = [
        gate(),
        gate().wait(1000),
        gate().holds(1000),
        gate().remind(86_400_000).wait(1_000_000),
        gate().skip_when("true"),
    ];
    for gate in gates {
        let mut bench = Bench::started(flow(vec![call("write", "write").before(gate)]), json!({}));
        bench.work().pass(10 * 365 * 86_400_000).work();
        assert!(bench.world.changes.is_empty());
        assert!(
            bench
                .words()
                .iter()
                .all(|word| !word.starts_with("gate_decided") && !word.starts_with("gate_skipped"))
        );
    }
    for word in ["approve", "approved", "auto", "skip"] {
        assert!(
            serde_json::from_value::<workflow::OnTimeout>(Json::from(word)).is_err(),
            "{word}"
        );
    }
}

#[test]
fn i10_a_resume_never_asks_again_and_never_drops_an_open_gate() {
    let whole = finished();
    // After each record of a finished run: replayed, resumed, and the same cards in the same places.
    for length in 1..=whole.records.len() {
        let run = whole.fold(length);
        let input = workflow::Input {
            command: Command::Resume,
            actor: Actor::engine(),
            at_us: 0,
            entropy: 0,
        };
        let verdict = workflow::decide(&run, &input, &()).unwrap();
        let mut after = run.clone();
        for event in verdict.events {
            let asks_again = matches!(event, Event::GateOpened { .. })
                && run.gates().values().any(|gate| !gate.answers.is_empty());
            assert!(!asks_again, "after {length} records");
            let record = Record {
                run: run.id().clone(),
                seq: after.seq() + 1,
                at_us: after.last_at_us(),
                actor: Actor::engine(),
                event,
            };
            after.apply(&record).unwrap();
        }
        let open = |run: &workflow::Run| -> Vec<(GateId, u32, Option<Digest>)> {
            run.open_gates()
                .map(|gate| (gate.id.clone(), gate.revision, gate.card_digest))
                .collect()
        };
        let dropped: Vec<_> = open(&run)
            .into_iter()
            .filter(|gate| !open(&after).contains(gate))
            .collect();
        assert!(dropped.is_empty(), "{dropped:?} after {length} records");
    }
    let mut bench = check(Case {
        run: "waiting",
        ..case(gated())
    });
    let before = bench.run.clone();
    bench.crash().crash();
    assert_eq!(bench.run, before);
    bench.approve("write.before").crash().crash().work();
    assert_eq!(bench.gate("write.before").revision, 1);
    assert_eq!(bench.run.state().word(), "completed");
}
