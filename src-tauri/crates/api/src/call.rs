//! The table of calls. A row: the call's name, whether it changes something, its reply, its arguments. Everything else
//! (names for permissions, the window's typed call, the engine's dispatch) is read off this table.

use crate::{
    AgentList, AuditReport, EngineState, HostKeyList, LogPage, OperatorList, SecretState,
    SecretText, Started, TokenMade, ValidationReport, WorkflowList,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value as Json};
use workflow::{Decision, Digest, DoubtAnswer, GateId, Run, RunId, RunSummary, StepKey};

/// One call of the table.
pub trait Call: Serialize + DeserializeOwned {
    /// Its name: of the Tauri command, the permission and the line on the socket.
    const NAME: &'static str;
    /// What it gives.
    type Reply: Serialize + DeserializeOwned;
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallInfo {
    /// The call's name.
    pub name: &'static str,
    /// Can it change a run or the data folder?
    pub changes: bool,
}

macro_rules! calls {
    ($( $(#[$doc:meta])* $changes:literal $name:ident as $call:ident -> $reply:ty { $( $(#[$field_doc:meta])* $field:ident : $type:ty ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
            pub struct $call { $( $(#[$field_doc])* pub $field: $type, )* }
            impl Call for $call {
                const NAME: &'static str = stringify!($name);
                type Reply = $reply;
            }
        )*
        /// Every call.
        pub const CALLS: &[CallInfo] = &[ $( CallInfo { name: stringify!($name), changes: $changes } ),* ];

        /// Hands a name and JSON arguments to the typed handler of that call. `$handler` is a macro that takes the
        /// call's type: see `engine::dispatch`.
        #[macro_export]
        macro_rules! for_each_call {
            ($handler:ident) => { $( $handler!($name, $call); )* };
        }
    };
}

calls! {
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
    /// The agents, this computer first, each with its last snapshot judged.
    false agents as Agents -> AgentList {
        /// Only those that a label selector matches (`environment=production,!gpu`); empty: all.
        selector: String,
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
