//! The view of a long log: only the lines that are seen are in the page, so that 100,000 open as fast as ten. It follows
//! the end until the person scrolls up, and finds words. It neither fetches nor keeps lines; copy and save are the
//! caller's buttons.
//! Wrapped lines have no one height, so while lines wrap, 500 of them stand in the page as plain text, those
//! around the place that was read (the last ones while it follows), with buttons to the lines before and after.

use std::sync::Arc;

use leptos::{ev, prelude::*};

use super::{
    Checkbox, IconButton, Memo, dynamic, escape::escaped_view, find, found::Found, icons,
    keyed::keyed, log_state::LogState, unique_id,
};

/// The most lines in the page while lines do not wrap.
pub(super) const MOST: usize = 240;
/// So many lines are in the page while lines wrap.
pub(super) const WRAPPED: usize = 500;

/// Where a line comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
    /// Said by Countersign, not by the program.
    Note,
}

/// A line as it is shown.
#[derive(Clone, Debug)]
pub struct LineView {
    /// Where it comes from.
    pub stream: Stream,
    /// The host; empty where there is only one.
    pub from: String,
    /// The text as it came, without its line end.
    pub text: String,
}

/// The line at a place, `None` where it is not known yet. What it reads is followed.
pub type Lines = Arc<dyn Fn(usize) -> Option<LineView> + Send + Sync>;

/// What a log shows.
pub struct LogView {
    /// What it is the log of.
    pub label: &'static str,
    /// How many lines there are.
    pub count: Signal<usize>,
    /// The lines.
    pub line: Lines,
    /// Buttons at the end of the bar: copy, save.
    pub actions: ViewFn,
}

/// The log.
pub fn log_view(log: LogView) -> AnyView {
    let LogView {
        label,
        count,
        line,
        actions,
    } = log;
    let state = LogState::new(count);
    let window = Memo::new(move |_| {
        let (first, end) = state.window();
        (first..end).map(|at| at.to_string()).collect::<Vec<_>>()
    });
    let id = unique_id("log");
    state.keep_at_end();
    state.keep_place_when_wrapping(id.clone());
    state.keep_looking(line.clone());
    let (line_id, earlier_id, later_id) = (id.clone(), id.clone(), id.clone());
    let row = Arc::new(move |key: &str| {
        let at = key.parse().unwrap_or_default();
        let (line, id) = (line.clone(), format!("{line_id}-{at}"));
        dynamic(move || line_view(at, line(at), state.found, id.clone()))
    });
    let show = Callback::new(move |at: usize| state.show(at, &id));
    let keys = move |event: ev::KeyboardEvent| {
        if event.ctrl_key() && !event.alt_key() && event.key().eq_ignore_ascii_case("f") {
            event.prevent_default();
            state.open_find();
        }
    };
    view! {
        <div class="log-view" on:keydown=keys>
            <div class="log-bar">
                <span class="quiet">{dynamic(move || lines_words(count.get()))}</span>
                <Checkbox checked=state.follow label="Follow"/>
                <Checkbox checked=state.wrap label="Wrap lines"/>
                <span class="push"></span>
                <IconButton
                    icon=icons::SEARCH
                    label="Find in the log"
                    shortcut="Control+F"
                    small=true
                    on_press=move |()| state.open_find()
                    attr:data-find=""
                />
                {actions.run()}
            </div>
            {find_bar(state, show)}
            <div
                class="log-lines"
                class:log-wrapped=move || state.wrap.get()
                role="log"
                aria-live="off"
                aria-label=label
                tabindex="0"
                node_ref=state.rows.scroller
                on:scroll=move |_| state.scrolled()
            >
                <div class="log-gauge" aria-hidden="true" node_ref=state.rows.gauge></div>
                {state.elsewhere(true, earlier_id)}
                <div
                    class="log-body"
                    style:height=move || (!state.wrap.get()).then(|| state.rows.height())
                    style:padding-top=move || (!state.wrap.get()).then(|| state.rows.before())
                >
                    {keyed(window.into(), row)}
                </div>
                {state.elsewhere(false, later_id)}
            </div>
        </div>
    }
    .into_any()
}

fn lines_words(count: usize) -> String {
    match count {
        0 => "No lines".to_owned(),
        1 => "1 line".to_owned(),
        many => many.to_string() + " lines",
    }
}

fn line_view(at: usize, line: Option<LineView>, found: RwSignal<Found>, id: String) -> AnyView {
    let (class, mark) = match line.as_ref().map(|line| line.stream) {
        None | Some(Stream::Out) => ("log-row", ""),
        Some(Stream::Err) => ("log-row log-stderr", "stderr"),
        Some(Stream::Note) => ("log-row log-note", "note"),
    };
    let (from, text) = line.map_or_else(
        || (String::new(), "…".to_owned()),
        |line| (line.from, line.text),
    );
    let marked = found.with(|found| {
        let here = found.here() == Some(at);
        marked(&text, &found.letters, here)
    });
    view! {
        <div class=class id=id>
            <span class="log-number" aria-hidden="true">{at + 1}</span>
            {(!from.is_empty()).then(|| view! { <span class="log-mark">{escaped_view(&from)}</span> })}
            {(!mark.is_empty()).then(|| view! { <span class="log-mark">{mark}</span> })}
            <span class="log-text">{marked}</span>
        </div>
    }
    .into_any()
}

/// A line with what is looked for marked in it.
fn marked(text: &str, letters: &[char], here: bool) -> AnyView {
    let places = find::places(text, letters);
    if places.is_empty() {
        return escaped_view(text);
    }
    let mut pieces = Vec::with_capacity(places.len() * 2 + 1);
    let mut from = 0;
    for (start, end) in places {
        pieces.push(escaped_view(&text[from..start]));
        let class = if here { "log-here" } else { "" };
        pieces
            .push(view! { <mark class=class>{escaped_view(&text[start..end])}</mark> }.into_any());
        from = end;
    }
    pieces.push(escaped_view(&text[from..]));
    pieces.into_any()
}

fn find_bar(state: LogState, show: Callback<usize>) -> AnyView {
    let step = Callback::new(move |back: bool| {
        let from = state.window().0;
        if let Some(at) = state
            .found
            .try_update(|found| found.step(back, from))
            .flatten()
        {
            show.run(at);
        }
    });
    let keys = move |event: ev::KeyboardEvent| match event.key().as_str() {
        "Enter" => {
            event.prevent_default();
            step.run(event.shift_key());
        }
        "Escape" => {
            event.prevent_default();
            event.stop_propagation();
            state.close_find();
        }
        _ => {}
    };
    view! {
        <div class="log-find" role="search" hidden=move || !state.finding.get() on:keydown=keys>
            <input
                class="input"
                type="search"
                aria-label="Find in the log"
                placeholder="Find in the log"
                autocomplete="off"
                spellcheck="false"
                node_ref=state.input
                prop:value=move || state.query.get()
                on:input=move |event| state.query.set(event_target_value(&event))
            />
            <span class="quiet" role="status">{dynamic(move || state.found.with(Found::words))}</span>
            <span class="push"></span>
            <IconButton icon=icons::CHEVRON_UP label="Find the one before" small=true on_press=move |()| step.run(true)/>
            <IconButton icon=icons::CHEVRON_DOWN label="Find the next one" small=true on_press=move |()| step.run(false)/>
            <IconButton icon=icons::DISMISS label="Close find" small=true on_press=move |()| state.close_find()/>
        </div>
    }
    .into_any()
}
