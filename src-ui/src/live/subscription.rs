//! One topic, followed for as long as somebody looks: opens the channel, counts the batches, and follows again when one
//! is missing. What the notices mean is decided by the fold that it is given.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use api::{Batch, Fault, Notice, Topic};
use leptos::{prelude::set_timeout, task::spawn_local};

use super::{
    fold::Taken,
    ipc::{self, Channel},
    ordered::Message,
};

/// How often in a row a topic is followed again before the person is told.
const MAX_ATTEMPTS: u32 = 6;

/// A topic being followed. Dropping it does not end it; [`Subscription::end`] does.
#[derive(Clone)]
pub(super) struct Subscription(Rc<Inner>);

struct Inner {
    topic: Topic,
    take: RefCell<Box<dyn FnMut(Notice) -> Taken>>,
    failed: Box<dyn Fn(Fault)>,
    open: RefCell<Option<Opened>>,
    generation: Cell<u64>,
    expected: Cell<u64>,
    attempts: Cell<u32>,
}

struct Opened {
    channel: Channel,
    id: Option<String>,
}

impl Subscription {
    /// Begins to follow. `take` folds every notice; `failed` hears why it cannot go on.
    pub(super) fn begin(
        topic: Topic,
        take: impl FnMut(Notice) -> Taken + 'static,
        failed: impl Fn(Fault) + 'static,
    ) -> Self {
        let subscription = Self(Rc::new(Inner {
            topic,
            take: RefCell::new(Box::new(take)),
            failed: Box::new(failed),
            open: RefCell::new(None),
            generation: Cell::new(0),
            expected: Cell::new(1),
            attempts: Cell::new(0),
        }));
        subscription.follow();
        subscription
    }

    /// Ends it for good.
    pub(super) fn end(&self) {
        self.0.generation.set(self.0.generation.get() + 1);
        self.close();
    }

    /// Tries from the beginning: a person asked for it.
    pub(super) fn retry(&self) {
        self.0.attempts.set(0);
        self.close();
        self.follow();
    }

    fn follow(&self) {
        let generation = self.0.generation.get() + 1;
        self.0.generation.set(generation);
        self.0.expected.set(1);
        let weak = Rc::downgrade(&self.0);
        let opened = Channel::open(move |message| {
            if let Some(inner) = weak.upgrade() {
                Self(inner).hear(generation, message);
            }
        });
        match opened {
            Err(fault) => (self.0.failed)(fault),
            Ok(channel) => {
                *self.0.open.borrow_mut() = Some(Opened { channel, id: None });
                let this = self.clone();
                spawn_local(async move { this.introduce(generation).await });
            }
        }
    }

    /// Tells the engine of the channel, and keeps the name it gives.
    async fn introduce(&self, generation: u64) {
        let asked = {
            let Some(opened) = self.0.open.borrow_mut().take() else {
                return;
            };
            let answer = ipc::follow(&self.0.topic, &opened.channel).await;
            (opened, answer)
        };
        match asked {
            (mut opened, Ok(id)) if self.0.generation.get() == generation => {
                opened.id = Some(id);
                *self.0.open.borrow_mut() = Some(opened);
            }
            (_, Ok(id)) => ipc::unfollow(&id).await,
            (_, Err(fault)) if self.0.generation.get() == generation => (self.0.failed)(fault),
            (_, Err(_)) => {}
        }
    }

    fn hear(&self, generation: u64, message: Message) {
        if self.0.generation.get() != generation {
            return;
        }
        match message {
            Message::Batch(batch) => self.hear_batch(*batch),
            Message::End => self.again("The engine ended the channel"),
            Message::Unknown(why) => self.again(&why),
        }
    }

    fn hear_batch(&self, batch: Batch) {
        if batch.seq != self.0.expected.get() {
            self.again("A batch of notices is missing");
            return;
        }
        self.0.expected.set(batch.seq + 1);
        // A channel that has said so much works: the next trouble is a new one.
        if batch.seq > 3 {
            self.0.attempts.set(0);
        }
        for notice in batch.notices {
            let taken = (self.0.take.borrow_mut())(notice);
            if let Taken::FollowAgain(why) = taken {
                self.again(&why);
                return;
            }
        }
    }

    /// Follows again, after a while that grows with each attempt in a row.
    fn again(&self, why: &str) {
        let attempts = self.0.attempts.get() + 1;
        self.0.attempts.set(attempts);
        let generation = self.0.generation.get() + 1;
        self.0.generation.set(generation);
        self.close();
        if attempts > MAX_ATTEMPTS {
            let fault = Fault::new(
                "feed",
                "The window does not get the news of the engine",
                "Try again; if this stays, close Countersign and open it again",
            );
            (self.0.failed)(fault.with_detail(why));
            return;
        }
        let wait_ms = if attempts == 1 { 0 } else { 125 << attempts };
        let this = self.clone();
        set_timeout(
            move || {
                if this.0.generation.get() == generation {
                    this.follow();
                }
            },
            Duration::from_millis(wait_ms),
        );
    }

    /// Lets go of the channel. Later than now, because this may run inside one of its messages.
    fn close(&self) {
        let opened = self.0.open.borrow_mut().take();
        if let Some(opened) = opened {
            spawn_local(async move {
                if let Some(id) = &opened.id {
                    ipc::unfollow(id).await;
                }
                drop(opened);
            });
        }
    }
}
