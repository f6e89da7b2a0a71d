//! The focus of a card when somebody comes to it. Which keys mean what is in `shell::shortcuts`; who gets the focus when
//! a card goes, in `shell::focus`.

use leptos::{html, prelude::*};

use super::model::Asked;
use crate::{browser, live::Live};

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
