//! semantics.md 4 and 5: edits and rechecks.

use crate::bench::*;
use serde_json::json;
use workflow::Datum;

#[test]
fn s04_an_edit_opens_again_and_never_approves() {
    let mut workflow = flow(vec![
        call("look", "read").with(json!({ "value": "${{ inputs.name }}" })),
        call("write", "write")
            .with(json!({ "text": "${{ inputs.name }}", "seen": "${{ steps.look.output.value }}" }))
            .before(gate().editable(&["name"]).recheck(&["look"])),
    ]);
    workflow.inputs =
        json!({ "type": "object", "properties": { "name": { "type": "string", "minLength": 1 } } });
    let bench = check(Case {
        workflow,
        inputs: json!({ "name": "a" }),
        acts: vec![
            Work,
            Refused(
                "not_editable",
                Box::new(Edit("write.before", json!({ "other": 1 }))),
            ),
            Refused(
                "invalid_inputs",
                Box::new(Edit("write.before", json!({ "name": "" }))),
            ),
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
    assert_eq!(
        card.calls[0].call.args,
        Datum::Inline(json!({ "text": "b", "seen": "b" }))
    );
    assert_eq!(
        bench.output("look")["value"],
        "b",
        "the step that read the input before the gate has the new value"
    );
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
            Refused(
                "invalid_result",
                Box::new(Edit("choose.after", json!({ "output": { "pick": 1 } }))),
            ),
            Refused(
                "nothing_edited",
                Box::new(Edit("choose.after", json!({ "pick": "b" }))),
            ),
            Edit("choose.after", json!({ "output": { "pick": "b" } })),
        ],
        steps: "choose completed",
        ..case(vec![ai("choose", schema, json!({})).after(gate())])
    });
    assert_eq!(bench.output("choose"), json!({ "pick": "b" }));
    let state = &bench.run.step(&"choose".parse().unwrap()).unwrap().state;
    let by_person = matches!(
        state,
        workflow::StepState::Completed {
            provenance: workflow::Provenance::Person,
            ..
        }
    );
    assert!(by_person, "{state:?}");
}

fn rechecked() -> Vec<crate::bench::build::S> {
    vec![
        call("look", "read"),
        call("plan", "read")
            .with(json!({ "value": "${{ steps.look.output.commit }}" }))
            .assert("output.value != 'bad'", "bad commit"),
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
        journal: vec![
            "recheck_read write.before",
            "recheck_read write.before",
            "grant_confirmed write.before",
        ],
        never: vec!["grant_voided write.before"],
        ..case(rechecked())
    });
    assert_eq!(
        bench.output("look")["note"],
        "first",
        "the overlay is dropped"
    );
    assert_eq!(bench.world.changes[0].2, json!({ "text": "c1" }));
}

#[test]
fn s05_a_recheck_that_reads_otherwise_voids_and_its_outputs_stand() {
    let bench = check(Case {
        world: vec![(
            "look",
            vec![
                succeeds(json!({ "commit": "c1" })),
                succeeds(json!({ "commit": "c2" })),
            ],
        )],
        acts: vec![Work, Approve("write.before"), Work],
        run: "waiting",
        journal: vec![
            "gate_decided write.before",
            "grant_voided write.before",
            "gate_opened write.before",
        ],
        never: vec!["grant_spent write.before"],
        ..case(rechecked())
    });
    assert_eq!(bench.output("look")["commit"], "c2");
    assert_eq!(
        bench.output("plan")["value"],
        "c2",
        "the second read was made on the outputs of the first"
    );
    let card = bench.card("write.before");
    let changed: Vec<(&str, &str, &str)> = card
        .changed
        .iter()
        .map(|one| (one.path.as_str(), one.before.as_str(), one.after.as_str()))
        .collect();
    assert_eq!(changed, [("write.args.text", "c1", "c2")]);
}

#[test]
fn s05_a_recheck_whose_assert_fails_or_that_fails_asks_again() {
    let bad = vec![
        succeeds(json!({ "commit": "c1" })),
        succeeds(json!({ "commit": "bad" })),
    ];
    let gone = vec![
        succeeds(json!({ "commit": "c1" })),
        fails(workflow::ErrorClass::Network, workflow::Outcome::NotStarted),
    ];
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
            (
                "write",
                vec![preview(json!("hash-1")), preview(json!("hash-2"))],
            ),
        ],
        acts: vec![
            Work,
            Approve("write.before"),
            Work,
            Approve("write.before"),
            Work,
        ],
        run: "waiting",
        journal: vec![
            "grant_voided write.before",
            "gate_opened write.before",
            "grant_voided write.before",
        ],
        never: vec!["grant_spent write.before"],
        ..case(rechecked())
    });
    // The third preview names no fact at all: that is a difference as well.
    assert_eq!(bench.gate("write.before").revision, 3);
}
