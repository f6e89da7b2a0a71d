//! The definitions as the engine uses them: the folder, kept up to date, and the pinning of a run to one of them.
//! The language itself is the crate `definitions`.

use crate::mailbox::{Mailbox, Message, PinnedDefinition};
use api::{Fault, Finding, SourceText, ValidationReport, WorkflowInfo, WorkflowList};
use definitions::{Catalogue, Definition, Document, Folder, Origin, Severity, Watch};
use serde_json::Value as Json;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};
use workflow::{EffectClass, Workflow};

/// The definitions of one engine.
pub(crate) struct Definitions {
    folder: Arc<RwLock<Folder>>,
    seq: Arc<AtomicU64>,
    seen: Mutex<Files>,
    mailbox: Mailbox,
    _watch: Option<Watch>,
}

/// The files of the folder with their sizes and times: what tells that something was written.
type Files = Vec<(PathBuf, u64, Option<SystemTime>)>;

fn files(dir: &Path) -> Files {
    let entries = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    let mut files: Files = entries
        .filter_map(|entry| {
            let meta = entry.metadata().ok()?;
            Some((entry.path(), meta.len(), meta.modified().ok()))
        })
        .collect();
    files.sort();
    files
}

/// The records of the tools that ship with the program.
fn catalogue(tools: &tools::Catalogue) -> Catalogue {
    let catalogue: Catalogue = tools.specs().cloned().collect();
    catalogue.with_models(tools::Catalogue::FOR_MODELS)
}

impl Definitions {
    /// Reads the folder and watches it. A folder that cannot be watched is read once more before each start.
    pub(crate) fn open(dir: &Path, tools: &tools::Catalogue, mailbox: Mailbox) -> Definitions {
        let seen = Mutex::new(files(dir));
        let folder = Arc::new(RwLock::new(Folder::open(dir, catalogue(tools))));
        let seq = Arc::new(AtomicU64::new(1));
        let (watched, counter, told) = (Arc::clone(&folder), Arc::clone(&seq), mailbox.clone());
        let watch = Watch::start(dir, move || {
            if watched
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .reload()
            {
                counter.fetch_add(1, Ordering::Relaxed);
                told.send(Message::EngineChanged);
            }
        });
        let watch = match watch {
            Ok(watch) => Some(watch),
            Err(fault) => {
                tracing::warn!(%fault, "definitions are read before each start instead");
                None
            }
        };
        Definitions {
            folder,
            seq,
            seen,
            mailbox,
            _watch: watch,
        }
    }

    pub(crate) fn seq(&self) -> u64 {
        self.seq.load(Ordering::Relaxed)
    }

    pub(crate) fn list(&self) -> WorkflowList {
        self.refresh();
        listed(&self.folder.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The text of a workflow, as it stands now.
    pub(crate) fn source(&self, name: &str) -> Result<SourceText, Fault> {
        self.refresh();
        source_in(
            &self.folder.read().unwrap_or_else(PoisonError::into_inner),
            name,
        )
    }

    /// A file that was written a moment ago counts, whether or not the watch has told of it yet. Who reads first tells
    /// the windows: the watch finds nothing new after that.
    fn refresh(&self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = files(
            self.folder
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .dir(),
        );
        if *seen == now {
            return;
        }
        *seen = now;
        if self
            .folder
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .reload()
        {
            self.seq.fetch_add(1, Ordering::Relaxed);
            self.mailbox.send(Message::EngineChanged);
        }
    }

    /// What a new run of that workflow is pinned to.
    pub(crate) fn pin(&self, id: &str) -> Result<PinnedDefinition, Fault> {
        self.refresh();
        let folder = self.folder.read().unwrap_or_else(PoisonError::into_inner);
        match folder.get(id) {
            Some(definition) => Ok(PinnedDefinition {
                model: Arc::clone(&definition.workflow),
                digest: definition.digest,
                text: definition.source.to_string(),
            }),
            None => {
                let known: Vec<&str> = folder.definitions().keys().map(String::as_str).collect();
                let broken: Vec<String> = folder
                    .findings()
                    .iter()
                    .filter(|finding| finding.severity == Severity::Error)
                    .map(ToString::to_string)
                    .collect();
                let action = format!("There are: {}", known.join(", "));
                Err(Fault::new(
                    "unknown_workflow",
                    format!("There is no workflow {id}"),
                    action,
                )
                .with_detail(broken.join("\n")))
            }
        }
    }
}

fn listed(folder: &Folder) -> WorkflowList {
    let mut workflows: Vec<WorkflowInfo> = folder.definitions().values().map(info).collect();
    workflows.sort_by(|a, b| a.title.cmp(&b.title));
    WorkflowList {
        workflows,
        findings: folder.findings().iter().map(finding).collect(),
        folder: folder.dir().display().to_string(),
    }
}

/// The text of a workflow of a data folder, without opening an engine.
pub(crate) fn source(data_dir: &Path, name: &str) -> Result<SourceText, Fault> {
    let catalogue = catalogue(&tools::Catalogue::builtin());
    source_in(&Folder::open(data_dir.join("workflows"), catalogue), name)
}

fn source_in(folder: &Folder, name: &str) -> Result<SourceText, Fault> {
    let source = folder.source(name).ok_or_else(|| {
        let files = folder.listed().into_iter();
        let files = files.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
        let known: Vec<String> = folder.definitions().keys().cloned().chain(files).collect();
        Fault::new(
            "unknown_workflow",
            format!("There is no workflow and no workflow file {name}"),
            format!("There are: {}", known.join(", ")),
        )
    })?;
    let source = source.map_err(|error| {
        Fault::new(
            "source_unreadable",
            format!("The file of {name} cannot be read"),
            "Look whether it is still there and whether your user may read it",
        )
        .with_detail(error.to_string())
    })?;
    Ok(SourceText {
        origin: origin(&source.origin),
        text: source.text,
        findings: source.findings.iter().map(finding).collect(),
    })
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::BuiltIn(_) => "built-in".to_owned(),
        Origin::File(path) => path.display().to_string(),
    }
}

/// The workflows of a data folder, without opening an engine: nothing is resumed by looking at a list.
pub fn workflows(data_dir: &Path) -> WorkflowList {
    listed(&Folder::open(
        data_dir.join("workflows"),
        catalogue(&tools::Catalogue::builtin()),
    ))
}

fn info(definition: &Definition) -> WorkflowInfo {
    let Workflow {
        id,
        title,
        description,
        version,
        risk,
        inputs,
        stages,
        ..
    } = definition.workflow.as_ref();
    WorkflowInfo {
        id: id.clone(),
        title: title.clone(),
        description: description.clone(),
        version: version.clone(),
        risk: *risk,
        reads_only: definition.workflow.effects.as_deref() == Some(&[EffectClass::Read]),
        inputs: inputs.clone(),
        stages: stages.clone(),
        origin: origin(&definition.origin),
        shadows_builtin: definition.derived_from.is_some(),
        digest: definition.digest,
    }
}

pub(crate) fn finding(finding: &definitions::Finding) -> Finding {
    Finding {
        file: finding.file.clone(),
        line: finding.line,
        column: finding.column,
        severity: finding.severity.to_string(),
        code: finding.code.clone(),
        what: finding.what.clone(),
        hint: finding.hint.clone(),
    }
}

/// What is wrong with a definition file. Needs no data folder.
pub fn validate(file: &str, text: &str) -> ValidationReport {
    let mut reading = definitions::read(file, text, &catalogue(&tools::Catalogue::builtin()));
    if let Some(Document::Application(application)) = &reading.document {
        let wrong = crate::applications::wrong_values(application);
        if !wrong.is_empty() {
            reading.document = None;
            reading.findings.extend(wrong);
        }
    }
    ValidationReport {
        ok: reading.document.is_some(),
        what: reading.document.map(|document| match document {
            Document::Workflow(workflow) => format!("Workflow {}", workflow.id),
            Document::Test(test) => format!("Test of {}", test.workflow),
            Document::Application(_) => "Application".to_owned(),
        }),
        findings: reading.findings.iter().map(finding).collect(),
    }
}

/// The JSON Schema of applications' files and of deploy.yaml, for editors. Needs no data folder.
pub fn application_schema() -> Json {
    definitions::application_schema()
}

/// The JSON Schema of workflow files, for editors. Needs no data folder.
pub fn schema() -> Json {
    definitions::schema()
}
