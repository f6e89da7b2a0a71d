//! The keychain of each operating system behind the one interface of `keyring-core`, and its errors as ours. Blocking.
//! A connection is made for every question and dropped after it: a keychain that was started, unlocked or restarted
//! meanwhile is found as it is.

use keyring_core::{CredentialStore, Entry, Error};
use std::sync::Arc;
use tools::SecretFault;

/// The service under which the keychain has our secrets; the account is the secret's name.
const SERVICE: &str = "countersign";

/// Connects to the keychain.
///
/// # Errors
/// None is there, or it does not speak with us.
pub(crate) fn connect() -> Result<Arc<CredentialStore>, SecretFault> {
    #[cfg(all(
        unix,
        not(any(target_os = "macos", target_os = "ios", target_os = "android"))
    ))]
    let store = zbus_secret_service_keyring_store::Store::new();
    #[cfg(target_os = "macos")]
    let store = apple_native_keyring_store::keychain::Store::new();
    #[cfg(target_os = "windows")]
    let store = windows_native_keyring_store::Store::new();
    store
        .map(|store| store as Arc<CredentialStore>)
        .map_err(|error| {
            let fault = fault(error);
            if let SecretFault::Unavailable(why) = fault {
                return SecretFault::NoKeychain(why);
            }
            fault
        })
}

/// The entry of a secret, there or not.
pub(crate) fn entry(store: &Arc<CredentialStore>, name: &str) -> Result<Entry, SecretFault> {
    store.build(SERVICE, name, None).map_err(fault)
}

/// An error of the keychain; that there is no entry is the caller's to name.
pub(crate) fn fault(error: Error) -> SecretFault {
    match error {
        Error::NoStorageAccess(why) | Error::PlatformFailure(why) => of_the_platform(&*why),
        Error::Ambiguous(entries) => SecretFault::Unavailable(format!(
            "it has {} secrets of this name; remove all but one in its own window",
            entries.len()
        )),
        // Their values carry what was read: only what they are is said.
        Error::BadEncoding(_) | Error::BadDataFormat(_, _) => {
            SecretFault::Unavailable("what it has under this name cannot be read".to_owned())
        }
        other @ (Error::NoEntry
        | Error::BadStoreFormat(_)
        | Error::TooLong(_, _)
        | Error::Invalid(_, _)
        | Error::NoDefaultStore
        | Error::NotSupportedByStore(_)
        | _) => SecretFault::Unavailable(other.to_string()),
    }
}

#[cfg(all(
    unix,
    not(any(target_os = "macos", target_os = "ios", target_os = "android"))
))]
fn of_the_platform(error: &(dyn std::error::Error + Send + Sync + 'static)) -> SecretFault {
    use secret_service::Error as Service;
    match error.downcast_ref() {
        Some(Service::Locked) => SecretFault::Locked,
        Some(Service::Prompt) => SecretFault::Dismissed,
        Some(Service::NoResult) => SecretFault::Unavailable(
            "it has no default collection; make one in its own window (for example seahorse)"
                .to_owned(),
        ),
        Some(Service::Unavailable) => {
            SecretFault::NoKeychain("no Secret Service is on the session bus".to_owned())
        }
        Some(_) | None => SecretFault::Unavailable(error.to_string()),
    }
}

#[cfg(not(all(
    unix,
    not(any(target_os = "macos", target_os = "ios", target_os = "android"))
)))]
fn of_the_platform(error: &(dyn std::error::Error + Send + Sync + 'static)) -> SecretFault {
    SecretFault::Unavailable(error.to_string())
}
