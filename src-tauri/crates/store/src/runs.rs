//! Reading the views and what is content-addressed: lists of runs, open gates, timers, definitions, blobs.

use crate::{Definition, ReadFault, Reader, records::as_i64};
use rusqlite::{OptionalExtension as _, Row, params_from_iter, types::Value};
use workflow::{Digest, GateId, RunId, RunState, RunSummary, TimerId};

/// Which runs to list. The default is the newest 100 of all.
#[derive(Clone, Debug, Default)]
pub struct RunFilter {
    /// In any of these states; empty: in any state.
    pub states: Vec<RunState>,
    /// Of this workflow (its id).
    pub workflow: Option<String>,
    /// Only runs that come after this one in the list: the last one of the page before.
    pub before: Option<RunId>,
    /// How many; 0: 100.
    pub limit: usize,
}

/// A run in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// What the fold says of it.
    pub summary: RunSummary,
    /// Does the world owe it anything?
    pub owes: bool,
}

/// An open gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateRow {
    /// Of which run.
    pub run: RunId,
    /// Which.
    pub gate: GateId,
    /// Which card of it.
    pub revision: u32,
    /// The card's digest.
    pub digest: Digest,
    /// The question.
    pub title: String,
    /// Since when, in microseconds since 1970 (UTC).
    pub opened_us: i64,
}

/// A time that a run waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimerRow {
    /// Which run.
    pub run: RunId,
    /// What for.
    pub timer: TimerId,
    /// When, in microseconds since 1970 (UTC).
    pub due_us: i64,
}

/// What the beginning of a run's name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundRun {
    /// No run.
    None,
    /// This one.
    One(RunId),
    /// Several; at most the first ten, in order.
    Many(Vec<RunId>),
}

impl Reader {
    /// Runs, newest start first.
    pub fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, ReadFault> {
        let mut sql = String::from("SELECT run_id, summary, owes FROM runs WHERE 1 = 1");
        let mut values: Vec<Value> = Vec::new();
        if !filter.states.is_empty() {
            let marks = vec!["?"; filter.states.len()].join(", ");
            sql += &format!(" AND state IN ({marks})");
            values.extend(
                filter
                    .states
                    .iter()
                    .map(|state| Value::from(state.word().to_owned())),
            );
        }
        if let Some(workflow) = &filter.workflow {
            sql += " AND definition = ?";
            values.push(workflow.clone().into());
        }
        if let Some(before) = &filter.before {
            sql += " AND (started_us, run_id) < (SELECT started_us, run_id FROM runs WHERE run_id = ?)";
            values.push(before.0.clone().into());
        }
        sql += " ORDER BY started_us DESC, run_id DESC LIMIT ?";
        let limit = if filter.limit == 0 { 100 } else { filter.limit };
        values.push(as_i64(limit as u64).into());
        self.list("the runs", &sql, values, run_row)
    }

    /// One run's row; `None` for an unknown run.
    pub fn run_summary(&self, run: &RunId) -> Result<Option<RunRow>, ReadFault> {
        let sql = "SELECT run_id, summary, owes FROM runs WHERE run_id = ?";
        Ok(self
            .list("a run", sql, vec![run.0.clone().into()], run_row)?
            .pop())
    }

    /// The runs to which the world owes something, in the order of their names: those to fold at start.
    pub fn owing_runs(&self) -> Result<Vec<RunId>, ReadFault> {
        let sql = "SELECT run_id FROM runs WHERE owes = 1 ORDER BY run_id";
        self.list("the runs that owe work", sql, vec![], |row| {
            Ok(RunId(text(row, 0)?))
        })
    }

    /// The run whose name is `prefix` or, when there is none, begins with it.
    pub fn find_run(&self, prefix: &str) -> Result<FoundRun, ReadFault> {
        if self.run_summary(&RunId(prefix.to_owned()))?.is_some() {
            return Ok(FoundRun::One(RunId(prefix.to_owned())));
        }
        // substr and not LIKE: a name may hold % or _, and case matters.
        let sql =
            "SELECT run_id FROM runs WHERE run_id >= ?1 AND substr(run_id, 1, length(?1)) = ?1
                   ORDER BY run_id LIMIT 10";
        let mut found = self.list("the runs", sql, vec![prefix.to_owned().into()], |row| {
            Ok(RunId(text(row, 0)?))
        })?;
        Ok(match found.len() {
            0 => FoundRun::None,
            1 => found.pop().map_or(FoundRun::None, FoundRun::One),
            _ => FoundRun::Many(found),
        })
    }

    /// All open gates, the oldest first.
    pub fn open_gates(&self) -> Result<Vec<GateRow>, ReadFault> {
        let sql = "SELECT run_id, gate, revision, digest, title, opened_us FROM gates ORDER BY opened_us, run_id, gate";
        self.list("the open gates", sql, vec![], |row| {
            let bad = |what: &str, error: String| ReadFault::Decode {
                what: format!("{what} of an open gate"),
                source: serde::de::Error::custom(error),
            };
            Ok(GateRow {
                run: RunId(text(row, 0)?),
                gate: text(row, 1)?
                    .parse()
                    .map_err(|error| bad("the name", error))?,
                revision: column(row, 2)?,
                digest: text(row, 3)?
                    .parse()
                    .map_err(|error: hex::FromHexError| bad("the digest", error.to_string()))?,
                title: text(row, 4)?,
                opened_us: column(row, 5)?,
            })
        })
    }

    /// The timers due at `now_us` or before, the earliest first, at most `limit`.
    pub fn due_timers(&self, now_us: i64, limit: usize) -> Result<Vec<TimerRow>, ReadFault> {
        let sql = "SELECT run_id, timer, due_us FROM timers WHERE due_us <= ? ORDER BY due_us, run_id, timer LIMIT ?";
        self.list(
            "the timers",
            sql,
            vec![now_us.into(), as_i64(limit as u64).into()],
            timer_row,
        )
    }

    /// All timers, the earliest first.
    pub fn timers(&self) -> Result<Vec<TimerRow>, ReadFault> {
        self.due_timers(i64::MAX, usize::MAX)
    }

    /// A definition by the digest that runs pin; `None` when it is not here.
    pub fn definition(&self, digest: &Digest) -> Result<Option<Definition>, ReadFault> {
        let sql = "SELECT text, model FROM definitions WHERE digest = ?";
        let digest = *digest;
        let mut found = self.list(
            "a definition",
            sql,
            vec![digest.as_bytes().to_vec().into()],
            |row| {
                Ok(Definition {
                    digest,
                    text: text(row, 0)?,
                    model: text(row, 1)?,
                })
            },
        )?;
        Ok(found.pop())
    }

    /// The body of a big value; `None` when it is not here (or was pruned). A body that is not what its digest
    /// says is a fault.
    pub fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, ReadFault> {
        let body: Option<Vec<u8>> = self.journal.with(|conn| {
            let failed = ReadFault::sqlite("a blob");
            let mut statement = conn
                .prepare_cached("SELECT body FROM blobs WHERE sha256 = ?1")
                .map_err(&failed)?;
            statement
                .query_row([digest.as_bytes()], |row| row.get(0))
                .optional()
                .map_err(&failed)
        })?;
        match body {
            Some(body) if Digest::of(&body) != *digest => Err(ReadFault::Damaged {
                what: "the blob",
                digest: *digest,
            }),
            other => Ok(other),
        }
    }

    fn list<T>(
        &self,
        what: &'static str,
        sql: &str,
        values: Vec<Value>,
        read: impl Fn(&Row<'_>) -> Result<T, ReadFault>,
    ) -> Result<Vec<T>, ReadFault> {
        self.journal.with(|conn| {
            let failed = ReadFault::sqlite(what);
            let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
            let mut rows = statement.query(params_from_iter(values)).map_err(&failed)?;
            let mut list = Vec::new();
            while let Some(row) = rows.next().map_err(&failed)? {
                list.push(read(row)?);
            }
            Ok(list)
        })
    }
}

fn run_row(row: &Row<'_>) -> Result<RunRow, ReadFault> {
    let summary = serde_json::from_str(&text(row, 1)?).map_err(|source| ReadFault::Decode {
        what: format!("the summary of run {}", text(row, 0).unwrap_or_default()),
        source,
    })?;
    Ok(RunRow {
        summary,
        owes: column(row, 2)?,
    })
}

fn timer_row(row: &Row<'_>) -> Result<TimerRow, ReadFault> {
    let run = RunId(text(row, 0)?);
    let timer = serde_json::from_str(&text(row, 1)?).map_err(|source| ReadFault::Decode {
        what: format!("a timer of run {run}"),
        source,
    })?;
    Ok(TimerRow {
        run,
        timer,
        due_us: column(row, 2)?,
    })
}

fn text(row: &Row<'_>, index: usize) -> Result<String, ReadFault> {
    column(row, index)
}

fn column<T: rusqlite::types::FromSql>(row: &Row<'_>, index: usize) -> Result<T, ReadFault> {
    row.get(index).map_err(ReadFault::sqlite("a row of a view"))
}
