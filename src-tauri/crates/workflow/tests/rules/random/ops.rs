//! Random commands: sensible ones, late ones, stale ones, and nonsense.

use crate::bench::{Bench, error, me, output, preview};
use proptest::prelude::*;
use serde_json::json;
use workflow::{
    Actor, Answer, Command, Decision, Digest, DoubtAnswer, Effect, EffectId, ErrorClass, GateId,
    Observation, Outcome, Phase, Then, TimerId,
};

/// One random command; numbers pick from what there is.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Answer {
        pick: usize,
        kind: usize,
    },
    Decide {
        pick: usize,
        kind: usize,
        stale: bool,
    },
    Resolve {
        pick: usize,
        kind: usize,
    },
    Timer {
        pick: usize,
    },
    /// Milliseconds; backwards as well: a clock may be set.
    Pass(i64),
    Cancel,
    Resume,
    Nonsense(usize),
}

pub(crate) fn ops(length: usize) -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        8 => (0usize..50, 0usize..20).prop_map(|(pick, kind)| Op::Answer { pick, kind }),
        6 => (0usize..10, 0usize..18, prop::bool::weighted(0.1)).prop_map(|(pick, kind, stale)| Op::Decide { pick, kind, stale }),
        2 => (0usize..10, 0usize..5).prop_map(|(pick, kind)| Op::Resolve { pick, kind }),
        2 => (0usize..10).prop_map(|pick| Op::Timer { pick }),
        2 => (-2000i64..9000).prop_map(Op::Pass),
        1 => prop::bool::weighted(0.15).prop_map(|cancel| if cancel { Op::Cancel } else { Op::Resume }),
        1 => (0usize..9).prop_map(Op::Nonsense),
    ];
    prop::collection::vec(op, 0..length)
}

/// Puts the command to the run. Refusals are fine; `Bench` objects to everything that may not happen.
pub(crate) fn play(bench: &mut Bench, op: &Op) {
    match op {
        Op::Answer { pick, kind } => answer(bench, *pick, *kind),
        Op::Decide { pick, kind, stale } => decide(bench, *pick, *kind, *stale),
        Op::Resolve { pick, kind } => {
            let doubts: Vec<_> = bench
                .run
                .steps()
                .iter()
                .filter(|(_, step)| matches!(step.phase(), Some(Phase::InDoubt { .. })))
                .map(|(key, _)| key.clone())
                .collect();
            if let Some(step) = doubts.get(pick % doubts.len().max(1)) {
                let answer = match kind {
                    0 | 1 => DoubtAnswer::RunAgain,
                    2 | 3 => DoubtAnswer::ItHappened,
                    _ => DoubtAnswer::RollBack,
                };
                let _ = bench.ask(
                    me(),
                    Command::Resolve {
                        step: step.clone(),
                        answer,
                    },
                );
            }
        }
        Op::Timer { pick } => {
            let timers: Vec<TimerId> = bench.run.timers().keys().cloned().collect();
            if let Some(timer) = timers.get(pick % timers.len().max(1)) {
                bench.clock_us = bench.clock_us.max(bench.run.timers()[timer]);
                bench
                    .ask(Actor::engine(), Command::Timer(timer.clone()))
                    .unwrap();
                assert!(
                    !bench.run.timers().contains_key(timer),
                    "{timer:?} fires for ever"
                );
            }
        }
        Op::Pass(ms) => bench.clock_us += ms * 1000,
        Op::Cancel => drop(bench.ask(me(), Command::Cancel)),
        Op::Resume => {
            bench.crash();
        }
        Op::Nonsense(which) => nonsense(bench, *which),
    }
}

fn answer(bench: &mut Bench, pick: usize, kind: usize) {
    let owed: Vec<(EffectId, Effect)> = bench
        .run
        .outstanding()
        .iter()
        .filter(|(_, effect)| !matches!(effect, Effect::Alert { .. }))
        .map(|(id, effect)| (id.clone(), effect.clone()))
        .collect();
    if owed.is_empty() {
        return;
    }
    let (id, effect) = &owed[pick % owed.len()];
    let classes = [
        ErrorClass::Network,
        ErrorClass::Timeout,
        ErrorClass::Auth,
        ErrorClass::Precondition,
    ];
    let outcomes = [Outcome::NotStarted, Outcome::NotDone, Outcome::Unknown];
    let mut fault = error(classes[kind % 4], outcomes[kind % 3]);
    if kind == 13 {
        "run_again".clone_into(&mut fault.code);
    }
    let answer = match effect {
        Effect::Preview { .. } => match kind {
            0..3 => Answer::Previewed(Err(fault)),
            3..6 => {
                let crate::bench::Reply::Preview(result) = preview(json!(kind)) else {
                    return;
                };
                Answer::Previewed(result)
            }
            _ => {
                bench.answer(id);
                return;
            }
        },
        Effect::Inverse { .. } => match kind {
            0..3 => Answer::Inverted(Err(fault)),
            _ => {
                bench.answer(id);
                return;
            }
        },
        Effect::Read { .. } | Effect::Change { .. } => match kind {
            0..8 | 13 => Answer::Finished(Err(fault)),
            8 => Answer::Finished(Ok(output(json!({ "ok": false })))),
            9 => Answer::Finished(Ok(output(json!(null)))),
            10 => Answer::Finished(Ok(output(json!({ "over": true, "big": "x".repeat(5000) })))),
            _ => {
                bench.answer(id);
                return;
            }
        },
        Effect::Observe { .. } => Answer::Observed(match kind % 4 {
            0 => Observation::Done(output(json!({}))),
            1 | 2 => Observation::NotDone,
            _ => Observation::Unknown {
                why: "who knows".to_owned(),
            },
        }),
        Effect::Alert { .. } => return,
    };
    bench
        .ask(
            Actor::engine(),
            Command::Answered {
                effect: id.clone(),
                answer,
                log: None,
            },
        )
        .unwrap();
}

fn decide(bench: &mut Bench, pick: usize, kind: usize, stale: bool) {
    // Any gate there is, open ones first.
    let mut gates: Vec<&workflow::GateRun> =
        bench.run.gates().values().map(AsRef::as_ref).collect();
    gates.sort_by_key(|gate| !gate.is_open());
    let open = gates.iter().filter(|gate| gate.is_open()).count();
    let among = if open > 0 && pick < 9 {
        open
    } else {
        gates.len()
    };
    let Some(gate) = gates.get(pick % among.max(1)).map(|gate| (*gate).clone()) else {
        return;
    };
    let items: Vec<_> = gate
        .card
        .iter()
        .flat_map(|card| card.calls.iter().map(|call| call.step.clone()))
        .collect();
    let decision = match kind {
        0..6 => Decision::Approve,
        6 => Decision::Drop { items },
        7 => Decision::Drop {
            items: items.into_iter().step_by(2).collect(),
        },
        8 => Decision::Edit {
            values: [("output".to_owned(), json!({}))].into_iter().collect(),
        },
        9 => Decision::Skip,
        10 => Decision::Redo {
            feedback: "again".to_owned(),
        },
        11 => Decision::Retry,
        12 => Decision::Rollback,
        13 => Decision::Stop,
        14 => Decision::SkipBecause {
            reason: "it may stay".to_owned(),
        },
        _ => Decision::Reject {
            reason: "no".to_owned(),
            then: [Then::Stop, Then::Rollback, Then::Retry][kind % 3],
        },
    };
    let revision = gate.revision + u32::from(stale);
    let digest = gate.card_digest.unwrap_or(Digest::of(b"none"));
    let _ = bench.ask(
        me(),
        Command::Decide {
            gate: gate.id,
            revision,
            digest,
            decision,
        },
    );
}

fn nonsense(bench: &mut Bench, which: usize) {
    let gate: GateId = "nobody[3.1].after".parse().unwrap();
    let digest = Digest::of(b"nonsense");
    let approve = |gate: GateId| Command::Decide {
        gate,
        revision: 1,
        digest,
        decision: Decision::Approve,
    };
    let first_gate = bench
        .run
        .gates()
        .keys()
        .next()
        .cloned()
        .unwrap_or(gate.clone());
    let first_owed = bench
        .run
        .outstanding()
        .keys()
        .next()
        .cloned()
        .unwrap_or(EffectId("nothing".to_owned()));
    let answered = |effect, answer| Command::Answered {
        effect,
        answer,
        log: None,
    };
    let command = match which {
        0 => Command::Start {
            inputs: Default::default(),
        },
        1 => approve(gate),
        2 => approve(first_gate),
        3 => answered(
            EffectId("call:nothing".to_owned()),
            Answer::Observed(Observation::NotDone),
        ),
        4 => answered(first_owed, Answer::Observed(Observation::NotDone)),
        5 => Command::Timer(TimerId::GateExpiry {
            gate: first_gate,
            revision: 99,
        }),
        6 => Command::Timer(TimerId::Retry {
            step: "s0".parse().unwrap(),
            attempt: 9,
            n: 9,
        }),
        7 => Command::Resolve {
            step: "s0".parse().unwrap(),
            answer: DoubtAnswer::RunAgain,
        },
        _ => answered(
            first_owed,
            Answer::Previewed(Err(error(ErrorClass::Internal, Outcome::Unknown))),
        ),
    };
    let actor = if which.is_multiple_of(2) {
        me()
    } else {
        Actor::engine()
    };
    let _ = bench.ask(actor, command);
}
