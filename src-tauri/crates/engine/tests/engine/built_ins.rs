//! The workflows that ship with the app, read with the tools that ship with it: nothing is wrong with any of them.

use std::{fs, path::Path};

#[test]
fn every_built_in_file_can_be_used() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../definitions/builtin");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut workflows = 0;
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let report = engine::validate(&name, &fs::read_to_string(&file).unwrap());
        let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
        assert!(findings.is_empty(), "{}", findings.join("\n"));
        workflows += usize::from(name.ends_with(".workflow.yaml"));
    }
    let dir = tempfile::tempdir().unwrap();
    let list = engine::workflows(dir.path());
    assert_eq!(
        list.workflows.len(),
        workflows,
        "every file that ships is offered"
    );
}
