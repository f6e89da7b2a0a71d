//! A walk along the chain: record after record, with the signatures beside them, from a database or from an export.
//! Finds the first record that is not what was written. Reads nothing by itself.

use crate::{
    Audit, Verdict,
    chain::{self, Hash, Row},
    signing::{self, EVERY, SignedHead},
};
use ed25519_dalek::{Signature, VerifyingKey};
use std::{collections::BTreeMap, thread};
use workflow::Digest;

/// A signature as it lies in its row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignatureRow {
    pub(crate) seq: i64,
    pub(crate) hash: Hash,
    pub(crate) public_key: [u8; 32],
    pub(crate) signature: [u8; 64],
}

/// The first bad record, and what is wrong with it, one sentence.
pub(crate) struct Bad {
    pub(crate) seq: i64,
    pub(crate) why: String,
}

/// Where the walk stands.
pub(crate) struct Walk {
    database_id: Hash,
    first: i64,
    head: Hash,
    /// The last record that was walked over.
    last: i64,
    /// In the order of their records, those ahead of the walk.
    ahead: std::iter::Peekable<std::vec::IntoIter<SignatureRow>>,
    /// Those on records that are intact: their content is checked at the end, all at once.
    met: Vec<SignatureRow>,
    known: Option<SignedHead>,
    /// Somebody decided since the last signature.
    decided: bool,
}

impl Walk {
    /// Begins after record `after` with the hash `head`: 0 and the database's id for a whole journal. `signatures` in
    /// the order of their records; `known` is the last signed head that somebody else remembers.
    pub(crate) fn new(
        database_id: Hash,
        after: i64,
        head: Hash,
        signatures: Vec<SignatureRow>,
        known: Option<SignedHead>,
    ) -> Walk {
        Walk {
            database_id,
            first: after,
            head,
            last: after,
            ahead: signatures.into_iter().peekable(),
            met: Vec::new(),
            known,
            decided: false,
        }
    }

    /// The place that comes next.
    pub(crate) fn expected(&self) -> i64 {
        self.last + 1
    }

    /// Walks over a record with the hash that is stored for it.
    pub(crate) fn step(&mut self, row: &Row<'_>, stored: &[u8]) -> Result<(), Bad> {
        let seq = self.expected();
        let bad = |why: &str| Bad {
            seq,
            why: why.to_owned(),
        };
        if row.seq != seq {
            return Err(bad(&format!(
                "it is missing: record {} stands in its place",
                row.seq
            )));
        }
        let hash = chain::hash(&self.head, row);
        if stored != hash {
            return Err(bad(
                "its hash does not follow from its content and the record before it",
            ));
        }
        if let Some(known) = self.known
            && known.seq == seq.unsigned_abs()
            && known.hash != Digest::from_bytes(hash)
        {
            return Err(bad(
                "the keychain remembers another one at this place: it, or one before it, was written anew",
            ));
        }
        self.decided |= std::str::from_utf8(row.kind).is_ok_and(signing::decides);
        while let Some(signature) = self.ahead.next_if(|next| next.seq <= seq) {
            if signature.seq < seq {
                return Err(Bad {
                    seq: self.first.max(signature.seq),
                    why: "a signature is of a record that is not there".to_owned(),
                });
            }
            if signature.hash != hash {
                return Err(bad(
                    "it is not the one that was signed: it, or one after the last signature before it, was written anew",
                ));
            }
            self.met.push(signature);
            self.decided = false;
        }
        (self.head, self.last) = (hash, seq);
        Ok(())
    }

    /// The end: no record is left, or `bad` stopped the walk. `current`: the head that is known must have been met.
    pub(crate) fn finish(mut self, bad: Option<Bad>, current: bool) -> Audit {
        let next = self.expected();
        let bad = bad.or_else(|| {
            let missing = |why: String| Bad { seq: next, why };
            let signed = self.ahead.next().map(|signature| {
                missing(format!(
                    "it is missing: record {} was signed",
                    signature.seq
                ))
            });
            signed.or_else(|| {
                let known = self.known.filter(|known| current && known.seq >= next.unsigned_abs())?;
                Some(missing(format!(
                    "it is missing: the keychain remembers record {} as signed, so the end was cut off, or an older \
                     copy was put in place of the journal",
                    known.seq
                )))
            })
        });
        // A bad signature lies before whatever stopped the walk.
        let bad = first_bad_signature(&self.database_id, &self.met).or(bad);
        let mut keys: Vec<[u8; 32]> = Vec::new();
        for signature in &self.met {
            if !keys.contains(&signature.public_key) {
                keys.push(signature.public_key);
            }
        }
        let upto = self.met.last().map(|signature| SignedHead {
            seq: signature.seq.unsigned_abs(),
            hash: Digest::from_bytes(signature.hash),
        });
        let tail = self.last
            - self
                .met
                .last()
                .map_or(self.first, |signature| signature.seq);
        let head = Digest::from_bytes(self.head);
        Audit {
            database_id: Digest::from_bytes(self.database_id),
            first: self.first.unsigned_abs() + 1,
            signed: upto,
            newest_key: self.met.last().map(|signature| signature.public_key),
            keys,
            overdue: self.decided || tail >= EVERY,
            verdict: match bad {
                Some(Bad { seq, why }) => Verdict::Broken {
                    seq: seq.unsigned_abs(),
                    head,
                    why,
                },
                None => Verdict::Intact {
                    records: (self.last - self.first).unsigned_abs(),
                    head,
                },
            },
        }
    }
}

/// Checks all signatures, on all processors: a signature takes as long as many records.
fn first_bad_signature(database_id: &Hash, signatures: &[SignatureRow]) -> Option<Bad> {
    let threads = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(8);
    let share = signatures.len().div_ceil(threads).max(64);
    let seq = thread::scope(|scope| {
        let shares: Vec<_> = signatures
            .chunks(share)
            .map(|chunk| scope.spawn(|| first_bad(database_id, chunk)))
            .collect();
        // A panic of a share counts as bad: nothing may look checked that was not.
        shares
            .into_iter()
            .zip(signatures.chunks(share))
            .find_map(|(found, chunk)| {
                found
                    .join()
                    .unwrap_or_else(|_| chunk.first().map(|signature| signature.seq))
            })
    })?;
    Some(Bad {
        seq,
        why: "its signature is not one of the public key beside it".to_owned(),
    })
}

fn first_bad(database_id: &Hash, signatures: &[SignatureRow]) -> Option<i64> {
    let mut keys: BTreeMap<[u8; 32], Option<VerifyingKey>> = BTreeMap::new();
    let bad = signatures.iter().find(|row| {
        let key = keys
            .entry(row.public_key)
            .or_insert_with(|| VerifyingKey::from_bytes(&row.public_key).ok());
        let message = signing::message(database_id, row.seq, &row.hash);
        let signature = Signature::from_bytes(&row.signature);
        !key.as_ref()
            .is_some_and(|key| key.verify_strict(&message, &signature).is_ok())
    });
    bad.map(|row| row.seq)
}
