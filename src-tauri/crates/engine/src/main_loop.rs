//! The one loop. A closed enum says what can wake it; a run's commands are taken one by one: decide, append, and only
//! when the append is durable apply, publish, and start or stop what is owed. Nothing happens in callbacks.

use crate::{
    clock, faults,
    feed::Feed,
    live::{InFlight, LiveRun, Pending},
    mailbox::{Message, PinnedDefinition},
    perform::World,
    reading,
};
use api::{EngineState, Fault, Notice, Topic};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, mpsc as std_mpsc},
    time::{Duration, Instant},
};
use store::{Ack, Append, AppendFault, Definition, Health, ViewRows};
use tokio::sync::{mpsc, oneshot};
use workflow::{
    Actor, Answer, Command, Digest, EffectId, Input, LogRange, Record, Run, RunId, RunSummary,
    Stop, TimerId, decide, externalise, load,
};

/// The clock is looked at at least this often: sleep and clock jumps are noticed within it.
const LOOK: Duration = Duration::from_secs(1);
/// So many of the newest runs are looked at for an undo that was cut off before it told the run that it undid.
const UNDOS_LOOKED_AT: usize = 100;
/// How long closing waits for changes that are under way.
const CLOSING: Duration = Duration::from_secs(5);

/// The loop's own state.
pub(crate) struct MainLoop {
    world: Arc<World>,
    feed: Feed,
    runs: BTreeMap<RunId, LiveRun>,
    /// When each timer is due, over all runs, in memory or not.
    due: BTreeSet<(i64, RunId, TimerId)>,
    board_seq: u64,
    state: Arc<dyn Fn() -> EngineState + Send + Sync>,
    closing: Option<(Instant, oneshot::Sender<()>)>,
}

impl MainLoop {
    pub(crate) fn new(
        world: Arc<World>,
        state: Arc<dyn Fn() -> EngineState + Send + Sync>,
    ) -> MainLoop {
        let feed = Feed::new(world.runtime.clone());
        MainLoop {
            world,
            feed,
            runs: BTreeMap::new(),
            due: BTreeSet::new(),
            board_seq: 0,
            state,
            closing: None,
        }
    }

    /// Takes up what the last process left: runs that owe work, and all timers.
    pub(crate) fn recover(&mut self) -> Result<(), Fault> {
        let reader = self.world.store.read();
        for row in reader.timers().map_err(|fault| faults::read(&fault))? {
            self.due.insert((row.due_us, row.run, row.timer));
        }
        for run in reader.owing_runs().map_err(|fault| faults::read(&fault))? {
            self.command(
                run,
                Pending {
                    command: Command::Resume,
                    actor: Actor::engine(),
                    reply: None,
                },
            );
        }
        // One whose end was durable may not have told the run that it has undone.
        let rows = reading::board(self.world.store.read(), UNDOS_LOOKED_AT)?;
        let over = |row: &&RunSummary| row.workflow == Run::UNDO && row.ended_at_us.is_some();
        for row in rows.iter().filter(over) {
            let run = reading::fold_run(self.world.store.read(), &row.run)?;
            self.runs.insert(row.run.clone(), LiveRun::new(run));
            self.tell_the_undone(&row.run);
            self.let_go(&row.run);
        }
        Ok(())
    }

    pub(crate) fn run(mut self, messages: &std_mpsc::Receiver<Message>) {
        loop {
            let now = clock::now_us();
            let wait = match self.due.first() {
                Some((due_us, _, _)) => {
                    Duration::from_micros(u64::try_from(due_us - now).unwrap_or(0)).min(LOOK)
                }
                None => LOOK,
            };
            match messages.recv_timeout(wait) {
                Ok(message) => self.message(message),
                Err(std_mpsc::RecvTimeoutError::Timeout) => {}
                Err(std_mpsc::RecvTimeoutError::Disconnected) => return,
            }
            self.fire_timers();
            if self.has_closed() {
                return;
            }
        }
    }

    fn message(&mut self, message: Message) {
        match message {
            Message::Start {
                run,
                definition,
                pending,
            } => self.start(run, *definition, pending),
            Message::Command { run, pending } => self.command(run, pending),
            Message::Appended { run, result } => self.appended(&run, result),
            Message::Performed {
                run,
                effect,
                answer,
                log,
            } => self.performed(run, effect, *answer, log),
            Message::LogLines { run, call, lines } => {
                self.feed
                    .publish(&Topic::Run(run.clone()), &Notice::Log { run, call, lines });
            }
            Message::Follow { topic, reply } => {
                let followed = self.follow(topic);
                // Whoever asked may be gone.
                let _ = reply.send(followed);
            }
            Message::EngineChanged => {
                self.feed
                    .publish(&Topic::Board, &Notice::Engine((self.state)()));
                self.take_up_again();
            }
            Message::Close { done } => self.close(done),
        }
    }

    fn start(&mut self, id: RunId, definition: PinnedDefinition, pending: Pending) {
        let run = Run::new(id.clone(), Arc::clone(&definition.model), definition.digest);
        let mut live = LiveRun::new(run);
        live.waiting.push_back(pending);
        self.runs.insert(id.clone(), live);
        self.pump(&id, Some(definition));
        // A refused start leaves nothing behind.
        if self
            .runs
            .get(&id)
            .is_some_and(|live| live.run.seq() == 0 && live.in_flight.is_none())
        {
            self.runs.remove(&id);
        }
    }

    fn command(&mut self, id: RunId, pending: Pending) {
        if !self.runs.contains_key(&id) {
            match reading::fold_run(self.world.store.read(), &id) {
                Ok(run) => {
                    self.runs.insert(id.clone(), LiveRun::new(run));
                }
                Err(fault) => {
                    tracing::warn!(run = %id, %fault, "a run could not be read");
                    return pending.answer(Err(fault));
                }
            }
        }
        if let Some(live) = self.runs.get_mut(&id) {
            live.waiting.push_back(pending);
        }
        self.pump(&id, None);
        self.let_go(&id);
    }

    /// Takes the next commands of a run until one is being made durable.
    fn pump(&mut self, id: &RunId, mut definition: Option<PinnedDefinition>) {
        let Some(live) = self.runs.get_mut(id) else {
            return;
        };
        let mut taken_up = false;
        while live.in_flight.is_none() && self.world.store.health() == Health::Writable {
            let Some(pending) = live.waiting.pop_front() else {
                break;
            };
            let input = Input {
                command: pending.command.clone(),
                actor: pending.actor.clone(),
                at_us: clock::now_us(),
                entropy: clock::entropy(),
            };
            let verdict = match decide(&live.run, &input, self.world.values.as_ref()) {
                Ok(verdict) => verdict,
                Err(Stop::Refused(refusal)) => {
                    if pending.reply.is_none() {
                        tracing::error!(run = %id, %refusal, "the engine was refused");
                    }
                    live.was_not_heard(&pending.command);
                    pending.answer(Err(refusal.into()));
                    continue;
                }
                Err(Stop::Needs(digests)) => {
                    live.was_not_heard(&pending.command);
                    let missing: Vec<String> = digests.iter().map(Digest::short).collect();
                    let fault = Fault::new(
                        "values_pruned",
                        format!("Values of run {id} are not kept any more"),
                        "Start the workflow again",
                    );
                    pending.answer(Err(fault.with_detail(missing.join(", "))));
                    continue;
                }
            };
            if verdict.events.is_empty() {
                taken_up |= matches!(pending.command, Command::Resume);
                live.was_not_heard(&pending.command);
                let answer = verdict
                    .refusal
                    .map_or_else(|| Ok(live.run.clone()), |refusal| Err(refusal.into()));
                pending.answer(answer);
                continue;
            }
            let mut events = verdict.events;
            let blobs = externalise(&mut events);
            self.world.values.remember(&blobs);
            let at_us = live.run.not_before(input.at_us);
            let records: Vec<Record> = events
                .into_iter()
                .zip(live.run.seq() + 1..)
                .map(|(event, seq)| Record {
                    run: id.clone(),
                    seq,
                    at_us,
                    actor: input.actor.clone(),
                    event,
                })
                .collect();
            let (next, changed) = match live.run.clone().fold_noting(&records) {
                Ok(folded) => folded,
                Err(fault) => {
                    live.was_not_heard(&pending.command);
                    pending.answer(Err(faults::internal(fault)));
                    continue;
                }
            };
            let summary = next.summary();
            let append = Append {
                expected_run_seq: live.run.seq(),
                records: records.clone(),
                blobs,
                definition: definition.take().map(|pinned| Definition {
                    digest: pinned.digest,
                    text: pinned.text,
                    model: serde_json::to_string(pinned.model.as_ref()).unwrap_or_default(),
                }),
                view: ViewRows {
                    summary: summary.clone(),
                    timers: next.timers().clone(),
                    owes: next.owes(),
                },
            };
            live.in_flight = Some(InFlight {
                next,
                summary,
                records,
                refusal: verdict.refusal,
                changed,
                pending,
            });
            let (mailbox, run) = (self.world.mailbox.clone(), id.clone());
            self.world.store.append(append, move |result| {
                mailbox.send(Message::Appended { run, result })
            });
        }
        // Nothing had to be settled first: what is owed simply starts again. With something to settle it starts when
        // that is durable, so that no change is made before the tool was asked about it.
        if taken_up && live.in_flight.is_none() {
            self.reconcile(id);
        }
    }

    fn appended(&mut self, id: &RunId, result: Result<Ack, AppendFault>) {
        let Some(live) = self.runs.get_mut(id) else {
            return;
        };
        let Some(InFlight {
            next,
            summary,
            records,
            refusal,
            changed,
            pending,
        }) = live.in_flight.take()
        else {
            return;
        };
        match result {
            Ok(_) => {
                for (timer, due_us) in live.run.timers() {
                    self.due.remove(&(*due_us, id.clone(), timer.clone()));
                }
                for (timer, due_us) in next.timers() {
                    self.due.insert((*due_us, id.clone(), timer.clone()));
                }
                live.run = next;
                live.unsettled.extend(changed);
                let answer =
                    refusal.map_or_else(|| Ok(live.run.clone()), |refusal| Err(refusal.into()));
                // First the world is told what it owes: the sooner it starts, the better.
                self.reconcile(id);
                self.feed
                    .publish(&Topic::Run(id.clone()), &Notice::Records(records));
                self.board_seq += 1;
                let row = Notice::Row {
                    seq: self.board_seq,
                    row: Box::new(summary),
                };
                self.feed.publish(&Topic::Board, &row);
                pending.answer(answer);
                self.tell_the_undone(id);
            }
            Err(fault) => {
                tracing::error!(run = %id, %fault, "records could not be made durable");
                match (&fault, pending.reply.is_none()) {
                    // The change did not happen: the append was all there was of it. The call failed, and says why.
                    (AppendFault::Inventory { fault, .. }, true) => {
                        live.waiting.push_front(pending.refused_by(fault));
                    }
                    // The world's answers are not lost: they wait until writing works again.
                    (AppendFault::ReadOnly { .. }, true) => live.waiting.push_front(pending),
                    (_, _) => {
                        live.was_not_heard(&pending.command);
                        pending.answer(Err(faults::append(&fault)));
                    }
                }
                self.feed
                    .publish(&Topic::Board, &Notice::Engine((self.state)()));
            }
        }
        self.pump(id, None);
        self.let_go(id);
    }

    /// A run that undoes another is over: the other one is told, once.
    fn tell_the_undone(&mut self, id: &RunId) {
        let over = self.runs.get(id).filter(|live| live.run.is_over());
        let Some(run) = over.map(|live| &live.run) else {
            return;
        };
        let Some(undone) = run.definition().undoes.clone() else {
            return;
        };
        let values = Arc::clone(&self.world.values);
        let steps = run.undid(|datum| load(datum, values.as_ref()).ok());
        if steps.is_empty() {
            return;
        }
        let by = id.clone();
        let pending = Pending {
            command: Command::Undone { by, steps },
            actor: Actor::engine(),
            reply: None,
        };
        self.command(undone, pending);
    }

    /// Starts what is owed and not under way, stops what is under way and no longer owed.
    fn reconcile(&mut self, id: &RunId) {
        let Some(live) = self.runs.get_mut(id) else {
            return;
        };
        if self.closing.is_some() {
            return;
        }
        live.reconcile(&self.world);
    }

    fn performed(&mut self, run: RunId, effect: EffectId, answer: Answer, log: Option<LogRange>) {
        if let Some(live) = self.runs.get_mut(&run) {
            live.has_performed(&effect);
        }
        let command = Command::Answered {
            effect,
            answer,
            log,
        };
        self.command(
            run,
            Pending {
                command,
                actor: Actor::engine(),
                reply: None,
            },
        );
    }

    fn fire_timers(&mut self) {
        let now = clock::now_us();
        while let Some((due_us, _, _)) = self.due.first() {
            if *due_us > now || self.world.store.health() != Health::Writable {
                return;
            }
            if let Some((_, run, timer)) = self.due.pop_first() {
                self.command(
                    run,
                    Pending {
                        command: Command::Timer(timer),
                        actor: Actor::engine(),
                        reply: None,
                    },
                );
            }
        }
    }

    /// Runs that owe nothing are read again when they are needed.
    fn let_go(&mut self, id: &RunId) {
        if self.runs.get(id).is_some_and(LiveRun::is_idle) {
            self.runs.remove(id);
        }
    }

    /// After writing works again: what was appended last may or may not be there, so every run is read anew.
    fn take_up_again(&mut self) {
        if self.world.store.health() != Health::Writable {
            return;
        }
        let stalled: Vec<RunId> = self.runs.keys().cloned().collect();
        for id in stalled {
            let Some(live) = self.runs.get_mut(&id) else {
                continue;
            };
            if let Ok(run) = reading::fold_run(self.world.store.read(), &id)
                && live.in_flight.is_none()
                && run.seq() >= live.run.seq()
            {
                live.run = run;
            }
            live.unsettle();
            self.reconcile(&id);
            self.pump(&id, None);
        }
    }

    fn follow(&mut self, topic: Topic) -> Result<mpsc::Receiver<Notice>, Fault> {
        let first = match &topic {
            Topic::Run(id) => {
                let run = match self.runs.get(id) {
                    Some(live) => live.run.clone(),
                    None => reading::fold_run(self.world.store.read(), id)?,
                };
                Notice::Snapshot(Box::new(run))
            }
            Topic::Board => Notice::Board {
                seq: self.board_seq,
                rows: reading::followed_board(self.world.store.read(), 500)?,
            },
        };
        Ok(self.feed.subscribe(topic, first))
    }

    /// Reads are stopped at once; changes that are under way get a little time to come to their end.
    fn close(&mut self, done: oneshot::Sender<()>) {
        for live in self.runs.values() {
            for performing in live
                .performing
                .values()
                .filter(|performing| !performing.changes)
            {
                performing.cancel.cancel();
                performing.task.abort();
            }
        }
        self.closing = Some((Instant::now(), done));
    }

    fn has_closed(&mut self) -> bool {
        let Some((since, _)) = &self.closing else {
            return false;
        };
        let busy = self.runs.values().any(|live| {
            live.in_flight.is_some()
                || live
                    .performing
                    .values()
                    .any(|performing| performing.changes && !performing.answered)
        });
        if busy && since.elapsed() < CLOSING {
            return false;
        }
        if let Some((_, done)) = self.closing.take() {
            // The one who closes may not wait.
            let _ = done.send(());
        }
        true
    }
}
