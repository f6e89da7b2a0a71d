//! What is appended to a run in one transaction, and how it is answered. Encoding happens in the caller's thread,
//! so that the writer only hashes and inserts. Not the transaction: see `ledger.rs`.

use crate::{InventoryFault, decisions::Turn, search};
use std::collections::BTreeMap;
use workflow::{Blob, Digest, Event, FleetChange, Record, RunId, RunSummary, TimerId};

/// The records of one decision, with everything that must become durable together with them.
#[derive(Clone, Debug)]
pub struct Append {
    /// The run's last record in the journal, as the caller knows it; 0 for a new run. Compare-and-set: when the
    /// journal has another, nothing is written and the answer is [`AppendFault::Conflict`].
    pub expected_run_seq: u64,
    /// At least one, all of one run, numbered from `expected_run_seq + 1`.
    pub records: Vec<Record>,
    /// The bodies of big values that the records name.
    pub blobs: Vec<Blob>,
    /// The definition that the run is pinned to; with its first records.
    pub definition: Option<Definition>,
    /// The run's rows in the views after these records.
    pub view: ViewRows,
}

/// A definition as it is kept: content-addressed, never changed. Whether `digest` is that of `model` is the
/// business of the caller, which alone knows the canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The digest of the resolved model.
    pub digest: Digest,
    /// The file as the author wrote it.
    pub text: String,
    /// The resolved model as JSON.
    pub model: String,
}

/// What the views hold of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewRows {
    /// The row of the board; its open gates become the rows of the view `gates`.
    pub summary: RunSummary,
    /// All times the run waits for; they replace those of before.
    pub timers: BTreeMap<TimerId, i64>,
    /// Does the world owe the run anything? At start only such runs are folded.
    pub owes: bool,
}

/// The append is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// The place of its first record in the whole journal.
    pub first_seq: u64,
    /// The place of its last record.
    pub last_seq: u64,
}

/// The append was not made, or is not known to be durable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(
    missing_docs,
    reason = "run names the subject; expected and found are places in the run"
)]
pub enum AppendFault {
    /// Somebody else appended first.
    #[error("cannot append to run {run}: it was at record {found}, not {expected}")]
    Conflict {
        run: RunId,
        expected: u64,
        found: u64,
    },
    /// The append contradicts itself.
    #[error("cannot append to run {run}: {why}")]
    Malformed { run: RunId, why: String },
    /// The inventory is not as the change of the fleet needs it: its id is taken, or there is no such agent.
    #[error("cannot append to run {run}: {fault}")]
    Inventory { run: RunId, fault: InventoryFault },
    /// A rule of the database refused this append; others are not affected.
    #[error("cannot append to run {run}: the database refused it: {why}")]
    Refused { run: RunId, why: String },
    /// The journal cannot be written. After a disk fault it is not known whether this append will be there:
    /// read the run again once writing works.
    #[error("cannot append to run {run}: the journal is read-only: {why}")]
    ReadOnly { run: RunId, why: String },
    /// The store is closing.
    #[error("cannot append to run {run}: the store is closed")]
    Closed { run: RunId },
}

impl AppendFault {
    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            AppendFault::Conflict { .. } => "read the run again and decide anew".into(),
            AppendFault::Inventory { .. } => "look at the list of agents".into(),
            AppendFault::Malformed { .. } | AppendFault::Refused { .. } => {
                "this is a defect: please report it".into()
            }
            AppendFault::ReadOnly { .. } => {
                "free some space, then try writing again; nothing starts until then".into()
            }
            AppendFault::Closed { .. } => "start the engine again".into(),
        }
    }
}

/// An append as text and bytes, checked against itself.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) run: RunId,
    pub(crate) expected_run_seq: i64,
    pub(crate) rows: Vec<EncodedRow>,
    /// The changes of the inventory among the records, each with its time.
    pub(crate) fleet: Vec<(i64, FleetChange)>,
    /// What was asked and answered at gates, each with its place among the records.
    pub(crate) turns: Vec<(usize, Turn)>,
    pub(crate) blobs: Vec<Blob>,
    pub(crate) definition: Option<Definition>,
    pub(crate) view: EncodedView,
}

#[derive(Debug)]
pub(crate) struct EncodedRow {
    pub(crate) run_seq: i64,
    pub(crate) at_us: i64,
    pub(crate) actor: String,
    pub(crate) kind: String,
    pub(crate) payload: String,
}

#[derive(Debug)]
pub(crate) struct EncodedView {
    pub(crate) run: String,
    pub(crate) summary: String,
    pub(crate) found: search::Found,
    pub(crate) state: &'static str,
    pub(crate) definition: String,
    pub(crate) started_us: i64,
    pub(crate) ended_us: Option<i64>,
    pub(crate) owes: bool,
    pub(crate) gates: Vec<EncodedGate>,
    pub(crate) timers: Vec<(String, i64)>,
}

#[derive(Debug)]
pub(crate) struct EncodedGate {
    pub(crate) gate: String,
    pub(crate) revision: u32,
    pub(crate) digest: String,
    pub(crate) title: String,
    pub(crate) opened_us: i64,
}

impl Encoded {
    pub(crate) fn new(append: Append) -> Result<Encoded, AppendFault> {
        let run = append.view.summary.run.clone();
        let encoded = Encoded::checked(&run, append);
        encoded.map_err(|why| AppendFault::Malformed { run, why })
    }

    fn checked(run: &RunId, append: Append) -> Result<Encoded, String> {
        let Append {
            expected_run_seq,
            records,
            blobs,
            definition,
            view,
        } = append;
        let last = records.last().ok_or("it has no records")?.seq;
        if view.summary.seq != last {
            return Err(format!(
                "its summary is of record {}, its last record is {last}",
                view.summary.seq
            ));
        }
        if let Some(blob) = blobs
            .iter()
            .find(|blob| Digest::of(&blob.body) != blob.sha256)
        {
            return Err(format!("its blob {} has another digest", blob.sha256));
        }
        let mut rows = Vec::with_capacity(records.len());
        let mut fleet = Vec::new();
        let mut turns = Vec::new();
        for (record, place) in records.iter().zip(expected_run_seq + 1..) {
            if record.run != *run || record.seq != place {
                return Err(format!(
                    "record {} of run {} stands at place {place}",
                    record.seq, record.run
                ));
            }
            turns.extend(Turn::of(&record.event).map(|turn| (rows.len(), turn)));
            rows.push(EncodedRow::of(record).map_err(|error| error.to_string())?);
            if let Event::FleetChanged { change, .. } = &record.event {
                fleet.push((record.at_us, change.clone()));
            }
        }
        let view = EncodedView::of(&view).map_err(|error| error.to_string())?;
        let expected_run_seq =
            i64::try_from(expected_run_seq).map_err(|error| error.to_string())?;
        Ok(Encoded {
            run: run.clone(),
            expected_run_seq,
            rows,
            fleet,
            turns,
            blobs,
            definition,
            view,
        })
    }
}

impl EncodedRow {
    fn of(record: &Record) -> Result<EncodedRow, serde_json::Error> {
        #[derive(serde::Deserialize)]
        struct Tag {
            kind: String,
        }
        let payload = serde_json::to_string(&record.event)?;
        let Tag { kind } = serde_json::from_str(&payload)?;
        let actor = serde_json::to_string(&record.actor)?;
        Ok(EncodedRow {
            run_seq: record.seq as i64,
            at_us: record.at_us,
            actor,
            kind,
            payload,
        })
    }
}

impl EncodedView {
    pub(crate) fn of(view: &ViewRows) -> Result<EncodedView, serde_json::Error> {
        let summary = &view.summary;
        let gates = summary.open_gates.iter().map(|open| EncodedGate {
            gate: open.gate.to_string(),
            revision: open.revision,
            digest: open.card_digest.to_string(),
            title: open.title.clone(),
            opened_us: open.opened_at_us,
        });
        let timers = view
            .timers
            .iter()
            .map(|(timer, due_us)| Ok((serde_json::to_string(timer)?, *due_us)));
        Ok(EncodedView {
            run: summary.run.0.clone(),
            summary: serde_json::to_string(summary)?,
            found: search::Found::of(summary),
            state: summary.state.word(),
            definition: summary.workflow.clone(),
            started_us: summary.started_at_us,
            ended_us: summary.ended_at_us,
            owes: view.owes,
            gates: gates.collect(),
            timers: timers.collect::<Result<_, serde_json::Error>>()?,
        })
    }
}
