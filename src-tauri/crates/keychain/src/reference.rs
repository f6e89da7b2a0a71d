//! References to secrets: `keychain:<name>`. A name is a path in words, such as `ssh/web-01`; it is not secret.

use tools::SecretFault;

/// How a reference begins.
pub const PREFIX: &str = "keychain:";
/// The longest name, in bytes. Keychains take more; a person does not read more.
const NAME_BYTES: usize = 512;

/// The name in a reference: the account under which the keychain has the secret.
///
/// # Errors
/// The text does not begin with `keychain:`, or what follows is empty, long, or has control characters.
pub fn name_of(reference: &str) -> Result<&str, SecretFault> {
    reference
        .strip_prefix(PREFIX)
        .filter(|name| {
            (1..=NAME_BYTES).contains(&name.len()) && !name.chars().any(char::is_control)
        })
        .ok_or_else(|| {
            let shown: String = reference.chars().take(80).collect();
            SecretFault::BadReference(format!("{shown:?}"))
        })
}
