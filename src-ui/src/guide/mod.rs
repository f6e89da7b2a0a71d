//! The user guide, the same text as docs/guide.md. It is part of the program: it can be read without a network.

use leptos::prelude::*;

use crate::kit::{Card, Markdown, PageHead};

const TEXT: &str = include_str!("../../../docs/guide.md");

/// The screen.
#[component]
pub fn Guide() -> impl IntoView {
    // Its first heading is the screen's.
    let body = TEXT.split_once('\n').map_or(TEXT, |(_, body)| body);
    view! {
        <PageHead title="User guide"/>
        <div class="guide"><Card><Markdown text=body.to_owned() top_level=1/></Card></div>
    }
}
