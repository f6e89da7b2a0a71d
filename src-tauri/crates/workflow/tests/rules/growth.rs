//! What a long list costs: the step instances that all its decisions look at, counted, and the effects that the loop
//! looks at after each. A list of twice the length may cost little more than twice as much.

use crate::bench::*;
use serde_json::json;
use std::sync::Arc;
use workflow::{
    Actor, Command, Decision, Effect, EffectId, Input, Permit, Record, Run, RunId, RunState,
    StepKey, Workflow, decide, digest_of_json,
};

/// A list of so many items, carried out to its end by a world that works and a person who says yes.
fn cost(step: build::S, items: u32) -> u64 {
    let list: Vec<String> = (0..items).map(|number| number.to_string()).collect();
    let definition: Workflow = flow(vec![step.foreach(json!(list)).places(4)]);
    let digest = digest_of_json(&serde_json::to_value(&definition).unwrap());
    let mut run = Run::new(RunId("run-1".to_owned()), Arc::new(definition), digest);
    let mut world = World::default();
    let mut cost = 0;
    let mut next = Some((
        me(),
        Command::Start {
            inputs: Default::default(),
        },
    ));
    while let Some((actor, command)) = next.take() {
        let input = Input {
            command,
            actor: actor.clone(),
            at_us: run.last_at_us() + 1000,
            entropy: 1,
        };
        let verdict = decide(&run, &input, &()).unwrap();
        assert_eq!(verdict.refusal, None);
        let records: Vec<Record> = verdict
            .events
            .into_iter()
            .zip(run.seq() + 1..)
            .map(|(event, seq)| Record {
                run: run.id().clone(),
                seq,
                at_us: input.at_us,
                actor: actor.clone(),
                event,
            })
            .collect();
        let (after, changed) = run.fold_noting(&records).unwrap();
        run = after;
        cost += verdict.visits + changed.len() as u64;
        let owed = run.outstanding().iter().next_back();
        next = owed.map(|(id, effect)| hear(&run, &mut world, id, effect));
    }
    assert_eq!(run.state(), RunState::Completed, "{:?}", run.status());
    let last = StepKey::top("step").item(items - 1);
    assert_eq!(run.step_status(&last).word(), "completed");
    cost
}

fn hear(run: &Run, world: &mut World, id: &EffectId, effect: &Effect) -> (Actor, Command) {
    if let Effect::Alert { gate, revision, .. } = effect {
        let command = Command::Decide {
            gate: gate.clone(),
            revision: *revision,
            digest: run.gate(gate).unwrap().card_digest.unwrap(),
            decision: Decision::Approve,
        };
        return (me(), command);
    }
    let permit = match effect {
        Effect::Change { step, .. } => Some(Permit::redeem(run, step, &()).unwrap()),
        _ => None,
    };
    let answer = world.answer(effect, permit.as_ref()).unwrap();
    let command = Command::Answered {
        effect: id.clone(),
        answer,
        log: None,
    };
    (Actor::engine(), command)
}

fn grows_evenly(name: &str, step: fn() -> build::S) {
    let (short, long) = (cost(step(), 150), cost(step(), 300));
    let ratio = long as f64 / short as f64;
    assert!(
        ratio <= 2.5,
        "{name}: {short} for 150 items, {long} for 300"
    );
}

#[test]
fn a_list_of_twice_the_length_costs_twice_as_much() {
    grows_evenly("reads", || call("step", "read"));
    grows_evenly("changes with one card", || {
        call("step", "write")
            .with(json!({ "text": "${{ item }}" }))
            .before(gate())
    });
    grows_evenly("changes with one card that is good for a while", || {
        call("step", "write").before(gate().ttl(60_000))
    });
    grows_evenly("changes with a card each", || {
        call("step", "write").before(gate().each())
    });
    grows_evenly("results with one card", || {
        call("step", "read").after(gate())
    });
    grows_evenly("groups", || {
        group("step", vec![call("a", "read"), call("b", "read")])
    });
}
