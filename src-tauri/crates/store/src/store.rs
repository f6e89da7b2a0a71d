//! A data folder as its owner has it open: the lock, the writer, the logs, telemetry, and a reader of it all.

use crate::{
    Ack, Append, AppendFault, Health, OpenFault, Reader, ViewRows, WriteFault,
    append::Encoded,
    connection,
    files::{self, Files},
    ledger::Ledger,
    lock::OwnerLock,
    log_write::LogWriter,
    schema,
    telemetry::Telemetry,
    views,
    writer::Writer,
};
use std::{
    path::Path,
    sync::{Arc, Weak, mpsc},
};
use workflow::{Record, RunId};

/// How a data folder is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// What a second process reads about this one.
    pub program: String,
    /// The journal database grows to at most so many pages of 4 KiB; `None`: as far as the disk goes.
    pub max_pages: Option<u32>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            program: "countersign".to_owned(),
            max_pages: None,
        }
    }
}

/// An owned data folder. Dropping it writes what is queued, closes the databases and then gives up the folder.
// The fields are dropped in this order: the lock, and then the sign that all is closed.
#[derive(Debug)]
pub struct Store {
    reader: Reader,
    pub(crate) writer: Writer,
    pub(crate) logs: LogWriter,
    pub(crate) telemetry: Telemetry,
    _lock: OwnerLock,
    alive: Arc<()>,
}

impl Store {
    /// Takes the folder, makes what is missing, brings older databases up to date.
    pub fn open(dir: &Path, options: Options) -> Result<Store, OpenFault> {
        connection::assert_sqlite()?;
        files::make_dir(dir)?;
        let files = Files::new(dir);
        let lock = OwnerLock::take(&files.lock(), &options.program)?;
        let ledger = Ledger::open(&files.journal(), options.max_pages)?;
        let logs = schema::LOGS.open(&files.logs())?;
        let telemetry = schema::TELEMETRY.open(&files.telemetry())?;
        let thread = |source| OpenFault::io("start a thread for", dir, source);
        Ok(Store {
            writer: Writer::start(ledger).map_err(thread)?,
            logs: LogWriter::start(logs).map_err(thread)?,
            telemetry: Telemetry::new(telemetry),
            reader: Reader::unchecked(files),
            _lock: lock,
            alive: Arc::new(()),
        })
    }

    /// Nothing is left of it once the store is closed and the folder is free.
    pub fn alive(&self) -> Weak<()> {
        Arc::downgrade(&self.alive)
    }

    /// Everything that can be read. A read sees every append that was acknowledged before it began.
    pub fn read(&self) -> &Reader {
        &self.reader
    }

    /// Appends to a run. `done` is called once: with the ack when the records, blobs and views are durable, else
    /// with what went wrong; on the writer's thread, so it should hand the answer on and return.
    pub fn append(
        &self,
        append: Append,
        done: impl FnOnce(Result<Ack, AppendFault>) + Send + 'static,
    ) {
        match Encoded::new(append) {
            Ok(encoded) => self.writer.append(encoded, Box::new(done)),
            Err(fault) => done(Err(fault)),
        }
    }

    /// Appends to a run and waits for the answer.
    pub fn append_blocking(&self, append: Append) -> Result<Ack, AppendFault> {
        let run = append.view.summary.run.clone();
        let (answer, answered) = mpsc::sync_channel(1);
        self.append(append, move |result| {
            // The receiver waits below.
            let _ = answer.send(result);
        });
        answered.recv().unwrap_or(Err(AppendFault::Closed { run }))
    }

    /// Can the journal be written?
    pub fn health(&self) -> Health {
        self.writer.health()
    }

    /// Tries again after a disk fault, and says how it went. Runs whose last append was not acknowledged must be
    /// read again before anything is appended to them.
    pub fn retry_writes(&self) -> Health {
        self.writer.retry(None)
    }

    /// Rebuilds the views from the journal. `fold` is called for each run with all its records in order and gives
    /// the run's rows; it may read definitions and blobs through [`Store::read`]. Appends wait meanwhile. Gives the
    /// number of runs.
    pub fn rebuild_views(
        &self,
        fold: &mut dyn FnMut(&RunId, &mut dyn Iterator<Item = Record>) -> ViewRows,
    ) -> Result<u64, WriteFault> {
        self.writable("rebuild the views")?;
        views::rebuild(&mut self.writer.ledger().conn, fold)
    }

    pub(crate) fn writable(&self, doing: &'static str) -> Result<(), WriteFault> {
        match self.health() {
            Health::Writable => Ok(()),
            Health::ReadOnly { why, .. } => Err(WriteFault::ReadOnly { doing, why }),
        }
    }
}

impl Reader {
    /// Every row of the views as text in a fixed order: equal texts are equal views.
    pub fn dump_views(&self) -> Result<String, crate::ReadFault> {
        self.journal.with(views::dump)
    }
}
