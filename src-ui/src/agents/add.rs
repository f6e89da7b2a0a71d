//! One host comes into the fleet: what the workflow `register_agent` needs to know of it. Its cards ask for the rest.

use leptos::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::{crumbs, model};
use crate::{
    kit::{Appearance, Button, Card, Disclosure, Field, NumberInput, PageHead, TextInput, icons},
    live::Live,
    parts::{FaultBar, Starting},
};

/// The screen.
#[component]
pub fn AddAgent() -> impl IntoView {
    let live = Live::expect();
    let starting = Starting::default();
    let text = || RwSignal::new(String::new());
    let (name, address, port, user, credential, jump) =
        (text(), text(), text(), text(), text(), text());
    let environment = RwSignal::new("staging".to_owned());
    let labels = text();
    let (no_name, no_labels) = (RwSignal::new(None::<String>), RwSignal::new(None::<String>));
    let submit = move || {
        no_name.set(None);
        no_labels.set(None);
        let hostname = name.get_untracked().trim().to_owned();
        if hostname.is_empty() {
            no_name.set(Some("Give the name of the host.".to_owned()));
        }
        let labels = match model::read_labels(&labels.get_untracked()) {
            Ok(labels) => labels,
            Err(why) => return no_labels.set(Some(why)),
        };
        if hostname.is_empty() {
            return;
        }
        let mut host = Map::from_iter([("hostname".to_owned(), json!(hostname))]);
        for (field, draft) in [
            ("address", address),
            ("user", user),
            ("credential", credential),
            ("jump", jump),
        ] {
            let given = draft.get_untracked().trim().to_owned();
            if !given.is_empty() {
                host.insert(field.to_owned(), json!(given));
            }
        }
        if let Ok(port) = port.get_untracked().trim().parse::<u16>() {
            host.insert("port".to_owned(), json!(port));
        }
        let mut inputs = Map::from_iter([
            ("hosts".to_owned(), Json::Array(vec![Json::Object(host)])),
            ("labels".to_owned(), json!(labels)),
        ]);
        let environment = environment.get_untracked().trim().to_owned();
        if !environment.is_empty() {
            inputs.insert("environment".to_owned(), json!(environment));
        }
        starting.start(live, "register_agent", inputs);
    };
    view! {
        {crumbs("Add an agent")}
        <PageHead title="Add an agent" meta="A host that you reach with ssh. Nothing is installed on it. You approve its host key, its row and every file that is written."/>
        <FaultBar fault=starting.fault/>
        <Card>
            <form class="stack narrow" novalidate on:submit=move |event| { event.prevent_default(); submit(); }>
                <Field label="Host name" hint="Its name in the fleet, and for ssh: an alias of your ssh config gives the rest" required=true error=no_name>
                    <TextInput value=name mono=true placeholder="web-01" test_id="add-name"/>
                </Field>
                <Field label="Environment" hint="development, staging, production, or a word of your own">
                    <TextInput value=environment test_id="add-environment"/>
                </Field>
                <Field label="Labels" hint="name=value, with commas between" error=no_labels>
                    <TextInput value=labels mono=true placeholder="role=web, team=shop" test_id="add-labels"/>
                </Field>
                <Disclosure summary="How it is reached, where your ssh config does not say it">
                    <div class="form-fields">
                        <Field label="Address" hint="An IP address or a name; empty: from the ssh config, else the host name">
                            <TextInput value=address mono=true test_id="add-address"/>
                        </Field>
                        <Field label="Port" hint="Empty: from the ssh config, else 22">
                            <NumberInput value=port min=1.0 max=65535.0 step=1.0 test_id="add-port"/>
                        </Field>
                        <Field label="User" hint="Empty: from the ssh config, else your own">
                            <TextInput value=user mono=true test_id="add-user"/>
                        </Field>
                        <Field label="Credential" hint="ssh:config, ssh:agent, key:/path/to/file, or keychain:ssh/NAME for a password that Settings keeps. Never the password itself.">
                            <TextInput value=credential mono=true placeholder="ssh:config" test_id="add-credential"/>
                        </Field>
                        <Field label="Hosts in between" hint="As in ProxyJump: user@gate:22">
                            <TextInput value=jump mono=true test_id="add-jump"/>
                        </Field>
                    </div>
                </Disclosure>
                <div class="row">
                    <Button appearance=Appearance::Primary icon=icons::PLAY busy=starting.busy submit=true attr:data-testid="add-start">"Check the host"</Button>
                    <a class="btn" href="#/agents">"Cancel"</a>
                </div>
            </form>
        </Card>
    }
}
