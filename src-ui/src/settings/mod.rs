//! What can be set: how the window looks, how the desktop program behaves, secrets, who may decide, and the data folder.
//! Each card asks for what it shows and fails alone.

pub mod data;
pub mod desktop;
pub mod people;
pub mod secrets;

use leptos::prelude::*;

use crate::{
    kit::{Card, PageHead},
    shell::AppearancePanel,
};

/// The screen.
#[component]
pub fn Settings() -> impl IntoView {
    view! {
        <PageHead title="Settings"/>
        <div class="stack settings">
            <Card title="Appearance"><AppearancePanel/></Card>
            <desktop::Desktop/>
            <secrets::Secrets/>
            <people::People/>
            <data::Data/>
        </div>
    }
}
