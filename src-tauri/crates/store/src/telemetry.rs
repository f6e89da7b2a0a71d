//! Snapshots of agents and single measurements, in a database of their own with retention. Not the journal: what
//! happened to an agent stands there, this is only what was measured.

use crate::{ReadFault, Reader, Store, WriteFault, records::as_i64};
use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The last time an agent did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// Which one.
    pub agent_id: String,
    /// When, in microseconds since 1970 (UTC).
    pub at_us: i64,
    /// Why, safe to show.
    pub why: String,
}

/// A snapshot as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Its number; never used twice, not even after retention.
    pub id: u64,
    /// Of which agent.
    pub agent_id: String,
    /// When, in microseconds since 1970 (UTC).
    pub at_us: i64,
    /// JSON text.
    pub body: String,
}

/// A measurement to store.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// What, as `disk.used`.
    pub name: String,
    /// In which unit, as `bytes`.
    pub unit: String,
    /// How much.
    pub value: f64,
}

/// A measurement of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesPoint {
    /// Of which agent.
    pub agent_id: String,
    /// When, in microseconds since 1970 (UTC).
    pub at_us: i64,
    /// In which unit.
    pub unit: String,
    /// How much.
    pub value: f64,
}

/// The writing connection. Telemetry is written seldom and little: no thread of its own.
#[derive(Debug)]
pub(crate) struct Telemetry {
    conn: Mutex<Connection>,
}

impl Telemetry {
    pub(crate) fn new(conn: Connection) -> Telemetry {
        Telemetry {
            conn: Mutex::new(conn),
        }
    }

    fn conn(&self) -> MutexGuard<'_, Connection> {
        self.conn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Stores the snapshot (JSON text) that a call took and gives its number: the same call, the same snapshot.
    pub fn save_snapshot(
        &self,
        call_key: &str,
        agent_id: &str,
        at_us: i64,
        json: &str,
    ) -> Result<u64, WriteFault> {
        let failed = WriteFault::sqlite("save a snapshot");
        let conn = self.telemetry.conn();
        let sql = "INSERT INTO snapshots (call_key, agent_id, at_us, body) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (call_key) DO UPDATE SET call_key = call_key RETURNING id";
        conn.prepare_cached(sql)
            .and_then(|mut statement| {
                statement.query_row(params![call_key, agent_id, at_us, json], |row| row.get(0))
            })
            .map_err(failed)
    }

    /// Stores measurements of one agent at one moment. One that is there already is replaced.
    pub fn save_points(
        &self,
        agent_id: &str,
        at_us: i64,
        points: &[Point],
    ) -> Result<(), WriteFault> {
        let failed = WriteFault::sqlite("save measurements");
        let mut conn = self.telemetry.conn();
        let tx = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(&failed)?;
        for point in points {
            let sql = "INSERT OR REPLACE INTO points (name, agent_id, at_us, unit, value) VALUES (?1, ?2, ?3, ?4, ?5)";
            tx.prepare_cached(sql)
                .and_then(|mut statement| {
                    statement.execute(params![
                        point.name,
                        agent_id,
                        at_us,
                        point.unit,
                        point.value
                    ])
                })
                .map_err(&failed)?;
        }
        tx.commit().map_err(&failed)
    }

    /// Stores that an agent did not answer, in place of the last time.
    pub fn save_miss(&self, agent_id: &str, at_us: i64, why: &str) -> Result<(), WriteFault> {
        let failed = WriteFault::sqlite("save that an agent does not answer");
        let sql = "INSERT OR REPLACE INTO misses (agent_id, at_us, why) VALUES (?1, ?2, ?3)";
        let conn = self.telemetry.conn();
        conn.execute(sql, params![agent_id, at_us, why])
            .map_err(failed)?;
        Ok(())
    }

    /// Forgets snapshots and measurements from before `before_us`, except each agent's latest snapshot. Gives how
    /// many rows went.
    pub fn prune_telemetry(&self, before_us: i64) -> Result<u64, WriteFault> {
        let failed = WriteFault::sqlite("prune the telemetry");
        let mut conn = self.telemetry.conn();
        let tx = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(&failed)?;
        let sql = "DELETE FROM snapshots WHERE at_us < ?1 AND EXISTS (SELECT 1 FROM snapshots AS newer WHERE
                       newer.agent_id = snapshots.agent_id AND (newer.at_us, newer.id) > (snapshots.at_us, snapshots.id))";
        let mut gone = tx.execute(sql, [before_us]).map_err(&failed)?;
        gone += tx
            .execute("DELETE FROM points WHERE at_us < ?1", [before_us])
            .map_err(&failed)?;
        tx.commit().map_err(&failed)?;
        Ok(gone as u64)
    }
}

impl Reader {
    /// A snapshot by its number.
    pub fn snapshot(&self, id: u64) -> Result<Option<Snapshot>, ReadFault> {
        let failed = ReadFault::sqlite("a snapshot");
        self.telemetry.with(|conn| {
            let sql = "SELECT id, agent_id, at_us, body FROM snapshots WHERE id = ?1";
            let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
            statement
                .query_row([as_i64(id)], snapshot_row)
                .optional()
                .map_err(&failed)
        })
    }

    /// The latest snapshot of an agent.
    pub fn latest_snapshot(&self, agent_id: &str) -> Result<Option<Snapshot>, ReadFault> {
        let failed = ReadFault::sqlite("the latest snapshot");
        self.telemetry.with(|conn| {
            let sql = "SELECT id, agent_id, at_us, body FROM snapshots WHERE agent_id = ?1
                       ORDER BY at_us DESC, id DESC LIMIT 1";
            let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
            statement
                .query_row([agent_id], snapshot_row)
                .optional()
                .map_err(&failed)
        })
    }

    /// The latest snapshot of every agent that has one, in the order of their ids.
    pub fn latest_snapshots(&self) -> Result<Vec<Snapshot>, ReadFault> {
        let failed = ReadFault::sqlite("the latest snapshots");
        self.telemetry.with(|conn| {
            let sql = "SELECT id, agent_id, at_us, body FROM snapshots AS last WHERE id = (
                           SELECT id FROM snapshots WHERE agent_id = last.agent_id ORDER BY at_us DESC, id DESC LIMIT 1)
                       ORDER BY agent_id";
            let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
            let rows = statement.query_map([], snapshot_row).map_err(&failed)?;
            rows.collect::<Result<_, _>>().map_err(&failed)
        })
    }

    /// The last time that each agent did not answer, for those for which there was one.
    pub fn misses(&self) -> Result<Vec<Miss>, ReadFault> {
        let failed = ReadFault::sqlite("who did not answer");
        self.telemetry.with(|conn| {
            let sql = "SELECT agent_id, at_us, why FROM misses ORDER BY agent_id";
            let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
            let rows = statement.query_map([], |row| {
                Ok(Miss {
                    agent_id: row.get(0)?,
                    at_us: row.get(1)?,
                    why: row.get(2)?,
                })
            });
            rows.map_err(&failed)?
                .collect::<Result<_, _>>()
                .map_err(&failed)
        })
    }

    /// The names of all series that have points, in order.
    pub fn series_names(&self) -> Result<Vec<String>, ReadFault> {
        let failed = ReadFault::sqlite("the names of series");
        self.telemetry.with(|conn| {
            let mut statement = conn
                .prepare_cached("SELECT DISTINCT name FROM points ORDER BY name")
                .map_err(&failed)?;
            let names = statement.query_map([], |row| row.get(0)).map_err(&failed)?;
            names.collect::<Result<_, _>>().map_err(&failed)
        })
    }

    /// A series since a moment, in the order of time; of one agent or of all.
    pub fn series(
        &self,
        name: &str,
        agent_id: Option<&str>,
        since_us: i64,
    ) -> Result<Vec<SeriesPoint>, ReadFault> {
        let failed = ReadFault::sqlite("a series");
        self.telemetry.with(|conn| {
            let sql = "SELECT agent_id, at_us, unit, value FROM points
                       WHERE name = ?1 AND (?2 IS NULL OR agent_id = ?2) AND at_us >= ?3 ORDER BY at_us, agent_id";
            let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
            let points = statement
                .query_map(params![name, agent_id, since_us], |row| {
                    Ok(SeriesPoint {
                        agent_id: row.get(0)?,
                        at_us: row.get(1)?,
                        unit: row.get(2)?,
                        value: row.get(3)?,
                    })
                })
                .map_err(&failed)?;
            points.collect::<Result<_, _>>().map_err(&failed)
        })
    }

    /// All series of one agent since a moment, by name, each in the order of time.
    pub fn series_of(
        &self,
        agent_id: &str,
        since_us: i64,
    ) -> Result<BTreeMap<String, Vec<SeriesPoint>>, ReadFault> {
        let failed = ReadFault::sqlite("the series of an agent");
        // From name to name along the index, and not through all points of all agents.
        let sql = "WITH RECURSIVE names (name) AS (
                       SELECT min(name) FROM points UNION ALL
                       SELECT (SELECT min(name) FROM points WHERE name > names.name) FROM names WHERE name IS NOT NULL)
                   SELECT points.name, at_us, unit, value FROM names CROSS JOIN points
                   ON points.name = names.name AND agent_id = ?1 AND at_us >= ?2 ORDER BY points.name, at_us";
        self.telemetry.with(|conn| {
            let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
            let mut rows = statement
                .query(params![agent_id, since_us])
                .map_err(&failed)?;
            let mut series: BTreeMap<String, Vec<SeriesPoint>> = BTreeMap::new();
            while let Some(row) = rows.next().map_err(&failed)? {
                let name: String = row.get(0).map_err(&failed)?;
                series.entry(name).or_default().push(SeriesPoint {
                    agent_id: agent_id.to_owned(),
                    at_us: row.get(1).map_err(&failed)?,
                    unit: row.get(2).map_err(&failed)?,
                    value: row.get(3).map_err(&failed)?,
                });
            }
            Ok(series)
        })
    }
}

fn snapshot_row(row: &Row<'_>) -> rusqlite::Result<Snapshot> {
    Ok(Snapshot {
        id: row.get(0)?,
        agent_id: row.get(1)?,
        at_us: row.get(2)?,
        body: row.get(3)?,
    })
}
