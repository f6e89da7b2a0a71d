//! A run as it is now: the engine's snapshot and the records since, folded with the same `apply`. Asks again after a
//! gap, so that what is shown is never behind for good.

use api::{Fault, LogLine, Notice, Topic};
use engine::Door;
use std::pin::Pin;
use tokio::sync::mpsc::Receiver;
use workflow::{Digest, Run, RunId};

/// A run that is followed.
pub(crate) struct Following {
    door: Door,
    run: Run,
    heard: Heard,
}

/// Where the news come from.
enum Heard {
    Notices(Receiver<Notice>),
    /// After a gap: the topic is followed anew before anything else is heard. The question is kept until it is
    /// answered. To fold a long run takes the engine longer than the pause between two looks at the clock here, so a
    /// question that was dropped with each look would be asked, and answered to nobody, for ever.
    Asking(Pin<Box<dyn Future<Output = Followed> + Send>>),
}

type Followed = Result<(Run, Receiver<Notice>), Fault>;

/// What was heard.
#[derive(Debug)]
pub(crate) enum News {
    /// The run has moved on.
    Moved,
    /// A call has logged something.
    Log { call: Digest, lines: Vec<LogLine> },
    /// Nothing about this run.
    Nothing,
}

impl Following {
    /// Follows a run from now on.
    pub(crate) async fn start(door: &Door, id: &RunId) -> Result<Following, Fault> {
        let (run, notices) = follow(door, id).await?;
        Ok(Following {
            door: door.clone(),
            run,
            heard: Heard::Notices(notices),
        })
    }

    /// The run as it is now.
    pub(crate) fn run(&self) -> &Run {
        &self.run
    }

    /// The engine's answer to a call may be ahead of what was heard.
    pub(crate) fn catch_up(&mut self, run: Run) {
        if run.seq() > self.run.seq() {
            self.run = run;
        }
    }

    /// Waits for the next news. Cancel safe.
    ///
    /// # Errors
    /// The engine cannot be followed any more.
    pub(crate) async fn next(&mut self) -> Result<News, Fault> {
        let notices = match &mut self.heard {
            Heard::Notices(notices) => notices,
            Heard::Asking(question) => {
                let answer = question.as_mut().await;
                // Whoever asks after an error asks a new question: this one is answered.
                self.ask_again();
                let (run, notices) = answer?;
                self.run = run;
                self.heard = Heard::Notices(notices);
                return Ok(News::Moved);
            }
        };
        Ok(match notices.recv().await {
            Some(Notice::Snapshot(run)) => {
                self.catch_up(*run);
                News::Moved
            }
            Some(Notice::Records(records)) => {
                let seq = self.run.seq();
                for record in records.iter().filter(|record| record.seq > seq) {
                    if self.run.apply(record).is_err() {
                        self.ask_again();
                        break;
                    }
                }
                News::Moved
            }
            Some(Notice::Log { call, lines, .. }) => News::Log { call, lines },
            Some(Notice::Board { .. } | Notice::Row { .. } | Notice::Engine(_)) => News::Nothing,
            // The engine may have moved to another process; where there is none, asking again says so.
            Some(Notice::Gap(_)) | None => {
                self.ask_again();
                News::Nothing
            }
        })
    }

    fn ask_again(&mut self) {
        let (door, id) = (self.door.clone(), self.run.id().clone());
        self.heard = Heard::Asking(Box::pin(async move { follow(&door, &id).await }));
    }
}

async fn follow(door: &Door, id: &RunId) -> Followed {
    let mut notices = door.follow(Topic::Run(id.clone())).await?;
    loop {
        match notices.recv().await {
            Some(Notice::Snapshot(run)) => return Ok((*run, notices)),
            Some(_) => {}
            None => {
                return Err(Fault::new(
                    "engine_gone",
                    format!("Run {id} cannot be followed any more: the engine has ended"),
                    "The run stays as it is; resume it",
                ));
            }
        }
    }
}
