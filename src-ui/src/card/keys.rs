//! The keys of a card and its focus: which press means what, and where the focus is when cards come and go.

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

/// What a key press on a card means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum KeyMeans {
    /// The button that approves.
    Approve,
    /// The panel that asks for a reason.
    Reject,
    /// Puts the panel away.
    Close,
}

/// A key press, as far as a card cares.
pub(super) struct Pressed<'a> {
    /// `KeyboardEvent.key`.
    pub(super) key: &'a str,
    /// Ctrl is held.
    pub(super) control: bool,
    /// Shift is held.
    pub(super) shift: bool,
    /// The key is held down.
    pub(super) repeat: bool,
    /// Somebody types.
    pub(super) typing: bool,
}

/// What it means; nothing for a held key, and nothing while somebody types.
pub(super) fn meaning(pressed: &Pressed<'_>) -> Option<KeyMeans> {
    match (pressed.key, pressed.control, pressed.shift) {
        ("Escape", false, false) => Some(KeyMeans::Close),
        _ if pressed.repeat || pressed.typing => None,
        ("Enter", true, false) => Some(KeyMeans::Approve),
        ("Backspace", true, true) => Some(KeyMeans::Reject),
        _ => None,
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        key: &str,
        control: bool,
        shift: bool,
        repeat: bool,
        typing: bool,
        wanted: Option<KeyMeans>,
    ) {
        let pressed = Pressed {
            key,
            control,
            shift,
            repeat,
            typing,
        };
        assert_eq!(
            meaning(&pressed),
            wanted,
            "{key} {control} {shift} {repeat} {typing}"
        );
    }

    #[test]
    fn decision_keys_need_all_their_parts() {
        check("Enter", true, false, false, false, Some(KeyMeans::Approve));
        check("Enter", false, false, false, false, None);
        check("Enter", true, true, false, false, None);
        check(
            "Backspace",
            true,
            true,
            false,
            false,
            Some(KeyMeans::Reject),
        );
        check("Backspace", true, false, false, false, None);
    }

    #[test]
    fn held_keys_and_typing_never_decide() {
        check("Enter", true, false, true, false, None);
        check("Enter", true, false, false, true, None);
        check("Backspace", true, true, true, false, None);
        check("Backspace", true, true, false, true, None);
        check("Escape", false, false, false, true, Some(KeyMeans::Close));
    }
}
