//! Audits for people: the store's walk along the chain, held against what the keychain remembers, as one report with one
//! paragraph on what it does not prove. Works on the folder's journal, on a copy, and on an export.

use crate::{OpenOptions, SecretSource, faults};
use api::{AuditReport, AuditState, Fault};
use keychain::Keychain;
use std::path::Path;
use store::{Audit, ReadFault, Reader, SignedHead, Verdict};
use tools::{SecretFault, Secrets as _};
use workflow::Digest;

/// What the keychain remembers of a journal: the last head that was signed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    known: Option<(SignedHead, String)>,
    /// Why it could not be asked.
    trouble: Option<String>,
}

impl Memory {
    /// Under which name the keychain has it.
    pub(crate) fn reference(id: &Digest) -> String {
        format!("keychain:journal-head/{id}")
    }

    /// As the keychain has it: the record, its hash, and the public key that signed it.
    pub(crate) fn line(head: SignedHead, public_key: &[u8; 32]) -> String {
        format!("{} {} {}", head.seq, head.hash, hex::encode(public_key))
    }

    /// The last signed head and its public key, hexadecimal; `None` when none was signed with this keychain.
    pub(crate) async fn read(
        keychain: &Keychain,
        id: &Digest,
    ) -> Result<Option<(SignedHead, String)>, SecretFault> {
        let reference = Memory::reference(id);
        let secret = match keychain.read(&reference).await {
            Ok(secret) => secret,
            Err(SecretFault::NotFound(_)) => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let line = str::from_utf8(secret.expose()).unwrap_or_default();
        let mut words = line.split(' ');
        let parsed = (|| {
            let seq = words.next()?.parse().ok()?;
            let hash = words.next()?.parse().ok()?;
            let key = words.next()?.to_owned();
            Some((SignedHead { seq, hash }, key))
        })();
        parsed.map(Some).ok_or_else(|| {
            SecretFault::Unavailable(format!("{reference} does not hold a signed head"))
        })
    }

    pub(crate) async fn ask(keychain: &Keychain, id: &Digest) -> Memory {
        if !keychain.asks_the_os() {
            return Memory {
                known: None,
                trouble: Some("it is not asked here ($COUNTERSIGN_KEYCHAIN)".to_owned()),
            };
        }
        match Memory::read(keychain, id).await {
            Ok(known) => Memory {
                known,
                trouble: None,
            },
            Err(fault) => Memory {
                known: None,
                trouble: Some(fault.to_string()),
            },
        }
    }

    fn head(&self) -> Option<SignedHead> {
        self.known.as_ref().map(|(head, _)| *head)
    }
}

/// Audits the journal of a data folder, beside its owner or without one, against this computer's keychain.
///
/// # Errors
/// The folder cannot be read.
pub async fn audit_folder(options: &OpenOptions) -> Result<AuditReport, Fault> {
    let (dir, keychain) = (options.data_dir.clone(), options.secrets.open());
    let (reader, id) = blocking(move || {
        let reader = Reader::open(&dir).map_err(|fault| faults::open(&fault))?;
        let id = id_of(&reader)?;
        Ok((reader, id))
    })
    .await?;
    let memory = Memory::ask(&keychain, &id).await;
    blocking(move || with_memory(&reader, &memory)).await
}

/// Audits a database file wherever it lies, a backup or a copy, or an export. Leaves nothing beside it. It may be older than what the
/// keychain remembers; that is told, and is no fault of it.
///
/// # Errors
/// It cannot be read, or is no database of this program.
pub async fn audit_file(file: &Path, secrets: SecretSource) -> Result<AuditReport, Fault> {
    let keychain = secrets.open();
    let path = file.to_owned();
    let (id, is_export) = blocking(move || {
        let is_export = store::is_export(&path);
        let id = if is_export {
            store::export_id(&path)
        } else {
            store::database_id(&path)
        };
        Ok((id.map_err(|fault| faults::read(&fault))?, is_export))
    })
    .await?;
    let memory = Memory::ask(&keychain, &id).await;
    let path = file.to_owned();
    blocking(move || {
        let audit = if is_export {
            store::audit_export(&path, memory.head())
        } else {
            store::audit_file(&path, memory.head(), false)
        };
        audit
            .map(|audit| report(&audit, &memory))
            .map_err(|fault| faults::read(&fault))
    })
    .await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(faults::internal)?
}

pub(crate) fn id_of(reader: &Reader) -> Result<Digest, Fault> {
    reader.database_id().map_err(|fault| faults::read(&fault))
}

/// Without the keychain.
pub(crate) fn of_reader(reader: &Reader) -> Result<AuditReport, Fault> {
    let memory = Memory {
        known: None,
        trouble: Some("it was not asked".to_owned()),
    };
    with_memory(reader, &memory)
}

/// The journal as it is now, which must have what the keychain remembers.
pub(crate) fn with_memory(reader: &Reader, memory: &Memory) -> Result<AuditReport, Fault> {
    let audit: Result<Audit, ReadFault> = reader.audit(memory.head());
    audit
        .map(|audit| report(&audit, memory))
        .map_err(|fault| faults::read(&fault))
}

fn report(audit: &Audit, memory: &Memory) -> AuditReport {
    let (records, head, broken) = match &audit.verdict {
        Verdict::Intact { records, head } => (*records, head, None),
        Verdict::Broken { seq, head, why } => (
            seq.saturating_sub(audit.first),
            head,
            Some((*seq, why.clone())),
        ),
    };
    let signed_upto = audit.signed.map(|head| head.seq);
    let state = match (&broken, signed_upto) {
        (Some(_), _) => AuditState::Broken,
        (None, Some(_)) if !audit.overdue => AuditState::Signed,
        (None, _) => AuditState::Unsigned,
    };
    let fingerprint = audit.newest_key.map(|key| fingerprint(&key));
    AuditReport {
        state,
        intact: broken.is_none(),
        records,
        head: if broken.is_none() {
            head.to_string()
        } else {
            String::new()
        },
        broken_at: broken.as_ref().map(|(seq, _)| *seq),
        signed_upto,
        unsigned_since: (state == AuditState::Unsigned)
            .then(|| signed_upto.map_or(audit.first, |upto| upto + 1)),
        public_keys: audit.keys.iter().map(hex::encode).collect(),
        fingerprint,
        notes: notes(audit, memory, records),
        says: says(state, audit, memory),
        why: broken.map(|(_, why)| why),
    }
}

/// Of a public key: the first half of its SHA-256, in groups that can be read aloud.
fn fingerprint(key: &[u8; 32]) -> String {
    let digest = Digest::of(key).to_string();
    let groups: Vec<&str> = (0..8)
        .filter_map(|group| digest.get(group * 4..group * 4 + 4))
        .collect();
    groups.join(" ")
}

fn notes(audit: &Audit, memory: &Memory, records: u64) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(trouble) = &memory.trouble {
        notes.push(format!(
            "The keychain could not be asked, so a cut off end or an older copy does not show: {trouble}"
        ));
    }
    let Some((known, key)) = &memory.known else {
        return notes;
    };
    let last = audit.first + records - 1;
    if known.seq > last && audit.verdict.is_intact() {
        notes.push(format!(
            "The keychain remembers record {} of this journal: this is an older copy or a part of it, or its end was cut off",
            known.seq
        ));
    }
    if audit
        .newest_key
        .is_some_and(|newest| hex::encode(newest) != *key)
    {
        notes.push(
            "The newest signature is not of the key that this computer's keychain remembers"
                .to_owned(),
        );
    }
    if !audit.verdict.is_intact() {
        notes.push(format!(
            "If you put back an older copy on purpose, let the keychain forget the newer one: countersign secrets delete {}",
            Memory::reference(&audit.database_id)
        ));
    }
    notes
}

fn says(state: AuditState, audit: &Audit, memory: &Memory) -> String {
    match state {
        AuditState::Broken => {
            "The records before it are those that were written, as far as the chain and the signatures say; nothing can be \
             said about it and those after it. What this does not prove: that nothing else was changed later on, or by whom."
                .to_owned()
        }
        AuditState::Signed => {
            let end = if memory.known.is_some() {
                "The keychain remembers the last signed record, and it is here."
            } else {
                "No keychain was asked for the last signed record: compare it with one that you noted, or a cut off end \
                 and an older copy do not show."
            };
            format!(
                "Every record up to the signed one is unchanged and in its place, as the holder of the key wrote it. {end} \
                 What this does not prove: that records after the signed one are as they were written; that only \
                 Countersign used the key, for other programs of the same user may ask the keychain, too; that the key is \
                 the right one, unless you compare its fingerprint with one noted elsewhere; that this computer's clock was \
                 right, or that what a host reported is what happened there."
            )
        }
        AuditState::Unsigned => format!(
            "{} What this does not prove: that no records were cut off at the end, or that what is not signed was not \
             written anew as a whole, by whoever may write the file. For that, let the keychain of this computer sign \
             (see: countersign secrets --help), or compare the head with one that you noted elsewhere.",
            match audit.signed {
                Some(_) => "Every record is unchanged and in its place, as far as the chain of hashes says; the signed ones were written by the holder of the key.",
                None => "Every record is unchanged and in its place, as far as the chain of hashes says; none is signed.",
            }
        ),
    }
}
