//! Every rule with its message: tables of files and of what is found in them, in `findings/*.txt`. A case is
//! `=== name`, a file, `---`, and the findings. A file without `apiVersion` gets the usual three lines before it.
//! `UPDATE_FINDINGS=1` writes what was found; read the difference before you keep it.

use crate::catalogue::catalogue;
use definitions::read;
use std::fmt::Write as _;
use std::path::Path;

const HEAD: &str = "apiVersion: countersign/v1\nkind: Workflow\nid: t\n";

/// The findings of one file, one a line, without the file's name.
fn found(text: &str) -> String {
    let text = if text.contains("apiVersion") {
        text.to_owned()
    } else {
        format!("{HEAD}{text}")
    };
    let reading = read("t.yaml", &text, &catalogue());
    let mut lines = String::new();
    for finding in &reading.findings {
        let _ = writeln!(
            lines,
            "{}",
            finding.to_string().trim_start_matches("t.yaml:")
        );
    }
    let errors = reading
        .findings
        .iter()
        .any(|finding| finding.severity == definitions::Severity::Error);
    assert_eq!(
        reading.document.is_none(),
        errors,
        "a document comes exactly when there is no error"
    );
    if lines.is_empty() {
        "none\n".to_owned()
    } else {
        lines
    }
}

fn check(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/language/findings")
        .join(table);
    let cases = std::fs::read_to_string(&path).unwrap();
    let mut written = String::new();
    let mut wrong = Vec::new();
    for case in cases.split("=== ").skip(1) {
        let (name, rest) = case.split_once('\n').unwrap();
        let (text, expected) = rest.split_once("\n---\n").unwrap_or((rest.trim_end(), ""));
        let found = found(&format!("{text}\n"));
        if found.trim() != expected.trim() {
            wrong.push(format!(
                "=== {name}\nexpected:\n{expected}\nfound:\n{found}"
            ));
        }
        let _ = write!(written, "=== {name}\n{text}\n---\n{found}\n");
    }
    if std::env::var_os("UPDATE_FINDINGS").is_some() {
        std::fs::write(&path, written.trim_end().to_owned() + "\n").unwrap();
    } else {
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

macro_rules! tables {
    ($($name:ident),*) => {$(
        #[test]
        fn $name() {
            check(concat!(stringify!($name), ".txt"));
        }
    )*};
}

tables!(
    yaml, shape, later, order, names, arguments, effects, gates, editing, models, schemas, testing,
    rollback
);
