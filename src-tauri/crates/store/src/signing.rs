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
}

/// What is signed: the database and its head.
pub(crate) fn message(database_id: &Hash, seq: i64, hash: &Hash) -> Vec<u8> {
    [
        &DOMAIN[..],
        &database_id[..],
        &seq.to_be_bytes()[..],
        &hash[..],
    ]
    .concat()
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
    pub(crate) fn sign(&self, conn: &Connection, head: &Head) -> rusqlite::Result<Option<Head>> {
        let message = message(&self.database_id, head.seq, &head.hash);
        let inserted = conn
            .prepare_cached(
                "INSERT INTO signatures (seq, hash, public_key, signature, at_us)
                 SELECT seq, ?2, ?3, ?4, at_us FROM journal WHERE seq = ?1",
            )?
            .execute(params![
                head.seq,
                head.hash,
                self.signer.public_key(),
                self.signer.sign(&message)
            ]);
        match inserted {
            Ok(_) => Ok(Some(*head)),
            // Somebody put rows of their own there. The audit names them; the records must not wait for it.
            Err(error) if code_of(&error) == Some(ErrorCode::ConstraintViolation) => {
                tracing::warn!(%error, seq = head.seq, "a head of the journal could not be signed");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The transaction with the signature is durable.
    pub(crate) fn committed(&mut self, head: &Head) {
        self.last = head.seq;
        self.signer.signed(SignedHead {
            seq: head.seq.unsigned_abs(),
            hash: Digest::from_bytes(head.hash),
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
        let signing = Signing {
            signer,
            database_id: ledger::genesis(conn).map_err(&failed)?,
            last: last_signed(conn)
                .map_err(&failed)?
                .map_or(0, |head| crate::records::as_i64(head.seq)),
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

    /// The last head that was signed.
    pub fn last_signed(&self) -> Result<Option<SignedHead>, ReadFault> {
        self.journal
            .with(|conn| last_signed(conn).map_err(ReadFault::sqlite("the signatures")))
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

fn last_signed(conn: &Connection) -> rusqlite::Result<Option<SignedHead>> {
    conn.query_row(
        "SELECT seq, hash FROM signatures ORDER BY seq DESC LIMIT 1",
        [],
        |row| {
            Ok(SignedHead {
                seq: row.get::<_, i64>(0)?.unsigned_abs(),
                hash: Digest::from_bytes(row.get(1)?),
            })
        },
    )
    .optional()
}
