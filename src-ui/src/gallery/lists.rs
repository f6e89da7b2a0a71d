//! Lists that are too long for the page: a grid of 10,000 rows, a log of 100,000 lines.

use std::{sync::Arc, time::Duration};

use leptos::prelude::*;

use crate::kit::{
    Button, Card, Column, Grid, LineView, LogView, Memo, Sort, Status, StatusGlyph, Stream, Switch,
    dynamic, grid, icons, log_view,
};

const ROWS: usize = 10_000;

/// The grid and the log.
#[component]
pub fn ListParts() -> impl IntoView {
    let sort = RwSignal::new(Sort::default().pressed(1));
    let selected = RwSignal::new(None::<String>);
    let opened = RwSignal::new(String::new());
    let keys = Memo::new(move |_| {
        let mut keys: Vec<String> = (0..ROWS).map(|at| format!("run-{at:05}")).collect();
        sort.get()
            .apply(&mut keys, &|one, other, column| match column {
                3 => took(one).cmp(&took(other)),
                _ => one.cmp(other),
            });
        keys
    });
    view! {
        <Card title="Grid">
            {grid(Grid {
                label: "Runs of the gallery",
                columns: vec![
                    Column::plain("State", "col-m"),
                    Column::sorted("Run", "col-grow"),
                    Column::plain("By", "col-s col-wide"),
                    Column::sorted("Took", "col-xs col-end"),
                ],
                keys: keys.into(),
                cells: Arc::new(|key| {
                    let status = Status::ALL[took(key) % Status::ALL.len()];
                    vec![
                        view! { <StatusGlyph status/> }.into_any(),
                        key.to_owned().into_any(),
                        "operator".into_any(),
                        (took(key).to_string() + " s").into_any(),
                    ]
                }),
                selected,
                sort,
                on_open: Callback::new(move |key| opened.set(key)),
                click_opens: false,
                more: None,
            })}
            <p class="quiet">"Opened: "{dynamic(move || opened.get())}</p>
        </Card>
        <LogPart/>
    }
}

/// 100,000 lines, and more of them while it is on.
#[component]
fn LogPart() -> impl IntoView {
    let count = RwSignal::new(100_000_usize);
    let grows = RwSignal::new(false);
    let timer = set_interval_with_handle(
        move || {
            if grows.try_get_untracked() == Some(true) {
                count.update(|count| *count += 500);
            }
        },
        Duration::from_millis(100),
    );
    on_cleanup(move || {
        if let Ok(timer) = timer {
            timer.clear();
        }
    });
    view! {
        <Card title="Log">
            <Switch checked=grows label="5,000 lines a second"/>
            {log_view(LogView {
                label: "Log of the gallery",
                count: count.into(),
                line: Arc::new(|at| Some(log_line(at))),
                actions: ViewFn::from(|| view! { <Button small=true icon=icons::SAVE>"Save"</Button> }),
            })}
        </Card>
    }
}

fn log_line(at: usize) -> LineView {
    let (stream, text) = match at % 10 {
        3 => (
            Stream::Err,
            format!(
                "warning: disk /var is at {} %, which is above what the thresholds of this host allow and a very long line for wrapping",
                at % 100
            ),
        ),
        7 => (
            Stream::Note,
            "Connection lost for 2 s, asked again".to_owned(),
        ),
        8 => (Stream::Out, format!("copied \u{1b}[2K{at} of 100000")),
        _ => (
            Stream::Out,
            format!("06:12:{:02} step {at} of the deployment: ok", at % 60),
        ),
    };
    LineView {
        stream,
        from: format!("web-{:02}", at % 3),
        text,
    }
}

/// Something to sort by, from the key.
fn took(key: &str) -> usize {
    key.bytes()
        .fold(7, |sum, byte| (sum * 31 + usize::from(byte)) % 97)
}
