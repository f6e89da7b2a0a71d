//! Values inside records: small ones stand in the record, big ones are blobs known by their digest
//! (semantics.md 17). Not the store of blobs: the engine loads and keeps the bodies.

use crate::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A JSON value in a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Datum {
    /// The value itself; at most [`Datum::INLINE_BYTES`] bytes once it stands in the journal.
    Inline(Json),
    /// A value whose body is a blob: the digest of its JSON text, its size, and the beginning of the text.
    Blob {
        /// SHA-256 of the body's bytes.
        sha256: Digest,
        /// Length of the body in bytes.
        size_bytes: u64,
        /// The first bytes of the body, cut at a character, at most [`Datum::EXCERPT_BYTES`].
        excerpt: String,
    },
}

/// The body of a big value: JSON text and its digest. Stored in the same transaction as the record that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// SHA-256 of `body`.
    pub sha256: Digest,
    /// The JSON text.
    pub body: Vec<u8>,
}

impl Datum {
    /// The largest JSON text that stands in a record itself, in bytes.
    pub const INLINE_BYTES: usize = 4096;
    /// The longest excerpt of a blob, in bytes.
    pub const EXCERPT_BYTES: usize = 512;

    /// JSON null.
    pub fn null() -> Datum {
        Datum::Inline(Json::Null)
    }

    /// The value, when it stands in the record itself.
    pub fn inline(&self) -> Option<&Json> {
        match self {
            Datum::Inline(value) => Some(value),
            Datum::Blob { .. } => None,
        }
    }

    /// The digest to ask the store for, when the body is elsewhere.
    pub fn blob(&self) -> Option<Digest> {
        match self {
            Datum::Inline(_) => None,
            Datum::Blob { sha256, .. } => Some(*sha256),
        }
    }

    /// Moves a value that is too big for a record into a blob; gives the blob to store.
    pub fn externalise(&mut self) -> Option<Blob> {
        let Datum::Inline(value) = self else {
            return None;
        };
        let body = value.to_string();
        if body.len() <= Datum::INLINE_BYTES {
            return None;
        }
        let sha256 = Digest::of(body.as_bytes());
        let mut end = Datum::EXCERPT_BYTES;
        while !body.is_char_boundary(end) {
            end -= 1;
        }
        *self = Datum::Blob {
            sha256,
            size_bytes: body.len() as u64,
            excerpt: body[..end].to_owned(),
        };
        Some(Blob {
            sha256,
            body: body.into_bytes(),
        })
    }
}

impl From<Json> for Datum {
    fn from(value: Json) -> Datum {
        Datum::Inline(value)
    }
}

/// A time that many milliseconds later, in microseconds since 1970 (UTC); the end of time, where it would be past it.
pub(crate) fn after_ms(at_us: i64, ms: u64) -> i64 {
    at_us.saturating_add(i64::try_from(ms.saturating_mul(1000)).unwrap_or(i64::MAX))
}
