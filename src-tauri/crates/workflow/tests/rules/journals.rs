//! Journals of earlier versions: they must still fold, to what they meant then. Each fixture is a definition, its
//! records as JSON lines, and the summary they fold to. A fixture is never changed; a new version adds its own.

use crate::bench::*;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use workflow::{Digest, Record, Run, Workflow};

const FIXTURES: [(&str, &str, &str, &str); 3] = [
    (
        "v1-change",
        include_str!("golden/v1-change.workflow.json"),
        include_str!("golden/v1-change.jsonl"),
        include_str!("golden/v1-change.summary.json"),
    ),
    (
        "v1-list",
        include_str!("golden/v1-list.workflow.json"),
        include_str!("golden/v1-list.jsonl"),
        include_str!("golden/v1-list.summary.json"),
    ),
    (
        "v2-rollback",
        include_str!("golden/v2-rollback.workflow.json"),
        include_str!("golden/v2-rollback.jsonl"),
        include_str!("golden/v2-rollback.summary.json"),
    ),
];

#[test]
fn old_journals_still_fold() {
    for (name, definition, journal, summary) in FIXTURES {
        let definition: Workflow = serde_json::from_str(definition).unwrap();
        let records: Vec<Record> = journal
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let first = serde_json::to_value(&records[0].event).unwrap();
        let digest: Digest = first["definition"].as_str().unwrap().parse().unwrap();
        let run = Run::new(records[0].run.clone(), Arc::new(definition), digest)
            .fold(&records)
            .unwrap();
        let expected: Json = serde_json::from_str(summary).unwrap();
        contains(&meaning(&run), &expected, name);
        assert!(run.outstanding().is_empty() && run.timers().is_empty());
        for (record, line) in records.iter().zip(journal.lines()) {
            let (now, then): (Json, Json) = (
                serde_json::to_value(record).unwrap(),
                serde_json::from_str(line).unwrap(),
            );
            contains(&now, &then, name);
        }
    }
}

/// The run as a list shows it, and where each step ended.
fn meaning(run: &Run) -> Json {
    let steps: Json = run
        .steps()
        .keys()
        .map(|key| (key.to_string(), json!(run.step_status(key).word())))
        .collect::<serde_json::Map<_, _>>()
        .into();
    json!({ "summary": run.summary(), "steps": steps })
}

/// Later versions may say more, never less or otherwise.
fn contains(now: &Json, then: &Json, place: &str) {
    match (now, then) {
        (Json::Object(now), Json::Object(then)) => {
            for (name, value) in then {
                let here = format!("{place}.{name}");
                contains(
                    now.get(name).unwrap_or_else(|| panic!("{here} is gone")),
                    value,
                    &here,
                );
            }
        }
        (Json::Array(now), Json::Array(then)) => {
            assert_eq!(now.len(), then.len(), "{place}");
            for (at, (now, then)) in now.iter().zip(then).enumerate() {
                contains(now, then, &format!("{place}.{at}"));
            }
        }
        (now, then) => assert_eq!(now, then, "{place}"),
    }
}

/// A change: edited, approved, voided by another commit, approved again, tried twice, looked at, sent back, accepted.
fn change() -> Bench {
    let mut workflow = flow(vec![
        call("look", "read").with(json!({ "value": "${{ inputs.name }}" })),
        call("write", "write")
            .stage(2)
            .with(json!({ "text": "${{ inputs.name }} ${{ steps.look.output.commit }}" }))
            .retry(1)
            .before(
                gate()
                    .title("Write ${{ inputs.name }}?")
                    .editable(&["name"])
                    .recheck(&["look"])
                    .ttl(600_000)
                    .show(&["steps.look.output"]),
            ),
        call("judge", "read")
            .stage(2)
            .after(gate().wait(3_600_000).remind(60_000)),
        group(
            "rest",
            vec![
                call("off", "read").when("inputs.name == 'nobody'"),
                call("end", "rule"),
            ],
        )
        .stage(2),
    ]);
    workflow.inputs = json!({ "type": "object", "properties": { "name": { "type": "string" } } });
    workflow.outputs = [(
        "commit".to_owned(),
        json!("${{ steps.look.output.commit }}"),
    )]
    .into();
    let commit = |commit: &str| succeeds(json!({ "commit": commit, "log": "x".repeat(5000) }));
    check(Case {
        workflow,
        inputs: json!({ "name": "a" }),
        world: vec![
            (
                "look",
                vec![commit("c1"), commit("c1"), commit("c2"), commit("c2")],
            ),
            (
                "write",
                vec![fails(
                    workflow::ErrorClass::Network,
                    workflow::Outcome::NotDone,
                )],
            ),
        ],
        acts: vec![
            Work,
            Edit("write.before", json!({ "name": "b" })),
            Work,
            Approve("write.before"),
            Work,
            Approve("write.before"),
            Work,
            Pass(1000),
            Work,
            Pass(61_000),
            Redo("judge.after"),
            Work,
            Approve("judge.after"),
            Work,
        ],
        steps: "write completed, judge completed, off skipped, end completed",
        ..case(Vec::new())
    })
}

/// A list beside a failing branch: dropped, left out, in doubt, cut off by a crash, stopped by a cancel.
fn list() -> Bench {
    let items = call("write", "write")
        .with(json!({ "text": "${{ item }}" }))
        .foreach(json!(["a", "b", "c", "d"]))
        .places(2)
        .go_on();
    check(Case {
        workflow: flow(vec![
            call("items", "read"),
            items.before(gate()).needs(&[]),
            call("hand", "manual").before(gate()).needs(&[]),
            parallel(
                "all",
                workflow::Fail::All,
                vec![call("bad", "read"), call("never", "write").before(gate())],
            )
            .needs(&["write", "hand"]),
        ]),
        world: vec![
            (
                "write[1]",
                vec![Reply::Preview(Err(error(
                    workflow::ErrorClass::Io,
                    workflow::Outcome::NotStarted,
                )))],
            ),
            (
                "write[2]",
                vec![fails(
                    workflow::ErrorClass::Timeout,
                    workflow::Outcome::Unknown,
                )],
            ),
        ],
        hold: vec!["write[0]", "hand", "bad"],
        acts: vec![
            Work,
            Drop("write.before", &["write[3]"]),
            Approve("hand.before"),
            Work,
            Crash,
            Free("write[0]"),
            Work,
            Again("hand"),
            Crash,
            Happened("hand"),
            Work,
            Cancel,
            Work,
        ],
        run: "cancelled",
        steps: "write completed, write[1] failed, write[3] skipped, hand completed, bad skipped, never skipped",
        ..case(Vec::new())
    })
}

/// A failed run that asks what now, begins again, fails again and is rolled back: by the tool's inverse, by the step's
/// own, with one that fails and one that cannot be; undone later by another run.
fn rollback() -> Bench {
    let mut workflow = flow(vec![
        call("first", "write").before(gate()),
        call("own", "write")
            .before(gate())
            .rollback("keyed", json!({ "text": "${{ self.output.done.text }}" }))
            .with(json!({ "text": "x" })),
        call("said", "manual")
            .before(gate())
            .irreversible("it was said"),
        call("last", "keyed").before(gate()),
        call("bad", "read"),
    ]);
    workflow.on_failure = workflow::OnFailure::Ask;
    workflow.undo_window_ms = Some(86_400_000);
    let broken = || fails(workflow::ErrorClass::Auth, workflow::Outcome::NotDone);
    let mut acts = vec![Work];
    for gate in ["first.before", "own.before", "said.before", "last.before"] {
        acts.extend([Approve(gate), Work]);
    }
    acts.extend([
        Retry("bad.failure"),
        Work,
        Rollback("bad.failure"),
        Work,
        SkipBecause("rollback:last.failure"),
        Work,
    ]);
    let differs = error(
        workflow::ErrorClass::Precondition,
        workflow::Outcome::NotStarted,
    );
    let mut bench = check(Case {
        workflow,
        world: vec![
            ("bad", vec![broken(), broken()]),
            ("rollback:last", vec![Reply::Inverse(Err(differs))]),
        ],
        acts,
        run: "rolled_back",
        journal: vec![
            "rollback_planned own",
            "run_continued",
            "rollback_started",
            "inverse_started rollback:last",
        ],
        ..case(Vec::new())
    });
    let by = workflow::RunId("run-2".to_owned());
    let steps = vec!["last".parse().unwrap()];
    bench
        .ask(
            workflow::Actor::engine(),
            workflow::Command::Undone { by, steps },
        )
        .unwrap();
    bench
}

#[test]
fn the_fixtures_runs_still_go() {
    change();
    list();
    rollback();
}

/// Writes fixtures for a new version: `cargo test -p workflow --test rules -- --ignored write_fixtures`.
#[test]
#[ignore = "writes files"]
#[expect(clippy::disallowed_methods, reason = "its purpose is to write files")]
fn write_fixtures() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules/golden");
    // Those of earlier versions stay as they are.
    for (name, bench) in [("v2-rollback", rollback())] {
        let lines: Vec<String> = bench
            .records
            .iter()
            .map(|record| serde_json::to_string(record).unwrap())
            .collect();
        let definition = serde_json::to_string_pretty(bench.run.definition().as_ref()).unwrap();
        let summary = serde_json::to_string_pretty(&meaning(&bench.run)).unwrap();
        for (ending, text) in [
            ("workflow.json", definition),
            ("jsonl", lines.join("\n")),
            ("summary.json", summary),
        ] {
            std::fs::write(folder.join(format!("{name}.{ending}")), text + "\n").unwrap();
        }
    }
}
