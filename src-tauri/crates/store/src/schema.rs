//! The schemas of the three databases: numbered migrations, applied in one transaction, after a backup copy.
//! A newer database is refused, a foreign one is left untouched.

use crate::{
    OpenFault, WriteFault,
    connection::{self, Durability},
    decisions, files, search,
};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// One kind of database.
pub(crate) struct Schema {
    /// Four letters that say in the file's header what it is.
    pub(crate) application_id: i32,
    /// Migration n brings version n-1 to n. Never changed once released, only added to.
    pub(crate) migrations: &'static [&'static str],
    /// What fills new views from what the database holds already, each with the number of its migration.
    pub(crate) fills: &'static [(u32, Fill)],
    pub(crate) durability: Durability,
}

/// Fills a view; inside the transaction of the migrations.
pub(crate) type Fill = fn(&Connection) -> Result<(), WriteFault>;

/// `countersign.db`.
pub(crate) const JOURNAL: Schema = Schema {
    application_id: i32::from_be_bytes(*b"CSjr"),
    migrations: &[
        include_str!("../migrations/journal/0001_first.sql"),
        include_str!("../migrations/journal/0002_signatures.sql"),
        include_str!("../migrations/journal/0003_fleet.sql"),
        include_str!("../migrations/journal/0004_history.sql"),
    ],
    fills: &[(4, search::fill), (4, decisions::fill)],
    durability: Durability::Full,
};

/// `logs.db`.
pub(crate) const LOGS: Schema = Schema {
    application_id: i32::from_be_bytes(*b"CSlg"),
    migrations: &[include_str!("../migrations/logs/0001_first.sql")],
    fills: &[],
    durability: Durability::Normal,
};

/// `telemetry.db`.
pub(crate) const TELEMETRY: Schema = Schema {
    application_id: i32::from_be_bytes(*b"CStm"),
    migrations: &[
        include_str!("../migrations/telemetry/0001_first.sql"),
        include_str!("../migrations/telemetry/0002_snapshot_key.sql"),
        include_str!("../migrations/telemetry/0003_misses.sql"),
    ],
    fills: &[],
    durability: Durability::Normal,
};

/// What a file says it is.
enum Found {
    Empty,
    Ours { version: u32 },
    Foreign,
}

impl Schema {
    fn known(&self) -> u32 {
        u32::try_from(self.migrations.len()).unwrap_or(u32::MAX)
    }

    /// Opens the database for its one writer; makes it or brings it up to date first.
    pub(crate) fn open(&self, path: &Path) -> Result<Connection, OpenFault> {
        let created =
            files::make_private(path).map_err(|source| OpenFault::io("open", path, source))?;
        if created && let Some(dir) = path.parent() {
            files::sync_dir(dir).map_err(|source| OpenFault::io("make durable", dir, source))?;
        }
        let mut conn = connection::open_for_writing(path)?;
        let version = match self.look(&conn, path)? {
            Found::Empty => 0,
            Found::Foreign => {
                return Err(OpenFault::NotOurs {
                    file: path.to_owned(),
                });
            }
            Found::Ours { version } => version,
        };
        if version > self.known() {
            return Err(OpenFault::NewerDatabase {
                file: path.to_owned(),
                found: version,
                known: self.known(),
            });
        }
        connection::settle(&conn, path, self.durability)?;
        if version < self.known() {
            if version > 0 {
                copy_before_migration(&conn, path, version)?;
            }
            self.migrate(&mut conn, path, version)?;
        }
        Ok(conn)
    }

    /// Opens the database for reading only. It must have exactly the known version.
    pub(crate) fn open_reading(&self, path: &Path) -> Result<Connection, OpenFault> {
        let conn = connection::open_for_reading(path)?;
        self.check(&conn, path)?;
        Ok(conn)
    }

    /// Refuses a connection to anything but this schema in the known version.
    pub(crate) fn check(&self, conn: &Connection, path: &Path) -> Result<(), OpenFault> {
        let (file, known) = (path.to_owned(), self.known());
        match self.look(conn, path)? {
            Found::Empty => Err(OpenFault::Missing {
                dir: path.parent().unwrap_or(path).to_owned(),
            }),
            Found::Foreign => Err(OpenFault::NotOurs { file }),
            Found::Ours { version } if version > known => Err(OpenFault::NewerDatabase {
                file,
                found: version,
                known,
            }),
            Found::Ours { version } if version < known => Err(OpenFault::OlderDatabase {
                file,
                found: version,
                known,
            }),
            Found::Ours { .. } => Ok(()),
        }
    }

    fn look(&self, conn: &Connection, path: &Path) -> Result<Found, OpenFault> {
        let number = |sql: &str| -> Result<i64, OpenFault> {
            conn.query_row(sql, [], |row| row.get(0))
                .map_err(|source| OpenFault::sqlite("read", path, source))
        };
        let application_id = number("PRAGMA application_id")?;
        if application_id == i64::from(self.application_id) {
            let version = u32::try_from(number("PRAGMA user_version")?).unwrap_or(u32::MAX);
            return Ok(Found::Ours { version });
        }
        let empty = application_id == 0 && number("SELECT count(*) FROM sqlite_schema")? == 0;
        Ok(if empty { Found::Empty } else { Found::Foreign })
    }

    /// All missing migrations, the version and the application's id, in one transaction; then out of the log, so
    /// that the file alone is a whole database.
    fn migrate(&self, conn: &mut Connection, path: &Path, from: u32) -> Result<(), OpenFault> {
        let failed = |source| OpenFault::sqlite("bring up to date", path, source);
        let tx = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        for sql in self.migrations.iter().skip(from as usize) {
            tx.execute_batch(sql).map_err(failed)?;
        }
        let missing = from + 1..=self.known();
        for (_, fill) in self.fills.iter().filter(|(of, _)| missing.contains(of)) {
            fill(&tx).map_err(|source| OpenFault::Failed {
                doing: "bring up to date",
                path: path.to_owned(),
                source: Box::new(source),
            })?;
        }
        if from == 0 && self.application_id == JOURNAL.application_id {
            let mut id = [0; 32];
            getrandom::fill(&mut id).map_err(|source| OpenFault::Failed {
                doing: "name",
                path: path.to_owned(),
                source: source.to_string().into(),
            })?;
            tx.execute(
                "INSERT INTO meta (name, value) VALUES ('database_id', ?1)",
                [id],
            )
            .map_err(failed)?;
        }
        tx.pragma_update(None, "application_id", self.application_id)
            .map_err(failed)?;
        tx.pragma_update(None, "user_version", self.known())
            .map_err(failed)?;
        tx.commit().map_err(failed)?;
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(failed)
    }
}

/// A copy beside the database, named after its version. An older copy of the same version is replaced: it was
/// made before a migration that did not happen.
fn copy_before_migration(conn: &Connection, path: &Path, version: u32) -> Result<(), OpenFault> {
    let copy = files::beside(path, &format!(".v{version}.backup"));
    let io = |source| OpenFault::io("make", &copy, source);
    if copy.exists() {
        std::fs::remove_file(&copy).map_err(io)?;
    }
    files::make_private(&copy).map_err(io)?;
    connection::copy_into(conn, &copy)
}
