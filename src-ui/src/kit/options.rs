//! The list of options below an input of which the input keeps the focus (`aria-activedescendant`): the combobox and
//! the command palette. Which options there are, and what choosing does, is theirs.

use leptos::{ev, prelude::*};

use super::{CollectParts, Memo, dynamic, keys::moved};
use crate::browser;

/// The most options in the page; who wants another types.
pub(crate) const MOST: usize = 100;

/// One option.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Row {
    /// What it is.
    pub(crate) title: String,
    /// More about it, after it.
    pub(crate) hint: String,
    /// The keys that do the same.
    pub(crate) keys: String,
}

/// The state of such a list.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    /// Its options, in the order shown.
    pub(crate) rows: Memo<Vec<Row>>,
    /// The place of the active one.
    pub(crate) active: RwSignal<usize>,
    /// The id of the list, for the input's `aria-controls`.
    pub(crate) id: StoredValue<String>,
    /// An option was chosen.
    pub(crate) pick: Callback<usize>,
}

impl Options {
    /// The id of the active option, for the input's `aria-activedescendant`; tracked.
    pub(crate) fn active_id(self) -> Option<String> {
        let (at, count) = (self.active.get(), self.rows.with(Vec::len));
        (at < count.min(MOST)).then(|| self.option_id(at))
    }

    fn option_id(self, at: usize) -> String {
        self.id.with_value(|id| format!("{id}-{at}"))
    }

    /// Moves by a key of the input, or chooses by Enter; says whether it did. Home and End stay with the text.
    pub(crate) fn pressed(self, event: &ev::KeyboardEvent) -> bool {
        let key = event.key();
        let count = self.rows.with_untracked(Vec::len).min(MOST);
        let here = self.active.get_untracked();
        if key == "Enter" {
            if here < count && !event.repeat() {
                self.pick.run(here);
            }
        } else if matches!(key.as_str(), "Home" | "End") {
            return false;
        } else if let Some(to) = moved(&key, Some(here), count, 8, true) {
            self.active.set(to);
            browser::scroll_into_list(&self.option_id(to));
        } else {
            return false;
        }
        event.prevent_default();
        true
    }

    /// The list.
    pub(crate) fn view(self, label: &'static str, empty: &'static str) -> AnyView {
        view! {
            <div class="options" role="listbox" id=self.id.get_value() aria-label=label>
                {dynamic(move || self.rows.with(|rows| {
                    rows.iter().take(MOST).enumerate().map(|(at, row)| self.option(at, row.clone())).collect_parts()
                }))}
            </div>
            {dynamic(move || {
                let count = self.rows.with(Vec::len);
                let words = match count {
                    0 => empty.to_owned(),
                    1..=MOST => return None,
                    _ => (count - MOST).to_string() + " more: type to find them",
                };
                Some(view! { <p class="options-more quiet" role="status">{words}</p> })
            })}
        }
        .into_any()
    }

    fn option(self, at: usize, row: Row) -> AnyView {
        view! {
            <div
                class="option"
                role="option"
                id=self.option_id(at)
                aria-selected=move || if self.active.get() == at { "true" } else { "false" }
                // The input keeps the focus.
                on:mousedown=|event| event.prevent_default()
                on:click=move |_| self.pick.run(at)
            >
                <span class="option-title">{row.title}</span>
                {(!row.hint.is_empty()).then(|| view! { <span class="option-hint">{row.hint}</span> })}
                {(!row.keys.is_empty()).then(|| view! { <kbd>{row.keys}</kbd> })}
            </div>
        }
        .into_any()
    }
}
