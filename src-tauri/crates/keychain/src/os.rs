//! The keychain of the operating system with a bound on every wait: its calls block, and a locked one may wait for a
//! person for ever. One thread makes them one after another; a call that is not answered in time is given up by whoever
//! asked, and so at most one thread is ever stuck. Not the calls themselves: see `system.rs`.

use crate::{PREFIX, system};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};
use tokio::{sync::oneshot, time};
use tools::{Secret, SecretFault};

/// How long anybody waits for the keychain: long enough for a slow one, too short for a person at its question. Whoever
/// answers the question later finds it unlocked at the next call.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the thread is doing, to say why it does not answer.
const IDLE: u8 = 0;
const CONNECTING: u8 = 1;
const CONNECTED: u8 = 2;

/// What the keychain is asked.
enum Question {
    Read,
    Write(Secret),
    Delete,
}

struct Job {
    name: String,
    question: Question,
    answer: oneshot::Sender<Result<Option<Secret>, SecretFault>>,
}

/// The keychain of the operating system, asked by a thread that begins with the first question.
pub(crate) struct Os {
    thread: Mutex<Option<mpsc::Sender<Job>>>,
    stage: Arc<AtomicU8>,
}

impl Os {
    pub(crate) fn new() -> Os {
        Os {
            thread: Mutex::new(None),
            stage: Arc::new(AtomicU8::new(IDLE)),
        }
    }

    pub(crate) async fn read(&self, name: &str) -> Result<Secret, SecretFault> {
        let read = self.ask(name, Question::Read).await?;
        read.ok_or_else(|| not_found(name))
    }

    pub(crate) async fn write(&self, name: &str, value: Secret) -> Result<(), SecretFault> {
        self.ask(name, Question::Write(value)).await.map(drop)
    }

    pub(crate) async fn delete(&self, name: &str) -> Result<(), SecretFault> {
        self.ask(name, Question::Delete).await.map(drop)
    }

    async fn ask(&self, name: &str, question: Question) -> Result<Option<Secret>, SecretFault> {
        let (answer, answered) = oneshot::channel();
        let job = Job {
            name: name.to_owned(),
            question,
            answer,
        };
        self.hand_over(job)?;
        match time::timeout(PATIENCE, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(SecretFault::Unavailable(
                "its thread met a defect of this program".to_owned(),
            )),
            // Connected and then silent: it waits for a person. Otherwise nobody is there, or it hangs.
            Err(_) if self.stage.load(Ordering::Relaxed) == CONNECTED => Err(SecretFault::Locked),
            Err(_) => Err(SecretFault::Unavailable(format!(
                "nothing came within {} seconds",
                PATIENCE.as_secs()
            ))),
        }
    }

    fn hand_over(&self, job: Job) -> Result<(), SecretFault> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let job = match &*thread {
            Some(jobs) => match jobs.send(job) {
                Ok(()) => return Ok(()),
                // The thread ended with a panic, which was reported when it happened.
                Err(mpsc::SendError(job)) => job,
            },
            None => job,
        };
        let (sender, jobs) = mpsc::channel();
        let stage = Arc::clone(&self.stage);
        thread::Builder::new()
            .name("keychain".to_owned())
            .spawn(move || work(&jobs, &stage))
            .map_err(|error| SecretFault::Unavailable(error.to_string()))?;
        // The receiver lives in the thread that was just started.
        let _ = sender.send(job);
        *thread = Some(sender);
        Ok(())
    }
}

fn work(jobs: &mpsc::Receiver<Job>, stage: &AtomicU8) {
    while let Ok(Job {
        name,
        question,
        answer,
    }) = jobs.recv()
    {
        // Whoever asked was told that it failed: it must not happen behind their back later.
        if answer.is_closed() {
            continue;
        }
        stage.store(CONNECTING, Ordering::Relaxed);
        let result = perform(&name, question, || {
            stage.store(CONNECTED, Ordering::Relaxed)
        });
        stage.store(IDLE, Ordering::Relaxed);
        // A value that nobody takes is overwritten as it is dropped.
        let _ = answer.send(result);
    }
}

fn perform(
    name: &str,
    question: Question,
    connected: impl FnOnce(),
) -> Result<Option<Secret>, SecretFault> {
    let connection = system::connect()?;
    connected();
    let entry = system::entry(&connection, name)?;
    let done = match question {
        Question::Read => entry.get_secret().map(|value| Some(Secret::new(value))),
        Question::Write(value) => entry.set_secret(value.expose()).map(|()| None),
        Question::Delete => entry.delete_credential().map(|()| None),
    };
    done.map_err(|error| {
        if matches!(error, keyring_core::Error::NoEntry) {
            return not_found(name);
        }
        system::fault(error)
    })
}

fn not_found(name: &str) -> SecretFault {
    SecretFault::NotFound(format!("{PREFIX}{name}"))
}
