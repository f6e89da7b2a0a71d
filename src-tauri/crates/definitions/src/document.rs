//! From the text of one file to a document and its findings. Knows the kinds of files; what is in them is read
//! elsewhere.

use crate::context::Context;
use crate::finding::{Finding, Findings, Place};
use crate::keys;
use crate::testing::{self, Test};
use crate::yaml::{self, Node};
use crate::{Application, Catalogue, application, model, suggest};
use workflow::Workflow;

/// The largest file, in bytes (workflow-format.md, rule 8).
pub(crate) const FILE_BYTES: usize = 64 * 1024;
/// The version of the language.
const API_VERSION: &str = "countersign/v1";
const KINDS: [&str; 3] = ["Workflow", "Test", "Application"];

/// What reading a file gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// All that is wrong, ordered by place.
    pub findings: Vec<Finding>,
    /// The document; only when no finding is an error.
    pub document: Option<Document>,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Document {
    /// A workflow.
    Workflow(Box<Workflow>),
    /// Tests of a workflow.
    Test(Test),
    /// The settings of an application.
    Application(Application),
}

/// Reads the text of a file. The name is only for the findings.
pub fn read(file_name: &str, text: &str, catalogue: &Catalogue) -> Reading {
    let mut context = Context {
        text,
        catalogue,
        findings: Findings::new(file_name),
    };
    let document = document(&mut context, file_name);
    let document = document.filter(|_| !context.findings.has_errors());
    Reading {
        findings: context.findings.ordered(),
        document,
    }
}

fn document(context: &mut Context<'_>, file_name: &str) -> Option<Document> {
    if context.text.len() > FILE_BYTES {
        let what = format!("the file is larger than {} KiB", FILE_BYTES / 1024);
        context.error(Place::START, "too_large", what, "split the workflow");
        return None;
    }
    let root = yaml::parse(context.text, &mut context.findings)?;
    if !matches!(root.value, yaml::Value::Map(_)) {
        context.wrong_kind(
            &root,
            "a file",
            "a map",
            "begin with `apiVersion: countersign/v1`",
        );
        return None;
    }
    // Its two keys may be left out: `deploy_to` is the only one that must be said.
    let kind = root.get("kind").map(|kind| kind.text());
    if kind == Some(Some("Application")) || kind.is_none() && application::is_name(file_name) {
        let application = application::read(context, file_name, &root);
        return Some(Document::Application(application));
    }
    let hint = format!("write `apiVersion: {API_VERSION}`");
    if let Some(version) = context.required(&root, "apiVersion", "a file", &hint)
        && version.text() != Some(API_VERSION)
    {
        context.error(
            version.place,
            "unknown_version",
            "this version reads only countersign/v1",
            hint,
        );
    }
    let kind = context.required(&root, "kind", "a file", "write `kind: Workflow`")?;
    match kind.text() {
        Some("Workflow") => model::workflow(context, &root)
            .map(Box::new)
            .map(Document::Workflow),
        Some("Test") => testing::read(context, &root).map(Document::Test),
        other => {
            unknown_kind(context, kind, other.unwrap_or_default());
            None
        }
    }
}

fn unknown_kind(context: &mut Context<'_>, node: &Node, word: &str) {
    match keys::KINDS_LATER.iter().find(|later| later.word == word) {
        Some(later) => {
            context.error(
                node.place,
                "not_yet",
                format!("not available yet: `kind: {word}`"),
                later.hint,
            );
        }
        None => context.error(
            node.place,
            "unknown_word",
            format!("there is no kind `{word}`"),
            suggest::hint(word, KINDS),
        ),
    }
}
