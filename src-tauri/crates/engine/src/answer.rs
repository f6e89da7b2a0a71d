//! Answering the calls of the table: one function for each, found by its name. Translates; decides nothing. Those that
//! look back and those that write files for people stand in files of their own.

mod looking;
mod making;

use crate::{
    Origin,
    auditing::{self, Memory},
    clock, faults, history,
    live::{Pending, Reply},
    mailbox::{self, Mailbox, Message, PinnedDefinition},
    people,
    perform::World,
    reading, secrets,
    values::StoredValues,
    workflows::{self, Definitions},
};
use api::{Call, EngineState, Fault};
use keychain::Keychain;
use serde_json::{Map, Value as Json};
use std::{path::PathBuf, sync::Arc};
use store::{Health, Reader, Store};
use workflow::{Command, Datum, Run, RunId, digest_of_json, load};

/// What answering needs of an engine.
pub(crate) struct Office {
    pub(crate) store: Arc<Store>,
    pub(crate) values: Arc<StoredValues>,
    pub(crate) definitions: Arc<Definitions>,
    pub(crate) mailbox: Mailbox,
    pub(crate) data_dir: PathBuf,
    /// Where files go that people ask for.
    pub(crate) downloads: PathBuf,
    pub(crate) world: Arc<World>,
    pub(crate) keychain: Arc<Keychain>,
}

fn unknown_call(name: &str) -> Fault {
    Fault::new(
        "unknown_call",
        format!("There is no call {name}"),
        "Use a program of the same version as the engine",
    )
}

fn bad_arguments(name: &str, error: &serde_json::Error) -> Fault {
    Fault::new(
        "bad_arguments",
        format!("The arguments of {name} are not right"),
        "Use a program of the same version as the engine",
    )
    .with_detail(error.to_string())
}

/// A call with its engine's answer.
trait Answered: Call {
    fn answer(
        self,
        office: &Office,
        origin: Origin,
    ) -> impl Future<Output = Result<Self::Reply, Fault>> + Send;
}

/// A call that the store alone can answer, also beside an owner.
pub(crate) fn answer_reading(reader: &Reader, name: &str, args: Json) -> Result<Json, Fault> {
    fn typed<C: Call>(
        args: Json,
        answer: impl FnOnce(C) -> Result<C::Reply, Fault>,
    ) -> Result<Json, Fault> {
        let call = serde_json::from_value(args).map_err(|error| bad_arguments(C::NAME, &error))?;
        serde_json::to_value(answer(call)?).map_err(faults::internal)
    }
    match name {
        api::Runs::NAME => typed(args, |call: api::Runs| {
            reading::board(reader, call.limit as usize)
        }),
        api::SearchRuns::NAME => typed(args, |call| history::search(reader, call)),
        api::Decisions::NAME => typed(args, |call: api::Decisions| {
            history::decisions(reader, call.before, call.limit)
        }),
        api::ShowAgent::NAME => typed(args, |call: api::ShowAgent| {
            history::agent(reader, &call.agent_id, call.hours)
        }),
        api::WorkflowSource::NAME => typed(args, |call: api::WorkflowSource| {
            workflows::source(reader.dir(), &call.name)
        }),
        api::Agents::NAME => typed(args, |call: api::Agents| {
            reading::agents(reader, &call.selector)
        }),
        api::HostKeys::NAME => typed(args, |_: api::HostKeys| reading::host_keys(reader)),
        api::ShowRun::NAME => typed(args, |call: api::ShowRun| {
            reading::fold_run(reader, &reading::find_run(reader, &call.run)?)
        }),
        api::Blob::NAME => typed(args, |call: api::Blob| reading::blob(reader, &call.sha256)),
        api::Log::NAME => typed(args, |call: api::Log| {
            reading::log(reader, &call.call, call.from)
        }),
        api::Operators::NAME => typed(args, |_: api::Operators| people::list(reader)),
        api::Audit::NAME => typed(args, |_: api::Audit| auditing::of_reader(reader)),
        api::Validate::NAME => typed(args, |call: api::Validate| {
            Ok(workflows::validate(&call.file, &call.text))
        }),
        api::Schema::NAME => typed(args, |_: api::Schema| Ok(workflows::schema())),
        other if api::CALLS.iter().any(|call| call.name == other) => Err(Fault::new(
            "reading_only",
            format!("{other} needs the engine, and the data folder is open for reading only"),
            "Do it where the engine runs",
        )),
        other => Err(unknown_call(other)),
    }
}

/// The calls about secrets, where no engine runs: the keychain is not the data folder's.
pub(crate) async fn answer_secrets(
    keychain: &Keychain,
    name: &str,
    args: Json,
) -> Result<Json, Fault> {
    fn read<C: Call>(args: Json) -> Result<C, Fault> {
        serde_json::from_value(args).map_err(|error| bad_arguments(C::NAME, &error))
    }
    let state = match name {
        api::SetSecret::NAME => {
            let call: api::SetSecret = read(args)?;
            secrets::check(&call.reference, &call.value)?;
            if call.session || !keychain.asks_the_os() {
                return Err(Fault::new(
                    "no_session",
                    "No program has this data folder open, so there is no memory to keep the secret in",
                    "Open the window or start a run first, and set the secret while it is there",
                ));
            }
            secrets::set(keychain, &call.reference, &call.value, false).await?
        }
        api::DeleteSecret::NAME => {
            let call: api::DeleteSecret = read(args)?;
            secrets::delete(keychain, &call.reference).await?
        }
        api::TestSecret::NAME => {
            let call: api::TestSecret = read(args)?;
            secrets::test(keychain, &call.reference).await?
        }
        other => return Err(unknown_call(other)),
    };
    serde_json::to_value(state).map_err(faults::internal)
}

impl Office {
    pub(crate) async fn dispatch(
        &self,
        name: &str,
        args: Json,
        origin: Origin,
    ) -> Result<Json, Fault> {
        async fn typed<C: Answered>(
            office: &Office,
            args: Json,
            origin: Origin,
        ) -> Result<Json, Fault> {
            let call: C =
                serde_json::from_value(args).map_err(|error| bad_arguments(C::NAME, &error))?;
            serde_json::to_value(call.answer(office, origin).await?).map_err(faults::internal)
        }
        macro_rules! hand_on {
            ($name:ident, $call:ident) => {
                if name == stringify!($name) {
                    return typed::<api::$call>(self, args, origin).await;
                }
            };
        }
        api::for_each_call!(hand_on);
        Err(unknown_call(name))
    }

    pub(crate) fn state(&self) -> EngineState {
        let (writable, trouble) = match self.store.health() {
            Health::Writable => (true, None),
            Health::ReadOnly { why, hint } => (false, Some(format!("{why} ({hint})"))),
        };
        EngineState {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            data_dir: self.data_dir.display().to_string(),
            writable,
            trouble,
            operator: people::os_user(),
            definitions_seq: self.definitions.seq(),
        }
    }

    async fn command(
        &self,
        run: RunId,
        command: Command,
        actor: workflow::Actor,
    ) -> Result<Run, Fault> {
        mailbox::ask(&self.mailbox, |reply: Reply| Message::Command {
            run,
            pending: Pending {
                command,
                actor,
                reply: Some(reply),
            },
        })
        .await
    }

    /// Starts a run of this definition.
    async fn start(
        &self,
        definition: PinnedDefinition,
        inputs: Map<String, Json>,
        origin: Origin,
    ) -> Result<api::Started, Fault> {
        let run = RunId(clock::run_name());
        let (name, actor) = (run.clone(), people::somebody(origin));
        mailbox::ask(&self.mailbox, |reply| Message::Start {
            run,
            definition: Box::new(definition),
            pending: Pending {
                command: Command::Start { inputs },
                actor,
                reply: Some(reply),
            },
        })
        .await?;
        Ok(api::Started { run: name })
    }

    /// Reads from the store, off the caller's thread.
    async fn reading<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let store = Arc::clone(&self.store);
        tokio::task::spawn_blocking(move || read(store.read()))
            .await
            .map_err(faults::internal)?
    }
}

impl Answered for api::Workflows {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        let definitions = Arc::clone(&office.definitions);
        tokio::task::spawn_blocking(move || definitions.list())
            .await
            .map_err(faults::internal)
    }
}

impl Answered for api::StartRun {
    async fn answer(self, office: &Office, origin: Origin) -> Result<Self::Reply, Fault> {
        let (definitions, id) = (Arc::clone(&office.definitions), self.workflow.clone());
        let pinned = tokio::task::spawn_blocking(move || definitions.pin(&id))
            .await
            .map_err(faults::internal)??;
        office.start(pinned, self.inputs, origin).await
    }
}

impl Answered for api::UndoRun {
    async fn answer(self, office: &Office, origin: Origin) -> Result<Self::Reply, Fault> {
        let values = Arc::clone(&office.values);
        let (model, inputs) = office
            .reading(move |reader| {
                let run = reading::fold_run(reader, &reading::find_run(reader, &self.run)?)?;
                let load = |datum: &Datum| load(datum, values.as_ref()).ok();
                Ok(run.undo(self.from.as_deref(), clock::now_us(), load)?)
            })
            .await?;
        let json = serde_json::to_value(&model).map_err(faults::internal)?;
        let pinned = PinnedDefinition {
            digest: digest_of_json(&json),
            text: serde_json::to_string_pretty(&json).map_err(faults::internal)?,
            model: Arc::new(model),
        };
        office.start(pinned, inputs, origin).await
    }
}

impl Answered for api::Runs {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        office
            .reading(move |reader| reading::board(reader, self.limit as usize))
            .await
    }
}

impl Answered for api::Agents {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        office
            .reading(move |reader| reading::agents(reader, &self.selector))
            .await
    }
}

impl Answered for api::HostKeys {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        office.reading(reading::host_keys).await
    }
}

impl Answered for api::PreviewImport {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        let args = Json::Object(self.args);
        office.world.read_now("agent.read_inventory", &args).await
    }
}

impl Answered for api::ShowRun {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        office
            .reading(move |reader| {
                reading::fold_run(reader, &reading::find_run(reader, &self.run)?)
            })
            .await
    }
}

impl Answered for api::Decide {
    async fn answer(self, office: &Office, origin: Origin) -> Result<Self::Reply, Fault> {
        let actor = people::decider(&office.store, origin, self.token.as_deref())?;
        let api::Decide {
            run,
            gate,
            revision,
            digest,
            decision,
            token: _,
        } = self;
        office
            .command(
                run,
                Command::Decide {
                    gate,
                    revision,
                    digest,
                    decision,
                },
                actor,
            )
            .await
    }
}

impl Answered for api::ResolveDoubt {
    async fn answer(self, office: &Office, origin: Origin) -> Result<Self::Reply, Fault> {
        let actor = people::decider(&office.store, origin, self.token.as_deref())?;
        office
            .command(
                self.run,
                Command::Resolve {
                    step: self.step,
                    answer: self.answer,
                },
                actor,
            )
            .await
    }
}

impl Answered for api::CancelRun {
    async fn answer(self, office: &Office, origin: Origin) -> Result<Self::Reply, Fault> {
        office
            .command(self.run, Command::Cancel, people::somebody(origin))
            .await
    }
}

impl Answered for api::Blob {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        use workflow::Values as _;
        if let Some(value) = office.values.get(&self.sha256) {
            return Ok(value.as_ref().clone());
        }
        office
            .reading(move |reader| reading::blob(reader, &self.sha256))
            .await
    }
}

impl Answered for api::Log {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        office
            .reading(move |reader| reading::log(reader, &self.call, self.from))
            .await
    }
}

impl Answered for api::Validate {
    async fn answer(self, _: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        tokio::task::spawn_blocking(move || workflows::validate(&self.file, &self.text))
            .await
            .map_err(faults::internal)
    }
}

impl Answered for api::Schema {
    async fn answer(self, _: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        tokio::task::spawn_blocking(workflows::schema)
            .await
            .map_err(faults::internal)
    }
}

impl Answered for api::Audit {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        let store = Arc::clone(&office.store);
        let id = office.reading(auditing::id_of).await?;
        let memory = Memory::ask(&office.keychain, &id).await;
        tokio::task::spawn_blocking(move || auditing::with_memory(store.read(), &memory))
            .await
            .map_err(faults::internal)?
    }
}

impl Answered for api::State {
    fn answer(
        self,
        office: &Office,
        _: Origin,
    ) -> impl Future<Output = Result<Self::Reply, Fault>> + Send {
        std::future::ready(Ok(office.state()))
    }
}

impl Answered for api::RetryWrites {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        let store = Arc::clone(&office.store);
        tokio::task::spawn_blocking(move || store.retry_writes())
            .await
            .map_err(faults::internal)?;
        office.mailbox.send(Message::EngineChanged);
        Ok(office.state())
    }
}

impl Answered for api::Operators {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        let store = Arc::clone(&office.store);
        tokio::task::spawn_blocking(move || people::list(store.read()))
            .await
            .map_err(faults::internal)?
    }
}

impl Answered for api::MakeToken {
    async fn answer(self, office: &Office, origin: Origin) -> Result<Self::Reply, Fault> {
        let store = Arc::clone(&office.store);
        tokio::task::spawn_blocking(move || people::make_token(&store, origin, &self.name))
            .await
            .map_err(faults::internal)?
    }
}

impl Answered for api::RevokeToken {
    async fn answer(self, office: &Office, origin: Origin) -> Result<Self::Reply, Fault> {
        let store = Arc::clone(&office.store);
        tokio::task::spawn_blocking(move || people::revoke_token(&store, origin, &self.name))
            .await
            .map_err(faults::internal)?
    }
}

impl Answered for api::SetSecret {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        secrets::set(&office.keychain, &self.reference, &self.value, self.session).await
    }
}

impl Answered for api::DeleteSecret {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        secrets::delete(&office.keychain, &self.reference).await
    }
}

impl Answered for api::TestSecret {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        secrets::test(&office.keychain, &self.reference).await
    }
}
