//! Properties over random workflows and random commands. `PROPTEST_CASES` asks for more cases than the usual 48.

mod ops;
mod shape;

use crate::bench::{Bench, me};
use ops::{Op, ops, play};
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::json;
use shape::{Shape, build, shapes};
use workflow::{Actor, Command, Decision, DecisionKind, DoubtAnswer, OnFailure, Phase, Undoing};

/// A share of proptest's own number of cases, which the environment may raise.
fn share(part: f64) -> Config {
    let usual = Config::default();
    let cases = (f64::from(usual.cases) * part).ceil() as u32;
    Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 400,
        ..usual
    }
}

/// A run of these shapes; its snapshots go through JSON now and then.
fn begun(shapes: &[Shape], on_failure: OnFailure) -> Bench {
    let mut workflow = build(shapes);
    workflow.on_failure = on_failure;
    let mut bench = Bench::new(workflow);
    bench.snapshot_every = 9;
    bench.start(json!({})).unwrap();
    bench
}

/// A person who says yes and a world that works: every run ends.
fn cooperate(bench: &mut Bench) {
    for _ in 0..400 {
        if bench.run.is_over() {
            return;
        }
        bench.work();
        let doubt = bench
            .run
            .steps()
            .iter()
            .find(|(_, step)| matches!(step.phase(), Some(Phase::InDoubt { .. })));
        if let Some(step) = doubt.map(|(key, _)| key.to_string()) {
            bench.resolve(&step, DoubtAnswer::ItHappened).unwrap();
            continue;
        }
        let open = bench
            .run
            .open_gates()
            .next()
            .map(|gate| gate.id.to_string());
        if let Some(gate) = open {
            let offered = &bench.card(&gate).decisions;
            let answer = if offered.contains(&DecisionKind::Approve) {
                Decision::Approve
            } else if offered.contains(&DecisionKind::Rollback) {
                Decision::Rollback
            } else {
                Decision::Stop
            };
            assert!(offered.contains(&answer.kind()), "a card without a way on");
            let _ = bench.decide(&gate, answer).unwrap();
            continue;
        }
        if let Some(due) = bench.run.timers().values().min() {
            let ms = (due - bench.clock_us).max(0) / 1000 + 1;
            bench.pass(ms);
        }
    }
    panic!("the run does not end: {:#?}", bench.words());
}

/// Every prefix of the journal folds, and the whole of it to the run that is there.
fn refolds(bench: &Bench) {
    let mut run = bench.fold(0);
    for (record, length) in bench.records.iter().zip(1..) {
        run.apply(record).unwrap();
        if length % 16 == 0 || length == bench.records.len() {
            assert_eq!(run, bench.fold(length));
        }
    }
    assert_eq!(run, bench.run);
}

/// Inverses run newest first, each change is undone at most once, and a run that was rolled back leaves no change
/// without a word on what became of it.
fn rolled_back_in_order(bench: &Bench) {
    let finished: Vec<String> = bench
        .run
        .made()
        .map(|made| made.inverse().to_string())
        .collect();
    let undone = bench
        .world
        .changes
        .iter()
        .filter(|(step, ..)| step.starts_with("rollback:"));
    let mut at = finished.len();
    for (step, tool, _) in undone {
        let place = finished.iter().position(|one| one == step).unwrap();
        assert!(place < at, "{step} out of turn: {:#?}", bench.words());
        assert_eq!(tool, "undo");
        at = place;
    }
    if bench.run.state() == workflow::RunState::RolledBack {
        for made in bench.run.made() {
            let undoing = bench.run.undoing(made);
            assert!(
                !matches!(
                    undoing,
                    Undoing::NotBegun | Undoing::UnderWay | Undoing::Failed(_)
                ),
                "{}: {undoing:?}",
                made.step
            );
        }
    }
}

proptest! {
    #![proptest_config(share(0.1875))]

    /// Random commands never panic, never reach what must not be (`Bench` checks after every event), and afterwards a
    /// run still ends.
    #[test]
    fn p1_random_commands_keep_every_promise(shapes in shapes(), ops in ops(60), then in 0usize..3) {
        let mut bench = begun(&shapes, [OnFailure::Stop, OnFailure::Ask, OnFailure::Rollback][then]);
        for op in &ops {
            play(&mut bench, op);
        }
        cooperate(&mut bench);
        refolds(&bench);
        prop_assert!(bench.world.repeated.is_empty());
        rolled_back_in_order(&bench);
    }

    /// With a world that works and a person who approves, a run ends, whatever crashes on the way, and changes nothing
    /// twice.
    #[test]
    fn p2_crashes_change_nothing_twice(shapes in shapes(), crashes in prop::collection::vec(0usize..12, 0..12)) {
        let mut bench = begun(&shapes, OnFailure::Stop);
        for pause in crashes {
            for _ in 0..pause {
                step(&mut bench);
            }
            bench.crash();
        }
        cooperate(&mut bench);
        prop_assert!(bench.world.repeated.is_empty());
        let mut made: Vec<&str> = bench.world.changes.iter().map(|(step, ..)| step.as_str()).collect();
        let all = made.len();
        made.sort_unstable();
        made.dedup();
        prop_assert_eq!(made.len(), all, "a step changed something twice");
        let completed = bench.run.state() == workflow::RunState::Completed;
        prop_assert!(completed, "{:#?}", bench.words());
    }

    /// A decision and a timer, both at any moment and in any order: one wins, and the loser hears of it.
    #[test]
    fn p3_a_decision_and_a_timer_race_safely(
        before in ops(20), shapes in shapes(), late_ms in -3000i64..30_000, timer_first in any::<bool>(), kind in 0usize..12,
    ) {
        let mut bench = begun(&shapes, OnFailure::Stop);
        for op in &before {
            play(&mut bench, op);
        }
        let Some((timer, due)) = bench.run.timers().iter().next().map(|(timer, due)| (timer.clone(), *due)) else { return Ok(()) };
        bench.clock_us = due + late_ms * 1000;
        let decide = Op::Decide { pick: 0, kind, stale: false };
        let fire = Command::Timer(timer);
        if timer_first {
            bench.ask(Actor::engine(), fire).unwrap();
            play(&mut bench, &decide);
        } else {
            play(&mut bench, &decide);
            bench.ask(Actor::engine(), fire).unwrap();
        }
        cooperate(&mut bench);
        for gate in bench.run.gates().values() {
            let cards: std::collections::BTreeSet<u32> = gate.answers.iter().map(|answer| answer.revision).collect();
            prop_assert_eq!(cards.len(), gate.answers.len(), "one card was answered twice");
        }
    }

    /// A cancel at any moment brings the run to its end without starting anything.
    #[test]
    fn p4_a_cancel_ends_the_run(shapes in shapes(), before in ops(40)) {
        let mut bench = begun(&shapes, OnFailure::Stop);
        for op in &before {
            play(&mut bench, op);
        }
        if bench.ask(me(), Command::Cancel).is_ok() {
            let length = bench.records.len();
            cooperate(&mut bench);
            for record in &bench.records[length..] {
                let starts = matches!(
                    record.event,
                    workflow::Event::CallStarted { .. } | workflow::Event::GateOpened { .. } | workflow::Event::StepStarted { .. }
                );
                prop_assert!(!starts, "{:?} after a cancel", record.event);
            }
            prop_assert_eq!(bench.run.state(), workflow::RunState::Cancelled);
        }
    }

    /// Any number comes back from the journal as the number that was approved.
    #[test]
    fn p5_numbers_survive_the_journal(float in any::<f64>(), integer in any::<i64>(), natural in any::<u64>()) {
        let value = json!([float, integer, natural]);
        let back: serde_json::Value = serde_json::from_str(&value.to_string()).unwrap();
        prop_assert_eq!(workflow::digest_of_json(&back), workflow::digest_of_json(&value));
        prop_assert_eq!(back, value);
    }
}

/// One answer, decision or timer of a cooperative world.
fn step(bench: &mut Bench) {
    let next = bench
        .run
        .outstanding()
        .iter()
        .find(|(_, effect)| !bench.world.keeps_back(effect))
        .map(|(id, _)| id.clone());
    let open = bench
        .run
        .open_gates()
        .next()
        .map(|gate| gate.id.to_string());
    let doubt = bench
        .run
        .steps()
        .iter()
        .find(|(_, step)| matches!(step.phase(), Some(Phase::InDoubt { .. })));
    let doubt = doubt.map(|(key, _)| key.to_string());
    if let Some(id) = next {
        bench.answer(&id);
    } else if let Some(gate) = open {
        let _ = bench.decide(&gate, Decision::Approve).unwrap();
    } else if let Some(step) = doubt {
        bench.resolve(&step, DoubtAnswer::ItHappened).unwrap();
    }
}
