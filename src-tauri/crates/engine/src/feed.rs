//! The feed (semantics.md 19): subscribers to a run or to the board. The loop is never blocked by a slow subscriber:
//! one that falls behind is told of the gap and asks again.

use api::{Notice, Topic};
use tokio::{runtime::Handle, sync::mpsc};

/// How many notices may wait for one subscriber.
const BUFFER: usize = 1024;

struct Subscriber {
    topic: Topic,
    notices: mpsc::Sender<Notice>,
}

/// All subscribers of one engine.
pub(crate) struct Feed {
    subscribers: Vec<Subscriber>,
    runtime: Handle,
}

impl Feed {
    pub(crate) fn new(runtime: Handle) -> Feed {
        Feed {
            subscribers: Vec::new(),
            runtime,
        }
    }

    /// A new subscriber, told first how things stand.
    pub(crate) fn subscribe(&mut self, topic: Topic, first: Notice) -> mpsc::Receiver<Notice> {
        let (notices, receiver) = mpsc::channel(BUFFER);
        // The buffer is empty: there is room for the first.
        let _ = notices.try_send(first);
        self.subscribers.push(Subscriber { topic, notices });
        receiver
    }

    /// Tells all subscribers of a topic.
    pub(crate) fn publish(&mut self, topic: &Topic, notice: &Notice) {
        let runtime = &self.runtime;
        self.subscribers.retain(|subscriber| {
            if subscriber.topic != *topic {
                return !subscriber.notices.is_closed();
            }
            match subscriber.notices.try_send(notice.clone()) {
                Ok(()) => true,
                Err(mpsc::error::TrySendError::Closed(_)) => false,
                Err(mpsc::error::TrySendError::Full(_)) => {
                    let (notices, gap) = (subscriber.notices.clone(), Notice::Gap(topic.clone()));
                    runtime.spawn(async move {
                        // Whoever went away meanwhile does not need to know.
                        let _ = notices.send(gap).await;
                    });
                    false
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(seq: u64) -> Notice {
        Notice::Board {
            seq,
            rows: Vec::new(),
        }
    }

    #[tokio::test]
    async fn whoever_is_too_slow_is_told_of_the_gap_and_nobody_waits_for_it() {
        let mut feed = Feed::new(Handle::current());
        let mut slow = feed.subscribe(Topic::Board, row(0));
        for seq in 1..3 * BUFFER as u64 {
            feed.publish(&Topic::Board, &row(seq));
        }
        let mut told = Vec::new();
        while let Some(notice) = slow.recv().await {
            told.push(notice);
        }
        assert_eq!(told.last(), Some(&Notice::Gap(Topic::Board)));
        let before_the_gap: Vec<Notice> = (0..BUFFER as u64).map(row).collect();
        assert_eq!(told[..told.len() - 1], before_the_gap);
    }
}
