//! Passwords and passphrases in the keychain: kept, looked for and forgotten by name. A value goes in and never comes out.

use api::{DeleteSecret, SecretPlace, SecretState, SecretText, SetSecret, TestSecret};
use leptos::prelude::*;

use crate::{
    kit::{
        Appearance, Button, Card, Checkbox, Escaped, Field, Intent, MessageBar, TextInput, dynamic,
        icons,
    },
    live::call,
    parts::{FaultBar, press},
};

/// The card.
#[component]
pub fn Secrets() -> impl IntoView {
    let (name, value) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let session = RwSignal::new(false);
    let (no_name, no_value) = (RwSignal::new(None::<String>), RwSignal::new(None::<String>));
    let (busy, fault) = (RwSignal::new(false), RwSignal::new(None));
    let state = RwSignal::new(None::<SecretState>);
    let reference = move || {
        let typed = name.get_untracked().trim().to_owned();
        let empty = typed.is_empty();
        no_name.set(empty.then(|| "Give its name, for example ssh/web-01.".to_owned()));
        (!empty).then(|| match typed.strip_prefix("keychain:") {
            Some(_) => typed,
            None => format!("keychain:{typed}"),
        })
    };
    let shown = move |now| _ = state.try_set(Some(now));
    let keep = move || {
        let given = value.get_untracked();
        no_value.set(given.is_empty().then(|| "Type the secret.".to_owned()));
        let Some(reference) = reference().filter(|_| !given.is_empty()) else {
            return;
        };
        let keeping = SetSecret {
            reference,
            value: SecretText::new(given),
            session: session.get_untracked(),
        };
        // It must not stay in the page, whatever comes of it.
        value.set(String::new());
        press(call(keeping), busy, fault, shown);
    };
    let test = move |()| {
        if let Some(reference) = reference() {
            press(call(TestSecret { reference }), busy, fault, shown);
        }
    };
    let forget = move |()| {
        if let Some(reference) = reference() {
            press(call(DeleteSecret { reference }), busy, fault, shown);
        }
    };
    view! {
        <Card title="Secrets">
            <form class="stack" novalidate on:submit=move |event| { event.prevent_default(); keep(); }>
                <p class="quiet">"Workflows and agents name a secret and never hold it. It lies in the keychain of this computer; nothing in this window can read it out."</p>
                <div class="secret-row">
                    <Field label="Name" hint="ssh/NAME for a login, passphrase/FILE for a key" error=no_name>
                        <TextInput value=name mono=true placeholder="ssh/web-01" test_id="secret-name"/>
                    </Field>
                    <Field label="Secret" error=no_value>
                        <TextInput value kind="password" test_id="secret-value"/>
                    </Field>
                </div>
                <Checkbox checked=session label="Only until this program ends" hint="For a computer without a keychain"/>
                <FaultBar fault/>
                {dynamic(move || state.get().map(|state| told(&state)))}
                <div class="row">
                    <Button appearance=Appearance::Primary busy submit=true attr:data-testid="secret-keep">"Keep"</Button>
                    <Button icon=icons::SEARCH busy on_press=test attr:data-testid="secret-test">"Is it there?"</Button>
                    <Button appearance=Appearance::Subtle busy on_press=forget attr:data-testid="secret-forget">"Forget"</Button>
                </div>
            </form>
        </Card>
    }
}

fn told(state: &SecretState) -> AnyView {
    let reference = state.reference.clone();
    let (intent, title) = match (&state.trouble, state.present, state.source) {
        (Some(_), ..) => (Intent::Error, "The keychain could not be asked."),
        (None, true, Some(SecretPlace::Session)) => {
            (Intent::Success, "It is there until this program ends.")
        }
        (None, true, _) => (Intent::Success, "It is there and can be read."),
        (None, false, _) => (Intent::Info, "There is none of this name."),
    };
    let trouble = state.trouble.clone();
    view! {
        <div data-testid="secret-state" data-present=if state.present { "true" } else { "false" }>
            <MessageBar intent title>
                <code><Escaped text=reference/></code>
                {trouble.map(|why| view! { " "<Escaped text=why/> })}
            </MessageBar>
        </div>
    }
    .into_any()
}
