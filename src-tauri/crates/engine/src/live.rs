//! A run that the loop holds in memory: its fold, the commands that wait, the append under way, what performs for it.

use crate::perform::Performing;
use api::Fault;
use std::collections::{BTreeMap, VecDeque};
use store::InventoryFault;
use tokio::sync::oneshot;
use workflow::{
    Actor, Answer, Command, EffectId, ErrorClass, Outcome, Record, Refusal, Run, RunSummary,
    ToolError,
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
    /// The command, to be carried out again when the disk was full.
    pub(crate) pending: Pending,
}

/// A run in memory.
pub(crate) struct LiveRun {
    pub(crate) run: Run,
    pub(crate) waiting: VecDeque<Pending>,
    pub(crate) in_flight: Option<InFlight>,
    pub(crate) performing: BTreeMap<EffectId, Performing>,
}

impl LiveRun {
    pub(crate) fn new(run: Run) -> LiveRun {
        LiveRun {
            run,
            waiting: VecDeque::new(),
            in_flight: None,
            performing: BTreeMap::new(),
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
