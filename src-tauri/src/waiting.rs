//! What waits for a person, read off the board: the questions at gates and the steps in doubt. Notifications, the tray
//! and the closing of the window go by it. It decides nothing, and keeps no run beyond the board's row.

use std::collections::BTreeMap;
use std::time::Duration;

use api::{Notice, Topic};
use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;
use tokio::time::timeout;
use workflow::{GateId, RunId, RunState, RunSummary, StepKey};

use crate::desk::Desk;

/// How long until the board is asked for again after its owner has gone, and at most where it cannot be followed.
const SOON: Duration = Duration::from_secs(2);
const LATE: Duration = Duration::from_secs(30);

/// What a question is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// A gate: may this be done?
    Gate(GateId),
    /// A step in doubt: did it happen?
    Doubt(StepKey),
}

/// Something that one person has to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// The run.
    pub(crate) run: RunId,
    /// What it is about.
    pub(crate) what: What,
    /// Which card of a gate; 0 for a doubt.
    pub(crate) revision: u32,
    /// The workflow's title. Text of others.
    pub(crate) title: String,
    /// The question. Text of others.
    pub(crate) words: String,
    /// Since when, in microseconds since 1970 (UTC); of a doubt the start of the run.
    pub(crate) since_us: i64,
}

/// How things stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// The questions, the longest waiting first.
    pub(crate) questions: Vec<Question>,
    /// How many runs have not come to their end.
    pub(crate) unfinished: usize,
}

/// The rows of the runs that have not ended.
#[derive(Default)]
pub(crate) struct Rows(BTreeMap<RunId, RunSummary>);

impl Rows {
    /// Takes a notice in; `false` where the board has to be followed again.
    pub(crate) fn hear(&mut self, notice: Notice) -> bool {
        match notice {
            Notice::Board { rows, .. } => {
                self.0.clear();
                rows.into_iter().for_each(|row| self.put(row));
            }
            Notice::Row { row, .. } => self.put(*row),
            Notice::Gap(_) => return false,
            // Of other topics, or of the engine itself.
            Notice::Snapshot(_) | Notice::Records(_) | Notice::Log { .. } | Notice::Engine(_) => {}
        }
        true
    }

    fn put(&mut self, row: RunSummary) {
        let over = match row.state {
            RunState::Pending | RunState::Running | RunState::Waiting | RunState::RollingBack => {
                false
            }
            RunState::Completed | RunState::Failed | RunState::Cancelled | RunState::RolledBack => {
                true
            }
        };
        if over {
            self.0.remove(&row.run);
        } else {
            self.0.insert(row.run.clone(), row);
        }
    }

    /// What waits.
    pub(crate) fn waiting(&self) -> Waiting {
        let mut questions: Vec<Question> = self.0.values().flat_map(questions_of).collect();
        // The name makes the order the same each time.
        questions.sort_by(|a, b| (a.since_us, &a.run, &a.what).cmp(&(b.since_us, &b.run, &b.what)));
        Waiting {
            questions,
            unfinished: self.0.len(),
        }
    }
}

fn questions_of(row: &RunSummary) -> Vec<Question> {
    let gates = row.open_gates.iter().map(|gate| Question {
        run: row.run.clone(),
        what: What::Gate(gate.gate.clone()),
        revision: gate.revision,
        title: row.title.clone(),
        words: gate.title.clone(),
        since_us: gate.opened_at_us,
    });
    let doubts = row.in_doubt.iter().map(|step| Question {
        run: row.run.clone(),
        what: What::Doubt(step.clone()),
        revision: 0,
        title: row.title.clone(),
        words: format!("Did step {step} happen? It was cut off."),
        since_us: row.started_at_us,
    });
    gates.chain(doubts).collect()
}

/// Follows the board for as long as somebody listens, whoever owns the data folder.
pub(crate) async fn follow(desk: &Desk, said: &watch::Sender<Waiting>) {
    let mut again = SOON;
    loop {
        match desk.follow(Topic::Board).await {
            Ok(notices) => {
                again = SOON;
                if listen(notices, said).await {
                    continue;
                }
            }
            // A folder that cannot be opened is tried less and less often.
            Err(_) => again = LATE.min(again * 2),
        }
        // What was said last stays true until somebody says otherwise.
        if timeout(again, said.closed()).await.is_ok() {
            return;
        }
    }
}

/// Until the board ends; `true` where something was missed and it has to be followed again at once.
async fn listen(mut notices: Receiver<Notice>, said: &watch::Sender<Waiting>) -> bool {
    let mut rows = Rows::default();
    while let Some(notice) = notices.recv().await {
        if !rows.hear(notice) {
            return true;
        }
        let waiting = rows.waiting();
        said.send_if_modified(|before| {
            let changed = *before != waiting;
            *before = waiting;
            changed
        });
    }
    false
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use workflow::{GateKind, OpenGate};

    /// The gate before a step.
    pub(crate) fn gate(step: &str) -> GateId {
        GateId {
            step: StepKey::top(step),
            kind: GateKind::Before,
        }
    }

    /// A row with these gates: name, revision, since when.
    pub(crate) fn row(run: &str, state: RunState, gates: &[(&str, u32, i64)]) -> RunSummary {
        let digest = "00".repeat(32);
        let open_gates = gates.iter().map(|(step, revision, since)| OpenGate {
            gate: gate(step),
            revision: *revision,
            card_digest: serde_json::from_value(digest.clone().into()).unwrap(),
            title: format!("May {step} go on?"),
            opened_at_us: *since,
            expires_at_us: None,
        });
        RunSummary {
            run: RunId(run.to_owned()),
            workflow: "deploy".to_owned(),
            title: "Deploy application".to_owned(),
            state,
            stopping: false,
            started_by: "me".to_owned(),
            started_at_us: 1,
            ended_at_us: None,
            seq: 1,
            open_gates: open_gates.collect(),
            in_doubt: Vec::new(),
            message: None,
            stages: Vec::new(),
        }
    }

    fn names(waiting: &Waiting) -> Vec<String> {
        let name = |one: &Question| format!("{}/{:?}/{}", one.run, one.what, one.revision);
        waiting.questions.iter().map(name).collect()
    }

    #[test]
    fn the_board_tells_what_waits_the_longest_first() {
        let mut rows = Rows::default();
        let mut doubtful = row("c", RunState::Waiting, &[]);
        doubtful.in_doubt = vec![StepKey::top("write")];
        let board = vec![
            row("a", RunState::Waiting, &[("young", 1, 90)]),
            row("b", RunState::Waiting, &[("old", 2, 20)]),
            doubtful,
            row("d", RunState::Completed, &[]),
            row("e", RunState::Running, &[]),
        ];
        assert!(rows.hear(Notice::Board {
            seq: 1,
            rows: board
        }));
        let waiting = rows.waiting();
        assert_eq!(waiting.unfinished, 4);
        assert_eq!(waiting.questions.len(), 3);
        assert!(matches!(waiting.questions[0].what, What::Doubt(_)));
        assert_eq!(waiting.questions[1].words, "May old go on?");
        assert_eq!(waiting.questions[2].words, "May young go on?");

        let answered = Box::new(row("b", RunState::Running, &[]));
        assert!(rows.hear(Notice::Row {
            seq: 2,
            row: answered
        }));
        assert_eq!(
            rows.waiting().questions.len(),
            2,
            "{:?}",
            names(&rows.waiting())
        );
        let over = Box::new(row("a", RunState::Failed, &[]));
        assert!(rows.hear(Notice::Row { seq: 3, row: over }));
        assert_eq!(rows.waiting().unfinished, 3);
        assert!(!rows.hear(Notice::Gap(Topic::Board)));
    }
}
