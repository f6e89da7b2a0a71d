//! The step instances of a run, and beside each list the places where its items stand. A sweep over a long list looks
//! only at what can move, and a copy of it all costs nothing. Map and index change together, in `put` and `change`;
//! only the map is written into snapshots, the index is made again from it.

use crate::{Map, Phase, Set, StepKey, StepRun, StepState};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{collections::BTreeMap, sync::Arc};

/// Where a step instance stands, as far as lists distinguish it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// Sent back by a redo.
    Again,
    Ready,
    /// It is asked what the call would do, or will be asked once more.
    Previewing,
    Planned,
    /// A call is under way, in doubt, or waits for its next try.
    Calling,
    /// It has a result that is not yet the step's.
    Held,
    /// Its call ended in an error from which nothing has followed yet.
    Erred,
    /// A group or a list, under way.
    Around,
    Completed,
    Failed,
    Skipped,
}

impl Standing {
    const COUNT: usize = 11;

    /// Those of an item under way; where the items have a card in common, the first three only wait for it.
    pub(crate) const UNDER_WAY: [Standing; 7] = [
        Standing::Ready,
        Standing::Previewing,
        Standing::Planned,
        Standing::Calling,
        Standing::Held,
        Standing::Erred,
        Standing::Around,
    ];
    pub(crate) const WAITING_FOR_A_CARD: usize = 3;
    pub(crate) const DONE: [Standing; 3] =
        [Standing::Completed, Standing::Failed, Standing::Skipped];

    fn of(step: &StepRun) -> Standing {
        match &step.state {
            StepState::Again => Standing::Again,
            StepState::Completed { .. } => Standing::Completed,
            StepState::Failed { .. } => Standing::Failed,
            StepState::Skipped { .. } => Standing::Skipped,
            StepState::Active(phase) => match phase {
                Phase::Group { .. } | Phase::List { .. } => Standing::Around,
                Phase::Ready => Standing::Ready,
                Phase::Previewing { .. } | Phase::Inverting { .. } => Standing::Previewing,
                Phase::Backoff { .. } if step.waits_to_preview() => Standing::Previewing,
                Phase::Planned(_) => Standing::Planned,
                Phase::Calling(_)
                | Phase::Observing { .. }
                | Phase::InDoubt { .. }
                | Phase::Backoff { .. } => Standing::Calling,
                Phase::Result { result: Ok(_), .. } => Standing::Held,
                Phase::Result { result: Err(_), .. } => Standing::Erred,
            },
        }
    }
}

/// What may make a group or list around a step wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// It goes on without a person: nothing around it waits.
    Works,
    /// A person may be asked about it.
    MayAsk,
    /// Nobody can vouch for it.
    InDoubt,
}

impl Mark {
    fn of(state: &StepState) -> Option<Mark> {
        match state {
            StepState::Again => Some(Mark::Works),
            StepState::Completed { .. } | StepState::Failed { .. } | StepState::Skipped { .. } => {
                None
            }
            StepState::Active(phase) => match phase {
                Phase::Group { .. } | Phase::List { .. } => None,
                Phase::Ready
                | Phase::Previewing { .. }
                | Phase::Inverting { .. }
                | Phase::Calling(_)
                | Phase::Observing { .. }
                | Phase::Backoff { .. } => Some(Mark::Works),
                Phase::Planned(_) | Phase::Result { .. } => Some(Mark::MayAsk),
                Phase::InDoubt { .. } => Some(Mark::InDoubt),
            },
        }
    }
}

/// The items of one list that have begun.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Items {
    standing: Set<(Standing, u32)>,
    counts: [u32; Standing::COUNT],
    /// The first number that has not begun.
    next: u32,
}

impl Items {
    /// The first item from `from` on, before `end`, that stands so.
    pub(crate) fn first(&self, standing: Standing, from: u32, end: u32) -> Option<u32> {
        let mut found = self.standing.range((standing, from)..(standing, end));
        found.next().map(|(_, number)| *number)
    }

    /// How many items before `end` stand so. A list that was sent back may have become shorter.
    pub(crate) fn count(&self, standing: Standing, end: u32) -> u32 {
        let beyond = self.standing.range((standing, end)..=(standing, u32::MAX));
        self.counts[standing as usize] - beyond.count() as u32
    }

    fn moves(&mut self, number: u32, before: Option<Standing>, after: Standing) {
        if let Some(before) = before {
            self.standing.remove_mut(&(before, number));
            self.counts[before as usize] -= 1;
        }
        self.standing.insert_mut((after, number));
        self.counts[after as usize] += 1;
    }
}

/// The step instances of a run that have begun or ended, with what is derived from them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Steps {
    runs: Map<StepKey, Arc<StepRun>>,
    lists: Map<StepKey, Items>,
    marks: Set<(Mark, StepKey)>,
}

impl Steps {
    /// The map itself.
    pub(crate) fn runs(&self) -> &Map<StepKey, Arc<StepRun>> {
        &self.runs
    }

    pub(crate) fn get(&self, key: &StepKey) -> Option<&Arc<StepRun>> {
        self.runs.get(key)
    }

    /// The items of a list that have begun; `None`: none has.
    pub(crate) fn items(&self, list: &StepKey) -> Option<&Items> {
        self.lists.get(list)
    }

    /// The first item from `from` on, before `end`, that has not begun at all.
    pub(crate) fn first_new(&self, list: &StepKey, from: u32, end: u32) -> Option<u32> {
        let next = self.items(list).map_or(0, |items| items.next);
        (next.max(from)..end).find(|number| !self.runs.contains_key(&list.item(*number)))
    }

    /// The step instances with this mark.
    pub(crate) fn marked(&self, mark: Mark) -> impl Iterator<Item = &StepKey> {
        self.marked_from(mark, StepKey::top("")).map(|(_, key)| key)
    }

    /// The step instances of this id with this mark, inside these items.
    pub(crate) fn marked_inside<'a>(
        &'a self,
        mark: Mark,
        id: &Arc<str>,
        items: &'a [u32],
    ) -> impl Iterator<Item = &'a StepKey> {
        let (id, first) = (Arc::clone(id), at(id, items));
        self.marked_from(mark, first)
            .map(|(_, key)| key)
            .take_while(move |key| key.id == id && key.items.starts_with(items))
    }

    fn marked_from(&self, mark: Mark, from: StepKey) -> impl Iterator<Item = &(Mark, StepKey)> {
        self.marks
            .range((mark, from)..)
            .take_while(move |(one, _)| *one == mark)
    }

    /// The step instances of this id inside these items.
    pub(crate) fn inside<'a>(
        &'a self,
        id: Arc<str>,
        items: &'a [u32],
    ) -> impl Iterator<Item = (&'a StepKey, &'a Arc<StepRun>)> {
        let first = at(&id, items);
        self.runs
            .range(first..)
            .take_while(move |(key, _)| key.id == id && key.items.starts_with(items))
    }

    /// Sets a step instance.
    pub(crate) fn put(&mut self, key: &StepKey, step: StepRun) {
        let before = self.get(key).map(|step| Marks::of(step));
        let after = Marks::of(&step);
        self.runs.insert_mut(key.clone(), Arc::new(step));
        self.moved(key, before, after);
    }

    /// Changes a step instance; `None` when it has not begun.
    pub(crate) fn change<T>(
        &mut self,
        key: &StepKey,
        change: impl FnOnce(&mut StepRun) -> T,
    ) -> Option<T> {
        let step = Arc::make_mut(self.runs.get_mut(key)?);
        let before = Marks::of(step);
        let changed = change(step);
        let after = Marks::of(step);
        self.moved(key, Some(before), after);
        Some(changed)
    }

    /// Keeps what is derived in step with the map.
    fn moved(&mut self, key: &StepKey, before: Option<Marks>, after: Marks) {
        let mark_before = before.and_then(|before| before.mark);
        if mark_before != after.mark {
            if let Some(mark) = mark_before {
                self.marks.remove_mut(&(mark, key.clone()));
            }
            if let Some(mark) = after.mark {
                self.marks.insert_mut((mark, key.clone()));
            }
        }
        let standing_before = before.map(|before| before.standing);
        let (Some(list), Some(number)) = (key.list(), key.items.last()) else {
            return;
        };
        if standing_before == Some(after.standing) {
            return;
        }
        if !self.lists.contains_key(&list) {
            self.lists.insert_mut(list.clone(), Items::default());
        }
        if let Some(items) = self.lists.get_mut(&list) {
            items.moves(*number, standing_before, after.standing);
            while standing_before.is_none() && self.runs.contains_key(&list.item(items.next)) {
                items.next += 1;
            }
        }
    }
}

/// What is derived from one step's state.
#[derive(Clone, Copy)]
struct Marks {
    mark: Option<Mark>,
    standing: Standing,
}

impl Marks {
    fn of(step: &StepRun) -> Marks {
        Marks {
            mark: Mark::of(&step.state),
            standing: Standing::of(step),
        }
    }
}

fn at(id: &Arc<str>, items: &[u32]) -> StepKey {
    StepKey {
        id: Arc::clone(id),
        items: items.to_vec(),
    }
}

impl Serialize for Steps {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.runs.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Steps {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Steps, D::Error> {
        let mut steps = Steps::default();
        for (key, step) in BTreeMap::<StepKey, StepRun>::deserialize(deserializer)? {
            steps.put(&key, step);
        }
        Ok(steps)
    }
}
