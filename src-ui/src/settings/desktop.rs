//! Notifications, the tray, starting with the session, and how the window is drawn.

use api::{AskDesktop, DesktopSettings, DesktopState, Rendering, SetDesktop, TestNotification};
use leptos::prelude::*;

use crate::{
    kit::{
        Button, Card, Choice, Escaped, Field, Intent, Memo, MessageBar, Select, Skeleton, Switch,
        dynamic, icons,
    },
    live::{Fetched, ask, call},
    parts::{FaultBar, TileFault, press},
};

const RENDERINGS: [(Rendering, &str, &str); 3] = [
    (
        Rendering::Automatic,
        "automatic",
        "Automatic: with the GPU where that paints",
    ),
    (Rendering::Gpu, "gpu", "Always with the GPU"),
    (
        Rendering::Compatible,
        "compatible",
        "Compatible: without the GPU",
    ),
];

/// The cards.
#[component]
pub fn Desktop() -> impl IntoView {
    let state = RwSignal::new(Fetched::<DesktopState>::Fetching);
    ask(AskDesktop {}, state);
    let here = Memo::new(move |_| state.with(|state| state.here().cloned()));
    // The switches are built once; what they say is kept by the program.
    let first = Memo::new(move |before: Option<&Option<DesktopSettings>>| {
        let known = before.cloned().flatten();
        known.or_else(|| here.with(|here| here.as_ref().map(|here| here.settings.clone())))
    });
    view! {
        {dynamic(move || match state.with(|state| state.fault().cloned()) {
            Some(fault) => view! {
                <Card title="Desktop"><TileFault fault on_retry=Callback::new(move |()| ask(AskDesktop {}, state))/></Card>
            }.into_any(),
            None => match first.get() {
                Some(settings) => cards(&settings, here, state),
                None => view! { <Card title="Notifications"><Skeleton what="the settings" lines=3/></Card> }.into_any(),
            },
        })}
    }
}

fn cards(
    settings: &DesktopSettings,
    here: Memo<Option<DesktopState>>,
    state: RwSignal<Fetched<DesktopState>>,
) -> AnyView {
    let notifications = RwSignal::new(settings.notifications);
    let keep_in_tray = RwSignal::new(settings.keep_in_tray);
    let autostart = RwSignal::new(settings.autostart);
    let word = RENDERINGS
        .iter()
        .find(|(rendering, ..)| *rendering == settings.rendering);
    let rendering = RwSignal::new(word.map_or("automatic", |(_, word, _)| word).to_owned());
    let (busy, fault) = (RwSignal::new(false), RwSignal::new(None));
    let before = StoredValue::new(settings.clone());
    Effect::new(move |_| {
        let chosen = rendering.get();
        let of = RENDERINGS.iter().find(|(_, word, _)| *word == chosen);
        let settings = DesktopSettings {
            notifications: notifications.get(),
            keep_in_tray: keep_in_tray.get(),
            autostart: autostart.get(),
            rendering: of.map_or(Rendering::Automatic, |(rendering, ..)| *rendering),
        };
        if before.with_value(|before| *before != settings) {
            before.set_value(settings.clone());
            press(
                call(SetDesktop { settings }),
                RwSignal::new(false),
                fault,
                move |now| {
                    let _ = state.try_set(Fetched::Here(now));
                },
            );
        }
    });
    let test = move |()| {
        press(call(TestNotification {}), busy, fault, move |now| {
            let _ = state.try_set(Fetched::Here(now));
        });
    };
    let server =
        Memo::new(move |_| here.with(|here| here.as_ref().map(|here| here.notifications.clone())));
    let tray = Memo::new(move |_| {
        here.with(|here| here.as_ref().and_then(|here| here.tray.clone().err()))
    });
    let drawn =
        Memo::new(move |_| here.with(|here| here.as_ref().map(|here| here.rendering.clone())));
    let choices: Vec<Choice> = RENDERINGS
        .iter()
        .map(|(_, word, label)| Choice::new(*word, *label))
        .collect();
    view! {
        <FaultBar fault/>
        <Card title="Notifications" aside=move || view! {
            <Button small=true icon=icons::ALERT busy on_press=test attr:data-testid="test-notification">"Send test"</Button>
        }>
            <div class="stack">
                <Switch checked=notifications label="Notify me when a decision is needed" hint="The notification leads to the card; nothing can be approved in it."/>
                {dynamic(move || server.get().map(|server| match server {
                    Ok(name) => view! { <p class="quiet">"Shown by "<Escaped text=name/>"."</p> }.into_any(),
                    Err(why) => view! { <MessageBar intent=Intent::Warning title="No notifications can be shown."><Escaped text=why/></MessageBar> }.into_any(),
                }))}
            </div>
        </Card>
        <Card title="This program">
            <div class="stack">
                <Switch checked=keep_in_tray label="Stay in the tray while runs go on or wait" hint="Closing the window then ends nothing."/>
                {dynamic(move || tray.get().map(|why| view! { <p class="quiet"><Escaped text=why/></p> }))}
                <Switch checked=autostart label="Start with my session, in the tray"/>
                <div class="narrow">
                    <Field label="Drawing" hint=Signal::derive(move || drawn.get().map(|drawn| format!("Now: {drawn}. A change holds from the next start.")))>
                        <Select value=rendering choices test_id="rendering"/>
                    </Field>
                </div>
            </div>
        </Card>
    }
    .into_any()
}
