//! What the notices of a topic make of what the window knows: a run by its own fold, the board row by row. Says when
//! something is missing and the topic must be followed again; following is in `subscription`.

use std::sync::Arc;

use api::{EngineState, Notice};
use workflow::{Digest, Run, RunState, RunSummary};

use crate::kit::escape::escaped;

/// What a notice did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Taken {
    /// Nothing that shows.
    Nothing,
    /// There is something new to show.
    Changed,
    /// Something is missing or does not fit, and why: follow again.
    FollowAgain(String),
    /// Lines were added to the log of this call.
    Logged(Digest),
    /// How the engine is.
    Engine(EngineState),
}

/// One run as this window knows it.
#[derive(Default)]
pub struct RunFold {
    run: Option<Arc<Run>>,
}

impl RunFold {
    /// The run, once its snapshot is there.
    pub fn run(&self) -> Option<&Arc<Run>> {
        self.run.as_ref()
    }

    /// Takes a run that a call gave, unless what is known is newer.
    pub fn adopt(&mut self, run: Run) -> bool {
        let newer = self
            .run
            .as_ref()
            .is_none_or(|known| known.seq() < run.seq());
        if newer {
            self.run = Some(Arc::new(run));
        }
        newer
    }

    /// Folds a notice. Records that are known already are passed over: a call's answer may be ahead of the feed.
    pub fn take(&mut self, notice: Notice) -> Taken {
        match notice {
            Notice::Snapshot(run) => {
                self.adopt(*run);
                Taken::Changed
            }
            Notice::Records(records) => {
                let Some(known) = &mut self.run else {
                    return Taken::FollowAgain("records before the snapshot".to_owned());
                };
                let run = Arc::make_mut(known);
                let mut taken = Taken::Nothing;
                for record in records
                    .iter()
                    .filter(|record| record.seq > run.seq())
                    .collect::<Vec<_>>()
                {
                    if let Err(why) = run.apply(record) {
                        self.run = None;
                        return Taken::FollowAgain(why.to_string());
                    }
                    taken = Taken::Changed;
                }
                taken
            }
            Notice::Log { call, .. } => Taken::Logged(call),
            Notice::Engine(state) => Taken::Engine(state),
            Notice::Gap(_) => Taken::FollowAgain("the engine left something out".to_owned()),
            Notice::Board { .. } | Notice::Row { .. } => Taken::Nothing,
        }
    }
}

/// All runs, the newest first.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Board {
    /// The rows.
    pub rows: Vec<RunSummary>,
    seq: u64,
    known: bool,
}

impl Board {
    /// Takes a notice of the board.
    pub fn take(&mut self, notice: Notice) -> Taken {
        match notice {
            Notice::Board { seq, mut rows } => {
                sort(&mut rows);
                *self = Self {
                    rows,
                    seq,
                    known: true,
                };
                Taken::Changed
            }
            Notice::Row { .. } if !self.known => {
                Taken::FollowAgain("a row before the board".to_owned())
            }
            Notice::Row { seq, row } => {
                if seq < self.seq {
                    return Taken::Nothing;
                }
                self.seq = seq;
                match self.rows.iter_mut().find(|known| known.run == row.run) {
                    Some(known) if known.seq > row.seq => return Taken::Nothing,
                    Some(known) => *known = *row,
                    None => self.rows.push(*row),
                }
                sort(&mut self.rows);
                Taken::Changed
            }
            Notice::Engine(state) => Taken::Engine(state),
            Notice::Gap(_) => Taken::FollowAgain("the engine left something out".to_owned()),
            Notice::Snapshot(_) | Notice::Records(_) | Notice::Log { .. } => Taken::Nothing,
        }
    }

    /// A row.
    pub fn row(&self, run: &workflow::RunId) -> Option<&RunSummary> {
        self.rows.iter().find(|row| row.run == *run)
    }

    /// Every question to a person, the one that has waited longest first.
    pub fn waiting(&self) -> Vec<Waiting> {
        let mut waiting: Vec<Waiting> = self
            .rows
            .iter()
            .flat_map(|row| {
                let gates = row.open_gates.iter().map(|gate| Waiting {
                    run: row.run.clone(),
                    workflow: row.title.clone(),
                    question: gate.title.clone(),
                    what: format!("{}#{}", gate.gate, gate.revision),
                    since_us: gate.opened_at_us,
                    expires_at_us: gate.expires_at_us,
                });
                let doubts = row.in_doubt.iter().map(|step| Waiting {
                    run: row.run.clone(),
                    workflow: row.title.clone(),
                    question: format!("Did {step} happen?"),
                    what: format!("{step}?"),
                    since_us: row.started_at_us,
                    expires_at_us: None,
                });
                gates.chain(doubts).collect::<Vec<_>>()
            })
            .collect();
        waiting.sort_by(|one, other| (one.since_us, &one.what).cmp(&(other.since_us, &other.what)));
        waiting
    }

    /// The run to show when nobody has chosen: one that waits, else one under way, else the newest.
    pub fn foremost(&self) -> Option<&RunSummary> {
        let of = |state| self.rows.iter().find(move |row| row.state == state);
        of(RunState::Waiting)
            .or_else(|| of(RunState::Running))
            .or_else(|| self.rows.first())
    }
}

/// A question to a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// The run that asks.
    pub run: workflow::RunId,
    /// Its workflow's title.
    pub workflow: String,
    /// The question.
    pub question: String,
    /// Gate and revision, or the step in doubt: unique in the run.
    pub what: String,
    /// Since when, in microseconds since 1970 (UTC).
    pub since_us: i64,
    /// When it closes by itself.
    pub expires_at_us: Option<i64>,
}

impl Waiting {
    /// Unique among all that waits.
    pub fn name(&self) -> String {
        format!("{} {}", self.run, self.what)
    }
}

/// The words of the banner above every screen; `None` while nothing waits.
pub fn banner_words(waiting: &[Waiting]) -> Option<String> {
    match waiting {
        [] => None,
        [one] => Some(format!("1 approval waiting: {}", escaped(&one.workflow))),
        [first, ..] => Some(format!(
            "{} approvals waiting, the longest: {}",
            waiting.len(),
            escaped(&first.workflow)
        )),
    }
}

fn sort(rows: &mut [RunSummary]) {
    rows.sort_by(|one, other| {
        (other.started_at_us, &other.run).cmp(&(one.started_at_us, &one.run))
    });
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
