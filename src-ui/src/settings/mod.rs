//! What can be set: how the window looks, how the desktop program behaves, secrets, who may decide, and the data folder.
//! Each card asks for what it shows and fails alone.

pub mod data;
pub mod desktop;
pub mod people;
pub mod secrets;

use api::{Call, Fault};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    kit::{Card, PageHead},
    live::call,
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

/// A button's call: busy while it is under way, its fault in a bar, its answer handed on.
fn press<C: Call + 'static>(
    of: C,
    busy: RwSignal<bool>,
    fault: RwSignal<Option<Fault>>,
    done: impl FnOnce(C::Reply) + 'static,
) {
    if busy.get_untracked() {
        return;
    }
    busy.set(true);
    fault.set(None);
    spawn_local(async move {
        let answer = call(of).await;
        let _ = busy.try_set(false);
        match answer {
            Ok(answer) => done(answer),
            Err(why) => _ = fault.try_set(Some(why)),
        }
    });
}
