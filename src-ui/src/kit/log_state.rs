//! What changes in a log view: where it is, whether it follows the end and wraps, what is looked for. How it looks is in
//! `log_view`.

use std::time::Duration;

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::{
    Button, dynamic, find,
    found::Found,
    log_view::{Lines, MOST, WRAPPED},
    rows::{Rows, Shown},
};
use crate::browser;

/// Everything that changes in a log.
#[derive(Clone, Copy)]
pub(super) struct LogState {
    pub(super) count: Signal<usize>,
    pub(super) rows: Rows,
    pub(super) follow: RwSignal<bool>,
    pub(super) wrap: RwSignal<bool>,
    /// The first line in the page while lines wrap.
    pub(super) from: RwSignal<usize>,
    pub(super) finding: RwSignal<bool>,
    pub(super) query: RwSignal<String>,
    pub(super) found: RwSignal<Found>,
    pub(super) input: NodeRef<html::Input>,
    /// Where the scrolling was, for telling its direction.
    pub(super) last_top: StoredValue<i32>,
}

impl LogState {
    /// A log that follows its end.
    pub(super) fn new(count: Signal<usize>) -> Self {
        Self {
            count,
            rows: Rows::new(count, MOST, false),
            follow: RwSignal::new(true),
            wrap: RwSignal::new(browser::preference("log-wrap").is_some()),
            from: RwSignal::new(0),
            finding: RwSignal::new(false),
            query: RwSignal::new(String::new()),
            found: RwSignal::new(Found::default()),
            input: NodeRef::new(),
            last_top: StoredValue::new(0),
        }
    }

    /// The first line in the page and the one after the last, tracked.
    pub(super) fn window(self) -> (usize, usize) {
        if self.wrap.get() {
            let count = self.count.get();
            let from = self.from.get().min(count);
            (from, (from + WRAPPED).min(count))
        } else {
            let Shown { first, end, .. } = self.rows.shown.get();
            (first, end)
        }
    }

    /// While it follows, new lines bring the end into view; so does another height of the lines.
    pub(super) fn keep_at_end(self) {
        Effect::new(move |_| {
            let count = self.count.get();
            if self.follow.get() {
                self.wrap.track();
                self.from.set(count.saturating_sub(WRAPPED));
                self.to_end();
            }
        });
        Effect::new(move |before: Option<f64>| {
            let row = self.rows.shown.get().row;
            if before.is_some_and(|before| before < row || row < before) {
                self.to_end();
            }
            row
        });
    }

    /// Scrolls to the end, if it still follows when the lines are in the page.
    fn to_end(self) {
        request_animation_frame(move || {
            if self.follow.try_get_untracked() == Some(true)
                && let Some(scroller) = self.rows.scroller.get_untracked()
            {
                scroller.set_scroll_top(scroller.scroll_height());
            }
        });
    }

    /// Scrolling up stops following, arriving at the end starts it. New lines alone scroll nothing and change nothing.
    pub(super) fn scrolled(self) {
        let Some(scroller) = self.rows.scroller.get_untracked() else {
            return;
        };
        let (top, height) = (scroller.scroll_top(), scroller.scroll_height());
        let at_end = top + scroller.client_height() + 8 >= height && self.has_last();
        let before = self.last_top.get_value();
        self.last_top.set_value(top);
        self.rows.measure();
        let follow = match (at_end, top < before) {
            (true, false) => true,
            (false, true) => false,
            (true, true) | (false, false) => return,
        };
        if self.follow.get_untracked() != follow {
            self.follow.set(follow);
        }
    }

    fn has_last(self) -> bool {
        untrack(|| self.window().1 >= self.count.get())
    }

    /// Another way of showing lines shows the same place.
    pub(super) fn keep_place_when_wrapping(self, id: String) {
        Effect::new(move |before: Option<bool>| {
            let wrap = self.wrap.get();
            if before.is_some_and(|before| before != wrap) {
                browser::remember("log-wrap", wrap.then_some("on"));
                if !self.follow.get_untracked() {
                    let at = if wrap {
                        self.rows.shown.get_untracked().first
                    } else {
                        self.from.get_untracked()
                    };
                    self.from.set(at);
                    self.show(at, &id);
                }
            }
            wrap
        });
    }

    /// Looks at new words, and at new lines, a moment after they came: a log may grow by thousands of lines a second.
    pub(super) fn keep_looking(self, line: Lines) {
        let pending = StoredValue::new(false);
        let look = Callback::new(move |()| {
            pending.set_value(false);
            let query = if self.finding.get_untracked() {
                self.query.get_untracked()
            } else {
                String::new()
            };
            let count = self.count.get_untracked();
            self.found.update(|found| {
                found.look(&query, count, &|at, letters| {
                    untrack(|| line(at)).is_some_and(|line| find::contains(&line.text, letters))
                });
            });
        });
        Effect::new(move |before: Option<bool>| {
            let finding = self.finding.get();
            if finding {
                self.query.track();
                self.count.track();
            }
            if (finding || before == Some(true)) && !pending.get_value() {
                pending.set_value(true);
                // The log may be gone by then.
                set_timeout(
                    move || {
                        if pending.try_get_value() == Some(true) {
                            look.run(());
                        }
                    },
                    Duration::from_millis(120),
                );
            }
            finding
        });
    }

    /// Brings a line into view.
    pub(super) fn show(self, at: usize, id: &str) {
        self.follow.set(false);
        if !self.wrap.get_untracked() {
            self.rows.reveal(at);
            return;
        }
        let (first, end) = untrack(|| self.window());
        if at < first || at >= end {
            self.from.set(at.saturating_sub(WRAPPED / 2));
        }
        let id = format!("{id}-{at}");
        // After the lines are in the page.
        request_animation_frame(move || {
            let line = document()
                .get_element_by_id(&id)
                .and_then(|line| line.dyn_into::<HtmlElement>().ok());
            let scroller = self.rows.scroller.try_get_untracked().flatten();
            if let (Some(line), Some(scroller)) = (line, scroller) {
                scroller.set_scroll_top(line.offset_top() - scroller.client_height() / 3);
            }
        });
    }

    /// The button to the lines that are not in the page while lines wrap.
    pub(super) fn elsewhere(self, earlier: bool, id: String) -> AnyView {
        dynamic(move || {
            let (first, end) = self.window();
            let is = self.wrap.get()
                && if earlier {
                    first > 0
                } else {
                    end < self.count.get()
                };
            let id = id.clone();
            is.then(|| {
                let press = move |()| {
                    self.from.set(if earlier { first.saturating_sub(WRAPPED / 2) } else { first + WRAPPED / 2 });
                    self.show(if earlier { first } else { end - 1 }, &id);
                };
                let words = if earlier { "Show earlier lines" } else { "Show later lines" };
                view! { <div class="log-more"><Button small=true on_press=press>{words}</Button></div> }
            })
        })
    }

    pub(super) fn open_find(self) {
        self.finding.set(true);
        // After the bar is there.
        set_timeout(
            move || {
                if let Some(input) = self.input.try_get_untracked().flatten() {
                    let _ = input.focus();
                    input.select();
                }
            },
            Duration::ZERO,
        );
    }

    pub(super) fn close_find(self) {
        self.finding.set(false);
        if let Some(scroller) = self.rows.scroller.get_untracked() {
            let _ = scroller.focus();
        }
    }
}
