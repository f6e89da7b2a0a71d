//! The journal's key: it lies in the keychain, is made at the first start at which a keychain answers, and signs on the
//! store's writer. The last signed head goes into the keychain too, off the writer's path, so that a journal that was cut
//! off or put back shows. When and what is signed: the store's `signing.rs`.

use crate::auditing::Memory;
use ed25519_dalek::{Signer as _, SigningKey};
use keychain::Keychain;
use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};
use store::{SignedHead, Signer, Store};
use tokio::{
    runtime::Handle,
    sync::watch,
    task::{JoinHandle, spawn_blocking},
    time,
};
use tools::{Secret, SecretFault, SecretStore as _, Secrets as _};
use workflow::Digest;
use zeroize::Zeroizing;

/// How long a program that ends waits for a keychain that has not answered yet.
const GRACE: Duration = Duration::from_secs(3);
/// How long it waits for the last head to be remembered: a little more than the keychain's own bound.
const LAST_WORD: Duration = Duration::from_secs(6);
/// When a keychain that was not there is looked for again.
const ABSENT: Duration = Duration::from_secs(30);
/// When one is asked again that would ask a person.
const LOCKED: Duration = Duration::from_secs(600);

/// The task that loads the key and remembers heads.
pub(crate) struct Signing {
    task: JoinHandle<()>,
    stop: watch::Sender<bool>,
    /// The keychain has answered for the first time, or has failed to.
    answered: watch::Receiver<bool>,
}

/// Begins to sign the journal of a store as soon as its key is there; `None` where the keychain is not to be asked.
pub(crate) fn start(
    store: &Arc<Store>,
    keychain: Arc<Keychain>,
    runtime: &Handle,
) -> Option<Signing> {
    if !keychain.asks_the_os() {
        tracing::info!("the journal is not signed: the keychain is not asked here");
        return None;
    }
    let (stop, stopped) = watch::channel(false);
    let (first, answered) = watch::channel(false);
    let store = Arc::downgrade(store);
    let task = runtime.spawn(async move {
        if let Some((key, known)) = load(&store, &keychain, stopped, &first).await {
            sign(store, &keychain, key, known, &first).await;
        }
    });
    Some(Signing {
        task,
        stop,
        answered,
    })
}

impl Signing {
    /// Before the store is closed: a program that runs for a moment only shall sign, too, but not wait for a person.
    pub(crate) async fn about_to_close(&mut self) {
        // Too late or ended: then nothing is signed.
        let _ = time::timeout(GRACE, self.answered.wait_for(|answered| *answered)).await;
        self.stop.send_replace(true);
    }

    /// After the store is closed: the last head is remembered.
    pub(crate) async fn closed(self) {
        if time::timeout(LAST_WORD, self.task).await.is_err() {
            tracing::warn!("the keychain did not take the last signed head");
        }
    }
}

/// The key, and the head that is remembered, once the keychain answers and the journal agrees with it.
async fn load(
    store: &Weak<Store>,
    keychain: &Keychain,
    mut stopped: watch::Receiver<bool>,
    first: &watch::Sender<bool>,
) -> Option<(SigningKey, Option<SignedHead>)> {
    let mut told = false;
    loop {
        let id = reading(store, |store| store.read().database_id()).await?;
        match key_and_memory(keychain, &id).await {
            Ok((key, known)) => {
                if let Some(known) = known
                    && let Some(why) = disagreement(store, known).await?
                {
                    // What shows it stays in the keychain: nothing new is signed over it.
                    tracing::error!(
                        record = known.seq,
                        why,
                        "the journal is not the one that was signed last; it is not signed any more. See: countersign audit verify"
                    );
                    first.send_replace(true);
                    return None;
                }
                return Some((key, known));
            }
            Err(fault) => {
                first.send_replace(true);
                if !told {
                    tracing::warn!(%fault, "the journal is not signed until the keychain answers");
                    told = true;
                }
                let stop = stopped.wait_for(|stop| *stop);
                if time::timeout(pause(&fault), stop).await.is_ok() {
                    return None;
                }
            }
        }
    }
}

async fn sign(
    store: Weak<Store>,
    keychain: &Keychain,
    key: SigningKey,
    known: Option<SignedHead>,
    first: &watch::Sender<bool>,
) {
    let public_key = key.verifying_key().to_bytes();
    let (heads, mut latest) = watch::channel(known);
    let signer = Arc::new(JournalKey { key, heads });
    let id = reading(&store, |store| store.read().database_id()).await;
    let signing = reading(&store, move |store| store.sign_with(signer)).await;
    drop(store);
    first.send_replace(true);
    let (Some(id), Some(())) = (id, signing) else {
        return;
    };
    let mut not_before = None;
    // Ends when the store is closed. Heads that come while one is written are one write.
    while latest.changed().await.is_ok() {
        let Some(head) = *latest.borrow_and_update() else {
            continue;
        };
        if not_before.is_some_and(|time| Instant::now() < time) {
            continue;
        }
        let text = Memory::line(head, &public_key);
        let reference = Memory::reference(&id);
        let secret = Secret::new(text.into_bytes());
        not_before = match keychain.write(&reference, secret).await {
            Ok(()) => None,
            Err(fault) => {
                tracing::warn!(%fault, "the keychain did not take the last signed head");
                Some(Instant::now() + pause(&fault))
            }
        };
    }
}

/// Reads or writes in the store without keeping it open; `None` when it is closed, or cannot.
async fn reading<T: Send + 'static, E: std::fmt::Display + Send + 'static>(
    store: &Weak<Store>,
    work: impl FnOnce(&Store) -> Result<T, E> + Send + 'static,
) -> Option<T> {
    let store = store.upgrade()?;
    match spawn_blocking(move || work(&store)).await {
        Ok(Ok(done)) => Some(done),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the journal is not signed");
            None
        }
        Err(error) => {
            tracing::warn!(%error, "the journal is not signed");
            None
        }
    }
}

/// Why the journal is not the one whose head is remembered.
async fn disagreement(store: &Weak<Store>, known: SignedHead) -> Option<Option<&'static str>> {
    let found = reading(store, move |store| store.read().hash_at(known.seq)).await?;
    Some(match found {
        Some(hash) if hash == known.hash => None,
        Some(_) => Some("another record stands in its place"),
        None => Some("its end was cut off, or an older copy was put in its place"),
    })
}

fn pause(fault: &SecretFault) -> Duration {
    match fault {
        SecretFault::Locked | SecretFault::Dismissed => LOCKED,
        SecretFault::NotFound(_)
        | SecretFault::NoKeychain(_)
        | SecretFault::Unavailable(_)
        | SecretFault::BadReference(_) => ABSENT,
    }
}

async fn key_and_memory(
    keychain: &Keychain,
    id: &Digest,
) -> Result<(SigningKey, Option<SignedHead>), SecretFault> {
    let reference = format!("keychain:journal/{id}");
    let key = match keychain.read(&reference).await {
        Ok(secret) => {
            let mut seed = Zeroizing::new([0; 32]);
            hex::decode_to_slice(secret.expose(), &mut *seed).map_err(|_| {
                SecretFault::Unavailable(format!("{reference} does not hold a key"))
            })?;
            SigningKey::from_bytes(&seed)
        }
        Err(SecretFault::NotFound(_)) => {
            let mut seed = Zeroizing::new([0; 32]);
            getrandom::fill(&mut *seed)
                .map_err(|error| SecretFault::Unavailable(error.to_string()))?;
            let text = hex::encode(*seed).into_bytes();
            keychain.write(&reference, Secret::new(text)).await?;
            tracing::info!("a key for the journal was made");
            SigningKey::from_bytes(&seed)
        }
        Err(fault) => return Err(fault),
    };
    let memory = Memory::read(keychain, id).await?;
    Ok((key, memory.map(|(head, _)| head)))
}

/// The key as the store uses it.
#[derive(Debug)]
struct JournalKey {
    key: SigningKey,
    heads: watch::Sender<Option<SignedHead>>,
}

impl Signer for JournalKey {
    fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    fn signed(&self, head: SignedHead) {
        self.heads.send_replace(Some(head));
    }
}
