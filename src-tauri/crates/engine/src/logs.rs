//! Log lines of a call on their way to the store and to whoever looks (semantics.md 17): chunks of at most 64 lines or
//! 200 ms. Lines are no events: the record only carries their range. In the store a line begins with its stream's sign.

use crate::mailbox::{Mailbox, Message};
use api::{LogLine, LogStream};
use std::{sync::Arc, time::Duration};
use store::{LogChunk, Store};
use tokio::{runtime::Handle, sync::mpsc, task::JoinHandle};
use tools::{LogSink, Stream};
use workflow::{Digest, LogRange, RunId};

const CHUNK_LINES: usize = 64;
const CHUNK_WAIT: Duration = Duration::from_millis(200);

/// A call's log while the call runs. Dropping the sink and awaiting `range` makes it whole.
pub(crate) struct CallLog {
    pub(crate) sink: LogSink,
    writer: JoinHandle<Option<LogRange>>,
}

impl CallLog {
    pub(crate) fn open(
        runtime: &Handle,
        store: Arc<Store>,
        mailbox: Mailbox,
        run: RunId,
        call: Digest,
    ) -> CallLog {
        let (lines, incoming) = mpsc::unbounded_channel();
        let sink = LogSink::new(move |line| {
            // The writer lives as long as the sink.
            let _ = lines.send(line);
        });
        let writer = runtime.spawn(write(store, mailbox, run, call, incoming));
        CallLog { sink, writer }
    }

    /// Where the lines of this call stand, once all are stored; `None` when there are none.
    pub(crate) async fn range(self) -> Option<LogRange> {
        let CallLog { sink, writer } = self;
        drop(sink);
        writer.await.ok().flatten()
    }
}

async fn write(
    store: Arc<Store>,
    mailbox: Mailbox,
    run: RunId,
    call: Digest,
    mut incoming: mpsc::UnboundedReceiver<tools::LogLine>,
) -> Option<LogRange> {
    let mut range: Option<LogRange> = None;
    let mut batch = Vec::new();
    while let Some(first) = incoming.recv().await {
        batch.push(first);
        // What comes within 200 ms of the first line goes with it.
        let gather = async {
            while batch.len() < CHUNK_LINES {
                match incoming.recv().await {
                    Some(line) => batch.push(line),
                    None => break,
                }
            }
        };
        let _ = tokio::time::timeout(CHUNK_WAIT, gather).await;
        let lines: Vec<tools::LogLine> = std::mem::take(&mut batch);
        let bytes: Vec<u8> = lines.iter().flat_map(encode).collect();
        let shown = lines
            .iter()
            .map(|line| LogLine {
                stream: stream(line.stream),
                text: text(&line.bytes),
            })
            .collect();
        let (store, of) = (Arc::clone(&store), run.clone());
        let stored = tokio::task::spawn_blocking(move || {
            let from = store.read().durable_offset(&call).unwrap_or(0);
            let length = bytes.len() as u64;
            store
                .append_log_blocking(LogChunk {
                    run: of,
                    call,
                    from_offset: from,
                    bytes,
                })
                .map(|_| LogRange {
                    from,
                    to: from + length,
                })
        })
        .await;
        // After it is stored: who hears of it reads it from the store. What could not be stored is still shown.
        mailbox.send(Message::LogLines {
            run: run.clone(),
            call,
            lines: shown,
        });
        match stored {
            Ok(Ok(stored)) => {
                range = Some(range.map_or(stored, |range| LogRange {
                    from: range.from,
                    to: stored.to,
                }));
            }
            Ok(Err(fault)) => tracing::warn!(%fault, %call, "log lines were lost"),
            Err(error) => tracing::warn!(%error, %call, "log lines were lost"),
        }
    }
    range
}

fn sign(stream: Stream) -> u8 {
    match stream {
        Stream::Stdout => b'1',
        Stream::Stderr => b'2',
        Stream::Note => b'*',
    }
}

fn stream(stream: Stream) -> LogStream {
    match stream {
        Stream::Stdout => LogStream::Stdout,
        Stream::Stderr => LogStream::Stderr,
        Stream::Note => LogStream::Note,
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn encode(line: &tools::LogLine) -> Vec<u8> {
    let mut bytes = vec![sign(line.stream), b' '];
    bytes.extend(line.bytes.iter().filter(|byte| **byte != b'\n'));
    bytes.push(b'\n');
    bytes
}

/// The whole lines at the beginning of stored bytes, and how many bytes they are.
pub(crate) fn decode(bytes: &[u8]) -> (Vec<LogLine>, usize) {
    let end = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |last| last + 1);
    let lines = bytes[..end]
        .split(|byte| *byte == b'\n')
        .filter(|line| line.len() >= 2)
        .map(|line| LogLine {
            stream: match line[0] {
                b'1' => LogStream::Stdout,
                b'2' => LogStream::Stderr,
                _ => LogStream::Note,
            },
            text: text(&line[2..]),
        })
        .collect();
    (lines, end)
}
