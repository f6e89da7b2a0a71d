//! The main job: a health check of this computer, from the command to the report.

use crate::desk::Desk;

#[test]
fn the_report_is_printed() {
    let desk = Desk::new();
    let ended = desk.run(&["run", "health_check"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    for part in [
        "# System health: ",
        "| This computer |",
        "✓  Generate report",
        "System Health Check completed after",
    ] {
        assert!(
            ended.stdout.contains(part),
            "{part:?} is not in:\n{}",
            ended.stdout
        );
    }
    let (code, run) = desk.json(&["run", "health_check"]);
    assert_eq!(code, 0);
    assert_eq!(
        (&run["workflow"], &run["state"]),
        (&"health_check".into(), &"completed".into())
    );
    assert!(
        run["outputs"]["report"]["markdown"]
            .as_str()
            .unwrap()
            .contains("# System health: ")
    );
    assert_eq!(run["changed"], serde_json::json!([]));

    let (_, runs) = desk.json(&["runs"]);
    let rows = runs["runs"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["run"], run["run"], "the newest first");
    let shown = desk.run(&["show", run["run"].as_str().unwrap()]);
    assert!(
        shown.stdout.contains("input    environment: \"all\""),
        "{}",
        shown.stdout
    );
    let log = desk.run(&["log", run["run"].as_str().unwrap(), "agents"]);
    assert!(log.stdout.contains("agents[0]  try 1  ✓"), "{log:?}");
    let unknown = desk.run(&["log", run["run"].as_str().unwrap(), "stars"]);
    assert_eq!(unknown.code, 3);
    assert!(
        unknown.stderr.contains("This run has no step stars"),
        "{unknown:?}"
    );
}

#[test]
fn the_result_goes_where_it_is_sent_and_the_progress_to_the_person() {
    let desk = Desk::new();
    let (_, run) = desk.json(&["run", "health_check"]);
    let object = serde_json::to_string(&run).unwrap();
    assert!(!object.contains("◐"));
    let ended = desk.run(&["run", "health_check", "--json"]);
    assert!(ended.stderr.contains("✓  Generate report"), "{ended:?}");
}

#[test]
fn the_workflows_are_listed_with_their_inputs() {
    let desk = Desk::new();
    let list = desk.run(&["workflows"]);
    assert!(list.stdout.contains("health_check"), "{list:?}");
    assert!(list.stdout.contains("content, path"), "{list:?}");
    let one = desk.run(&["workflows", "write_note"]);
    assert!(
        one.stdout
            .contains("run write_note -i 'content=the new text' -i path=/tmp/note.txt"),
        "{one:?}"
    );
    // Nothing was opened for that.
    assert!(!desk.data().join("countersign.db").exists());
}
