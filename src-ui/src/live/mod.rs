//! What this window knows, kept up to date by the engine's notices: the board of all runs, the runs somebody looks at,
//! the workflows, the engine's own state. No view model of a run and no asking again and again: records are folded with
//! the engine's own fold. It decides nothing.

pub mod clock;
pub mod fold;
mod ipc;
mod lists;
pub mod ordered;
mod subscription;
pub mod words;

use std::{collections::BTreeMap, sync::Arc};

use api::{AgentList, EngineState, Fault, Topic, WorkflowList};
use leptos::{prelude::*, task::spawn_local};
use serde_json::Value as Json;
use workflow::{Decision, Digest, DoubtAnswer, GateId, Run, RunId, StepKey};

pub use clock::{Clock, browser_now_us, local_point};
pub use fold::{Board, Waiting, banner_words};
pub use ipc::call;
pub use lists::ask;

use fold::{RunFold, Taken};
use subscription::Subscription;

/// Something that comes from the engine.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Fetched<T> {
    /// Asked for.
    #[default]
    Fetching,
    /// Here.
    Here(T),
    /// It could not be had.
    Failed(Fault),
}

impl<T> Fetched<T> {
    /// What is here.
    pub fn here(&self) -> Option<&T> {
        match self {
            Self::Here(value) => Some(value),
            Self::Fetching | Self::Failed(_) => None,
        }
    }

    /// Why it could not be had.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Failed(fault) => Some(fault),
            Self::Fetching | Self::Here(_) => None,
        }
    }
}

/// A run somebody looks at.
#[derive(Clone)]
pub struct Watched {
    /// The run.
    pub run: ArcRwSignal<Fetched<Arc<Run>>>,
    /// How often lines were added to the log of each call since the run is watched.
    pub logged: ArcRwSignal<BTreeMap<Digest, u32>>,
}

struct Held {
    watched: Watched,
    fold: Arc<std::sync::Mutex<RunFold>>,
    subscription: Subscription,
    watchers: usize,
}

/// A big value, on its way or here.
pub type Fetching = ArcRwSignal<Fetched<Arc<Json>>>;

/// The store; in context everywhere.
#[derive(Clone, Copy)]
pub struct Live {
    /// All runs.
    pub board: RwSignal<Fetched<Board>>,
    /// How the engine is.
    pub engine: RwSignal<Option<EngineState>>,
    /// The workflows that can be started.
    pub workflows: RwSignal<Fetched<WorkflowList>>,
    /// The agents, as they were when a screen asked last.
    pub agents: RwSignal<Fetched<AgentList>>,
    /// The run that the rail shows.
    pub selected: RwSignal<Option<RunId>>,
    /// The run whose card wants the focus as soon as it is shown.
    pub wanted: RwSignal<Option<RunId>>,
    /// The time.
    pub clock: Clock,
    runs: StoredValue<BTreeMap<RunId, Held>, LocalStorage>,
    blobs: StoredValue<BTreeMap<Digest, Fetching>>,
    follows_board: StoredValue<Option<Subscription>, LocalStorage>,
}

impl Live {
    /// Begins to follow the engine, and provides itself to everything below the caller.
    pub fn provide() -> Self {
        let live = Self {
            board: RwSignal::new(Fetched::Fetching),
            engine: RwSignal::new(None),
            workflows: RwSignal::new(Fetched::Fetching),
            agents: RwSignal::new(Fetched::Fetching),
            selected: RwSignal::new(None),
            wanted: RwSignal::new(None),
            clock: Clock::new(),
            runs: StoredValue::new_local(BTreeMap::new()),
            blobs: StoredValue::new(BTreeMap::new()),
            follows_board: StoredValue::new_local(None),
        };
        provide_context(live);
        live.follow_board();
        spawn_local(async move {
            if let Ok(state) = call(api::State {}).await {
                live.hear_engine(state);
            }
        });
        live.fetch_workflows();
        live
    }

    /// The one in context.
    pub fn expect() -> Self {
        expect_context()
    }

    fn follow_board(self) {
        let mut board = Board::default();
        let take = move |notice| {
            let taken = board.take(notice);
            match &taken {
                Taken::Changed => {
                    self.board.set(Fetched::Here(board.clone()));
                    if self.selected.with_untracked(Option::is_none) {
                        self.selected
                            .set(board.foremost().map(|row| row.run.clone()));
                    }
                }
                Taken::Engine(state) => self.hear_engine(state.clone()),
                Taken::Nothing | Taken::FollowAgain(_) | Taken::Logged(_) => {}
            }
            taken
        };
        let failed = move |fault| self.board.set(Fetched::Failed(fault));
        self.follows_board
            .set_value(Some(Subscription::begin(Topic::Board, take, failed)));
    }

    fn hear_engine(self, state: EngineState) {
        let known = self
            .engine
            .with_untracked(|known| known.as_ref().map(|known| known.definitions_seq));
        if known.is_some_and(|known| known != state.definitions_seq) {
            self.fetch_workflows();
        }
        self.engine.set(Some(state));
    }

    /// Follows the board from the beginning, after it failed.
    pub fn retry_board(self) {
        self.board.set(Fetched::Fetching);
        self.follows_board.with_value(|board| {
            if let Some(board) = board {
                board.retry();
            }
        });
    }

    /// Asks the engine to write again.
    ///
    /// # Errors
    /// Why it still cannot.
    pub async fn retry_writes(self) -> Result<(), Fault> {
        self.hear_engine(call(api::RetryWrites {}).await?);
        Ok(())
    }

    /// Watches a run until the caller's component or effect goes.
    pub fn watch(self, id: &RunId) -> Watched {
        let watched = self.runs.try_update_value(|runs| {
            let held = runs.entry(id.clone()).or_insert_with(|| hold(self, id));
            held.watchers += 1;
            held.watched.clone()
        });
        let id = id.clone();
        on_cleanup(move || {
            self.runs.try_update_value(|runs| {
                if let Some(held) = runs.get_mut(&id) {
                    held.watchers -= 1;
                    if held.watchers == 0 {
                        held.subscription.end();
                        runs.remove(&id);
                    }
                }
            });
        });
        // The store lives as long as the window.
        watched.unwrap_or_else(|| Watched {
            run: ArcRwSignal::new(Fetched::Fetching),
            logged: ArcRwSignal::new(BTreeMap::new()),
        })
    }

    /// Follows a run from the beginning, after that failed.
    pub fn retry_run(self, id: &RunId) {
        self.runs.with_value(|runs| {
            if let Some(held) = runs.get(id) {
                held.watched.run.set(Fetched::Fetching);
                held.subscription.retry();
            }
        });
    }

    /// Takes a run that a call gave: its records may come later than the answer.
    fn adopt(self, run: Run) {
        self.runs.with_value(|runs| {
            if let Some(held) = runs.get(run.id())
                && let Ok(mut fold) = held.fold.lock()
                && fold.adopt(run)
            {
                show(&held.watched, &fold);
            }
        });
    }

    /// Starts a workflow and shows its run in the rail.
    ///
    /// # Errors
    /// The engine's fault; `invalid_inputs` where the inputs do not fit the schema.
    pub async fn start(
        self,
        workflow: String,
        inputs: serde_json::Map<String, Json>,
    ) -> Result<RunId, Fault> {
        let started = call(api::StartRun { workflow, inputs }).await?;
        self.selected.set(Some(started.run.clone()));
        Ok(started.run)
    }

    /// Answers at a gate: exactly the card of this revision and digest.
    ///
    /// # Errors
    /// The engine's fault: somebody else was faster, or the card is not the one that was seen.
    pub async fn decide(
        self,
        run: RunId,
        gate: GateId,
        revision: u32,
        digest: Digest,
        decision: Decision,
    ) -> Result<(), Fault> {
        let decide = api::Decide {
            run,
            gate,
            revision,
            digest,
            decision,
            token: None,
        };
        self.adopt(call(decide).await?);
        Ok(())
    }

    /// Says whether a call happened.
    ///
    /// # Errors
    /// The engine's fault.
    pub async fn resolve(
        self,
        run: RunId,
        step: StepKey,
        answer: DoubtAnswer,
    ) -> Result<(), Fault> {
        let resolve = api::ResolveDoubt {
            run,
            step,
            answer,
            token: None,
        };
        self.adopt(call(resolve).await?);
        Ok(())
    }

    /// Stops a run.
    ///
    /// # Errors
    /// The engine's fault.
    pub async fn cancel(self, run: RunId) -> Result<(), Fault> {
        self.adopt(call(api::CancelRun { run }).await?);
        Ok(())
    }

    /// The body of a big value; fetched once, it never changes.
    pub fn blob(self, sha256: Digest) -> Fetching {
        let known = self.blobs.with_value(|blobs| blobs.get(&sha256).cloned());
        match known {
            Some(known) if known.with_untracked(|known| known.fault().is_none()) => known,
            known => {
                let value = known.unwrap_or_default();
                value.set(Fetched::Fetching);
                self.blobs
                    .update_value(|blobs| _ = blobs.insert(sha256, value.clone()));
                let answer = value.clone();
                spawn_local(async move {
                    answer.set(match call(api::Blob { sha256 }).await {
                        Ok(body) => Fetched::Here(Arc::new(body)),
                        Err(fault) => Fetched::Failed(fault),
                    });
                });
                value
            }
        }
    }
}

fn hold(live: Live, id: &RunId) -> Held {
    let watched = Watched {
        run: ArcRwSignal::new(Fetched::Fetching),
        logged: ArcRwSignal::new(BTreeMap::new()),
    };
    let fold = Arc::new(std::sync::Mutex::new(RunFold::default()));
    let take = {
        let (watched, fold) = (watched.clone(), fold.clone());
        move |notice| {
            let Ok(mut fold) = fold.lock() else {
                return Taken::Nothing;
            };
            let taken = fold.take(notice);
            match &taken {
                Taken::Changed => show(&watched, &fold),
                Taken::Logged(call) => watched
                    .logged
                    .update(|logged| *logged.entry(*call).or_default() += 1),
                Taken::Engine(state) => live.hear_engine(state.clone()),
                // Notices were left out: there may be more of every log.
                Taken::FollowAgain(_) => watched
                    .logged
                    .update(|logged| logged.values_mut().for_each(|times| *times += 1)),
                Taken::Nothing => {}
            }
            taken
        }
    };
    let failed = {
        let watched = watched.clone();
        move |fault| watched.run.set(Fetched::Failed(fault))
    };
    Held {
        subscription: Subscription::begin(Topic::Run(id.clone()), take, failed),
        watched,
        fold,
        watchers: 0,
    }
}

fn show(watched: &Watched, fold: &RunFold) {
    if let Some(run) = fold.run() {
        watched.run.set(Fetched::Here(run.clone()));
    }
}
