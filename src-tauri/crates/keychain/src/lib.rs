//! Secrets by reference: in the keychain of the operating system (Secret Service, Keychain Services, Credential
//! Manager), or in memory for as long as the program runs. The only crate that knows the keychain. Reads a value for
//! whoever asks in this process; who may ask, and that no value leaves it, is the engine's to hold.

mod os;
mod reference;
mod system;

pub use reference::{PREFIX, name_of};

use os::Os;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tools::{BoxFuture, Secret, SecretFault, SecretStore, Secrets};

/// Where a secret lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// In the keychain of the operating system.
    Os,
    /// In the memory of this program.
    Session,
}

/// Secrets that are kept in memory, and behind them the keychain of the operating system.
pub struct Keychain {
    session: Mutex<BTreeMap<String, Secret>>,
    os: Option<Os>,
}

impl Keychain {
    /// What is kept for this session, then the keychain of the operating system. Nothing is asked yet: a keychain
    /// that is started later is found.
    pub fn os() -> Keychain {
        Keychain {
            session: Mutex::default(),
            os: Some(Os::new()),
        }
    }

    /// Only what is kept for this session, for a computer where no keychain is, or none may be asked.
    pub fn session_only() -> Keychain {
        Keychain {
            session: Mutex::default(),
            os: None,
        }
    }

    /// Is there a keychain of the operating system behind it?
    pub fn asks_the_os(&self) -> bool {
        self.os.is_some()
    }

    /// Keeps a value in memory until this program ends.
    ///
    /// # Errors
    /// The text is no reference.
    pub fn write_for_session(&self, reference: &str, value: Secret) -> Result<(), SecretFault> {
        let name = name_of(reference)?.to_owned();
        self.kept().insert(name, value);
        Ok(())
    }

    /// Where a secret lies, without giving its value.
    ///
    /// # Errors
    /// It is nowhere, or the keychain could not be asked.
    pub async fn find(&self, reference: &str) -> Result<Source, SecretFault> {
        self.look(reference).await.map(|(source, _)| source)
    }

    async fn look(&self, reference: &str) -> Result<(Source, Secret), SecretFault> {
        let name = name_of(reference)?;
        let kept = self
            .kept()
            .get(name)
            .map(|secret| Secret::new(secret.expose().to_vec()));
        if let Some(secret) = kept {
            return Ok((Source::Session, secret));
        }
        let Some(os) = &self.os else {
            return Err(SecretFault::NotFound(reference.to_owned()));
        };
        os.read(name).await.map(|secret| (Source::Os, secret))
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Secret>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Secrets for Keychain {
    fn read<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<Secret, SecretFault>> {
        Box::pin(async move { self.look(reference).await.map(|(_, secret)| secret) })
    }
}

impl SecretStore for Keychain {
    /// Into the keychain of the operating system; without one, for this session.
    fn write<'a>(
        &'a self,
        reference: &'a str,
        value: Secret,
    ) -> BoxFuture<'a, Result<(), SecretFault>> {
        Box::pin(async move {
            let name = name_of(reference)?;
            let Some(os) = &self.os else {
                return self.write_for_session(reference, value);
            };
            os.write(name, value).await?;
            // What was kept in memory would stand before the new value.
            self.kept().remove(name);
            Ok(())
        })
    }

    /// Out of memory and out of the keychain.
    fn delete<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), SecretFault>> {
        Box::pin(async move {
            let name = name_of(reference)?;
            let was_kept = self.kept().remove(name).is_some();
            let deleted = match &self.os {
                Some(os) => os.delete(name).await,
                None => Err(SecretFault::NotFound(reference.to_owned())),
            };
            match deleted {
                Err(SecretFault::NotFound(_) | SecretFault::NoKeychain(_)) if was_kept => Ok(()),
                deleted => deleted,
            }
        })
    }
}

impl fmt::Debug for Keychain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keychain")
            .field("asks_the_os", &self.asks_the_os())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_session_keeps_replaces_and_forgets() {
        let keychain = Keychain::session_only();
        let reference = "keychain:ssh/web-01";
        assert_eq!(
            keychain.read(reference).await.unwrap_err(),
            SecretFault::NotFound(reference.to_owned())
        );
        for value in ["first", "second"] {
            let secret = Secret::new(value.as_bytes().to_vec());
            keychain.write(reference, secret).await.unwrap();
            let read = keychain.read(reference).await.unwrap();
            assert_eq!(read.expose(), value.as_bytes());
        }
        assert_eq!(keychain.find(reference).await, Ok(Source::Session));
        keychain.delete(reference).await.unwrap();
        assert_eq!(
            keychain.delete(reference).await,
            Err(SecretFault::NotFound(reference.to_owned()))
        );
    }

    #[tokio::test]
    async fn what_is_no_reference_is_refused_everywhere() {
        let keychain = Keychain::session_only();
        for text in ["", "ssh/web-01", "keychain:", "keychain:a\nb", "KEYCHAIN:a"] {
            let refused = SecretFault::BadReference(format!("{text:?}"));
            assert_eq!(keychain.read(text).await.unwrap_err(), refused, "{text}");
            assert_eq!(keychain.delete(text).await.unwrap_err(), refused, "{text}");
            let value = Secret::new(b"value".to_vec());
            assert_eq!(keychain.write(text, value).await.unwrap_err(), refused);
        }
    }

    #[tokio::test]
    async fn nothing_prints_a_value() {
        let keychain = Keychain::session_only();
        let value = Secret::new(b"hunter2".to_vec());
        let shown = format!("{value:?}");
        keychain.write_for_session("keychain:a", value).unwrap();
        assert!(!format!("{shown}{keychain:?}").contains("hunter2"));
    }
}
