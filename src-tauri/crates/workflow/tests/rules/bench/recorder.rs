//! A run with its journal, its clock and its dice. After every event the recorder folds it a second time, through JSON,
//! and checks what must always hold.

use super::{recompute, world::World};
use serde_json::{Map, Value as Json};
use std::{collections::BTreeMap, sync::Arc};
use workflow::{
    Actor, Command, Digest, DoubtAnswer, Effect, Event, Input, Permit, Phase, Record, Refusal, Run,
    RunId, StepKey, StepState, StepStatus, Stop, Values, Workflow, decide, digest_of_json,
    externalise,
};

/// Bodies of big values.
#[derive(Default)]
pub(crate) struct Blobs(BTreeMap<Digest, Arc<Json>>);

impl Values for Blobs {
    fn get(&self, sha256: &Digest) -> Option<Arc<Json>> {
        self.0.get(sha256).cloned()
    }
}

pub(crate) struct Bench {
    pub(crate) run: Run,
    pub(crate) records: Vec<Record>,
    pub(crate) world: World,
    pub(crate) blobs: Blobs,
    /// The clock, in microseconds since 1970.
    pub(crate) clock_us: i64,
    pub(crate) dice: u64,
    /// The events of each command, in order.
    pub(crate) verdicts: Vec<Vec<Event>>,
    empty: Run,
    shadow: Run,
    /// What was paid for and not started yet, by step.
    paid: BTreeMap<StepKey, Digest>,
    terminal: u32,
    /// Sends the snapshot through JSON after every so many records.
    pub(crate) snapshot_every: u64,
}

pub(crate) fn me() -> Actor {
    Actor::person("ada", "window")
}

/// Written as JSON and read again, by both ways there are to read it: the engine's and the window's.
fn through_json<T>(value: &T) -> T
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let text = serde_json::to_string(value).unwrap();
    let read: T = serde_json::from_str(&text).unwrap();
    assert_eq!(workflow::from_json::<T>(&text).unwrap(), read);
    read
}

impl Bench {
    pub(crate) fn new(workflow: Workflow) -> Bench {
        let digest = digest_of_json(&serde_json::to_value(&workflow).unwrap());
        let empty = Run::new(RunId("run-1".to_owned()), Arc::new(workflow), digest);
        Bench {
            run: empty.clone(),
            records: Vec::new(),
            world: World::default(),
            blobs: Blobs::default(),
            clock_us: 1_000_000_000,
            dice: 999,
            verdicts: Vec::new(),
            shadow: empty.clone(),
            empty,
            paid: BTreeMap::new(),
            terminal: 0,
            snapshot_every: 1,
        }
    }

    /// A run of this workflow, started with these inputs.
    pub(crate) fn started(workflow: Workflow, inputs: Json) -> Bench {
        let mut bench = Bench::new(workflow);
        bench.start(inputs).unwrap();
        bench
    }

    pub(crate) fn start(&mut self, inputs: Json) -> Result<Option<Refusal>, Refusal> {
        let inputs: Map<String, Json> = inputs.as_object().cloned().unwrap_or_default();
        self.ask(me(), Command::Start { inputs })
    }

    /// Puts a command to the run and journals what follows.
    pub(crate) fn ask(
        &mut self,
        actor: Actor,
        command: Command,
    ) -> Result<Option<Refusal>, Refusal> {
        let input = Input {
            command,
            actor: actor.clone(),
            at_us: self.clock_us,
            entropy: self.dice,
        };
        let verdict = match decide(&self.run, &input, &self.blobs) {
            Ok(verdict) => verdict,
            Err(Stop::Refused(refusal)) => {
                assert_ne!(refusal.code, "internal", "{refusal} on {:?}", input.command);
                return Err(refusal);
            }
            Err(Stop::Needs(digests)) => panic!("every blob is loaded, but {digests:?}"),
        };
        let mut events = verdict.events;
        for blob in externalise(&mut events) {
            self.blobs.0.insert(
                blob.sha256,
                Arc::new(serde_json::from_slice(&blob.body).unwrap()),
            );
        }
        self.verdicts.push(events.clone());
        let at_us = self.run.not_before(self.clock_us);
        for event in events {
            let record = Record {
                run: self.run.id().clone(),
                seq: self.run.seq() + 1,
                at_us,
                actor: actor.clone(),
                event,
            };
            self.append(record);
        }
        self.settled();
        Ok(verdict.refusal)
    }

    fn append(&mut self, record: Record) {
        let before = self.run.clone();
        let (after, noted) = before
            .clone()
            .fold_noting([&record])
            .unwrap_or_else(|fault| panic!("{fault}: {:?}", record.event));
        self.run = after;
        let (owed_before, owed) = (before.outstanding(), self.run.outstanding());
        for id in owed_before.keys().chain(owed.keys()) {
            let differs = owed_before.get(id) != owed.get(id);
            assert!(!differs || noted.contains(id), "{id:?} was not noted");
        }
        // A snapshot that went through JSON, and a record that did, go on to the same run.
        let copy: Record = through_json(&record);
        assert_eq!(copy, record);
        self.shadow.apply(&copy).unwrap();
        assert_eq!(self.shadow, self.run, "after {:?}", record.event);
        if record.seq.is_multiple_of(self.snapshot_every) {
            self.shadow = through_json(&self.shadow);
            assert_eq!(self.shadow, self.run, "after {:?}", record.event);
        }
        self.ledger(&before, &record);
        self.records.push(record);
        self.always();
    }

    /// I3: nothing changing starts unless exactly that call was paid for since the last start.
    fn ledger(&mut self, before: &Run, record: &Record) {
        match &record.event {
            Event::GrantSpent {
                step, call_digest, ..
            } => {
                self.paid.insert(step.clone(), *call_digest);
            }
            Event::DoubtResolved {
                step,
                answer: DoubtAnswer::RunAgain,
            } => {
                assert_eq!(record.actor.kind, workflow::ActorKind::Person);
                let digest = before.step(step).unwrap().planned().unwrap().digest;
                self.paid.insert(step.clone(), digest);
            }
            Event::InversePermitted {
                step,
                of,
                call_digest,
            } => self.permitted(before, step, *of, *call_digest),
            Event::CallStarted { step, .. } => {
                let Some(Phase::Calling(calling)) = self.run.step(step).unwrap().phase() else {
                    panic!("no call")
                };
                let paid = self.paid.remove(step);
                if calling.planned.call.effect.changes() {
                    assert_eq!(
                        paid,
                        Some(calling.planned.digest),
                        "{step} was not paid for"
                    );
                }
            }
            Event::GateDecided { .. } | Event::InputEdited { .. } => {
                assert_eq!(record.actor.kind, workflow::ActorKind::Person, "I4");
            }
            Event::RunCompleted { .. }
            | Event::RunFailed { .. }
            | Event::RunCancelled
            | Event::RunRolledBack { .. } => self.terminal += 1,
            _ => {}
        }
    }

    /// I9b: an inverse runs for a change that was paid for with a grant (or a person's word), and by the tool that the
    /// approved card named. Read from the journal, not from the fold.
    fn permitted(&mut self, before: &Run, inverse: &StepKey, of: u64, call_digest: Digest) {
        let change = &self.records[of as usize - 1].event;
        let (Event::CallFinished { step, .. } | Event::DoubtResolved { step, .. }) = change else {
            panic!("{change:?} is no change")
        };
        assert!(
            inverse.to_string().contains(&*step.id),
            "{inverse} undoes {step}"
        );
        let planned = before.step(inverse).unwrap().planned().unwrap();
        let earlier = self.records[..of as usize].iter().rev();
        let paid = earlier.clone().find_map(|record| match &record.event {
            Event::GrantSpent { step: paid, .. } if paid == step => Some(()),
            Event::DoubtResolved { step: paid, .. } if paid == step => Some(()),
            _ => None,
        });
        assert!(paid.is_some(), "{step} was not paid for");
        let named = earlier.clone().find_map(|record| match &record.event {
            Event::CallPreviewed {
                step: one, call, ..
            } if one == step => call.undo.clone(),
            _ => None,
        });
        assert_eq!(named.unwrap().tool, planned.call.tool);
        assert_eq!(planned.digest, call_digest);
        self.paid.insert(inverse.clone(), call_digest);
    }

    /// What holds after every event.
    fn always(&self) {
        let owed: workflow::Map<_, _> = recompute::owed(&self.run).into_iter().collect();
        assert_eq!(*self.run.outstanding(), owed);
        assert_eq!(*self.run.timers(), recompute::timers(&self.run));
        recompute::derived(&self.run);
        assert!(self.terminal <= 1, "two ends");
        let mut last = 0;
        if let [.., before, after] = self.records.as_slice() {
            assert!(before.at_us <= after.at_us && before.seq + 1 == after.seq);
            last = after.seq;
        }
        assert!(last == 0 || last == self.run.seq());
        if self.run.is_over() {
            assert_eq!(
                self.run.open_gates().count(),
                0,
                "an open gate after the end"
            );
            assert!(
                self.run.outstanding().is_empty() && self.run.timers().is_empty(),
                "owed after the end"
            );
            for (key, step) in self.run.steps() {
                assert!(
                    !matches!(step.state, StepState::Active(_)),
                    "{key} is under way after the end"
                );
            }
        }
        for effect in self.run.outstanding().values() {
            if let Effect::Change { step, key, .. } = effect {
                let permit = Permit::redeem(&self.run, step, &self.blobs).unwrap();
                assert_eq!(permit.key(), *key);
            }
        }
        for stage in self.run.stages() {
            assert!(
                !self.run.is_over()
                    || !matches!(stage.status, StepStatus::InProgress | StepStatus::Waiting),
                "{stage:?}"
            );
        }
    }

    /// What holds between commands: the run is not stuck, and the whole journal folds to it.
    fn settled(&self) {
        let doubt = self
            .run
            .steps()
            .values()
            .any(|step| matches!(step.phase(), Some(Phase::InDoubt { .. })));
        let moves = self.run.is_over()
            || self.run.seq() == 0
            || !self.run.outstanding().is_empty()
            || !self.run.timers().is_empty()
            || doubt;
        assert!(moves, "the run is stuck: {:#?}", self.words());
        if self.run.is_over() {
            for step in self.run.definition().all_steps() {
                if self.run.definition().list_depth(&step.id) == 0 {
                    let status = self.run.step_status(&StepKey::top(&step.id));
                    assert_ne!(
                        status,
                        StepStatus::Pending,
                        "{} is pending after the end",
                        step.id
                    );
                }
            }
        }
    }

    /// Folds the first `length` records from nothing.
    pub(crate) fn fold(&self, length: usize) -> Run {
        self.empty.clone().fold(&self.records[..length]).unwrap()
    }
}

/// An event as a word and what it is about.
pub(crate) fn words(event: &Event) -> String {
    let json = serde_json::to_value(event).unwrap();
    let kind = json["kind"].as_str().unwrap();
    let about = json["gate"]
        .as_str()
        .or(json["step"].as_str())
        .unwrap_or_default();
    format!("{kind} {about}").trim_end().to_owned()
}
