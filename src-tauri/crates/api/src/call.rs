//! The table of calls. A row: the call's name, whether it changes something, its reply, its arguments. Everything else
//! (names for permissions, the window's typed call, the engine's dispatch) is read off this table.

use crate::table::calls;
use crate::{
    AgentHistory, AgentList, AuditReport, DecisionPage, EngineState, FileMade, HistoryPage,
    HostKeyList, LogPage, OperatorList, ReportForm, SecretState, SecretText, SourceText, Started,
    TokenMade, ValidationReport, WorkflowList,
};
use serde_json::{Map, Value as Json};
use workflow::{Decision, Digest, DoubtAnswer, GateId, Run, RunId, RunState, RunSummary, StepKey};

calls! {
    CALLS for_each_call;
    /// The workflows that can be started, with what is wrong with broken files.
    false workflows as Workflows -> WorkflowList {}
    /// Starts a workflow.
    true start_run as StartRun -> Started {
        /// The workflow's id.
        workflow: String,
        /// The inputs, before defaults.
        inputs: Map<String, Json>,
    }
    /// The rows of the board, the newest run first.
    false runs as Runs -> Vec<RunSummary> {
        /// At most so many.
        limit: u32,
    }
    /// Runs that match, the newest first.
    false search_runs as SearchRuns -> HistoryPage {
        /// Words that all stand in what a row says (title, workflow, run, who started it, why it failed) or together in
        /// a piece of one of its logs; empty: any run. In rows a word may stand anywhere; in logs words are whole, the
        /// last one may be a beginning, and signs (`%`, `🚀`) are not looked for. Upper and lower case are the same.
        text: String,
        /// In any of these states; empty: in any state.
        states: Vec<RunState>,
        /// Of this workflow (its id).
        workflow: Option<String>,
        /// Started at or after this time, in microseconds since 1970 (UTC).
        since_us: Option<i64>,
        /// Only runs after this one in the list: the last one of the page before. After a run that is not known there
        /// is nothing.
        before: Option<RunId>,
        /// At most so many; 0: 100.
        limit: u32,
    }
    /// What was decided at gates, the newest first.
    false decisions as Decisions -> DecisionPage {
        /// Only decisions before this one: the `seq` of the last one of the page before.
        before: Option<u64>,
        /// At most so many; 0: 100.
        limit: u32,
    }
    /// The agents, this computer first, each with its last snapshot judged.
    false agents as Agents -> AgentList {
        /// Only those that a label selector matches (`environment=production,!gpu`); empty: all.
        selector: String,
    }
    /// What an agent said of itself last, and how its measures went.
    false agent_history as ShowAgent -> AgentHistory {
        /// Its id; upper and lower case are the same.
        agent_id: String,
        /// Measures of so many hours back. Measures are kept for 90 days.
        hours: u32,
    }
    /// The host keys that were trusted in this program.
    false host_keys as HostKeys -> HostKeyList {}
    /// What an import would take in: reads the inventories, connects to nothing, writes nothing.
    false preview_import as PreviewImport -> Json {
        /// The arguments of `agent.read_inventory`.
        args: Map<String, Json>,
    }
    /// A run as it is now.
    false show_run as ShowRun -> Run {
        /// The run, or the beginning of its name when only one begins so.
        run: String,
    }
    /// A person's answer at a gate.
    true decide as Decide -> Run {
        /// The run.
        run: RunId,
        /// Which gate.
        gate: GateId,
        /// Which card of it.
        revision: u32,
        /// The digest of the card that the person saw.
        digest: Digest,
        /// The answer.
        decision: Decision,
        /// A decider's token; where nobody sits at the door.
        token: Option<String>,
    }
    /// A person's answer to "did it happen?".
    true resolve_doubt as ResolveDoubt -> Run {
        /// The run.
        run: RunId,
        /// The step in doubt.
        step: StepKey,
        /// The answer.
        answer: DoubtAnswer,
        /// A decider's token; where nobody sits at the door.
        token: Option<String>,
    }
    /// Stops a run.
    true cancel_run as CancelRun -> Run {
        /// The run.
        run: RunId,
    }
    /// Undoes a run that is over, as a run of its own: one card names every inverse and what cannot be undone.
    true undo_run as UndoRun -> Started {
        /// The run, or the beginning of its name when only one begins so.
        run: String,
        /// Only what this step and those after it have changed; none: everything.
        from: Option<String>,
    }
    /// The body of a big value.
    false blob as Blob -> Json {
        /// Its digest.
        sha256: Digest,
    }
    /// A part of a call's log.
    false log as Log -> LogPage {
        /// The run.
        run: RunId,
        /// The call: its idempotency key.
        call: Digest,
        /// From this byte on.
        from: u64,
    }
    /// The text of a workflow: of a built-in, or of a file of the definitions folder, broken ones included.
    false workflow_source as WorkflowSource -> SourceText {
        /// The id of a workflow, or a file: as findings have it, or its name in the folder.
        name: String,
    }
    /// Writes the report of a completed run (its outputs that have Markdown) into the folder for downloads; an earlier
    /// file is not overwritten.
    true export_report as ExportReport -> FileMade {
        /// The run.
        run: RunId,
        /// As what.
        form: ReportForm,
    }
    /// Writes a copy of everything that runs have left and of the workflow files, whole even while runs go on, into a new
    /// folder of the backups folder. It can be opened like a data folder.
    true back_up as BackUp -> FileMade {}
    /// Writes what a maintainer needs to understand a fault into a zip file in the folder for downloads: versions, sizes,
    /// counts, states, ids and digests of workflows with places and codes of findings; no secrets, no values of runs, no
    /// host names, no log lines.
    true diagnostics as Diagnostics -> FileMade {}
    /// What is wrong with a workflow file.
    false validate as Validate -> ValidationReport {
        /// The name to print in findings.
        file: String,
        /// The file's text.
        text: String,
    }
    /// The JSON Schema of workflow files, for editors.
    false schema as Schema -> Json {}
    /// Is the journal whole?
    false audit as Audit -> AuditReport {}
    /// How the engine is.
    false state as State -> EngineState {}
    /// Tries to write again after the disk was full.
    true retry_writes as RetryWrites -> EngineState {}
    /// Who may decide.
    false operators as Operators -> OperatorList {}
    /// Makes a decider's token; it is shown once, only its hash is kept.
    true make_token as MakeToken -> TokenMade {
        /// For what or whom it is.
        name: String,
    }
    /// Ends a decider's token.
    true revoke_token as RevokeToken -> OperatorList {
        /// Its name.
        name: String,
    }
    /// Keeps a secret in the keychain of the operating system. There is no call that reads one.
    true set_secret as SetSecret -> SecretState {
        /// `keychain:NAME`.
        reference: String,
        /// The value.
        value: SecretText,
        /// Only in the memory of the program that owns the data folder, until it ends.
        session: bool,
    }
    /// Forgets a secret.
    true delete_secret as DeleteSecret -> SecretState {
        /// `keychain:NAME`.
        reference: String,
    }
    /// Is there a secret under this reference, and can it be read? Does not give its value.
    false test_secret as TestSecret -> SecretState {
        /// `keychain:NAME`.
        reference: String,
    }
}
