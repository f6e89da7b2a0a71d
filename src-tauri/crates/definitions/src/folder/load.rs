//! One pass over the files of a folder: reads them, and checks what concerns more than one. Keeps nothing.

use super::{Definition, Origin, TestFile};
use crate::Catalogue;
use crate::document::{Document, FILE_BYTES, read};
use crate::finding::{Finding, Severity};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use workflow::{Digest, digest_of_json};

/// One pass over all files.
pub(super) struct Load<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) findings: Vec<Finding>,
    /// The files of kind Test, each with its text.
    pub(super) tests: Vec<(TestFile, String)>,
}

impl Load<'_> {
    /// The files of the folder, by name. Hidden ones belong to editors.
    pub(super) fn paths(&mut self, dir: &Path) -> Vec<PathBuf> {
        let entries = match std::fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                self.error(
                    &dir.display().to_string(),
                    1,
                    "unreadable",
                    format!("the folder cannot be read: {error}"),
                    "check its permissions",
                );
                return Vec::new();
            }
        };
        let mut paths: Vec<PathBuf> = entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| is_definition(path))
            .collect();
        paths.sort();
        paths
    }

    pub(super) fn path(&mut self, path: &Path) -> Option<Definition> {
        let name = path.display().to_string();
        let mut bytes = Vec::new();
        // One byte more than a file may have is enough to refuse it.
        let opened = std::fs::File::open(path)
            .and_then(|file| file.take(FILE_BYTES as u64 + 1).read_to_end(&mut bytes));
        if let Err(error) = opened {
            self.error(
                &name,
                1,
                "unreadable",
                format!("the file cannot be read: {error}"),
                "check its permissions",
            );
            return None;
        }
        if bytes.len() > FILE_BYTES {
            // Reading refuses it by its length alone.
            return self.file(
                Origin::File(path.to_owned()),
                &name,
                &String::from_utf8_lossy(&bytes),
            );
        }
        match String::from_utf8(bytes) {
            Ok(text) => self.file(Origin::File(path.to_owned()), &name, &text),
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                let line = 1 + error
                    .as_bytes()
                    .iter()
                    .take(good)
                    .filter(|byte| **byte == b'\n')
                    .count();
                self.error(
                    &name,
                    line,
                    "not_utf8",
                    "the file is not UTF-8 text",
                    "save it as UTF-8",
                );
                None
            }
        }
    }

    pub(super) fn file(&mut self, origin: Origin, name: &str, text: &str) -> Option<Definition> {
        let reading = read(name, text, self.catalogue);
        self.findings.extend(reading.findings.iter().cloned());
        match reading.document? {
            Document::Workflow(workflow) => Some(Definition {
                digest: digest_of_json(&serde_json::to_value(&workflow).unwrap_or_default()),
                workflow: Arc::from(workflow),
                source_digest: Digest::of(text.as_bytes()),
                source: text.into(),
                origin,
                derived_from: None,
                findings: reading.findings,
            }),
            Document::Application(_) => {
                self.error(
                    name,
                    1,
                    "not_here",
                    "an application is no workflow",
                    "put it into the folder `apps` beside this one",
                );
                None
            }
            Document::Test(test) => {
                self.tests
                    .push((TestFile { origin, test }, text.to_owned()));
                None
            }
        }
    }

    /// Two files with one id: neither counts until one is changed.
    pub(super) fn refuse_twins(
        &mut self,
        fresh: &mut BTreeMap<PathBuf, Definition>,
        bad: &mut BTreeMap<PathBuf, Vec<Finding>>,
    ) {
        let mut by_id: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for (path, definition) in fresh.iter() {
            by_id
                .entry(definition.workflow.id.clone())
                .or_default()
                .push(path.clone());
        }
        for (id, paths) in by_id.into_iter().filter(|(_, paths)| paths.len() > 1) {
            let names: BTreeSet<String> = paths.iter().map(|path| file_name(path)).collect();
            let names: Vec<String> = names.into_iter().collect();
            for path in paths {
                let Some(definition) = fresh.remove(&path) else {
                    continue;
                };
                let what = format!(
                    "the id `{id}` is in more than one file: {}",
                    names.join(" and ")
                );
                let line = line_of(&definition.source, "id:");
                self.error(
                    &path.display().to_string(),
                    line,
                    "duplicate_id",
                    what,
                    "change the id in one of them, or take one away",
                );
                let finding = self.findings.last().cloned();
                bad.insert(
                    path,
                    definition.findings.into_iter().chain(finding).collect(),
                );
            }
        }
    }

    /// A copy of a built-in records what it was made from in its label `derived_from` (semantics.md 21).
    pub(super) fn newer_built_in(&mut self, definition: &Definition, built_in: &Definition) {
        let Some(made_from) = definition.workflow.labels.get("derived_from") else {
            return;
        };
        let Origin::File(path) = &definition.origin else {
            return;
        };
        if *made_from != built_in.source_digest.to_string() {
            self.findings.push(Finding {
                file: path.display().to_string(),
                line: u32::try_from(line_of(&definition.source, "labels:")).unwrap_or(1),
                column: 1,
                severity: Severity::Warning,
                code: "newer_built_in".to_owned(),
                what: format!(
                    "the built-in `{}` has changed since this copy was made",
                    definition.workflow.id
                ),
                hint: format!(
                    "compare, then write `derived_from: {}`",
                    built_in.source_digest
                ),
            });
        }
    }

    pub(super) fn check_tests(&mut self, definitions: &BTreeMap<String, Definition>) {
        for (file, text) in std::mem::take(&mut self.tests) {
            let name = match &file.origin {
                Origin::BuiltIn(name) => name.clone(),
                Origin::File(path) => path.display().to_string(),
            };
            match definitions.get(&file.test.workflow) {
                None => {
                    let known = definitions.keys().map(String::as_str);
                    let hint = crate::suggest::hint(&file.test.workflow, known);
                    let what = format!("there is no workflow `{}` to test", file.test.workflow);
                    self.error(
                        &name,
                        line_of(&text, "workflow:"),
                        "unknown_workflow",
                        what,
                        hint,
                    );
                }
                Some(definition) => {
                    for answer in file.test.cases.iter().flat_map(|case| &case.decide) {
                        let step = definition.workflow.step(&answer.at.step.id);
                        if step.and_then(|step| step.gate(answer.at.kind)).is_none() {
                            let line = line_of(&text, &answer.at.to_string());
                            let what = format!("the workflow has no gate `{}`", answer.at);
                            self.error(
                                &name,
                                line,
                                "unknown_gate",
                                what,
                                "write `step.before` or `step.after`",
                            );
                        }
                    }
                }
            }
            self.tests.push((file, text));
        }
    }

    fn error(
        &mut self,
        file: &str,
        line: usize,
        code: &str,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.findings.push(Finding {
            file: file.to_owned(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: 1,
            severity: Severity::Error,
            code: code.to_owned(),
            what: what.into(),
            hint: hint.into(),
        });
    }
}

/// Is it a file that the folder reads?
pub(crate) fn is_definition(path: &Path) -> bool {
    let yaml = path
        .extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml");
    yaml && !file_name(path).starts_with('.')
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// The first line that holds the words, from 1; the first line when none does.
fn line_of(text: &str, words: &str) -> usize {
    let at_start = text.lines().position(|line| line.starts_with(words));
    at_start
        .or_else(|| text.lines().position(|line| line.contains(words)))
        .map_or(1, |line| line + 1)
}
