//! Secrets in the contract: a value goes in and never comes out. What is told is where it lies, or why it cannot be read.

use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroize as _;

/// The value of a secret on its way in; never shown, overwritten when it is dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretText(String);

impl SecretText {
    /// Takes a value in.
    pub fn new(value: String) -> SecretText {
        SecretText(value)
    }

    /// The value, for the one place that keeps it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(hidden)")
    }
}

impl Drop for SecretText {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Where a secret lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretPlace {
    /// In the keychain of the operating system.
    Os,
    /// In the memory of the program that owns the data folder, until it ends.
    Session,
}

/// How things stand with a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretState {
    /// `keychain:NAME`.
    pub reference: String,
    /// It is there and can be read.
    pub present: bool,
    /// Where; when it is there.
    pub source: Option<SecretPlace>,
    /// Why the keychain could not be asked, and what to do.
    pub trouble: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::SecretText;

    #[test]
    fn a_value_is_not_shown() {
        let call = crate::SetSecret {
            reference: "keychain:a".to_owned(),
            value: SecretText::new("hunter2".to_owned()),
            session: false,
        };
        assert!(!format!("{call:?}").contains("hunter2"));
    }
}
