//! What a person sees who gives something wrong on the command line: exit code 2, and what to write instead.

use crate::desk::Desk;

#[track_caller]
fn refused(arguments: &[&str], code: i32, words: &[&str]) {
    let ended = Desk::new().run(arguments);
    assert_eq!(ended.code, code, "{ended:?}");
    for word in words {
        assert!(ended.stderr.contains(word), "{word:?} is not in {ended:?}");
    }
}

#[test]
fn missing_inputs_are_listed() {
    refused(
        &["run", "write_note"],
        2,
        &[
            "These inputs are missing: content (text), path (text)",
            "-i 'content=the new text' -i path=/tmp/note.txt",
        ],
    );
}

#[test]
fn an_input_of_another_type() {
    refused(
        &["run", "write_notes", "-i", "content=x", "-i", "paths=a,b"],
        2,
        &[
            "The input paths takes a list as JSON, not a,b",
            "For example: -i 'paths=[\"/tmp/a.txt\",\"/tmp/b.txt\"]'",
        ],
    );
}

#[test]
fn an_input_that_does_not_exist() {
    refused(
        &["run", "write_note", "-i", "colour=red"],
        2,
        &["There is no input colour", "The inputs are: content, path"],
    );
}

#[test]
fn an_input_that_is_no_pair() {
    refused(
        &["run", "write_note", "-i", "path"],
        2,
        &["path is not a key with a value"],
    );
}

#[test]
fn an_input_that_the_schema_does_not_take() {
    refused(
        &["run", "write_notes", "-i", "paths=[]", "-i", "content=x"],
        3,
        &["The inputs of write_notes are not right"],
    );
}

#[test]
fn inputs_from_a_file() {
    let desk = Desk::new();
    let broken = desk.write("broken.json", "{");
    let ended = desk.run(&["run", "write_note", "--inputs", broken.to_str().unwrap()]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("are not JSON"), "{ended:?}");
    desk.write("note.txt", "old\n");
    let inputs = serde_json::json!({ "path": desk.path("note.txt"), "content": "from the file" });
    let file = desk.write("inputs.json", &inputs.to_string());
    let (code, run) = desk.json(&[
        "run",
        "write_note",
        "--inputs",
        file.to_str().unwrap(),
        "-i",
        "content=from -i",
    ]);
    assert_eq!(code, 75);
    assert_eq!(
        desk.show(run["run"].as_str().unwrap())["inputs"]["content"],
        "from -i"
    );
}

#[test]
fn an_unknown_workflow() {
    refused(
        &["run", "write_novel"],
        3,
        &["There is no workflow write_novel", "write_note"],
    );
    refused(
        &["workflows", "write_novel"],
        3,
        &["There is no workflow write_novel", "write_note"],
    );
}

#[test]
fn an_unknown_run() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["run", "health_check"]).code, 0);
    for arguments in [
        vec!["show", "19990101"],
        vec!["cancel", "19990101"],
        vec!["log", "19990101"],
        vec!["resume", "19990101"],
    ] {
        let ended = desk.run(&arguments);
        assert_eq!(ended.code, 3, "{ended:?}");
        assert!(
            ended.stderr.contains("There is no run 19990101"),
            "{ended:?}"
        );
    }
}

#[test]
fn an_answer_needs_a_gate_and_a_whole_digest() {
    refused(&["decide", "x", "--approve"], 2, &["--digest"]);
    refused(
        &[
            "decide",
            "x",
            "note.before",
            "--digest",
            "abc123",
            "--approve",
        ],
        2,
        &["64 hexadecimal digits"],
    );
    refused(
        &[
            "decide",
            "x",
            "note.between",
            "--digest",
            "abc123",
            "--approve",
        ],
        2,
        &["step.before, step.after or step.failure"],
    );
    refused(&["doubt", "x", "note"], 2, &["--happened"]);
}

#[test]
fn what_is_not_in_doubt_cannot_be_resolved() {
    let desk = Desk::new();
    let token = desk.token();
    desk.write("note.txt", "old\n");
    let waiting = desk.start_waiting(
        "write_note",
        &[&desk.input("path", "note.txt"), "content=x"],
    );
    let refused = desk.run(&["doubt", &waiting.run, "write_note", "--happened"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    let refused = desk.run_with(
        &token,
        &["doubt", &waiting.run, "write_note", "--run-again"],
    );
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(
        refused
            .stderr
            .contains("Nobody asks whether write_note happened"),
        "{refused:?}"
    );
}

#[test]
fn errors_are_json_where_json_is_asked_for() {
    let (code, error) = Desk::new().json(&["run", "write_note"]);
    assert_eq!(code, 2);
    assert_eq!(error["error"]["code"], "usage");
}
