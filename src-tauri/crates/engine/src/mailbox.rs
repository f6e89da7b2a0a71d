//! The way to the loop: the closed enum of what can wake it, and asking it for something.

use crate::live::{Pending, Reply};
use api::{Fault, LogLine, Notice, Topic};
use std::sync::{Arc, mpsc as std_mpsc};
use store::{Ack, AppendFault};
use tokio::sync::{mpsc, oneshot};
use workflow::{Answer, Digest, EffectId, LogRange, Run, RunId, Workflow};

/// What can wake the loop.
pub(crate) enum Message {
    /// A new run.
    Start {
        run: RunId,
        definition: Box<PinnedDefinition>,
        pending: Pending,
    },
    /// A command for a run.
    Command { run: RunId, pending: Pending },
    /// An append was answered.
    Appended {
        run: RunId,
        result: Result<Ack, AppendFault>,
    },
    /// A performer has come back.
    Performed {
        run: RunId,
        effect: EffectId,
        answer: Box<Answer>,
        log: Option<LogRange>,
    },
    /// Lines of a call's log.
    LogLines {
        run: RunId,
        call: Digest,
        lines: Vec<LogLine>,
    },
    /// Somebody wants to follow a topic.
    Follow {
        topic: Topic,
        reply: oneshot::Sender<Result<mpsc::Receiver<Notice>, Fault>>,
    },
    /// The definitions have changed, or writing was tried again.
    EngineChanged,
    /// The program ends.
    Close { done: oneshot::Sender<()> },
}

/// What a new run is pinned to.
pub(crate) struct PinnedDefinition {
    pub(crate) model: Arc<Workflow>,
    pub(crate) digest: Digest,
    pub(crate) text: String,
}

/// The way to the loop.
#[derive(Clone)]
pub(crate) struct Mailbox(pub(crate) std_mpsc::Sender<Message>);

impl Mailbox {
    pub(crate) fn send(&self, message: Message) {
        // When the loop has ended there is nobody left to tell.
        let _ = self.0.send(message);
    }
}

/// Whoever asks for a command and waits for its end.
pub(crate) async fn ask(
    mailbox: &Mailbox,
    make: impl FnOnce(Reply) -> Message,
) -> Result<Run, Fault> {
    let (reply, answer) = oneshot::channel();
    mailbox.send(make(reply));
    answer
        .await
        .unwrap_or_else(|_| Err(crate::faults::closing()))
}
