//! Short news at the bottom right that goes by itself: something was saved, a host answered again. Never the only place
//! of what a person must know, and never a question. It waits while the pointer or the focus is on it.

use std::{sync::Arc, time::Duration};

use leptos::{ev, html, prelude::*};

use super::{
    Announcer, Button, Icon, IconButton, Intent, Memo, escape::escaped, icons, keyed::keyed,
};

/// The most that are shown; the oldest goes when another comes.
const MOST: usize = 3;
/// How long one stays.
const STAYS: Duration = Duration::from_secs(6);
/// How long it is looked at again after the pointer or the focus was on it.
const AGAIN: Duration = Duration::from_secs(2);

#[derive(Clone)]
struct Toast {
    id: u32,
    intent: Intent,
    text: String,
    action: Option<(&'static str, Callback<()>)>,
}

/// The way to show one; in context everywhere.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
    held: StoredValue<bool>,
    announcer: Announcer,
}

impl Toasts {
    /// Makes the stack and provides it to everything below the caller.
    pub fn provide(announcer: Announcer) -> Self {
        let toasts = Self {
            shown: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
            held: StoredValue::new(false),
            announcer,
        };
        provide_context(toasts);
        toasts
    }

    /// Says something in a sentence.
    pub fn say(self, intent: Intent, text: &str) {
        self.show(intent, text, None);
    }

    /// Says something, with one button: `Undo`, `Show`. The same must be reachable elsewhere.
    pub fn offer(self, intent: Intent, text: &str, words: &'static str, press: Callback<()>) {
        self.show(intent, text, Some((words, press)));
    }

    fn show(self, intent: Intent, text: &str, action: Option<(&'static str, Callback<()>)>) {
        let text = escaped(text);
        if intent == Intent::Error {
            self.announcer.say_now(&text);
        } else {
            self.announcer.say(&text);
        }
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        let toast = Toast {
            id,
            intent,
            text,
            action,
        };
        self.shown.update(|shown| add(shown, toast));
        self.close_after(id, STAYS);
    }

    fn close_after(self, id: u32, time: Duration) {
        set_timeout(
            move || match self.held.try_get_value() {
                Some(true) => self.close_after(id, AGAIN),
                Some(false) => self.close(id),
                None => {}
            },
            time,
        );
    }

    /// Takes one away.
    fn close(self, id: u32) {
        if self
            .shown
            .with_untracked(|shown| shown.iter().any(|toast| toast.id == id))
        {
            self.shown
                .update(|shown| shown.retain(|toast| toast.id != id));
        }
        if self.shown.with_untracked(Vec::is_empty) {
            // What was under the pointer has gone without the pointer leaving it.
            self.held.set_value(false);
        }
    }

    fn close_newest(self) {
        if let Some(id) = self
            .shown
            .with_untracked(|shown| shown.last().map(|toast| toast.id))
        {
            self.close(id);
        }
    }
}

fn add(shown: &mut Vec<Toast>, toast: Toast) {
    shown.push(toast);
    let surplus = shown.len().saturating_sub(MOST);
    shown.drain(..surplus);
}

/// The stack. Once in the window, after everything else.
#[component]
pub fn ToastStack(
    /// What it shows.
    toasts: Toasts,
) -> impl IntoView {
    let node = NodeRef::<html::Section>::new();
    let keys = Memo::new(move |_| {
        toasts.shown.with(|shown| {
            shown
                .iter()
                .map(|toast| toast.id.to_string())
                .collect::<Vec<_>>()
        })
    });
    let row = Arc::new(move |key: &str| {
        let found = toasts.shown.with_untracked(|shown| {
            shown
                .iter()
                .find(|toast| toast.id.to_string() == key)
                .cloned()
        });
        found.map(|toast| toast_view(toasts, toast)).into_any()
    });
    let hold = move |held: bool| toasts.held.set_value(held);
    let pressed = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            toasts.close_newest();
        }
    };
    view! {
        <section
            class="toasts"
            aria-label="Notices"
            data-region=""
            node_ref=node
            hidden=move || keys.with(Vec::is_empty)
            on:mouseenter=move |_| hold(true)
            on:mouseleave=move |_| hold(false)
            on:focusin=move |_| hold(true)
            on:focusout=move |_| hold(false)
            on:keydown=pressed
        >
            {keyed(keys.into(), row)}
        </section>
    }
}

fn toast_view(toasts: Toasts, toast: Toast) -> AnyView {
    let id = toast.id;
    let action = toast.action.map(|(words, press)| {
        let both = move |()| {
            toasts.close(id);
            press.run(());
        };
        view! { <Button small=true on_press=both>{words}</Button> }
    });
    view! {
        <div class=format!("toast {}", toast.intent.class())>
            <Icon path=toast.intent.icon()/>
            <p class="message-words"><span class="sr-only">{toast.intent.word()}</span>{toast.text}</p>
            {action}
            <IconButton icon=icons::DISMISS label="Dismiss notice" small=true on_press=move |()| toasts.close(id)/>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_when_there_are_too_many() {
        let mut shown = Vec::new();
        for id in 0..5 {
            let toast = Toast {
                id,
                intent: Intent::Info,
                text: String::new(),
                action: None,
            };
            add(&mut shown, toast);
        }
        let ids: Vec<_> = shown.iter().map(|toast| toast.id).collect();
        assert_eq!(ids, [2, 3, 4]);
    }
}
