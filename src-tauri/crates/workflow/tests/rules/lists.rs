//! semantics.md 13: lists, their one card, their outputs.

use crate::bench::*;
use serde_json::{Value as Json, json};
use workflow::{ErrorClass::*, Outcome::*, StepKey, StepState};

fn three() -> build::S {
    call("write", "write")
        .with(json!({ "text": "${{ item }}" }))
        .foreach(json!(["a", "b", "c"]))
        .before(gate())
}

fn items_on(bench: &Bench, gate: &str) -> Vec<(String, bool)> {
    let calls = &bench.card(gate).calls;
    calls
        .iter()
        .map(|call| (call.step.to_string(), call.left_out.is_none()))
        .collect()
}

fn all(names: &[&str]) -> Vec<(String, bool)> {
    names
        .iter()
        .map(|name| ((*name).to_owned(), true))
        .collect()
}

#[test]
fn s13_one_card_for_all_items_and_each_spends_its_own() {
    let bench = check(Case {
        acts: vec![Work, Approve("write.before"), Work],
        steps: "write completed, write[0] completed, write[2] completed",
        ..case(vec![three()])
    });
    assert_eq!(
        items_on(&bench, "write.before"),
        all(&["write[0]", "write[1]", "write[2]"])
    );
    let count = |word: &str| bench.words().iter().filter(|one| *one == word).count();
    assert_eq!(
        (
            count("gate_opened write.before"),
            count("gate_decided write.before"),
            count("grant_spent write.before")
        ),
        (1, 1, 3)
    );
    assert_eq!(
        bench.card("write.before").calls[1].item,
        Some(workflow::Datum::Inline(json!("b")))
    );
    let outputs = bench.output("write");
    assert_eq!(outputs.as_array().unwrap().len(), 3);
    assert_eq!(
        outputs[1],
        json!({ "item": "b", "state": "completed", "output": { "done": { "text": "b" } }, "error": null })
    );
}

#[test]
fn s13_items_take_their_places_one_by_one() {
    for gated in [true, false] {
        let step = call("step", if gated { "secret" } else { "read" })
            .foreach(json!([1, 2, 3, 4]))
            .places(2);
        let step = if gated {
            step.before(gate().skip_when("true"))
        } else {
            step
        };
        let bench = check(Case {
            hold: vec!["step[0]", "step[1]", "step[2]", "step[3]"],
            run: "running",
            ..case(vec![step])
        });
        assert_eq!(bench.run.outstanding().size(), 2, "gated: {gated}");
    }
    let bench = check(Case {
        hold: vec!["write[0]", "write[1]", "write[2]"],
        acts: vec![Work, Approve("write.before"), Work],
        run: "running",
        ..case(vec![three().places(1)])
    });
    assert_eq!(bench.run.outstanding().size(), 1);
    // A list without places would never end.
    check(case(vec![
        call("step", "read").foreach(json!([1, 2])).places(0),
    ]));
}

#[test]
fn s13_the_list_is_evaluated_once() {
    let mut workflow = flow(vec![
        call("write", "write")
            .with(json!({ "text": "${{ item }}${{ inputs.suffix }}" }))
            .foreach(json!("${{ inputs.names }}"))
            .before(gate().editable(&["names", "suffix"])),
    ]);
    workflow.inputs = json!({ "type": "object", "properties": { "names": { "type": "array" }, "suffix": { "type": "string" } } });
    let bench = check(Case {
        workflow,
        inputs: json!({ "names": ["a", "b"], "suffix": "" }),
        acts: vec![
            Work,
            Edit(
                "write.before",
                json!({ "names": ["x", "y", "z"], "suffix": "!" }),
            ),
            Work,
            Approve("write.before"),
            Work,
        ],
        ..case(Vec::new())
    });
    let texts: Vec<&Json> = bench
        .world
        .changes
        .iter()
        .map(|(_, _, args)| &args["text"])
        .collect();
    assert_eq!(texts, ["a!", "b!"]);
}

#[test]
fn s13_drop_is_approve_except() {
    let bench = check(Case {
        acts: vec![
            Work,
            Refused(
                "unknown_item",
                Box::new(Drop("write.before", &["write[9]"])),
            ),
            Drop("write.before", &["write[1]", "write[1]"]),
            Work,
        ],
        steps: "write completed, write[0] completed, write[1] skipped, write[2] completed",
        ..case(vec![three()])
    });
    assert_eq!(bench.world.changes.len(), 2);
    let outputs = bench.output("write");
    assert_eq!(
        outputs[1],
        json!({ "item": "b", "state": "skipped", "output": null, "error": null })
    );
}

#[test]
fn s13_zero_items_and_all_dropped_are_skipped_never_completed() {
    let none = call("write", "write").foreach(json!([])).before(gate());
    let bench = check(Case {
        steps: "write skipped, more completed",
        ..case(vec![none, call("more", "read")])
    });
    assert!(bench.run.gates().is_empty());
    for step in [three(), three().before(gate().recheck(&["look"]))] {
        let bench = check(Case {
            acts: vec![
                Work,
                Drop("write.before", &["write[0]", "write[1]", "write[2]"]),
                Work,
            ],
            steps: "write skipped, more completed",
            ..case(vec![call("look", "read"), step, call("more", "read")])
        });
        assert!(bench.world.changes.is_empty());
    }
    // The same for results.
    let read = || call("look", "read").foreach(json!([1, 2])).after(gate());
    check(Case {
        acts: vec![Work, Drop("look.after", &["look[0]", "look[1]"])],
        steps: "look skipped",
        ..case(vec![read()])
    });
    check(Case {
        acts: vec![Work, Drop("look.after", &["look"])],
        steps: "look skipped, more completed",
        ..case(vec![
            call("look", "read").after(gate()),
            call("more", "read").needs(&[]),
        ])
    });
    let bench = check(Case {
        acts: vec![Work, Drop("look.after", &["look[1]", "look[1]"])],
        steps: "look completed",
        ..case(vec![read()])
    });
    assert_eq!(bench.output("look")[1]["state"], "skipped");
}

#[test]
fn s13_a_voided_item_opens_one_card_for_all_that_remain() {
    let bench = check(Case {
        world: vec![("write[1]", vec![fails(Precondition, NotStarted)])],
        acts: vec![Work, Approve("write.before"), Work],
        run: "waiting",
        steps: "write[0] completed, write[1] waiting, write[2] waiting",
        journal: vec![
            "grant_spent write.before",
            "grant_voided write.before",
            "gate_opened write.before",
        ],
        ..case(vec![three().places(1)])
    });
    assert_eq!(
        items_on(&bench, "write.before"),
        all(&["write[1]", "write[2]"])
    );
    assert_eq!(bench.run.open_gates().count(), 1);
}

#[test]
fn s13_what_is_at_work_when_the_card_opens_again_comes_to_its_own_end() {
    // write[0] runs on while the others are asked about again.
    let stops: [(Act, &str, &str); 3] = [
        (Reject("write.before"), "failed", "failed"),
        (Skip("write.before"), "completed", "completed"),
        (Pass(60_000), "failed", "failed"),
    ];
    for (act, run, list) in stops {
        let step = three().before(gate().wait(60_000));
        let mut bench = check(Case {
            world: vec![("write[1]", vec![fails(Precondition, NotStarted)])],
            hold: vec!["write[0]", "write[2]"],
            acts: vec![
                Work,
                Approve("write.before"),
                Answer("write[1]"),
                Work,
                act.clone(),
            ],
            run: "running",
            steps: "write[1] skipped",
            ..case(vec![step])
        });
        assert!(
            bench.owed_to("write[0]").is_some(),
            "{act:?} dropped a change that is under way"
        );
        bench.world.held.clear();
        bench.work();
        assert_eq!(
            (bench.run.state().word(), bench.status("write")),
            (run, list),
            "{act:?}"
        );
    }
}

#[test]
fn s13_grant_ttl_runs_from_the_last_items_end() {
    let case_of = |ms: i64| Case {
        hold: vec!["write[0]", "write[1]", "write[2]"],
        acts: vec![
            Work,
            Approve("write.before"),
            // Longer than the time to live since the decision, but not since the last item's end.
            Pass(800),
            Answer("write[0]"),
            Pass(ms),
            Answer("write[1]"),
        ],
        run: "running",
        ..case(vec![three().places(1).before(gate().ttl(1000))])
    };
    check(Case {
        never: vec!["grant_voided write.before"],
        journal: vec!["call_started write[2]"],
        ..case_of(800)
    });
    let decided = Case {
        hold: vec!["slow"],
        acts: vec![
            Work,
            Approve("write.before"),
            Pass(1000),
            Answer("slow"),
            Work,
        ],
        run: "waiting",
        ..case(vec![
            call("slow", "read"),
            call("write", "write").before(gate().ttl(1000).recheck(&["slow"])),
        ])
    };
    let decided = Case {
        acts: [vec![Answer("slow")], decided.acts.clone()].concat(),
        ..decided
    };
    check(Case {
        journal: vec!["grant_voided write.before"],
        ..decided
    });
}

#[test]
fn s13_an_item_whose_preview_fails_is_left_out_or_stops_the_list() {
    let world = || vec![("write[1]", vec![Reply::Preview(Err(error(Io, NotStarted)))])];
    let bench = check(Case {
        world: world(),
        acts: vec![Work, Approve("write.before"), Work],
        steps: "write completed, write[1] failed",
        ..case(vec![three().go_on()])
    });
    let shown = items_on(&bench, "write.before");
    assert_eq!(
        shown[1],
        ("write[1]".to_owned(), false),
        "it is on the card, left out"
    );
    assert_eq!(
        bench.card("write.before").calls[1].left_out.as_deref(),
        Some("It broke")
    );
    assert_eq!(bench.world.changes.len(), 2);
    assert_eq!(bench.output("write")[1]["error"]["code"], "broken");
    check(Case {
        world: world(),
        run: "failed",
        steps: "write failed",
        ..case(vec![three()])
    });
    // All fail: nobody is asked about nothing.
    let none = ["write[0]", "write[1]", "write[2]"]
        .map(|item| (item, vec![Reply::Preview(Err(error(Io, NotStarted)))]));
    let bench = check(Case {
        world: none.to_vec(),
        ..case(vec![three().go_on()])
    });
    assert!(
        bench
            .words()
            .iter()
            .all(|word| !word.starts_with("gate_opened"))
    );
}

#[test]
fn s13_a_failed_item_stops_the_list_unless_it_says_continue() {
    let world = || vec![("look[1]", vec![fails(Auth, NotDone)])];
    let read = || {
        call("look", "read")
            .with(json!({ "value": "${{ item }}" }))
            .foreach(json!([1, 2, 3]))
            .places(1)
    };
    check(Case {
        world: world(),
        run: "failed",
        steps: "look failed, look[0] completed, look[1] failed, look[2] skipped",
        ..case(vec![read()])
    });
    // The last item's failure is not overlooked, and an item after a failed one never starts.
    check(Case {
        world: vec![("look[2]", vec![fails(Auth, NotDone)])],
        run: "failed",
        steps: "look failed, look[1] completed, look[2] failed",
        ..case(vec![read()])
    });
    let bench = check(Case {
        world: world(),
        steps: "look completed, look[2] completed",
        ..case(vec![read().go_on()])
    });
    let outputs = bench.output("look");
    let states: Vec<&Json> = outputs
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["state"])
        .collect();
    assert_eq!(states, ["completed", "failed", "completed"]);
    assert_eq!(outputs[1]["output"], json!(null));
}

#[test]
fn s13_scope_each_asks_for_every_item_and_never_for_the_list() {
    let before = call("write", "write")
        .foreach(json!([1, 2]))
        .before(gate().each());
    let bench = check(Case {
        acts: vec![
            Work,
            Approve("write[0].before"),
            Skip("write[1].before"),
            Work,
        ],
        steps: "write completed, write[1] skipped",
        ..case(vec![before])
    });
    assert_eq!(bench.run.gates().size(), 2);
    let after = call("look", "read")
        .foreach(json!([1, 2]))
        .after(gate().each());
    let bench = check(Case {
        acts: vec![Work, Approve("look[0].after"), Approve("look[1].after")],
        steps: "look completed",
        ..case(vec![after])
    });
    assert_eq!(bench.run.gates().size(), 2);
}

#[test]
fn s13_a_group_may_be_repeated() {
    let bench = check(Case {
        acts: vec![
            Work,
            Approve("inner[0].before"),
            Skip("inner[1].before"),
            Work,
        ],
        steps: "hosts completed, look[0] completed, inner[0] completed, inner[1] skipped, last[1] completed",
        ..case(vec![
            group(
                "hosts",
                vec![
                    call("look", "read").with(json!({ "value": "${{ item }}" })),
                    call("inner", "write")
                        .with(json!({ "text": "${{ steps.look.output.value }}" }))
                        .before(gate()),
                    call("last", "read"),
                ],
            )
            .foreach(json!(["a", "b"])),
        ])
    });
    assert_eq!(
        bench.world.changes,
        [(
            "inner[0]".to_owned(),
            "write".to_owned(),
            json!({ "text": "a" })
        )]
    );
    let list: StepKey = "hosts".parse().unwrap();
    assert!(matches!(
        bench.run.step(&list).unwrap().state,
        StepState::Completed { .. }
    ));
}

#[test]
fn s13_what_is_no_list_or_too_long_fails_the_step() {
    for (list, code) in [
        (json!("${{ inputs.long }}"), "too_many_items"),
        (json!("${{ inputs.text }}"), "not_a_list"),
    ] {
        let long: Vec<u32> = (0..10_001).collect();
        let bench = check(Case {
            inputs: json!({ "long": long, "text": "abc" }),
            run: "failed",
            ..case(vec![call("look", "read").foreach(list)])
        });
        let workflow::RunStatus::Failed { reason, .. } = bench.run.status() else {
            panic!()
        };
        assert_eq!(reason.code, code);
    }
}
