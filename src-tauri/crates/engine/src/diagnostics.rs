//! What a maintainer needs to understand a fault, as a zip file that a person can look through before giving it away:
//! versions, sizes, counts, states, codes. No values of runs, no host names, no texts of files, no secrets: what is not
//! named here is not in it.

use crate::{OpenOptions, auditing, clock, faults, made, people, workflows};
use api::{AuditReport, EngineState, Fault, FileMade, WorkflowList};
use serde_json::{Value as Json, json};
use std::{
    collections::BTreeMap,
    fs,
    io::{self, Cursor, Read as _, Write as _},
    path::{Path, PathBuf},
};
use store::{ReadFault, Reader};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// The databases of a data folder.
const DATABASES: [&str; 3] = ["countersign.db", "logs.db", "telemetry.db"];

const README: &str = "\
Diagnostics of Countersign. Every file in here is text: look through them before you give this away.

about.json      the version of the program and of the operating system
engine.json     whether the engine can write; only where it was running
data.json       how big the files of the data folder are, and their schema versions
counts.json     how many runs, decisions, agents and so on there are
workflows.json  ids and digests of the workflows; names of workflow files with codes and places of what is wrong in them
audit.json      whether the journal is whole and signed

Not in here: inputs, outputs, cards and logs of runs, names and addresses of hosts, texts of workflow files, secrets, \
names of people. The program keeps no log of its own, so there is none in here.
";

/// What is known before the file is made.
pub(crate) struct Known<'a> {
    pub(crate) data_dir: &'a Path,
    /// Where the engine runs.
    pub(crate) engine: Option<EngineState>,
    pub(crate) workflows: WorkflowList,
    pub(crate) reader: Result<&'a Reader, Fault>,
    pub(crate) audit: Result<AuditReport, Fault>,
}

/// Writes diagnostics of a data folder, beside its owner or without one, also of one that cannot be opened.
///
/// # Errors
/// The folder for downloads cannot be written.
pub async fn diagnostics(options: &OpenOptions) -> Result<FileMade, Fault> {
    let audit = auditing::audit_folder(options).await;
    let (data_dir, to) = (options.data_dir.clone(), options.downloads());
    tokio::task::spawn_blocking(move || {
        let reader = Reader::open(&data_dir).map_err(|fault| faults::open(&fault));
        let known = Known {
            data_dir: &data_dir,
            engine: None,
            workflows: workflows::workflows(&data_dir),
            reader: reader.as_ref().map_err(Clone::clone),
            audit,
        };
        write(&known, &to)
    })
    .await
    .map_err(faults::internal)?
}

/// Writes the file. Blocking.
pub(crate) fn write(known: &Known<'_>, to: &Path) -> Result<FileMade, Fault> {
    let files = [
        ("README.txt", README.to_owned()),
        ("about.json", pretty(&about())),
        ("engine.json", pretty(&engine(known))),
        ("data.json", pretty(&data(known))),
        ("counts.json", pretty(&counts(known))),
        ("workflows.json", pretty(&of_workflows(&known.workflows))),
        ("audit.json", pretty(&audit(known))),
    ];
    let bytes = packed(&files).map_err(faults::internal)?;
    let stem = format!("countersign-diagnostics-{}", today());
    let path = made::write(to, &stem, "zip", &bytes)?;
    Ok(FileMade {
        path: path.display().to_string(),
        bytes: bytes.len() as u64,
        says: [
            "Versions, sizes, counts, ids and digests of workflows with places and codes of what is wrong in their files, and whether the journal is whole.",
            "Not in it: inputs, outputs and logs of runs, names and addresses of hosts, texts of workflow files, secrets, names of people.",
            "It is a zip of text files: look through it before you give it away.",
        ]
        .map(str::to_owned)
        .to_vec(),
    })
}

fn packed(files: &[(&str, String)]) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, text) in files {
        zip.start_file(*name, options)?;
        zip.write_all(text.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

fn pretty(value: &Json) -> String {
    format!("{value:#}\n")
}

fn today() -> String {
    let now = jiff::Timestamp::from_microsecond(clock::now_us()).unwrap_or_default();
    now.to_zoned(jiff::tz::TimeZone::system())
        .strftime("%Y-%m-%d")
        .to_string()
}

fn about() -> Json {
    let made_at = jiff::Timestamp::from_microsecond(clock::now_us()).unwrap_or_default();
    let variables = [
        "XDG_SESSION_TYPE",
        "XDG_CURRENT_DESKTOP",
        "COUNTERSIGN_KEYCHAIN",
    ];
    let session: BTreeMap<&str, String> = variables
        .into_iter()
        .filter_map(|name| Some((name, std::env::var(name).ok()?)))
        .collect();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "made_at": made_at.to_string(),
        "os": std::env::consts::OS,
        "architecture": std::env::consts::ARCH,
        "system": os_release(),
        "kernel": kernel(),
        "session": session,
    })
}

fn os_release() -> Option<String> {
    let text = fs::read_to_string("/etc/os-release").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(line.trim_matches('"').to_owned())
}

/// Its release, not the name of the computer.
fn kernel() -> Option<String> {
    #[cfg(unix)]
    {
        let name = rustix::system::uname();
        let parts = [name.sysname(), name.release(), name.machine()];
        Some(
            parts
                .map(|part| part.to_string_lossy().into_owned())
                .join(" "),
        )
    }
    #[cfg(not(unix))]
    {
        None
    }
}

fn engine(known: &Known<'_>) -> Json {
    let Some(state) = &known.engine else {
        return json!({ "running": "not asked: made without the engine" });
    };
    json!({
        "running": true,
        "version": state.version,
        "writable": state.writable,
        "trouble": state.trouble.as_deref().map(|text| without_names(text, known.data_dir)),
        "definitions_seq": state.definitions_seq,
    })
}

/// A sentence of ours without the paths and names that it may quote.
fn without_names(text: &str, data_dir: &Path) -> String {
    let home = std::env::var("HOME").unwrap_or_default();
    let mut text = text.to_owned();
    #[cfg(unix)]
    let computer = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    #[cfg(not(unix))]
    let computer = std::env::var("COMPUTERNAME").unwrap_or_default();
    for (name, instead) in [
        (data_dir.display().to_string(), "<data folder>"),
        (home, "<home>"),
        (computer, "<this computer>"),
        (people::os_user(), "<user>"),
    ] {
        if name.len() > 1 {
            text = text.replace(&name, instead);
        }
    }
    text
}

/// Only what a fault is called; its text may name a path.
fn refused(fault: &Fault) -> Json {
    json!({ "fault": fault.code })
}

fn data(known: &Known<'_>) -> Json {
    let dir = known.data_dir;
    let size = |path: PathBuf| fs::metadata(path).ok().map(|found| found.len());
    let versions = match &known.reader {
        Ok(reader) => reader.schema_versions().ok().map(|of| of.map(Some)),
        Err(_) => Some(DATABASES.map(|name| schema_version(&dir.join(name)).ok())),
    };
    let versions = versions.unwrap_or_default();
    let databases: Vec<Json> = DATABASES
        .into_iter()
        .zip(versions)
        .map(|(name, version)| {
            json!({
                "file": name,
                "bytes": size(dir.join(name)),
                "bytes_in_log": size(dir.join(format!("{name}-wal"))),
                "schema_version": version,
            })
        })
        .collect();
    let entries = |folder: PathBuf| fs::read_dir(folder).map_or(0, Iterator::count);
    json!({
        "databases": databases,
        "workflow_files": entries(dir.join("workflows")),
        "backups": entries(made::backups_dir(dir)),
    })
}

/// `user_version` of an SQLite file that could not be opened: four bytes, big endian, at offset 60
/// (https://www.sqlite.org/fileformat.html#database_header). Only where this process has no connection to it: closing the
/// file would give up the locks that SQLite holds on it (a rule of POSIX).
fn schema_version(path: &Path) -> io::Result<u32> {
    let mut header = [0; 64];
    fs::File::open(path)?.read_exact(&mut header)?;
    let [.., a, b, c, d] = header;
    Ok(u32::from_be_bytes([a, b, c, d]))
}

fn counts(known: &Known<'_>) -> Json {
    let reader = match &known.reader {
        Ok(reader) => reader,
        Err(fault) => return refused(fault),
    };
    let counted = || -> Result<Json, ReadFault> {
        Ok(json!({
            "records": reader.last_seq()?,
            "runs": reader.runs_by_state()?,
            "runs_that_owe_work": reader.owing_runs()?.len(),
            "open_gates": reader.open_gates()?.len(),
            "timers": reader.timers()?.len(),
            "agents": reader.agents()?.len(),
            "host_keys": reader.host_keys(None)?.len(),
            "tokens": reader.operators()?.len(),
        }))
    };
    counted().unwrap_or_else(|fault| refused(&faults::read(&fault)))
}

fn of_workflows(list: &WorkflowList) -> Json {
    let workflows = list.workflows.iter().map(|workflow| {
        json!({
            "id": workflow.id,
            "version": workflow.version,
            "digest": workflow.digest,
            "built_in": workflow.origin == "built-in",
            "shadows_builtin": workflow.shadows_builtin,
        })
    });
    // Not what is wrong in words: they quote the file.
    let findings = list.findings.iter().map(|finding| {
        let file = Path::new(&finding.file).file_name();
        json!({
            "file": file.map(|name| name.to_string_lossy()),
            "line": finding.line,
            "column": finding.column,
            "severity": finding.severity,
            "code": finding.code,
        })
    });
    json!({
        "workflows": workflows.collect::<Vec<_>>(),
        "findings": findings.collect::<Vec<_>>(),
    })
}

fn audit(known: &Known<'_>) -> Json {
    match &known.audit {
        Ok(report) => json!({
            "state": report.state,
            "intact": report.intact,
            "records": report.records,
            "broken_at": report.broken_at,
            "why": report.why,
            "signed_upto": report.signed_upto,
            "unsigned_since": report.unsigned_since,
        }),
        Err(fault) => refused(fault),
    }
}
