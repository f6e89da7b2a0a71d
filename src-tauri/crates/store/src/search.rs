//! Looking for runs in the history: by state, workflow and time, and by words in what a row says or in a log. Words are
//! never syntax: in rows they are looked for as they are, in logs each is a quoted phrase.

use crate::{
    ReadFault, Reader, WriteFault,
    logs::{self, LogText},
    records::as_i64,
};
use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter, types::Value};
use std::collections::{BTreeMap, HashMap};
use workflow::{RunId, RunState, RunSummary};

/// How many pieces of logs with the words are looked at, the newest first: a word that stands everywhere must not make
/// anybody wait.
const PIECES: usize = 20_000;

/// How many words are looked for; further ones are left out.
const WORDS: usize = 32;

/// Which runs to look for.
#[derive(Clone, Debug, Default)]
pub struct RunSearch {
    /// Words that all stand in the row or together in a piece of a log; empty: any run.
    pub text: String,
    /// In any of these states; empty: in any state.
    pub states: Vec<RunState>,
    /// Of this workflow (its id).
    pub workflow: Option<String>,
    /// Started at or after this time, in microseconds since 1970 (UTC).
    pub since_us: Option<i64>,
    /// Only runs that come after this one in the list: the last one of the page before.
    pub before: Option<RunId>,
    /// How many; 0: 100.
    pub limit: usize,
}

/// A page of what was found.
#[derive(Clone, Debug, PartialEq)]
pub struct RunsFound {
    /// The newest start first, each with the line of a log that has the words.
    pub rows: Vec<(RunSummary, Option<String>)>,
    /// How many match in all.
    pub total: u64,
    /// There are more after the last row.
    pub more: bool,
}

/// Fills the view of a journal that is older than it from the rows of the board.
pub(crate) fn fill(conn: &Connection) -> Result<(), WriteFault> {
    let failed = WriteFault::sqlite("fill the history");
    conn.execute_batch("DELETE FROM history").map_err(&failed)?;
    let mut statement = conn
        .prepare("SELECT run_id, summary FROM runs")
        .map_err(&failed)?;
    let mut rows = statement.query([]).map_err(&failed)?;
    while let Some(row) = rows.next().map_err(&failed)? {
        let (run, summary): (String, String) =
            (row.get(0).map_err(&failed)?, row.get(1).map_err(&failed)?);
        match serde_json::from_str(&summary) {
            Ok(summary) => write(conn, &Found::of(&summary)).map_err(&failed)?,
            // Nobody must be kept from the rest of the folder.
            Err(error) => tracing::warn!(run, %error, "left out of the history"),
        }
    }
    Ok(())
}

/// What a run is found by.
#[derive(Debug)]
pub(crate) struct Found {
    run: String,
    started_us: i64,
    state: &'static str,
    workflow: String,
    /// The parts of its row in small letters, a line for each.
    words: String,
}

impl Found {
    pub(crate) fn of(summary: &RunSummary) -> Found {
        let message = summary.message.as_deref().unwrap_or_default();
        let parts = [
            &summary.title,
            &summary.workflow,
            &summary.run.0,
            &summary.started_by,
            message,
        ];
        Found {
            run: summary.run.0.clone(),
            started_us: summary.started_at_us,
            state: summary.state.word(),
            workflow: summary.workflow.clone(),
            words: parts.join("\n").to_lowercase(),
        }
    }
}

/// Writes what one run is found by over that of before; most appends change nothing of it.
pub(crate) fn write(conn: &Connection, found: &Found) -> rusqlite::Result<()> {
    let sql = "INSERT INTO history (run_id, started_us, state, workflow, words) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (run_id) DO UPDATE SET started_us = excluded.started_us, state = excluded.state,
                   workflow = excluded.workflow, words = excluded.words
               WHERE (started_us, state, workflow, words) IS NOT
                   (excluded.started_us, excluded.state, excluded.workflow, excluded.words)";
    let values = params![
        found.run,
        found.started_us,
        found.state,
        found.workflow,
        found.words
    ];
    conn.prepare_cached(sql)?.execute(values).map(|_| ())
}

/// The statement of a search and its values: run, start, and whether the row itself has the words.
fn statement_of(wanted: &RunSearch, only_rows: bool) -> (String, Vec<Value>) {
    let text = wanted.text.to_lowercase();
    let words: Vec<&str> = text.split_whitespace().take(WORDS).collect();
    // instr and not LIKE: a word may hold % or _.
    let in_row = match words.len() {
        0 => "1".to_owned(),
        count => vec!["instr(words, ?) > 0"; count].join(" AND "),
    };
    let mut values: Vec<Value> = words
        .iter()
        .map(|word| Value::from((*word).to_owned()))
        .collect();
    let mut sql = format!("SELECT run_id, started_us, {in_row} AS in_row FROM history WHERE 1 = 1");
    if only_rows {
        sql += " AND in_row";
    }
    if !wanted.states.is_empty() {
        let marks = vec!["?"; wanted.states.len()].join(", ");
        sql += &format!(" AND state IN ({marks})");
        let states = wanted.states.iter().map(|state| state.word().to_owned());
        values.extend(states.map(Value::from));
    }
    if let Some(workflow) = &wanted.workflow {
        sql += " AND workflow = ?";
        values.push(workflow.clone().into());
    }
    if let Some(since_us) = wanted.since_us {
        sql += " AND started_us >= ?";
        values.push(since_us.into());
    }
    sql += " ORDER BY started_us DESC, run_id DESC";
    (sql, values)
}

impl Reader {
    /// Runs that match, newest start first, and how many there are. Upper and lower case are the same; in logs, letters
    /// with and without accents are, too. Of logs the newest 20,000 pieces with the words are looked at.
    pub fn search_runs(&self, wanted: &RunSearch) -> Result<RunsFound, ReadFault> {
        let in_logs = self.runs_with(&wanted.text)?;
        let limit = if wanted.limit == 0 { 100 } else { wanted.limit };
        let failed = ReadFault::sqlite("the history");
        let (mut total, mut more, mut page) = (0, false, Vec::new());
        self.journal.with(|conn| {
            // A read transaction: rows and summaries are of one moment.
            let tx = conn.unchecked_transaction().map_err(&failed)?;
            let after = match &wanted.before {
                None => None,
                Some(before) => {
                    let sql = "SELECT started_us FROM history WHERE run_id = ?1";
                    let mut statement = tx.prepare_cached(sql).map_err(&failed)?;
                    let started = statement
                        .query_row([&before.0], |row| row.get(0))
                        .optional();
                    // Nothing comes after a run that there is not.
                    Some((started.map_err(&failed)?.unwrap_or(i64::MIN), &before.0))
                }
            };
            let (sql, values) = statement_of(wanted, in_logs.is_empty());
            let mut statement = tx.prepare_cached(&sql).map_err(&failed)?;
            let mut rows = statement.query(params_from_iter(values)).map_err(&failed)?;
            while let Some(row) = rows.next().map_err(&failed)? {
                let run: String = row.get(0).map_err(&failed)?;
                if !row.get::<_, bool>(2).map_err(&failed)? && !in_logs.contains_key(&run) {
                    continue;
                }
                total += 1;
                let started_us: i64 = row.get(1).map_err(&failed)?;
                if after.is_some_and(|after| (started_us, &run) >= after) {
                    continue;
                }
                if page.len() < limit {
                    page.push(summary(&tx, run)?);
                } else {
                    more = true;
                }
            }
            Ok(())
        })?;
        let mut rows = Vec::with_capacity(page.len());
        for summary in page {
            let line = match in_logs.get(&summary.run.0) {
                Some(piece) => self.line_in(*piece, &wanted.text)?,
                None => None,
            };
            rows.push((summary, line));
        }
        Ok(RunsFound { rows, total, more })
    }

    /// The runs that have the words together in a piece of a log, each with the newest such piece.
    fn runs_with(&self, text: &str) -> Result<HashMap<String, i64>, ReadFault> {
        // The index knows letters and digits only; what holds none of them stands in no log.
        let words: Vec<&str> = text
            .split_whitespace()
            .take(WORDS)
            .filter(|word| word.chars().any(char::is_alphanumeric))
            .collect();
        if words.is_empty() {
            return Ok(HashMap::new());
        }
        let failed = ReadFault::sqlite("the index of the logs");
        let sql = "SELECT run_id, max(id) FROM chunks WHERE id IN
                       (SELECT rowid FROM words WHERE words MATCH ?1 ORDER BY rowid DESC LIMIT ?2)
                   GROUP BY run_id";
        let expression = logs::match_expression(&words, &LogText::default());
        self.logs.with(|conn| {
            let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
            let rows = statement
                .query_map(params![expression, as_i64(PIECES as u64)], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .map_err(&failed)?;
            rows.collect::<Result<_, _>>().map_err(&failed)
        })
    }

    /// The line with the most of the words in a piece of a log; none when the piece was let go meanwhile.
    fn line_in(&self, piece: i64, text: &str) -> Result<Option<String>, ReadFault> {
        let failed = ReadFault::sqlite("a piece of a log");
        let words: Vec<&str> = text.split_whitespace().take(WORDS).collect();
        self.logs.with(|conn| {
            let mut statement = conn
                .prepare_cached("SELECT body FROM chunks WHERE id = ?1")
                .map_err(&failed)?;
            let mut rows = statement.query([piece]).map_err(&failed)?;
            let Some(row) = rows.next().map_err(&failed)? else {
                return Ok(None);
            };
            let body = row
                .get_ref(0)
                .and_then(|value| Ok(value.as_blob()?))
                .map_err(&failed)?;
            Ok(Some(logs::best_line(body, &words).1))
        })
    }

    /// How many runs there are in each state, in the order of the states' words.
    pub fn runs_by_state(&self) -> Result<BTreeMap<String, u64>, ReadFault> {
        let failed = ReadFault::sqlite("the runs");
        self.journal.with(|conn| {
            let mut statement = conn
                .prepare_cached("SELECT state, count(*) FROM runs GROUP BY state")
                .map_err(&failed)?;
            let rows = statement
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
                .map_err(&failed)?;
            rows.collect::<Result<_, _>>().map_err(&failed)
        })
    }
}

fn summary(conn: &Connection, run: String) -> Result<RunSummary, ReadFault> {
    let failed = ReadFault::sqlite("the runs");
    let mut statement = conn
        .prepare_cached("SELECT summary FROM runs WHERE run_id = ?1")
        .map_err(&failed)?;
    let text: String = statement
        .query_row([&run], |row| row.get(0))
        .map_err(&failed)?;
    serde_json::from_str(&text).map_err(|source| ReadFault::Decode {
        what: format!("the summary of run {run}"),
        source,
    })
}
