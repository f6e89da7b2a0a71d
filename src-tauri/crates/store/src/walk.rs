//! A walk along the chain: record after record, with the signatures beside them, from a database or from an export.
//! Finds the first record that is not what was written. Reads nothing by itself.

use crate::{
    Audit, Verdict,
    chain::{self, Hash, Row},
    signing::{self, EVERY, SignatureRow, SignedHead},
};
use ed25519_dalek::{Signature, VerifyingKey};
use std::collections::BTreeMap;
use workflow::Digest;

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
        let bad = first_bad_signature(&self.database_id, &self.met, self.first == 0).or(bad);
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

/// Checks the signatures. Each has the digest of the one before it in what it signs, so the last one of each key vouches
/// for the others; only where something is wrong every one is checked, to name the first. An Ed25519 check takes as long
/// as many records.
fn first_bad_signature(
    database_id: &Hash,
    signatures: &[SignatureRow],
    from_the_beginning: bool,
) -> Option<Bad> {
    let mut last_of: BTreeMap<[u8; 32], &SignatureRow> = BTreeMap::new();
    let mut previous = from_the_beginning.then_some([0; 32]);
    let mut unlinked = None;
    for row in signatures {
        if previous.is_some_and(|previous| previous != row.previous) && unlinked.is_none() {
            unlinked = Some(row);
        }
        previous = Some(row.digest());
        last_of.insert(row.public_key, row);
    }
    let holds = unlinked.is_none() && last_of.into_values().all(|row| is_good(database_id, row));
    if holds {
        return None;
    }
    let forged = signatures.iter().find(|row| !is_good(database_id, row));
    match (forged, unlinked) {
        (Some(forged), unlinked) if unlinked.is_none_or(|row| forged.seq <= row.seq) => Some(Bad {
            seq: forged.seq,
            why: "its signature is not one of the public key beside it".to_owned(),
        }),
        (_, Some(row)) => Some(Bad {
            seq: row.seq,
            why: "a signature before its own was removed or changed".to_owned(),
        }),
        (_, None) => None,
    }
}

fn is_good(database_id: &Hash, row: &SignatureRow) -> bool {
    VerifyingKey::from_bytes(&row.public_key).is_ok_and(|key| {
        let signature = Signature::from_bytes(&row.signature);
        key.verify_strict(&row.message(database_id), &signature)
            .is_ok()
    })
}
