//! What to show for what waits: a pure function from what has been shown to what there is to do. It knows no bus, no
//! clock and no words.

use std::collections::{BTreeMap, BTreeSet};

use workflow::RunId;

use crate::waiting::{Question, What};

/// More questions than this become one notification that counts them.
pub(crate) const SINGLY: usize = 3;

/// The number that the server gave a notification.
pub(crate) type Number = u32;

/// A question by its name: gates of one run may be open side by side.
pub(crate) type Key = (RunId, What);

/// What a notification stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    /// One question.
    One(Key),
    /// All of them.
    All,
}

/// One thing to do, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Show a notification, in place of another one where that is on the screen.
    Show {
        /// What it stands for.
        slot: Slot,
        /// Which notification it takes the place of.
        replaces: Option<Number>,
        /// Nothing new is in it: it must not make itself heard.
        quiet: bool,
    },
    /// Take a notification off the screen.
    Close(Number),
}

/// What has been shown so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The questions that a person has been told of, each with the card it was.
    told: BTreeMap<Key, u32>,
    /// What is on the screen, as far as is known.
    on_screen: BTreeMap<Slot, Number>,
    /// How many questions the common notification counts.
    counted: usize,
}

impl Shown {
    /// What there is to do for these questions; they count as told from now on.
    pub(crate) fn plan(&mut self, questions: &[Question]) -> Vec<Action> {
        let now: BTreeMap<Key, u32> = questions
            .iter()
            .map(|one| ((one.run.clone(), one.what.clone()), one.revision))
            .collect();
        let new: BTreeSet<Key> = now
            .iter()
            .filter(|(key, revision)| self.told.get(*key) != Some(*revision))
            .map(|(key, _)| key.clone())
            .collect();
        let summary = self.on_screen.get(&Slot::All).copied();
        // A count that is on the screen is kept right until nothing waits: single ones beside it would say it twice.
        let together = !now.is_empty() && (summary.is_some() || now.len() > SINGLY);
        let together = together && (summary.is_some() || !new.is_empty());
        let mut actions = Vec::new();
        self.on_screen.retain(|slot, number| {
            let stays = match slot {
                Slot::One(key) => !together && now.contains_key(key),
                Slot::All => together,
            };
            if !stays {
                actions.push(Action::Close(*number));
            }
            stays
        });
        if together {
            let quiet = new.is_empty();
            if !quiet || self.counted != now.len() {
                actions.push(Action::Show {
                    slot: Slot::All,
                    replaces: summary,
                    quiet,
                });
            }
        } else {
            // In the order in which they wait.
            let keys = questions
                .iter()
                .map(|one| (one.run.clone(), one.what.clone()));
            actions.extend(keys.filter(|key| new.contains(key)).map(|key| {
                let slot = Slot::One(key);
                let replaces = self.on_screen.get(&slot).copied();
                let quiet = false;
                Action::Show {
                    slot,
                    replaces,
                    quiet,
                }
            }));
        }
        self.counted = now.len();
        self.told = now;
        actions
    }

    /// The server shows it under this number.
    pub(crate) fn showed(&mut self, slot: Slot, number: Number) {
        self.on_screen.insert(slot, number);
    }

    /// A notification is off the screen, by a person's hand or after its time: it is not shown again.
    pub(crate) fn went(&mut self, number: Number) {
        self.on_screen.retain(|_, shown| *shown != number);
    }

    /// What a notification stands for.
    pub(crate) fn slot_of(&self, number: Number) -> Option<&Slot> {
        let mut on_screen = self.on_screen.iter();
        on_screen.find_map(|(slot, shown)| (*shown == number).then_some(slot))
    }

    /// Forgets everything and gives what is on the screen: nobody has been told of anything.
    pub(crate) fn forget(&mut self) -> Vec<Number> {
        std::mem::take(self).on_screen.into_values().collect()
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
