//! A run as it is now: the engine's snapshot and the records since, folded with the same `apply`. Asks again after a
//! gap, so that what is shown is never behind for good.

use api::{Fault, LogLine, Notice, Topic};
use engine::Door;
use tokio::sync::mpsc::Receiver;
use workflow::{Digest, Run, RunId};

/// A run that is followed.
pub(crate) struct Following {
    door: Door,
    run: Run,
    /// `None` after a gap: the topic is followed anew before anything else is heard.
    notices: Option<Receiver<Notice>>,
}

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
            notices: Some(notices),
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
        let Some(notices) = &mut self.notices else {
            let (run, notices) = follow(&self.door, self.run.id()).await?;
            self.run = run;
            self.notices = Some(notices);
            return Ok(News::Moved);
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
                        self.notices = None;
                        break;
                    }
                }
                News::Moved
            }
            Some(Notice::Log { call, lines, .. }) => News::Log { call, lines },
            Some(Notice::Board { .. } | Notice::Row { .. } | Notice::Engine(_)) => News::Nothing,
            // The engine may have moved to another process; where there is none, asking again says so.
            Some(Notice::Gap(_)) | None => {
                self.notices = None;
                News::Nothing
            }
        })
    }
}

async fn follow(door: &Door, id: &RunId) -> Result<(Run, Receiver<Notice>), Fault> {
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
