//! Connections with the settings that durability depends on, each read back. Not the schema, not the queries.

use crate::{OpenFault, files};
use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
    config::DbConfig,
    types::ValueRef,
};
use std::path::Path;

/// How much a commit waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// A committed transaction survives a power cut.
    Full,
    /// It survives the end of the process; a power cut may take the last ones.
    Normal,
}

/// WAL versions before this one can corrupt a database (a reset of the log beside a checkpoint).
const OLDEST_SQLITE: i32 = 3_051_003;

pub(crate) fn assert_sqlite() -> Result<(), OpenFault> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(OpenFault::SqliteTooOld {
            found: rusqlite::version().to_owned(),
        });
    }
    Ok(())
}

/// The one connection that writes and checkpoints. The file must exist; nothing is set yet, so that a file of
/// another program stays as it is: call [`settle`] once it is known to be ours.
pub(crate) fn open_for_writing(path: &Path) -> Result<Connection, OpenFault> {
    refuse_scrap(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = |source| OpenFault::sqlite("open", path, source);
    let conn = Connection::open_with_flags(path, flags).map_err(failed)?;
    conn.busy_timeout(std::time::Duration::from_millis(5000))
        .map_err(failed)?;
    // SQLite opens a write-protected file all the same, to fail later.
    if conn.is_readonly("main").map_err(failed)? {
        let source = "the file is write-protected".into();
        return Err(OpenFault::ReadOnly {
            doing: "write",
            path: path.to_owned(),
            source,
        });
    }
    Ok(conn)
}

/// Sets what a writer needs, and reads each setting back.
pub(crate) fn settle(
    conn: &Connection,
    path: &Path,
    durability: Durability,
) -> Result<(), OpenFault> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)
        .map_err(|source| OpenFault::sqlite("set up", path, source))?;
    let synchronous = match durability {
        Durability::Full => "2",
        Durability::Normal => "1",
    };
    let mut wanted = vec![
        ("journal_mode", "wal"),
        ("synchronous", synchronous),
        ("foreign_keys", "1"),
        ("trusted_schema", "0"),
        ("recursive_triggers", "1"),
        ("cell_size_check", "1"),
        ("busy_timeout", "5000"),
        ("wal_autocheckpoint", "1000"),
        ("journal_size_limit", "67108864"),
    ];
    if cfg!(target_os = "macos") {
        wanted.extend([("fullfsync", "1"), ("checkpoint_fullfsync", "1")]);
    }
    set_and_check(conn, path, &wanted)
}

/// A connection that cannot write: opened read-only, `query_only`, and it never checkpoints, not even as the
/// last one to close. Works beside an owner, after a crash, and (without a log to read) in a read-only folder.
pub(crate) fn open_for_reading(path: &Path) -> Result<Connection, OpenFault> {
    match open_reading(path, false) {
        Err(OpenFault::Failed { .. } | OpenFault::ReadOnly { .. }) if !has_log(path) => {
            open_reading(path, true)
        }
        other => other,
    }
}

/// A connection to a file that nobody has open, without making any file beside it.
pub(crate) fn open_immutable(path: &Path) -> Result<Connection, OpenFault> {
    open_reading(path, true)
}

/// Is there a write-ahead log with something in it? While any process has the database open, there is a file.
pub(crate) fn has_log(path: &Path) -> bool {
    files::beside(path, "-wal")
        .metadata()
        .is_ok_and(|log| log.len() > 0)
}

/// Copies a whole database, as of one moment, into an empty file that exists (SQLite's online backup). The copy
/// is durable when this returns. Neither readers nor the writer wait.
pub(crate) fn copy_into(conn: &Connection, target: &Path) -> Result<(), OpenFault> {
    let failed = |source| OpenFault::sqlite("copy the database to", target, source);
    let mut copy = open_for_writing(target)?;
    let step = Backup::new(conn, &mut copy)
        .and_then(|backup| backup.step(-1))
        .map_err(failed)?;
    if step == StepResult::Done {
        return Ok(());
    }
    Err(OpenFault::Failed {
        doing: "copy the database to",
        path: target.to_owned(),
        source: "it is locked".into(),
    })
}

/// SQLite takes a file that is smaller than its smallest page for an empty database, and would write over it.
fn refuse_scrap(path: &Path) -> Result<(), OpenFault> {
    match path.metadata() {
        Ok(found) if (1..512).contains(&found.len()) => Err(OpenFault::NotADatabase {
            file: path.to_owned(),
        }),
        // A file that is not there is SQLite's to report.
        Ok(_) | Err(_) => Ok(()),
    }
}

fn open_reading(path: &Path, immutable: bool) -> Result<Connection, OpenFault> {
    refuse_scrap(path)?;
    let failed = |source| OpenFault::sqlite("read", path, source);
    let mut flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = if immutable {
        flags |= OpenFlags::SQLITE_OPEN_URI;
        Connection::open_with_flags(immutable_uri(path), flags).map_err(failed)?
    } else {
        Connection::open_with_flags(path, flags).map_err(failed)?
    };
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .map_err(failed)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)
        .map_err(failed)?;
    let wanted = [
        ("query_only", "1"),
        ("trusted_schema", "0"),
        ("busy_timeout", "5000"),
        ("wal_autocheckpoint", "0"),
    ];
    set_and_check(&conn, path, &wanted)?;
    // Opening is lazy: the first read is what finds a file that is no database.
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
        .map_err(failed)?;
    Ok(conn)
}

fn set_and_check(
    conn: &Connection,
    path: &Path,
    wanted: &[(&'static str, &str)],
) -> Result<(), OpenFault> {
    let failed = |source| OpenFault::sqlite("set up", path, source);
    for (name, value) in wanted {
        conn.pragma_update(None, name, value).map_err(failed)?;
        let mut found = String::new();
        conn.pragma_query(None, name, |row| {
            found = match row.get_ref(0)? {
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                other @ (ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_)) => {
                    format!("{other:?}")
                }
            };
            Ok(())
        })
        .map_err(failed)?;
        if found != *value {
            return Err(OpenFault::Setting {
                file: path.to_owned(),
                name,
                wanted: (*value).to_owned(),
                found,
            });
        }
    }
    Ok(())
}

/// <https://www.sqlite.org/uri.html>: `?`, `#` and `%` have a meaning in a path.
fn immutable_uri(path: &Path) -> String {
    let text = path.to_string_lossy();
    let mut uri = String::from("file:");
    for character in text.chars() {
        match character {
            '%' => uri.push_str("%25"),
            '?' => uri.push_str("%3f"),
            '#' => uri.push_str("%23"),
            '\\' if cfg!(windows) => uri.push('/'),
            other => uri.push(other),
        }
    }
    uri + "?immutable=1"
}
