//! A run: the fold over its journal. Read-only from outside; only `apply` (see `apply.rs`) changes it.

use crate::{
    Actor, Datum, Digest, Effect, EffectId, FailReason, GateId, GateKind, GateRun, Made, Map,
    Phase, Record, RunId, StepKey, StepRun, StepState, StepStatus, StopReason, TimerId, UndoneBy,
    WaitFor, Workflow,
    steps::{Mark, Steps},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// One execution of a workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub(crate) id: RunId,
    pub(crate) definition: Arc<Workflow>,
    pub(crate) definition_digest: Digest,
    pub(crate) seq: u64,
    pub(crate) last_at_us: i64,
    pub(crate) started: Option<Started>,
    pub(crate) status: RunStatus,
    pub(crate) inputs: BTreeMap<String, Datum>,
    pub(crate) steps: Steps,
    pub(crate) gates: Map<GateId, Arc<GateRun>>,
    pub(crate) owed: Owed,
    #[serde(with = "as_pairs")]
    pub(crate) timers: BTreeMap<TimerId, i64>,
    pub(crate) edited: BTreeMap<String, Actor>,
    /// The changes it has made, oldest first.
    pub(crate) made: rpds::VectorSync<Arc<Made>>,
    pub(crate) undone_by: Vec<UndoneBy>,
}

/// Who started a run, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// When, in microseconds since 1970 (UTC).
    pub at_us: i64,
    /// By whom.
    pub by: Actor,
}

/// Where a run stands. `waiting` is derived: see [`Run::is_waiting`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// It has no record yet.
    Pending,
    /// Under way.
    Running {
        /// It starts nothing more and ends when all has ended.
        stopping: Option<Stopping>,
    },
    /// It did what it should.
    Completed {
        /// When.
        at_us: i64,
        /// What it gives.
        outputs: BTreeMap<String, Datum>,
        /// Why it ended early.
        message: Option<String>,
    },
    /// It did not.
    Failed {
        /// When.
        at_us: i64,
        /// Why.
        reason: FailReason,
    },
    /// A person stopped it.
    Cancelled {
        /// When.
        at_us: i64,
    },
    /// It failed, and what it has changed is being rolled back.
    RollingBack {
        /// Since when, in microseconds since 1970 (UTC).
        since_us: i64,
        /// Why it failed.
        reason: FailReason,
        /// How many of its changes, from the oldest on, are still to be undone.
        left: usize,
    },
    /// It failed, and what it had changed was rolled back as far as it could be.
    RolledBack {
        /// When.
        at_us: i64,
        /// Why it failed.
        reason: FailReason,
    },
}

/// A run that starts nothing more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopping {
    /// Since when, in microseconds since 1970 (UTC).
    pub since_us: i64,
    /// Why.
    pub why: StopReason,
}

impl RunStatus {
    /// Is it an end?
    pub fn is_over(&self) -> bool {
        matches!(
            self,
            RunStatus::Completed { .. }
                | RunStatus::Failed { .. }
                | RunStatus::Cancelled { .. }
                | RunStatus::RolledBack { .. }
        )
    }
}

impl Run {
    /// A run without records: the beginning of every fold.
    pub fn new(id: RunId, definition: Arc<Workflow>, definition_digest: Digest) -> Run {
        Run {
            id,
            definition,
            definition_digest,
            seq: 0,
            last_at_us: 0,
            started: None,
            status: RunStatus::Pending,
            inputs: BTreeMap::new(),
            steps: Steps::default(),
            gates: Map::default(),
            owed: Owed::default(),
            timers: BTreeMap::new(),
            edited: BTreeMap::new(),
            made: rpds::VectorSync::default(),
            undone_by: Vec::new(),
        }
    }

    /// Folds records in order.
    ///
    /// # Errors
    /// The first record that does not follow the ones before it.
    pub fn fold<'a>(
        mut self,
        records: impl IntoIterator<Item = &'a Record>,
    ) -> Result<Run, crate::apply::FoldFault> {
        for record in records {
            self.apply(record)?;
        }
        Ok(self)
    }

    /// Folds records in order, and says which effects came to be owed, or ceased to be, on the way.
    ///
    /// # Errors
    /// The first record that does not follow the ones before it.
    pub fn fold_noting<'a>(
        mut self,
        records: impl IntoIterator<Item = &'a Record>,
    ) -> Result<(Run, BTreeSet<EffectId>), crate::apply::FoldFault> {
        self.owed.notes = Some(BTreeSet::new());
        let mut run = self.fold(records)?;
        let notes = run.owed.notes.take().unwrap_or_default();
        Ok((run, notes))
    }

    /// Its name.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// The definition it is pinned to.
    pub fn definition(&self) -> &Arc<Workflow> {
        &self.definition
    }

    /// The digest of that definition's resolved model.
    pub fn definition_digest(&self) -> Digest {
        self.definition_digest
    }

    /// How many records were folded.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The time of the last record, in microseconds since 1970 (UTC).
    pub fn last_at_us(&self) -> i64 {
        self.last_at_us
    }

    /// Who started it, and when.
    pub fn started(&self) -> Option<&Started> {
        self.started.as_ref()
    }

    /// Where it stands.
    pub fn status(&self) -> &RunStatus {
        &self.status
    }

    /// Its inputs, edits included.
    pub fn inputs(&self) -> &BTreeMap<String, Datum> {
        &self.inputs
    }

    /// Its step instances that have started or ended; all others are pending.
    pub fn steps(&self) -> &Map<StepKey, Arc<StepRun>> {
        self.steps.runs()
    }

    /// One step instance.
    pub fn step(&self, key: &StepKey) -> Option<&StepRun> {
        self.steps.get(key).map(Arc::as_ref)
    }

    /// Its gates that were reached.
    pub fn gates(&self) -> &Map<GateId, Arc<GateRun>> {
        &self.gates
    }

    /// One gate.
    pub fn gate(&self, id: &GateId) -> Option<&GateRun> {
        self.gates.get(id).map(Arc::as_ref)
    }

    /// The gates at which a person is asked now. Each owes an alert, so that they are found without looking at all
    /// those that were answered.
    pub fn open_gates(&self) -> impl Iterator<Item = &GateRun> {
        let alerts = self
            .owed
            .map()
            .iter()
            .map_while(|(_, effect)| match effect {
                Effect::Alert { gate, .. } => Some(gate),
                Effect::Preview { .. }
                | Effect::Inverse { .. }
                | Effect::Read { .. }
                | Effect::Change { .. }
                | Effect::Observe { .. } => None,
            });
        let gates: BTreeSet<&GateId> = alerts.collect();
        gates.into_iter().filter_map(|id| self.gate(id))
    }

    /// What the world still owes this run: the only way work starts.
    pub fn outstanding(&self) -> &Map<EffectId, Effect> {
        self.owed.map()
    }

    /// Does it owe work, other than asking a person? The names of alerts sort before all others.
    pub fn owes(&self) -> bool {
        let last = self.owed.map().last();
        last.is_some_and(|(_, effect)| !matches!(effect, Effect::Alert { .. }))
    }

    /// The times it waits for, in microseconds since 1970 (UTC).
    pub fn timers(&self) -> &BTreeMap<TimerId, i64> {
        &self.timers
    }

    /// Why and since when it is stopping.
    pub fn stopping(&self) -> Option<&Stopping> {
        match &self.status {
            RunStatus::Running { stopping } => stopping.as_ref(),
            RunStatus::Pending
            | RunStatus::Completed { .. }
            | RunStatus::Failed { .. }
            | RunStatus::Cancelled { .. }
            | RunStatus::RollingBack { .. }
            | RunStatus::RolledBack { .. } => None,
        }
    }

    /// Is it over?
    pub fn is_over(&self) -> bool {
        self.status.is_over()
    }

    /// A time that is not before the last record's: `max(clock, last record)`.
    pub fn not_before(&self, clock_us: i64) -> i64 {
        clock_us.max(self.last_at_us)
    }

    /// The state of a step instance in the words of product.md.
    pub fn step_status(&self, key: &StepKey) -> StepStatus {
        let Some(step) = self.step(key) else {
            return self.status_without_start(key);
        };
        match &step.state {
            StepState::Again => self.status_without_start(key),
            StepState::Completed { .. } => StepStatus::Completed,
            StepState::Failed { .. } => StepStatus::Failed,
            StepState::Skipped { .. } => StepStatus::Skipped,
            StepState::Active(phase) => {
                let waits = match phase {
                    Phase::Group { .. } | Phase::List { .. } => self.waits_inside(key),
                    Phase::Ready
                    | Phase::Previewing { .. }
                    | Phase::Inverting { .. }
                    | Phase::Planned(_)
                    | Phase::Calling(_)
                    | Phase::Observing { .. }
                    | Phase::InDoubt { .. }
                    | Phase::Backoff { .. }
                    | Phase::Result { .. } => self.waits_for(key).is_some(),
                };
                if waits {
                    StepStatus::Waiting
                } else {
                    StepStatus::InProgress
                }
            }
        }
    }

    /// A step that has not started still may, unless what it stands in has ended without it.
    fn status_without_start(&self, key: &StepKey) -> StepStatus {
        let ended = |outer: &StepKey| self.step(outer).is_some_and(StepRun::is_done);
        if self.enclosing(key).iter().any(ended) {
            StepStatus::Skipped
        } else {
            StepStatus::Pending
        }
    }

    /// The groups and lists that a step instance stands in, outermost first.
    pub fn enclosing(&self, key: &StepKey) -> Vec<StepKey> {
        let mut outer = Vec::new();
        let mut depth = 0;
        for step in self.definition.path(&key.id).unwrap_or_default() {
            let at = |depth: usize| {
                Some(StepKey {
                    id: step.id.as_str().into(),
                    items: key.items.get(..depth)?.to_vec(),
                })
            };
            outer.extend(at(depth));
            if step.foreach.is_some() {
                depth += 1;
                outer.extend(at(depth));
            }
        }
        // The list of an item encloses it; an item does not enclose its list, and nothing itself.
        outer.retain(|one| one != key && (one.id != key.id || one.items.len() < key.items.len()));
        outer
    }

    /// What a step under way waits for; `None` when it is working.
    pub fn waits_for(&self, key: &StepKey) -> Option<WaitFor> {
        match self.step(key)?.phase()? {
            Phase::InDoubt { .. } => Some(WaitFor::InDoubt),
            Phase::Backoff { .. } => Some(WaitFor::Timer),
            Phase::Planned(_) | Phase::Result { .. } | Phase::List { .. } => {
                let gates = [Some(key.clone()), key.list()]
                    .into_iter()
                    .flatten()
                    .flat_map(|step| {
                        [GateKind::Before, GateKind::After, GateKind::Failure].map(|kind| GateId {
                            step: step.clone(),
                            kind,
                        })
                    });
                gates
                    .into_iter()
                    .find(|gate| self.gate(gate).is_some_and(GateRun::is_open))
                    .map(WaitFor::Person)
            }
            Phase::Group { .. }
            | Phase::Ready
            | Phase::Previewing { .. }
            | Phase::Inverting { .. }
            | Phase::Calling(_)
            | Phase::Observing { .. } => None,
        }
    }

    /// A group or list waits when something inside waits for a person and nothing inside works.
    fn waits_inside(&self, key: &StepKey) -> bool {
        if matches!(self.waits_for(key), Some(WaitFor::Person(_))) {
            return true;
        }
        let ids = self.ids_inside(key);
        let inside = |mark| {
            ids.iter()
                .flat_map(move |id| self.steps.marked_inside(mark, id, &key.items))
        };
        if inside(Mark::Works).next().is_some() {
            return false;
        }
        let waits = |inner| matches!(self.waits_for(inner), Some(WaitFor::Person(_)));
        if !inside(Mark::MayAsk).all(waits) {
            return false;
        }
        inside(Mark::MayAsk).next().is_some() || inside(Mark::InDoubt).next().is_some()
    }

    /// The ids of a group's or list's own step and of all steps inside it, sorted.
    fn ids_inside(&self, outer: &StepKey) -> Vec<Arc<str>> {
        let mut ids: Vec<Arc<str>> = Vec::new();
        let mut pending: Vec<&crate::Step> = self.definition.step(&outer.id).into_iter().collect();
        while let Some(step) = pending.pop() {
            ids.push(step.id.as_str().into());
            pending.extend(step.children());
        }
        ids.sort();
        ids
    }

    /// The step instances inside a group or list, at any depth.
    pub fn inside<'a>(
        &'a self,
        outer: &'a StepKey,
    ) -> impl Iterator<Item = (&'a StepKey, &'a StepRun)> {
        self.ids_inside(outer)
            .into_iter()
            .flat_map(|id| self.steps.inside(id, &outer.items))
            .filter(move |(key, _)| *key != outer)
            .map(|(key, step)| (key, step.as_ref()))
    }

    /// The step instances of which nobody can say whether they happened.
    pub fn in_doubt(&self) -> impl Iterator<Item = &StepKey> {
        self.steps.marked(Mark::InDoubt)
    }

    /// Is nothing in progress, and does it wait for a person? (semantics.md 11)
    pub fn is_waiting(&self) -> bool {
        let asks = self.open_gates().next().is_some() || self.in_doubt().next().is_some();
        // A run that has failed and asks what now is quiet.
        let asks_what_now = || {
            let mut open = self.open_gates();
            open.any(|gate| gate.id.kind == GateKind::Failure)
        };
        asks && !self.owes() && (self.stopping().is_none() || asks_what_now())
    }
}

/// What the world owes, and what changed of it while somebody takes notes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Owed {
    map: Map<EffectId, Effect>,
    #[serde(skip)]
    notes: Option<BTreeSet<EffectId>>,
}

impl Owed {
    pub(crate) fn map(&self) -> &Map<EffectId, Effect> {
        &self.map
    }

    pub(crate) fn insert(&mut self, id: EffectId, effect: Effect) {
        if let Some(notes) = &mut self.notes {
            notes.insert(id.clone());
        }
        self.map.insert_mut(id, effect);
    }

    pub(crate) fn remove(&mut self, id: &EffectId) {
        if self.map.remove_mut(id)
            && let Some(notes) = &mut self.notes
        {
            notes.insert(id.clone());
        }
    }
}

/// JSON has only text as keys: such a map is written as a list of pairs.
mod as_pairs {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::collections::BTreeMap;

    pub(super) fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(super) fn deserialize<
        'de,
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    >(
        deserializer: D,
    ) -> Result<BTreeMap<K, V>, D::Error> {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?
            .into_iter()
            .collect())
    }
}
