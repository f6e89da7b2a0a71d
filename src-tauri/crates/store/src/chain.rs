//! The hash chain: `hash = SHA-256(previous || fields, each with its length before it)`, beginning at the random
//! id of the database. The lengths keep two different rows from having the same bytes. Not the signing of heads.

use sha2::{Digest as _, Sha256};

/// A hash of the chain.
pub(crate) type Hash = [u8; 32];

/// A row of the journal as it is hashed: raw columns, nothing parsed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) seq: i64,
    pub(crate) run_id: &'a [u8],
    pub(crate) run_seq: i64,
    pub(crate) at_us: i64,
    pub(crate) actor: &'a [u8],
    pub(crate) kind: &'a [u8],
    pub(crate) payload: &'a [u8],
}

/// The hash of a row after `previous`. Numbers are eight bytes, lengths too, big-endian.
pub(crate) fn hash(previous: &Hash, row: &Row<'_>) -> Hash {
    let mut sha = Sha256::new();
    sha.update(previous);
    let mut field = |bytes: &[u8]| {
        sha.update((bytes.len() as u64).to_be_bytes());
        sha.update(bytes);
    };
    field(&row.seq.to_be_bytes());
    field(row.run_id);
    field(&row.run_seq.to_be_bytes());
    field(&row.at_us.to_be_bytes());
    field(row.actor);
    field(row.kind);
    field(row.payload);
    sha.finalize().into()
}
