//! The log of one call. Lines are read from the store by their place; a live notice only says that there are more, so
//! that nothing is shown twice and nothing is missed.

use std::time::Duration;

use api::{Fault, LogLine, LogStream};
use leptos::{prelude::*, task::spawn_local};
use workflow::{Digest, RunId};

use super::Logged;
use crate::{
    kit::{Button, CollectParts, CopyButton, Escaped, dynamic},
    live::call,
    parts::TileFault,
};

/// So many lines are shown at once; the earlier ones are left out of sight, not lost.
const SHOWN: usize = 1_000;

#[derive(Clone, Default)]
struct Lines {
    lines: Vec<LogLine>,
    next: u64,
    more: bool,
    fault: Option<Fault>,
    asking: bool,
}

/// The log.
#[component]
pub fn CallLog(
    /// The run.
    run: RunId,
    /// The call: its idempotency key.
    call: Digest,
    /// How many bytes there are, once the call has ended.
    ended: Option<u64>,
    /// Counts additions.
    logged: Logged,
) -> impl IntoView {
    let lines = RwSignal::new(Lines::default());
    let fetch = Callback::new(move |()| fetch(run.clone(), call, lines));
    let additions =
        Memo::new(move |_| logged.with(|logged| logged.get(&call).copied().unwrap_or_default()));
    Effect::new(move |_| {
        additions.get();
        fetch.run(());
    });
    let empty = move || {
        lines.with(|lines| lines.lines.is_empty() && !lines.asking && lines.fault.is_none())
    };
    view! {
        <div class="call-log" data-testid="call-log" data-call=call.to_string()>
            <p class="value-name">
                "Log "<code title=call.to_string()>{call.short()}</code>
                {dynamic(move || (!empty()).then(|| view! { <CopyButton text=Signal::derive(move || lines.with(|lines| text(&lines.lines)))/> }))}
            </p>
            {dynamic(move || empty().then(|| view! {
                <p class="quiet">{if ended.is_some() { "It said nothing." } else { "It has said nothing yet." }}</p>
            }))}
            {dynamic(move || lines.with(|lines| lines.fault.clone()).map(|fault| view! { <TileFault fault on_retry=fetch/> }))}
            <div hidden=empty>
                <pre class="log" tabindex="0" role="log" aria-label="Log">
                    {dynamic(move || lines.with(|lines| lines.lines.len() > SHOWN).then_some("… earlier lines are not shown\n"))}
                    {dynamic(move || lines.with(|lines| {
                        let from = lines.lines.len().saturating_sub(SHOWN);
                        lines.lines.iter().skip(from).cloned().map(line).collect_parts()
                    }))}
                </pre>
                {dynamic(move || lines.with(|lines| lines.more && !lines.asking).then(|| view! { <Button small=true on_press=fetch>"Load more"</Button> }))}
            </div>
        </div>
    }
}

fn line(line: LogLine) -> AnyView {
    let (class, mark) = match line.stream {
        LogStream::Stdout => ("log-line", ""),
        LogStream::Stderr => ("log-line log-stderr", "stderr "),
        LogStream::Note => ("log-line log-note", "note "),
    };
    view! { <span class=class>{(!mark.is_empty()).then(|| view! { <span class="log-mark">{mark}</span> })}<Escaped text=line.text/>"\n"</span> }
        .into_any()
}

fn text(lines: &[LogLine]) -> String {
    lines.iter().fold(String::new(), |mut text, line| {
        text.push_str(&line.text);
        text.push('\n');
        text
    })
}

/// Asks for what comes after what is known; pages follow each other until there is no more.
fn fetch(run: RunId, of: Digest, lines: RwSignal<Lines>) {
    if lines.with_untracked(|lines| lines.asking) {
        // The notice came while an answer was on its way: look once more after it.
        set_timeout(
            move || {
                if lines.try_with_untracked(|lines| !lines.asking) == Some(true) {
                    fetch(run, of, lines);
                }
            },
            Duration::from_millis(250),
        );
        return;
    }
    let from = lines.with_untracked(|lines| lines.next);
    lines.update(|lines| lines.asking = true);
    spawn_local(async move {
        let answer = call(api::Log {
            run: run.clone(),
            call: of,
            from,
        })
        .await;
        let again = lines.try_update(|lines| {
            lines.asking = false;
            match answer {
                Ok(page) => {
                    let moved = page.next > lines.next;
                    lines.fault = None;
                    lines.next = page.next;
                    lines.more = page.more;
                    lines.lines.extend(page.lines);
                    page.more && moved && lines.lines.len() < SHOWN
                }
                Err(fault) => {
                    lines.fault = Some(fault);
                    false
                }
            }
        });
        if again == Some(true) {
            fetch(run, of, lines);
        }
    });
}
