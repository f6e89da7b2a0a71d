//! The lines of a known_hosts file, as bytes: such a file may hold anything, and a line that OpenSSH would ignore is
//! ignored. Lines have no greatest length.

use super::key::Key;
use super::pattern;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// A line that names hosts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: usize,
    pub(super) marker: Marker,
    hosts: &'a [u8],
    key: &'a [u8],
}

/// The word at the beginning of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    None,
    Revoked,
    Authority,
}

/// The lines that name hosts, in their order.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = Line<'_>> {
    bytes
        .split(|byte| *byte == b'\n')
        .enumerate()
        .filter_map(|(index, line)| parse(index + 1, line))
}

fn parse(number: usize, line: &[u8]) -> Option<Line<'_>> {
    let line = line.trim_ascii();
    if line.is_empty() || line.starts_with(b"#") {
        return None;
    }
    let (marker, line) = if line.starts_with(b"@") {
        let (word, rest) = word(line)?;
        match word {
            b"@revoked" => (Marker::Revoked, rest),
            b"@cert-authority" => (Marker::Authority, rest),
            _ => return None,
        }
    } else {
        (Marker::None, line)
    };
    let (hosts, key) = word(line)?;
    Some(Line {
        number,
        marker,
        hosts,
        key,
    })
}

/// The first word and what follows it.
fn word(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = line.iter().position(|byte| matches!(byte, b' ' | b'\t'))?;
    let (word, rest) = line.split_at(end);
    Some((word, rest.trim_ascii_start()))
}

impl Line<'_> {
    /// Its key, when it is one.
    pub(super) fn key(&self) -> Option<Key> {
        Key::parse(self.key)
    }

    /// Does it speak of this host (small letters, with its port)?
    pub(super) fn covers(&self, host: &str) -> bool {
        match self.hosts.strip_prefix(b"|") {
            Some(hashed) => is_hash_of(hashed, host),
            None => pattern::list_matches(self.hosts, host.as_bytes()),
        }
    }
}

/// Is this (`1|salt|hash`, both base64) the hash of the host? HMAC-SHA1 of the name under the salt, which has as many
/// bytes as the hash (`host_hash` in hostfile.c).
fn is_hash_of(hashed: &[u8], host: &str) -> bool {
    let mut parts = hashed.split(|byte| *byte == b'|');
    let (Some(b"1"), Some(salt), Some(hash), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let Ok(salt) = STANDARD.decode(salt) else {
        return false;
    };
    let (20, Ok(mut mac)) = (salt.len(), Hmac::<Sha1>::new_from_slice(&salt)) else {
        return false;
    };
    mac.update(host.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes()).as_bytes() == hash
}
