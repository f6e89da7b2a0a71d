//! semantics.md 12: undo of a run that is over is a run of its own, with one card for all inverses; the old run keeps
//! its state and is marked; after its window it is refused.

use crate::bench::{build::S, *};
use serde_json::{Value as Json, json};
use workflow::{
    Actor, Command, Datum, ErrorClass::*, Event, Outcome::*, Refusal, Run, RunState, Undoing,
    Values, Workflow,
};

fn load(bench: &Bench) -> impl Fn(&Datum) -> Option<Json> + '_ {
    |datum| match datum {
        Datum::Inline(value) => Some(value.clone()),
        Datum::Blob { sha256, .. } => bench.blobs.get(sha256).map(|value| value.as_ref().clone()),
    }
}

/// A run with three changes, the list's last.
fn changed(steps: Vec<S>) -> Bench {
    let mut acts = vec![Work];
    for gate in ["first.before", "second.before", "items.before"] {
        acts.extend([Approve(gate), Work]);
    }
    check(Case {
        acts,
        ..case(steps)
    })
}

fn three() -> Vec<S> {
    vec![
        call("first", "write")
            .with(json!({ "text": "x".repeat(9000) }))
            .before(gate()),
        call("second", "keyed").before(gate()),
        call("items", "write").foreach(json!(["a"])).before(gate()),
    ]
}

/// The run that undoes it, brought to its end with these acts; the old run is told.
fn undo(old: &mut Bench, from: Option<&str>, case: Case) -> Result<Bench, Refusal> {
    let (workflow, inputs) = old.run.undo(from, old.clock_us, load(old))?;
    let new = check(Case {
        workflow,
        inputs: Json::Object(inputs),
        ..case
    });
    let steps = new.run.undid(load(&new));
    if !steps.is_empty() {
        let command = Command::Undone {
            by: workflow::RunId(format!("undo-{}", old.run.undone_by().len())),
            steps,
        };
        old.ask(Actor::engine(), command.clone()).unwrap();
        let told = old.records.len();
        old.ask(Actor::engine(), command).unwrap();
        assert_eq!(old.records.len(), told, "it is told once");
    }
    Ok(new)
}

fn all() -> Case {
    Case {
        acts: vec![Work, Approve("undo.before"), Work],
        ..case(Vec::new())
    }
}

fn undone(old: &Bench) -> Vec<bool> {
    old.run
        .made()
        .map(|made| old.run.is_undone(&made.step))
        .collect()
}

#[test]
fn s12_undo_is_a_run_of_its_own_with_one_card() {
    let mut old = changed(three());
    let new = undo(&mut old, None, all()).unwrap();
    let card = new.card("undo.before");
    assert_eq!(card.title, "Undo A toy, run run-1?");
    let steps: Vec<Json> = card
        .calls
        .iter()
        .map(|call| load(&new)(call.item.as_ref().unwrap()).unwrap()["step"].clone())
        .collect();
    assert_eq!(steps, ["items[0]", "second", "first"], "newest first");
    let made: Vec<&str> = new
        .world
        .changes
        .iter()
        .map(|(_, tool, _)| tool.as_str())
        .collect();
    assert_eq!(made, ["undo", "undo", "undo"]);
    assert_eq!(new.run.definition().undoes.as_ref(), Some(old.run.id()));
    let message = new.run.summary().message;
    assert_eq!(message.as_deref(), Some("3 of 3 changes undone"));
    assert_eq!(
        old.run.state(),
        RunState::Completed,
        "the old run stays what it was"
    );
    assert_eq!(undone(&old), [true, true, true]);
    assert!(
        old.run
            .summary()
            .message
            .unwrap()
            .starts_with("Undone by run")
    );
    assert_eq!(
        undo(&mut old, None, all()).err().unwrap().code,
        "already_undone"
    );
}

#[test]
fn s12_items_are_dropped_left_out_or_back_already() {
    // Dropped: another undo offers what is left.
    let mut old = changed(three());
    let dropped = vec![Work, Drop("undo.before", &["undo[1]"]), Work];
    let new = undo(
        &mut old,
        None,
        Case {
            acts: dropped,
            ..all()
        },
    )
    .unwrap();
    assert_eq!(new.world.changes.len(), 2);
    assert_eq!(undone(&old), [true, false, true]);
    let rest = undo(&mut old, None, all()).unwrap();
    assert_eq!(rest.card("undo.before").calls.len(), 1);
    assert_eq!(undone(&old), [true, true, true]);

    // One that does not fit the present is named on the card, and left out from the start.
    let mut old = changed(three());
    let changed_since = Reply::Inverse(Err(error(Precondition, NotStarted)));
    let new = undo(
        &mut old,
        None,
        Case {
            world: vec![("undo[1]", vec![changed_since])],
            ..all()
        },
    )
    .unwrap();
    let card = new.card("undo.before");
    let left_out: Vec<bool> = card
        .calls
        .iter()
        .map(|call| call.left_out.is_some())
        .collect();
    assert_eq!(left_out, [false, true, false]);
    assert_eq!(undone(&old), [true, false, true]);

    // All are back already: nobody is asked.
    let mut old = changed(three());
    let back = || {
        let mut preview = plain_preview(&new.card("undo.before").calls[0].call);
        preview.changes.clear();
        vec![Reply::Inverse(Ok(preview))]
    };
    let world = vec![
        ("undo[0]", back()),
        ("undo[1]", back()),
        ("undo[2]", back()),
    ];
    let new = undo(
        &mut old,
        None,
        Case {
            world,
            acts: vec![Work],
            never: vec!["gate_opened undo.before"],
            ..all()
        },
    )
    .unwrap();
    assert!(new.world.changes.is_empty());
    assert_eq!(undone(&old), [true, true, true]);
}

#[test]
fn s12_what_cannot_be_undone_is_named_on_the_card() {
    let steps = || {
        vec![
            call("first", "write").before(gate()),
            call("second", "manual")
                .before(gate())
                .irreversible("it is a message"),
            call("items", "write")
                .foreach(json!(["a"]))
                .before(gate())
                .rollback("keyed", json!({ "text": "${{ item }}" })),
        ]
    };
    let mut old = changed(steps());
    let new = undo(&mut old, None, all()).unwrap();
    let card = new.card("undo.before");
    assert_eq!(card.calls[1].left_out.as_deref(), Some("it is a message"));
    let (_, tool, args) = &new.world.changes[0];
    assert_eq!(
        (tool.as_str(), args),
        ("keyed", &json!({ "text": "a" })),
        "the step's own rollback"
    );
    assert_eq!(undone(&old), [true, false, true]);
    assert_eq!(
        undo(&mut old, None, all()).err().unwrap().code,
        "cannot_be_undone"
    );
}

#[test]
fn s12_an_undo_that_undoes_nothing_has_failed() {
    let late = |outcome| fails(Auth, outcome);
    for (reply, run, message) in [
        (late(NotDone), "failed", "It broke"),
        (
            fails(Timeout, Unknown),
            "completed",
            "1 of 1 changes undone",
        ),
    ] {
        let mut old = changed(three());
        let new = undo(
            &mut old,
            Some("items"),
            Case {
                world: vec![("undo[0]", vec![reply])],
                run,
                ..all()
            },
        )
        .unwrap();
        assert_eq!(new.run.summary().message.as_deref(), Some(message));
        assert_eq!(undone(&old), [false, false, run == "completed"]);
    }
}

#[test]
fn s12_a_part_is_undone_from_a_step_on() {
    for (from, expected) in [
        ("first", Ok([true, true, true])),
        ("second", Ok([false, true, true])),
        ("items", Ok([false, false, true])),
        ("items[0]", Ok([false, false, true])),
        ("nobody", Err("unknown_step")),
    ] {
        let mut old = changed(three());
        match (undo(&mut old, Some(from), all()), expected) {
            (Ok(_), Ok(expected)) => assert_eq!(undone(&old), expected, "{from}"),
            (Err(refusal), Err(code)) => assert_eq!(refusal.code, code),
            (result, expected) => panic!(
                "{from}: {:?} for {expected:?}",
                result.map(|bench| bench.words())
            ),
        }
    }
}

#[test]
fn s12_a_run_can_be_undone_when_it_is_over_and_within_its_window() {
    let refusal = |bench: &Bench, at_us| {
        bench
            .run
            .undo(None, at_us, load(bench))
            .err()
            .map(|refusal| refusal.code)
    };
    let old = changed(three());
    let ended = old.run.ended_at_us().unwrap();
    let month = 30 * 86_400_000_000;
    assert_eq!(refusal(&old, ended + month - 1), None);
    assert_eq!(
        refusal(&old, ended + month).as_deref(),
        Some("undo_window_over")
    );

    let mut workflow: Workflow = flow(three());
    workflow.undo_window_ms = Some(1000);
    let mut old = Bench::started(workflow, json!({}));
    old.work().approve("first.before").work();
    assert_eq!(refusal(&old, old.clock_us).as_deref(), Some("not_over"));
    old.cancel();
    assert_eq!(old.run.state(), RunState::Cancelled);
    assert_eq!(
        refusal(&old, old.clock_us),
        None,
        "a cancelled run offers undo"
    );
    assert_eq!(
        refusal(&old, old.clock_us + 1_000_000).as_deref(),
        Some("undo_window_over")
    );

    let looked = check(case(vec![call("look", "read")]));
    assert_eq!(
        refusal(&looked, looked.clock_us).as_deref(),
        Some("nothing_to_undo")
    );
}

#[test]
fn s12_only_the_mark_of_an_undo_may_follow_an_end() {
    let mut old = changed(three());
    let told = Event::UndoneBy {
        run: workflow::RunId("run-2".to_owned()),
        steps: vec!["first".parse().unwrap()],
    };
    let at = |bench: &Bench, run: Run| {
        let seq = run.seq() + 1;
        let record = workflow::Record {
            run: run.id().clone(),
            seq,
            at_us: bench.clock_us + 1,
            actor: Actor::engine(),
            event: told.clone(),
        };
        run.fold([&record])
    };
    assert!(at(&old, old.run.clone()).is_ok());
    assert!(
        at(&old, old.fold(old.records.len() - 1)).is_err(),
        "not before the end"
    );
    let before = old.records.len();
    let steps = vec!["first".parse().unwrap()];
    old.ask(
        Actor::engine(),
        Command::Undone {
            by: workflow::RunId("run-2".to_owned()),
            steps,
        },
    )
    .unwrap();
    assert_eq!(old.records.len(), before + 1);
    assert_eq!(
        old.run.undoing(old.run.made().next().unwrap()),
        Undoing::Done
    );
}

#[test]
fn i3_an_undo_survives_a_crash_at_every_record() {
    for crash_after in 0..30 {
        let old = changed(three());
        let (workflow, inputs) = old.run.undo(None, old.clock_us, load(&old)).unwrap();
        let mut bench = Bench::started(workflow, Json::Object(inputs));
        for command in 0..60 {
            if command == crash_after {
                bench.crash();
            }
            let next = bench
                .run
                .outstanding()
                .iter()
                .find(|(_, effect)| !bench.world.keeps_back(effect));
            let next = next.map(|(id, _)| id.clone());
            if let Some(id) = next {
                bench.answer(&id);
            } else if bench.run.open_gates().next().is_some() {
                bench.approve("undo.before");
            }
        }
        assert_eq!(
            bench.run.state(),
            RunState::Completed,
            "{:#?}",
            bench.words()
        );
        assert_eq!(bench.world.changes.len(), 3, "crash after {crash_after}");
        assert!(bench.world.repeated.is_empty());
    }
}
