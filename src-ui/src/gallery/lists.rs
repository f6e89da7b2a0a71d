//! Lists that are too long for the page: a grid of 10,000 rows.

use std::sync::Arc;

use leptos::prelude::*;

use crate::kit::{Card, Column, Grid, Sort, Status, StatusGlyph, dynamic, grid};

const ROWS: usize = 10_000;

/// The grid.
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
    }
}

/// Something to sort by, from the key.
fn took(key: &str) -> usize {
    key.bytes()
        .fold(7, |sum, byte| (sum * 31 + usize::from(byte)) % 97)
}
