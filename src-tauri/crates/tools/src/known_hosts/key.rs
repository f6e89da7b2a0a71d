//! A public key as it stands in known_hosts: algorithm and base64 of the SSH encoding (RFC 4253 6.6). Only compared and
//! named, never calculated with: that it is the host's is proved by the key exchange.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD_NO_PAD};
use sha2::{Digest, Sha256};
use std::fmt;

/// OpenSSH's decoder takes base64 with and without its padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A public key that is well formed. Two are equal when their encodings are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    algorithm: String,
    blob: Vec<u8>,
}

/// The fingerprint of a key (`alg base64`), as OpenSSH prints it: `SHA256:` and base64 without padding. Nothing when
/// it is not a key.
pub fn fingerprint(key: &str) -> Option<String> {
    Key::parse(key.as_bytes()).map(|key| key.fingerprint())
}

impl Key {
    /// Reads `alg base64`; what follows is a comment.
    pub(super) fn parse(text: &[u8]) -> Option<Key> {
        let mut words = text
            .split(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
            .filter(|word| !word.is_empty());
        let (word, base64) = (words.next()?, words.next()?);
        let blob = LENIENT.decode(base64).ok()?;
        let fields = fields(&blob)?;
        let (name, rest) = fields.split_first()?;
        let algorithm = std::str::from_utf8(name).ok()?;
        // An RSA key may stand under the name of one of its signature algorithms (RFC 8332).
        let is_named_so = *name == word
            || (*name == b"ssh-rsa" && matches!(word, b"rsa-sha2-256" | b"rsa-sha2-512"));
        (is_named_so && is_whole(algorithm, rest)).then(|| Key {
            algorithm: algorithm.to_owned(),
            blob: blob.clone(),
        })
    }

    /// Its algorithm, as in the encoding: `ssh-ed25519`, `ssh-rsa`, …
    pub(super) fn algorithm(&self) -> &str {
        &self.algorithm
    }

    pub(super) fn fingerprint(&self) -> String {
        let digest = Sha256::digest(&self.blob);
        format!("SHA256:{}", STANDARD_NO_PAD.encode(digest))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base64 = base64::engine::general_purpose::STANDARD.encode(&self.blob);
        write!(f, "{} {base64}", self.algorithm)
    }
}

/// The strings of an SSH encoding, each after its length; nothing when they do not come out even.
fn fields(mut blob: &[u8]) -> Option<Vec<&[u8]>> {
    let mut fields = Vec::new();
    while let Some((length, rest)) = blob.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (field, rest) = rest.split_at_checked(length)?;
        fields.push(field);
        blob = rest;
    }
    blob.is_empty().then_some(fields)
}

/// Has the key the fields that its algorithm asks for? A line with an algorithm that OpenSSH does not know is ignored
/// there, and so is one here.
fn is_whole(algorithm: &str, fields: &[&[u8]]) -> bool {
    match (algorithm, fields) {
        ("ssh-ed25519", [point]) => point.len() == 32,
        ("ssh-rsa", [exponent, modulus]) => !exponent.is_empty() && !modulus.is_empty(),
        ("ssh-dss", [_, _, _, _]) => true,
        ("sk-ssh-ed25519@openssh.com", [point, _]) => point.len() == 32,
        ("sk-ecdsa-sha2-nistp256@openssh.com", [curve, point, _]) => {
            *curve == b"nistp256" && point.len() == 65
        }
        (_, [curve, point]) => {
            let length = match *curve {
                b"nistp256" => 65,
                b"nistp384" => 97,
                b"nistp521" => 133,
                _ => return false,
            };
            algorithm.as_bytes().strip_prefix(b"ecdsa-sha2-") == Some(curve)
                && point.len() == length
        }
        _ => false,
    }
}
