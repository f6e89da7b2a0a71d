//! The messages of a channel, put in order. Tauri numbers them from 0 and may deliver them out of order: small ones are
//! evaluated in the page, big ones are fetched by it (tauri 2, `ipc/channel.rs`).

use std::collections::BTreeMap;

use api::Batch;
use serde::Deserialize;
use workflow::{Slim, from_json};

/// What a channel says.
#[derive(Clone, PartialEq, Debug)]
pub enum Message {
    /// A batch of notices.
    Batch(Box<Batch>),
    /// Nothing more will come.
    End,
    /// Something else: the two sides are of different versions.
    Unknown(String),
}

/// How a channel delivers a message, or its end.
#[derive(Deserialize)]
struct Envelope {
    index: u64,
    #[serde(default)]
    end: bool,
    #[serde(default)]
    message: Slim,
}

/// Holds back what came too early.
#[derive(Default)]
pub struct Messages {
    next: u64,
    early: BTreeMap<u64, Message>,
}

impl Messages {
    /// Takes one delivered message; gives what may be handed on now, in order. Repeated ones are forgotten.
    pub fn accept(&mut self, text: &str) -> Vec<Message> {
        let envelope: Envelope = match from_json(text) {
            Ok(envelope) => envelope,
            Err(why) => return vec![Message::Unknown(why.to_string())],
        };
        let index = envelope.index;
        if index < self.next {
            return Vec::new();
        }
        let message = if envelope.end {
            Message::End
        } else {
            match envelope.message.read() {
                Ok(batch) => Message::Batch(Box::new(batch)),
                Err(why) => Message::Unknown(why.to_string()),
            }
        };
        self.early.insert(index, message);
        let mut ready = Vec::new();
        while let Some(message) = self.early.remove(&self.next) {
            self.next += 1;
            ready.push(message);
        }
        ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seqs(messages: &[Message]) -> Vec<u64> {
        messages
            .iter()
            .map(|message| match message {
                Message::Batch(batch) => batch.seq,
                Message::End => 0,
                Message::Unknown(_) => 999,
            })
            .collect()
    }

    fn batch(index: u64) -> String {
        format!(
            r#"{{"index":{index},"message":{{"seq":{},"notices":[]}}}}"#,
            index + 1
        )
    }

    #[test]
    fn messages_come_out_in_the_order_they_were_sent() {
        let mut messages = Messages::default();
        assert!(messages.accept(&batch(2)).is_empty());
        assert!(messages.accept(r#"{"index":3,"end":true}"#).is_empty());
        assert_eq!(seqs(&messages.accept(&batch(0))), [1]);
        assert_eq!(seqs(&messages.accept(&batch(1))), [2, 3, 0]);
        assert!(messages.accept(&batch(1)).is_empty(), "a repeated message");
    }

    #[test]
    fn what_is_not_a_batch_is_said_and_not_lost() {
        let mut messages = Messages::default();
        assert_eq!(
            seqs(&messages.accept(r#"{"index":0,"message":"x"}"#)),
            [999]
        );
        assert_eq!(seqs(&messages.accept("x")), [999]);
        assert_eq!(seqs(&messages.accept(&batch(1))), [2]);
    }
}
