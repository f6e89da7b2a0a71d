//! Operators who prove themselves with a token: of the token only its SHA-256 is kept. Who may decide what is not
//! judged here, and tokens are made by the engine.

use crate::{ReadFault, Reader, Store, WriteFault};
use rusqlite::{OptionalExtension as _, Row, params};
use workflow::Digest;

/// A person who may decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Its number.
    pub id: u64,
    /// Its name, as records show it.
    pub name: String,
    /// What it may do.
    pub roles: Vec<String>,
    /// When it was added, in microseconds since 1970 (UTC).
    pub created_us: i64,
    /// When its token stopped being good.
    pub revoked_us: Option<i64>,
}

impl Store {
    /// Adds an operator. A token hash that is there already is refused.
    pub fn add_operator(
        &self,
        name: &str,
        roles: &[String],
        token_hash: &Digest,
        created_us: i64,
    ) -> Result<u64, WriteFault> {
        let doing = "add the operator";
        self.writable(doing)?;
        let sql =
            "INSERT INTO operators (name, roles, token_hash, created_us) VALUES (?1, ?2, ?3, ?4)";
        let ledger = self.writer.ledger();
        ledger
            .conn
            .execute(
                sql,
                params![name, encode(roles)?, token_hash.as_bytes(), created_us],
            )
            .map_err(WriteFault::sqlite(doing))?;
        Ok(ledger.conn.last_insert_rowid().unsigned_abs())
    }

    /// Makes an operator's token useless from now on. Revoking twice changes nothing.
    pub fn revoke_operator(&self, id: u64, revoked_us: i64) -> Result<(), WriteFault> {
        let doing = "revoke the operator";
        self.writable(doing)?;
        let sql = "UPDATE operators SET revoked_us = coalesce(revoked_us, ?2) WHERE id = ?1";
        let changed = self
            .writer
            .ledger()
            .conn
            .execute(sql, params![crate::records::as_i64(id), revoked_us])
            .map_err(WriteFault::sqlite(doing))?;
        if changed == 0 {
            Err(WriteFault::Unknown { doing })
        } else {
            Ok(())
        }
    }
}

impl Reader {
    /// All operators, the revoked ones too, in the order they were added.
    pub fn operators(&self) -> Result<Vec<Operator>, ReadFault> {
        let failed = ReadFault::sqlite("the operators");
        self.journal.with(|conn| {
            let sql = "SELECT id, name, roles, created_us, revoked_us FROM operators ORDER BY id";
            let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
            let operators = statement
                .query_map([], |row| Ok(operator_row(row)))
                .map_err(&failed)?;
            operators.map(|row| row.map_err(&failed)?).collect()
        })
    }

    /// The operator with this token, unless revoked.
    pub fn operator_by_token_hash(
        &self,
        token_hash: &Digest,
    ) -> Result<Option<Operator>, ReadFault> {
        let failed = ReadFault::sqlite("the operators");
        self.journal.with(|conn| {
            let sql = "SELECT id, name, roles, created_us, revoked_us FROM operators
                       WHERE token_hash = ?1 AND revoked_us IS NULL";
            let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
            let found = statement.query_row([token_hash.as_bytes()], |row| Ok(operator_row(row)));
            found.optional().map_err(&failed)?.transpose()
        })
    }
}

fn encode(roles: &[String]) -> Result<String, ReadFault> {
    serde_json::to_string(roles).map_err(|source| ReadFault::Decode {
        what: "the roles of an operator".to_owned(),
        source,
    })
}

fn operator_row(row: &Row<'_>) -> Result<Operator, ReadFault> {
    let failed = ReadFault::sqlite("an operator");
    let roles: String = row.get(2).map_err(&failed)?;
    let name: String = row.get(1).map_err(&failed)?;
    let roles = serde_json::from_str(&roles).map_err(|source| ReadFault::Decode {
        what: format!("the roles of operator {name}"),
        source,
    })?;
    Ok(Operator {
        id: row.get(0).map_err(&failed)?,
        name,
        roles,
        created_us: row.get(3).map_err(&failed)?,
        revoked_us: row.get(4).map_err(&failed)?,
    })
}
