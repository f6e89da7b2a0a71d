//! From the engine's feed to a channel of the page: notices put together into batches, so that a busy run does not
//! make the page fold itself to death. It drops nothing and changes no order.

use std::time::Duration;

use api::{Batch, Notice};
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until, timeout_at};

/// At most so many bytes of notices in a batch. A single notice may be longer. Tauri hands up to 8 kB to the page
/// directly; more makes a detour through a request of the page.
const BATCH_BYTES: usize = 7_900;

/// 30 batches a second.
const BETWEEN: Duration = Duration::from_micros(33_334);

/// Sends what comes until there is no more, or until `send` says that nobody takes it.
pub(crate) async fn pass_on(mut notices: Receiver<Notice>, mut send: impl FnMut(Batch) -> bool) {
    let mut seq = 0;
    // The first notice goes at once: a person is looking at an empty page.
    let mut next_at = Instant::now();
    let mut left_over: Option<(Notice, usize)> = None;
    let mut ended = false;
    while !ended {
        let (first, mut bytes) = match left_over.take() {
            Some(notice) => notice,
            None => match notices.recv().await {
                Some(notice) => measured(notice),
                None => return,
            },
        };
        let mut batch = vec![first];
        while left_over.is_none() && !ended {
            match timeout_at(next_at, notices.recv()).await {
                Ok(Some(notice)) => {
                    let (notice, more) = measured(notice);
                    if bytes + more > BATCH_BYTES {
                        left_over = Some((notice, more));
                    } else {
                        bytes += more;
                        batch.push(notice);
                    }
                }
                Ok(None) => ended = true,
                Err(_) => break,
            }
        }
        sleep_until(next_at).await;
        next_at = Instant::now() + BETWEEN;
        seq += 1;
        let notices = batch;
        if !send(Batch { seq, notices }) {
            return;
        }
    }
}

/// A notice with the length of its JSON, the comma after it included.
fn measured(notice: Notice) -> (Notice, usize) {
    let mut counter = Counter(1);
    // A notice that cannot be written fails where it is sent, with a name.
    let _ = serde_json::to_writer(&mut counter, &notice);
    (notice, counter.0)
}

/// Counts bytes and keeps none.
struct Counter(usize);

impl std::io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
