//! Signed heads of the chain: what is signed, when, and where the signatures lie. A signature is written in the
//! transaction of the records that it covers. Not the key: whoever opens the store brings a [`Signer`].

use crate::{
    OpenFault, ReadFault, Reader, Store, WriteFault,
    chain::Hash,
    connection,
    fault::code_of,
    ledger::{self, Head},
    schema,
};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};
use std::{fmt, path::Path, sync::Arc};
use workflow::Digest;

/// A head is signed at the latest after so many records.
pub(crate) const EVERY: i64 = 256;
/// What stands before every signed message, so that a signature means nothing elsewhere.
const DOMAIN: &[u8; 27] = b"countersign journal head 1\0";

/// A record of the chain that was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedHead {
    /// Its place in the whole journal.
    pub seq: u64,
    /// The chain's hash there.
    pub hash: Digest,
}

/// An Ed25519 key (RFC 8032) that signs heads of the journal. Called on the writer's thread: it must not wait.
pub trait Signer: Send + Sync + fmt::Debug {
    /// The key's public half.
    fn public_key(&self) -> [u8; 32];

    /// The signature of a message.
    fn sign(&self, message: &[u8]) -> [u8; 64];

    /// A signature is durable, together with the records that it covers.
    fn signed(&self, head: SignedHead);
}

/// The key in use, and how far it has signed.
#[derive(Debug)]
pub(crate) struct Signing {
    signer: Arc<dyn Signer>,
    database_id: Hash,
    last: i64,
    /// The digest of the last signature; zeros before the first.
    previous: Hash,
}

/// A signature as it lies in its row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignatureRow {
    pub(crate) seq: i64,
    pub(crate) hash: Hash,
    pub(crate) public_key: [u8; 32],
    pub(crate) previous: Hash,
    pub(crate) signature: [u8; 64],
}

impl SignatureRow {
    /// The row's own digest: what the next signature has as `previous`. So one good signature vouches for all before
    /// it, and an audit need not check each by itself.
    pub(crate) fn digest(&self) -> Hash {
        let mut sha = Sha256::new();
        sha.update(self.seq.to_be_bytes());
        sha.update(self.hash);
        sha.update(self.public_key);
        sha.update(self.previous);
        sha.update(self.signature);
        sha.finalize().into()
    }

    /// What is signed: the database, its head, and the signature before.
    pub(crate) fn message(&self, database_id: &Hash) -> Vec<u8> {
        [
            &DOMAIN[..],
            &database_id[..],
            &self.seq.to_be_bytes()[..],
            &self.hash[..],
            &self.previous[..],
        ]
        .concat()
    }

    /// From the columns seq, hash, public_key, previous and signature, beginning at `first`.
    pub(crate) fn read(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<SignatureRow> {
        Ok(SignatureRow {
            seq: row.get(first)?,
            hash: row.get(first + 1)?,
            public_key: row.get(first + 2)?,
            previous: row.get(first + 3)?,
            signature: row.get(first + 4)?,
        })
    }
}

/// Must the head be signed after a record of this kind? Decisions are what a journal is asked for first.
pub(crate) fn decides(kind: &str) -> bool {
    matches!(kind, "gate_decided" | "doubt_resolved")
}

impl Signing {
    /// Is it time to sign the head, after a group of records in which somebody decided or nobody did?
    pub(crate) fn is_due(&self, head: &Head, decided: bool) -> bool {
        head.seq > self.last && (decided || head.seq - self.last >= EVERY)
    }

    /// Signs the head, inside the transaction of its record. Gives what [`Signing::committed`] is to be told.
    pub(crate) fn sign(
        &self,
        conn: &Connection,
        head: &Head,
    ) -> rusqlite::Result<Option<SignatureRow>> {
        let mut row = SignatureRow {
            seq: head.seq,
            hash: head.hash,
            public_key: self.signer.public_key(),
            previous: self.previous,
            signature: [0; 64],
        };
        row.signature = self.signer.sign(&row.message(&self.database_id));
        let inserted = conn
            .prepare_cached(
                "INSERT INTO signatures (seq, hash, public_key, previous, signature, at_us)
                 SELECT seq, ?2, ?3, ?4, ?5, at_us FROM journal WHERE seq = ?1",
            )?
            .execute(params![
                row.seq,
                row.hash,
                row.public_key,
                row.previous,
                row.signature
            ]);
        match inserted {
            Ok(_) => Ok(Some(row)),
            // Somebody put rows of their own there. The audit names them; the records must not wait for it.
            Err(error) if code_of(&error) == Some(ErrorCode::ConstraintViolation) => {
                tracing::warn!(%error, seq = head.seq, "a head of the journal could not be signed");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The transaction with the signature is durable.
    pub(crate) fn committed(&mut self, row: &SignatureRow) {
        (self.last, self.previous) = (row.seq, row.digest());
        self.signer.signed(SignedHead {
            seq: row.seq.unsigned_abs(),
            hash: Digest::from_bytes(row.hash),
        });
    }
}

impl Store {
    /// Signs heads from now on, beginning with the present one where it is not signed yet; the last one is signed
    /// when the store is closed. The public key is kept beside the journal.
    pub fn sign_with(&self, signer: Arc<dyn Signer>) -> Result<(), WriteFault> {
        let doing = "sign the journal";
        self.writable(doing)?;
        let failed = WriteFault::sqlite(doing);
        let ledger = self.writer.ledger();
        let conn = &ledger.conn;
        conn.execute(
            "INSERT INTO meta (name, value) VALUES ('public_key', ?1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value IS NOT excluded.value",
            [signer.public_key()],
        )
        .map_err(&failed)?;
        let last = last_row(conn).map_err(&failed)?;
        let signing = Signing {
            signer,
            database_id: ledger::genesis(conn).map_err(&failed)?,
            last: last.map_or(0, |row| row.seq),
            previous: last.map_or([0; 32], |row| row.digest()),
        };
        self.writer
            .sign_from_now_on(&ledger, signing)
            .map_err(failed)
    }
}

impl Reader {
    /// The random id of the database: what the first hash follows, and the name of its key.
    pub fn database_id(&self) -> Result<Digest, ReadFault> {
        self.journal.with(id_of)
    }

    /// The chain's hash at a place of the journal; `None` where no record is.
    pub fn hash_at(&self, seq: u64) -> Result<Option<Digest>, ReadFault> {
        self.journal.with(|conn| {
            conn.query_row(
                "SELECT hash FROM journal WHERE seq = ?1",
                [crate::records::as_i64(seq)],
                |row| row.get(0).map(Digest::from_bytes),
            )
            .optional()
            .map_err(ReadFault::sqlite("the journal"))
        })
    }
}

/// The id of a database file wherever it lies.
pub fn database_id(path: &Path) -> Result<Digest, ReadFault> {
    if !path.is_file() {
        return Err(OpenFault::Missing {
            dir: path.to_owned(),
        }
        .into());
    }
    let conn = connection::open_immutable(path)?;
    schema::JOURNAL.check(&conn, path)?;
    id_of(&conn)
}

fn id_of(conn: &Connection) -> Result<Digest, ReadFault> {
    ledger::genesis(conn)
        .map(Digest::from_bytes)
        .map_err(ReadFault::sqlite("the id of the database"))
}

fn last_row(conn: &Connection) -> rusqlite::Result<Option<SignatureRow>> {
    conn.query_row(
        "SELECT seq, hash, public_key, previous, signature FROM signatures ORDER BY seq DESC LIMIT 1",
        [],
        |row| SignatureRow::read(row, 0),
    )
    .optional()
}
