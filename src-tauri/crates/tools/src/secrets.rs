//! The traits of a source of secrets (semantics.md 7). Only references pass through expressions, digests and the
//! journal; a value is read inside the tool that declares the field secret. The crate `keychain` implements them.

use crate::BoxFuture;
use std::fmt;
use zeroize::Zeroizing;

/// A source of secrets.
pub trait Secrets: Send + Sync {
    /// The value behind a reference such as `keychain:ssh/default`.
    fn read<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<Secret, SecretFault>>;
}

/// A source of secrets that also keeps them.
pub trait SecretStore: Secrets {
    /// Keeps a value under a reference, in place of the one before.
    fn write<'a>(
        &'a self,
        reference: &'a str,
        value: Secret,
    ) -> BoxFuture<'a, Result<(), SecretFault>>;

    /// Forgets the value under a reference.
    fn delete<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), SecretFault>>;
}

/// A secret value; never shown, never serialised, overwritten when it is dropped.
pub struct Secret(Zeroizing<Vec<u8>>);

/// Why there is no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretFault {
    /// Nothing is stored under this reference.
    #[error("there is no secret {0}")]
    NotFound(String),
    /// The keychain is locked.
    #[error("the keychain is locked")]
    Locked,
    /// A person closed the keychain's question.
    #[error("the keychain asked to be unlocked, and was refused")]
    Dismissed,
    /// This computer has no keychain, or nothing answers for it.
    #[error("no keychain is running here: {0}")]
    NoKeychain(String),
    /// The keychain does not answer.
    #[error("the keychain does not answer: {0}")]
    Unavailable(String),
    /// The text is no reference.
    #[error("{0} is not a reference to a secret")]
    BadReference(String),
}

impl SecretFault {
    /// What to do next, one sentence without a full stop.
    pub fn hint(&self) -> &'static str {
        match self {
            SecretFault::NotFound(_) => {
                "Store it: countersign secrets set REFERENCE (the value is asked for)"
            }
            SecretFault::Locked | SecretFault::Dismissed => {
                "Unlock the keychain (log in to the desktop, or answer its question), then try again; or keep the \
                 secret in memory only: countersign secrets set REFERENCE --session"
            }
            SecretFault::NoKeychain(_) => {
                "Install and start gnome-keyring (or another Secret Service), or keep the secret in memory only: \
                 countersign secrets set REFERENCE --session"
            }
            SecretFault::Unavailable(_) => {
                "Look whether the keychain waits for an answer or hangs, then try again; or keep the secret in memory \
                 only: countersign secrets set REFERENCE --session"
            }
            SecretFault::BadReference(_) => {
                "Write it as keychain:NAME, such as keychain:ssh/web-01"
            }
        }
    }
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
        Secret(Zeroizing::new(value))
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
