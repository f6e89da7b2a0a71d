//! semantics.md 16: expressions.

use crate::bench::*;
use serde_json::{Value as Json, json};
use workflow::{Datum, RunStatus};

fn with_inputs(steps: Vec<build::S>, schema: Json) -> workflow::Workflow {
    let mut workflow = flow(steps);
    workflow.inputs =
        json!({ "type": "object", "additionalProperties": false, "properties": schema });
    workflow
}

/// The arguments that a read is called with, or the code its step fails with.
fn arguments(with: Json, steps: Vec<build::S>, inputs: Json, schema: Json) -> Result<Json, String> {
    let steps = steps
        .into_iter()
        .chain([call("subject", "read").with(with)])
        .collect();
    let mut bench = Bench::started(with_inputs(steps, schema), inputs);
    bench.work();
    match bench.run.status() {
        RunStatus::Failed { reason, .. } => Err(reason.code.clone()),
        _ => Ok(bench.world.reads.last().unwrap().1.clone()),
    }
}

#[test]
fn s16_every_declared_input_exists() {
    let schema = json!({
        "a": { "type": "string" },
        "b": { "type": "integer", "default": 7 },
        "limits": {
            "type": "object",
            "default": { "disk": 85 },
            "properties": { "disk": { "type": "integer" }, "load": { "type": "number", "default": 2.5 } },
        },
    });
    let with = || json!({ "value": "${{ [inputs.a, inputs.b, inputs.limits] }}" });
    let cases = [
        (json!({}), json!([null, 7, { "disk": 85, "load": 2.5 }])),
        (
            json!({ "a": "x", "limits": { "load": 1.0 } }),
            json!(["x", 7, { "disk": 85, "load": 1.0 }]),
        ),
        (
            json!({ "limits": { "disk": 1 }, "b": 0 }),
            json!([null, 0, { "disk": 1, "load": 2.5 }]),
        ),
    ];
    for (inputs, expected) in cases {
        assert_eq!(
            arguments(with(), vec![], inputs, schema.clone()),
            Ok(json!({ "value": expected }))
        );
    }
}

#[test]
fn s16_inputs_are_checked_against_their_schema() {
    let workflow = || {
        with_inputs(
            vec![call("look", "read")],
            json!({ "n": { "type": "integer" } }),
        )
    };
    for bad in [json!({ "n": "1" }), json!({ "m": 1 })] {
        let mut bench = Bench::new(workflow());
        assert_eq!(bench.start(bad).unwrap_err().code, "invalid_inputs");
        assert_eq!(bench.run.seq(), 0);
    }
}

#[test]
fn s16_undefined_is_an_error() {
    let undefined = [
        "${{ inputs.nobody }}",
        "${{ steps.look.output.nothing }}",
        "text ${{ steps.look.output.nothing }}",
        "${{ steps.nobody.output }}",
        "${{ nobody }}",
        "${{ steps }}",
        "${{ steps['look'].output }}",
        "${{ item }}",
        "${{ range(3) }}",
    ];
    for template in undefined {
        let result = arguments(
            json!({ "value": template }),
            vec![call("look", "read")],
            json!({}),
            json!({}),
        );
        // The whole of `steps` exists for nobody: it is empty or refused, never a way to the outputs.
        let leaks = result
            .as_ref()
            .is_ok_and(|args| args.to_string().contains("output"));
        assert!(
            !leaks && (result == Err("expression".to_owned()) || template == "${{ steps }}"),
            "{template}: {result:?}"
        );
    }
}

#[test]
fn s16_an_expression_alone_keeps_its_type() {
    let cases = [
        ("${{ steps.look.output.n }}", json!(3)),
        ("${{ steps.look.output.f }}", json!(0.1)),
        ("${{ steps.look.output.list }}", json!([1, "b", null])),
        ("${{ steps.look.output.none }}", json!(null)),
        ("n=${{ steps.look.output.n }};", json!("n=3;")),
        ("${{ steps.look.output.list }}!", json!("[1,\"b\",null]!")),
        ("<${{ steps.look.output.none }}>", json!("<>")),
        ("${{ {'a': {'b': 1}} }}", json!({ "a": { "b": 1 } })),
        ("${{ steps.look.output.big }}", json!(u64::MAX)),
        ("no expression", json!("no expression")),
    ];
    for (template, expected) in cases {
        let look = call("look", "read").with(
            json!({ "n": 3, "f": 0.1, "list": [1, "b", null], "none": null, "big": u64::MAX }),
        );
        let args = arguments(
            json!({ "value": template }),
            vec![look],
            json!({}),
            json!({}),
        );
        assert_eq!(args, Ok(json!({ "value": expected })), "{template}");
    }
}

#[test]
fn s16_null_arguments_are_dropped_where_the_schema_has_no_null() {
    let with =
        json!({ "text": "${{ inputs.a }}", "maybe": "${{ inputs.a }}", "free": "${{ inputs.a }}" });
    let args = arguments(
        with,
        vec![],
        json!({}),
        json!({ "a": { "type": "string" } }),
    );
    assert_eq!(args, Ok(json!({ "maybe": null, "free": null })));
}

#[test]
fn s16_arguments_are_checked_against_the_tools_schema() {
    assert_eq!(
        arguments(json!({ "text": 1 }), vec![], json!({}), json!({})),
        Err("invalid_arguments".to_owned())
    );
}

#[test]
fn s16_every_step_exists_with_a_null_output_until_completed() {
    let with = json!({ "value": "${{ [steps.off.output, steps.off.state, steps.off.gate.before, steps.later.output, steps.later.state] }}" });
    let steps = vec![
        call("off", "read").when("false").needs(&[]),
        call("subject", "read").with(with).needs(&["off"]),
        call("later", "read").needs(&["subject"]),
    ];
    let bench = check(case(steps));
    assert_eq!(
        bench.world.reads[0].1,
        json!({ "value": [null, "skipped", null, null, "pending"] })
    );
}

#[test]
fn s16_skipped_satisfies_needs_and_a_guard_reads_past_it() {
    let steps = || vec![call("off", "read").when("inputs.go")];
    let schema = || json!({ "go": { "type": "boolean", "default": false } });
    let guarded =
        json!({ "value": "${{ steps.off.output.value if steps.off.output else 'none' }}" });
    assert_eq!(
        arguments(guarded, steps(), json!({}), schema()),
        Ok(json!({ "value": "none" }))
    );
    let unguarded = json!({ "value": "${{ steps.off.output.value }}" });
    assert_eq!(
        arguments(unguarded, steps(), json!({}), schema()),
        Err("expression".to_owned())
    );
}

#[test]
fn s16_an_asserts_message_is_evaluated_only_on_failure() {
    let step = |that: &str| {
        call("look", "read")
            .with(json!({ "ok": true }))
            .assert(that, "no ${{ output.conflicts[0].name }}")
    };
    check(case(vec![step("output.ok")]));
    let bench = check(Case {
        run: "failed",
        ..case(vec![step("not output.ok")])
    });
    let RunStatus::Failed { reason, .. } = bench.run.status() else {
        panic!()
    };
    assert_eq!(reason.code, "assert");
    assert!(
        reason.message.contains("undefined"),
        "a message without a value still says something: {}",
        reason.message
    );
}

#[test]
fn s16_a_failing_output_is_null_and_fails_nothing() {
    let mut workflow = flow(vec![call("look", "read").with(json!({ "n": 1 }))]);
    let outputs = [
        ("good", "${{ steps.look.output.n }}"),
        ("bad", "${{ steps.look.output.nothing }}"),
        ("text", "n=${{ nobody }}"),
    ];
    workflow.outputs = outputs
        .map(|(name, template)| (name.to_owned(), json!(template)))
        .into();
    let bench = check(Case {
        workflow,
        ..case(vec![])
    });
    let RunStatus::Completed { outputs, .. } = bench.run.status() else {
        panic!()
    };
    let values: Vec<&Datum> = outputs.values().collect();
    assert_eq!(
        values,
        [&Datum::null(), &Datum::Inline(json!(1)), &Datum::null()]
    );
}

#[test]
fn s16_the_names_are_these() {
    let bench = check(Case {
        acts: vec![Work, Approve("look[0].after"), Work],
        run: "waiting",
        ..case(vec![
            call("look", "read")
                .with(json!({ "value": "${{ [item, run.id, run.workflow, run.started_by] }}" }))
                .assert("output == self.output", "never")
                .foreach(json!([5, 6]))
                .after(
                    gate()
                        .each()
                        .title("${{ item }} ${{ output.value[0] }} ${{ self.provenance }}?"),
                ),
        ])
    });
    let first = bench.world.reads.iter().find(|(step, _)| step == "look[0]");
    assert_eq!(
        first.unwrap().1,
        json!({ "value": [5, "run-1", "toy", "ada"] })
    );
    assert_eq!(bench.card("look[1].after").title, "6 6 tool?");
}

#[test]
fn s16_a_fault_in_a_condition_fails_the_step_and_says_where() {
    let steps = [
        call("look", "read").when("nobody"),
        call("look", "read").assert("nobody", "x"),
        call("look", "read").exit_when("nobody", workflow::ExitStatus::Completed, "x"),
        call("look", "read").foreach(json!("${{ nobody }}")),
    ];
    for step in steps {
        let bench = check(Case {
            run: "failed",
            steps: "look failed",
            ..case(vec![step])
        });
        let RunStatus::Failed { reason, .. } = bench.run.status() else {
            panic!()
        };
        assert_eq!(reason.code, "expression");
        assert!(reason.message.contains("nobody"), "{}", reason.message);
    }
}

#[test]
fn s16_an_endless_expression_runs_out_of_fuel() {
    let with =
        json!({ "value": "${{ (inputs.a * 100000) | list | map('upper') | join | length }}" });
    let inputs = json!({ "a": "xxxxxxxxxxxxxxxxxxxx" });
    let result = arguments(with, vec![], inputs, json!({ "a": { "type": "string" } }));
    // Either it is refused or it is small work: it comes back at all.
    assert!(
        result.is_ok() || result == Err("expression".to_owned()),
        "{result:?}"
    );
}

#[test]
fn s16_a_models_contract_holds_for_the_rule_too() {
    let schema = json!({
        "type": "object",
        "required": ["pick"],
        "properties": { "pick": { "type": "string", "enum_from": "steps.list.output.names" } },
    });
    let run = |pick: &str, run: &'static str| {
        let list = call("list", "read").with(json!({ "names": ["a", "b"] }));
        check(Case {
            run,
            ..case(vec![
                list,
                ai("choose", schema.clone(), json!({ "pick": pick })),
            ])
        })
    };
    run("a", "completed");
    let bench = run("invented", "failed");
    let RunStatus::Failed { reason, .. } = bench.run.status() else {
        panic!()
    };
    assert_eq!(reason.code, "invalid_result");
}

#[test]
fn s16_flatten_makes_one_list_of_lists() {
    let check = |list: Json, expected: Json| {
        let with = json!({ "value": "${{ inputs.list | flatten }}" });
        let schema = json!({ "list": { "type": "array" } });
        assert_eq!(
            arguments(with, vec![], json!({ "list": list }), schema),
            Ok(json!({ "value": expected }))
        );
    };
    check(json!([[1, 2], [], [3]]), json!([1, 2, 3]));
    check(
        json!([[[1], 2], 3, null, "text"]),
        json!([[1], 2, 3, "text"]),
    );
    check(json!([]), json!([]));
}
