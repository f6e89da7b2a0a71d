//! A run that the loop holds in memory: its fold, the commands that wait, the append under way, what performs for it.

use crate::perform::{Performing, World};
use api::Fault;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};
use store::InventoryFault;
use tokio::sync::oneshot;
use workflow::{
    Actor, Answer, Command, Effect, EffectId, ErrorClass, Outcome, Record, Refusal, Run,
    RunSummary, ToolError,
};

/// Whoever waits to hear what became of a command.
pub(crate) type Reply = oneshot::Sender<Result<Run, Fault>>;

/// A command that waits for its turn.
pub(crate) struct Pending {
    pub(crate) command: Command,
    pub(crate) actor: Actor,
    pub(crate) reply: Option<Reply>,
}

/// An append that is not durable yet.
pub(crate) struct InFlight {
    pub(crate) next: Run,
    /// The board's row of it, as it is stored with the records.
    pub(crate) summary: RunSummary,
    pub(crate) records: Vec<Record>,
    pub(crate) refusal: Option<Refusal>,
    /// The effects that came to be owed with these records, or ceased to be.
    pub(crate) changed: BTreeSet<EffectId>,
    /// The command, to be carried out again when the disk was full.
    pub(crate) pending: Pending,
}

/// A run in memory.
pub(crate) struct LiveRun {
    pub(crate) run: Run,
    pub(crate) waiting: VecDeque<Pending>,
    pub(crate) in_flight: Option<InFlight>,
    pub(crate) performing: BTreeMap<EffectId, Performing>,
    /// The effects of which it is to be looked whether they are owed and under way: of a long list only those that
    /// have changed.
    pub(crate) unsettled: BTreeSet<EffectId>,
}

impl LiveRun {
    pub(crate) fn new(run: Run) -> LiveRun {
        LiveRun {
            unsettled: run.outstanding().keys().cloned().collect(),
            run,
            waiting: VecDeque::new(),
            in_flight: None,
            performing: BTreeMap::new(),
        }
    }

    /// A performer has come back. As long as its answer waits for its turn the effect is still owed, and must not be
    /// started a second time.
    pub(crate) fn has_performed(&mut self, effect: &EffectId) {
        if !self.run.outstanding().contains_key(effect) {
            self.performing.remove(effect);
        } else if let Some(performing) = self.performing.get_mut(effect) {
            performing.answered = true;
        }
    }

    /// An answer led to nothing: what is still owed is to be performed again.
    pub(crate) fn was_not_heard(&mut self, command: &Command) {
        if let Command::Answered { effect, .. } = command {
            self.performing.remove(effect);
            self.unsettled.insert(effect.clone());
        }
    }

    /// Everything is to be looked at anew.
    pub(crate) fn unsettle(&mut self) {
        let known = self.performing.keys();
        let all = known.chain(self.run.outstanding().keys());
        self.unsettled = all.cloned().collect();
    }

    /// Starts what is owed and not under way, stops what is under way and no longer owed.
    pub(crate) fn reconcile(&mut self, world: &Arc<World>) {
        let unsettled = std::mem::take(&mut self.unsettled);
        let (owed, over): (Vec<_>, Vec<_>) = unsettled
            .iter()
            .map(|id| (id, self.run.outstanding().get(id)))
            .partition(|(_, effect)| effect.is_some());
        for (effect_id, _) in over {
            match self.performing.get(effect_id) {
                Some(performing) if performing.answered => {
                    self.performing.remove(effect_id);
                }
                Some(performing) => performing.cancel.cancel(),
                None => {}
            }
        }
        for (effect_id, effect) in owed {
            let Some(effect) = effect.filter(|_| !self.performing.contains_key(effect_id)) else {
                continue;
            };
            let after = match effect {
                Effect::Observe { key, .. } => self
                    .performing
                    .remove(&EffectId(format!("call:{key}")))
                    .map(|performing| performing.task),
                Effect::Preview { .. }
                | Effect::Inverse { .. }
                | Effect::Read { .. }
                | Effect::Change { .. }
                | Effect::Alert { .. } => None,
            };
            if let Some(performing) = world.start(&self.run, effect_id, effect, after) {
                self.performing.insert(effect_id.clone(), performing);
            }
        }
    }

    /// Nothing is left to do for it in memory.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
            && self.in_flight.is_none()
            && self.performing.is_empty()
            && !self.run.owes()
    }
}

impl Pending {
    /// The same answer of the world as the failure that it is: the inventory does not take what the call gave. The
    /// records of the call were its only effect, and they were refused.
    pub(crate) fn refused_by(mut self, fault: &InventoryFault) -> Pending {
        let (code, hint) = match fault {
            InventoryFault::Taken { .. } => (
                "duplicate",
                "Look at the agent that has the name, or choose another name",
            ),
            InventoryFault::Missing { .. } => (
                "agent_not_found",
                "It was removed meanwhile: look at the list of agents",
            ),
        };
        let error = ToolError {
            code: code.to_owned(),
            message: format!("The inventory did not change: {fault}"),
            hint: hint.to_owned(),
            class: ErrorClass::Precondition,
            outcome: Outcome::NotDone,
        };
        if let Command::Answered { answer, .. } = &mut self.command {
            *answer = Answer::Finished(Err(error));
        }
        self
    }

    /// Answers whoever waits.
    pub(crate) fn answer(self, answer: Result<Run, Fault>) {
        if let Some(reply) = self.reply {
            // Whoever asked may be gone; what happened is in the journal.
            let _ = reply.send(answer);
        }
    }
}

#[cfg(test)]
mod tests;
