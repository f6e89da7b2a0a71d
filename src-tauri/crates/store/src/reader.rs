//! Reading a data folder without owning it: `query_only` connections that need no lock and never wait for the
//! writer (semantics.md 20). What can be asked stands in `records.rs`, `runs.rs`, `logs.rs`, `telemetry.rs`,
//! `operators.rs` and `audit.rs`.

use crate::{
    OpenFault, ReadFault,
    files::Files,
    schema::{self, Schema},
};
use rusqlite::Connection;
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// A data folder, to be read.
#[derive(Debug)]
pub struct Reader {
    pub(crate) files: Files,
    pub(crate) journal: Pool,
    pub(crate) logs: Pool,
    pub(crate) telemetry: Pool,
}

impl Reader {
    /// Opens a data folder for reading, beside an owner or without one. There must be a database in the version
    /// that this program knows; it is not changed.
    pub fn open(dir: &Path) -> Result<Reader, OpenFault> {
        let files = Files::new(dir);
        if !files.journal().is_file() {
            return Err(OpenFault::Missing {
                dir: dir.to_owned(),
            });
        }
        let reader = Reader::unchecked(files);
        let first = reader.journal.take()?;
        reader.journal.give_back(first);
        Ok(reader)
    }

    /// The reader of a folder that was just opened by its owner.
    pub(crate) fn unchecked(files: Files) -> Reader {
        Reader {
            journal: Pool::new(files.journal(), &schema::JOURNAL),
            logs: Pool::new(files.logs(), &schema::LOGS),
            telemetry: Pool::new(files.telemetry(), &schema::TELEMETRY),
            files,
        }
    }

    /// The versions of the schemas of journal, logs and telemetry.
    pub fn schema_versions(&self) -> Result<[u32; 3], ReadFault> {
        let version = |pool: &Pool| {
            pool.with(|conn| {
                conn.query_row("PRAGMA user_version", [], |row| row.get(0))
                    .map_err(ReadFault::sqlite("the version of the schema"))
            })
        };
        Ok([
            version(&self.journal)?,
            version(&self.logs)?,
            version(&self.telemetry)?,
        ])
    }

    /// The data folder.
    pub fn dir(&self) -> &Path {
        &self.files.dir
    }
}

/// Connections to one database, made when needed and kept for the next reader.
pub(crate) struct Pool {
    path: PathBuf,
    schema: &'static Schema,
    idle: Mutex<Vec<Connection>>,
}

/// How many idle connections are kept; more may be in use at once.
const KEPT: usize = 4;

impl Pool {
    fn new(path: PathBuf, schema: &'static Schema) -> Pool {
        Pool {
            path,
            schema,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Runs a read. A connection that failed is not used again.
    pub(crate) fn with<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, ReadFault>,
    ) -> Result<T, ReadFault> {
        let conn = self.take()?;
        let answer = read(&conn)?;
        self.give_back(conn);
        Ok(answer)
    }

    fn take(&self) -> Result<Connection, OpenFault> {
        let kept = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        match kept {
            Some(conn) => Ok(conn),
            None => self.schema.open_reading(&self.path),
        }
    }

    fn give_back(&self, conn: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(conn);
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
