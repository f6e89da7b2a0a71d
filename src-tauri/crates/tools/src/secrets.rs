//! The trait of a source of secrets (semantics.md 7). Only references pass through expressions, digests and the
//! journal; a value is read inside the tool that declares the field secret. The OS keychain implements it elsewhere.

use crate::BoxFuture;
use std::fmt;

/// A source of secrets.
pub trait Secrets: Send + Sync {
    /// The value behind a reference such as `keychain:ssh/default`.
    fn read<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<Secret, SecretFault>>;
}

/// A secret value; never shown, never serialised.
pub struct Secret(Vec<u8>);

/// Why there is no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretFault {
    /// Nothing is stored under this reference.
    #[error("there is no secret {0}")]
    NotFound(String),
    /// The keychain is locked.
    #[error("the keychain is locked")]
    Locked,
    /// The keychain does not answer.
    #[error("the keychain does not answer: {0}")]
    Unavailable(String),
}

/// A source that has no secrets, for a program without a keychain.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSecrets;

impl Secrets for NoSecrets {
    fn read<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<Secret, SecretFault>> {
        Box::pin(async move { Err(SecretFault::NotFound(reference.to_owned())) })
    }
}

impl Secret {
    /// Takes a value in.
    pub fn new(value: Vec<u8>) -> Secret {
        Secret(value)
    }

    /// The value, for the one place that spends it.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}
