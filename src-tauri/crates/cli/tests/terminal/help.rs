//! Help that teaches: every verb says what it does, shows examples and lists the exit codes. Kept as snapshots, so that
//! a change of what people read is seen.

use crate::desk::Desk;

const VERBS: [&str; 21] = [
    "workflows",
    "validate",
    "schema",
    "run",
    "runs",
    "apps",
    "app",
    "show",
    "decide",
    "doubt",
    "operators",
    "secrets",
    "cancel",
    "undo",
    "resume",
    "log",
    "decisions",
    "audit",
    "backup",
    "restore",
    "diagnostics",
];

fn help(arguments: &[&str]) -> String {
    let mut command = Desk::new().command(arguments);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn help_of_the_program() {
    insta::assert_snapshot!("countersign", help(&["--help"]));
}

#[test]
fn help_of_every_verb() {
    for verb in VERBS {
        let help = help(&[verb, "--help"]);
        assert!(help.contains("Example"), "{verb} has no examples");
        assert!(
            help.contains("Exit codes:"),
            "{verb} does not list the exit codes"
        );
        insta::assert_snapshot!(verb, help);
    }
}

#[test]
fn every_verb_is_in_the_list() {
    let help = help(&["--help"]);
    for verb in VERBS {
        assert!(
            help.contains(&format!("\n  {verb} ")),
            "{verb} is not listed"
        );
    }
}

#[test]
fn the_version_is_told() {
    assert_eq!(
        help(&["--version"]),
        concat!("countersign ", env!("CARGO_PKG_VERSION"), "\n")
    );
}
