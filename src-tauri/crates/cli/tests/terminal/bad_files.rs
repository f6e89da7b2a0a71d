//! What a person sees of a file that is not right: every finding with its place, and exit code 3.

use crate::desk::Desk;

const HEAD: &str =
    "apiVersion: countersign/v1\nkind: Workflow\nid: bad\ntitle: Bad\nversion: 1.0.0\n";

const READ: &str =
    "  - id: read\n    title: Read\n    uses: file.read\n    with: { path: /etc/hostname }\n";

/// The finding must be at that line and contain these words.
#[track_caller]
fn finds(body: &str, line: usize, words: &[&str]) {
    let desk = Desk::new();
    let text = format!("{HEAD}{body}");
    desk.write("bad.workflow.yaml", &text);
    let mut command = desk.command(&["validate", "bad.workflow.yaml"]);
    let output = command.current_dir(desk.path(".")).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let place = format!("bad.workflow.yaml:{line}:");
    let found = printed.lines().any(|line| {
        line.starts_with(&place)
            && line.contains(": error: ")
            && words.iter().all(|word| line.contains(word))
    });
    assert!(
        found,
        "no finding at line {line} with {words:?} in:\n{printed}\n{text}"
    );
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn broken_yaml() {
    finds("steps:\n  - id: [unclosed\n", 7, &["not YAML", "unclosed"]);
}

#[test]
fn duplicate_key() {
    finds(&format!("title: Again\nsteps:\n{READ}"), 6, &["title"]);
}

#[test]
fn unknown_key() {
    finds(&format!("colour: red\nsteps:\n{READ}"), 6, &["colour"]);
}

#[test]
fn key_of_a_later_version() {
    finds(
        &format!("notify: [slack]\nsteps:\n{READ}"),
        6,
        &["notify", "not available"],
    );
}

#[test]
fn unknown_tool() {
    finds(
        "steps:\n  - id: a\n    title: A\n    uses: file.reed\n    with: { path: /x }\n",
        9,
        &["file.reed"],
    );
}

#[test]
fn write_without_a_gate() {
    finds(
        "steps:\n  - id: a\n    title: A\n    uses: file.write\n    with: { path: /x, content: y }\n",
        9,
        &["file.write", "gate"],
    );
}

#[test]
fn duplicate_id() {
    finds(&format!("steps:\n{READ}{READ}"), 11, &["read"]);
}

#[test]
fn cycle() {
    let steps = "steps:\n  - id: a\n    title: A\n    needs: [b]\n    uses: core.value\n    with: { x: 1 }\n  \
                 - id: b\n    title: B\n    needs: [a]\n    uses: core.value\n    with: { x: 1 }\n";
    finds(steps, 9, &["a", "b"]);
}

#[test]
fn expression_that_names_a_later_step() {
    let steps = "steps:\n  - id: a\n    title: A\n    uses: core.value\n    with: { x: \"${{ steps.b.output.x }}\" }\n  \
                 - id: b\n    title: B\n    uses: core.value\n    with: { x: 1 }\n";
    finds(steps, 10, &["b"]);
}

#[test]
fn all_findings_come_at_once_and_as_json() {
    let desk = Desk::new();
    let bad = desk.write(
        "bad.workflow.yaml",
        &format!("{HEAD}colour: red\nshape: round\nsteps:\n{READ}"),
    );
    let (code, report) = desk.json(&["validate", bad.to_str().unwrap(), "/no/such/file.yaml"]);
    assert_eq!(code, 3);
    assert_eq!(report["ok"], false);
    assert!(
        report["files"][0]["findings"].as_array().unwrap().len() >= 2,
        "{report:#}"
    );
    assert_eq!(report["files"][1]["findings"][0]["code"], "unreadable");
}

#[test]
fn a_good_file_needs_no_data_folder() {
    let fixture = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/write_note.workflow.yaml"
    );
    let desk = Desk::new();
    let mut command = desk.command(&["validate", fixture]);
    let output = command
        .env("COUNTERSIGN_DATA_DIR", "/proc/nowhere")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("Workflow write_note can be used")
    );
}

#[test]
fn a_broken_file_in_the_folder_is_told_and_cannot_be_run() {
    let desk = Desk::new();
    std::fs::write(
        desk.data().join("workflows/bad.workflow.yaml"),
        format!("{HEAD}steps: []\n"),
    )
    .unwrap();
    let list = desk.run(&["workflows"]);
    assert_eq!(list.code, 0);
    assert!(list.stdout.contains("bad.workflow.yaml:"), "{list:?}");
    let run = desk.run(&["run", "bad"]);
    assert_eq!(run.code, 3);
    assert!(
        run.stderr.contains("There is no workflow bad")
            && run.stderr.contains("bad.workflow.yaml:"),
        "{run:?}"
    );
}

#[test]
fn the_schema_is_one() {
    let (code, schema) = Desk::new().json(&["schema"]);
    assert_eq!(code, 0);
    assert!(schema["$schema"].is_string(), "{schema:#}");
}
