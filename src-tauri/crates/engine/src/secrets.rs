//! Secrets at the doors: kept, forgotten, looked for. Never read out: no call gives a value. The keychain itself is the
//! crate `keychain`.

use api::{Fault, SecretPlace, SecretState, SecretText};
use keychain::{Keychain, Source};
use tools::{Secret, SecretFault, SecretStore as _};

/// The longest value, in bytes: passwords and keys are far shorter.
const VALUE_BYTES: usize = 64 << 10;
/// Names under which the engine keeps what the journal is signed with: nobody else writes there.
const JOURNAL: [&str; 2] = ["journal/", "journal-head/"];

/// Where secrets come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecretSource {
    /// What was given for this session, then the keychain of the operating system.
    #[default]
    Os,
    /// Only what was given for this session; the keychain is never asked.
    SessionOnly,
}

impl SecretSource {
    /// `$COUNTERSIGN_KEYCHAIN`: `session` for [`SecretSource::SessionOnly`], everything else the default.
    pub fn from_environment() -> SecretSource {
        match std::env::var("COUNTERSIGN_KEYCHAIN") {
            Ok(word) if word == "session" => SecretSource::SessionOnly,
            Ok(_) | Err(_) => SecretSource::Os,
        }
    }

    pub(crate) fn open(self) -> Keychain {
        match self {
            SecretSource::Os => Keychain::os(),
            SecretSource::SessionOnly => Keychain::session_only(),
        }
    }
}

/// A secret's failure for a person.
pub(crate) fn fault(error: &SecretFault) -> Fault {
    let code = match error {
        SecretFault::NotFound(_) => "unknown_secret",
        SecretFault::Locked => "keychain_locked",
        SecretFault::Dismissed => "keychain_dismissed",
        SecretFault::NoKeychain(_) => "no_keychain",
        SecretFault::Unavailable(_) => "keychain_unavailable",
        SecretFault::BadReference(_) => "bad_reference",
    };
    Fault::new(code, capital(&error.to_string()), error.hint())
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// Can this be kept under this name?
pub(crate) fn check(reference: &str, value: &SecretText) -> Result<(), Fault> {
    refuse_the_journals(reference, &JOURNAL)?;
    let why = match value.expose().len() {
        0 => "The value is empty".to_owned(),
        1..=VALUE_BYTES => return Ok(()),
        _ => format!("The value is longer than {VALUE_BYTES} bytes"),
    };
    Err(Fault::new(
        "bad_secret",
        why,
        "Give the password, the passphrase or the key itself",
    ))
}

pub(crate) async fn set(
    keychain: &Keychain,
    reference: &str,
    value: &SecretText,
    session: bool,
) -> Result<SecretState, Fault> {
    check(reference, value)?;
    let secret = Secret::new(value.expose().as_bytes().to_vec());
    let in_memory = session || !keychain.asks_the_os();
    let kept = if in_memory {
        keychain.write_for_session(reference, secret)
    } else {
        keychain.write(reference, secret).await
    };
    kept.map_err(|error| fault(&error))?;
    let source = if in_memory {
        SecretPlace::Session
    } else {
        SecretPlace::Os
    };
    Ok(state(reference, Some(source), None))
}

pub(crate) async fn delete(keychain: &Keychain, reference: &str) -> Result<SecretState, Fault> {
    // The last signed place may be forgotten on purpose, after a backup was restored; the key may not.
    refuse_the_journals(reference, &JOURNAL[..1])?;
    keychain
        .delete(reference)
        .await
        .map_err(|error| fault(&error))?;
    Ok(state(reference, None, None))
}

pub(crate) async fn test(keychain: &Keychain, reference: &str) -> Result<SecretState, Fault> {
    match keychain.find(reference).await {
        Ok(Source::Os) => Ok(state(reference, Some(SecretPlace::Os), None)),
        Ok(Source::Session) => Ok(state(reference, Some(SecretPlace::Session), None)),
        Err(SecretFault::NotFound(_)) => Ok(state(reference, None, None)),
        Err(error @ SecretFault::BadReference(_)) => Err(fault(&error)),
        Err(
            error @ (SecretFault::Locked
            | SecretFault::Dismissed
            | SecretFault::NoKeychain(_)
            | SecretFault::Unavailable(_)),
        ) => Ok(state(reference, None, Some(fault(&error).to_string()))),
    }
}

fn refuse_the_journals(reference: &str, names: &[&str]) -> Result<(), Fault> {
    let name = keychain::name_of(reference).map_err(|error| fault(&error))?;
    if names.iter().any(|reserved| name.starts_with(reserved)) {
        return Err(Fault::new(
            "reserved_secret",
            format!("{reference} belongs to the journal's signature"),
            "Give the secret another name",
        ));
    }
    Ok(())
}

fn state(reference: &str, source: Option<SecretPlace>, trouble: Option<String>) -> SecretState {
    SecretState {
        reference: reference.to_owned(),
        present: source.is_some(),
        source,
        trouble,
    }
}
