//! Limits, and text that nobody meant as a workflow: refused with a finding, never with a panic.

use crate::catalogue::catalogue;
use definitions::{inputs_from_text, read};
use proptest::prelude::*;
use std::fmt::Write as _;

const HEALTH_CHECK: &str = include_str!("../../builtin/health_check.workflow.yaml");
const TEST: &str = include_str!("../../builtin/health_check.test.yaml");
const GATED: &str = include_str!("findings/editing.txt");

fn findings(text: &str) -> String {
    read("t.yaml", text, &catalogue())
        .findings
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

fn workflow_of(steps: usize) -> String {
    let mut text = "apiVersion: countersign/v1\nkind: Workflow\nid: t\nsteps:\n".to_owned();
    for number in 0..steps {
        let _ = writeln!(text, "  - {{ id: s{number}, uses: core.value }}");
    }
    text
}

#[test]
fn a_file_has_at_most_256_steps() {
    assert_eq!(findings(&workflow_of(256)), "");
    assert_eq!(
        findings(&workflow_of(257)),
        "t.yaml:261:5: error: there are more than 256 steps (split the workflow)"
    );
    let nested =
        workflow_of(250) + "  - id: g\n    steps:\n" + &"      - { uses: core.value }\n".repeat(20);
    assert!(findings(&nested).contains("there are more than 256 steps"));
}

#[test]
fn a_file_has_at_most_64_kib() {
    let fits = workflow_of(1) + "#" + &"x".repeat(64 * 1024 - workflow_of(1).len() - 1);
    assert_eq!(findings(&fits), "");
    assert_eq!(
        findings(&(fits + "x")),
        "t.yaml:1:1: error: the file is larger than 64 KiB (split the workflow)"
    );
}

#[test]
fn nesting_without_end_is_refused() {
    let deep = format!("a: {}", "[".repeat(30_000));
    assert_eq!(
        findings(&deep),
        "t.yaml:1:68: error: lists and maps are nested deeper than 64 (flatten this part)"
    );
    let block: String = (0..200)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    assert!(findings(&block).contains("nested deeper than 64"));
}

#[test]
fn the_slowest_file_is_still_read_at_once() {
    // Every step reads all others and rechecks: the worst that fits.
    let mut text = workflow_of(0);
    for number in 0..180 {
        let _ = writeln!(
            text,
            "  - {{ id: s{number}, uses: core.value, with: {{ a: \"${{{{ steps.s{}.output.x }}}}\" }}, gate: {{ before: {{ recheck: [s0, s{}], decisions: [approve, reject] }} }} }}",
            number / 2,
            number / 3,
        );
    }
    let begun = std::time::Instant::now();
    findings(&text);
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

/// A file with some of its text cut out, doubled, or replaced.
fn mutated(text: &'static str) -> impl Strategy<Value = String> {
    let snippets = prop::sample::select(vec![
        "",
        " ",
        "\n",
        "- ",
        ": ",
        "{",
        "}",
        "[",
        "]",
        "\"",
        "'",
        "${{",
        "}}",
        "&a",
        "*a",
        "!t",
        "|",
        ">",
        "#",
        "%",
        "---\n",
        "?",
        "~",
        "needs: [report]",
        "\t",
        "\u{feff}",
        "é",
        "0x",
        "null",
        "steps:",
        "foreach: ",
        "gate: ",
        "ai: ",
    ]);
    prop::collection::vec((any::<prop::sample::Index>(), 0_usize..40, snippets), 1..6).prop_map(
        move |changes| {
            let mut chars: Vec<char> = text.chars().collect();
            for (at, cut, insert) in changes {
                let at = at.index(chars.len() + 1);
                let end = (at + cut).min(chars.len());
                chars.splice(at..end, insert.chars());
            }
            chars.into_iter().collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        findings(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_text_of_yaml_signs_is_read_without_a_panic(text in "[-a-c:{}\\[\\]\"'&*!|>#%?~ \\n\\t0.]{0,120}") {
        findings(&text);
        findings(&format!("apiVersion: countersign/v1\nkind: Workflow\nid: t\nsteps:\n  - {text}"));
    }

    #[test]
    fn a_damaged_file_is_read_without_a_panic(text in prop_oneof![mutated(HEALTH_CHECK), mutated(TEST), mutated(GATED)]) {
        findings(&text);
    }

    #[test]
    fn any_expression_is_read_without_a_panic(text in "[a-c.|()\\[\\]'\" {}$=0-9é]{0,60}") {
        findings(&format!("{}    when: \"{}\"\n", workflow_of(1).replace("  - { id: s0, uses: core.value }", "  - id: a\n    uses: core.value"), text.replace('"', "")));
        findings(&format!("{}outputs: {{ a: \"${{{{ {} }}}}\" }}\n", workflow_of(1), text.replace('"', "")));
    }

    #[test]
    fn any_input_is_read_without_a_panic(text in "\\PC{0,60}") {
        let schema = serde_json::json!({ "properties": { "a": { "type": "array" }, "b": {}, "c": { "type": ["integer", "null"] } } });
        let _ = inputs_from_text(&schema, &[format!("a={text}"), format!("b={text}"), format!("c={text}"), text]);
    }
}
