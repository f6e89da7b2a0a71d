//! The one thread that writes the journal, with natural group commit: what is queued when it comes round (at most
//! 256 appends) shares one transaction and one wait for the disk; nothing is delayed to make a group bigger.
//! After a disk fault it refuses until somebody asks it to try again; it never acknowledges what is not durable.

use crate::{
    Ack, AppendFault, OpenFault,
    append::Encoded,
    crash_point,
    ledger::{InsertFault, Ledger},
    signing::{self, SignatureRow, Signing},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
};

/// The largest number of appends in one transaction.
const GROUP: usize = 256;

/// What an append is answered with.
pub(crate) type Answer = Box<dyn FnOnce(Result<Ack, AppendFault>) + Send>;

/// Can the journal be written?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Yes.
    Writable,
    /// No: nothing is acknowledged and nothing may start.
    ReadOnly {
        /// Why, one sentence.
        why: String,
        /// What to do.
        hint: String,
    },
}

/// An append on its way to the thread.
struct Job {
    append: Encoded,
    answer: Answer,
}

/// The thread and what it shares with its callers.
#[derive(Debug)]
pub(crate) struct Writer {
    shared: Arc<Shared>,
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    ledger: Mutex<Ledger>,
    health: Mutex<Health>,
    /// Locked after the ledger.
    signing: Mutex<Option<Signing>>,
}

impl Writer {
    pub(crate) fn start(ledger: Ledger) -> Result<Writer, std::io::Error> {
        let shared = Arc::new(Shared {
            ledger: Mutex::new(ledger),
            health: Mutex::new(Health::Writable),
            signing: Mutex::new(None),
        });
        let (queue, jobs) = mpsc::channel();
        let for_thread = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || for_thread.run(&jobs))?;
        Ok(Writer {
            shared,
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    /// Hands an append to the thread. It is answered exactly once, from that thread or, when the store is
    /// closing, from this one.
    pub(crate) fn append(&self, append: Encoded, answer: Answer) {
        let job = Job { append, answer };
        let refused = match &self.queue {
            Some(queue) => queue.send(job).err().map(|mpsc::SendError(job)| job),
            None => Some(job),
        };
        if let Some(Job { append, answer }) = refused {
            answer(Err(AppendFault::Closed { run: append.run }));
        }
    }

    pub(crate) fn health(&self) -> Health {
        self.shared.health().clone()
    }

    /// Opens the file anew and writes a probe. Writing goes on when both work; else the reason is the new health.
    pub(crate) fn retry(&self, max_pages: Option<u32>) -> Health {
        let mut ledger = self.shared.ledger();
        if *self.shared.health() == Health::Writable {
            return Health::Writable;
        }
        let health = match ledger.reopen(max_pages) {
            Ok(()) => Health::Writable,
            Err(fault) => read_only(&fault),
        };
        *self.shared.health() = health.clone();
        health
    }

    /// Signs heads from now on, the present one first.
    pub(crate) fn sign_from_now_on(
        &self,
        ledger: &Ledger,
        signing: Signing,
    ) -> rusqlite::Result<()> {
        let mut slot = self.shared.signing();
        let signing = slot.insert(signing);
        sign_now(ledger, signing)
    }

    /// The writing connection, between two groups: for the few writes that are not appends.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.shared.ledger()
    }
}

impl Drop for Writer {
    /// Everything that is queued is still written and answered.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported when it happened.
            let _ = thread.join();
        }
        // The tail that no decision has signed yet. A disk that is full now leaves it unsigned.
        let (ledger, mut signing) = (self.shared.ledger(), self.shared.signing());
        if let Some(signing) = signing.as_mut()
            && let Err(error) = sign_now(&ledger, signing)
        {
            tracing::warn!(%error, "the last head of the journal could not be signed");
        }
    }
}

fn sign_now(ledger: &Ledger, signing: &mut Signing) -> rusqlite::Result<()> {
    if signing.is_due(&ledger.head, true)
        && let Some(row) = signing.sign(&ledger.conn, &ledger.head)?
    {
        signing.committed(&row);
    }
    Ok(())
}

impl Shared {
    fn run(&self, jobs: &mpsc::Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let round = || self.round(first, jobs);
            if catch_unwind(AssertUnwindSafe(round)).is_err() {
                // The answers of the group are dropped: their receivers learn that none will come.
                tracing::warn!("the writer panicked; the journal became read-only");
                let ledger = self.ledger();
                if !ledger.conn.is_autocommit() {
                    let _ = ledger.conn.execute_batch("ROLLBACK");
                }
                let why = "the writer met a defect of this program".to_owned();
                let hint = "try writing again, and please report it with the log".to_owned();
                *self.health() = Health::ReadOnly { why, hint };
            }
        }
    }

    fn round(&self, first: Job, jobs: &mpsc::Receiver<Job>) {
        // First the connection, then the queue: what comes while another write ends is in the same group.
        let ledger = self.ledger();
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = jobs.try_recv()
        {
            group.push(next);
        }
        self.commit(ledger, group);
    }

    /// One transaction; every job is answered before this returns.
    fn commit(&self, mut ledger: MutexGuard<'_, Ledger>, group: Vec<Job>) {
        let mut answers: Vec<Result<Ack, AppendFault>> = Vec::with_capacity(group.len());
        let written = match &*self.health() {
            Health::ReadOnly { why, .. } => Err(why.clone()),
            Health::Writable => Ok(()),
        };
        let mut signing = self.signing();
        let mut signed = None;
        let written = written.and_then(|()| {
            write_group(&mut ledger, &group, &mut answers, signing.as_ref())
                .map(|row| signed = row)
                .map_err(|error| {
                    // What was begun is undone, so that readers and the next attempt see the last durable state.
                    if !ledger.conn.is_autocommit() {
                        let _ = ledger.conn.execute_batch("ROLLBACK");
                    }
                    let health = read_only(&OpenFault::sqlite("write", ledger.path(), error));
                    tracing::warn!(health = ?health, "the journal became read-only");
                    let why = match &health {
                        Health::ReadOnly { why, .. } => why.clone(),
                        Health::Writable => String::new(),
                    };
                    *self.health() = health;
                    why
                })
        });
        if let (Some(signing), Some(row)) = (signing.as_mut(), signed) {
            signing.committed(&row);
        }
        drop(signing);
        drop(ledger);
        crash_point("after_commit_before_ack");
        let mut answers = answers.into_iter();
        for Job { append, answer } in group {
            let result = match (&written, answers.next()) {
                (Ok(()), Some(result)) => result,
                (Ok(()), None) => Err(AppendFault::Closed { run: append.run }),
                // A conflict stays a conflict, whatever became of the group.
                (Err(_), Some(Err(fault))) => Err(fault),
                (Err(why), _) => Err(AppendFault::ReadOnly {
                    run: append.run,
                    why: why.clone(),
                }),
            };
            if catch_unwind(AssertUnwindSafe(|| answer(result))).is_err() {
                tracing::warn!("the receiver of an append's answer panicked");
            }
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn signing(&self) -> MutexGuard<'_, Option<Signing>> {
        self.signing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write_group(
    ledger: &mut Ledger,
    group: &[Job],
    answers: &mut Vec<Result<Ack, AppendFault>>,
    signing: Option<&Signing>,
) -> Result<Option<SignatureRow>, rusqlite::Error> {
    crash_point("before_begin");
    ledger.conn.execute_batch("BEGIN IMMEDIATE")?;
    let mut head = ledger.head;
    let mut decided = false;
    for job in group {
        match Ledger::insert(&ledger.conn, &mut head, &job.append) {
            Ok(ack) => {
                decided |= job
                    .append
                    .rows
                    .iter()
                    .any(|row| signing::decides(&row.kind));
                answers.push(Ok(ack));
            }
            Err(InsertFault::This(fault)) => answers.push(Err(fault)),
            Err(InsertFault::All(error)) => return Err(error),
        }
        crash_point("after_insert");
    }
    // One signature for the group: it covers every record before it.
    let signed = match signing {
        Some(signing) if signing.is_due(&head, decided) => signing.sign(&ledger.conn, &head)?,
        Some(_) | None => None,
    };
    crash_point("before_commit");
    ledger.conn.execute_batch("COMMIT")?;
    ledger.head = head;
    Ok(signed)
}

fn read_only(fault: &OpenFault) -> Health {
    let mut why = fault.to_string();
    if let Some(cause) = std::error::Error::source(fault) {
        why = format!("{why} ({cause})");
    }
    Health::ReadOnly {
        why,
        hint: fault.hint(),
    }
}
