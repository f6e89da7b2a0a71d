//! The focus of a card: where it is when cards come and go. Which keys mean what is in `shell::shortcuts`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use leptos::{ev, html, prelude::*};

use super::model::Asked;
use crate::{browser, live::Live};

/// Whether the focus is in the card, for giving it to the surface around the card when the card goes: never to nowhere.
#[derive(Clone, Default)]
pub(super) struct Within(Arc<AtomicBool>);

impl Within {
    /// The focus came in.
    pub(super) fn came(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// The focus went to another element. What has just been removed names none, and keeps the mark.
    pub(super) fn went(&self, event: &ev::FocusEvent) {
        if event.related_target().is_some() {
            self.0.store(false, Ordering::Relaxed);
        }
    }

    /// Looks after the focus when the caller's component goes.
    pub(super) fn keep(&self, surface: &'static str) {
        let within = self.0.clone();
        on_cleanup(move || {
            if within.load(Ordering::Relaxed) {
                set_timeout(move || browser::focus_if_lost(surface), Duration::ZERO);
            }
        });
    }
}

/// Who came here to decide finds the focus on the card, never on a button.
pub(super) fn take_focus(
    live: Live,
    asked: Signal<Asked>,
    node: NodeRef<html::Section>,
    compact: bool,
) {
    Effect::new(move |_| {
        let wanted = live.wanted.get();
        let own = asked.with_untracked(|asked| wanted.as_ref() == Some(&asked.run));
        if let (true, false, Some(node)) = (own, compact, node.get()) {
            if !browser::typing() {
                browser::focus(&node);
            }
            live.wanted.set(None);
        }
    });
}
