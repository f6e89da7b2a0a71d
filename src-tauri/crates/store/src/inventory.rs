//! The fleet's home: agents and trusted host keys, as views of the journal. Written in the transaction of the record
//! that changes them, so that an agent is registered exactly once; never changed any other way.

use crate::{ReadFault, Reader, WriteFault};
use fleet::Agent;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use workflow::{Event, FleetChange};

/// An agent as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentRow {
    /// The agent.
    pub agent: Agent,
    /// When it was registered, in microseconds since 1970 (UTC).
    pub registered_at_us: i64,
    /// When its row was last changed, in microseconds since 1970 (UTC).
    pub changed_at_us: i64,
    /// The run that changed it last.
    pub run: String,
}

/// A host key that a person trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostKeyRow {
    /// Of which host: address or name, as it is connected to.
    pub host: String,
    /// At which port.
    pub port: u16,
    /// Algorithm and base64, as in known_hosts.
    pub key: String,
    /// Since when, in microseconds since 1970 (UTC).
    pub trusted_at_us: i64,
    /// The run in which it was trusted.
    pub run: String,
}

/// A change with the record it stands in.
#[derive(Debug)]
pub(crate) struct Changed<'a> {
    pub(crate) run: &'a str,
    pub(crate) at_us: i64,
    pub(crate) change: &'a FleetChange,
}

/// The inventory is not as the change needs it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InventoryFault {
    /// The id is taken.
    #[error("there is an agent {agent_id} already")]
    Taken {
        /// Which id.
        agent_id: String,
    },
    /// There is no such agent.
    #[error("there is no agent {agent_id}")]
    Missing {
        /// Which id.
        agent_id: String,
    },
}

/// Carries out one change. `Ok(Err(…))`: the inventory does not fit, and nothing was done.
pub(crate) fn apply(
    conn: &Connection,
    changed: &Changed<'_>,
) -> rusqlite::Result<Result<(), InventoryFault>> {
    let (run, at_us) = (changed.run, changed.at_us);
    let changes = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
        conn.prepare_cached(sql)?.execute(values).map(|n| n > 0)
    };
    Ok(match changed.change {
        FleetChange::AgentRegistered { agent_id, row } => {
            let sql = "INSERT INTO agents (agent_id, body, registered_us, changed_us, run_id)
                       VALUES (?1, ?2, ?3, ?3, ?4) ON CONFLICT DO NOTHING";
            let taken = InventoryFault::Taken {
                agent_id: agent_id.clone(),
            };
            changes(sql, &[agent_id, &row.to_string(), &at_us, &run])?
                .then_some(())
                .ok_or(taken)
        }
        FleetChange::AgentChanged { agent_id, row } => {
            let sql =
                "UPDATE agents SET body = ?2, changed_us = ?3, run_id = ?4 WHERE agent_id = ?1";
            changes(sql, &[agent_id, &row.to_string(), &at_us, &run])?
                .then_some(())
                .ok_or_else(|| missing(agent_id))
        }
        FleetChange::AgentRemoved { agent_id } => {
            changes("DELETE FROM agents WHERE agent_id = ?1", &[agent_id])?
                .then_some(())
                .ok_or_else(|| missing(agent_id))
        }
        FleetChange::KeyTrusted { host, port, key } => {
            let sql = "INSERT INTO host_keys (host, port, key, trusted_us, run_id) VALUES (?1, ?2, ?3, ?4, ?5)
                       ON CONFLICT DO NOTHING";
            changes(sql, &[host, port, key, &at_us, &run])?;
            Ok(())
        }
        FleetChange::KeyUntrusted { host, port, key } => {
            let sql = "DELETE FROM host_keys WHERE host = ?1 AND port = ?2 AND key = ?3";
            changes(sql, &[host, port, key])?;
            Ok(())
        }
    })
}

fn missing(agent_id: &str) -> InventoryFault {
    InventoryFault::Missing {
        agent_id: agent_id.to_owned(),
    }
}

/// Fills the emptied views from the journal, in its order.
pub(crate) fn rebuild(conn: &Connection) -> Result<(), WriteFault> {
    let failed = WriteFault::sqlite("rebuild the inventory");
    conn.execute_batch("DELETE FROM agents; DELETE FROM host_keys")
        .map_err(&failed)?;
    let mut statement = conn
        .prepare("SELECT run_id, at_us, payload, seq FROM journal WHERE kind = 'fleet_changed' ORDER BY seq")
        .map_err(&failed)?;
    let mut rows = statement.query([]).map_err(&failed)?;
    while let Some(row) = rows.next().map_err(&failed)? {
        let (run, at_us): (String, i64) =
            (row.get(0).map_err(&failed)?, row.get(1).map_err(&failed)?);
        let payload: String = row.get(2).map_err(&failed)?;
        let event = serde_json::from_str(&payload).map_err(|source| ReadFault::Decode {
            what: format!("a change of the fleet in run {run}"),
            source,
        })?;
        if let Event::FleetChanged { change, .. } = event {
            let changed = Changed {
                run: &run,
                at_us,
                change: &change,
            };
            // What was appended fitted then, and the order is the same.
            let _ = apply(conn, &changed).map_err(&failed)?;
        }
    }
    Ok(())
}

impl Reader {
    /// All agents, in the order of their ids; this computer is not among them.
    pub fn agents(&self) -> Result<Vec<AgentRow>, ReadFault> {
        let failed = ReadFault::sqlite("the agents");
        self.journal.with(|conn| {
            let sql = "SELECT agent_id, body, registered_us, changed_us, run_id FROM agents ORDER BY agent_id";
            let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
            let rows = statement
                .query_map([], |row| Ok(agent_row(row)))
                .map_err(&failed)?;
            rows.map(|row| row.map_err(&failed)?).collect()
        })
    }

    /// An agent by its id, without regard to case.
    pub fn agent(&self, agent_id: &str) -> Result<Option<AgentRow>, ReadFault> {
        let failed = ReadFault::sqlite("an agent");
        self.journal.with(|conn| {
            let sql = "SELECT agent_id, body, registered_us, changed_us, run_id FROM agents WHERE agent_id = ?1";
            let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
            let found = statement
                .query_row([agent_id], |row| Ok(agent_row(row)))
                .optional()
                .map_err(&failed)?;
            found.transpose()
        })
    }

    /// The host keys that are trusted for a host and port; for all of them when none is given.
    pub fn host_keys(&self, place: Option<(&str, u16)>) -> Result<Vec<HostKeyRow>, ReadFault> {
        let failed = ReadFault::sqlite("the trusted host keys");
        self.journal.with(|conn| {
            let sql = "SELECT host, port, key, trusted_us, run_id FROM host_keys
                       WHERE ?1 IS NULL OR (host = ?1 AND port = ?2) ORDER BY host, port, key";
            let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
            let (host, port) = (place.map(|place| place.0), place.map(|place| place.1));
            let rows = statement
                .query_map(params![host, port], |row| {
                    Ok(HostKeyRow {
                        host: row.get(0)?,
                        port: row.get(1)?,
                        key: row.get(2)?,
                        trusted_at_us: row.get(3)?,
                        run: row.get(4)?,
                    })
                })
                .map_err(&failed)?;
            rows.collect::<Result<_, _>>().map_err(&failed)
        })
    }
}

fn agent_row(row: &Row<'_>) -> Result<AgentRow, ReadFault> {
    let failed = ReadFault::sqlite("an agent");
    let agent_id: String = row.get(0).map_err(&failed)?;
    let body: String = row.get(1).map_err(&failed)?;
    Ok(AgentRow {
        agent: serde_json::from_str(&body).map_err(|source| ReadFault::Decode {
            what: format!("agent {agent_id}"),
            source,
        })?,
        registered_at_us: row.get(2).map_err(&failed)?,
        changed_at_us: row.get(3).map_err(&failed)?,
        run: row.get(4).map_err(&failed)?,
    })
}
