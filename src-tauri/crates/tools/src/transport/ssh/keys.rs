//! Private keys from files: their modes, passphrases and certificates. A key that was opened is kept for a while, as
//! an ssh-agent does, because opening an encrypted one takes a tenth of a second on purpose (bcrypt). Which key is
//! tried is `login`.

use crate::fault::fault;
use crate::{Context, SecretFault};
use fleet::visible;
use russh::Signer;
use russh::keys::agent::AgentIdentity;
use russh::keys::ssh_encoding::Encode;
use russh::keys::ssh_key::{self, private::KeypairData};
use russh::keys::{Certificate, HashAlg, PrivateKey, PublicKey};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex as Turn;
use tokio::time::Instant;
use workflow::{ErrorClass, ToolError};

/// The most that is read of a key file.
const MOST_BYTES: u64 = 256 * 1024;

/// The keys that were opened.
#[derive(Debug, Default)]
pub(super) struct KeyRing {
    /// A place for each file, so that one that waits for its passphrase holds up no other.
    places: Mutex<HashMap<PathBuf, Place>>,
    /// Passphrases that the keychain is being asked for; a person may have to unlock it.
    asking: AtomicUsize,
}

/// One file's key, once it is open.
type Place = Arc<Turn<Option<Held>>>;

#[derive(Debug)]
struct Held {
    stamp: (SystemTime, u64),
    key: Arc<PrivateKey>,
    used: Instant,
}

/// A key file as it lies there.
pub(super) struct KeyFile {
    path: PathBuf,
    stamp: (SystemTime, u64),
    /// `None` when only the passphrase would tell (an encrypted PEM file).
    pub(super) public: Option<PublicKey>,
    text: String,
}

impl KeyFile {
    /// Reads a file; `None` when there is none.
    pub(super) async fn read(path: &Path) -> Result<Option<KeyFile>, ToolError> {
        let path = path.to_owned();
        crate::blocking(move || read(path)).await
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The certificate that lies beside the key, as ssh-keygen names it.
    pub(super) fn certificate_path(path: &Path) -> PathBuf {
        let mut name = path.as_os_str().to_owned();
        name.push("-cert.pub");
        PathBuf::from(name)
    }
}

fn read(path: PathBuf) -> Result<Option<KeyFile>, ToolError> {
    use std::io::Read;
    use std::os::unix::fs::MetadataExt;
    let shown = visible(&path.display().to_string(), 300);
    let unusable = |why: String| {
        fault(
            "key_file_unusable",
            format!("The key file {shown} cannot be used: {why}."),
            "Look at the file: it must be a private key that ssh itself can use.",
        )
        .not_started(ErrorClass::Auth)
    };
    let file = match std::fs::File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(error.to_string())),
    };
    let data = file
        .metadata()
        .map_err(|error| unusable(error.to_string()))?;
    // The same rule as OpenSSH (authfile.c): it asks only about one's own files.
    if data.mode() & 0o077 != 0 && data.uid() == rustix::process::getuid().as_raw() {
        return Err(fault(
            "key_file_mode",
            format!(
                "The key file {shown} may be read by others (mode {:04o}).",
                data.mode() & 0o7777
            ),
            format!("Run: chmod 600 {shown}"),
        )
        .not_started(ErrorClass::Auth));
    }
    let mut text = String::new();
    file.take(MOST_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| unusable(error.to_string()))?;
    let public = match PrivateKey::from_openssh(&text) {
        Ok(key) => Some(key.public_key().clone()),
        Err(_) => match russh::keys::decode_secret_key(&text, None) {
            Ok(key) => Some(key.public_key().clone()),
            Err(_) if text.contains("PRIVATE KEY-----") || text.starts_with("PuTTY-") => {
                beside(&path)
            }
            Err(error) => return Err(unusable(visible(&error.to_string(), 200))),
        },
    };
    Ok(Some(KeyFile {
        stamp: (
            data.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            data.len(),
        ),
        path,
        public,
        text,
    }))
}

/// The public key in the file beside a private one.
pub(super) fn beside(path: &Path) -> Option<PublicKey> {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    russh::keys::load_public_key(PathBuf::from(name)).ok()
}

/// The certificate in a file; `None` when there is none, or something else.
pub(super) async fn certificate(path: &Path) -> Option<Certificate> {
    let path = path.to_owned();
    let read = crate::blocking(move || Ok(russh::keys::load_openssh_certificate(path).ok()));
    read.await.ok().flatten()
}

impl KeyRing {
    /// The private key of a file, with its passphrase from the keychain when it has one. Many who ask at once open it
    /// once.
    pub(super) async fn unlock(
        &self,
        file: &KeyFile,
        context: &Context,
    ) -> Result<Arc<PrivateKey>, ToolError> {
        let place = Arc::clone(self.lock().entry(file.path.clone()).or_default());
        let mut place = place.lock().await;
        if let Some(held) = &mut *place
            && held.stamp == file.stamp
        {
            held.used = Instant::now();
            return Ok(Arc::clone(&held.key));
        }
        let key = match decode(file.text.clone(), None).await {
            Ok(key) => key,
            Err(_) => {
                self.asking.fetch_add(1, Ordering::AcqRel);
                let passphrase = passphrase(&file.path, context).await;
                self.asking.fetch_sub(1, Ordering::AcqRel);
                let passphrase = passphrase?;
                let wrong = |_| {
                    fault(
                        "passphrase_wrong",
                        format!(
                            "The key file {} does not open with the passphrase in the keychain.",
                            visible(&file.path.display().to_string(), 300)
                        ),
                        format!(
                            "Store the right one: countersign secrets set {}",
                            reference(&file.path)
                        ),
                    )
                    .not_started(ErrorClass::Auth)
                };
                decode(file.text.clone(), Some(passphrase))
                    .await
                    .map_err(wrong)?
            }
        };
        let key = Arc::new(key);
        *place = Some(Held {
            stamp: file.stamp,
            key: Arc::clone(&key),
            used: Instant::now(),
        });
        Ok(key)
    }

    /// Is the keychain being asked right now?
    pub(super) fn is_asking(&self) -> bool {
        self.asking.load(Ordering::Acquire) > 0
    }

    /// Forgets the keys that nobody used for so long.
    pub(super) fn forget_unused(&self, idle: Duration) {
        self.lock().retain(|_, place| match place.try_lock() {
            Ok(held) => held.as_ref().is_some_and(|held| held.used.elapsed() < idle),
            Err(_) => true,
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PathBuf, Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn decode(text: String, passphrase: Option<crate::Secret>) -> Result<PrivateKey, ()> {
    let work = move || {
        let word = match &passphrase {
            Some(secret) => Some(std::str::from_utf8(secret.expose()).map_err(|_| ())?),
            None => None,
        };
        russh::keys::decode_secret_key(&text, word).map_err(|_| ())
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| ())?
}

/// Where the passphrase of a key file is kept.
fn reference(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    format!("keychain:passphrase/{}", path.display())
}

async fn passphrase(path: &Path, context: &Context) -> Result<crate::Secret, ToolError> {
    let reference = reference(path);
    let what = format!(
        "the passphrase of the key file {}",
        visible(&path.display().to_string(), 300)
    );
    context
        .ports
        .secrets
        .read(&reference)
        .await
        .map_err(|why| no_secret(&what, &reference, &why))
}

/// The error of a secret that is not there.
pub(super) fn no_secret(what: &str, reference: &str, why: &SecretFault) -> ToolError {
    let reference = visible(reference, 400);
    let (code, hint) = match why {
        SecretFault::NotFound(_) => (
            "secret_missing",
            format!("Store it: countersign secrets set {reference}"),
        ),
        SecretFault::Locked | SecretFault::Dismissed => ("keychain_locked", why.hint().to_owned()),
        SecretFault::Unavailable(_) | SecretFault::NoKeychain(_) => {
            ("keychain_unavailable", why.hint().to_owned())
        }
        SecretFault::BadReference(_) => ("bad_reference", why.hint().to_owned()),
    };
    fault(
        code,
        format!(
            "There is no access to {what}: {}.",
            visible(&why.to_string(), 300)
        ),
        hint,
    )
    .not_started(ErrorClass::Auth)
}

/// Signs with a key file, which is opened only when the host has said that it takes the key.
pub(super) struct FileSigner<'a> {
    pub(super) ring: &'a KeyRing,
    pub(super) file: &'a KeyFile,
    pub(super) context: &'a Context,
}

/// Why there is no signature.
pub(super) enum NoSignature {
    /// The key does not open.
    Key(ToolError),
    /// The connection's task is gone.
    Gone,
}

impl From<russh::SendError> for NoSignature {
    fn from(_: russh::SendError) -> NoSignature {
        NoSignature::Gone
    }
}

impl Signer for FileSigner<'_> {
    type Error = NoSignature;

    async fn auth_sign(
        &mut self,
        _identity: &AgentIdentity,
        hash: Option<HashAlg>,
        mut to_sign: Vec<u8>,
    ) -> Result<Vec<u8>, NoSignature> {
        let key = self
            .ring
            .unlock(self.file, self.context)
            .await
            .map_err(NoSignature::Key)?;
        let signed = signature(&key, hash, &to_sign).and_then(|signature| {
            let blob: Vec<u8> = signature.try_into()?;
            blob.encode(&mut to_sign)?;
            Ok(to_sign)
        });
        signed.map_err(|error| {
            NoSignature::Key(
                fault(
                    "key_file_unusable",
                    format!(
                        "The key file {} does not sign: {}.",
                        visible(&self.file.path.display().to_string(), 300),
                        visible(&error.to_string(), 200)
                    ),
                    "Look at the file: it must be a private key that ssh itself can use.",
                )
                .not_started(ErrorClass::Auth),
            )
        })
    }
}

/// RSA signs with the hash that was agreed on (RFC 8332), the others have their own.
fn signature(
    key: &PrivateKey,
    hash: Option<HashAlg>,
    data: &[u8],
) -> Result<ssh_key::Signature, ssh_key::Error> {
    use russh::keys::signature::Signer as _;
    if let KeypairData::Rsa(pair) = key.key_data() {
        return Ok((pair, hash).try_sign(data)?);
    }
    Ok(key.try_sign(data)?)
}
