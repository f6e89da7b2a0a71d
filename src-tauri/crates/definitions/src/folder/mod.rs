//! The definitions folder: the built-ins and the files of the person, by id. A file that is wrong keeps its last good
//! version and shows its findings. Not the watching (`watch`), and not a store: nothing is remembered after the end
//! of the process.

mod load;
mod source;

pub(crate) use load::is_definition;
pub use source::Source;

use crate::finding::{Finding, Severity};
use crate::testing::Test;
use crate::{Catalogue, built_in};
use load::Load;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use workflow::{Digest, Workflow};

/// The definitions of an installation.
#[derive(Debug)]
pub struct Folder {
    dir: PathBuf,
    catalogue: Catalogue,
    /// The last good version of each file.
    good: BTreeMap<PathBuf, Definition>,
    definitions: BTreeMap<String, Definition>,
    tests: Vec<TestFile>,
    findings: Vec<Finding>,
}

/// A workflow with where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// The resolved model.
    pub workflow: Arc<Workflow>,
    /// Digest of the resolved model as canonical JSON: what a run pins.
    pub digest: Digest,
    /// The text it was read from.
    pub source: Arc<str>,
    /// Digest of the text.
    pub source_digest: Digest,
    /// Where it comes from.
    pub origin: Origin,
    /// The digest of the built-in's text that this file shadows.
    pub derived_from: Option<Digest>,
    /// What is wrong with its file as it stands now. With an error among them, this is the last good version.
    pub findings: Vec<Finding>,
}

impl Definition {
    /// Is the file wrong as it stands now, so that this is its last good version?
    pub fn is_stale(&self) -> bool {
        has_errors(&self.findings)
    }
}

/// Where a file comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// It ships with the app, under this name.
    BuiltIn(String),
    /// It is a file of the folder.
    File(PathBuf),
}

/// A file of kind Test with where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct TestFile {
    /// Where it comes from.
    pub origin: Origin,
    /// Its tests.
    pub test: Test,
}

impl Folder {
    /// Reads the built-ins and the files of a folder. A folder that does not exist yet is an empty one.
    pub fn open(dir: impl Into<PathBuf>, catalogue: Catalogue) -> Folder {
        let mut folder = Folder {
            dir: dir.into(),
            catalogue,
            good: BTreeMap::new(),
            definitions: BTreeMap::new(),
            tests: Vec::new(),
            findings: Vec::new(),
        };
        folder.reload();
        folder
    }

    /// The folder's path.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The definitions by id.
    pub fn definitions(&self) -> &BTreeMap<String, Definition> {
        &self.definitions
    }

    /// The definition of that id.
    pub fn get(&self, id: &str) -> Option<&Definition> {
        self.definitions.get(id)
    }

    /// The files of kind Test.
    pub fn tests(&self) -> &[TestFile] {
        &self.tests
    }

    /// What is wrong with the files as they stand now.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Reads everything again; true when a definition, a test or a finding is different from before.
    pub fn reload(&mut self) -> bool {
        let mut load = Load {
            catalogue: &self.catalogue,
            findings: Vec::new(),
            tests: Vec::new(),
        };
        let mut built_ins = BTreeMap::new();
        for (name, text) in built_in::FILES {
            if let Some(definition) = load.file(Origin::BuiltIn(name.to_owned()), name, text) {
                built_ins.insert(definition.workflow.id.clone(), definition);
            }
        }
        let paths = load.paths(&self.dir);
        let mut bad: BTreeMap<PathBuf, Vec<Finding>> = BTreeMap::new();
        let mut fresh: BTreeMap<PathBuf, Definition> = BTreeMap::new();
        for path in &paths {
            let before = load.findings.len();
            if let Some(definition) = load.path(path) {
                fresh.insert(path.clone(), definition);
            } else if has_errors(&load.findings[before..]) {
                bad.insert(path.clone(), load.findings[before..].to_vec());
            }
        }
        load.refuse_twins(&mut fresh, &mut bad);
        // A file that became a test, or is gone, has no last good version.
        self.good.retain(|path, _| bad.contains_key(path));
        for (path, findings) in bad {
            if let Some(kept) = self.good.get_mut(&path) {
                kept.findings = findings;
            }
        }
        self.good.extend(fresh);
        let mut definitions = built_ins.clone();
        for definition in self.good.values_mut() {
            if let Some(built_in) = built_ins.get(&definition.workflow.id) {
                definition.derived_from = Some(built_in.source_digest);
                load.newer_built_in(definition, built_in);
            }
            definitions.insert(definition.workflow.id.clone(), definition.clone());
        }
        load.check_tests(&definitions);
        let Load {
            mut findings,
            tests,
            ..
        } = load;
        findings.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        let tests: Vec<TestFile> = tests.into_iter().map(|(test, _)| test).collect();
        let same =
            self.definitions == definitions && self.tests == tests && self.findings == findings;
        (self.definitions, self.tests, self.findings) = (definitions, tests, findings);
        !same
    }
}

fn has_errors(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
}
