//! Is this host key trusted? Our own reading of OpenSSH's known_hosts files (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"),
//! beside the keys that were trusted in this program. It fails closed: what cannot be read is never "not known". It
//! writes nothing and decides nothing for a person. Reading the files blocks.

mod key;
mod line;
pub(crate) mod pattern;
#[cfg(test)]
mod tests;

use key::Key;
use line::{Line, Marker};
use std::io::Read;
use std::path::{Path, PathBuf};

pub use key::fingerprint;

/// The word for the keys that were trusted in this program.
pub(crate) const OWN: &str = "Countersign";
/// The most that is read of one file. A fleet of 100,000 hosts with three keys each stays below it.
const FILE_BYTES: u64 = 64 * 1024 * 1024;

/// What is known of a host key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// It is trusted.
    Trusted {
        /// By whom: "Countersign", or file:line.
        by: String,
    },
    /// Nothing is known of this host: first contact.
    Unknown,
    /// The host is known by another key.
    Changed {
        /// The fingerprint of the key that it is known by.
        old: String,
        /// Where that stands: "Countersign", or file:line.
        place: String,
    },
    /// The key was revoked: never to be trusted.
    Revoked {
        /// Where that stands: file:line.
        place: String,
    },
    /// The host is known by a certificate authority alone. Host certificates are not supported, so the key itself is
    /// as good as unknown; a person must be told why.
    CaSigned {
        /// Where that stands: file:line.
        place: String,
    },
    /// A file could not be read, so nobody can say whether it revokes the key.
    StoreUnusable {
        /// The file.
        file: String,
        /// Why.
        why: String,
    },
}

/// Judges a host key (`alg base64`, as in known_hosts) by the keys that this program trusts for the host and port
/// (`own`) and by the files of OpenSSH. A file that does not exist says nothing. In this order:
///
/// 1. `@revoked` in any file wins over everything, own keys too.
/// 2. A file that cannot be read makes every other answer impossible.
/// 3. Own keys come before files: a key in `own` is trusted, and when `own` has another of the same algorithm, no file
///    can make up for it, for any program of this user can write such files (`StrictHostKeyChecking=accept-new`).
/// 4. A host may have several keys: one that matches is enough.
/// 5. A host that is known by other keys only is changed, also when they are of another algorithm. OpenSSH says the
///    same (`check_hostkeys_by_key_or_type` in hostfile.c): the known algorithms are asked for first (see
///    [`known_algorithms`]), so the host no longer has the key it is known by, and to call that a first contact
///    would be a way around the warning.
/// 6. A host at another port than 22 that is not known there is trusted with a key that it is known by without a
///    port, as in OpenSSH ("checking without port identifier").
pub(crate) fn judge(host: &str, port: u16, key: &str, own: &[String], files: &[PathBuf]) -> Trust {
    let names = Names::of(host, port);
    let key = Key::parse(key.as_bytes());
    let mut found = Found::default();
    let mut unusable = None;
    for file in files {
        match read(file) {
            Ok(bytes) => found.gather(&names, file, &bytes),
            Err(why) => {
                unusable.get_or_insert(Trust::StoreUnusable {
                    file: file.display().to_string(),
                    why,
                });
            }
        }
    }
    let is_it = |known: &&Known| Some(&known.key) == key.as_ref();
    let is_like_it = |known: &&Known| {
        key.as_ref()
            .is_some_and(|key| key.algorithm() == known.key.algorithm())
    };
    if let Some(revoked) = found.revoked.iter().find(is_it) {
        return Trust::Revoked {
            place: revoked.place.clone(),
        };
    }
    if let Some(unusable) = unusable {
        return unusable;
    }
    let own: Vec<Known> = own
        .iter()
        .filter_map(|text| Key::parse(text.as_bytes()))
        .map(|key| Known {
            key,
            place: OWN.to_owned(),
        })
        .collect();
    for known in [&own, &found.known] {
        if let Some(known) = known.iter().find(is_it) {
            return Trust::Trusted {
                by: known.place.clone(),
            };
        }
        if let Some(known) = known.iter().find(is_like_it) {
            return known.changed();
        }
    }
    if let Some(known) = own.first().or(found.known.first()) {
        return known.changed();
    }
    if let Some(known) = found.without_port.iter().find(is_it) {
        return Trust::Trusted {
            by: known.place.clone(),
        };
    }
    match found.authorities.first() {
        Some(place) => Trust::CaSigned {
            place: place.clone(),
        },
        None => Trust::Unknown,
    }
}

/// The algorithms of the keys that a host is known by, best known first, each once: to be asked for first, so that a
/// host with several keys shows one that can be judged. Files that cannot be read are left out; [`judge`] names them.
pub(crate) fn known_algorithms(
    host: &str,
    port: u16,
    own: &[String],
    files: &[PathBuf],
) -> Vec<String> {
    let names = Names::of(host, port);
    let mut found = Found::default();
    for file in files {
        if let Ok(bytes) = read(file) {
            found.gather(&names, file, &bytes);
        }
    }
    let own = own.iter().filter_map(|text| Key::parse(text.as_bytes()));
    let mut algorithms: Vec<String> = Vec::new();
    let of_port = own.chain(found.known.into_iter().map(|known| known.key));
    for key in of_port.chain(found.without_port.into_iter().map(|known| known.key)) {
        if !algorithms.iter().any(|known| known == key.algorithm()) {
            algorithms.push(key.algorithm().to_owned());
        }
    }
    algorithms
}

/// The keys (`alg base64`) by which the files know a host; [`judge`] each, for it may be revoked.
///
/// # Errors
/// The file that cannot be read, and why.
pub(crate) fn known_keys(
    host: &str,
    port: u16,
    files: &[PathBuf],
) -> Result<Vec<String>, (String, String)> {
    let names = Names::of(host, port);
    let mut found = Found::default();
    for file in files {
        let bytes = read(file).map_err(|why| (file.display().to_string(), why))?;
        found.gather(&names, file, &bytes);
    }
    let known = match found.known.is_empty() {
        true => found.without_port,
        false => found.known,
    };
    Ok(known.iter().map(|known| known.key.to_string()).collect())
}

/// The names that a host is looked up by.
struct Names {
    /// With its port when that is not 22, in small letters.
    full: String,
    /// Without the port, when the full one has it.
    without_port: Option<String>,
}

/// A key that stands somewhere.
struct Known {
    key: Key,
    place: String,
}

/// What the files say of one host.
#[derive(Default)]
struct Found {
    known: Vec<Known>,
    without_port: Vec<Known>,
    revoked: Vec<Known>,
    authorities: Vec<String>,
}

impl Names {
    fn of(host: &str, port: u16) -> Names {
        let host = host.to_ascii_lowercase();
        match port {
            22 => Names {
                full: host,
                without_port: None,
            },
            port => Names {
                full: format!("[{host}]:{port}"),
                without_port: Some(host),
            },
        }
    }
}

impl Known {
    fn changed(&self) -> Trust {
        Trust::Changed {
            old: self.key.fingerprint(),
            place: self.place.clone(),
        }
    }
}

impl Found {
    fn gather(&mut self, names: &Names, file: &Path, bytes: &[u8]) {
        for line in line::lines(bytes) {
            let with_port = line.covers(&names.full);
            let without_port = !with_port
                && names
                    .without_port
                    .as_ref()
                    .is_some_and(|name| line.covers(name));
            if with_port || without_port {
                self.take(line, file, with_port);
            }
        }
    }

    fn take(&mut self, line: Line<'_>, file: &Path, with_port: bool) {
        let place = format!("{}:{}", file.display(), line.number);
        let Some(key) = line.key() else {
            return;
        };
        match line.marker {
            Marker::None if with_port => self.known.push(Known { key, place }),
            Marker::None => self.without_port.push(Known { key, place }),
            // Also without a port: a revocation is rather taken too widely than not seen.
            Marker::Revoked => self.revoked.push(Known { key, place }),
            Marker::Authority => self.authorities.push(place),
        }
    }
}

/// The whole file; nothing when it does not exist. What is no file (a folder, a pipe that might block for ever) cannot
/// be read; the null device can, for that is how people say "no file".
fn read(file: &Path) -> Result<Vec<u8>, String> {
    let data = match std::fs::metadata(file) {
        Ok(data) => data,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.to_string()),
    };
    if file == Path::new("/dev/null") {
        return Ok(Vec::new());
    }
    if !data.is_file() {
        return Err("it is not a file".to_owned());
    }
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|open| open.take(FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > FILE_BYTES {
        return Err(format!("it is larger than {} MiB", FILE_BYTES >> 20));
    }
    Ok(bytes)
}
