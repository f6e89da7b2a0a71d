//! The definitions folder as a person changes it: shadowing, twins, mistakes, and being told.

use crate::catalogue::with_the_fleet;
use definitions::{Definition, Folder, Origin, Watch};
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;
use workflow::Digest;

fn file(id: &str, title: &str) -> String {
    format!(
        "apiVersion: countersign/v1\nkind: Workflow\nid: {id}\ntitle: {title}\nsteps: [{{ id: a, uses: core.value }}]\n"
    )
}

fn write(dir: &Path, name: &str, text: impl AsRef<[u8]>) {
    std::fs::write(dir.join(name), text).unwrap();
}

fn shown(folder: &Folder) -> String {
    let dir = folder.dir().display().to_string() + "/";
    folder
        .findings()
        .iter()
        .map(|finding| finding.to_string().replace(&dir, ""))
        .collect::<Vec<_>>()
        .join("\n")
}

fn title<'a>(folder: &'a Folder, id: &str) -> &'a str {
    folder
        .get(id)
        .map_or("none", |definition| definition.workflow.title.as_str())
}

#[test]
fn a_folder_that_is_not_there_has_the_built_ins() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::open(dir.path().join("workflows"), with_the_fleet());
    assert_eq!(shown(&folder), "");
    assert_eq!(
        folder.definitions().keys().collect::<Vec<_>>(),
        [
            "drain_agents",
            "health_check",
            "import_agents",
            "label_agents",
            "register_agent",
            "remove_agents",
            "undrain_agents",
            "untrust_host_keys"
        ]
    );
    assert_eq!(folder.tests().len(), 1);
    let health_check = folder.get("health_check").unwrap();
    assert_eq!(
        health_check.origin,
        Origin::BuiltIn("health_check.workflow.yaml".to_owned())
    );
    assert_eq!(
        health_check.source_digest,
        Digest::of(health_check.source.as_bytes())
    );
    assert!(health_check.derived_from.is_none() && !health_check.is_stale());
}

#[test]
fn a_file_shadows_a_built_in_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let mut folder = Folder::open(dir.path(), with_the_fleet());
    let built_in = folder.get("health_check").unwrap().clone();
    write(dir.path(), "mine.yml", file("health_check", "Mine"));
    assert!(folder.reload());
    let mine = folder.get("health_check").unwrap();
    assert_eq!(
        (mine.workflow.title.as_str(), mine.derived_from),
        ("Mine", Some(built_in.source_digest))
    );
    assert_eq!(mine.origin, Origin::File(dir.path().join("mine.yml")));
    assert!(!folder.reload(), "nothing has changed");
    // A copy that records what it was made from is told when the built-in is another.
    write(
        dir.path(),
        "mine.yml",
        built_in
            .source
            .replace("builtin: \"true\"", "derived_from: \"0000\""),
    );
    folder.reload();
    let hint = format!(
        "(compare, then write `derived_from: {}`)",
        built_in.source_digest
    );
    assert_eq!(
        shown(&folder),
        format!(
            "mine.yml:9:1: warning: the built-in `health_check` has changed since this copy was made {hint}"
        )
    );
    std::fs::remove_file(dir.path().join("mine.yml")).unwrap();
    folder.reload();
    assert_eq!(folder.get("health_check"), Some(&built_in));
}

#[test]
fn a_bad_file_keeps_its_last_good_version() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a.workflow.yaml", file("a", "Good"));
    let mut folder = Folder::open(dir.path(), with_the_fleet());
    let good: Definition = folder.get("a").unwrap().clone();
    write(
        dir.path(),
        "a.workflow.yaml",
        file("a", "Bad").replace("uses", "use"),
    );
    assert!(folder.reload());
    let kept = folder.get("a").unwrap();
    assert_eq!(
        (kept.workflow.title.as_str(), kept.digest, kept.is_stale()),
        ("Good", good.digest, true)
    );
    assert_eq!(kept.findings.len(), 2);
    assert!(
        shown(&folder).contains("a.workflow.yaml:5:18: error: a step has no key `use`"),
        "{}",
        shown(&folder)
    );
    write(dir.path(), "a.workflow.yaml", file("a", "Better"));
    folder.reload();
    assert_eq!(
        (title(&folder, "a"), shown(&folder).as_str()),
        ("Better", "")
    );
    std::fs::remove_file(dir.path().join("a.workflow.yaml")).unwrap();
    folder.reload();
    assert_eq!(title(&folder, "a"), "none");
}

#[test]
fn two_files_with_one_id_are_both_refused() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a.yaml", file("twin", "First"));
    let mut folder = Folder::open(dir.path(), with_the_fleet());
    write(dir.path(), "b.yaml", file("twin", "Second"));
    folder.reload();
    let what = "3:1: error: the id `twin` is in more than one file: a.yaml and b.yaml (change the id in one of them, or take one away)";
    assert_eq!(shown(&folder), format!("a.yaml:{what}\nb.yaml:{what}"));
    // The one that was good before stays.
    assert_eq!(
        (
            title(&folder, "twin"),
            folder.get("twin").unwrap().is_stale()
        ),
        ("First", true)
    );
    write(dir.path(), "b.yaml", file("other", "Second"));
    folder.reload();
    assert_eq!(
        (
            title(&folder, "twin"),
            title(&folder, "other"),
            shown(&folder).as_str()
        ),
        ("First", "Second", "")
    );
}

#[test]
fn only_definitions_are_read() {
    let dir = tempfile::tempdir().unwrap();
    for name in [".a.yaml.swp", ".hidden.yaml", "notes.txt", "a.yaml~"] {
        write(dir.path(), name, "not a workflow");
    }
    write(dir.path(), "latin.yaml", b"title: caf\xe9\n");
    write(dir.path(), "big.yaml", "#".repeat(70_000));
    std::fs::create_dir(dir.path().join("folder.yaml")).unwrap();
    let folder = Folder::open(dir.path(), with_the_fleet());
    let lines = shown(&folder);
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(
        lines[0],
        "big.yaml:1:1: error: the file is larger than 64 KiB (split the workflow)"
    );
    assert!(
        lines[1].starts_with("folder.yaml:1:1: error: the file cannot be read: "),
        "{}",
        lines[1]
    );
    assert_eq!(
        lines[2],
        "latin.yaml:1:1: error: the file is not UTF-8 text (save it as UTF-8)"
    );
}

#[test]
fn tests_name_a_workflow_and_its_gates() {
    let dir = tempfile::tempdir().unwrap();
    let case =
        "cases: [{ name: x, decide: [{ at: a.before, decision: approve }], expect: [\"true\"] }]\n";
    write(
        dir.path(),
        "a.test.yaml",
        format!("apiVersion: countersign/v1\nkind: Test\nworkflow: health_chek\n{case}"),
    );
    write(
        dir.path(),
        "b.test.yaml",
        format!("apiVersion: countersign/v1\nkind: Test\nworkflow: health_check\n{case}"),
    );
    let folder = Folder::open(dir.path(), with_the_fleet());
    assert_eq!(
        shown(&folder),
        "a.test.yaml:3:1: error: there is no workflow `health_chek` to test (did you mean `health_check`?)\n\
         b.test.yaml:4:1: error: the workflow has no gate `a.before` (write `step.before` or `step.after`)"
    );
}

#[test]
fn a_change_is_told_once() {
    let dir = tempfile::tempdir().unwrap();
    let (told, changes) = channel();
    let watch = Watch::start(dir.path(), move || {
        let _ = told.send(());
    })
    .unwrap();
    write(dir.path(), "notes.txt", "nothing to read");
    assert!(
        changes.recv_timeout(Duration::from_millis(600)).is_err(),
        "other files do not matter"
    );
    for number in 0..5 {
        write(
            dir.path(),
            "a.yaml",
            file("a", &format!("Version {number}")),
        );
    }
    changes
        .recv_timeout(Duration::from_secs(10))
        .expect("a change is told");
    let mut folder = Folder::open(dir.path(), with_the_fleet());
    assert_eq!(title(&folder, "a"), "Version 4");
    assert!(
        changes.recv_timeout(Duration::from_millis(600)).is_err(),
        "reading is no change, a burst is one"
    );
    std::fs::rename(dir.path().join("a.yaml"), dir.path().join("b.yaml")).unwrap();
    changes
        .recv_timeout(Duration::from_secs(10))
        .expect("a rename is told");
    assert!(folder.reload());
    drop(watch);
    assert!(
        changes.recv_timeout(Duration::from_secs(10)).is_err(),
        "a watch that is dropped is silent"
    );
}

#[test]
fn a_folder_that_cannot_be_watched_is_a_fault() {
    let dir = tempfile::tempdir().unwrap();
    let fault = Watch::start(&dir.path().join("missing"), || {}).unwrap_err();
    assert!(
        fault.to_string().ends_with("missing cannot be watched"),
        "{fault}"
    );
}
