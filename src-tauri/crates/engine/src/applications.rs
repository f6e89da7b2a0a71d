//! The applications of a data folder: the files of `apps/`, each `NAME.app.yaml`, read without opening an engine. Deploys
//! nothing.

use crate::{made, workflows};
use api::{AppInfo, AppList, AppProposal, AppSetting, Fault};
use definitions::{Application, Document, Finding};
use fleet::Selector;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

const ENDING: &str = ".app.yaml";

/// The folder of the applications' files.
pub(crate) fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("apps")
}

/// The applications of a data folder, and what is wrong with their files.
pub fn apps(data_dir: &Path) -> AppList {
    let folder = folder(data_dir);
    let mut names: Vec<String> = fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| Some(name.strip_suffix(ENDING)?.to_owned()))
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    AppList {
        apps: names.into_iter().map(|name| info(&folder, name)).collect(),
        folder: folder.display().to_string(),
    }
}

fn info(folder: &Path, name: String) -> AppInfo {
    let path = folder.join(format!("{name}{ENDING}"));
    let file = path.display().to_string();
    let (application, findings) = match fs::read_to_string(&path) {
        Ok(text) => read(&file, &text),
        Err(error) => (None, vec![unreadable(&file, &error)]),
    };
    let settings =
        application.map(|application| application.with_repository(Application::default()));
    let settings = settings
        .into_iter()
        .flat_map(|application| application.settings);
    AppInfo {
        name,
        file,
        ok: findings
            .iter()
            .all(|finding| finding.severity != definitions::Severity::Error),
        findings: findings.iter().map(workflows::finding).collect(),
        settings: settings
            .map(|(key, setting)| AppSetting {
                key,
                origin: setting.origin(),
                value: setting.value,
            })
            .collect(),
    }
}

fn read(file: &str, text: &str) -> (Option<Application>, Vec<Finding>) {
    let reading = definitions::read(file, text, &definitions::Catalogue::default());
    let mut findings = reading.findings;
    match reading.document {
        Some(Document::Application(application)) => {
            findings.extend(wrong_values(&application));
            (Some(application), findings)
        }
        Some(Document::Workflow(_) | Document::Test(_)) => {
            let what = "this is no application".to_owned();
            findings.push(refused(
                file,
                "not_here",
                what,
                "put it into the folder `workflows`",
            ));
            (None, findings)
        }
        None => (None, findings),
    }
}

/// What only those who use the values can tell: whether a selector is one, and an address.
pub(crate) fn wrong_values(application: &Application) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (key, setting) in &application.settings {
        let Some(text) = setting.value.as_str() else {
            continue;
        };
        if key.starts_with("targets.")
            && let Err(fault) = Selector::parse(text)
        {
            let hint = "write a selector of labels, such as role=web,tier!=db";
            findings.push(setting.finding("wrong_selector", format!("`{key}`: {fault}"), hint));
        }
        if key == "repository"
            && let Err(error) = tools::check_repository(text)
        {
            findings.push(setting.finding("wrong_repository", error.message, &error.hint));
        }
    }
    findings
}

fn unreadable(file: &str, error: &std::io::Error) -> Finding {
    refused(
        file,
        "unreadable",
        format!("the file cannot be read: {error}"),
        "check its permissions",
    )
}

fn refused(file: &str, code: &str, what: String, hint: &str) -> Finding {
    Finding {
        file: file.to_owned(),
        line: 1,
        column: 1,
        severity: definitions::Severity::Error,
        code: code.to_owned(),
        what,
        hint: hint.to_owned(),
    }
}

/// Looks at a folder and proposes a file for it. Blocking.
///
/// # Errors
/// It is no folder of this computer that can be read.
pub fn propose_app(repository: &str, data_dir: &Path) -> Result<AppProposal, Fault> {
    let proposal = definitions::propose(Path::new(repository)).map_err(|error| {
        Fault::new(
            "unreadable",
            format!(
                "{} cannot be looked at: {error}",
                fleet::visible(repository, 300)
            ),
            "Name the folder of a clone on this computer; clone the repository first",
        )
    })?;
    let file = folder(data_dir).join(format!("{}{ENDING}", proposal.name));
    let (_, findings) = read(&file.display().to_string(), &proposal.text);
    Ok(AppProposal {
        name: proposal.name,
        file: file.display().to_string(),
        text: proposal.text,
        seen: proposal.seen,
        findings: findings.iter().map(workflows::finding).collect(),
    })
}

/// Writes a proposal where it says, unless there is a file already. Blocking.
///
/// # Errors
/// There is one, or the folder cannot be written.
pub fn keep_app(proposal: &AppProposal, data_dir: &Path) -> Result<(), Fault> {
    let (folder, file) = (folder(data_dir), Path::new(&proposal.file));
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)
        .map_err(|error| made::unwritten(&folder, &error))?;
    let mut opened = match OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
    {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(Fault::new(
                "exists",
                format!(
                    "There is an application {} already: {}",
                    proposal.name, proposal.file
                ),
                "Edit that file, or move it away first",
            ));
        }
        opened => opened.map_err(|error| made::unwritten(file, &error))?,
    };
    opened
        .write_all(proposal.text.as_bytes())
        .and_then(|()| opened.sync_all())
        .map_err(|error| made::unwritten(file, &error))
}
