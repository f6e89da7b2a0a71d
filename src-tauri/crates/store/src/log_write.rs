//! Writing logs: chunks keyed by call and byte offset, in a database of their own and by a thread of their own, so
//! that a flood of lines never delays a commit of the journal. A crash of the machine may take the last chunks
//! (synchronous NORMAL): a call that goes on afterwards starts at [`crate::Reader::durable_offset`].

use crate::{Store, WriteFault, fault::code_of, lock::now_us, records::as_i64};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, TransactionBehavior, params};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
};
use workflow::{Digest, RunId};

/// The largest number of chunks in one transaction.
const GROUP: usize = 256;

/// Some bytes of the log of one call; whole lines, where possible: a search answers with lines of one chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogChunk {
    /// The run.
    pub run: RunId,
    /// The idempotency key of the call.
    pub call: Digest,
    /// Where the bytes stand in the log of the call.
    pub from_offset: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// The log of the call is stored up to here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogAck {
    /// Where the next chunk goes on.
    pub durable_offset: u64,
}

/// A chunk was not stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(
    missing_docs,
    reason = "call names the subject; expected and found are byte offsets"
)]
pub enum LogFault {
    /// Bytes are missing before it.
    #[error(
        "cannot store a log chunk of call {call}: it begins at {found}, the log ends at {expected}"
    )]
    Gap {
        call: Digest,
        expected: u64,
        found: u64,
    },
    /// SQLite refused or the disk failed.
    #[error("cannot store a log chunk of call {call}: {why}")]
    Failed { call: Digest, why: String },
    /// The disk is full.
    #[error("cannot store a log chunk of call {call}: no space is left on the disk")]
    NoSpace { call: Digest },
    /// The store is closing.
    #[error("cannot store a log chunk of call {call}: the store is closed")]
    Closed { call: Digest },
}

impl LogFault {
    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            LogFault::Gap { expected, .. } => format!("send the log again from byte {expected}"),
            LogFault::Failed { .. } => "see the cause; the journal is not affected".into(),
            LogFault::NoSpace { .. } => {
                "free some space; lines are lost until then, the journal is not".into()
            }
            LogFault::Closed { .. } => "start the engine again".into(),
        }
    }
}

type Answer = Box<dyn FnOnce(Result<LogAck, LogFault>) + Send>;

struct Job {
    chunk: LogChunk,
    answer: Answer,
}

/// The thread that writes logs.
#[derive(Debug)]
pub(crate) struct LogWriter {
    conn: Arc<Mutex<Connection>>,
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl LogWriter {
    pub(crate) fn start(conn: Connection) -> Result<LogWriter, std::io::Error> {
        let conn = Arc::new(Mutex::new(conn));
        let (queue, jobs) = mpsc::channel();
        let for_thread = Arc::clone(&conn);
        let thread = thread::Builder::new()
            .name("logs".to_owned())
            .spawn(move || run(&for_thread, &jobs))?;
        Ok(LogWriter {
            conn,
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    fn send(&self, chunk: LogChunk, answer: Answer) {
        let job = Job { chunk, answer };
        let refused = match &self.queue {
            Some(queue) => queue.send(job).err().map(|mpsc::SendError(job)| job),
            None => Some(job),
        };
        if let Some(Job { chunk, answer }) = refused {
            answer(Err(LogFault::Closed { call: chunk.call }));
        }
    }
}

impl Drop for LogWriter {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported when it happened.
            let _ = thread.join();
        }
    }
}

impl Store {
    /// Stores a chunk. One that is there already is acknowledged and not stored again; of one that is there in
    /// part, the rest is stored. `done` is called once, on the thread that writes logs.
    pub fn append_log(
        &self,
        chunk: LogChunk,
        done: impl FnOnce(Result<LogAck, LogFault>) + Send + 'static,
    ) {
        self.logs.send(chunk, Box::new(done));
    }

    /// Stores a chunk and waits for the answer.
    pub fn append_log_blocking(&self, chunk: LogChunk) -> Result<LogAck, LogFault> {
        let call = chunk.call;
        let (answer, answered) = mpsc::sync_channel(1);
        self.append_log(chunk, move |result| {
            // The receiver waits below.
            let _ = answer.send(result);
        });
        answered.recv().unwrap_or(Err(LogFault::Closed { call }))
    }

    /// Forgets the chunks stored before `before_us`. Gives their number.
    pub fn prune_logs(&self, before_us: i64) -> Result<u64, WriteFault> {
        let failed = WriteFault::sqlite("prune the logs");
        let mut conn = lock(&self.logs.conn);
        let tx = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(&failed)?;
        tx.execute(
            "DELETE FROM words WHERE rowid IN (SELECT id FROM chunks WHERE at_us < ?1)",
            [before_us],
        )
        .map_err(&failed)?;
        let pruned = tx
            .execute("DELETE FROM chunks WHERE at_us < ?1", [before_us])
            .map_err(&failed)?;
        tx.commit().map_err(&failed)?;
        Ok(pruned as u64)
    }
}

fn run(conn: &Mutex<Connection>, jobs: &mpsc::Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = jobs.try_recv()
        {
            group.push(next);
        }
        let mut results = Vec::with_capacity(group.len());
        let written = write_group(&mut lock(conn), &group, &mut results);
        let mut results = results.into_iter();
        for Job { chunk, answer } in group {
            let result = match (&written, results.next()) {
                (Ok(()), Some(result)) => result,
                (Err(error), _) => Err(failed(chunk.call, error)),
                (Ok(()), None) => Err(LogFault::Closed { call: chunk.call }),
            };
            if catch_unwind(AssertUnwindSafe(|| answer(result))).is_err() {
                tracing::warn!("the receiver of a log chunk's answer panicked");
            }
        }
    }
}

/// One transaction. An error undoes it whole: the callers send their chunks again or go on without.
fn write_group(
    conn: &mut Connection,
    group: &[Job],
    results: &mut Vec<Result<LogAck, LogFault>>,
) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let at_us = now_us();
    for job in group {
        results.push(insert(&tx, &job.chunk, at_us)?);
    }
    tx.commit()
}

fn insert(
    conn: &Connection,
    chunk: &LogChunk,
    at_us: i64,
) -> rusqlite::Result<Result<LogAck, LogFault>> {
    let durable = end_offset(conn, &chunk.call)?;
    let end = chunk.from_offset + chunk.bytes.len() as u64;
    if chunk.from_offset > durable {
        return Ok(Err(LogFault::Gap {
            call: chunk.call,
            expected: durable,
            found: chunk.from_offset,
        }));
    }
    let known = usize::try_from(durable - chunk.from_offset).unwrap_or(usize::MAX);
    let Some(new) = chunk.bytes.get(known..).filter(|new| !new.is_empty()) else {
        return Ok(Ok(LogAck {
            durable_offset: durable,
        }));
    };
    conn.prepare_cached(
        "INSERT INTO chunks (run_id, call, from_offset, end_offset, at_us, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![chunk.run.0, chunk.call.as_bytes(), as_i64(durable), as_i64(end), at_us, new])?;
    conn.prepare_cached("INSERT INTO words (rowid, run, call, text) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            conn.last_insert_rowid(),
            chunk.run.0,
            chunk.call.to_string(),
            String::from_utf8_lossy(new)
        ])?;
    Ok(Ok(LogAck {
        durable_offset: end,
    }))
}

/// Where the log of a call ends; 0 when it has none.
pub(crate) fn end_offset(conn: &Connection, call: &Digest) -> rusqlite::Result<u64> {
    let sql = "SELECT end_offset FROM chunks WHERE call = ?1 ORDER BY from_offset DESC LIMIT 1";
    let found = conn
        .prepare_cached(sql)?
        .query_row([call.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(0))
}

fn failed(call: Digest, error: &rusqlite::Error) -> LogFault {
    match code_of(error) {
        Some(ErrorCode::DiskFull) => LogFault::NoSpace { call },
        _ => LogFault::Failed {
            call,
            why: error.to_string(),
        },
    }
}

fn lock(conn: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    conn.lock().unwrap_or_else(PoisonError::into_inner)
}
