//! The tests of the store. Runs here are toys: records that the core would not decide, with a fold that counts
//! them; what a record means is the core's to test.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod append;
mod backup;
mod decisions;
mod faults;
mod inventory;
mod kill;
mod logs;
mod migration;
mod owner;
mod search;
mod signing;
mod speed;
mod tamper;
mod telemetry;
mod views;
mod wal;

use crate::{Append, Options, Store, ViewRows};
use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Stdio},
};
use workflow::{
    Actor, Blob, Datum, Digest, Event, GateId, OpenGate, Record, RunId, RunState, RunSummary,
    TimerId,
};

/// Opens a store as the tests do.
pub(crate) fn open(dir: &Path) -> Store {
    Store::open(
        dir,
        Options {
            program: "test".to_owned(),
            ..Options::default()
        },
    )
    .unwrap()
}

/// A run's name.
pub(crate) fn run(number: usize) -> RunId {
    RunId(format!("run-{number:03}"))
}

/// The record at a place of a run; which kind it is follows from the place.
pub(crate) fn record(run: &RunId, seq: u64, text: &str) -> Record {
    let event = if seq == 1 {
        let inputs = BTreeMap::from([("text".to_owned(), Datum::Inline(text.into()))]);
        Event::RunStarted {
            definition: Digest::of(b"definition"),
            title: "A toy".to_owned(),
            inputs,
        }
    } else if seq.is_multiple_of(3) {
        Event::GateWithdrawn {
            gate: gate(),
            revision: seq as u32,
            why: workflow::StopReason::Rejected {
                gate: gate(),
                reason: text.to_owned(),
            },
        }
    } else {
        Event::InputEdited {
            gate: gate(),
            input: "text".to_owned(),
            value: Datum::Inline(text.into()),
        }
    };
    let actor = if seq.is_multiple_of(2) {
        Actor::person("ada", "terminal")
    } else {
        Actor::engine()
    };
    Record {
        run: run.clone(),
        seq,
        at_us: 1_700_000_000_000_000 + seq as i64,
        actor,
        event,
    }
}

/// The toy fold: counts, and waits at a gate and for a time at every even place.
pub(crate) fn view(run: &RunId, records: &[Record]) -> ViewRows {
    let last = records.last().unwrap();
    let waiting = last.seq.is_multiple_of(2);
    let open = OpenGate {
        gate: gate(),
        revision: last.seq as u32,
        card_digest: Digest::of(&last.seq.to_be_bytes()),
        title: "Really?".to_owned(),
        opened_at_us: last.at_us,
        expires_at_us: None,
    };
    let summary = RunSummary {
        run: run.clone(),
        workflow: "toy".to_owned(),
        title: "A toy".to_owned(),
        state: if waiting {
            RunState::Waiting
        } else {
            RunState::Running
        },
        stopping: false,
        started_by: "ada".to_owned(),
        started_at_us: records[0].at_us,
        ended_at_us: None,
        seq: last.seq,
        open_gates: if waiting { vec![open] } else { vec![] },
        in_doubt: vec![],
        message: None,
        stages: vec![],
    };
    let timer = TimerId::GateExpiry {
        gate: gate(),
        revision: last.seq as u32,
    };
    let timers = if waiting {
        BTreeMap::from([(timer, last.at_us + 1000)])
    } else {
        BTreeMap::new()
    };
    ViewRows {
        summary,
        timers,
        owes: !waiting,
    }
}

/// An append of `count` records after place `after`.
pub(crate) fn append(run: &RunId, after: u64, count: u64, text: &str) -> Append {
    let records: Vec<Record> = (1..=after + count)
        .map(|seq| record(run, seq, text))
        .collect();
    let view = view(run, &records);
    Append {
        expected_run_seq: after,
        records: records[after as usize..].to_vec(),
        blobs: vec![blob(text)],
        definition: None,
        view,
    }
}

pub(crate) fn blob(text: &str) -> Blob {
    let body = format!("\"{text}\"").into_bytes();
    Blob {
        sha256: Digest::of(&body),
        body,
    }
}

/// The text that a record of [`record`] was made with.
pub(crate) fn text_of(record: &Record) -> String {
    let json = serde_json::to_value(&record.event).unwrap();
    let places = [
        "/inputs/text/inline",
        "/value/inline",
        "/why/rejected/reason",
    ];
    places
        .iter()
        .find_map(|place| json.pointer(place))
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}

/// The views are what the toy fold makes of the journal.
pub(crate) fn assert_views_follow(store: &Store) {
    let before = store.read().dump_views().unwrap();
    store
        .rebuild_views(&mut |run, records| view(run, &records.collect::<Vec<_>>()))
        .unwrap();
    assert_eq!(store.read().dump_views().unwrap(), before);
}

/// This test binary again, to run one test in a process of its own with some variables.
pub(crate) fn child(test: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .envs(variables.iter().copied());
    command.stdout(Stdio::null());
    command
}

fn gate() -> GateId {
    "toy.before".parse().unwrap()
}
