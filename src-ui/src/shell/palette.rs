//! The command palette (Ctrl+K): everything one can do or go to from anywhere, found by words. Which commands there are
//! is decided by `app`. Nothing here decides an approval: a command leads to its card.

use std::sync::Arc;

use leptos::{ev, prelude::*};

use crate::kit::{
    Memo, find,
    modal::modal,
    options::{Options, Row},
};

/// One command.
#[derive(Clone)]
pub struct Command {
    /// What it is, once in the list.
    pub id: String,
    /// A verb and an object: `Go to Runs`.
    pub title: String,
    /// More words to find it by, shown after it.
    pub hint: String,
    /// The keys that do the same; empty for none.
    pub keys: &'static str,
    /// What it does.
    pub run: Run,
}

/// What a command does. Not a `Callback`: lists of commands are made anew often, and a callback goes with its list.
pub type Run = Arc<dyn Fn() + Send + Sync>;

/// The places of the commands that have all words of `query`, those first whose title alone has them.
fn found(commands: &[Command], query: &str) -> Vec<usize> {
    let mut found: Vec<usize> = (0..commands.len())
        .filter(|at| find::has_words(query, &[&commands[*at].title, &commands[*at].hint]))
        .collect();
    found.sort_by_key(|at| !find::has_words(query, &[&commands[*at].title]));
    found
}

/// The palette.
pub(super) fn palette(open: RwSignal<bool>, commands: Signal<Vec<Command>>) -> AnyView {
    let query = RwSignal::new(String::new());
    let active = RwSignal::new(0);
    let chosen = StoredValue::new(None::<Run>);
    let rows = Memo::new(move |_| {
        let query = query.get();
        if !open.get() {
            return Vec::new();
        }
        commands.with(|commands| {
            let rows = found(commands, &query).into_iter();
            rows.map(|at| Row {
                title: commands[at].title.clone(),
                hint: commands[at].hint.clone(),
                keys: commands[at].keys.to_owned(),
            })
            .collect()
        })
    });
    let pick = Callback::new(move |at: usize| {
        let run = commands.with_untracked(|commands| {
            let found = found(commands, &query.get_untracked());
            found.get(at).map(|at| commands[*at].run.clone())
        });
        chosen.set_value(run);
        open.set(false);
    });
    // The focus is back where it was before the command runs: what the command does with it stays.
    let closed = Callback::new(move |()| {
        query.set(String::new());
        active.set(0);
        let run = chosen.get_value();
        chosen.set_value(None);
        if let Some(run) = run {
            run();
        }
    });
    let options = Options {
        rows,
        active,
        id: StoredValue::new("palette-options".to_owned()),
        pick,
    };
    let content = ViewFn::from(move || {
        view! {
            <input
                class="input"
                type="text"
                role="combobox"
                aria-label="Search or run a command"
                aria-autocomplete="list"
                aria-expanded="true"
                aria-controls="palette-options"
                aria-activedescendant=move || options.active_id()
                placeholder="Search or run a command"
                autocomplete="off"
                spellcheck="false"
                autofocus=true
                prop:value=move || query.get()
                on:input=move |event| {
                    query.set(event_target_value(&event));
                    active.set(0);
                }
                on:keydown=move |event: ev::KeyboardEvent| _ = options.pressed(&event)
            />
            {options.view("Commands", "No command has these words")}
        }
    });
    let name = Signal::stored("Commands".to_owned());
    modal("dialog palette", open, name, content, Some(closed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_come_before_hints() {
        let command = |title: &str, hint: &str| Command {
            id: title.to_owned(),
            title: title.to_owned(),
            hint: hint.to_owned(),
            keys: "",
            run: Arc::new(|| ()),
        };
        let commands = [
            command("Go to Home", "runs that wait"),
            command("Go to Runs", "every run"),
            command("Start Deploy", ""),
        ];
        assert_eq!(found(&commands, ""), [0, 1, 2]);
        assert_eq!(found(&commands, "runs"), [1, 0]);
        assert_eq!(found(&commands, "deploy start"), [2]);
        assert!(found(&commands, "fleet").is_empty());
    }
}
