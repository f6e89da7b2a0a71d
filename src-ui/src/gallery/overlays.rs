//! What stands above the screen, what is chosen from, and appearance.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    kit::{
        Appearance, Button, Card, Choice, Drawer, Fact, Facts, Field, Intent, MenuItem, TextInput,
        Toasts, chips, combobox, dynamic, icons, menu, one_chip,
    },
    shell::AppearancePanel,
};

/// Notices, the drawer, menus.
#[component]
pub fn OverlayParts() -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let open = RwSignal::new(false);
    let done = RwSignal::new("nothing yet".to_owned());
    let items = Arc::new(move || {
        let item = |label: &'static str| {
            MenuItem::new(label, Callback::new(move |()| done.set(label.to_owned())))
        };
        vec![
            MenuItem {
                icon: Some(icons::EDIT),
                ..item("Edit host")
            },
            MenuItem {
                icon: Some(icons::COPY),
                ..item("Copy ssh command")
            },
            MenuItem {
                disabled: true,
                ..item("Cannot be done now")
            },
            MenuItem {
                danger: true,
                ..item("Remove host")
            },
        ]
    });
    let undo = Callback::new(move |()| done.set("undone".to_owned()));
    view! {
        <Card title="Notices that go by themselves">
            <div class="row">
                <Button on_press=move |()| toasts.say(Intent::Success, "The key was saved.")>"Saved"</Button>
                <Button on_press=move |()| toasts.say(Intent::Error, "web-03 does not answer.\u{202e}")>"Failed"</Button>
                <Button on_press=move |()| toasts.offer(Intent::Info, "The schedule is off.", "Undo", undo)>"With an action"</Button>
            </div>
        </Card>
        <Card title="Drawer and menus">
            <div class="row">
                <Button on_press=move |()| open.set(true)>"Open drawer"</Button>
                {menu("More about this host".to_owned(), Some("Host"), items.clone())}
                {menu("More actions".to_owned(), None, items)}
            </div>
            <p class="quiet">"Done: "{dynamic(move || done.get())}</p>
        </Card>
        <Drawer
            open
            title="web-03"
            actions=move || view! {
                <Button appearance=Appearance::Primary on_press=move |()| open.set(false)>"Save"</Button>
                <Button on_press=move |()| open.set(false)>"Cancel"</Button>
            }
        >
            <Facts>
                <Fact name="Address">"operator@10.0.0.13"</Fact>
                <Fact name="Last answer">"8 s ago"</Fact>
            </Facts>
            <Field label="Name"><TextInput value=RwSignal::new("web-03".to_owned()) autofocus=true/></Field>
        </Drawer>
    }
}

/// The combobox, chips, appearance.
#[component]
pub fn ChoosingParts() -> impl IntoView {
    let zone = RwSignal::new("Europe/Zurich".to_owned());
    let zones = (0..240).map(|at| match at {
        0 => Choice::plain("Europe/Zurich"),
        at => Choice::plain(format!("Zone/{at}")),
    });
    let state = RwSignal::new("all".to_owned());
    let of = RwSignal::new(vec!["deploy".to_owned()]);
    view! {
        <Card title="Finding and filtering">
            <Field label="Time zone" hint="Type to find one">
                {combobox(zone, Signal::stored(zones.collect()), "Choose one")}
            </Field>
            <p class="quiet">"Chosen: "{dynamic(move || zone.get())}</p>
            {one_chip("Which runs", vec![Choice::new("all", "All"), Choice::new("failed", "Failed"), Choice::new("done", "Completed")], state)}
            {chips("Which workflows", ["deploy", "health", "backup"].map(Choice::plain).to_vec(), of)}
        </Card>
        <Card title="Appearance"><AppearancePanel/></Card>
    }
}
