//! The log of one call. Lines are read from the store by their place; a live notice only says that there are more, so
//! that nothing is shown twice and nothing is missed. How lines look, and which of them are in the page, is the matter
//! of the kit.

use std::{sync::Arc, time::Duration};

use api::{Fault, LogLine, LogPage, LogStream};
use leptos::{prelude::*, task::spawn_local};
use workflow::{Digest, RunId};

use super::Logged;
use crate::{
    kit::{CopyButton, LineView, LogView, Memo, Stream, dynamic, log_view},
    live::call,
    parts::TileFault,
};

/// So long after an answer the next look at the store: lines come by the thousand, and nobody reads them one by one.
const PAUSE: Duration = Duration::from_millis(100);

/// The lines that are here, and where the next ones begin.
#[derive(Default)]
struct Kept {
    lines: Vec<LogLine>,
    next: u64,
    /// A question is on its way, or was answered a moment ago.
    asking: bool,
    /// A notice came meanwhile.
    again: bool,
}

/// A log as far as it was read. Its lines stand in one place and are never copied as a whole.
#[derive(Clone, Copy)]
struct Log {
    kept: StoredValue<Kept>,
    count: RwSignal<usize>,
    /// The store has answered once.
    answered: RwSignal<bool>,
    fault: RwSignal<Option<Fault>>,
}

impl Log {
    /// Keeps a page. Gives where the next one begins that is there already; `None` at the end, or when the log has left
    /// the screen.
    fn take(self, page: LogPage) -> Option<u64> {
        let LogPage { lines, next, more } = page;
        let (count, moved) = self.kept.try_update_value(|kept| {
            let moved = next > kept.next;
            kept.next = next;
            kept.lines.extend(lines);
            (kept.lines.len(), moved)
        })?;
        if self.fault.with_untracked(Option::is_some) {
            self.fault.set(None);
        }
        self.answered.set(true);
        if self.count.get_untracked() != count {
            self.count.set(count);
        }
        (more && moved).then_some(next)
    }

    fn line(self, at: usize) -> Option<LineView> {
        self.kept
            .try_with_value(|kept| {
                kept.lines.get(at).map(|line| LineView {
                    stream: match line.stream {
                        LogStream::Stdout => Stream::Out,
                        LogStream::Stderr => Stream::Err,
                        LogStream::Note => Stream::Note,
                    },
                    from: String::new(),
                    text: line.text.clone(),
                })
            })
            .flatten()
    }

    fn text(self) -> String {
        self.kept.with_value(|kept| {
            kept.lines.iter().fold(String::new(), |mut text, line| {
                text.push_str(&line.text);
                text.push('\n');
                text
            })
        })
    }
}

/// The log.
#[component]
pub fn CallLog(
    /// The run.
    run: RunId,
    /// The call: its idempotency key.
    call: Digest,
    /// The call has ended.
    ended: Signal<bool>,
    /// Counts additions.
    logged: Logged,
) -> impl IntoView {
    let log = Log {
        kept: StoredValue::new(Kept::default()),
        count: RwSignal::new(0),
        answered: RwSignal::new(false),
        fault: RwSignal::new(None),
    };
    let fetch = Callback::new(move |()| fetch(run.clone(), call, log));
    let additions =
        Memo::new(move |_| logged.with(|logged| logged.get(&call).copied().unwrap_or_default()));
    Effect::new(move |_| {
        additions.get();
        // The last lines may have come with the end.
        ended.track();
        fetch.run(());
    });
    let some = Memo::new(move |_| log.count.get() > 0);
    let silent =
        Memo::new(move |_| log.answered.get() && !some.get() && log.fault.with(Option::is_none));
    view! {
        <div class="call-log" data-testid="call-log" data-call=call.to_string()>
            <p class="value-name">"Log "<code title=call.to_string()>{call.short()}</code></p>
            {dynamic(move || silent.get().then(|| view! {
                <p class="quiet">{if ended.get() { "It said nothing." } else { "It has said nothing yet." }}</p>
            }))}
            {dynamic(move || log.fault.get().map(|fault| view! { <TileFault fault on_retry=fetch/> }))}
            {dynamic(move || some.get().then(|| log_view(LogView {
                label: "Log",
                count: log.count.into(),
                line: Arc::new(move |at| log.line(at)),
                actions: ViewFn::from(move || view! { <CopyButton text=Signal::derive(move || log.text())/> }),
            })))}
        </div>
    }
}

/// Asks for what comes after what is known; pages follow each other until there is no more.
fn fetch(run: RunId, of: Digest, log: Log) {
    let first = log.kept.try_update_value(|kept| {
        kept.again = kept.asking;
        (!std::mem::replace(&mut kept.asking, true)).then_some(kept.next)
    });
    // One question at a time: the place of a page is the end of the one before.
    let Some(mut from) = first.flatten() else {
        return;
    };
    spawn_local(async move {
        loop {
            let answer = call(api::Log {
                run: run.clone(),
                call: of,
                from,
            })
            .await;
            match answer.map(|page| log.take(page)) {
                Ok(Some(next)) => from = next,
                Ok(None) => break,
                Err(why) => {
                    _ = log.fault.try_set(Some(why));
                    break;
                }
            }
        }
        set_timeout(
            move || {
                let again = log.kept.try_update_value(|kept| {
                    kept.asking = false;
                    kept.again
                });
                if again == Some(true) {
                    fetch(run, of, log);
                }
            },
            PAUSE,
        );
    });
}
