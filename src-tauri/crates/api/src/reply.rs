//! What calls give, where the core has no type for it.

use crate::LogLine;
use fleet::{Agent, Finding as AgentFinding};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use workflow::{Actor, Digest, GateId, Risk, RunId, RunSummary};

/// The workflows that can be started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkflowList {
    /// By title.
    pub workflows: Vec<WorkflowInfo>,
    /// What is wrong with files of the definitions folder; a broken file keeps its last good version.
    pub findings: Vec<Finding>,
    /// The definitions folder.
    pub folder: String,
}

/// The applications that can be deployed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppList {
    /// By name.
    pub apps: Vec<AppInfo>,
    /// The folder of their files.
    pub folder: String,
}

/// An application's file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppInfo {
    /// Its name: that of the file.
    pub name: String,
    /// The file.
    pub file: String,
    /// Can the file be used?
    pub ok: bool,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// By key; empty when the file cannot be used. deploy.yaml of the repository may say others in their place.
    pub settings: Vec<AppSetting>,
}

/// One value of an application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppSetting {
    /// `keep`, `hooks.build`, `targets.production`.
    pub key: String,
    /// The value.
    pub value: Json,
    /// Where it was said: `web.app.yaml:3`, or `default`.
    pub origin: String,
}

/// A file for an application, not yet written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppProposal {
    /// The application's name.
    pub name: String,
    /// Where it would be written.
    pub file: String,
    /// Its text.
    pub text: String,
    /// What was seen in the repository, each a sentence.
    pub seen: Vec<String>,
    /// What a person must still put right.
    pub findings: Vec<Finding>,
}

/// A workflow that can be started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkflowInfo {
    /// Its name in commands.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// The author's version.
    pub version: String,
    /// How much can go wrong.
    pub risk: Risk,
    /// It can only read.
    pub reads_only: bool,
    /// JSON Schema of its inputs: the start form.
    pub inputs: Json,
    /// The lines of the sidebar.
    pub stages: Vec<String>,
    /// `built-in`, or the file.
    pub origin: String,
    /// A file that stands in for the built-in of the same id.
    pub shadows_builtin: bool,
    /// The digest of its resolved model: what a run pins.
    pub digest: Digest,
}

/// A page of the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryPage {
    /// The newest first.
    pub rows: Vec<HistoryRow>,
    /// How many match in all, this page and those before and after it.
    pub total: u64,
    /// There are more after the last row.
    pub more: bool,
}

/// A run that matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryRow {
    /// Its row.
    pub summary: RunSummary,
    /// The line of a log with the most of the words, where they were found in a log. Text from hosts: show it escaped.
    pub line: Option<String>,
}

/// A page of decisions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionPage {
    /// The newest first.
    pub rows: Vec<DecisionRow>,
    /// There are more after the last row.
    pub more: bool,
}

/// How a question at a gate ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionRow {
    /// Its place in the journal.
    pub seq: u64,
    /// The run.
    pub run: RunId,
    /// The title of the run's workflow.
    pub workflow: String,
    /// The gate.
    pub gate: GateId,
    /// Which card of it.
    pub revision: u32,
    /// The question.
    pub question: String,
    /// `approve`, `drop`, `edit`, `skip`, `redo`, `reject`, or `expired` where nobody answered in time.
    pub answer: String,
    /// The reason of a reject, the feedback of a redo.
    pub words: Option<String>,
    /// Who answered; the engine where nobody did.
    pub by: Actor,
    /// When the card was shown, in microseconds since 1970 (UTC).
    pub opened_at_us: i64,
    /// When it was answered, or closed by itself.
    pub at_us: i64,
}

/// An agent's last snapshot and its measures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentHistory {
    /// What it said of itself last; none before its first health check.
    /// As JSON of `fleet::Snapshot`: it is shown, not judged again.
    pub snapshot: Option<Json>,
    /// When that was taken, in microseconds since 1970 (UTC).
    pub taken_at_us: Option<i64>,
    /// Its measures, by name.
    pub series: Vec<MeasureSeries>,
}

/// One measure of an agent in the course of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasureSeries {
    /// The metric, as findings have it (`system.memory.utilization`); where there is one for each mountpoint, processor or
    /// interface followed by which, as JSON: `system.filesystem.utilization {"mountpoint":"/"}`.
    pub name: String,
    /// In which unit.
    pub unit: String,
    /// Microseconds since 1970 (UTC) and value, the oldest first; at most about 200, thinned out evenly.
    pub points: Vec<(i64, f64)>,
}

/// The text of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceText {
    /// `built-in`, or the file.
    pub origin: String,
    /// The text as it stands now, which may be newer than what can be started; at most 64 KiB. It may be anything: show
    /// it escaped.
    pub text: String,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
}

/// A file that was written; a backup is a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMade {
    /// Where it is.
    pub path: String,
    /// How big it is.
    pub bytes: u64,
    /// What is in it and what was left out, a sentence each.
    pub says: Vec<String>,
}

/// As what a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportForm {
    /// Markdown, as the run gave it.
    Markdown,
    /// One HTML file without scripts, for a browser or a printer.
    Html,
}

/// The agents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentList {
    /// This computer first, then in the order of their ids.
    pub agents: Vec<AgentInfo>,
}

/// An agent with what is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentInfo {
    /// The agent.
    pub agent: Agent,
    /// When it was registered, in microseconds since 1970 (UTC); none for this computer.
    pub registered_at_us: Option<i64>,
    /// The run that changed its row last.
    pub run: Option<RunId>,
    /// What it said of itself last, judged by the usual thresholds.
    pub last: Option<LastSnapshot>,
}

/// The host keys that were trusted in this program; the files of OpenSSH hold others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostKeyList {
    /// By host and port.
    pub keys: Vec<HostKeyInfo>,
}

/// A trusted host key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostKeyInfo {
    /// The address or name, as it is connected to.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Algorithm and base64, as in known_hosts.
    pub key: String,
    /// `SHA256:…`.
    pub fingerprint: String,
    /// Since when, in microseconds since 1970 (UTC).
    pub trusted_at_us: i64,
    /// The run in which it was trusted.
    pub run: RunId,
}

/// What an agent said when it was asked last, or that it did not answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LastSnapshot {
    /// The id of its last snapshot; empty where it has never answered.
    pub snapshot_id: String,
    /// When it was asked, in microseconds since 1970 (UTC).
    pub taken_at_us: i64,
    /// Not all questions were answered.
    pub partial: bool,
    /// What is wrong, the worst first.
    pub findings: Vec<AgentFinding>,
}

/// A run was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The run.
    pub run: RunId,
}

/// A finding in a workflow file; shown as `file:line:column: error: what (hint)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The file.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// `error` or `warning`.
    pub severity: String,
    /// A stable word.
    pub code: String,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub hint: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}: {}",
            self.file, self.line, self.column, self.severity, self.what
        )?;
        if self.hint.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", self.hint)
        }
    }
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidationReport {
    /// Without errors among them the file can be used.
    pub findings: Vec<Finding>,
    /// Can the file be used?
    pub ok: bool,
    /// What it is: `Workflow deploy_application`, `Test of health_check`.
    pub what: Option<String>,
}

/// A part of a call's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPage {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// Where the next page begins, in bytes.
    pub next: u64,
    /// There is more at `next` now.
    pub more: bool,
}

/// What an audit found, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditState {
    /// Whole, and signed up to a record after which no signature is due yet.
    Signed,
    /// Whole, but not signed where it should be.
    Unsigned,
    /// A record is not what was written, or is missing.
    Broken,
}

/// Whether the journal is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditReport {
    /// The finding.
    pub state: AuditState,
    /// Every record follows the one before, and none that was signed is missing.
    pub intact: bool,
    /// How many records were read.
    pub records: u64,
    /// The hash of the last record, hexadecimal.
    pub head: String,
    /// The first record that does not follow, by its place in the journal.
    pub broken_at: Option<u64>,
    /// Why it does not.
    pub why: Option<String>,
    /// The last record that is covered by a signature.
    pub signed_upto: Option<u64>,
    /// The first record that is not signed though it should be.
    pub unsigned_since: Option<u64>,
    /// The Ed25519 public keys that signed, hexadecimal, in the order of their first signatures.
    pub public_keys: Vec<String>,
    /// Of the newest of them: to be compared with one that was noted elsewhere.
    pub fingerprint: Option<String>,
    /// What else there is to know, a sentence each.
    pub notes: Vec<String>,
    /// What this proves and what not, one paragraph.
    pub says: String,
}

/// How the engine is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineState {
    /// The program's version.
    pub version: String,
    /// The data folder.
    pub data_dir: String,
    /// Runs can go on: the journal can be written.
    pub writable: bool,
    /// Why not, and what to do.
    pub trouble: Option<String>,
    /// The operator at this computer: the OS user.
    pub operator: String,
    /// Counts changes of the definitions.
    pub definitions_seq: u64,
}

/// Who may decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorList {
    /// The OS user, who holds every role, and the tokens.
    pub operators: Vec<OperatorInfo>,
}

/// One who may decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorInfo {
    /// Their name.
    pub name: String,
    /// `os user` or `token`.
    pub proof: String,
    /// Since when, in microseconds since 1970 (UTC).
    pub since_us: Option<i64>,
    /// When the token was ended.
    pub revoked_us: Option<i64>,
}

/// A decider's token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenMade {
    /// Its name.
    pub name: String,
    /// The token: shown once, never kept.
    pub token: String,
}
