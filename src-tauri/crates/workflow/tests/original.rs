//! Holds what is built against the original's literal words (tests/original.yaml), and prints the rows that are not
//! built yet with what will bring them. Reads the built-ins and the window's sources as text.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]
#![expect(
    clippy::print_stdout,
    reason = "the rows that are not built yet are printed"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "this test compares files, and files must be read"
)]

use serde::Deserialize;
use serde_json::Value as Json;
use std::{collections::BTreeSet, fs, path::Path, path::PathBuf};
use workflow::{RunState, StepStatus};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Original {
    workflows: Vec<Titles>,
    run_states: Vec<String>,
    step_states: Vec<StepState>,
    buttons: Vec<Words>,
    chat: Vec<Words>,
    routes: Vec<Words>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Titles {
    id: String,
    title: String,
    brought_by: Option<String>,
    stages: Vec<Stage>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Stage {
    title: String,
    asks: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepState {
    word: String,
    glyph: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    text: String,
    brought_by: Option<String>,
}

/// What was found: rows that differ, and rows that are still to come.
#[derive(Default)]
struct Report {
    differs: Vec<String>,
    to_come: Vec<String>,
}

impl Report {
    fn missing(&mut self, what: String, brought_by: Option<&String>) {
        match brought_by {
            Some(brought_by) => self.to_come.push(format!("{what} (with: {brought_by})")),
            None => self.differs.push(format!("{what} is not there any more")),
        }
    }
}

#[test]
fn what_is_built_says_the_originals_words() {
    let original = original();
    let mut report = Report::default();
    titles_and_stages(&original, &mut report);
    states(&original, &mut report);
    // The gallery shows widgets, not the window.
    let window = texts(&root().join("src-ui/src"), &["gallery", "tests"]);
    in_texts(&original.buttons, "button", &window, &mut report, |text| {
        [
            format!("\"{text}\""),
            format!("\"{text} "),
            format!("\"{text}…"),
            format!(">{text}<"),
        ]
        .to_vec()
    });
    let crates = root().join("src-tauri/crates");
    let speakers = texts(&crates, &["workflow"]);
    in_texts(
        &original.chat,
        "chat sentence",
        &speakers,
        &mut report,
        |text| vec![text.to_owned()],
    );
    let rest = texts(&crates.join("rest"), &[]);
    in_texts(&original.routes, "route", &rest, &mut report, |text| {
        let (_, path) = text.split_once(' ').unwrap();
        vec![format!("\"{}\"", path.split('?').next().unwrap())]
    });
    for row in &report.to_come {
        println!("not built yet: {row}");
    }
    assert!(
        report.differs.is_empty(),
        "differs from tests/original.yaml:\n{}",
        report.differs.join("\n")
    );
}

#[test]
fn the_file_has_what_product_md_counts() {
    let original = original();
    let stages: Vec<&Stage> = original
        .workflows
        .iter()
        .flat_map(|one| &one.stages)
        .collect();
    assert_eq!((original.workflows.len(), stages.len()), (4, 16));
    assert_eq!(
        (original.run_states.len(), original.step_states.len()),
        (5, 5)
    );
    assert_eq!((original.chat.len(), original.routes.len()), (4, 6));
    let titles: BTreeSet<&str> = stages.iter().map(|stage| stage.title.as_str()).collect();
    assert_eq!(titles.len(), 16);
}

fn titles_and_stages(original: &Original, report: &mut Report) {
    for expected in &original.workflows {
        let file = root().join(format!(
            "src-tauri/crates/definitions/builtin/{}.workflow.yaml",
            expected.id
        ));
        let Ok(text) = fs::read_to_string(&file) else {
            report.missing(
                format!("workflow {}", expected.title),
                expected.brought_by.as_ref(),
            );
            continue;
        };
        let built: Json = serde_saphyr::from_str(&text).unwrap();
        if built["title"] != *expected.title {
            report.differs.push(format!(
                "{}: title {} instead of {}",
                expected.id, built["title"], expected.title
            ));
        }
        let stages = stages_of(&built);
        if stages != expected.stages {
            report.differs.push(format!(
                "{}: stages {stages:?} instead of {:?}",
                expected.id, expected.stages
            ));
        }
    }
}

/// The stage lines of a workflow file: its `stages`, or its top-level steps. A stage asks when a step in it has a gate.
fn stages_of(built: &Json) -> Vec<Stage> {
    let steps = built["steps"].as_array().cloned().unwrap_or_default();
    let titles: Vec<String> = match built["stages"].as_array() {
        Some(titles) => titles
            .iter()
            .filter_map(|title| title.as_str().map(str::to_owned))
            .collect(),
        None => steps
            .iter()
            .filter_map(|step| step["title"].as_str().map(str::to_owned))
            .collect(),
    };
    let by_number = built["stages"].is_array();
    let in_stage = |at: usize, number: usize, step: &Json| {
        if by_number {
            step["stage"].as_u64().unwrap_or(at as u64 + 1) == number as u64
        } else {
            at + 1 == number
        }
    };
    (1..)
        .zip(titles)
        .map(|(number, title)| {
            let asks = steps
                .iter()
                .enumerate()
                .any(|(at, step)| in_stage(at, number, step) && has_gate(step));
            Stage { title, asks }
        })
        .collect()
}

fn has_gate(step: &Json) -> bool {
    let inside = [&step["steps"], &step["parallel"]["steps"]];
    step.get("gate").is_some()
        || step
            .get("requires_approval")
            .is_some_and(|asks| asks == true)
        || inside
            .into_iter()
            .filter_map(Json::as_array)
            .flatten()
            .any(has_gate)
}

fn states(original: &Original, report: &mut Report) {
    use RunState as R;
    use StepStatus as S;
    let runs = [
        R::Pending,
        R::Running,
        R::Completed,
        R::Failed,
        R::Cancelled,
    ]
    .map(R::word);
    if runs.to_vec() != original.run_states {
        report.differs.push(format!(
            "run states {runs:?} instead of {:?}",
            original.run_states
        ));
    }
    let steps = [
        S::Pending,
        S::InProgress,
        S::Completed,
        S::Failed,
        S::Skipped,
    ];
    for (built, expected) in steps.into_iter().zip(&original.step_states) {
        let in_journal = serde_json::to_value(built).unwrap();
        if built.word() != expected.word || in_journal != *expected.word {
            report.differs.push(format!(
                "step state {} instead of {}",
                built.word(),
                expected.word
            ));
        }
        if expected
            .glyph
            .as_deref()
            .is_some_and(|glyph| glyph != built.glyph())
        {
            report.differs.push(format!(
                "{}: glyph {} instead of {:?}",
                expected.word,
                built.glyph(),
                expected.glyph
            ));
        }
    }
}

fn in_texts(
    rows: &[Words],
    kind: &str,
    texts: &[String],
    report: &mut Report,
    forms: impl Fn(&str) -> Vec<String>,
) {
    for row in rows {
        let found = forms(&row.text)
            .iter()
            .any(|form| texts.iter().any(|text| text.contains(form.as_str())));
        match (found, &row.brought_by) {
            (false, brought_by) => {
                report.missing(format!("{kind} {:?}", row.text), brought_by.as_ref())
            }
            (true, Some(_)) => println!("built now, take its mark away: {kind} {:?}", row.text),
            (true, None) => {}
        }
    }
}

fn original() -> Original {
    serde_saphyr::from_str(&fs::read_to_string(root().join("tests/original.yaml")).unwrap())
        .unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// The text of all sources and workflow files under a folder, but those in these folders.
fn texts(folder: &Path, but: &[&str]) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut texts = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !but.contains(&name.as_str()) {
                texts.extend(self::texts(&path, but));
            }
        } else if name.ends_with(".rs") && !name.ends_with("_tests.rs") || name.ends_with(".yaml") {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
    texts
}
