//! Tests as data: what a workflow is, what happens to it, and how it must end.

use super::{Bench, Reply, build::S, flow};
use serde_json::{Value as Json, json};
use workflow::{Decision, DoubtAnswer, Then, Workflow};

/// One thing that happens to a run.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// The world answers until it has nothing more to say.
    Work,
    /// One step's effect is answered, nothing else.
    Answer(&'static str),
    Approve(&'static str),
    Reject(&'static str),
    Skip(&'static str),
    SkipBecause(&'static str),
    RejectThen(&'static str, Then),
    Retry(&'static str),
    Rollback(&'static str),
    Stop(&'static str),
    Drop(&'static str, &'static [&'static str]),
    Edit(&'static str, Json),
    Redo(&'static str),
    Happened(&'static str),
    Again(&'static str),
    BackFromDoubt(&'static str),
    Cancel,
    /// The world speaks about this step again.
    Free(&'static str),
    Crash,
    /// So many milliseconds go by, and due timers fire.
    Pass(i64),
    /// What comes next is refused with this code.
    Refused(&'static str, Box<Act>),
}

/// A run and what is expected of it.
pub(crate) struct Case {
    pub(crate) workflow: Workflow,
    pub(crate) inputs: Json,
    pub(crate) world: Vec<(&'static str, Vec<Reply>)>,
    /// Steps whose reads and changes go unanswered.
    pub(crate) hold: Vec<&'static str>,
    pub(crate) acts: Vec<Act>,
    /// The run's state at the end.
    pub(crate) run: &'static str,
    /// Steps and their states at the end: `look completed, write skipped`.
    pub(crate) steps: &'static str,
    /// Events that are in the journal, in this order (others may stand between).
    pub(crate) journal: Vec<&'static str>,
    /// Events that are not.
    pub(crate) never: Vec<&'static str>,
}

/// A case about these steps that works once and completes.
pub(crate) fn case(steps: Vec<S>) -> Case {
    Case {
        workflow: flow(steps),
        inputs: json!({}),
        world: Vec::new(),
        hold: Vec::new(),
        acts: vec![Act::Work],
        run: "completed",
        steps: "",
        journal: Vec::new(),
        never: Vec::new(),
    }
}

/// Lets the case happen and compares.
pub(crate) fn check(case: Case) -> Bench {
    let mut bench = Bench::new(case.workflow);
    for (step, replies) in case.world {
        bench.world.script(step, replies);
    }
    bench.world.held = case.hold.iter().map(|step| (*step).to_owned()).collect();
    bench.start(case.inputs).unwrap();
    for act in &case.acts {
        play(&mut bench, act);
    }
    let words = bench.words();
    assert_eq!(bench.run.state().word(), case.run, "{words:#?}");
    for expected in case
        .steps
        .split(',')
        .map(str::trim)
        .filter(|one| !one.is_empty())
    {
        let (step, status) = expected.rsplit_once(' ').unwrap();
        assert_eq!(bench.status(step), status, "{step}: {words:#?}");
    }
    let mut from = 0;
    for expected in &case.journal {
        let found = words[from..].iter().position(|word| word == expected);
        from += found
            .unwrap_or_else(|| panic!("{expected} is not in {:#?} of {words:#?}", &words[from..]))
            + 1;
    }
    for unwanted in &case.never {
        assert!(
            !words.iter().any(|word| word == unwanted),
            "{unwanted} is in {words:#?}"
        );
    }
    assert!(bench.world.repeated.is_empty(), "a change was made twice");
    bench
}

fn play(bench: &mut Bench, act: &Act) {
    if let Err(refusal) = perform(bench, act) {
        panic!("{act:?} was refused: {} ({})", refusal, refusal.code);
    }
}

fn perform(bench: &mut Bench, act: &Act) -> Result<(), workflow::Refusal> {
    let reject = || Decision::Reject {
        reason: "no".to_owned(),
        then: workflow::Then::Stop,
    };
    let refusal = match act {
        Act::Work => {
            bench.work();
            None
        }
        Act::Answer(step) => {
            let (id, _) = bench
                .owed_to(step)
                .unwrap_or_else(|| panic!("nothing is owed to {step}: {:#?}", bench.words()));
            assert!(bench.answer(&id), "the world is silent on {step}");
            None
        }
        Act::Approve(gate) => bench.decide(gate, Decision::Approve)?,
        Act::Reject(gate) => bench.decide(gate, reject())?,
        Act::RejectThen(gate, then) => bench.decide(
            gate,
            Decision::Reject {
                reason: "no".to_owned(),
                then: *then,
            },
        )?,
        Act::Skip(gate) => bench.decide(gate, Decision::Skip)?,
        Act::SkipBecause(gate) => bench.decide(
            gate,
            Decision::SkipBecause {
                reason: "it may stay".to_owned(),
            },
        )?,
        Act::Retry(gate) => bench.decide(gate, Decision::Retry)?,
        Act::Rollback(gate) => bench.decide(gate, Decision::Rollback)?,
        Act::Stop(gate) => bench.decide(gate, Decision::Stop)?,
        Act::Drop(gate, items) => {
            let items = items.iter().map(|item| item.parse().unwrap()).collect();
            bench.decide(gate, Decision::Drop { items })?
        }
        Act::Edit(gate, values) => bench.decide(
            gate,
            Decision::Edit {
                values: values.as_object().cloned().unwrap(),
            },
        )?,
        Act::Redo(gate) => bench.decide(
            gate,
            Decision::Redo {
                feedback: "better".to_owned(),
            },
        )?,
        Act::Happened(step) => bench.resolve(step, DoubtAnswer::ItHappened)?,
        Act::Again(step) => bench.resolve(step, DoubtAnswer::RunAgain)?,
        Act::BackFromDoubt(step) => bench.resolve(step, DoubtAnswer::RollBack)?,
        Act::Cancel => bench.ask(super::recorder::me(), workflow::Command::Cancel)?,
        Act::Free(step) => {
            bench.world.held.remove(*step);
            None
        }
        Act::Crash => {
            bench.crash();
            None
        }
        Act::Pass(ms) => {
            bench.pass(*ms);
            None
        }
        Act::Refused(code, act) => {
            let refusal = perform(bench, act).expect_err("it was not refused");
            assert_eq!(refusal.code, *code, "{refusal}");
            None
        }
    };
    refusal.map_or(Ok(()), Err)
}
