//! The view of what was asked and answered at gates: a row when a card is shown, completed by its answer. Written in the
//! transaction of those records, rebuilt from the journal by the same function. Not the open gates of the board, which
//! come with the fold (`views.rs`).

use crate::{ReadFault, Reader, WriteFault, records::as_i64};
use rusqlite::{Connection, Row, params};
use workflow::{Actor, Decision, Event, GateId, RunId};

/// An answer at a gate, or that there was none in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRow {
    /// Its place in the journal.
    pub seq: u64,
    /// The run.
    pub run: RunId,
    /// The title of the run's workflow.
    pub workflow: String,
    /// The gate.
    pub gate: GateId,
    /// Which card of it.
    pub revision: u32,
    /// The question.
    pub question: String,
    /// The word of the answer, or `expired`.
    pub answer: String,
    /// The reason of a reject or of leaving a change as it is, the feedback of a redo.
    pub words: Option<String>,
    /// Who answered; the engine where nobody did.
    pub by: Actor,
    /// When the card was shown, in microseconds since 1970 (UTC).
    pub opened_at_us: i64,
    /// When it was answered, in microseconds since 1970 (UTC).
    pub at_us: i64,
}

/// What a record means to the view.
#[derive(Clone, Debug)]
pub(crate) enum Turn {
    Asked {
        gate: String,
        revision: u32,
        question: String,
    },
    Answered {
        gate: String,
        revision: u32,
        answer: &'static str,
        words: Option<String>,
    },
    Withdrawn {
        gate: String,
        revision: u32,
    },
}

/// The kinds of records that a rebuild looks at: those of which [`Turn::of`] gives something.
const KINDS: &str = "'gate_opened', 'gate_decided', 'gate_expired', 'gate_withdrawn'";

impl Turn {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a view of questions and answers leaves everything else out, also what comes later"
    )]
    pub(crate) fn of(event: &Event) -> Option<Turn> {
        match event {
            Event::GateOpened {
                gate,
                revision,
                card,
                ..
            } => Some(Turn::Asked {
                gate: gate.to_string(),
                revision: *revision,
                question: card.title.clone(),
            }),
            Event::GateDecided {
                gate,
                revision,
                decision,
                ..
            } => Some(Turn::Answered {
                gate: gate.to_string(),
                revision: *revision,
                answer: decision.kind().word(),
                words: words(decision),
            }),
            Event::GateExpired { gate, revision } => Some(Turn::Answered {
                gate: gate.to_string(),
                revision: *revision,
                answer: "expired",
                words: None,
            }),
            Event::GateWithdrawn { gate, revision, .. } => Some(Turn::Withdrawn {
                gate: gate.to_string(),
                revision: *revision,
            }),
            _ => None,
        }
    }
}

fn words(decision: &Decision) -> Option<String> {
    let words = match decision {
        Decision::Redo { feedback } => feedback,
        Decision::Reject { reason, .. } | Decision::SkipBecause { reason } => reason,
        Decision::Approve
        | Decision::Drop { .. }
        | Decision::Edit { .. }
        | Decision::Skip
        | Decision::Retry
        | Decision::Rollback
        | Decision::Stop => return None,
    };
    Some(words.clone()).filter(|words| !words.is_empty())
}

/// The record in which something was asked or answered.
pub(crate) struct Place<'a> {
    pub(crate) run: &'a str,
    pub(crate) seq: i64,
    pub(crate) at_us: i64,
    /// As JSON.
    pub(crate) actor: &'a str,
}

/// Brings the view up to date with one record.
pub(crate) fn apply(conn: &Connection, place: &Place<'_>, turn: &Turn) -> rusqlite::Result<()> {
    match turn {
        Turn::Asked {
            gate,
            revision,
            question,
        } => {
            let sql =
                "INSERT INTO decisions (opened_seq, run_id, gate, revision, question, opened_us)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            conn.prepare_cached(sql)?.execute(params![
                place.seq,
                place.run,
                gate,
                revision,
                question,
                place.at_us
            ])?;
        }
        Turn::Answered {
            gate,
            revision,
            answer,
            words,
        } => {
            let sql =
                "UPDATE decisions SET seq = ?4, answer = ?5, words = ?6, actor = ?7, at_us = ?8
                       WHERE run_id = ?1 AND gate = ?2 AND revision = ?3 AND seq IS NULL";
            conn.prepare_cached(sql)?.execute(params![
                place.run,
                gate,
                revision,
                place.seq,
                answer,
                words,
                place.actor,
                place.at_us
            ])?;
        }
        Turn::Withdrawn { gate, revision } => {
            let sql = "DELETE FROM decisions WHERE run_id = ?1 AND gate = ?2 AND revision = ?3 AND seq IS NULL";
            conn.prepare_cached(sql)?
                .execute(params![place.run, gate, revision])?;
        }
    }
    Ok(())
}

/// Fills the view of a journal that is older than it. A record that cannot be read must not keep anybody from the rest of
/// the folder: the audit tells of it.
pub(crate) fn fill(conn: &Connection) -> Result<(), WriteFault> {
    from_journal(conn, |fault| {
        tracing::warn!(%fault, "left out of the decisions");
        Ok(())
    })
}

/// Empties the view and fills it from the journal, in its order.
pub(crate) fn rebuild(conn: &Connection) -> Result<(), WriteFault> {
    from_journal(conn, |fault| Err(fault.into()))
}

fn from_journal(
    conn: &Connection,
    unreadable: impl Fn(ReadFault) -> Result<(), WriteFault>,
) -> Result<(), WriteFault> {
    let failed = WriteFault::sqlite("rebuild the decisions");
    conn.execute_batch("DELETE FROM decisions")
        .map_err(&failed)?;
    let sql = format!(
        "SELECT run_id, seq, at_us, actor, payload FROM journal WHERE kind IN ({KINDS}) ORDER BY seq"
    );
    let mut statement = conn.prepare(&sql).map_err(&failed)?;
    let mut rows = statement.query([]).map_err(&failed)?;
    while let Some(row) = rows.next().map_err(&failed)? {
        let (run, seq, at_us): (String, i64, i64) = (
            row.get(0).map_err(&failed)?,
            row.get(1).map_err(&failed)?,
            row.get(2).map_err(&failed)?,
        );
        let (actor, payload): (String, String) =
            (row.get(3).map_err(&failed)?, row.get(4).map_err(&failed)?);
        let event: Event = match serde_json::from_str(&payload) {
            Ok(event) => event,
            Err(source) => {
                let what = format!("a question or an answer in run {run}");
                unreadable(ReadFault::Decode { what, source })?;
                continue;
            }
        };
        let place = Place {
            run: &run,
            seq,
            at_us,
            actor: &actor,
        };
        if let Some(turn) = Turn::of(&event) {
            apply(conn, &place, &turn).map_err(&failed)?;
        }
    }
    Ok(())
}

impl Reader {
    /// Answers before the one at place `before` (`None`: from the end), the newest first, at most `limit`.
    pub fn decisions(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<DecisionRow>, ReadFault> {
        let failed = ReadFault::sqlite("the decisions");
        let sql = "SELECT decisions.seq, decisions.run_id, json_extract(runs.summary, '$.title'), gate, revision, question,
                       answer, words, actor, opened_us, at_us
                   FROM decisions JOIN runs ON runs.run_id = decisions.run_id
                   WHERE decisions.seq < ?1 ORDER BY decisions.seq DESC LIMIT ?2";
        self.journal.with(|conn| {
            let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
            let before = as_i64(before.unwrap_or(u64::MAX));
            let mut rows = statement
                .query(params![before, as_i64(limit as u64)])
                .map_err(&failed)?;
            let mut list = Vec::new();
            while let Some(row) = rows.next().map_err(&failed)? {
                list.push(decision_row(row)?);
            }
            Ok(list)
        })
    }
}

fn decision_row(row: &Row<'_>) -> Result<DecisionRow, ReadFault> {
    let failed = ReadFault::sqlite("a decision");
    let seq: u64 = row.get(0).map_err(&failed)?;
    let bad = |source| ReadFault::Decode {
        what: format!("the decision at record {seq}"),
        source,
    };
    let (gate, actor): (String, String) =
        (row.get(3).map_err(&failed)?, row.get(8).map_err(&failed)?);
    Ok(DecisionRow {
        seq,
        run: RunId(row.get(1).map_err(&failed)?),
        workflow: row.get(2).map_err(&failed)?,
        gate: gate
            .parse()
            .map_err(|error: String| bad(serde::de::Error::custom(error)))?,
        revision: row.get(4).map_err(&failed)?,
        question: row.get(5).map_err(&failed)?,
        answer: row.get(6).map_err(&failed)?,
        words: row.get(7).map_err(&failed)?,
        by: serde_json::from_str(&actor).map_err(bad)?,
        opened_at_us: row.get(9).map_err(&failed)?,
        at_us: row.get(10).map_err(&failed)?,
    })
}
